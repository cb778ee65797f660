// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// repeats finds lines of rules that add what an earlier one has added. It keeps the
// numbers of the lines that added what exists.
type repeats struct {
	services map[ipvsnl.ServiceKey]int
	servers  map[ipvsnl.ServiceKey]map[netip.AddrPort]int
}

func newRepeats() *repeats {
	return &repeats{map[ipvsnl.ServiceKey]int{}, map[ipvsnl.ServiceKey]map[netip.AddrPort]int{}}
}

// add notes the change of a line and returns an error if it repeats an earlier one.
func (r *repeats) add(c *ipvsnl.Change, line int) error {
	key, server := c.Service.Key, c.Destination.Addr
	switch c.Op {
	case ipvsnl.OpAddService:
		return note(r.services, key, line)
	case ipvsnl.OpEnsureService:
		_ = note(r.services, key, line) // it may be there
	case ipvsnl.OpDeleteService, ipvsnl.OpDeleteServiceIfExists:
		delete(r.services, key)
		delete(r.servers, key)
	case ipvsnl.OpFlush:
		clear(r.services)
		clear(r.servers)
	case ipvsnl.OpAddDestination, ipvsnl.OpEnsureDestination:
		if r.servers[key] == nil {
			r.servers[key] = map[netip.AddrPort]int{}
		}
		if err := note(r.servers[key], server, line); c.Op == ipvsnl.OpAddDestination {
			return err
		}
	case ipvsnl.OpDeleteDestination, ipvsnl.OpDeleteDestinationIfExists:
		delete(r.servers[key], server)
	}
	return nil
}

// note notes that a line has added something, unless an earlier one has.
func note[K comparable](lines map[K]int, key K, line int) error {
	if earlier, ok := lines[key]; ok {
		return fmt.Errorf("line %d has added this already", earlier)
	}
	lines[key] = line
	return nil
}

// A singleRules is a layout of rules that notices whether two of them add the same. With names
// this happens where addresses share one.
type singleRules struct {
	layout
	seed     maphash.Seed
	services map[uint64]bool // by a hash of what identifies them
	servers  map[uint64]bool // of the last service
	repeated string          // the first rule that was written before, up to what identifies it
}

func newSingleRules(l layout) *singleRules {
	return &singleRules{layout: l, seed: maphash.MakeSeed(), services: map[uint64]bool{}, servers: map[uint64]bool{}}
}

// AppendService appends the rule of a service.
func (r *singleRules) AppendService(b []byte, s *ipvsnl.ServiceState) []byte {
	start := len(b)
	b = r.layout.AppendService(b, s)
	id, _, _ := bytes.Cut(b[start:], []byte(" -s "))
	r.note(r.services, id)
	clear(r.servers)
	return b
}

// AppendDestination appends the rule of a destination.
func (r *singleRules) AppendDestination(b []byte, s *ipvsnl.ServiceState, d *ipvsnl.DestinationState) []byte {
	start := len(b)
	b = r.layout.AppendDestination(b, s, d)
	service, rest, _ := bytes.Cut(b[start:], []byte(" -r "))
	server, _, _ := bytes.Cut(rest, []byte(" "))
	r.note(r.servers, b[start:start+len(service)+len(" -r ")+len(server)])
	return b
}

// note notes what a rule adds.
func (r *singleRules) note(seen map[uint64]bool, id []byte) {
	hash := maphash.Bytes(r.seed, id)
	if seen[hash] && r.repeated == "" {
		r.repeated = string(id)
	}
	seen[hash] = true
}

// warn reports the repeated rule, if there is one.
func (r *singleRules) warn(con *console) {
	if r.repeated != "" {
		con.complain("warning: two entries print the same rule, of which only one can be restored: " + r.repeated + "; save with -n")
	}
}

// repeat returns the fault of a line that repeats an earlier one, if repeats are looked for.
func (p *lineParser) repeat(c *flags.Command, line int) error {
	if p.repeats == nil || c.Kind != flags.Change {
		return nil
	}
	return p.repeats.add(&c.Change, line)
}
