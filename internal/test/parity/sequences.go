// SPDX-License-Identifier: Apache-2.0

package parity

import (
	"fmt"
	"slices"
	"strings"
)

// A model is the table as it should be, so that commands make sense.
type model struct {
	*gen
	services []modelService
}

type modelService struct {
	virtual
	servers []string
}

// sequenceCase is a table that is built, changed, listed and torn down.
func (g *gen) sequenceCase() *Case {
	m := &model{gen: g}
	c := &Case{}
	if g.chance(4) {
		c.Calls = append(c.Calls, Call{Words: []string{"-R"}, Stdin: m.large()})
	}
	for range g.between(3, 9) {
		if g.chance(45) {
			var b strings.Builder
			for range g.between(2, 14) {
				b.WriteString(line(m.change()))
			}
			c.Calls = append(c.Calls, Call{Words: []string{"-R"}, Stdin: b.String()})
		} else {
			c.Calls = append(c.Calls, Call{Words: g.spell(m.change())})
		}
		if g.chance(60) {
			c.Calls = append(c.Calls, Call{Words: g.spell(m.listing())})
		}
	}
	if g.chance(20) {
		c.Calls = append(c.Calls, Call{Words: []string{"-C"}})
	}
	return append2(c, Call{Words: pick(g, []string{"-Ln"}, []string{"-Sn"}, []string{"-Ln", "--stats"}, []string{"-L", "-n", "--nosort"})})
}

func append2(c *Case, call Call) *Case {
	c.Calls = append(c.Calls, call)
	return c
}

// change returns a command that changes the table, and has the model follow.
func (m *model) change() []item {
	n := m.IntN(100)
	if len(m.services) == 0 || n < 18 {
		v := m.virtual()
		m.services = append(m.services, modelService{virtual: v})
		return m.legalFor(addService, v)
	}
	i := m.IntN(len(m.services))
	s := &m.services[i]
	switch {
	case n < 26:
		return m.legalFor(editService, s.virtual)
	case n < 55 || len(s.servers) == 0:
		address := m.server(m.chance(15) != s.ipv6)
		s.servers = append(s.servers, address)
		return m.legalServer(addServer, s.virtual, address)
	case n < 70:
		return m.legalServer(editServer, s.virtual, pick(m.gen, s.servers...))
	case n < 80:
		j := m.IntN(len(s.servers))
		address := s.servers[j]
		s.servers = slices.Delete(s.servers, j, j+1)
		items := append([]item{{option: deleteServer, bare: true}}, s.items()...)
		return append(items, item{option: server, value: address})
	case n < 85:
		items := append([]item{{option: deleteService, bare: true}}, s.items()...)
		m.services = slices.Delete(m.services, i, i+1)
		return items
	case n < 89:
		items := []item{{option: zero, bare: true}}
		if m.chance(60) {
			items = append(items, s.items()...)
		}
		return items
	case n < 93:
		return m.legalSet()
	case n < 98:
		return m.legalDaemon()
	}
	m.services = nil
	return []item{{option: clearAll, bare: true}}
}

// listing returns a command that lists or saves the table.
func (m *model) listing() []item {
	if m.chance(25) {
		return []item{{option: save, bare: true}, m.has(numeric)}
	}
	items := m.legalList()
	for i, it := range items {
		if it.option != nil && slices.Contains([]*option{tcp, udp, sctp, fwmark}, it.option) && len(m.services) > 0 && m.chance(80) {
			v := pick(m.gen, m.services...).virtual
			if it.option == fwmark {
				// Its -6, if any, follows it.
				items = slices.DeleteFunc(items, func(it item) bool { return it.option == ipv6Flag })
			}
			return append(items[:i], append(v.items(), items[min(len(items), i+1):]...)...)
		}
	}
	return items
}

// large returns rules for many real servers, of services that are few or many, too.
func (m *model) large() string {
	var b strings.Builder
	services := pick(m.gen, 1, 1, 2, 40, 150)
	wide := m.chance(60)
	for i := range services {
		v := virtual{option: pick(m.gen, tcp, udp), value: fmt.Sprintf("%s:%d", m.address(wide), 80+i)}
		m.services = append(m.services, modelService{virtual: v})
		b.WriteString(line([]item{{option: addService, bare: true}, v.items()[0], m.has(scheduler)}))
		for range max(1, m.between(100, 400)/services) {
			s := m.address(wide)
			b.WriteString(line(m.legalServer(addServer, v, s)))
		}
	}
	return b.String()
}

// address returns an address of a small network or, wide, of anywhere.
func (m *model) address(wide bool) string {
	if wide {
		return fmt.Sprintf("%d.%d.%d.%d", pick(m.gen, 1, 10, 50, 100, 128, 129, 170, 192, 200, 223, m.between(1, 223)),
			m.IntN(256), m.IntN(256), m.between(1, 254))
	}
	return fmt.Sprintf("10.%d.%d.%d", m.IntN(2), m.IntN(4), m.between(1, 254))
}
