// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// What can be wrong with a wanted table.
var (
	// ErrTwice means that it contains a service twice, or a destination of a service.
	ErrTwice = errors.New("occurs twice in the wanted table")

	// ErrOutside means that it contains a service outside the scope.
	ErrOutside = errors.New("is in the wanted table, but outside the scope")
)

// Plan returns the changes that turn the current table into the wanted one, in the order in
// which to make them:
//
//   - New entries are added, in the order of wanted: services, each followed by its
//     destinations, and destinations of services that exist.
//   - Differing entries are edited, in the same order, except that destinations whose weight
//     becomes 0 come last.
//   - Unwanted entries are deleted: destinations, then services.
//
// A service in both tables therefore exists all the time, with the destinations that
// are in both. Equal entries are not changed.
//
// With a scope, services outside it are not changed.
//
// If wanted contains a service or destination twice, the error matches [ErrTwice]; if it
// has a service outside the scope, [ErrOutside]. The error names the service.
func Plan(current, wanted Table, scope ...Scope) ([]ipvsnl.Change, error) {
	p := planner{
		scope:   scope,
		current: current.index(),
		wanted:  make(map[ipvsnl.ServiceKey]bool, len(wanted)),
	}
	for i := range wanted {
		if err := p.service(&wanted[i]); err != nil {
			return nil, err
		}
	}
	for i := range current {
		s := &current[i].Service
		if !p.wanted[s.Key] && p.scope.contains(s.Key) {
			p.wanted[s.Key] = true // handled, in case the table has it twice
			p.deletions = append(p.deletions, step{ipvsnl.OpDeleteService, s, nil})
		}
	}
	return p.changes(), nil
}

// A planner makes a plan.
type planner struct {
	scope   intersection
	current map[ipvsnl.ServiceKey]*Entry
	wanted  map[ipvsnl.ServiceKey]bool

	additions []step
	edits     []step
	drains    []step // edits that set a weight to 0
	deletions []step
}

// A step becomes a change once all steps are known: changes are large, and there may be
// many.
type step struct {
	op          ipvsnl.Op
	service     *ipvsnl.Service
	destination *ipvsnl.Destination // nil for a change of a service
}

func (s *step) change() ipvsnl.Change {
	c := ipvsnl.Change{Op: s.op, Service: ipvsnl.Service{Key: s.service.Key}}
	switch s.op {
	case ipvsnl.OpAddService, ipvsnl.OpSetService:
		c.Service = *s.service
	case ipvsnl.OpAddDestination, ipvsnl.OpSetDestination:
		c.Destination = *s.destination
	case ipvsnl.OpDeleteDestination:
		c.Destination.Addr = s.destination.Addr
	}
	return c
}

// changes returns the changes in order.
func (p *planner) changes() []ipvsnl.Change {
	steps := slices.Concat(p.additions, p.edits, p.drains, p.deletions)
	changes := make([]ipvsnl.Change, len(steps))
	for i := range steps {
		changes[i] = steps[i].change()
	}
	return changes
}

// service plans the changes for a wanted entry.
func (p *planner) service(want *Entry) error {
	key := want.Service.Key
	switch {
	case p.wanted[key]:
		return fmt.Errorf("service %v %w", key, ErrTwice)
	case !p.scope.contains(key):
		return fmt.Errorf("service %v %w", key, ErrOutside)
	}
	p.wanted[key] = true
	have := p.current[key]
	switch {
	case have == nil:
		have = &Entry{}
		p.additions = append(p.additions, step{ipvsnl.OpAddService, &want.Service, nil})
	case have.Service != want.Service:
		p.edits = append(p.edits, step{ipvsnl.OpSetService, &want.Service, nil})
	}
	return p.destinations(have, want)
}

// destinations plans the changes for the wanted destinations of a service.
func (p *planner) destinations(have, want *Entry) error {
	current := make(map[netip.AddrPort]*ipvsnl.Destination, len(have.Destinations))
	for i := range have.Destinations {
		current[have.Destinations[i].Addr] = &have.Destinations[i]
	}
	wanted := make(map[netip.AddrPort]bool, len(want.Destinations))
	for i := range want.Destinations {
		d := &want.Destinations[i]
		if wanted[d.Addr] {
			return fmt.Errorf("destination %v of service %v %w", d.Addr, want.Service.Key, ErrTwice)
		}
		wanted[d.Addr] = true
		switch old := current[d.Addr]; {
		case old == nil:
			p.additions = append(p.additions, step{ipvsnl.OpAddDestination, &want.Service, d})
		case *old == *d:
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
