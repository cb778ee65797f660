// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"

	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/reconcile"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/simulation"
)

// errOnlyFlush is the error of a line that clears the table, of which only a part is replaced.
var errOnlyFlush = errors.New("-C is not allowed with --only, which leaves all services that no line names")

// A partialTable is a wanted table of the services that lines add or delete. All others stay.
type partialTable struct {
	wanted *wantedTable
	named  map[ipvsnl.ServiceKey]bool
	keys   []ipvsnl.ServiceKey // the same, in order
}

// add does what wantedTable.add does. A service that is deleted without having been added may be
// in the kernel's table.
func (p *partialTable) add(c *flags.Command) error {
	key := c.Change.Service.Key
	switch c.Change.Op {
	case ipvsnl.OpFlush:
		return errOnlyFlush
	case ipvsnl.OpDeleteDestinationIfExists: // of a service that is not described
		if !p.named[key] {
			deletion := ipvsnl.DeleteDestination(key, c.Change.Destination.Addr)
			return refused(&deletion, simulation.ESRCH)
		}
	case ipvsnl.OpDeleteService:
		if !p.named[key] {
			p.name(key)
			return nil
		}
	}
	if err := p.wanted.add(c); err != nil {
		return err
	}
	switch c.Change.Op {
	case ipvsnl.OpAddService, ipvsnl.OpEnsureService, ipvsnl.OpDeleteServiceIfExists:
		p.name(key)
	}
	return nil
}

func (p *partialTable) name(key ipvsnl.ServiceKey) {
	if !p.named[key] {
		p.named[key] = true
		p.keys = append(p.keys, key)
	}
}

// adder returns what adds a line to what is wanted: the whole table or, with --only, a part.
func (r *replacer) adder(only bool) func(*flags.Command) error {
	if !only {
		return r.wanted.add
	}
	r.wanted.services = true // missing lines cannot clear the table
	r.part = &partialTable{wanted: &r.wanted, named: make(map[ipvsnl.ServiceKey]bool)}
	return r.part.add
}

// scope returns the services that the replacement is about.
func (r *replacer) scope() []reconcile.Scope {
	if r.part == nil {
		return nil
	}
	return []reconcile.Scope{reconcile.Only(r.part.keys...)}
}
