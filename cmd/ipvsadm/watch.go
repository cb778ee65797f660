// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/screen"
	"golang.org/x/sys/unix"
)

// An endedError is why no more pages are written: a signal.
type endedError struct{ signal os.Signal }

func (endedError) Error() string { return "ended by a signal" }

// A watcher repeats a listing.
type watcher struct {
	con        *console
	list       func(context.Context, *console) error // makes a listing
	every      time.Duration
	lines      bool // a page is a line for programs, and is never drawn
	signals    chan os.Signal
	pages      chan page        // receives each listing once it is made
	next       <-chan time.Time // when to make the next one
	gone       <-chan struct{}  // closed when nobody reads the output any more
	isTerminal func(stream any) bool
	onScreen   func(in, out *os.File) *screenWatcher
}

// A page is a listing, or the beginning of one and its error.
type page struct {
	text []byte
	err  error
}

// watch lists until a signal or a key ends it.
func (w *watcher) watch(ctx context.Context) int {
	notifyAll(w.signals)
	defer signal.Stop(w.signals)
	if in, out, ok := w.terminal(); ok {
		return w.onScreen(in, out).watch(ctx, w.signals)
	}
	if out, ok := w.con.sink.(*os.File); ok {
		w.gone = screen.Gone(out)
	}
	go w.make(ctx)
	select {
	case s := <-w.signals:
		return endedBy(s)
	case first := <-w.pages:
		return w.begin(ctx, first)
	}
}

// make makes a page in the background, since names may take time.
func (w *watcher) make(ctx context.Context) {
	var b bytes.Buffer
	con := newConsole(w.con.name, nil, &b, w.con.err)
	err := w.list(ctx, con)
	con.flush() // to memory
	w.pages <- page{b.Bytes(), err}
}

// begin continues after the first page. If that has failed, the watch ends.
func (w *watcher) begin(ctx context.Context, first page) int {
	if first.err != nil {
		if !w.lines {
			w.con.write(first.text)
		}
		w.con.fails(first.err)
		return exitListing
	}
	err := w.loop(ctx, first)
	var ended endedError
	if errors.As(err, &ended) {
		return endedBy(ended.signal)
	}
	return w.con.cannotWrite(err)
}

// terminal returns the input and output if listings can be shown on them as on a screen.
func (w *watcher) terminal() (in, out *os.File, ok bool) {
	in, hasIn := w.con.in.(*os.File)
	out, hasOut := drawable(w.con.sink, w.isTerminal)
	return in, out, !w.lines && hasIn && hasOut
}

// loop writes pages until the watch ends or its output is gone, and returns why.
func (w *watcher) loop(ctx context.Context, first page) error {
	err := w.show(first)
	for err == nil {
		select {
		case p := <-w.pages:
			err = w.show(p)
		case <-w.next:
			go w.make(ctx)
		case s := <-w.signals:
			err = endedError{s}
		case <-w.gone:
			err = unix.EPIPE
		}
	}
	return err
}

// show writes a page and schedules the next one. Instead of one that has failed there is a message.
func (w *watcher) show(p page) error {
	w.next = time.After(w.every)
	if p.err != nil {
		w.con.complain(message(p.err))
		return nil
	}
	return w.writePage(p.text)
}

// writePage writes a page. Its reader may block the write: even then a signal ends the watch.
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
	case s := <-w.signals:
		return endedError{s}
	}
}

// harmless are the signals that do not end a program, those that no program can handle, the ones that belong to
// the runtime and the C library, and SIGPIPE, which is requested in a way of its own.
var harmless = []syscall.Signal{
	unix.SIGKILL, unix.SIGSTOP, unix.SIGTSTP, unix.SIGTTIN, unix.SIGTTOU, unix.SIGCONT,
	unix.SIGCHLD, unix.SIGURG, unix.SIGWINCH, unix.SIGPIPE, unix.SIGPROF, 32, 33, 34,
}

// lastSignal is the highest number of a signal.
const lastSignal = 64

// notifyAll requests all signals that would end a program, except those that were ignored when it started.
func notifyAll(c chan<- os.Signal) {
	notifyBrokenPipes(c)
	notify(c, fatal())
}

// fatal returns the signals that would end a program and can be requested.
func fatal() (all []os.Signal) {
	for s := syscall.Signal(1); s <= lastSignal; s++ {
		if !slices.Contains(harmless, s) {
			all = append(all, s)
		}
	}
	return all
}

// endedBy returns the exit code after a signal. Those that people and shells send are an orderly end.
func endedBy(s os.Signal) int {
	if slices.Contains(ending, s) {
		return exitDone
	}
	return exitSignal + int(s.(syscall.Signal))
}
