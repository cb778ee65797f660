// SPDX-License-Identifier: Apache-2.0

package ipvsnl

import (
	"errors"
	"io/fs"
	"net/netip"
)

// weights builds the requests of the changes of weight at the beginning of rest, as
// long as they are about one service, and returns their number. It
// reads the destinations of the service first, because a request to change one has to
// carry all of it.
func (a *applier) weights(s *socket, rest []Change) (n int, err error) {
	key := rest[0].Service.Key
	have, err := s.destinationsOf(&key)
	if err != nil && !isRefusal(err) {
		return 0, err
	}
	s.enc.reset()
	for n < len(rest) && n < maxChunk && rest[n].Op == OpSetWeight && rest[n].Service.Key == key {
		c, index := rest[n], a.done+n
		n++
		d, ok := have[c.Destination.Addr]
		switch {
		case err != nil:
			a.fail(index, err)
		case !ok:
			a.fail(index, errnoError(enoent))
		default:
			d.Weight = c.Destination.Weight
			c.Destination = d
			a.build(&s.enc, index, &c)
		}
	}
	return n, nil
}

// isRefusal reports whether err concerns one request alone: the kernel refused it,
// or it was never sent.
func isRefusal(err error) bool {
	return isErrno(err) || errors.Is(err, fs.ErrInvalid)
}

// destinationsOf returns the destinations of a service by their addresses.
func (s *socket) destinationsOf(key *ServiceKey) (map[netip.AddrPort]Destination, error) {
	nothing := func([]byte) error { return nil }
	// A listing returns no destinations for a service that does not exist.
	if err := s.ask(&Error{Op: OpService, Service: *key}, byReply, nothing); err != nil {
		return nil, err
	}
	all := make(map[netip.AddrPort]Destination)
	err := s.ask(&Error{Op: OpDestinations, Service: *key}, byDump, func(b []byte) error {
		s.dec.family = key.Family()
		d, err := s.dec.readDest(b)
		all[d.Destination.Addr] = d.Destination
		return err
	})
	return all, err
}
