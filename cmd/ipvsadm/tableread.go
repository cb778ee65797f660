// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"iter"
	"net/netip"
	"slices"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/format"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// How far a listing reads ahead of its output, how many services are read between two
// synchronizations of reader and writer, and the number of readers.
const (
	maxAhead   = 64
	maxPart    = 16
	maxReaders = 2
)

// A tableReader reads services and, ahead of the output, their destinations.
type tableReader struct {
	client *ipvsnl.Client
	sorted bool                  // otherwise they are in the kernel's order
	seen   func(addr netip.Addr) // called for every address, if not nil

	// known are the destinations of the services; nil if they have not been read.
	known map[ipvsnl.ServiceKey][]ipvsnl.DestinationState

	// reading holds a value for each active reader, and for each that has no socket
	// and waits for another one's.
	reading chan struct{}
	alone   atomic.Bool // whether a reader waits
}

func newTableReader(client *ipvsnl.Client, n names, l *flags.Listing) *tableReader {
	r := &tableReader{client: client, sorted: !l.NoSort, reading: make(chan struct{}, maxReaders)}
	if !l.Numeric {
		r.seen = n.Prefetch
	}
	return r
}

// A part is a run of consecutive services with their destinations. Parts and their
// buffers are reused.
type part struct {
	services     []ipvsnl.ServiceState
	destinations [maxPart][]ipvsnl.DestinationState // of each of the services
	err          error                              // why those of the next service could not be read
	read         chan struct{}                      // receives a value when the part is complete
}

// services returns the services that a command is about: one, the selected ones or all.
func (r *tableReader) services(ctx context.Context, c *flags.Command) ([]ipvsnl.ServiceState, error) {
	if c.OneService {
		s, err := r.client.Service(ctx, c.Service)
		return []ipvsnl.ServiceState{s}, err
	}
	services, err := collect(nil, r.client.EachService(ctx))
	if c.Selection != (flags.Selection{}) {
		services = slices.DeleteFunc(services, func(s ipvsnl.ServiceState) bool { return !c.Selection.Contains(s.Service.Key) })
	}
	if err == nil && r.sorted {
		services = format.SortServices(services)
	}
	return services, err
}

// collect appends the items of a listing. A table that has changed meanwhile is not an
// error: most kernels do not notice.
func collect[T any](all []T, items iter.Seq2[T, error]) ([]T, error) {
	for item, err := range items {
		if errors.Is(err, ipvsnl.ErrChanged) {
			break
		}
		if err != nil {
			return all, err
		}
		all = append(all, item)
	}
	return all, nil
}

// each calls f with services and their destinations, in order and up to an error, while the
// next ones are being read. The destinations are valid until f returns.
func (r *tableReader) each(ctx context.Context, services []ipvsnl.ServiceState, f func(*ipvsnl.ServiceState, []ipvsnl.DestinationState) error) error {
	unused := make(chan *part, maxAhead/maxPart)
	for range cap(unused) {
		unused <- &part{read: make(chan struct{}, 1)}
	}
	toRead := make(chan *part, cap(unused))
	defer close(toRead)
	for range maxReaders {
		go func() {
			for p := range toRead {
				r.readPart(ctx, p)
			}
		}()
	}
	inOrder := make(chan *part, cap(unused))
	for len(services) > 0 || len(inOrder) > 0 {
		for len(services) > 0 && len(unused) > 0 {
			p := <-unused
			n := min(maxPart, len(services))
			p.services, services = services[:n], services[n:]
			toRead <- p
			inOrder <- p
		}
		p := <-inOrder
		<-p.read
		for i := range p.services {
			if err := f(&p.services[i], p.destinations[i]); err != nil {
				return err
			}
		}
		if p.err != nil {
			return p.err
		}
		unused <- p
	}
	return nil
}

// readPart reads the destinations of services, up to an error, and calls seen for all addresses.
func (r *tableReader) readPart(ctx context.Context, p *part) {
	for i := range p.services {
		d := &p.destinations[i]
		if *d, p.err = r.destinations(ctx, (*d)[:0], p.services[i].Service.Key); p.err != nil {
			p.services = p.services[:i]
			break
		}
	}
	var addrs []netip.Addr
	if r.seen != nil {
		addrs = p.addrs()
	}
	p.read <- struct{}{} // from here on the part may be reused
	for _, a := range addrs {
		r.seen(a)
	}
}

// addrs returns the addresses of services and destinations, in order.
func (p *part) addrs() []netip.Addr {
	var addrs []netip.Addr
	for i := range p.services {
		if k := &p.services[i].Service.Key; k.Mark == 0 {
			addrs = append(addrs, k.Addr.Addr())
		}
		for j := range p.destinations[i] {
			addrs = append(addrs, p.destinations[i][j].Destination.Addr.Addr())
		}
	}
	return addrs
}

// destinations appends the destinations of a service to d.
func (r *tableReader) destinations(ctx context.Context, d []ipvsnl.DestinationState, key ipvsnl.ServiceKey) (_ []ipvsnl.DestinationState, err error) {
	if r.known != nil {
		d = append(d, r.known[key]...)
	} else if d, err = r.readAlone(ctx, d, key); err != nil {
		return d, err
	}
	if r.sorted {
		d = format.SortDestinations(d)
	}
	return d, nil
}

// readAlone appends the kernel's destinations of a service. A reader that cannot
// have its own socket reads only when no other reader does, from then on.
func (r *tableReader) readAlone(ctx context.Context, d []ipvsnl.DestinationState, key ipvsnl.ServiceKey) ([]ipvsnl.DestinationState, error) {
	r.reading <- struct{}{}
	defer func() { <-r.reading }()
	all, err := r.client.AppendDestinations(ctx, d, key)
	if errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE) {
		if r.alone.CompareAndSwap(false, true) {
			r.reading <- struct{}{} // and is never removed
			all, err = r.client.AppendDestinations(ctx, d, key)
		}
	}
	if errors.Is(err, ipvsnl.ErrChanged) { // most kernels do not notice
		err = nil
	}
	return all, err
}
