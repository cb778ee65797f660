// SPDX-License-Identifier: Apache-2.0

package top

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// table makes a sample of groups, each of them a word with the letters of its members: "1ab 2".
func table(second int, words string) *Sample {
	var rows []testRow
	for _, word := range strings.Fields(words) {
		rows = append(rows, row(word[:1], second))
		for _, m := range word[1:] {
			rows = append(rows, row(" "+string(m), second))
		}
	}
	return sample(second, oneColumn, rows...)
}

// entriesOf returns the entries of a model in the form of table, with a mark at those that are new or deleted.
func entriesOf(m *Model) string {
	var b strings.Builder
	for _, g := range m.groups {
		for i := g.start; i < g.end; i++ {
			e := m.entries[i]
			switch r := m.row(e); {
			case i == g.start:
				b.WriteString(" " + r.ID)
			default:
				b.WriteString(r.ID)
			}
			switch {
			case m.row(e).gone != 0:
				b.WriteString("-")
			case m.isNew(e):
				b.WriteString("+")
			}
		}
	}
	return strings.TrimSpace(b.String())
}

// New entries are marked, and deleted ones stay where they were, for a minute.
func TestUpdate(t *testing.T) {
	for _, tt := range []struct {
		name  string
		steps []string // tables, two seconds apart, and what the model has then
	}{
		{"nothing", []string{"", "", "", ""}},
		{"the same", []string{"1ab 2", "1ab 2", "1ab 2", "1ab 2"}},
		{"a new member", []string{"1ac", "1ac", "1abcd", "1ab+cd+", "1abcd", "1abcd"}},
		{"a new group", []string{"2", "2", "1a 2 3", "1+a+ 2 3+"}},
		{"a deleted member", []string{"1abc", "1abc", "1ac", "1ab-c", "1ac", "1ab-c", "1abc", "1ab+c", "1abc", "1abc"}},
		{"deleted members at the ends", []string{"1abc", "1abc", "1b", "1a-bc-"}},
		{"all members", []string{"1ab", "1ab", "1", "1a-b-", "1b", "1a-b+"}},
		{"a deleted group", []string{"1a 2b 3c", "1a 2b 3c", "1a 3c", "1a 2- 3c", "1a 2b 3c", "1a 2+b+ 3c"}},
		{"all groups", []string{"1a 2b", "1a 2b", "", "1- 2-", "", "1- 2-"}},
		{"another order", []string{"1 2 3", "1 2 3", "3 1 2", "3 1 2"}},
		{"another order, and a deleted group", []string{"1 2 3 4", "1 2 3 4", "4 1 3", "2- 4 1 3"}},
		{"twice", []string{"1 1 2", "1 1 2", "1 1 2", "1 1 2"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var m Model
			for i := 0; i < len(tt.steps); i += 2 {
				m.Update(table(i, tt.steps[i]))
				require.Equal(t, tt.steps[i+1], entriesOf(&m), "after %d seconds", i)
			}
		})
	}
}

func TestGoneFor(t *testing.T) {
	var m Model
	m.Update(table(0, "1a 2"))
	m.Update(table(10, "1"))
	require.Equal(t, "1a- 2-", entriesOf(&m))
	m.Update(table(69, "1"))
	require.Equal(t, "1a- 2-", entriesOf(&m))
	m.Update(table(70, "1"))
	require.Equal(t, "1", entriesOf(&m))
}

// However many are deleted, some of them are shown.
func TestMaxGone(t *testing.T) {
	var rows []testRow
	for i := range maxGone + 1 {
		rows = append(rows, row(fmt.Sprint(i), 1))
	}
	var m Model
	m.Update(sample(0, oneColumn, rows...))
	m.Update(sample(2, oneColumn))
	require.Len(t, m.entries, maxGone)
}

// With other columns, nothing is compared.
func TestOtherColumns(t *testing.T) {
	var m Model
	m.Update(table(0, "1 2"))
	m.Update(sample(2, []Column{{Name: "Other"}}, row("1", 7), row("3", 7)))
	require.Equal(t, "1 3+", entriesOf(&m))
	require.False(t, m.changed(m.entries[0], 0))
}

// What has changed is known of figures that are compared.
func TestChanged(t *testing.T) {
	columns := []Column{{Name: "N"}, {Name: "T", Kind: Text}, {Name: "Q", Quiet: true}}
	var m Model
	unused := m.Update(sample(0, columns, row("1", 1, "a", 1), row("2", 1, "a", 1)))
	require.Nil(t, unused)
	require.False(t, m.changed(m.entries[0], 0))
	unused = m.Update(sample(2, columns, row("1", 2, "a", 2), row("2", 1, "b", 1), row("3", 1, "", 1)))
	require.Nil(t, unused)
	var got []string
	for _, e := range m.entries {
		for c := range columns {
			if m.changed(e, c) {
				got = append(got, m.row(e).ID+columns[c].Name)
			}
		}
	}
	require.Equal(t, []string{"1N", "2T"}, got)
	require.NotNil(t, m.Update(sample(4, columns)), "the first one can be used again")
}

// The memory of samples is used again.
func TestReuse(t *testing.T) {
	var m Model
	var unused *Sample
	for i := range 6 {
		s := unused
		if s == nil {
			s = new(Sample)
		}
		figures := make([]testRow, 0, 3)
		for j := range 3 - i%2 {
			figures = append(figures, row(fmt.Sprint(j), 10*i+j))
		}
		fill(s, 2*i, oneColumn, figures...)
		unused = m.Update(s)
		require.Equal(t, uint64(10*i+1), m.current.number(int(m.entries[1].row), 0))
	}
	require.Equal(t, "0 1 2-", entriesOf(&m))
}
