package main

import (
	"net/netip"

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
	return a.writeServices(o, services, in)
}

func (a *app) listService(o *format.Options, key ipvsnl.ServiceKey, in order) error {
	s, err := a.client.Service(a.ctx, key)
	if err != nil {
		return err
	}
	a.write(o.AppendHead(nil))
	return a.writeServices(o, []ipvsnl.Service{s}, in)
}

// writeServices writes services with their destinations.
func (a *app) writeServices(o *format.Options, services []ipvsnl.Service, in order) error {
	if in.by != nil {
		return a.writeHighestFirst(o, services, in)
	}
	return a.eachService(services, o.Names != nil, in.sorted, func(s *ipvsnl.Service, d []ipvsnl.Destination) {
		a.writeService(o, s, d)
	})
}

func (a *app) writeService(o *format.Options, s *ipvsnl.Service, destinations []ipvsnl.Destination) {
	a.write(o.AppendService(a.stdout.AvailableBuffer(), s))
	for i := range destinations {
		a.write(o.AppendDestination(a.stdout.AvailableBuffer(), s, &destinations[i]))
	}
}

// eachService calls each with services and their destinations, in order, while those that
// come next are being read and their names looked up. The destinations are good until each
// returns.
func (a *app) eachService(services []ipvsnl.Service, named, sorted bool, each func(*ipvsnl.Service, []ipvsnl.Destination)) error {
	unused := make(chan *part, maxAhead/maxPart)
	for range cap(unused) {
		unused <- &part{read: make(chan struct{}, 1)}
	}
	toRead := make(chan *part, cap(unused))
	defer close(toRead)
	for range maxReaders {
		go func() {
			for p := range toRead {
				a.readPart(p, named, sorted)
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
			each(&p.services[i], p.destinations[i])
		}
		if p.err != nil {
			return p.err
		}
		unused <- p
	}
	return nil
}

// readPart reads the destinations of services, up to an error, and has all names looked up.
func (a *app) readPart(p *part, named, sorted bool) {
	for i := range p.services {
		d := &p.destinations[i]
		if *d, p.err = a.readDestinations((*d)[:0], p.services[i].ServiceKey, sorted); p.err != nil {
			p.services = p.services[:i]
			break
		}
	}
	var hosts []netip.Addr
	if named {
		hosts = p.hosts()
	}
	p.read <- struct{}{} // from here on the part may be used again
	for _, h := range hosts {
		a.names.Prefetch(h)
	}
}

// readDestinations appends the destinations of a service to d.
func (a *app) readDestinations(d []ipvsnl.Destination, key ipvsnl.ServiceKey, sorted bool) ([]ipvsnl.Destination, error) {
	for one, err := range a.client.Destinations(a.ctx, key) {
		if err != nil {
			return d, err
		}
		d = append(d, one)
	}
	if sorted {
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
