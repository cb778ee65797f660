// SPDX-License-Identifier: Apache-2.0

// Package columns defines the figures by which a listing can be sorted.
package columns

import (
	"strings"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// A Column is a figure by which a listing can be sorted.
type Column struct {
	Name string

	// One of these returns the figure: of what services and destinations count, or of a destination.
	counter func(*ipvsnl.Stats) uint64
	figure  func(*ipvsnl.DestinationState) uint64
}

// All are all the columns.
var All = []Column{
	{Name: "conns", counter: func(s *ipvsnl.Stats) uint64 { return s.Conns }},
	{Name: "inpkts", counter: func(s *ipvsnl.Stats) uint64 { return s.InPkts }},
	{Name: "outpkts", counter: func(s *ipvsnl.Stats) uint64 { return s.OutPkts }},
	{Name: "inbytes", counter: func(s *ipvsnl.Stats) uint64 { return s.InBytes }},
	{Name: "outbytes", counter: func(s *ipvsnl.Stats) uint64 { return s.OutBytes }},
	{Name: "cps", counter: func(s *ipvsnl.Stats) uint64 { return s.CPS }},
	{Name: "inpps", counter: func(s *ipvsnl.Stats) uint64 { return s.InPPS }},
	{Name: "outpps", counter: func(s *ipvsnl.Stats) uint64 { return s.OutPPS }},
	{Name: "inbps", counter: func(s *ipvsnl.Stats) uint64 { return s.InBPS }},
	{Name: "outbps", counter: func(s *ipvsnl.Stats) uint64 { return s.OutBPS }},
	{Name: "active", figure: func(d *ipvsnl.DestinationState) uint64 { return uint64(d.ActiveConns) }},
	{Name: "inactive", figure: func(d *ipvsnl.DestinationState) uint64 { return uint64(d.InactiveConns) }},
	{Name: "weight", figure: func(d *ipvsnl.DestinationState) uint64 { return uint64(d.Destination.Weight) }},
}

// OfServices reports whether services have the figure themselves.
func (c *Column) OfServices() bool { return c.counter != nil }

// Destination returns a destination's figure.
func (c *Column) Destination(d *ipvsnl.DestinationState) uint64 {
	if c.counter != nil {
		return c.counter(&d.Stats)
	}
	return c.figure(d)
}

// Service returns a service's figure: its own or, if it has none, the sum of those of its
// destinations.
func (c *Column) Service(s *ipvsnl.ServiceState, destinations []ipvsnl.DestinationState) (figure uint64) {
	if c.counter != nil {
		return c.counter(&s.Stats)
	}
	for i := range destinations {
		figure += c.Destination(&destinations[i])
	}
	return figure
}

// ByName returns the column of a name, regardless of case, or nil.
func ByName(name string) *Column {
	for i := range All {
		if strings.EqualFold(All[i].Name, name) {
			return &All[i]
		}
	}
	return nil
}
