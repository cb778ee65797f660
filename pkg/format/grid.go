// SPDX-License-Identifier: Apache-2.0

package format

import "unicode/utf8"

// A row is the cells of a line. Its zero value is an empty row; rows are reused.
type row struct {
	text []byte
	ends []int // where each cell ends in text
}

func (r *row) reset() { r.text, r.ends = r.text[:0], r.ends[:0] }

// end ends a cell: what has been appended to text since the one before.
func (r *row) end() { r.ends = append(r.ends, len(r.text)) }

// add adds a cell with a text.
func (r *row) add(text string) {
	r.text = append(r.text, text...)
	r.end()
}

func (r *row) cell(i int) []byte {
	start := 0
	if i > 0 {
		start = r.ends[i-1]
	}
	return r.text[start:r.ends[i]]
}

// A grid aligns rows in columns that are as wide as their widest cells.
type grid struct {
	widths []int
	right  bool // whether all columns but the first are aligned to the right
}

// fit makes columns as wide as the cells of a row need.
func (g *grid) fit(r *row) {
	for i := range r.ends {
		if i == len(g.widths) {
			g.widths = append(g.widths, 0)
		}
		g.widths[i] = max(g.widths[i], utf8.RuneCount(r.cell(i)))
	}
}

// appendRow appends the line of a row, without blanks at its end.
func (g *grid) appendRow(b []byte, r *row) []byte {
	for i := range r.ends {
		cell := r.cell(i)
		missing := g.widths[i] - utf8.RuneCount(cell)
		if i > 0 {
			b = append(b, ' ')
		}
		if i > 0 && g.right {
			b = append(appendBlanks(b, missing), cell...)
			continue
		}
		b = append(b, cell...)
		if i < len(r.ends)-1 {
			b = appendBlanks(b, missing)
		}
	}
	return append(b, '\n')
}

// appendFirst appends the first cell of a row and the blanks up to the next one.
func (g *grid) appendFirst(b []byte, r *row) []byte {
	b = append(b, r.cell(0)...)
	return appendBlanks(b, g.widths[0]-utf8.RuneCount(r.cell(0))+1)
}

// appendBlanks appends any number of blanks.
func appendBlanks(b []byte, n int) []byte {
	for range n {
		b = append(b, ' ')
	}
	return b
}
