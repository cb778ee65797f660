// SPDX-License-Identifier: Apache-2.0

package top

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// A View is what a window shows of a model, and how. Its exported fields may be changed at any time, followed by Update if
// they say which entries there are.
type View struct {
	Model *Model

	Every    time.Duration // how often the table is read
	Where    [][]string    // what is said about where the table is: texts, and shorter forms of them
	Alert    string        // what has failed, if anything
	Keyboard bool          // whether keys can be pressed
	SortBy   string        // the name of a column; empty for the order of the table

	ascending bool
	paused    bool
	hideIdle  bool
	filter    string
	foldAll   bool
	folded    map[string]bool // the groups that differ from the others
	scrolled  int             // how many columns to the right
	help      bool
	prompt    *prompt // nil if nothing is being typed

	width, height int
	lines         []int32 // the entries that can be shown
	idle          int     // how many groups are hidden
	cursor        place
	anchored      bool // whether the cursor stays with its entry, rather than at the top
	top           int  // the first line in the window
	helpTop       int  // that of the help page
	order         []int32
}

// A place is an entry, and where it is.
type place struct {
	group, member string // their IDs; member is empty for the group itself
	line          int    // in lines
}

// Resize tells the view the size of its window.
func (v *View) Resize(width, height int) {
	v.width, v.height = max(1, width), max(1, height)
	v.follow(v.cursor.line - v.top)
}

// Update chooses the entries that can be shown, after a change of the model or of how it is viewed. The
// cursor stays with its entry, at the same height of the window.
func (v *View) Update() {
	height := v.cursor.line - v.top
	m := v.Model
	v.lines, v.idle = v.lines[:0], 0
	if m.current == nil {
		return
	}
	column := v.sortColumn()
	for _, g := range v.sorted(column) {
		v.addGroup(m.groups[g], column)
	}
	v.cursor.line = v.find(v.cursor)
	v.follow(height)
	if len(v.lines) > 0 {
		v.cursor = v.placeOf(v.cursor.line)
	}
}

// sortColumn returns the column to sort by, or a negative number.
func (v *View) sortColumn() int {
	return slices.IndexFunc(v.Model.current.columns, func(c Column) bool {
		return v.SortBy != "" && (c.Name == v.SortBy || strings.EqualFold(c.Key, v.SortBy))
	})
}

// sorted returns the groups in order.
func (v *View) sorted(column int) []int32 {
	groups := v.Model.groups
	v.order = v.order[:0]
	for i := range groups {
		v.order = append(v.order, int32(i))
	}
	if column >= 0 {
		v.sort(v.order, column, func(i int32) entry { return v.Model.entries[groups[i].start] })
	}
	return v.order
}

// sort sorts by the figures in a column. Equal ones keep their order.
func (v *View) sort(s []int32, column int, of func(int32) entry) {
	t := v.Model.current
	compare := func(a, b int32) int { return cmp.Compare(t.number(int(a), column), t.number(int(b), column)) }
	switch t.columns[column].Kind {
	case Text:
		compare = func(a, b int32) int { return strings.Compare(t.text(int(a), column), t.text(int(b), column)) }
	case Signed:
		compare = func(a, b int32) int {
			return cmp.Compare(int64(t.number(int(a), column)), int64(t.number(int(b), column)))
		}
	}
	sign := -1
	if v.ascending {
		sign = 1
	}
	slices.SortStableFunc(s, func(a, b int32) int { return sign * compare(of(a).row, of(b).row) })
}

// addGroup adds what can be shown of a group.
func (v *View) addGroup(g group, column int) {
	m := v.Model
	whole := v.matches(m.entries[g.start])
	start := len(v.lines)
	v.lines = append(v.lines, g.start)
	if !v.isFolded(m.row(m.entries[g.start]).ID) || v.filter != "" && !whole {
		for i := g.start + 1; i < g.end; i++ {
			if whole || v.matches(m.entries[i]) {
				v.lines = append(v.lines, i)
			}
		}
	}
	switch {
	case !whole && len(v.lines) == start+1:
		v.lines = v.lines[:start]
	case v.hideIdle && m.idle(g):
		v.lines = v.lines[:start]
		v.idle++
	case column >= 0:
		v.sort(v.lines[start+1:], column, func(i int32) entry { return m.entries[i] })
	}
}

// matches reports whether an entry has the text that is looked for.
func (v *View) matches(e entry) bool {
	if v.filter == "" {
		return true
	}
	r := v.Model.row(e)
	return containsFold(r.Label, v.filter) || containsFold(r.ID, v.filter)
}

// containsFold reports whether a text contains another one, in lower case, whatever its own case is.
func containsFold(text, lower string) bool {
	for i := 0; i+len(lower) <= len(text); i++ {
		j := 0
		for j < len(lower) && lowered(text[i+j]) == lower[j] {
			j++
		}
		if j == len(lower) {
			return true
		}
	}
	return false
}

func lowered(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		return b + 'a' - 'A'
	}
	return b
}

// isFolded reports whether the members of a group are hidden.
func (v *View) isFolded(id string) bool { return v.foldAll != v.folded[id] }

// groupOf returns the group of a line.
func (v *View) groupOf(line int) group {
	i, _ := slices.BinarySearchFunc(v.Model.groups, v.lines[line], func(g group, e int32) int { return cmp.Compare(g.end-1, e) })
	return v.Model.groups[i]
}

// placeOf returns the place of a line.
func (v *View) placeOf(line int) place {
	m, e := v.Model, v.lines[line]
	g := v.groupOf(line)
	p := place{group: m.row(m.entries[g.start]).ID, line: line}
	if e != g.start {
		p.member = m.row(m.entries[e]).ID
	}
	return p
}

// find returns the line of a place or, if it is gone, that of its group or the line where it was.
func (v *View) find(p place) int {
	if !v.anchored {
		return 0
	}
	m, found := v.Model, -1
	for i, e := range v.lines {
		r := m.row(m.entries[e])
		switch {
		case found < 0 && !r.Member && r.ID == p.group:
			if found = i; p.member == "" {
				return i
			}
		case found >= 0 && !r.Member:
			return found
		case found >= 0 && r.ID == p.member:
			return i
		}
	}
	if found >= 0 {
		return found
	}
	return min(p.line, max(0, len(v.lines)-1))
}

// follow moves the window so that the cursor is at a height of it, as far as there are lines.
func (v *View) follow(height int) {
	height = max(0, min(height, v.rows()-1))
	v.top = max(0, min(v.cursor.line-height, len(v.lines)-v.rows()))
}

// moveTo moves the cursor to a line, and the window as little as possible.
func (v *View) moveTo(line int) {
	if len(v.lines) == 0 {
		return
	}
	line = max(0, min(line, len(v.lines)-1))
	height := max(0, min(line-v.top, v.rows()-1))
	v.cursor, v.anchored = v.placeOf(line), true
	v.follow(height)
}

// rows returns how many lines the window has room for.
func (v *View) rows() int { return v.bodyHeight() }
