// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/screen"
	"github.com/ipvsadm-go/ipvsadm/internal/top"
	"github.com/ipvsadm-go/ipvsadm/pkg/format"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/columns"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/words"
)

// A watchColumn is a column of services and real servers that are watched. The figure is one by which listings can be sorted if
// its key names one, and otherwise what number returns.
type watchColumn struct {
	top.Column
	number  func(*ipvsnl.DestinationState) uint64
	service func(*ipvsnl.ServiceState) string
	server  func(*ipvsnl.DestinationState) string
	by      *columns.Column
}

// Columns of several views. Services have counters of their own; their other figures are sums.
var (
	weightColumn = watchColumn{Column: top.Column{Name: "Weight", Key: "weight", Kind: top.Signed, Sum: true},
		number: func(d *ipvsnl.DestinationState) uint64 { return uint64(int64(int32(d.Destination.Weight))) }}
	activeColumn    = watchColumn{Column: top.Column{Name: "ActiveConn", Key: "active", Sum: true}}
	inactiveColumn  = watchColumn{Column: top.Column{Name: "InActConn", Key: "inactive", Sum: true}}
	schedulerColumn = watchColumn{Column: top.Column{Name: "Scheduler", Kind: top.Text}, service: schedulerOf}
	flagsColumn     = watchColumn{Column: top.Column{Name: "Flags", Kind: top.Text}, service: flagsOf}
	forwardColumn   = watchColumn{Column: top.Column{Name: "Forward", Kind: top.Text}, service: schedulerOf,
		server: func(d *ipvsnl.DestinationState) string { return words.ForwardingOf(d.Destination.Forwarding).Name }}
)

// watchViews are the columns of each view.
var watchViews = [...][]*watchColumn{
	format.Plain: {&forwardColumn, &weightColumn, &activeColumn, &inactiveColumn, &flagsColumn},
	format.Stats: {
		{Column: top.Column{Name: "Conns", Key: "conns"}}, {Column: top.Column{Name: "InPkts", Key: "inpkts"}},
		{Column: top.Column{Name: "OutPkts", Key: "outpkts"}}, {Column: top.Column{Name: "InBytes", Key: "inbytes"}},
		{Column: top.Column{Name: "OutBytes", Key: "outbytes"}}},
	format.Rate: {
		{Column: top.Column{Name: "CPS", Key: "cps"}}, {Column: top.Column{Name: "InPPS", Key: "inpps"}},
		{Column: top.Column{Name: "OutPPS", Key: "outpps"}}, {Column: top.Column{Name: "InBPS", Key: "inbps"}},
		{Column: top.Column{Name: "OutBPS", Key: "outbps"}}},
	format.Thresholds: {
		{Column: top.Column{Name: "Uthreshold", Members: true},
			number: func(d *ipvsnl.DestinationState) uint64 { return uint64(d.Destination.UpperThreshold) }},
		{Column: top.Column{Name: "Lthreshold", Members: true},
			number: func(d *ipvsnl.DestinationState) uint64 { return uint64(d.Destination.LowerThreshold) }},
		&activeColumn, &inactiveColumn, &schedulerColumn, &flagsColumn},
	format.PersistentConn: {
		&weightColumn,
		{Column: top.Column{Name: "PersistConn", Sum: true},
			number: func(d *ipvsnl.DestinationState) uint64 { return uint64(d.PersistentConns) }},
		&activeColumn, &inactiveColumn, &schedulerColumn, &flagsColumn},
	format.TunnelInfo: {
		&forwardColumn,
		{Column: top.Column{Name: "TunnelInfo", Kind: top.Text},
			server: func(d *ipvsnl.DestinationState) string { return string(format.AppendTunnel(nil, d)) }},
		&weightColumn, &activeColumn, &inactiveColumn, &flagsColumn},
}

func schedulerOf(s *ipvsnl.ServiceState) string { return s.Service.Scheduler }

// flagsOf returns what belongs to a service's scheduler.
func flagsOf(s *ipvsnl.ServiceState) string {
	if f := &s.Service; f.SchedulerFlags == 0 && f.Persistence.Timeout == 0 && !f.OnePacket {
		return ""
	}
	_, flags, _ := strings.Cut(printable(format.AppendDetails(nil, s)), " ")
	return flags
}

// printable returns a text without control sequences.
func printable(text []byte) string { return screen.Printable(string(text)) }

// serviceHead is the head of the column of services and real servers.
const serviceHead = "Prot Address:Port"

// tableRows is a layout that fills samples with services and real servers instead of writing them.
type tableRows struct {
	names   format.Names
	columns []watchColumn
	shown   []top.Column // of the columns

	sample  *top.Sample
	service ipvsnl.ServiceKey
	sum     ipvsnl.Stats // of the services
	servers int
	active  uint64 // connections of the real servers

	known []knownRow // rows of the last sample
}

// A knownRow is a row whose texts need not be made again.
type knownRow struct {
	key       ipvsnl.ServiceKey // of the service, or with the protocol of the service and the address of the server
	member    bool
	id, label string
}

// newTableRows returns a layout with the columns of a view, and the one to sort by, which need not be among them.
func newTableRows(v format.View, sortBy string, names format.Names) *tableRows {
	t := &tableRows{names: names}
	hidden := sortBy != ""
	for _, c := range watchViews[v] {
		t.addColumn(*c)
		hidden = hidden && c.Key != sortBy
	}
	if hidden {
		by := columns.ByName(sortBy)
		t.addColumn(watchColumn{Column: top.Column{Name: sortBy, Key: sortBy, Hidden: true, Sum: !by.OfServices()}})
	}
	return t
}

func (t *tableRows) addColumn(c watchColumn) {
	if c.number == nil {
		c.by = columns.ByName(c.Key)
	}
	t.columns = append(t.columns, c)
	t.shown = append(t.shown, c.Column)
}

// fill makes the rows of the next listing those of a sample.
func (t *tableRows) fill(s *top.Sample) {
	t.sample, t.sum, t.servers, t.active = s, ipvsnl.Stats{}, 0, 0
	s.Reset(serviceHead, t.shown)
}

// AppendHead appends nothing.
func (t *tableRows) AppendHead(b []byte) []byte { return b }

// AppendService adds the row of a service and appends nothing.
func (t *tableRows) AppendService(b []byte, s *ipvsnl.ServiceState) []byte {
	t.service = s.Service.Key
	t.sum = t.sum.Add(s.Stats)
	t.add(t.service, false, s.Stats.CPS|s.Stats.InPPS|s.Stats.OutPPS == 0)
	for i := range t.columns {
		switch c := &t.columns[i]; {
		case c.Kind == top.Text && c.service != nil:
			t.sample.Text(c.service(s))
		case c.Kind == top.Text:
			t.sample.Text("")
		case c.by != nil && !c.Sum:
			t.sample.Number(c.by.Service(s, nil))
		default:
			t.sample.Number(0)
		}
	}
	return b
}

// AppendDestination adds the row of a destination and appends nothing.
func (t *tableRows) AppendDestination(b []byte, _ *ipvsnl.ServiceState, d *ipvsnl.DestinationState) []byte {
	t.servers++
	t.active += uint64(d.ActiveConns)
	if d.ActiveConns != 0 {
		t.sample.Busy()
	}
	t.add(ipvsnl.ServiceKey{Protocol: t.service.Protocol, Addr: d.Destination.Addr}, true, false)
	for i := range t.columns {
		switch c := &t.columns[i]; {
		case c.Kind == top.Text && c.server != nil:
			t.sample.Text(c.server(d))
		case c.Kind == top.Text:
			t.sample.Text("")
		case c.by != nil:
			t.sample.Number(c.by.Destination(d))
		default:
			t.sample.Number(c.number(d))
		}
	}
	return b
}

// add adds a row, up to its figures.
func (t *tableRows) add(key ipvsnl.ServiceKey, member, idle bool) {
	i := t.sample.Len()
	if i == len(t.known) {
		t.known = append(t.known, knownRow{})
	}
	k := &t.known[i]
	if k.key != key || k.member != member {
		*k = t.texts(key, member)
	}
	t.sample.Add(top.Row{ID: k.id, Label: k.label, Member: member, Idle: idle})
}

// texts makes the texts of a row.
func (t *tableRows) texts(key ipvsnl.ServiceKey, member bool) knownRow {
	k := knownRow{key: key, member: member}
	switch {
	case member:
		k.id = key.Addr.String()
		k.label = printable(format.AppendServerLabel(nil, key.Addr, key.Protocol, t.names))
		return k
	case key.Mark != 0:
		k.id = fmt.Sprintf("FWM %d %s mark %#x", key.Mark, key.Family(), key.Mark)
	default:
		k.id = key.String()
	}
	k.label = printable(format.AppendServiceLabel(nil, &key, t.names))
	return k
}

// AppendServiceEnd appends nothing.
func (t *tableRows) AppendServiceEnd(b []byte) []byte { return b }

// AppendEnd notes the sums and appends nothing.
func (t *tableRows) AppendEnd(b []byte) []byte {
	services := t.sample.Len() - t.servers
	s := &t.sum
	t.sample.Sums = [][]string{
		{count(services, "service") + ", " + count(t.servers, "server"), fmt.Sprintf("%d/%d", services, t.servers)},
		{fmt.Sprintf("active %d", t.active)},
		forms(s.Conns, s.CPS, "connections %d (%d/s)", "conns %d %d/s"),
		forms(s.InBytes, s.InBPS, "bytes in %d (%d/s)", "in %d %d/s"),
		forms(s.OutBytes, s.OutBPS, "out %d (%d/s)", "out %d %d/s"),
	}
	return b
}

// forms returns forms of a sum and its rate.
func forms(sum, rate uint64, long, short string) []string {
	return []string{fmt.Sprintf(long, sum, rate), fmt.Sprintf(short, sum, rate)}
}

// count returns a number of things: "1 service", "2 services".
func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return strconv.Itoa(n) + " " + what
}
