// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/screen"
	"golang.org/x/sys/unix"
)

// ofTerminal are the signals that a watch on a terminal handles in addition.
var ofTerminal = []os.Signal{unix.SIGWINCH, unix.SIGTSTP, unix.SIGCONT}

// errEnded is the error of a page that was not written because of a signal.
var errEnded = errors.New("ended by a signal")

// statsColumns is the number of columns at the end of a line of counters or rates.
const statsColumns = 5

// A watcher repeats a listing.
type watcher struct {
	con     *console
	list    func(context.Context, *console) error // makes a listing
	every   time.Duration
	lines   bool // a page is a line for programs, and is never drawn
	figures int  // how many columns are highlighted on changes
	signals chan os.Signal
	pages   chan page        // receives each listing once it is made
	next    <-chan time.Time // when to make the next one
	screen  *screen.Screen   // nil without a terminal
	keys    <-chan byte
}

// A page is a listing, or the beginning of one and its error.
type page struct {
	text []byte
	more int // how many lines follow that are not in text
	err  error
}

// watch lists until a signal or a key ends it.
func (w *watcher) watch(ctx context.Context) int {
	notify(w.signals, ending)
	defer signal.Stop(w.signals)
	go w.make(ctx, w.draws())
	select {
	case <-w.signals:
		return exitDone
	case first := <-w.pages:
		return w.begin(ctx, first)
	}
}

// make makes a page in the background, since names may take time: if it is to be drawn, no more than a screen can show.
func (w *watcher) make(ctx context.Context, drawn bool) {
	b := &pageWriter{limited: drawn}
	con := newConsole(w.con.name, nil, b, w.con.err)
	err := w.list(ctx, con)
	con.flush() // to memory
	w.pages <- page{b.text, b.more, err}
}

// A pageWriter keeps what is written, or only as much of it as a screen can show: a listing of
// connections may have millions of lines.
type pageWriter struct {
	limited bool
	text    []byte
	lines   int // in text
	more    int // after them
}

func (p *pageWriter) Write(b []byte) (int, error) {
	for line := range bytes.Lines(b) {
		if p.limited && p.lines == screen.MaxLines {
			p.more += bytes.Count(line, newline)
			continue
		}
		p.text = append(p.text, line...)
		p.lines += bytes.Count(line, newline)
	}
	return len(b), nil
}

var newline = []byte{'\n'}

// begin continues after the first page. If that has failed, the watch ends.
func (w *watcher) begin(ctx context.Context, first page) int {
	if first.err != nil {
		if !w.lines {
			w.con.write(first.text)
		}
		w.con.complain(message(first.err))
		return exitListing
	}
	in, out, ok := w.terminal()
	if !ok {
		return w.stream(ctx, first)
	}
	err := w.onScreen(ctx, in, out, first)
	if err != nil {
		w.con.complain(message(err))
		return exitListing
	}
	return exitDone
}

// stream continues after the first page without a terminal.
func (w *watcher) stream(ctx context.Context, first page) int {
	if err := w.loop(ctx, first); err != nil && !errors.Is(err, errEnded) {
		return w.con.cannotWrite(err)
	}
	return exitDone
}

// onScreen continues after the first page on a terminal.
func (w *watcher) onScreen(ctx context.Context, in, out *os.File, first page) (err error) {
	notify(w.signals, ofTerminal)
	if w.screen, err = screen.Open(in, out); err != nil {
		return err
	}
	w.keys = w.screen.Keys()
	err = w.loop(ctx, first)
	return errors.Join(err, w.screen.Leave())
}

// draws reports whether pages are drawn on a terminal.
func (w *watcher) draws() bool {
	_, _, ok := w.terminal()
	return ok
}

// terminal returns the input and output if pages can be drawn on them.
func (w *watcher) terminal() (in, out *os.File, ok bool) {
	in, hasIn := w.con.in.(*os.File)
	out, hasOut := w.con.sink.(*os.File)
	term := os.Getenv("TERM")
	return in, out, !w.lines && hasIn && hasOut && term != "" && term != "dumb" && screen.IsTerminal(out)
}

// loop shows pages until the watch ends or its output is gone.
func (w *watcher) loop(ctx context.Context, first page) error {
	err := w.show(first)
	for err == nil {
		select {
		case p := <-w.pages:
			err = w.show(p)
		case <-w.next:
			go w.make(ctx, w.screen != nil)
		case key := <-w.keys:
			if key == 'q' {
				return nil
			}
		case s := <-w.signals:
			if slices.Contains(ending, s) {
				return nil
			}
			err = w.adapt(s)
		}
	}
	return err
}

// show shows a page and schedules the next one. A page that has failed is replaced by a
// message.
func (w *watcher) show(p page) error {
	w.next = time.After(w.every)
	if w.screen != nil {
		if p.err != nil {
			p.text, p.more = []byte(message(p.err)), 0
		}
		return w.screen.Draw(string(p.text), p.more, w.figures)
	}
	if p.err != nil {
		w.con.complain(message(p.err))
		return nil
	}
	return w.writePage(p.text)
}

// writePage writes a page without a terminal. Its reader may block
// the write: even then a signal ends the watch.
func (w *watcher) writePage(text []byte) error {
	if !w.lines {
		text = append(text, '\n')
	}
	written := make(chan error, 1)
	go func() {
		_, err := w.con.sink.Write(text)
		written <- err
	}()
	select {
	case err := <-written:
		return err
	case <-w.signals:
		return errEnded
	}
}

// adapt handles a signal about the terminal. What keeps the terminal from being left or entered also keeps the page from
// being drawn.
func (w *watcher) adapt(s os.Signal) error {
	switch s {
	case unix.SIGTSTP:
		w.suspend()
	case unix.SIGCONT:
		_ = w.screen.Enter()
	}
	return w.screen.Redraw()
}

// suspend restores the terminal and stops the program until it is continued. In the process
// group of a session leader it does nothing, because no shell could continue it.
func (w *watcher) suspend() {
	if session, _ := unix.Getsid(0); session == unix.Getpgrp() {
		return
	}
	_ = w.screen.Leave()
	// Once requested, SIGTSTP keeps the handler of the runtime. A signal to
	// the calling thread has taken effect when the call returns.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	_ = unix.Tgkill(unix.Getpid(), unix.Gettid(), unix.SIGSTOP)
	_ = w.screen.Enter()
}
