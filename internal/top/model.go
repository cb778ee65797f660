// SPDX-License-Identifier: Apache-2.0

package top

import "slices"

// How many seconds rows are shown after they have been deleted, and how many rows.
const (
	goneFor = 60
	maxGone = 1000
)

// An entry is a row of the model: one of the table, or one that was deleted a short time ago.
type entry struct {
	row    int32 // in the current sample
	before int32 // in the previous one, or negative
}

// A group is a run of entries: that of the group and those of its members.
type group struct{ start, end int32 }

// A Model is a table and how it has changed.
type Model struct {
	current, previous *Sample
	entries           []entry
	groups            []group
	alike             bool // whether the samples have the same columns
	gone              int  // how many entries are deleted

	spare struct { // memory
		entries       []entry
		groups, rows  []group
		group, member pairs
	}
}

// Update shows the model the next sample, which it keeps. It returns an older one whose memory may be used again, if
// there is one.
func (m *Model) Update(s *Sample) (unused *Sample) {
	unused = m.previous
	m.previous, m.current = m.current, s
	m.alike = m.previous != nil && slices.Equal(m.previous.columns, s.columns)
	entries, groups := m.entries, m.groups
	m.entries, m.groups, m.gone = m.spare.entries[:0], m.spare.groups[:0], 0
	m.merge(entries, groups)
	m.spare.entries, m.spare.groups = entries, groups
	return unused
}

// row returns the row of an entry.
func (m *Model) row(e entry) *Row { return &m.current.rows[e.row] }

// isNew reports whether an entry was not in the previous sample.
func (m *Model) isNew(e entry) bool { return m.previous != nil && e.before < 0 && m.row(e).gone == 0 }

// changed reports whether a figure of an entry has changed.
func (m *Model) changed(e entry, column int) bool {
	c := &m.current.columns[column]
	switch {
	case c.Quiet || !m.alike || e.before < 0:
		return false
	case c.Kind == Text:
		return m.current.text(int(e.row), column) != m.previous.text(int(e.before), column)
	}
	return m.current.number(int(e.row), column) != m.previous.number(int(e.before), column)
}

// idle reports whether a group has no traffic: neither does the table say so, nor has a figure of it changed.
func (m *Model) idle(g group) bool {
	e := m.entries[g.start]
	if !m.row(e).Idle || m.row(e).gone != 0 || m.isNew(e) {
		return false
	}
	for c := range m.current.columns {
		if m.changed(e, c) {
			return false
		}
	}
	return true
}

// merge makes the entries: the rows of the current sample, each with what it was before, and those that are
// deleted, after what they came after.
func (m *Model) merge(old []entry, oldGroups []group) {
	rows := m.spare.rows[:0] // of each group
	for i := range m.current.rows {
		if i == 0 || !m.current.rows[i].Member {
			rows = append(rows, group{start: int32(i)})
		}
		rows[len(rows)-1].end = int32(i) + 1
	}
	m.spare.rows = rows
	m.spare.group.each(len(rows), len(oldGroups),
		func(i int) string { return m.current.rows[rows[i].start].ID },
		func(j int) string { return m.previous.rows[old[oldGroups[j].start].row].ID },
		func(i, j int) {
			start := len(m.entries)
			switch {
			case i < 0:
				m.miss(old[oldGroups[j].start])
			case j < 0:
				m.group(rows[i], nil)
			default:
				m.group(rows[i], old[oldGroups[j].start:oldGroups[j].end])
			}
			if len(m.entries) > start {
				m.groups = append(m.groups, group{int32(start), int32(len(m.entries))})
			}
		})
}

// group adds the entries of a group, given those that it had before, if any.
func (m *Model) group(rows group, old []entry) {
	if len(old) == 0 {
		for row := rows.start; row < rows.end; row++ {
			m.entries = append(m.entries, entry{row, -1})
		}
		return
	}
	m.keep(rows.start, old[0])
	old = old[1:]
	m.spare.member.each(int(rows.end-rows.start-1), len(old),
		func(i int) string { return m.current.rows[int(rows.start)+1+i].ID },
		func(j int) string { return m.previous.rows[old[j].row].ID },
		func(i, j int) {
			switch row := rows.start + 1 + int32(i); {
			case i < 0:
				m.miss(old[j])
			case j < 0:
				m.entries = append(m.entries, entry{row, -1})
			default:
				m.keep(row, old[j])
			}
		})
}

// keep adds an entry that there was before. One that had been deleted is new.
func (m *Model) keep(row int32, old entry) {
	if m.previous.rows[old.row].gone != 0 {
		old.row = -1
	}
	m.entries = append(m.entries, entry{row, old.row})
}

// miss adds an entry that is no longer in the table, for a time.
func (m *Model) miss(old entry) {
	now, gone := m.current.Time.Unix(), m.previous.rows[old.row].gone
	if !m.alike || m.gone == maxGone || gone != 0 && now-gone >= goneFor {
		return
	}
	row := len(m.current.rows)
	m.entries = append(m.entries, entry{int32(row), -1})
	m.current.copy(m.previous, int(old.row))
	if gone == 0 {
		m.current.rows[row].gone = now
	}
	m.gone++
}

// pairs finds what is in two lists.
type pairs struct {
	old   []int32 // where each element of the new list is in the old one, or negative
	found []bool  // whether an element of the old list is in the new one
}

// each calls f with the positions of each element: in the order of the new list, and those that are only in the old
// list after what they came after. A position is negative if the element is not in that list.
func (p *pairs) each(n, k int, id, oldID func(int) string, f func(i, j int)) {
	p.find(n, k, id, oldID)
	next := 0
	missing := func(end int) {
		for ; next < end; next++ {
			if !p.found[next] {
				f(-1, next)
			}
		}
	}
	for i := range n {
		j := int(p.old[i])
		missing(j)
		next = max(next, j+1)
		f(i, j)
	}
	missing(k)
}

// find finds the elements of the new list in the old one, where they usually have the same order.
func (p *pairs) find(n, k int, id, oldID func(int) string) {
	p.old = slices.Grow(p.old[:0], n)[:n]
	p.found = slices.Grow(p.found[:0], k)[:k]
	clear(p.found)
	var index map[string]int
	next := 0
	for i := range n {
		name := id(i)
		j := next
		if next >= k || oldID(next) != name {
			if index == nil {
				index = make(map[string]int, k)
				for j := range k {
					index[oldID(j)] = j
				}
			}
			var ok bool
			if j, ok = index[name]; !ok {
				p.old[i] = -1
				continue
			}
		}
		p.old[i], p.found[j], next = int32(j), true, j+1
	}
}
