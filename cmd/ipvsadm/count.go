// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/binary"
	"net/netip"
	"time"

	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/format"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/conns"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/words"
)

// How much a count remembers, whatever the connection table has in it. Clients of a mark connect to any
// address, and clients of a service on all ports to any port.
const (
	maxPlaces = 1 << 14 // real servers that are not in the table of services
	maxRecent = 1 << 14 // recent answers to where a connection is counted
)

// A place is where connections are counted: a service and a real server. The zero place is
// for what there is no other place for.
type place struct {
	service ipvsnl.ServiceKey
	server  netip.AddrPort
}

// An ends is what determines the place of a connection.
type ends struct {
	protocol        string
	virtual, server netip.AddrPort
}

// A counter counts connections by place and state.
type counter struct {
	table   map[ipvsnl.ServiceKey]map[netip.AddrPort]bool // the real servers of each service
	counts  map[place]*format.States
	recent  map[ends]*format.States
	unknown int // places that are not in the table
}

// add counts a connection.
func (c *counter) add(connection *conns.Connection) {
	e := ends{connection.Protocol, connection.Virtual, connection.Destination}
	states := c.recent[e]
	if states == nil {
		if len(c.recent) == maxRecent {
			clear(c.recent)
		}
		states = c.states(&e)
		c.recent[e] = states
	}
	states.Add(connection.State, 1)
}

// states returns the counts of the place of connections.
func (c *counter) states(e *ends) *format.States {
	p, known := c.place(e)
	if states := c.counts[p]; states != nil {
		return states
	}
	if !known {
		if c.unknown == maxPlaces {
			p = place{}
		} else {
			c.unknown++
		}
	}
	if c.counts[p] == nil {
		c.counts[p] = &format.States{}
	}
	return c.counts[p]
}

// place returns the place of connections. Known reports whether it is in the table.
func (c *counter) place(e *ends) (p place, known bool) {
	p = place{keyOf(e), e.server}
	if p.service == (ipvsnl.ServiceKey{}) {
		return place{}, true
	}
	servers, known := c.table[p.service]
	if !known && p.service.Mark == 0 {
		every := p.service
		every.Addr = netip.AddrPortFrom(every.Addr.Addr(), 0)
		if servers, known = c.table[every]; known {
			p.service = every
		}
	}
	if known && p.service.Addr.Port() == 0 && !servers[p.server] {
		p.server = netip.AddrPortFrom(p.server.Addr(), 0) // in the table, if it has the port of the packets
	}
	return p, servers[p.server]
}

// markProtocol is the protocol of the templates of a mark, which have it in place of an address.
const markProtocol = "IP"

// keyOf returns the key of the service at the virtual address; the zero key for a protocol that
// no service has.
func keyOf(e *ends) ipvsnl.ServiceKey {
	if addr := e.virtual.Addr(); e.protocol == markProtocol {
		return ipvsnl.ServiceKey{Mark: binary.BigEndian.Uint32(addr.AsSlice()), IPv6: addr.Is6()}
	}
	for _, row := range words.Protocols {
		if row.Name == e.protocol {
			return ipvsnl.ServiceKey{Protocol: row.Protocol, Addr: e.virtual}
		}
	}
	return ipvsnl.ServiceKey{}
}

// sorted returns the counts in order.
func (c *counter) sorted() []format.ServiceCount {
	index := map[ipvsnl.ServiceKey]int{}
	var all []format.ServiceCount
	for p, states := range c.counts {
		if p == (place{}) {
			continue
		}
		i, ok := index[p.service]
		if !ok {
			i = len(all)
			index[p.service] = i
			all = append(all, format.ServiceCount{Key: p.service})
		}
		all[i].States.AddAll(*states)
		all[i].Servers = append(all[i].Servers, format.ServerCount{Addr: p.server, States: *states})
	}
	format.SortCounts(all)
	if others := c.counts[place{}]; others != nil {
		all = append(all, format.ServiceCount{States: *others})
	}
	return all
}

// countConnections has a writer count connections instead of writing them.
func (l *lister) countConnections(ctx context.Context, w *connectionWriter, how *flags.Listing) error {
	table, err := l.table(ctx)
	if err != nil {
		return err
	}
	counter := counter{table: table, counts: map[place]*format.States{}, recent: map[ends]*format.States{}}
	if l.rows != nil {
		w.layout = &countRows{counter: counter, names: formatNames(l.names, how), sample: l.rows.sample}
		return nil
	}
	w.whole = true
	w.layout = &countLayout{json: how.JSON, at: lineTime(how), names: formatNames(l.names, how), counter: counter}
	return nil
}

// table reads the services and their real servers.
func (l *lister) table(ctx context.Context) (map[ipvsnl.ServiceKey]map[netip.AddrPort]bool, error) {
	r := newTableReader(l.client, l.names, &flags.Listing{Numeric: true, NoSort: true})
	services, err := r.services(ctx, &flags.Command{})
	if err != nil {
		return nil, err
	}
	table := make(map[ipvsnl.ServiceKey]map[netip.AddrPort]bool)
	err = r.each(ctx, services, func(s *ipvsnl.ServiceState, d []ipvsnl.DestinationState) error {
		servers := make(map[netip.AddrPort]bool, len(d))
		for i := range d {
			servers[d[i].Destination.Addr] = true
		}
		table[s.Service.Key] = servers
		return nil
	})
	return table, err
}

// A countLayout is the layout of a listing that only counts. Connections must be appended one after the
// other, and the counts are its end.
type countLayout struct {
	counter
	json  bool
	at    time.Time // of a line of JSON
	names format.Names
}

// AppendHead appends nothing: the states determine the columns.
func (l *countLayout) AppendHead(b []byte) []byte { return b }

// AppendConnection counts a connection and appends nothing.
func (l *countLayout) AppendConnection(b []byte, c *conns.Connection) []byte {
	l.add(c)
	return b
}

// AppendEnd appends the counts.
func (l *countLayout) AppendEnd(b []byte) []byte {
	if l.json {
		return format.AppendCountsJSON(b, l.sorted(), l.at)
	}
	return format.AppendCounts(b, l.sorted(), l.names)
}
