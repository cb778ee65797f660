// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"

	"github.com/ipvsadm-go/ipvsadm/internal/top"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/format"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/conns"
)

// maxWatched is how many connections are watched at most: a table may have millions.
const maxWatched = 100_000

// connectionRows is a layout that fills samples with connections instead of writing them. Connections must be appended
// one after the other.
type connectionRows struct {
	names   format.Names
	columns []top.Column
	engines bool
	origins bool

	sample *top.Sample
	all    int
}

func newConnectionRows(how *flags.Listing, names format.Names) *connectionRows {
	c := &connectionRows{names: names, engines: how.PersistentConn, origins: how.Origin}
	for _, name := range []string{"Virtual", "Destination", "State"} {
		c.columns = append(c.columns, top.Column{Name: name, Kind: top.Text})
	}
	c.columns = append(c.columns, top.Column{Name: "Expire", Kind: top.Duration, Quiet: true})
	if c.engines {
		c.columns = append(c.columns, top.Column{Name: "Engine", Kind: top.Text}, top.Column{Name: "Data", Kind: top.Text})
	}
	if c.origins {
		c.columns = append(c.columns, top.Column{Name: "Origin", Kind: top.Text})
	}
	return c
}

func (c *connectionRows) fill(s *top.Sample) {
	c.sample, c.all = s, 0
	s.Reset("Pro  Source", c.columns)
}

// AppendHead appends nothing.
func (c *connectionRows) AppendHead(b []byte) []byte { return b }

// AppendConnection adds the row of a connection and appends nothing.
func (c *connectionRows) AppendConnection(b []byte, x *conns.Connection) []byte {
	if c.all++; c.all > maxWatched {
		return b
	}
	id := fmt.Sprint(x.Protocol, " ", x.Client, " ", x.Virtual, " ", x.Destination)
	c.sample.Add(top.Row{ID: id, Label: printable(format.AppendClientLabel(nil, x, c.names))})
	c.sample.Text(printable(format.AppendEnd(nil, x, x.Virtual, c.names)))
	c.sample.Text(printable(format.AppendEnd(nil, x, x.Destination, c.names)))
	c.sample.Text(x.State)
	c.sample.Number(uint64(uint32(x.RawExpires))) // as in a listing
	if c.engines {
		c.sample.Text(x.Engine)
		c.sample.Text(printable([]byte(x.EngineData)))
	}
	if c.origins {
		c.sample.Text(format.OriginName(x.Origin))
	}
	return b
}

// AppendEnd notes how many there are and appends nothing.
func (c *connectionRows) AppendEnd(b []byte) []byte {
	c.sample.Sums = [][]string{{count(c.all, "connection")}}
	if more := c.all - maxWatched; more > 0 {
		c.sample.Sums = append(c.sample.Sums, []string{fmt.Sprintf("without the last %d: -t, -r, --client or --count", more)})
	}
	return b
}

// countRows is a layout that fills samples with numbers of connections.
type countRows struct {
	counter
	names  format.Names
	sample *top.Sample
}

// AppendHead appends nothing.
func (c *countRows) AppendHead(b []byte) []byte { return b }

// AppendConnection counts a connection and appends nothing.
func (c *countRows) AppendConnection(b []byte, x *conns.Connection) []byte {
	c.add(x)
	return b
}

// AppendEnd makes the rows and appends nothing.
func (c *countRows) AppendEnd(b []byte) []byte {
	counts := c.sorted()
	var all format.States
	for i := range counts {
		all.AddAll(counts[i].States)
	}
	var states []string // in the order of their columns
	for _, s := range all {
		states = append(states, s.State)
	}
	slices.Sort(states)
	columns := []top.Column{{Name: "Conns", Key: "conns"}}
	for _, state := range states {
		columns = append(columns, top.Column{Name: state})
	}
	c.sample.Reset(serviceHead, columns)
	servers := 0
	for i := range counts {
		s := &counts[i]
		label := "other" // for connections without a service
		if s.Key != (ipvsnl.ServiceKey{}) {
			label = printable(format.AppendServiceLabel(nil, &s.Key, c.names))
		}
		c.row(top.Row{ID: s.Key.String(), Label: label}, s.States, states)
		servers += len(s.Servers)
		for _, d := range s.Servers {
			label := printable(format.AppendServerLabel(nil, d.Addr, s.Key.Protocol, c.names))
			c.row(top.Row{ID: d.Addr.String(), Label: label, Member: true}, d.States, states)
		}
	}
	c.sample.Sums = [][]string{{count(totalOf(all), "connection")}, {count(len(counts), "service") + ", " + count(servers, "server")}}
	return b
}

// totalOf returns the number of connections in all states.
func totalOf(states format.States) (n int) {
	for _, s := range states {
		n += int(s.Count)
	}
	return n
}

// row adds a row with its numbers: all connections, and those in each state.
func (c *countRows) row(r top.Row, counts format.States, states []string) {
	c.sample.Add(r)
	c.sample.Number(uint64(totalOf(counts)))
	for _, state := range states {
		i := slices.IndexFunc(counts, func(s format.StateCount) bool { return s.State == state })
		if i < 0 {
			c.sample.Number(0)
		} else {
			c.sample.Number(counts[i].Count)
		}
	}
}
