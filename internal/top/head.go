// SPDX-License-Identifier: Apache-2.0

package top

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/screen"
)

// A part is something that is said in a line of the head: a text, and shorter forms of it. If there is no room for
// all of them, those of the highest rank are shortened and left out first.
type part struct {
	texts []string
	rank  int
	attr  screen.Attr
}

// between separates parts.
const between = "  "

// fitParts returns as much of the parts as fits into a width.
func fitParts(parts []part, width int) screen.Row {
	least := func(more func(p *part) bool) *part {
		var found *part
		for i := range parts {
			if p := &parts[i]; more(p) && (found == nil || p.rank >= found.rank) {
				found = p
			}
		}
		return found
	}
	for partsWidth(parts) > width {
		if p := least(func(p *part) bool { return len(p.texts) > 1 }); p != nil {
			p.texts = p.texts[1:]
		} else if p := least(func(p *part) bool { return len(p.texts) > 0 }); p != nil {
			p.texts = nil
		}
	}
	var row screen.Row
	for _, p := range parts {
		if len(p.texts) > 0 {
			if len(row) > 0 {
				row = append(row, screen.Span{Text: between})
			}
			row = append(row, screen.Span{Text: p.texts[0], Attr: p.attr})
		}
	}
	return row
}

// partsWidth returns the width of the first texts of parts.
func partsWidth(parts []part) int {
	width := 0
	for _, p := range parts {
		if len(p.texts) > 0 {
			width += screen.Width(p.texts[0]) + len(between)
		}
	}
	return width - len(between)
}

// headRows returns the head: what is shown, the sums or what has failed, and the heads of the columns.
func (v *View) headRows(l layout) []screen.Row {
	return []screen.Row{v.firstRow(l), v.secondRow(), v.columnRow(l)}[:v.headHeight()]
}

func (v *View) firstRow(l layout) screen.Row {
	var parts []part
	add := func(rank int, attr screen.Attr, texts ...string) { parts = append(parts, part{texts, rank, attr}) }
	if t := v.Model.current; t != nil {
		add(1, 0, t.Time.Format(clockFormat))
	}
	seconds := int(v.Every / time.Second)
	add(4, 0, fmt.Sprintf("every %d s", seconds), fmt.Sprintf("%d s", seconds))
	if v.paused {
		add(0, screen.Notice|screen.Bold, "paused")
	}
	if v.filter != "" {
		add(2, screen.Notice, fmt.Sprintf("only %q", v.filter), "/"+v.filter, "/")
	}
	if v.idle > 0 {
		add(2, screen.Notice, fmt.Sprint(v.idle, " without traffic hidden"), fmt.Sprint(v.idle, " idle hidden"), fmt.Sprint(v.idle, " idle"))
	}
	if by := v.unseenOrder(l); by != "" {
		add(3, 0, "by "+by)
	}
	if n := len(l.left); n > 0 {
		add(3, screen.Notice, "left out: "+strings.Join(l.left, " "), fmt.Sprint(n, " left out"))
	}
	for i, texts := range v.Where {
		add(5+i, 0, texts...)
	}
	return fitParts(parts, v.width)
}

// unseenOrder returns the column by which entries are sorted, if its head is not shown.
func (v *View) unseenOrder(l layout) string {
	if v.Model.current == nil {
		return ""
	}
	column := v.sortColumn()
	if column < 0 || slices.Contains(l.columns, column) {
		return ""
	}
	return v.columnHead(column)
}

func (v *View) secondRow() screen.Row {
	if v.Alert != "" {
		return screen.Row{{Text: screen.Shorten(v.Alert, v.width), Attr: screen.Bold | screen.Bad}}
	}
	if v.Model.current == nil {
		return nil
	}
	var parts []part
	for i, texts := range v.Model.current.Sums {
		parts = append(parts, part{texts: texts, rank: i})
	}
	return fitParts(parts, v.width)
}

// columnRow returns the heads of the columns. That of the order is marked.
func (v *View) columnRow(l layout) screen.Row {
	if v.Model.current == nil {
		return nil
	}
	row := newCells(blanks(gutter), v.Model.current.Label, l.label, screen.Bold)
	for i, c := range l.columns {
		attr := screen.Bold
		if c == v.sortColumn() {
			attr |= screen.Reverse
		}
		row.add(v.columnHead(c), l.widths[i], v.Model.current.columns[c].Kind != Text, attr)
	}
	return row.row
}

// lastRow returns the last line: what is being typed, or the names of keys and the position.
func (v *View) lastRow() screen.Row {
	if v.prompt != nil {
		return v.prompt.row(v.width)
	}
	position := v.position()
	width := v.width - len(between) - len(position)
	row := v.keyNames(width)
	if room := v.width - screen.Width(row.Text()); room > len(position) {
		row = append(row, screen.Span{Text: blanks(room-len(position)) + position})
	}
	return row
}

// position returns which of the lines are shown, if not all of them are.
func (v *View) position() string {
	if v.bodyHeight() >= len(v.lines) {
		return ""
	}
	last := min(v.top+v.bodyHeight(), len(v.lines))
	return fmt.Sprintf("%d-%d/%d", v.top+1, last, len(v.lines))
}

// keyNames returns what keys do, as many of them as fit into a width.
func (v *View) keyNames(width int) screen.Row {
	if !v.Keyboard {
		return screen.Row{{Text: screen.Shorten(noKeyboard, width)}}
	}
	var row screen.Row
	used := 0
	for _, b := range Bindings {
		if b.Short == "" {
			continue
		}
		w := screen.Width(b.Names) + 1 + len(b.Short)
		if used > 0 {
			w += len(between)
		}
		if used+w > width {
			break
		}
		if used > 0 {
			row = append(row, screen.Span{Text: between})
		}
		row = append(row, screen.Span{Text: b.Names, Attr: screen.Bold}, screen.Span{Text: " " + b.Short})
		used += w
	}
	return row
}

// noKeyboard is said in the last line where no key can be pressed.
const noKeyboard = "Standard input is not a terminal: there are no keys. Ctrl-C ends."
