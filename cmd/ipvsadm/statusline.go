// SPDX-License-Identifier: Apache-2.0

package main

import (
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/screen"
)

// A statusLine shows on standard error how far a command is: on a terminal in place, elsewhere as a line
// whenever it changes, but not more often than every so often.
type statusLine struct {
	con   *console
	every time.Duration
	line  *screen.Line // nil without a terminal

	last  string
	next  time.Time // when the next line may be written
	shown bool      // whether there is something in place
}

func newStatusLine(con *console, terminal func(stream any) bool, every time.Duration) *statusLine {
	p := &statusLine{con: con, every: every}
	if f, ok := drawable(con.err, terminal); ok {
		p.line = screen.NewLine(f)
	}
	return p
}

// show shows a text instead of the last one.
func (p *statusLine) show(text string) {
	switch now := time.Now(); {
	case p.line != nil:
		p.line.Show(text)
		p.shown = true
	case text != p.last && !now.Before(p.next):
		p.con.complain(text)
		p.last, p.next = text, now.Add(p.every)
	}
}

// say writes a message, which stays.
func (p *statusLine) say(text string) {
	p.end()
	p.con.complain(text)
}

// end removes what is in place.
func (p *statusLine) end() {
	if p.shown {
		p.line.Clear()
		p.shown = false
	}
}
