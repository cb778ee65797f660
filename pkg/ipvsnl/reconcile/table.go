package reconcile

import (
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// A Table is services with their destinations. Their order is of no account to the
// kernel; that of a wanted table is the order in which they are added.
type Table []Entry

// An Entry is a service and its destinations.
type Entry struct {
	Service      ipvsnl.Service
	Destinations []ipvsnl.Destination
}

// index returns the entries by their keys.
func (t Table) index() map[ipvsnl.ServiceKey]*Entry {
	entries := make(map[ipvsnl.ServiceKey]*Entry, len(t))
	for i := range t {
		entries[keyOf(&t[i].Service)] = &t[i]
	}
	return entries
}

// agrees reports whether another reading of the kernel's table has the same services and
// destinations with the same settings. Neither has anything twice.
func (t Table) agrees(other Table) bool {
	if len(t) != len(other) {
		return false
	}
	entries := other.index()
	for i := range t {
		if e := entries[keyOf(&t[i].Service)]; e == nil || !t[i].agrees(e) {
			return false
		}
	}
	return true
}

// agrees reports whether another reading of the same service has the same settings, and
// the same destinations.
func (e *Entry) agrees(other *Entry) bool {
	if !sameService(&e.Service, &other.Service) || len(e.Destinations) != len(other.Destinations) {
		return false
	}
	for i := range e.Destinations {
		d := &e.Destinations[i]
		// Mostly they are in the same order.
		if !sameDestination(d, &other.Destinations[i]) && !sameDestination(d, other.destination(d.Addr)) {
			return false
		}
	}
	return true
}

// destination returns the destination of an address, nil if the service has none there or
// does not exist.
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

// sameDestination reports whether two destinations have the same address and settings. One
// that does not exist is nil.
func sameDestination(d, other *ipvsnl.Destination) bool {
	if d == nil || other == nil {
		return d == other
	}
	return settings(d) == settings(other)
}
