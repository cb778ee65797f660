// SPDX-License-Identifier: Apache-2.0

// Package format writes what ipvsadm prints: the tables of services and
// destinations, rules, connections, timeouts and sync daemons, byte for byte as
// ipvsadm 1.31 does, and the same as JSON.
//
// Everything appends to a byte slice, so that a listing of any length is written
// without allocating memory.
package format

import (
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// Names gives names to addresses and ports. A listing without names is numeric.
type Names interface {
	// Host returns the name of a host, or "" if it has none.
	Host(netip.Addr) string

	// Port returns the name of a port, or "" if it has none. The protocol is written as in
	// /etc/services: "tcp".
	Port(port uint16, protocol string) string
}

// A View is a way to print services and their destinations.
type View uint8

// The views.
const (
	Plain          View = iota // scheduler and flags, forwarding method, weight and connections
	Rules                      // rules that a restore reads
	Stats                      // --stats: counters
	Rate                       // --rate: their changes per second
	Thresholds                 // --thresholds
	PersistentConn             // --persistent-conn
	TunnelInfo                 // --tun-info
)

// A Layout formats a table. Services, the destinations of each, and their ends are appended in the order in which they
// are written.
type Layout interface {
	AppendHead(b []byte) []byte
	AppendService(b []byte, s *ipvsnl.ServiceState) []byte
	AppendDestination(b []byte, s *ipvsnl.ServiceState, d *ipvsnl.DestinationState) []byte
	AppendServiceEnd(b []byte) []byte
	AppendEnd(b []byte) []byte
}

// Options determine how services and destinations are printed.
type Options struct {
	View  View
	Exact bool  // whether large counters are printed in full
	Names Names // nil for numbers

	// Thresholds adds the thresholds of destinations to rules.
	Thresholds bool
}

// AppendVersion appends the first line of a listing of all services.
func AppendVersion(b []byte, info ipvsnl.Info) []byte {
	b = append(b, "IP Virtual Server version "...)
	b = append(b, info.Version.String()...)
	b = append(b, " (size="...)
	b = appendUint(b, uint64(info.ConnTableSize))
	return append(b, ")\n"...)
}

// AppendHead appends the head of the view's columns.
func (o *Options) AppendHead(b []byte) []byte {
	return append(b, views[o.View].head...)
}

// AppendService appends the line of a service.
func (o *Options) AppendService(b []byte, s *ipvsnl.ServiceState) []byte {
	return append(views[o.View].service(o, b, s), '\n')
}

// AppendDestination appends the line of a destination of the service s.
func (o *Options) AppendDestination(b []byte, s *ipvsnl.ServiceState, d *ipvsnl.DestinationState) []byte {
	v := &views[o.View]
	if v.columns != nil {
		return append(v.columns.line(o, b, s, d), '\n')
	}
	return append(v.destination(o, b, s, d), '\n')
}

// AppendServiceEnd appends what follows the last destination of a service: nothing.
func (o *Options) AppendServiceEnd(b []byte) []byte { return b }

// AppendEnd appends what follows the last line: nothing.
func (o *Options) AppendEnd(b []byte) []byte { return b }
