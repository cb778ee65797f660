// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"os"
	"os/signal"
	"runtime"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/screen"
	"github.com/ipvsadm-go/ipvsadm/internal/top"
	"github.com/ipvsadm-go/ipvsadm/internal/visible"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"golang.org/x/sys/unix"
)

// A screenWatcher shows a listing on a terminal, over and over.
type screenWatcher struct {
	con      *console
	in, out  *os.File
	patience time.Duration // how long a terminal may take to show what is written when it is to be left
	read     func(context.Context, *top.Sample) reading
	view     *top.View
	colored  bool

	signals  chan os.Signal
	screen   *screen.Screen
	readings chan reading
	next     <-chan time.Time // when to read
	reading  bool             // whether a reading is in progress
	unused   *top.Sample      // memory for the next one
	drawn    chan error
	drawing  bool // whether a drawing is in progress
	stale    bool // whether there is something new to be drawn
}

func newScreenWatcher(r *runner, c *flags.Command, p *watchPlace, in, out *os.File) *screenWatcher {
	host, _ := os.Hostname()
	view := &top.View{Model: new(top.Model), Every: time.Duration(c.Listing.Watch) * time.Second, SortBy: c.Listing.SortBy,
		Where: where(c.NetNS, host)}
	return &screenWatcher{con: r.con, in: in, out: out, patience: r.sys.patience, read: newSampler(r, c, p).read, view: view,
		colored: drawnColored(&c.Listing), readings: make(chan reading, 1), drawn: make(chan error, 1)}
}

// where says where a table is: in a network namespace, if it has a name, of a host.
func where(namespace, host string) (parts [][]string) {
	if namespace != "" {
		name := visible.Text(namespace)
		parts = append(parts, []string{"namespace " + name, name})
	}
	if host != "" {
		name := screen.Printable(host)
		parts = append(parts, []string{"director " + name, name})
	}
	return parts
}

// watch shows the listing until a signal or a key ends it. If the first reading fails, it ends before the screen is used.
func (w *screenWatcher) watch(ctx context.Context, signals chan os.Signal) int {
	w.signals = signals
	w.start(ctx)
	select {
	case s := <-w.signals:
		return endedBy(s)
	case first := <-w.readings:
		if first.err != nil {
			w.con.fails(first.err)
			return exitListing
		}
		return w.begin(ctx, first)
	}
}

// begin continues after the first reading.
func (w *screenWatcher) begin(ctx context.Context, first reading) (code int) {
	signal.Notify(w.signals, unix.SIGCONT) // always: without it, the screen would not be drawn again
	notify(w.signals, []os.Signal{unix.SIGWINCH, unix.SIGTSTP})
	fresh := w.foreground()
	if code, ends := w.await(); ends {
		return code
	}
	var err error
	if w.screen, err = screen.Open(w.in, w.out, w.colored); err != nil {
		w.con.complain(message(err))
		return exitListing
	}
	w.view.Keyboard = w.screen.HasKeys()
	w.show(first)
	if !fresh {
		w.start(ctx)
	}
	code, err = w.loop(ctx)
	w.leave()
	if err != nil {
		w.con.complain(message(err))
		return exitListing
	}
	return code
}

// leave restores the terminal, which may not want to show anything, or be gone.
func (w *screenWatcher) leave() {
	left := make(chan struct{})
	go func() {
		_ = w.screen.Leave()
		close(left)
	}()
	select {
	case <-left:
	case <-time.After(w.patience):
	}
}

// loop shows readings until the watch ends or the terminal is gone.
func (w *screenWatcher) loop(ctx context.Context) (code int, err error) {
	gone := screen.Gone(w.out)
	for {
		w.draw()
		select {
		case r := <-w.readings:
			w.show(r)
		case <-w.next:
			w.start(ctx)
		case key := <-w.screen.Keys():
			if w.press(ctx, key) {
				return exitDone, nil
			}
		case s := <-w.signals:
			if code, ends := w.adapt(s); ends {
				return code, nil
			}
		case err := <-w.drawn:
			if w.drawing = false; err != nil {
				return 0, err
			}
		case <-gone:
			return 0, unix.EIO
		}
	}
}

// start starts a reading, in the background since names may take time.
func (w *screenWatcher) start(ctx context.Context) {
	if w.reading {
		return
	}
	w.reading, w.next = true, nil
	into := w.unused // until the reading is over
	go func() { w.readings <- w.read(ctx, into) }()
}

// show shows a reading, and schedules the next one.
func (w *screenWatcher) show(r reading) {
	w.reading = false
	w.view.Alert = ""
	if r.err != nil {
		w.view.Alert = screen.Printable(message(r.err))
	}
	if r.sample != nil {
		w.unused = w.view.Model.Update(r.sample)
		w.view.Update()
	}
	w.stale = true
	w.wait()
}

// wait schedules the next reading.
func (w *screenWatcher) wait() {
	w.next = nil
	if !w.view.Paused() && !w.reading {
		w.next = time.After(w.view.Every)
	}
}

// press does what keys ask for, all of those that have been pressed.
func (w *screenWatcher) press(ctx context.Context, key screen.Key) (quit bool) {
	w.stale = true
	for {
		switch w.view.Press(key) {
		case top.Quit:
			return true
		case top.Refresh:
			w.start(ctx)
		case top.Wait:
			w.wait()
		case top.Repaint:
			w.finish()
			w.screen.Forget()
		}
		select {
		case key = <-w.screen.Keys():
		default:
			return false
		}
	}
}

// draw starts drawing what is new, in the background: a terminal can be stopped, and even then a signal ends the
// watch.
func (w *screenWatcher) draw() {
	if !w.stale || w.drawing {
		return
	}
	w.stale, w.drawing = false, true
	width, height := w.screen.Size()
	w.view.Resize(width, height)
	rows := w.view.Rows()
	go func() { w.drawn <- w.screen.Draw(rows, width, height) }()
}

// finish waits for the end of the drawing that is in progress.
func (w *screenWatcher) finish() {
	if !w.drawing {
		return
	}
	select {
	case <-w.drawn:
		w.drawing = false
	case <-time.After(w.patience):
	}
}

// adapt handles a signal. What keeps the terminal from being left or entered also keeps the screen from being drawn.
func (w *screenWatcher) adapt(s os.Signal) (code int, ends bool) {
	switch s {
	case unix.SIGWINCH:
	case unix.SIGTSTP:
		if leadsSession() {
			return 0, false
		}
		w.finish()
		w.leave()
		stop()
		return w.adapt(w.continued())
	case unix.SIGCONT:
		w.finish()
		if code, ends = w.await(); ends {
			return code, true
		}
		_ = w.screen.Enter()
	default:
		return endedBy(s), true
	}
	w.stale = true
	return 0, false
}

// leadsSession reports whether the program is in the process group of a session's leader, which no shell could
// continue.
func leadsSession() bool {
	session, _ := unix.Getsid(0)
	return session == unix.Getpgrp()
}

// continued waits for the signal that has continued the program, before which nothing is to be drawn.
func (w *screenWatcher) continued() os.Signal {
	for {
		if s := <-w.signals; !keepsWaiting(s) {
			return s
		}
	}
}

// keepsWaiting reports whether a program that is not to draw goes on waiting after a signal.
func keepsWaiting(s os.Signal) bool { return s == unix.SIGWINCH || s == unix.SIGTSTP }

// foreground reports whether the program may use its terminal.
func (w *screenWatcher) foreground() bool { return screen.Foreground(w.in) && screen.Foreground(w.out) }

// await stops the program until it is in the foreground, unless a signal ends it before.
func (w *screenWatcher) await() (code int, ends bool) {
	screen.AwaitForeground(w.foreground, unix.SIGTTOU, w.signals, func(s os.Signal) bool {
		if ends = !keepsWaiting(s); ends {
			code = endedBy(s)
		}
		return ends
	})
	return code, ends
}

// stop stops the program until it is continued.
func stop() {
	// Once requested, SIGTSTP keeps the handler of the runtime. A signal to
	// the calling thread has taken effect when the call returns.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	_ = unix.Tgkill(unix.Getpid(), unix.Gettid(), unix.SIGSTOP)
}
