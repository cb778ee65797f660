package reconcile

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// ErrTwice is the error of a wanted table that has a service twice, or a destination
// of one.
var ErrTwice = errors.New("is twice in the wanted table")

// Plan returns the changes that make the table current the wanted one, in the order
// in which they are to be made:
//
//   - What is new is added, in the order of wanted: services, each with its
//     destinations right behind it, and destinations of services that are there.
//   - What differs is edited, in the same order, but destinations that are left without
//     a weight come last.
//   - What is not wanted is deleted: destinations, then services.
//
// So at every moment a service that is in both tables is there, with the
// destinations that are in both. What is the same in both tables is not among the
// changes; counters, connections and rates are not looked at. Of a wanted service's
// flags those in its FlagMask count, as in a request, and FlagHashed never does.
//
// If wanted has a service twice, or a destination, the error names it and matches
// [ErrTwice].
func Plan(current, wanted Table) ([]Change, error) {
	p := planner{current: make(map[ipvsnl.ServiceKey]*Entry, len(current)), wanted: make(map[ipvsnl.ServiceKey]bool, len(wanted))}
	for i := range current {
		p.current[keyOf(&current[i].Service)] = &current[i]
	}
	for i := range wanted {
		if err := p.service(&wanted[i]); err != nil {
			return nil, err
		}
	}
	for i := range current {
		s := &current[i].Service
		if key := keyOf(s); !p.wanted[key] {
			p.wanted[key] = true // while it was listed, it may have come by twice
			p.deletions = append(p.deletions, step{ipvsnl.OpDeleteService, s, nil})
		}
	}
	return p.changes(), nil
}

// A planner is a plan in the making.
type planner struct {
	current map[ipvsnl.ServiceKey]*Entry
	wanted  map[ipvsnl.ServiceKey]bool

	additions []step
	edits     []step
	drains    []step // edits that leave a destination without a weight
	deletions []step
}

// A step is a change that is made up when all are known: there may be many, and they are
// large.
type step struct {
	op          ipvsnl.Op
	service     *ipvsnl.Service
	destination *ipvsnl.Destination // nil for a change of a service
}

// changes returns the changes in order.
func (p *planner) changes() []Change {
	steps := slices.Concat(p.additions, p.edits, p.drains, p.deletions)
	changes := make([]Change, len(steps))
	for i, s := range steps {
		c := &changes[i]
		c.Op, c.Service = s.op, *s.service
		c.Service.ServiceKey = keyOf(s.service)
		if s.destination != nil {
			c.Destination = *s.destination
		}
	}
	return changes
}

// service plans what makes an entry be there.
func (p *planner) service(want *Entry) error {
	key := keyOf(&want.Service)
	if p.wanted[key] {
		return fmt.Errorf("service %v %w", key, ErrTwice)
	}
	p.wanted[key] = true
	have := p.current[key]
	switch {
	case have == nil:
		have = &Entry{}
		p.additions = append(p.additions, step{ipvsnl.OpAddService, &want.Service, nil})
	case !sameService(&have.Service, &want.Service):
		p.edits = append(p.edits, step{ipvsnl.OpSetService, &want.Service, nil})
	}
	return p.destinations(have, want)
}

// destinations plans what makes the destinations of a service those that are wanted.
func (p *planner) destinations(have, want *Entry) error {
	current := make(map[netip.AddrPort]*ipvsnl.Destination, len(have.Destinations))
	for i := range have.Destinations {
		current[have.Destinations[i].Addr] = &have.Destinations[i]
	}
	wanted := make(map[netip.AddrPort]bool, len(want.Destinations))
	for i := range want.Destinations {
		d := &want.Destinations[i]
		if wanted[d.Addr] {
			return fmt.Errorf("destination %v of service %v %w", d.Addr, keyOf(&want.Service), ErrTwice)
		}
		wanted[d.Addr] = true
		switch old := current[d.Addr]; {
		case old == nil:
			p.additions = append(p.additions, step{ipvsnl.OpAddDestination, &want.Service, d})
		case settings(old) == settings(d):
		case d.Weight == 0:
			p.drains = append(p.drains, step{ipvsnl.OpSetDestination, &want.Service, d})
		default:
			p.edits = append(p.edits, step{ipvsnl.OpSetDestination, &want.Service, d})
		}
	}
	for i := range have.Destinations {
		if d := &have.Destinations[i]; !wanted[d.Addr] {
			wanted[d.Addr] = true // as with services
			p.deletions = append(p.deletions, step{ipvsnl.OpDeleteDestination, &want.Service, d})
		}
	}
	return nil
}

// keyOf returns the key of a service with what follows from the rest filled in, and what
// is not used left out, as replies have it.
func keyOf(s *ipvsnl.Service) ipvsnl.ServiceKey {
	if s.Mark != 0 {
		return ipvsnl.MarkKey(s.Mark, s.Family)
	}
	return ipvsnl.AddrKey(s.Protocol, s.Addr)
}

// sameService says whether a request to set what is wanted would change nothing.
func sameService(have, want *ipvsnl.Service) bool {
	mask := want.FlagMask
	if mask == 0 {
		mask = ^ipvsnl.ServiceFlags(0)
	}
	mask &^= ipvsnl.FlagHashed
	return have.Scheduler == want.Scheduler && have.Flags&mask == want.Flags&mask && have.Timeout == want.Timeout &&
		have.Netmask == want.Netmask && have.Engine == want.Engine
}

// settings returns a destination with nothing but what a request sets.
func settings(d *ipvsnl.Destination) ipvsnl.Destination {
	s := *d
	s.ActiveConns, s.InactConns, s.PersistConns, s.Stats = 0, 0, 0, ipvsnl.Stats{}
	return s
}
