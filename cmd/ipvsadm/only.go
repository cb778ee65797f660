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

// A partialLines runs lines of rules that are about the services that they add or delete. All others stay.
type partialLines struct {
	wanted *wantedLines
	named  map[ipvsnl.ServiceKey]bool
	keys   []ipvsnl.ServiceKey // the same, in order
}

func newPartialLines(w *wantedLines) *partialLines {
	w.mentions.services = true // missing lines cannot clear the table
	return &partialLines{wanted: w, named: make(map[ipvsnl.ServiceKey]bool)}
}

// add does what wantedLines.add does. A service that is deleted without having been added may be
// in the kernel's table.
func (p *partialLines) add(c *flags.Command) error {
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

func (p *partialLines) name(key ipvsnl.ServiceKey) {
	if !p.named[key] {
		p.named[key] = true
		p.keys = append(p.keys, key)
	}
}

// scope returns the services that the lines are about.
func (p *partialLines) scope() []reconcile.Scope {
	return []reconcile.Scope{reconcile.Only(p.keys...)}
}
