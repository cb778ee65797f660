// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"iter"
	"net/netip"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/distinct"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/format"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// How far a listing reads ahead of what it writes, how many services are read between one
// meeting of reader and writer and the next, and how many readers there are.
const (
	maxAhead   = 64
	maxPart    = 16
	maxReaders = 2
)

// A tableReader reads services and, ahead of whoever writes them, their destinations.
type tableReader struct {
	client *ipvsnl.Client
	sorted bool                  // otherwise they are in the kernel's order
	seen   func(addr netip.Addr) // is called with every address; may be nil

	// known are the destinations of the services; nil if they are yet to be read.
	known map[ipvsnl.ServiceKey][]ipvsnl.DestinationState

	// reading has a value for each reader that is at it, and for each that has no socket
	// and waits for another's.
	reading chan struct{}
	alone   atomic.Bool // whether one waits
}

func newTableReader(client *ipvsnl.Client, n names, l *flags.Listing) *tableReader {
	r := &tableReader{client: client, sorted: !l.NoSort, reading: make(chan struct{}, maxReaders)}
	if !l.Numeric {
		r.seen = n.Prefetch
	}
	return r
}

// A part is some services, one after the other, with their destinations. Parts are used
// again, and so is their room.
type part struct {
	services     []ipvsnl.ServiceState
	destinations [maxPart][]ipvsnl.DestinationState // of each of the services
	err          error                              // why those of the service after them are missing
	read         chan struct{}                      // has a value when all of it is there
}

// services returns the services that a command is about, all or one.
func (r *tableReader) services(ctx context.Context, c *flags.Command) ([]ipvsnl.ServiceState, error) {
	if c.OneService {
		s, err := r.client.Service(ctx, c.Service)
		return []ipvsnl.ServiceState{s}, err
	}
	services, err := collect(nil, r.client.EachService(ctx))
	if err == nil && r.sorted {
		services = distinct.By(services, func(s *ipvsnl.ServiceState) ipvsnl.ServiceKey { return s.Service.Key })
		format.SortServices(services)
	}
	return services, err
}

// collect appends the items of a listing. It is not an error if the table changed
// meanwhile: most kernels do not notice.
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

// each calls f with services and their destinations, in order and up to an error, while
// those that come next are being read. The destinations are good until f returns.
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

// readPart reads the destinations of services, up to an error, and passes all addresses
// to seen.
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
	p.read <- struct{}{} // from here on the part may be used again
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
		d = distinct.By(d, func(d *ipvsnl.DestinationState) netip.AddrPort { return d.Destination.Addr })
		format.SortDestinations(d)
	}
	return d, nil
}

// readAlone appends the destinations that the kernel has of a service. A reader that can
// have no socket of its own reads when no other does, from then on.
func (r *tableReader) readAlone(ctx context.Context, d []ipvsnl.DestinationState, key ipvsnl.ServiceKey) ([]ipvsnl.DestinationState, error) {
	r.reading <- struct{}{}
	defer func() { <-r.reading }()
	all, err := collect(d, r.client.EachDestination(ctx, key))
	if errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE) {
		if r.alone.CompareAndSwap(false, true) {
			r.reading <- struct{}{} // and nobody takes it out
			all, err = collect(d, r.client.EachDestination(ctx, key))
		}
	}
	return all, err
}
