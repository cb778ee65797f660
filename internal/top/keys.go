// SPDX-License-Identifier: Apache-2.0

package top

import (
	"slices"

	"github.com/ipvsadm-go/ipvsadm/internal/screen"
)

// An Effect is what a key asks for, besides a change of the view.
type Effect uint8

// The effects.
const (
	None    Effect = iota
	Quit           // to end
	Refresh        // to read the table now
	Wait           // to read it again after the interval, or never if the view is paused
	Repaint        // to write all of the screen again
)

// A Binding is what keys do.
type Binding struct {
	Keys  []screen.Key
	Names string // of the keys
	Short string // what is said in the last line; empty for nothing
	Help  string
	press func(*View) Effect
}

// Bindings are what the keys do, the most important ones first: the last line names as many as it has room for.
var Bindings = [...]Binding{
	{[]screen.Key{"q"}, "q", "quit", "end the watch", func(*View) Effect { return Quit }},
	{[]screen.Key{"?", "h"}, "?", "help", "show this page, or leave it, as does h", (*View).openHelp},
	{[]screen.Key{"/"}, "/", "filter", "show only what has a text in its address, name or mark", (*View).askFilter},
	{[]screen.Key{"<", ">"}, "< >", "sort", "", nil},
	{[]screen.Key{"<"}, "<", "", "sort by the column to the left; before the first is the order of the table", func(v *View) Effect { return v.sortNext(-1) }},
	{[]screen.Key{">"}, ">", "", "sort by the column to the right", func(v *View) Effect { return v.sortNext(1) }},
	{[]screen.Key{"r"}, "r", "reverse", "reverse the order", (*View).reverse},
	{[]screen.Key{"f"}, "f", "fold", "hide the real servers of all services, or show them", (*View).fold},
	{[]screen.Key{screen.Enter}, "Enter", "", "hide those of the service at the cursor, or show them", (*View).foldOne},
	{[]screen.Key{"i"}, "i", "idle", "hide services without traffic, or show them", (*View).toggleIdle},
	{[]screen.Key{"p"}, "p", "pause", "stop reading the table, or go on", (*View).pause},
	{[]screen.Key{"d"}, "d", "interval", "change how often the table is read", (*View).askInterval},
	{[]screen.Key{" "}, "Space", "", "read the table now", func(*View) Effect { return Refresh }},
	{[]screen.Key{screen.Down, "j"}, "j Down", "", "one line down", func(v *View) Effect { return v.move(v.cursor.line + 1) }},
	{[]screen.Key{screen.Up, "k"}, "k Up", "", "one line up", func(v *View) Effect { return v.move(v.cursor.line - 1) }},
	{[]screen.Key{screen.PageDown}, "PgDn", "", "one page down", func(v *View) Effect { return v.move(v.cursor.line + v.rows()) }},
	{[]screen.Key{screen.PageUp}, "PgUp", "", "one page up", func(v *View) Effect { return v.move(v.cursor.line - v.rows()) }},
	{[]screen.Key{"g", screen.Home}, "g Home", "", "to the top, and stay there", (*View).toTop},
	{[]screen.Key{"G", screen.End}, "G End", "", "to the end", func(v *View) Effect { return v.move(len(v.lines) - 1) }},
	{[]screen.Key{screen.Right}, "Right", "", "make room for the next column, in place of one at the left", func(v *View) Effect { return v.scroll(1) }},
	{[]screen.Key{screen.Left}, "Left", "", "go back to the column before", func(v *View) Effect { return v.scroll(-1) }},
	{[]screen.Key{screen.CtrlL}, "Ctrl-L", "", "draw all of the screen again", func(*View) Effect { return Repaint }},
}

// Press changes the view as a key asks for.
func (v *View) Press(key screen.Key) Effect {
	switch {
	case v.prompt != nil:
		return v.typed(key)
	case v.help:
		return v.pressHelp(key)
	}
	for _, b := range Bindings {
		if b.press != nil && slices.Contains(b.Keys, key) {
			return b.press(v)
		}
	}
	return None
}

func (v *View) move(line int) Effect {
	v.moveTo(line)
	return None
}

func (v *View) toTop() Effect {
	v.moveTo(0)
	v.anchored = false
	return None
}

// sortNext sorts by another column that is shown: none, or that many further on.
func (v *View) sortNext(by int) Effect {
	shown := v.shownColumns()
	at := slices.Index(shown, v.sortColumn()) + by
	if at < 0 {
		v.SortBy = ""
	} else {
		c := v.Model.current.columns[shown[min(at, len(shown)-1)]]
		v.SortBy, v.ascending = c.Name, c.Kind == Text
	}
	v.Update()
	return None
}

func (v *View) reverse() Effect {
	v.ascending = !v.ascending
	v.Update()
	return None
}

func (v *View) fold() Effect {
	v.foldAll = !v.foldAll
	clear(v.folded)
	v.Update()
	return None
}

// foldOne folds the group at the cursor, or unfolds it.
func (v *View) foldOne() Effect {
	if len(v.lines) == 0 {
		return None
	}
	if v.folded == nil {
		v.folded = map[string]bool{}
	}
	v.anchored = true
	if id := v.cursor.group; v.folded[id] {
		delete(v.folded, id)
	} else {
		v.folded[id] = true
	}
	v.Update()
	return None
}

func (v *View) toggleIdle() Effect {
	v.hideIdle = !v.hideIdle
	v.Update()
	return None
}

func (v *View) pause() Effect {
	v.paused = !v.paused
	return Wait
}

// Paused reports whether the table is not to be read.
func (v *View) Paused() bool { return v.paused }

// scroll moves on to other columns: from the labels, which are complete at first, to each column in turn. The first one has
// no turn if there is room for it next to complete labels.
func (v *View) scroll(by int) Effect {
	to := v.scrolled + by
	if to == 1 {
		if v.scrolled = 0; len(v.layout().columns) > 0 {
			to += by
		}
	}
	v.scrolled = max(0, min(to, len(v.shownColumns())))
	return None
}
