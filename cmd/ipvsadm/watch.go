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
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"golang.org/x/sys/unix"
)

// ofTerminal are those that a watch on a terminal has to know of besides.
var ofTerminal = []os.Signal{unix.SIGWINCH, unix.SIGTSTP, unix.SIGCONT}

// errEnded is the error of a page that a signal has kept from being written.
var errEnded = errors.New("ended by a signal")

// statsColumns is how many columns a line of counters or rates ends with.
const statsColumns = 5

// A watcher lists again and again.
type watcher struct {
	con     *console
	list    func(context.Context, *console) error // makes a listing
	every   time.Duration
	figures int // how many columns have marks
	signals chan os.Signal
	pages   chan page        // has each listing once it is made
	next    <-chan time.Time // when the next one is to be made
	screen  *screen.Screen   // nil for a stream
	keys    <-chan byte
}

// A page is a listing, or the part of it that could be read and the error that ended it.
type page struct {
	text []byte
	err  error
}

// watcher returns what runs -L --watch.
func (r *runner) watcher(c *flags.Command) *watcher {
	w := &watcher{
		con:     r.con,
		list:    func(ctx context.Context, con *console) error { return r.lister(con).list(ctx, c) },
		every:   time.Duration(c.Listing.Watch) * time.Second,
		signals: make(chan os.Signal, 16),
		pages:   make(chan page, 1),
	}
	if c.Listing.Stats || c.Listing.Rate {
		w.figures = statsColumns
	}
	return w
}

// watch lists until a signal or a key ends it.
func (w *watcher) watch(ctx context.Context) int {
	notify(w.signals, ending)
	defer signal.Stop(w.signals)
	go w.make(ctx)
	select {
	case <-w.signals:
		return exitDone
	case first := <-w.pages:
		return w.begin(ctx, first)
	}
}

// make makes a page. It runs concurrently with everything else: looking up names may take
// a while.
func (w *watcher) make(ctx context.Context) {
	var b bytes.Buffer
	con := newConsole(w.con.name, nil, &b, w.con.err)
	err := w.list(ctx, con)
	con.flush() // to memory
	w.pages <- page{b.Bytes(), err}
}

// begin goes on from the first page. If that has failed, there is nothing to watch.
func (w *watcher) begin(ctx context.Context, first page) int {
	if first.err != nil {
		_ = w.con.write(first.text) // what it failed with comes first
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

// stream goes on from the first page without a terminal.
func (w *watcher) stream(ctx context.Context, first page) int {
	if err := w.loop(ctx, first); err != nil && !errors.Is(err, errEnded) {
		return w.con.cannotWrite(err)
	}
	return exitDone
}

// onScreen goes on from the first page on a terminal.
func (w *watcher) onScreen(ctx context.Context, in, out *os.File, first page) (err error) {
	notify(w.signals, ofTerminal)
	if w.screen, err = screen.Open(in, out); err != nil {
		return err
	}
	w.keys = w.screen.Keys()
	err = w.loop(ctx, first)
	return errors.Join(err, w.screen.Leave())
}

// terminal returns what pages are drawn on, if it is a terminal that they can be drawn on.
func (w *watcher) terminal() (in, out *os.File, ok bool) {
	in, hasIn := w.con.in.(*os.File)
	out, hasOut := w.con.sink.(*os.File)
	term := os.Getenv("TERM")
	return in, out, hasIn && hasOut && term != "" && term != "dumb" && screen.IsTerminal(out)
}

// loop shows pages until the watch is to end, or what they are shown on is gone.
func (w *watcher) loop(ctx context.Context, first page) error {
	err := w.show(first)
	for err == nil {
		select {
		case p := <-w.pages:
			err = w.show(p)
		case <-w.next:
			go w.make(ctx)
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

// show shows a page, and has the next one made after a while. A page that has failed is a
// message in its place.
func (w *watcher) show(p page) error {
	w.next = time.After(w.every)
	if w.screen != nil {
		if p.err != nil {
			p.text = []byte(message(p.err))
		}
		return w.screen.Draw(string(p.text), w.figures)
	}
	if p.err != nil {
		w.con.complain(message(p.err))
		return nil
	}
	return w.writePage(p.text)
}

// writePage writes a page that is not for a screen. Whoever reads it may take nothing for
// now: even then a signal ends the watch.
func (w *watcher) writePage(text []byte) error {
	written := make(chan error, 1)
	go func() {
		_, err := w.con.sink.Write(append(text, '\n'))
		written <- err
	}()
	select {
	case err := <-written:
		return err
	case <-w.signals:
		return errEnded
	}
}

// adapt does what a signal about the terminal asks for.
func (w *watcher) adapt(s os.Signal) error {
	switch s {
	case unix.SIGTSTP:
		if err := w.suspend(); err != nil {
			return err
		}
	case unix.SIGCONT:
		if err := w.screen.Enter(); err != nil {
			return err
		}
	}
	return w.screen.Redraw()
}

// suspend gives the terminal back and stops the program, until it is to go on. In the process
// group of a session's leader it does nothing, as there is no shell to bring it back.
func (w *watcher) suspend() error {
	session, err := unix.Getsid(0)
	if err != nil || session == unix.Getpgrp() {
		return err
	}
	if err := w.screen.Leave(); err != nil {
		return err
	}
	// SIGTSTP, once asked for, cannot be had without the runtime's handler any more. A signal to
	// one's own thread has had its effect when the call is over.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Tgkill(unix.Getpid(), unix.Gettid(), unix.SIGSTOP); err != nil {
		return os.NewSyscallError("tgkill", err)
	}
	return w.screen.Enter()
}
