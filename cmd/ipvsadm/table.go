package main

import (
	"iter"

	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/format"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// How far a listing reads ahead of what it writes, in services, and how many of
// them are read at a time.
const (
	maxAhead   = 32
	maxReaders = 2
)

// An entry is a service with its destinations. Entries are used again, and so is
// their room.
type entry struct {
	service      *ipvsnl.Service
	destinations []ipvsnl.Destination
	err          error
	read         chan struct{} // has a value when the destinations are there, or err is
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
	sorted bool
}

func (a *app) newTableWriter(l *flags.Listing, layout layout) *tableWriter {
	return &tableWriter{app: a, layout: layout, named: !l.Numeric, sorted: !l.NoSort}
}

// table writes services in order, while those that come next are being read and their
// names looked up.
func (w *tableWriter) table(services []ipvsnl.Service) error {
	w.write(w.layout.AppendHead(nil))
	entries := min(maxAhead, len(services))
	unused := make(chan *entry, entries)
	for range entries {
		unused <- &entry{read: make(chan struct{}, 1)}
	}
	toRead := make(chan *entry, entries)
	for range min(maxReaders, entries) {
		go func() {
			for e := range toRead {
				w.readEntry(e)
			}
		}()
	}
	defer close(toRead)
	inOrder := make(chan *entry, entries)
	started := 0
	for range services {
		for started < len(services) && len(unused) > 0 {
			e := <-unused
			e.service = &services[started]
			started++
			toRead <- e
			inOrder <- e
		}
		e := <-inOrder
		<-e.read
		if e.err != nil {
			return e.err
		}
		w.writeEntry(e)
		unused <- e
	}
	w.write(w.layout.AppendEnd(nil))
	return nil
}

func (w *tableWriter) writeEntry(e *entry) {
	w.write(w.layout.AppendService(w.stdout.AvailableBuffer(), e.service))
	for i := range e.destinations {
		w.write(w.layout.AppendDestination(w.stdout.AvailableBuffer(), e.service, &e.destinations[i]))
	}
}

// readEntry reads the destinations of a service and has all names looked up.
func (w *tableWriter) readEntry(e *entry) {
	defer func() { e.read <- struct{}{} }()
	e.destinations = e.destinations[:0]
	for d, err := range w.client.Destinations(w.ctx, e.service.ServiceKey) {
		if err != nil {
			e.err = err
			return
		}
		e.destinations = append(e.destinations, d)
	}
	if w.sorted {
		format.SortDestinations(e.destinations)
	}
	if !w.named {
		return
	}
	if e.service.Mark == 0 {
		w.names.Prefetch(e.service.Addr.Addr())
	}
	for i := range e.destinations {
		w.names.Prefetch(e.destinations[i].Addr.Addr())
	}
}
