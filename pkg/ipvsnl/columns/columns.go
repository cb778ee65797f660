// SPDX-License-Identifier: Apache-2.0

// Package columns defines the figures by which a listing can be sorted.
package columns

import (
	"strings"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// A Column is a figure by which a listing can be sorted.
type Column struct {
	Name        string
	Destination func(*ipvsnl.DestinationState) uint64

	// ofService is nil if services do not have the figure.
	ofService func(*ipvsnl.ServiceState) uint64
}

// All are all the columns.
var All = []Column{
	counter("conns", func(s *ipvsnl.Stats) uint64 { return s.Conns }),
	counter("inpkts", func(s *ipvsnl.Stats) uint64 { return s.InPkts }),
	counter("outpkts", func(s *ipvsnl.Stats) uint64 { return s.OutPkts }),
	counter("inbytes", func(s *ipvsnl.Stats) uint64 { return s.InBytes }),
	counter("outbytes", func(s *ipvsnl.Stats) uint64 { return s.OutBytes }),
	counter("cps", func(s *ipvsnl.Stats) uint64 { return s.CPS }),
	counter("inpps", func(s *ipvsnl.Stats) uint64 { return s.InPPS }),
	counter("outpps", func(s *ipvsnl.Stats) uint64 { return s.OutPPS }),
	counter("inbps", func(s *ipvsnl.Stats) uint64 { return s.InBPS }),
	counter("outbps", func(s *ipvsnl.Stats) uint64 { return s.OutBPS }),
	{Name: "active", Destination: func(d *ipvsnl.DestinationState) uint64 { return uint64(d.ActiveConns) }},
	{Name: "inactive", Destination: func(d *ipvsnl.DestinationState) uint64 { return uint64(d.InactiveConns) }},
	{Name: "weight", Destination: func(d *ipvsnl.DestinationState) uint64 { return uint64(d.Destination.Weight) }},
}

// counter returns the column of a counter or rate, which services and destinations have.
func counter(name string, of func(*ipvsnl.Stats) uint64) Column {
	return Column{
		Name:        name,
		Destination: func(d *ipvsnl.DestinationState) uint64 { return of(&d.Stats) },
		ofService:   func(s *ipvsnl.ServiceState) uint64 { return of(&s.Stats) },
	}
}

// Service returns a service's figure: its own or, if it has none, the sum of those of its
// destinations.
func (c *Column) Service(s *ipvsnl.ServiceState, destinations []ipvsnl.DestinationState) (figure uint64) {
	if c.ofService != nil {
		return c.ofService(s)
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
