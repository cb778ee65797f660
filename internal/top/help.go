// SPDX-License-Identifier: Apache-2.0

package top

import (
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/screen"
)

// signs are what else is on the screen.
var signs = [][2]string{
	{">", "the line at the cursor"},
	{"+", "an entry that is new"},
	{"-", "an entry that was deleted, with the time; it stays for a minute"},
	{"12", "in reverse: a figure that has changed"},
	{"+12", "after a service: its real servers are hidden"},
	{screen.Omitted, "a part of an address that has no room"},
}

// helpColumn is where descriptions begin.
const helpColumn = 10

// helpLines returns the help page, wrapped.
func (v *View) helpLines() (lines []screen.Row) {
	add := func(name, text string) {
		for i, line := range wrap(text, max(8, v.width-helpColumn)) {
			if i > 0 {
				name = ""
			}
			lines = append(lines, screen.Row{
				{Text: name + blanks(helpColumn-screen.Width(name)), Attr: screen.Bold}, {Text: line},
			})
		}
	}
	for _, b := range Bindings {
		if b.Help != "" {
			add(b.Names, b.Help)
		}
	}
	lines = append(lines, nil)
	for _, s := range signs {
		add(s[0], s[1])
	}
	return lines
}

// wrap breaks a text at blanks.
func wrap(text string, width int) (lines []string) {
	line := ""
	for _, word := range strings.Fields(text) {
		switch {
		case line == "":
			line = word
		case len(line)+1+len(word) <= width:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	return append(lines, line)
}

func (v *View) openHelp() Effect {
	v.help, v.helpTop = true, 0
	return None
}

// helpPage returns what the window shows of the help.
func (v *View) helpPage() []screen.Row {
	lines, height := v.helpLines(), max(1, v.height-1)
	v.helpTop = max(0, min(v.helpTop, len(lines)-height))
	end := min(v.helpTop+height, len(lines))
	rows := append([]screen.Row(nil), lines[v.helpTop:end]...)
	for len(rows) < height {
		rows = append(rows, nil)
	}
	last := "any key: back"
	if height < len(lines) {
		last = "j k PgUp PgDn: more; others: back"
	}
	return append(rows[:v.height-1], screen.Row{{Text: screen.Shorten(last, v.width), Attr: screen.Bold}})
}

// pressHelp moves the help page, or leaves it.
func (v *View) pressHelp(key screen.Key) Effect {
	page := max(1, v.height-1)
	by, moves := map[screen.Key]int{
		"j": 1, screen.Down: 1, "k": -1, screen.Up: -1, " ": page, screen.PageDown: page, screen.PageUp: -page,
		"g": -1 << 20, screen.Home: -1 << 20, "G": 1 << 20, screen.End: 1 << 20,
	}[key]
	if !moves {
		v.help = false
		return None
	}
	v.helpTop = max(0, v.helpTop+by)
	return None
}
