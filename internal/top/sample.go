// SPDX-License-Identifier: Apache-2.0

// Package top shows a table that changes, as top(1) does with processes: a model of the table and its
// changes, a view of it in a window, and the keys that change the view. It knows nothing about what is in the
// table, and does no I/O.
package top

import (
	"slices"
	"strconv"
	"time"
)

// A Kind is what a column holds.
type Kind uint8

// The kinds of columns.
const (
	Number   Kind = iota // a number
	Signed               // a number that may be negative, as an int64
	Duration             // seconds, shown as minutes and seconds
	Text
)

// A Column is a column of a table.
type Column struct {
	Name    string // its head
	Key     string // another name, by which to sort
	Kind    Kind
	Sum     bool // whether the figures of groups are the sums of those of their members, which are all that is given
	Members bool // whether groups have no figure
	Hidden  bool // whether the column is only there to sort by
	Quiet   bool // whether changes are not marked
}

// A Row is a line of a table. A table has groups, which may have members.
type Row struct {
	ID     string // identifies the row among groups, or among the members of its group
	Label  string // the text of the first column
	Member bool
	Idle   bool  // whether there is no traffic
	gone   int64 // when a row that is no longer in the table was missed, in seconds; otherwise 0
}

// A Sample is a table at a time.
type Sample struct {
	Time    time.Time
	Label   string     // the head of the first column
	Sums    [][]string // what is said about the whole table: texts, and shorter forms of them
	columns []Column
	slots   []int // where in a row's numbers or texts each column is
	stride  struct{ numbers, texts int }

	rows    []Row
	numbers []uint64
	texts   []string
	column  int // the next to be added
	group   int // the last row that is none of a member
}

// Reset empties a sample and gives it columns. It keeps the memory.
func (s *Sample) Reset(label string, columns []Column) {
	s.Label, s.Sums = label, nil
	s.rows, s.numbers, s.texts = s.rows[:0], s.numbers[:0], s.texts[:0]
	if slices.Equal(s.columns, columns) {
		return
	}
	s.columns, s.slots = columns, s.slots[:0]
	s.stride.numbers, s.stride.texts = 0, 0
	for _, c := range columns {
		n := &s.stride.numbers
		if c.Kind == Text {
			n = &s.stride.texts
		}
		s.slots = append(s.slots, *n)
		*n++
	}
}

// Len returns the number of rows.
func (s *Sample) Len() int { return len(s.rows) }

// Add adds a row, whose figures follow, column by column.
func (s *Sample) Add(r Row) {
	if !r.Member {
		s.group = len(s.rows)
	}
	s.rows = append(s.rows, r)
	s.column = 0
}

// Number adds the next column's number.
func (s *Sample) Number(n uint64) {
	c := &s.columns[s.column]
	if c.Sum && s.group != len(s.rows)-1 {
		s.numbers[s.group*s.stride.numbers+s.slots[s.column]] += n
	}
	s.numbers = append(s.numbers, n)
	s.column++
}

// Text adds the next column's text.
func (s *Sample) Text(text string) {
	s.texts = append(s.texts, text)
	s.column++
}

// Busy notes that there is traffic in the last group.
func (s *Sample) Busy() { s.rows[s.group].Idle = false }

func (s *Sample) number(row, column int) uint64 {
	return s.numbers[row*s.stride.numbers+s.slots[column]]
}
func (s *Sample) text(row, column int) string { return s.texts[row*s.stride.texts+s.slots[column]] }

// copy adds a row of another sample with the same columns.
func (s *Sample) copy(from *Sample, row int) {
	s.rows = append(s.rows, from.rows[row])
	s.numbers = append(s.numbers, from.numbers[row*s.stride.numbers:(row+1)*s.stride.numbers]...)
	s.texts = append(s.texts, from.texts[row*s.stride.texts:(row+1)*s.stride.texts]...)
}

// hasFigure reports whether there is something in a column.
func (s *Sample) hasFigure(row, column int) bool {
	return s.rows[row].Member || !s.columns[column].Members
}

// appendFigure appends what is in a column, all digits of it.
func (s *Sample) appendFigure(b []byte, row, column int) []byte {
	if !s.hasFigure(row, column) {
		return b
	}
	switch s.columns[column].Kind {
	case Text:
		return append(b, s.text(row, column)...)
	case Signed:
		return strconv.AppendInt(b, int64(s.number(row, column)), 10)
	case Duration:
		n := s.number(row, column)
		b = strconv.AppendUint(b, n/60, 10)
		return append(b, ':', '0'+byte(n%60/10), '0'+byte(n%10))
	}
	return strconv.AppendUint(b, s.number(row, column), 10)
}
