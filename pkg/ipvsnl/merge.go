// SPDX-License-Identifier: Apache-2.0

package ipvsnl

import (
	"context"
	"errors"
	"io/fs"
	"net/netip"
)

// Changes that keep fields are made of what the kernel has, which is read first: a request
// to change a service or a destination has to carry all of it.

// An entry is what the kernel has of a service.
type entry struct {
	service      *Service // nil if it does not exist
	destinations map[netip.AddrPort]Destination
}

// merge builds the requests of the merging changes from index on, as long as one reading
// is enough for them, and returns their number: they are about destinations of one
// service, each about another, or there is one about a service.
func (a *applier) merge(s *socket, index int) (n int, err error) {
	rest := a.changes[index:]
	first := &rest[0]
	have, err := s.entryOf(first)
	if err != nil && !isRefusal(err) {
		return 0, err
	}
	seen := make(map[netip.AddrPort]bool)
	for n < len(rest) && n < maxChunk {
		c := &rest[n]
		if !c.Op.row().merges || c.Op.row().of != first.Op.row().of || c.Service.Key != first.Service.Key || seen[c.Destination.Addr] {
			break
		}
		seen[c.Destination.Addr] = true
		a.mergeOne(s, index+n, have, err)
		n++
	}
	return n, nil
}

// mergeOne builds the request of a merging change, unless it changes nothing. Unread is the
// kernel's refusal to be read, if any.
func (a *applier) mergeOne(s *socket, index int, have *entry, unread error) {
	c, err := a.changes[index].onto(have)
	if unread != nil {
		err = unread
	}
	switch {
	case err != nil:
		a.fail(index, err)
	case c.Op != 0:
		before := len(a.asked)
		a.build(&s.enc, index, &c)
		for i := before; i < len(a.asked); i++ {
			a.asked[i].outdated = a.changes[index].Op.row().outdated
		}
	}
}

// onto returns the change that the kernel is asked for instead of a merging one, given what
// it has. The Op is 0 if nothing would change.
func (c Change) onto(have *entry) (Change, error) {
	row := c.Op.row()
	fields := c.Fields | row.sets
	if row.of == aService {
		if have.service == nil {
			c.Service = AllFields.Service(c.Service, c.Service) // without a mask that has no effect
			c.Op = row.adds
			return c, missing(row, esrch)
		}
		was := *have.service
		c.Service = fields.Service(was, c.Service)
		c.Op = unless(c.Service == was, OpSetService)
		return c, nil
	}
	was, ok := have.destinations[c.Destination.Addr]
	if !ok {
		c.Op = row.adds
		return c, missing(row, enoent)
	}
	c.Destination = fields.Destination(was, c.Destination)
	c.Op = unless(c.Destination == was, OpSetDestination)
	return c, nil
}

// missing returns the refusal of a change to something that does not exist, unless it adds it.
func missing(row *operation, number errno) error {
	if row.adds != 0 {
		return nil
	}
	return errnoError(number)
}

func unless(same bool, o Op) Op {
	if same {
		return 0
	}
	return o
}

// maxMerges is how often a change is merged while something else adds and deletes what it is
// about.
const maxMerges = 5

// mergeAgain makes the changes again that were refused because something else has added or
// deleted what they are about since it was read.
func (a *applier) mergeAgain(ctx context.Context, s *socket) error {
	for range maxMerges - 1 {
		outdated := a.outdated
		a.outdated = nil
		for _, f := range outdated {
			a.sent = true // others of the chunk were
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := a.mergeAlone(s, f.Index); err != nil {
				return err
			}
		}
	}
	for _, f := range a.outdated {
		a.fail(f.Index, f.Err)
	}
	a.outdated = nil
	return nil
}

// mergeAlone makes one merging change.
func (a *applier) mergeAlone(s *socket, index int) error {
	have, err := s.entryOf(&a.changes[index])
	if err != nil && !isRefusal(err) {
		return err
	}
	a.asked = a.asked[:0]
	a.mergeOne(s, index, have, err)
	return a.send(s)
}

// isRefusal reports whether err concerns one request alone: the kernel refused it,
// or it was never sent.
func isRefusal(err error) bool {
	return isErrno(err) || errors.Is(err, fs.ErrInvalid)
}

// entryOf reads what a change is about: a service, or the destinations of one.
func (s *socket) entryOf(c *Change) (*entry, error) {
	key := &c.Service.Key
	e := &entry{}
	err := s.ask(&Error{Op: OpService, Service: *key}, byReply, func(b []byte) error {
		var state ServiceState
		err := s.dec.readService(b, &state)
		e.service = &state.Service
		return err
	})
	if c.Op.row().of == aService {
		if anyOf(esrch).has(err) {
			err = nil
		}
		return e, err
	}
	// A listing returns no destinations for a service that does not exist.
	if err != nil {
		return e, err
	}
	e.destinations = make(map[netip.AddrPort]Destination)
	err = s.ask(&Error{Op: OpDestinations, Service: *key}, byDump, func(b []byte) error {
		s.dec.family = key.Family()
		var d DestinationState
		err := s.dec.readDest(b, &d)
		e.destinations[d.Destination.Addr] = d.Destination
		return err
	})
	return e, err
}
