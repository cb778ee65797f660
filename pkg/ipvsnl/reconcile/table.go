// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// A Table is a set of services with their destinations: their configuration, without
// counters and connections. The order does not matter to the kernel; new entries of a
// wanted table are added in its order.
type Table []Entry

// An Entry is a service and its destinations.
type Entry struct {
	Service      ipvsnl.Service
	Destinations []ipvsnl.Destination
}

// index returns the entries by key. If a key occurs twice, the later entry wins.
func (t Table) index() map[ipvsnl.ServiceKey]*Entry {
	entries := make(map[ipvsnl.ServiceKey]*Entry, len(t))
	for i := range t {
		entries[t[i].Service.Key] = &t[i]
	}
	return entries
}

// agrees reports whether both tables have the same services and destinations, in any
// order. Neither may have duplicates.
func (t Table) agrees(other Table) bool {
	if len(t) != len(other) {
		return false
	}
	entries := other.index()
	for i := range t {
		if !t[i].agrees(entries[t[i].Service.Key]) {
			return false
		}
	}
	return true
}

// agrees reports whether both entries have the same service and the same destinations,
// in any order. An entry that does not exist is nil.
func (e *Entry) agrees(other *Entry) bool {
	if e == nil || other == nil {
		return e == other
	}
	if e.Service != other.Service || len(e.Destinations) != len(other.Destinations) {
		return false
	}
	for i := range e.Destinations {
		d := &e.Destinations[i]
		// The order is usually the same.
		if *d != other.Destinations[i] && !isSame(d, other.destination(d.Addr)) {
			return false
		}
	}
	return true
}

// service returns the entry's service, or nil if the entry does not exist.
func (e *Entry) service() *ipvsnl.Service {
	if e == nil {
		return nil
	}
	return &e.Service
}

// destination returns the destination with an address, or nil if it or the entry does not
// exist.
func (e *Entry) destination(addr netip.AddrPort) *ipvsnl.Destination {
	if e == nil {
		return nil
	}
	for i := range e.Destinations {
		if e.Destinations[i].Addr == addr {
			return &e.Destinations[i]
		}
	}
	return nil
}

// isSame reports whether two values are equal, or neither exists.
func isSame[T comparable](v, other *T) bool {
	if v == nil || other == nil {
		return v == other
	}
	return *v == *other
}
