// SPDX-License-Identifier: Apache-2.0

package format

import (
	"maps"
	"net/netip"
	"slices"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// States are numbers of connections by their state.
type States map[string]uint64

// Total returns the number of all connections.
func (s States) Total() (n uint64) {
	for _, count := range s {
		n += count
	}
	return n
}

// A ServiceCount is the number of connections of a service. Its key is zero for those
// whose service cannot be told.
type ServiceCount struct {
	Key     ipvsnl.ServiceKey
	States  States
	Servers []ServerCount
}

// A ServerCount is the number of a service's connections to a real server.
type ServerCount struct {
	Addr   netip.AddrPort
	States States
}

// SortCounts sorts as listings do: services by family, protocol, address and port, and their real
// servers by address and port. What belongs to no service comes last.
func SortCounts(all []ServiceCount) {
	sortBy(all, func(s *ServiceCount) place {
		p := placeOf(s.Key.Addr)
		p.family, p.protocol = s.Key.Family(), s.Key.Protocol
		if s.Key == (ipvsnl.ServiceKey{}) {
			p.mark = 1 // after those without
		}
		return p
	})
	for i := range all {
		sortBy(all[i].Servers, func(s *ServerCount) place { return placeOf(s.Addr) })
	}
}

// AppendCounts appends the table of counts: a column for the sum, and one for each state that a
// connection has.
func AppendCounts(b []byte, counts []ServiceCount, names Names) []byte {
	all := States{}
	for i := range counts {
		for state := range counts[i].States {
			all[state] = 0
		}
	}
	t := countTable{states: slices.Sorted(maps.Keys(all)), grid: grid{right: true}, names: names}
	t.eachRow(counts, func(r *row) { t.grid.fit(r) })
	t.eachRow(counts, func(r *row) { b = t.grid.appendRow(b, r) })
	return b
}

// A countTable is the table of counts.
type countTable struct {
	states []string // in the order of their columns
	grid   grid
	names  Names
}

// eachRow calls f with each row of the table.
func (t *countTable) eachRow(counts []ServiceCount, f func(*row)) {
	var r row
	r.add("Prot LocalAddress:Port")
	r.add("Conns")
	for _, state := range t.states {
		r.add(state)
	}
	f(&r)
	r.reset()
	r.add("  -> RemoteAddress:Port")
	f(&r)
	for i := range counts {
		c := &counts[i]
		r.reset()
		r.text = t.appendLabel(r.text, &c.Key)
		t.addStates(&r, c.States)
		f(&r)
		for j := range c.Servers {
			r.reset()
			r.text = append(r.text, "  -> "...)
			r.text = appendWholeAddrPort(r.text, c.Servers[j].Addr, c.Key.Protocol, t.names)
			t.addStates(&r, c.Servers[j].States)
			f(&r)
		}
	}
}

// appendLabel appends the beginning of a service's row.
func (t *countTable) appendLabel(b []byte, k *ipvsnl.ServiceKey) []byte {
	if *k == (ipvsnl.ServiceKey{}) {
		return append(b, "other"...)
	}
	return appendWholeLabel(b, k, t.names)
}

// addStates ends the label of a row and adds its numbers.
func (t *countTable) addStates(r *row, s States) {
	r.end()
	r.text = appendUint(r.text, s.Total())
	r.end()
	for _, state := range t.states {
		r.text = appendUint(r.text, s[state])
		r.end()
	}
}

// AppendCountsJSON appends counts as an array.
func AppendCountsJSON(b []byte, counts []ServiceCount) []byte {
	var j JSON
	b = j.AppendHead(b)
	for i := range counts {
		b = appendObject(j.next(b), serviceCountFields, &counts[i])
	}
	return j.AppendEnd(b)
}

var serviceCountFields = []field[ServiceCount]{
	{"protocol", func(b []byte, s *ServiceCount) []byte { return appendProtocol(b, s.Key.Protocol) }},
	{"address", func(b []byte, s *ServiceCount) []byte { return appendQuotedAddr(b, s.Key.Addr.Addr()) }},
	{"port", func(b []byte, s *ServiceCount) []byte {
		if !s.Key.Addr.IsValid() {
			return b
		}
		return appendUint(b, uint64(s.Key.Addr.Port()))
	}},
	{"connections", func(b []byte, s *ServiceCount) []byte { return appendUint(b, s.States.Total()) }},
	{"states", func(b []byte, s *ServiceCount) []byte { return appendStates(b, s.States) }},
	{"destinations", func(b []byte, s *ServiceCount) []byte {
		b = append(b, '[')
		for i := range s.Servers {
			if i > 0 {
				b = append(b, JSONSeparator...)
			}
			b = appendObject(b, serverCountFields, &s.Servers[i])
		}
		return append(b, ']')
	}},
}

var serverCountFields = []field[ServerCount]{
	{"address", func(b []byte, s *ServerCount) []byte { return appendQuotedAddr(b, s.Addr.Addr()) }},
	{"port", func(b []byte, s *ServerCount) []byte { return appendUint(b, uint64(s.Addr.Port())) }},
	{"connections", func(b []byte, s *ServerCount) []byte { return appendUint(b, s.States.Total()) }},
	{"states", func(b []byte, s *ServerCount) []byte { return appendStates(b, s.States) }},
}

// appendStates appends the numbers of states, as an object.
func appendStates(b []byte, s States) []byte {
	b = append(b, '{')
	for i, state := range slices.Sorted(maps.Keys(s)) {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendUint(append(appendString(b, state), ':'), s[state])
	}
	return append(b, '}')
}
