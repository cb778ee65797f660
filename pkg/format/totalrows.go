// SPDX-License-Identifier: Apache-2.0

package format

import "github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"

// The labels of sums. None begins as the line of a service or a destination does.
const (
	sumLabel    = "Sum  "
	serverLabel = "  =  "
	kernelLabel = "All  deleted ones included"
)

func appendServiceCount(b []byte, n int) []byte {
	return appendCount(append(b, sumLabel...), n, " service")
}

func appendServerCount(b []byte, n int) []byte {
	return appendCount(append(b, serverLabel...), n, " real server")
}

// appendCount appends a number of things, whose name gets an s unless there is one.
func appendCount(b []byte, n int, name string) []byte {
	b = append(appendUint(b, uint64(n)), name...)
	if n != 1 {
		b = append(b, 's')
	}
	return b
}

// counts reports whether a view has counters or rates, for services too.
func (v View) counts() bool { return views[v].columns == nil }

// appendSums appends the line of the destinations of a service.
func (o *Options) appendSums(b []byte, s *sums) []byte {
	start := len(b)
	b = pad(appendServerCount(b, s.number), start, serviceWidth)
	if o.View.counts() {
		return append(o.appendFigures(b, &s.stats), '\n')
	}
	for _, column := range views[o.View].columns {
		b = append(b, ' ')
		start := len(b)
		if column.sum != nil {
			b = column.sum(b, s)
		}
		b = pad(b, start, column.width)
	}
	return append(b, '\n')
}

// appendTotals appends the lines after all services. The kernel's own total has only counters and rates.
func (o *Options) appendTotals(b []byte, t *totals) []byte {
	start := len(b)
	b = appendServiceCount(b, t.services)
	if o.View.counts() {
		b = o.appendFigures(pad(b, start, serviceWidth), &t.stats)
	}
	b = o.appendSums(append(b, '\n'), &t.all)
	if t.kernel != nil && o.View.counts() {
		start = len(b)
		b = pad(append(b, kernelLabel...), start, serviceWidth)
		b = append(o.appendFigures(b, t.kernel), '\n')
	}
	return b
}

// appendFigures appends counters or rates, as the view has them.
func (o *Options) appendFigures(b []byte, s *ipvsnl.Stats) []byte {
	if o.View == Rate {
		return o.appendRates(b, s, o.appendCounter)
	}
	return o.appendCounters(b, s)
}

// appendSums appends the line of the destinations of a service.
func (w *Wide) appendSums(b []byte, s *sums) []byte { return w.grid.appendRow(b, w.sums(s)) }

// appendTotals appends the lines after all services.
func (w *Wide) appendTotals(b []byte, t *totals) []byte {
	w.eachTotal(t, func(r *row) { b = w.grid.appendRow(b, r) })
	return b
}

// fitTotals makes the columns as wide as the lines after all services need.
func (w *Wide) fitTotals(t *totals) {
	w.eachTotal(t, w.grid.fit)
}

// eachTotal calls f with the rows after all services.
func (w *Wide) eachTotal(t *totals, f func(*row)) {
	f(w.figures(appendServiceCount(w.row.text[:0], t.services), &t.stats))
	f(w.sums(&t.all))
	if t.kernel != nil && w.o.View.counts() {
		f(w.figures(append(w.row.text[:0], kernelLabel...), t.kernel))
	}
}

// figures returns a row with a label and, if the view has them, counters or rates.
func (w *Wide) figures(label []byte, s *ipvsnl.Stats) *row {
	w.row.reset()
	w.row.text = label
	w.row.end()
	if w.o.View.counts() {
		w.addCounters(s)
	}
	return &w.row
}

// sums returns the row of destinations.
func (w *Wide) sums(s *sums) *row {
	r := w.figures(appendServerCount(w.row.text[:0], s.number), &s.stats)
	for _, column := range views[w.o.View].columns {
		if column.sum != nil {
			r.text = column.sum(r.text, s)
		}
		r.end()
	}
	return r
}
