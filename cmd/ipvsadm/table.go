// SPDX-License-Identifier: Apache-2.0

package main

import (
	"iter"
	"net/netip"

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

// A part is some services, one after the other, with their destinations. Parts are used
// again, and so is their room.
type part struct {
	services     []ipvsnl.Service
	destinations [maxPart][]ipvsnl.Destination // of each of the services
	err          error                         // why those of the service behind them are not there
	read         chan struct{}                 // has a value when all that is there
}

// services returns the services that a command is about, all or one.
func (a *app) services(c *flags.Command) ([]ipvsnl.Service, error) {
	if c.OneService {
		s, err := a.client.Service(a.ctx, c.Service.ServiceKey)
		return []ipvsnl.Service{s}, err
	}
	services, err := collect(a.client.Services(a.ctx))
	if err == nil && !c.Listing.NoSort {
		format.SortServices(services)
	}
	return services, err
}

// collect returns what a listing of the kernel has.
func collect[T any](items iter.Seq2[T, error]) (all []T, err error) {
	for item, err := range items {
		if err != nil {
			return nil, err
		}
		all = append(all, item)
	}
	return all, nil
}

// A layout is what a table looks like. Services and destinations are appended in the order
// in which they are written.
type layout interface {
	AppendHead(b []byte) []byte
	AppendService(b []byte, s *ipvsnl.Service) []byte
	AppendDestination(b []byte, s *ipvsnl.Service, d *ipvsnl.Destination) []byte
	AppendEnd(b []byte) []byte
}

// A tableWriter writes services with their destinations.
type tableWriter struct {
	*app
	layout layout
	named  bool // whether names are looked up
	in     order
}

func (a *app) newTableWriter(l *flags.Listing, layout layout) *tableWriter {
	return &tableWriter{app: a, layout: layout, named: !l.Numeric, in: listOrder(l)}
}

// table writes services.
func (w *tableWriter) table(services []ipvsnl.Service) error {
	w.write(w.layout.AppendHead(nil))
	write := w.writeEach
	if w.in.by != nil {
		write = w.writeHighestFirst
	}
	if err := write(services); err != nil {
		return err
	}
	w.write(w.layout.AppendEnd(nil))
	return nil
}

func (w *tableWriter) writeEach(services []ipvsnl.Service) error {
	return w.each(services, w.writeService)
}

func (w *tableWriter) writeService(s *ipvsnl.Service, destinations []ipvsnl.Destination) {
	w.write(w.layout.AppendService(w.stdout.AvailableBuffer(), s))
	for i := range destinations {
		w.write(w.layout.AppendDestination(w.stdout.AvailableBuffer(), s, &destinations[i]))
	}
}

// each calls f with services and their destinations, in order, while those that come next are
// being read and their names looked up. The destinations are good until f returns.
func (w *tableWriter) each(services []ipvsnl.Service, f func(*ipvsnl.Service, []ipvsnl.Destination)) error {
	unused := make(chan *part, maxAhead/maxPart)
	for range cap(unused) {
		unused <- &part{read: make(chan struct{}, 1)}
	}
	toRead := make(chan *part, cap(unused))
	defer close(toRead)
	for range maxReaders {
		go func() {
			for p := range toRead {
				w.readPart(p)
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
			f(&p.services[i], p.destinations[i])
		}
		if p.err != nil {
			return p.err
		}
		unused <- p
	}
	return nil
}

// readPart reads the destinations of services, up to an error, and has all names looked up.
func (w *tableWriter) readPart(p *part) {
	for i := range p.services {
		d := &p.destinations[i]
		if *d, p.err = w.readDestinations((*d)[:0], p.services[i].ServiceKey); p.err != nil {
			p.services = p.services[:i]
			break
		}
	}
	var hosts []netip.Addr
	if w.named {
		hosts = p.hosts()
	}
	p.read <- struct{}{} // from here on the part may be used again
	for _, h := range hosts {
		w.names.Prefetch(h)
	}
}

// readDestinations appends the destinations of a service to d.
func (w *tableWriter) readDestinations(d []ipvsnl.Destination, key ipvsnl.ServiceKey) ([]ipvsnl.Destination, error) {
	for one, err := range w.client.Destinations(w.ctx, key) {
		if err != nil {
			return d, err
		}
		d = append(d, one)
	}
	if w.in.sorted {
		format.SortDestinations(d)
	}
	return d, nil
}

// hosts returns the addresses whose names are shown, in order.
func (p *part) hosts() []netip.Addr {
	var hosts []netip.Addr
	for i := range p.services {
		if s := &p.services[i]; s.Mark == 0 {
			hosts = append(hosts, s.Addr.Addr())
		}
		for j := range p.destinations[i] {
			hosts = append(hosts, p.destinations[i][j].Addr.Addr())
		}
	}
	return hosts
}
