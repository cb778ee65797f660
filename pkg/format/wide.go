// SPDX-License-Identifier: Apache-2.0

package format

import (
	"strings"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// A Wide writes services and destinations in columns that are as wide as they need to be: nothing is
// cut, and numbers have all their digits. It must be shown everything that it will append with
// FitService and FitDestination first.
type Wide struct {
	o       Options
	grid    grid
	row     row      // reused
	columns []string // heads of the columns after the address
	details string   // head of a service's details; empty if they have none
	below   bool     // whether the heads of the columns are on the second line
}

// NewWide returns a Wide for a view, other than Rules, and names.
func NewWide(o Options) *Wide {
	w := &Wide{o: o, grid: grid{right: o.View.counts()}}
	const addresses = 2 // the words before the columns in both lines
	first, second, _ := strings.Cut(views[o.View].head, "\n")
	if w.columns = strings.Fields(second)[addresses:]; len(w.columns) > 0 {
		w.below, w.details = true, strings.Join(strings.Fields(first)[addresses:], " ")
	} else {
		w.columns = strings.Fields(first)[addresses:]
	}
	w.grid.fit(w.head(false))
	w.grid.fit(w.head(true))
	return w
}

// FitService makes the columns as wide as a service needs.
func (w *Wide) FitService(s *ipvsnl.ServiceState) { w.grid.fit(w.service(s)) }

// FitDestination makes the columns as wide as a destination of the service s needs.
func (w *Wide) FitDestination(s *ipvsnl.ServiceState, d *ipvsnl.DestinationState) {
	w.grid.fit(w.destination(s, d))
}

// AppendHead appends the head of the columns.
func (w *Wide) AppendHead(b []byte) []byte {
	if w.details == "" {
		b = w.grid.appendRow(b, w.head(false))
	} else {
		b = append(append(w.grid.appendFirst(b, w.head(false)), w.details...), '\n')
	}
	return w.grid.appendRow(b, w.head(true))
}

// AppendService appends the line of a service.
func (w *Wide) AppendService(b []byte, s *ipvsnl.ServiceState) []byte {
	r := w.service(s)
	if w.o.View.counts() {
		return w.grid.appendRow(b, r)
	}
	return append(appendDetails(w.grid.appendFirst(b, r), s), '\n')
}

// AppendDestination appends the line of a destination of the service s.
func (w *Wide) AppendDestination(b []byte, s *ipvsnl.ServiceState, d *ipvsnl.DestinationState) []byte {
	return w.grid.appendRow(b, w.destination(s, d))
}

// AppendServiceEnd appends what follows the last destination of a service: nothing.
func (w *Wide) AppendServiceEnd(b []byte) []byte { return b }

// AppendEnd appends what follows the last line: nothing.
func (w *Wide) AppendEnd(b []byte) []byte { return b }

// head returns the row of a line of the head.
func (w *Wide) head(second bool) *row {
	w.row.reset()
	if second {
		w.row.add("  -> RemoteAddress:Port")
	} else {
		w.row.add("Prot LocalAddress:Port")
	}
	if second == w.below {
		for _, name := range w.columns {
			w.row.add(name)
		}
	}
	return &w.row
}

// service returns the row of a service, without its details.
func (w *Wide) service(s *ipvsnl.ServiceState) *row {
	r := &w.row
	r.reset()
	r.text = appendWholeLabel(r.text, &s.Service.Key, w.o.Names)
	r.end()
	if w.o.View.counts() {
		w.addCounters(&s.Stats)
	}
	return r
}

// destination returns the row of a destination.
func (w *Wide) destination(s *ipvsnl.ServiceState, d *ipvsnl.DestinationState) *row {
	r := &w.row
	r.reset()
	r.text = append(r.text, "  -> "...)
	r.text = appendWholeAddrPort(r.text, d.Destination.Addr, s.Service.Key.Protocol, w.o.Names)
	r.end()
	if w.o.View.counts() {
		w.addCounters(&d.Stats)
	}
	for _, column := range views[w.o.View].columns {
		r.text = column.value(r.text, d)
		r.end()
	}
	return r
}

func (w *Wide) addCounters(s *ipvsnl.Stats) {
	counters := [...]uint64{s.Conns, s.InPkts, s.OutPkts, s.InBytes, s.OutBytes}
	if w.o.View == Rate {
		counters = [...]uint64{s.CPS, s.InPPS, s.OutPPS, s.InBPS, s.OutBPS}
	}
	for _, n := range counters {
		w.row.text = appendUint(w.row.text, n)
		w.row.end()
	}
}
