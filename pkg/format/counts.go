// SPDX-License-Identifier: Apache-2.0

package format

import (
	"net/netip"
	"slices"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/jsontext"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// States are numbers of connections by their state. There are few states, so they are
// searched in turn.
type States []StateCount

// A StateCount is a number of connections in a state.
type StateCount struct {
	State string
	Count uint64
}

// Add adds connections in a state.
func (s *States) Add(state string, n uint64) {
	for i := range *s {
		if (*s)[i].State == state {
			(*s)[i].Count += n
			return
		}
	}
	*s = append(*s, StateCount{state, n})
}

// AddAll adds the connections of others.
func (s *States) AddAll(others States) {
	for _, c := range others {
		s.Add(c.State, c.Count)
	}
}

// total returns the number of all connections.
func (s States) total() (n uint64) {
	for _, c := range s {
		n += c.Count
	}
	return n
}

// in returns the number of connections in a state.
func (s States) in(state string) uint64 {
	for _, c := range s {
		if c.State == state {
			return c.Count
		}
	}
	return 0
}

// sorted returns the names of the states.
func (s States) sorted() []string {
	var names []string
	for _, c := range s {
		names = append(names, c.State)
	}
	slices.Sort(names)
	return names
}

// A ServiceCount is the number of connections of a service. Its key is zero for those
// whose service is not told.
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

// SortCounts sorts as listings do.
func SortCounts(all []ServiceCount) {
	sortBy(all, func(s *ServiceCount) place {
		p := placeOf(s.Key.Addr)
		p.mark, p.family, p.protocol = s.Key.Mark, s.Key.Family(), s.Key.Protocol
		return p
	})
	for i := range all {
		sortBy(all[i].Servers, func(s *ServerCount) place { return placeOf(s.Addr) })
	}
}

// AppendCounts appends the table of counts: a column for the sum, and one for each state that a
// connection has.
func AppendCounts(b []byte, counts []ServiceCount, names Names) []byte {
	var all States
	for i := range counts {
		all.AddAll(counts[i].States)
	}
	t := countTable{states: all.sorted(), grid: grid{right: true}, names: names}
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
	r.text = appendUint(r.text, s.total())
	r.end()
	for _, state := range t.states {
		r.text = appendUint(r.text, s.in(state))
		r.end()
	}
}

// AppendCountsJSON appends counts as an array or, with a time, as a line.
func AppendCountsJSON(b []byte, counts []ServiceCount, at time.Time) []byte {
	j := JSON{Time: at, name: "counts"}
	b = j.AppendHead(b)
	for i := range counts {
		b = appendObject(j.next(b), serviceCountFields, &counts[i])
	}
	return j.AppendEnd(b)
}

var serviceCountFields = []field[*ServiceCount]{
	{"protocol", func(b []byte, s *ServiceCount) []byte { return appendProtocol(b, s.Key.Protocol) }},
	{"address", func(b []byte, s *ServiceCount) []byte { return appendQuotedAddr(b, s.Key.Addr.Addr()) }},
	{"port", func(b []byte, s *ServiceCount) []byte {
		if !s.Key.Addr.IsValid() {
			return b
		}
		return appendUint(b, uint64(s.Key.Addr.Port()))
	}},
	{"mark", func(b []byte, s *ServiceCount) []byte {
		if s.Key.Mark == 0 {
			return b
		}
		return appendUint(b, uint64(s.Key.Mark))
	}},
	{"family", func(b []byte, s *ServiceCount) []byte {
		if s.Key == (ipvsnl.ServiceKey{}) {
			return b
		}
		return appendWord(b, s.Key.Family().String())
	}},
	{"connections", func(b []byte, s *ServiceCount) []byte { return appendUint(b, s.States.total()) }},
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

var serverCountFields = []field[*ServerCount]{
	{"address", func(b []byte, s *ServerCount) []byte { return appendQuotedAddr(b, s.Addr.Addr()) }},
	{"port", func(b []byte, s *ServerCount) []byte { return appendUint(b, uint64(s.Addr.Port())) }},
	{"connections", func(b []byte, s *ServerCount) []byte { return appendUint(b, s.States.total()) }},
	{"states", func(b []byte, s *ServerCount) []byte { return appendStates(b, s.States) }},
}

// appendStates appends the numbers of states, as an object.
func appendStates(b []byte, s States) []byte {
	b = append(b, '{')
	for i, state := range s.sorted() {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendUint(append(jsontext.AppendString(b, state), ':'), s.in(state))
	}
	return append(b, '}')
}
