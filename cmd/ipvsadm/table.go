package main

import (
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

func (a *app) listServices(o *format.Options, in order) error {
	var services []ipvsnl.Service
	for s, err := range a.client.Services(a.ctx) {
		if err != nil {
			return err
		}
		services = append(services, s)
	}
	if in.sorted {
		format.SortServices(services)
	}
	a.write(o.AppendHead(nil))
	return a.writeEntries(o, services, in)
}

func (a *app) listService(o *format.Options, key ipvsnl.ServiceKey, in order) error {
	s, err := a.client.Service(a.ctx, key)
	if err != nil {
		return err
	}
	a.write(o.AppendHead(nil))
	return a.writeEntries(o, []ipvsnl.Service{s}, in)
}

// writeEntries writes services with their destinations.
func (a *app) writeEntries(o *format.Options, services []ipvsnl.Service, in order) error {
	if in.by != nil {
		return a.writeHighestFirst(o, services, in)
	}
	return a.readEntries(services, o.Names != nil, in.sorted, func(e *entry) { a.writeEntry(o, e) })
}

// readEntries calls each with the entries of services, one after the other, while those that
// come next are being read and their names looked up. An entry is good until each returns.
func (a *app) readEntries(services []ipvsnl.Service, named, sorted bool, each func(*entry)) error {
	entries := min(maxAhead, len(services))
	unused := make(chan *entry, entries)
	for range entries {
		unused <- &entry{read: make(chan struct{}, 1)}
	}
	toRead := make(chan *entry, entries)
	for range min(maxReaders, entries) {
		go func() {
			for e := range toRead {
				a.readEntry(e, named, sorted)
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
		each(e)
		unused <- e
	}
	return nil
}

func (a *app) writeEntry(o *format.Options, e *entry) {
	a.write(o.AppendService(a.stdout.AvailableBuffer(), e.service))
	for i := range e.destinations {
		a.write(o.AppendDestination(a.stdout.AvailableBuffer(), e.service, &e.destinations[i]))
	}
}

// readEntry reads the destinations of a service and has all names looked up.
func (a *app) readEntry(e *entry, named, sorted bool) {
	defer func() { e.read <- struct{}{} }()
	e.destinations = e.destinations[:0]
	for d, err := range a.client.Destinations(a.ctx, e.service.ServiceKey) {
		if err != nil {
			e.err = err
			return
		}
		e.destinations = append(e.destinations, d)
	}
	if sorted {
		format.SortDestinations(e.destinations)
	}
	if !named {
		return
	}
	if e.service.Mark == 0 {
		a.names.Prefetch(e.service.Addr.Addr())
	}
	for i := range e.destinations {
		a.names.Prefetch(e.destinations[i].Addr.Addr())
	}
}
