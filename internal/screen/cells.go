// SPDX-License-Identifier: Apache-2.0

package screen

import (
	"strconv"
)

// Escape sequences.
const (
	enter     = "\x1b[?1049h\x1b[?25l" // the alternate screen, without a cursor
	leave     = "\x1b[m\x1b[?25h\x1b[?1049l"
	clearLine = "\x1b[K" // from the cursor on
	plain     = "\x1b[m"
)

// A cell is a place on the screen and what stands there. The second cell of a wide character has no text.
type cell struct {
	text string
	attr Attr
}

var blank = cell{text: " "}

// appendCells appends the cells of a row, as many as fit into a width. What takes no column is dropped.
func appendCells(cells []cell, row Row, width int) []cell {
	end := len(cells) + width
	for _, s := range row {
		for rest := s.Text; rest != ""; {
			var c string
			w := 1
			if isASCII(rest[:min(2, len(rest))]) {
				c, rest = rest[:1], rest[1:]
			} else {
				c, rest, w = cluster(rest)
			}
			switch {
			case w == 0:
				continue
			case len(cells)+w > end:
				return cells
			}
			cells = append(cells, cell{c, s.Attr})
			for range w - 1 {
				cells = append(cells, cell{"", s.Attr})
			}
		}
	}
	return cells
}

// A canvas knows what is on the screen.
type canvas struct {
	width, height int
	plain         bool     // without colours
	lines         [][]cell // nil if that is unknown
	spare         []cell   // of a line that is no longer on the screen
}

// forget makes the next update write everything.
func (c *canvas) forget() { c.lines = nil }

// update appends what turns the screen into rows. In a size that has changed, all of it is written.
func (c *canvas) update(b []byte, rows []Row, width, height int) []byte {
	known := c.lines != nil && c.width == width && c.height == height
	if !known {
		c.width, c.height = width, height
		c.lines = make([][]cell, height)
	}
	for y := range height {
		var row Row
		if y < len(rows) {
			row = rows[y]
		}
		next := appendCells(c.spare[:0], row, width)
		for len(next) > 0 && next[len(next)-1] == blank {
			next = next[:len(next)-1]
		}
		if known {
			b = c.change(b, y, c.lines[y], next)
		} else {
			b = c.line(b, y, next)
		}
		c.spare, c.lines[y] = c.lines[y], next
	}
	return b
}

// line appends a whole line.
func (c *canvas) line(b []byte, y int, cells []cell) []byte {
	b = c.cells(moveTo(b, 0, y), 0, y, cells)
	if len(cells) < c.width { // after the last column, the cursor stays on it
		b = append(b, clearLine...)
	}
	return b
}

// gap is how many unchanged cells are written rather than skipped.
const gap = 6

// change appends what has changed in a line.
func (c *canvas) change(b []byte, y int, last, next []cell) []byte {
	common := min(len(last), len(next))
	for x := 0; x < len(next); {
		if x < common && last[x] == next[x] {
			x++
			continue
		}
		start := whole(next, x)
		end, same := x+1, 0
		for ; end < len(next) && same < gap; end++ {
			if end < common && last[end] == next[end] {
				same++
			} else {
				same = 0
			}
		}
		end -= same
		for end < len(next) && next[end].text == "" {
			end++
		}
		b = c.cells(moveTo(b, start, y), start, y, next[start:end])
		x = max(end, x+1)
	}
	if len(next) < len(last) {
		b = append(moveTo(b, len(next), y), clearLine...)
	}
	return b
}

// whole returns the position of the character that has the cell x.
func whole(cells []cell, x int) int {
	for x > 0 && cells[x].text == "" {
		x--
	}
	return x
}

// cells appends cells from the cursor on. Terminals disagree about some wide characters: after each, the
// cursor is placed again.
func (c *canvas) cells(b []byte, x, y int, cells []cell) []byte {
	var attr Attr
	for i, cell := range cells {
		if cell.text == "" {
			continue
		}
		if a := c.shown(cell.attr); a != attr {
			attr = a
			b = appendAttr(b, attr)
		}
		b = append(b, cell.text...)
		if next := i + 1; next < len(cells) && (len(cell.text) > 1 || cells[next].text == "") {
			for next < len(cells) && cells[next].text == "" {
				next++
			}
			if next < len(cells) {
				b = moveTo(b, x+next, y)
			}
		}
	}
	if attr != 0 {
		b = append(b, plain...)
	}
	return b
}

func (c *canvas) shown(a Attr) Attr {
	if c.plain {
		return a &^ colours
	}
	return a
}

// appendAttr appends the sequence that selects attributes, and no others.
func appendAttr(b []byte, a Attr) []byte {
	b = append(b, "\x1b[0"...)
	for _, code := range [...]struct {
		attr Attr
		text string
	}{{Bold, ";1"}, {Reverse, ";7"}, {Bad, ";31"}, {Good, ";32"}, {Notice, ";33"}} {
		if a&code.attr != 0 {
			b = append(b, code.text...)
		}
	}
	return append(b, 'm')
}

// moveTo appends the sequence that moves the cursor.
func moveTo(b []byte, x, y int) []byte {
	b = strconv.AppendInt(append(b, "\x1b["...), int64(y)+1, 10)
	if x > 0 {
		b = strconv.AppendInt(append(b, ';'), int64(x)+1, 10)
	}
	return append(b, 'H')
}
