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

	"github.com/ipvsadm-go/ipvsadm/internal/files"
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
	services     []*ipvsnl.ServiceState
	destinations [maxPart][]ipvsnl.DestinationState // of each of the services
	err          error                              // why those of the next service could not be read
	read         chan struct{}                      // receives a value when the part is complete
}

// A listing is the services of a listing, in order. An error is its last item.
type listing = iter.Seq2[*ipvsnl.ServiceState, error]

// services returns the services that a command is about. Without an order they are not read before they are
// needed, so that a table of any size takes the same memory. That needs a socket besides those for destinations.
func (r *tableReader) services(ctx context.Context, c *flags.Command) (listing, error) {
	if !r.sorted && !c.OneService && files.Spare(2) {
		return selected(c, held(r.client.EachService(ctx))), nil
	}
	all, err := r.list(ctx, c)
	if err != nil {
		return nil, err
	}
	return listed(all), nil
}

// list returns the services that a command is about: one, the selected ones or all.
func (r *tableReader) list(ctx context.Context, c *flags.Command) ([]*ipvsnl.ServiceState, error) {
	if c.OneService {
		s, err := r.client.Service(ctx, c.Service)
		if err == nil && c.Server.IsValid() {
			err = r.readServer(ctx, c)
		}
		return []*ipvsnl.ServiceState{&s}, err
	}
	var all []*ipvsnl.ServiceState
	for s, err := range selected(c, held(r.client.EachService(ctx))) {
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	if r.sorted {
		all = format.SortServices(all)
	}
	return all, nil
}

// readServer reads the one destination that a command is about, or those of one address.
func (r *tableReader) readServer(ctx context.Context, c *flags.Command) error {
	all, err := r.readAlone(ctx, nil, c.Service)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(d ipvsnl.DestinationState) bool { return !c.Lists(d.Destination.Addr) })
	if len(all) == 0 {
		return &ipvsnl.Error{Op: ipvsnl.OpDestinations, Service: c.Service, Destination: c.Server, Err: ipvsnl.ErrDestinationNotFound}
	}
	r.known = map[ipvsnl.ServiceKey][]ipvsnl.DestinationState{c.Service: all}
	return nil
}

// listed is a listing of services that have been read.
func listed(all []*ipvsnl.ServiceState) listing {
	return func(yield func(*ipvsnl.ServiceState, error) bool) {
		for _, s := range all {
			if !yield(s, nil) {
				return
			}
		}
	}
}

// selected is a listing without the services that a command is not about.
func selected(c *flags.Command, services listing) listing {
	if c.Selection == (flags.Selection{}) {
		return services
	}
	return func(yield func(*ipvsnl.ServiceState, error) bool) {
		for s, err := range services {
			if (err != nil || c.Selection.Contains(s.Service.Key)) && !yield(s, err) {
				return
			}
		}
	}
}

// held allocates the services of a listing, some at a time: many together would be copied as they become more.
// A table that has changed meanwhile is not an error, as most kernels do not notice.
func held(services iter.Seq2[ipvsnl.ServiceState, error]) listing {
	return func(yield func(*ipvsnl.ServiceState, error) bool) {
		var block []ipvsnl.ServiceState
		for s, err := range services {
			switch {
			case errors.Is(err, ipvsnl.ErrChanged):
				return
			case err != nil:
				yield(nil, err)
				return
			case len(block) == cap(block):
				block = make([]ipvsnl.ServiceState, 0, maxPart)
			}
			block = append(block, s)
			if !yield(&block[len(block)-1], nil) {
				return
			}
		}
	}
}

// each calls f with services and their destinations, in order and up to an error, while the
// next ones are being read. The destinations are valid until f returns.
func (r *tableReader) each(ctx context.Context, services listing, f func(*ipvsnl.ServiceState, []ipvsnl.DestinationState) error) error {
	a := &ahead{f: f, unused: make(chan *part, maxAhead/maxPart), toRead: make(chan *part, maxAhead/maxPart), inOrder: make(chan *part, maxAhead/maxPart)}
	for range cap(a.unused) {
		a.unused <- &part{read: make(chan struct{}, 1)}
	}
	defer close(a.toRead)
	for range maxReaders {
		go func() {
			for p := range a.toRead {
				r.readPart(ctx, p)
			}
		}()
	}
	for s, err := range services {
		if err != nil {
			return err
		}
		if err := a.add(s); err != nil {
			return err
		}
	}
	return a.finish()
}

// An ahead is the parts that are being read, ahead of those that f is called with.
type ahead struct {
	f       func(*ipvsnl.ServiceState, []ipvsnl.DestinationState) error
	next    *part      // to which services are added, if not nil
	unused  chan *part // those that nothing is known about
	toRead  chan *part // those that readers are to read
	inOrder chan *part // those that f is to be called with
}

// add adds a service to be read. If as many are as may be, it first waits for some of them.
func (a *ahead) add(s *ipvsnl.ServiceState) error {
	if a.next == nil {
		if len(a.unused) == 0 {
			if err := a.oldest(); err != nil {
				return err
			}
		}
		a.next = <-a.unused
		a.next.services = a.next.services[:0]
	}
	a.next.services = append(a.next.services, s)
	if len(a.next.services) == maxPart {
		a.read()
	}
	return nil
}

// read has the next part read.
func (a *ahead) read() {
	a.toRead <- a.next
	a.inOrder <- a.next
	a.next = nil
}

// finish waits for all services.
func (a *ahead) finish() error {
	if a.next != nil {
		a.read()
	}
	for len(a.inOrder) > 0 {
		if err := a.oldest(); err != nil {
			return err
		}
	}
	return nil
}

// oldest waits for the oldest part and calls f.
func (a *ahead) oldest() error {
	p := <-a.inOrder
	<-p.read
	for i, s := range p.services {
		if err := a.f(s, p.destinations[i]); err != nil {
			return err
		}
	}
	if p.err != nil {
		return p.err
	}
	a.unused <- p
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
