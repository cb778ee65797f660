// SPDX-License-Identifier: Apache-2.0

package top

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/screen"
)

// gutter is the width of what is before the labels: the cursor, and the mark of a new or deleted entry.
const gutter = 2

// Rows returns what the window shows.
func (v *View) Rows() []screen.Row {
	if v.help {
		return v.helpPage()
	}
	l := v.layout()
	rows := v.headRows(l)
	for line := v.top; line < min(v.top+v.bodyHeight(), len(v.lines)); line++ {
		rows = append(rows, v.entryRow(l, line))
	}
	for len(rows) < v.height-1 {
		rows = append(rows, nil)
	}
	return append(rows[:max(0, v.height-1)], v.lastRow())
}

// headHeight is how many lines the head takes: two and the heads of the columns, fewer in a very low window.
func (v *View) headHeight() int { return max(0, min(3, v.height-2)) }

// bodyHeight is how many entries there is room for.
func (v *View) bodyHeight() int { return max(1, v.height-v.headHeight()-1) }

// A layout is the columns that are shown.
type layout struct {
	label   int   // the width of the labels
	columns []int // those that are shown
	widths  []int // of each of these
	left    []string
}

// layout chooses columns: those that fit, as wide as all entries need, or if not all of them fit, those in the window.
func (v *View) layout() layout {
	l := v.layoutFor(v.lines)
	if len(l.left) > 0 || l.label > v.width-gutter {
		end := min(v.top+v.bodyHeight(), len(v.lines))
		l = v.layoutFor(v.lines[min(v.top, end):end])
	}
	return l
}

// layoutFor makes columns as wide as some entries need.
func (v *View) layoutFor(lines []int32) layout {
	t := v.Model.current
	if t == nil {
		return layout{label: v.width - gutter}
	}
	l := layout{label: min(screen.Width(t.Label), v.width-gutter)}
	for _, e := range lines {
		l.label = max(l.label, v.labelWidth(e))
	}
	room := v.width - gutter - l.label
	first := max(0, v.scrolled-1)
	for i, c := range v.shownColumns() {
		w := v.columnWidth(c, lines)
		if v.scrolled > 0 && i == first { // the labels make room for the column that is asked for
			l.label = min(l.label, max(1, v.width-gutter-1-w))
			room = max(room, 1+w)
		}
		if i < first || 1+w > room || len(l.left) > first {
			l.left = append(l.left, t.columns[c].Name)
			continue
		}
		room -= 1 + w
		l.columns, l.widths = append(l.columns, c), append(l.widths, w)
	}
	l.label = min(l.label, v.width-gutter)
	return l
}

// shownColumns returns the columns that are not hidden.
func (v *View) shownColumns() (shown []int) {
	for i, c := range v.Model.current.columns {
		if !c.Hidden {
			shown = append(shown, i)
		}
	}
	return shown
}

// columnWidth returns how wide a column has to be.
func (v *View) columnWidth(column int, lines []int32) int {
	m, t := v.Model, v.Model.current
	w := screen.Width(v.columnHead(column))
	if k := t.columns[column].Kind; k == Number {
		var highest uint64
		for _, e := range lines {
			if row := int(m.entries[e].row); t.hasFigure(row, column) {
				highest = max(highest, t.number(row, column))
			}
		}
		return max(w, len(strconv.FormatUint(highest, 10)))
	}
	var b []byte
	for _, e := range lines {
		b = t.appendFigure(b[:0], int(m.entries[e].row), column)
		w = max(w, len(b))
	}
	return w
}

// columnHead returns the head of a column, with the order in which it is sorted.
func (v *View) columnHead(column int) string {
	name := v.Model.current.columns[column].Name
	if column != v.sortColumn() {
		return name
	}
	return name + v.direction()
}

// direction returns the mark of the order.
func (v *View) direction() string {
	if v.ascending {
		return " ^"
	}
	return " v"
}

// labelOf returns the text of an entry's first column.
func (v *View) labelOf(e int32) string {
	m := v.Model
	r := m.row(m.entries[e])
	if r.Member || !v.isFolded(r.ID) {
		return r.Label
	}
	i, _ := slices.BinarySearchFunc(m.groups, e, func(g group, e int32) int { return int(g.end-1) - int(e) })
	if n := int(m.groups[i].end - m.groups[i].start - 1); n > 0 {
		return fmt.Sprint(r.Label, " +", n)
	}
	return r.Label
}

func (v *View) labelWidth(e int32) int { return screen.Width(v.labelOf(e)) }

// entryRow returns the row of a line.
func (v *View) entryRow(l layout, line int) screen.Row {
	m := v.Model
	i := v.lines[line]
	e := m.entries[i]
	r := m.row(e)
	var attr screen.Attr
	mark := " "
	switch {
	case r.gone != 0:
		mark, attr = "-", screen.Bad
	case m.isNew(e):
		mark, attr = "+", screen.Good
	}
	cursor := " "
	if line == v.cursor.line {
		cursor = ">"
		attr |= screen.Bold
	}
	if r.gone != 0 {
		return screen.Row{{Text: cursor + mark + v.goneText(v.labelOf(i), l.label, r.gone), Attr: attr}}
	}
	row := newCells(cursor+mark, v.labelOf(i), l.label, attr)
	for j, c := range l.columns {
		a := attr
		if m.changed(e, c) {
			a |= screen.Reverse
		}
		row.add(string(m.current.appendFigure(nil, int(e.row), c)), l.widths[j], m.current.columns[c].Kind != Text, a)
	}
	return row.row
}

// cells are a row in columns.
type cells struct {
	row     screen.Row
	attr    screen.Attr // of what is between them
	missing int         // how many blanks the last one lacks
}

// newCells begins a row: with what is in the gutter, and a label.
func newCells(gutter, label string, width int, attr screen.Attr) *cells {
	label = screen.Shorten(label, width)
	return &cells{screen.Row{{Text: gutter + label, Attr: attr}}, attr, width - screen.Width(label)}
}

// add adds a text in a column.
func (c *cells) add(text string, width int, right bool, attr screen.Attr) {
	before, after := 1+c.missing, width-screen.Width(text)
	if right {
		before, after = before+after, 0
	}
	c.row = append(c.row, screen.Span{Text: blanks(before), Attr: c.attr}, screen.Span{Text: text, Attr: attr})
	c.missing = after
}

// goneText returns the text of an entry that was deleted: its label and when, in as much of that as there is room for.
func (v *View) goneText(label string, width int, at int64) string {
	clock := time.Unix(at, 0).Format(clockFormat)
	when := " deleted " + clock
	room := v.width - gutter
	if room < screen.Width(label)+len(when) {
		when = " " + clock
	}
	if room >= screen.Width(label)+len(when) {
		label += blanks(min(width, room-len(when)) - screen.Width(label))
	}
	return screen.Shorten(label, max(1, room-len(when))) + when
}

func blanks(n int) string { return strings.Repeat(" ", max(0, n)) }

// clockFormat is that of a time of day.
const clockFormat = "15:04:05"
