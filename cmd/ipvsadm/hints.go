// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/schedulers"
	"github.com/ipvsadm-go/ipvsadm/internal/visible"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// A hinter follows messages by hints where standard error is a terminal. There is one hint of each kind at most,
// however many lines a restore has. A nil hinter is silent.
type hinter struct {
	con      *console
	terminal func(stream any) bool
	read     func() bool // whether standard error is a terminal; a restore asks while it reports

	patience time.Duration // with the kernel
	given    []string      // the kinds of hints that were given, or had nothing to say

	noted flags.Oddities // in lines of rules
	odd   []string       // a hint about each, with the first line that is told to have it

	// Where hints find what they name.
	client     func() *ipvsnl.Client // nil before IPVS is open
	schedulers func() ([]schedulers.Scheduler, error)
	interfaces func() []string
}

// newHinter returns the hinter of a runner.
func newHinter(r *runner) *hinter {
	return &hinter{
		con: r.con, terminal: r.sys.terminal, patience: r.sys.patience,
		read:       sync.OnceValue(func() bool { return r.sys.terminal(r.con.err) }),
		client:     func() *ipvsnl.Client { return r.client },
		schedulers: r.sys.schedulers,
		interfaces: func() []string { return linkNames(r.sys.links(r.netns)) },
	}
}

// active reports whether there is someone to read hints.
func (h *hinter) active() bool { return h != nil && h.read() }

// once reports whether no hint of a kind was given before.
func (h *hinter) once(kind string) bool {
	if slices.Contains(h.given, kind) {
		return false
	}
	h.given = append(h.given, kind)
	return true
}

// say writes a hint, unless it is empty.
func (h *hinter) say(text string) {
	if text != "" {
		h.con.complain("hint: " + text)
	}
}

// A problem is what a message was about.
type problem struct {
	err     error
	fault   *flags.Error  // nil unless words are at fault
	change  ipvsnl.Change // its zero value unless an operation failed: then that, as far as it is known
	checked bool          // whether lines of rules are at fault, and not the kernel's table
}

// after follows the message of an error.
func (h *hinter) after(err error) { h.afterError(err, false) }

// afterCheck follows the message about a line of rules that is checked, and run, if at all, on a table in memory.
func (h *hinter) afterCheck(err error) { h.afterError(err, true) }

func (h *hinter) afterError(err error, checked bool) {
	if !h.active() {
		return
	}
	var applied *ipvsnl.ApplyError
	if errors.As(err, &applied) && len(applied.Failures) > 0 {
		h.afterFailure(&applied.Failures[0])
		return
	}
	p := &problem{err: err, checked: checked}
	errors.As(err, &p.fault)
	var e *ipvsnl.Error
	if errors.As(err, &e) {
		p.change = ipvsnl.Change{Op: e.Op, Service: ipvsnl.Service{Key: e.Service},
			Destination: ipvsnl.Destination{Addr: e.Destination}, Daemon: ipvsnl.Daemon{State: e.Daemon}}
	}
	h.find(p)
}

// afterFailure follows the message of a change that failed.
func (h *hinter) afterFailure(f *ipvsnl.Failure) {
	if h.active() {
		h.find(&problem{err: f.Err, change: f.Change})
	}
}

// find gives the hint of the row that is about a problem.
func (h *hinter) find(p *problem) {
	for _, row := range hintRows() {
		if row.about(p) {
			if h.once(row.kind) {
				h.say(row.text(h, p))
			}
			return
		}
	}
}

// about reports whether a row is about a problem.
func (row *hintRow) about(p *problem) bool {
	if row.fault != flags.Unexplained {
		return p.fault != nil && p.fault.Fault == row.fault
	}
	return errors.Is(p.err, row.err)
}

// text returns the first of a row's hints that has something to say.
func (row *hintRow) text(h *hinter, p *problem) string {
	ctx, cancel := context.WithTimeout(context.Background(), h.patience)
	defer cancel()
	for _, f := range row.texts {
		if text := f(ctx, h, p); text != "" {
			return text
		}
	}
	return ""
}

// afterSuccess follows a change that was made, but hardly as it was meant, given what it has changed if it is one of
// those that are looked at before.
func (h *hinter) afterSuccess(c *flags.Command, before *edited) {
	if c.Oddities != 0 && h.active() {
		text, _ := oddText(c.Oddities, &c.Change)
		h.say(text)
	}
	if before != nil {
		h.say(before.resetting(c))
	}
}

// note notes what a line of rules has that hardly anyone means, unless it was noted of an earlier one.
func (h *hinter) note(c *flags.Command, line int) {
	if c.Oddities == 0 || !h.active() {
		return
	}
	if odd := c.Oddities &^ h.noted; odd != 0 {
		text, of := oddText(odd, &c.Change)
		h.noted |= of
		h.odd = append(h.odd, fmt.Sprintf("line %d: %s", line, text))
	}
}

// tell gives the hints about what was noted.
func (h *hinter) tell() {
	if h == nil {
		return
	}
	for _, text := range h.odd {
		h.say(text)
	}
	h.odd = nil
}

// oddText returns the first hint about a change's oddities, and the one that it is about.
func oddText(odd flags.Oddities, c *ipvsnl.Change) (text string, of flags.Oddities) {
	for _, row := range oddRows() {
		if odd&row.oddity != 0 {
			return row.text(c), row.oddity
		}
	}
	return "", 0
}

// waits says that a restore waits for rules, if it reads them from a terminal. How says what happens to them.
func (h *hinter) waits(how string) {
	if h.active() && h.terminal(h.con.in) {
		h.say("waiting for rules from the terminal: " + how)
	}
}

// What happens to rules from a terminal.
const (
	eachAtOnce  = "each is run when it is entered, Ctrl-D ends them, and Ctrl-C leaves the table as it is then"
	allTogether = "Ctrl-D ends them, and Ctrl-C leaves the table alone"
)

// shown returns a word of the user in quotes.
func shown(word string) string { return "`" + visible.Text(word) + "'" }
