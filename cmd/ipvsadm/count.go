// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"io"
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/format"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/conns"
	"github.com/ipvsadm-go/ipvsadm/pkg/words"
)

// A table are the real servers of all services. Connections are counted by what is in it, so
// that the memory for the counts does not depend on the number of connections: clients
// of a mark, and of a service on all ports, connect to any address or port.
type table map[ipvsnl.ServiceKey]map[netip.AddrPort]bool

// A counter counts connections by service, real server and state.
type counter struct {
	table  table
	counts map[ipvsnl.ServiceKey]map[netip.AddrPort]format.States
}

func newCounter(t table) *counter {
	return &counter{t, map[ipvsnl.ServiceKey]map[netip.AddrPort]format.States{}}
}

// add counts a connection.
func (c *counter) add(connection *conns.Connection) {
	key := c.service(connection)
	server := connection.Destination
	if key.Addr.Port() == 0 && !c.table[key][server] {
		server = netip.AddrPortFrom(server.Addr(), 0) // as in the table, if its port is that of the packets
	}
	servers := c.counts[key]
	if servers == nil {
		servers = map[netip.AddrPort]format.States{}
		c.counts[key] = servers
	}
	states := servers[server]
	if states == nil {
		states = format.States{}
		servers[server] = states
	}
	states[connection.State]++
}

// service returns the key of a connection's service: the one at its address, or on all ports. It is
// zero if there is none, because the service has a mark or is gone.
func (c *counter) service(connection *conns.Connection) ipvsnl.ServiceKey {
	for _, row := range words.Protocols {
		if row.Name != connection.Protocol {
			continue
		}
		for _, port := range [...]uint16{connection.Virtual.Port(), 0} {
			key := ipvsnl.ServiceKey{Protocol: row.Protocol, Addr: netip.AddrPortFrom(connection.Virtual.Addr(), port)}
			if _, ok := c.table[key]; ok {
				return key
			}
		}
	}
	return ipvsnl.ServiceKey{}
}

// merge adds what another counter has counted.
func (c *counter) merge(other *counter) {
	for key, servers := range other.counts {
		if c.counts[key] == nil {
			c.counts[key] = map[netip.AddrPort]format.States{}
		}
		for server, states := range servers {
			if c.counts[key][server] == nil {
				c.counts[key][server] = format.States{}
			}
			for state, n := range states {
				c.counts[key][server][state] += n
			}
		}
	}
}

// sorted returns the counts in order.
func (c *counter) sorted() []format.ServiceCount {
	var all []format.ServiceCount
	for key, servers := range c.counts {
		s := format.ServiceCount{Key: key, States: format.States{}}
		for server, states := range servers {
			s.Servers = append(s.Servers, format.ServerCount{Addr: server, States: states})
			for state, n := range states {
				s.States[state] += n
			}
		}
		all = append(all, s)
	}
	format.SortCounts(all)
	return all
}

// A tally counts the connections of blocks concurrently, and writes the counts at the end.
type tally struct {
	w       *connectionWriter
	unused  chan *counter // as many as there are blocks
	json    bool
	numeric bool
}

// count returns the functions that count blocks instead of writing them, and makes the counts the
// only text.
func (w *connectionWriter) count(ctx context.Context, l *lister, how *flags.Listing) (begin func(*connectionBlock, conns.Block), write func(*connectionBlock) error, err error) {
	known, err := l.table(ctx)
	if err != nil {
		return nil, nil, err
	}
	t := &tally{w: w, unused: make(chan *counter, maxBlocks), json: how.JSON, numeric: how.Numeric}
	for range maxBlocks {
		t.unused <- newCounter(known)
	}
	w.layout, w.whole = t, true
	return t.begin, t.write, nil
}

// table reads the services and their real servers.
func (l *lister) table(ctx context.Context) (table, error) {
	r := newTableReader(l.client, l.names, &flags.Listing{Numeric: true, NoSort: true})
	services, err := r.services(ctx, &flags.Command{})
	if err != nil {
		return nil, err
	}
	t := make(table, len(services))
	err = r.each(ctx, services, func(s *ipvsnl.ServiceState, d []ipvsnl.DestinationState) error {
		servers := make(map[netip.AddrPort]bool, len(d))
		for i := range d {
			servers[d[i].Destination.Addr] = true
		}
		t[s.Service.Key] = servers
		return nil
	})
	return t, err
}

// begin starts counting a block.
func (t *tally) begin(b *connectionBlock, lines conns.Block) {
	go func() {
		t.read(b, lines)
		b.done <- struct{}{}
	}()
}

func (t *tally) read(b *connectionBlock, lines conns.Block) {
	counter := <-t.unused
	defer func() { t.unused <- counter }()
	b.broken = b.broken[:0]
	var c conns.Connection
	for {
		err := lines.Read(&c)
		var broken *conns.LineError
		switch {
		case err == nil:
			if t.w.filter == nil || t.w.filter.Selects(&c) {
				counter.add(&c)
			}
		case errors.As(err, &broken):
			b.broken = append(b.broken, brokenLine{line: broken.Line})
		case errors.Is(err, io.EOF):
			return
		}
	}
}

// write waits until a block is counted.
func (t *tally) write(b *connectionBlock) error {
	<-b.done
	for _, line := range b.broken {
		t.w.failAt(line.line)
	}
	return nil
}

// AppendHead appends nothing: the counts determine the columns.
func (t *tally) AppendHead(b []byte) []byte { return b }

// AppendConnection appends nothing.
func (t *tally) AppendConnection(b []byte, _ *conns.Connection) []byte { return b }

// AppendEnd appends the counts.
func (t *tally) AppendEnd(b []byte) []byte {
	all := <-t.unused
	for range maxBlocks - 1 {
		all.merge(<-t.unused)
	}
	counts := all.sorted()
	switch {
	case t.json:
		return format.AppendCountsJSON(b, counts)
	case t.numeric:
		return format.AppendCounts(b, counts, nil)
	}
	return format.AppendCounts(b, counts, t.w.names)
}
