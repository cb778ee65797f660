// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
)

// newWatcher returns a watcher of listings, one after the other as fast as it goes, and
// its console.
func newWatcher(in io.Reader, out, err io.Writer, list func(n int, con *console) error) *watcher {
	s := &system{names: func(context.Context, func()) names { return testNames{} }}
	w := newRunner(s, newConsole("ipvsadm", in, out, err)).watcher(&flags.Command{Listing: flags.Listing{Watch: 1}})
	var n atomic.Int64
	w.list = func(_ context.Context, con *console) error { return list(int(n.Add(1)), con) }
	w.every = 0
	return w
}

// onePage is a listing of one line.
func onePage(_ int, con *console) error {
	con.write([]byte("page\n"))
	return nil
}

func TestWatcher(t *testing.T) {
	r := newRunner(&newTestSystem(t).system, newConsole("ipvsadm", nil, nil, nil))
	for _, c := range []struct {
		listing flags.Listing
		figures int
	}{
		{flags.Listing{Watch: 3}, 0},
		{flags.Listing{Watch: 3, Stats: true}, 5},
		{flags.Listing{Watch: 3, Rate: true}, 5},
	} {
		w := r.watcher(&flags.Command{Listing: c.listing})
		require.Equal(t, 3*time.Second, w.every)
		require.Equal(t, c.figures, w.figures)
	}
}

// A stream has page after page with an empty line between, until a signal.
func TestWatchStream(t *testing.T) {
	for _, sig := range []unix.Signal{unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT} {
		var out, messages bytes.Buffer
		w := newWatcher(nil, &out, &messages, func(n int, con *console) error {
			switch n {
			case 2:
				con.write([]byte("half a page\n"))
				return errBroken
			case 4:
				raiseSignal(sig)
				select {}
			}
			con.write([]byte("page " + itoa(n) + "\n"))
			return nil
		})
		require.Equal(t, exitDone, w.watch(t.Context()))
		require.Equal(t, "page 1\n\npage 3\n\n", out.String())
		require.Equal(t, "broken\n", messages.String())
	}
}

// A listing that is to be watched has an empty line after each page, and lasts until a signal.
func TestWatchListing(t *testing.T) {
	s := newListed(t)
	want := s.input("", "ipvsadm -L -n -f 2").stdout
	var out safeBuffer
	var messages bytes.Buffer
	require.Equal(t, exitDone, s.run(strings.Fields("ipvsadm -L -n -f 2 --watch 3600"), nil, writerFunc(func(b []byte) (int, error) {
		raiseSignal(unix.SIGTERM)
		return out.Write(b)
	}), &messages))
	require.Empty(t, messages.String())
	require.Contains(t, []string{want + "\n", ""}, out.String(), "the signal may come before the write is over")
}

// A page is made when the time has come, not before.
func TestWatchWaits(t *testing.T) {
	var out bytes.Buffer
	w := newWatcher(nil, &out, io.Discard, func(n int, con *console) error {
		if n == 2 {
			t.Error("a second page, too early")
		}
		raiseSignal(unix.SIGTERM)
		con.write([]byte("page\n"))
		return nil
	})
	w.every = time.Hour
	require.Equal(t, exitDone, w.watch(t.Context()))
}

// If the first page fails, there is nothing to watch.
func TestWatchFails(t *testing.T) {
	s := newListed(t)
	require.Equal(t, result{stderr: "No such service\n", code: 1}, s.input("", "ipvsadm -L -f 9 --watch 1"))
	s.breakReading(getDest)
	require.Equal(t, result{stdout: head, stderr: "Cannot list destinations: netlink send: broken\n", code: 1},
		s.input("", "ipvsadm -L -n --watch 1"))
}

// A signal ends a watch that has not shown its first page yet.
func TestWatchNoPage(t *testing.T) {
	w := newWatcher(nil, io.Discard, io.Discard, func(int, *console) error {
		raiseSignal(unix.SIGTERM)
		select {}
	})
	require.Equal(t, exitDone, w.watch(t.Context()))
}

// So it does if whoever reads the pages takes nothing.
func TestWatchBlocked(t *testing.T) {
	r, out := io.Pipe()
	defer r.Close()
	w := newWatcher(nil, writerFunc(func(b []byte) (int, error) {
		raiseSignal(unix.SIGTERM)
		return out.Write(b)
	}), io.Discard, onePage)
	require.Equal(t, exitDone, w.watch(t.Context()))
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// A watch ends when its output does.
func TestWatchLost(t *testing.T) {
	for err, want := range map[error]int{unix.EPIPE: 141, unix.ENOSPC: 1} {
		var messages bytes.Buffer
		w := newWatcher(nil, &full{room: 10, err: err}, &messages, onePage)
		require.Equal(t, want, w.watch(t.Context()))
		if want == 1 {
			require.Equal(t, "cannot write: write /dev/stdout: no space left on device\n", messages.String())
		} else {
			require.Empty(t, messages.String())
		}
	}
}

// A terminal is a pseudo-terminal, and what is drawn on it.
type terminal struct {
	master, slave *os.File
	drawn         safeBuffer
}

func newTerminal(t *testing.T) *terminal {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = master.Close() })
	require.NoError(t, unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0))
	n, err := unix.IoctlGetUint32(int(master.Fd()), unix.TIOCGPTN)
	require.NoError(t, err)
	slave, err := os.OpenFile("/dev/pts/"+itoa(int(n)), os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = slave.Close() })
	require.NoError(t, unix.IoctlSetWinsize(int(slave.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 80}))
	term := &terminal{master: master, slave: slave}
	go func() { _, _ = io.Copy(&term.drawn, master) }()
	t.Setenv("TERM", "xterm")
	return term
}

// shows waits until a text is drawn so many times.
func (term *terminal) shows(t *testing.T, text string, times int) {
	t.Helper()
	require.Eventually(t, func() bool { return strings.Count(term.drawn.String(), text) >= times }, waiting, polling)
}

func (term *terminal) mode(t *testing.T) unix.Termios {
	t.Helper()
	mode, err := unix.IoctlGetTermios(int(term.slave.Fd()), unix.TCGETS)
	require.NoError(t, err)
	return *mode
}

// On a terminal pages are drawn one over the other, until q is typed.
func TestWatchTerminal(t *testing.T) {
	term := newTerminal(t)
	before := term.mode(t)
	w := newWatcher(term.slave, term.slave, term.slave, func(n int, con *console) error {
		switch n {
		case 2:
			return errBroken
		case 4:
			select {} // it would read a terminal that is closed
		}
		con.write([]byte("page " + itoa(n) + "\n"))
		return nil
	})
	code := make(chan int, 1)
	go func() { code <- w.watch(t.Context()) }()
	term.shows(t, "page 1", 1)
	term.shows(t, "broken", 1)
	term.shows(t, "page 3", 1)
	require.NotEqual(t, before, term.mode(t))
	for i, sig := range []unix.Signal{unix.SIGWINCH, unix.SIGCONT} {
		raiseSignal(sig)
		term.shows(t, "page 3", 2+i)
	}
	_, err := term.master.WriteString("x") // a key without a meaning
	require.NoError(t, err)
	raiseSignal(unix.SIGWINCH)
	term.shows(t, "page 3", 4)
	_, err = term.master.WriteString("q")
	require.NoError(t, err)
	require.Equal(t, exitDone, <-code)
	require.Equal(t, before, term.mode(t))
}

// A watch is suspended like any program, leaves the terminal to others meanwhile, and draws its page again after that. The
// leader of a session, which no shell can bring back, is not suspended.
func TestWatchSuspend(t *testing.T) {
	for _, isLeader := range []bool{false, true} {
		term := newTerminal(t)
		before := term.mode(t)
		cmd := program(t, "watch")
		cmd.Stdin, cmd.Stdout = term.slave, term.slave
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: !isLeader, Setsid: isLeader}
		require.NoError(t, cmd.Start())
		term.shows(t, "page", 1)
		require.NotEqual(t, before, term.mode(t))
		require.NoError(t, cmd.Process.Signal(unix.SIGTSTP))
		if isLeader {
			term.shows(t, "page", 2)
		} else {
			var status unix.WaitStatus
			_, err := unix.Wait4(cmd.Process.Pid, &status, unix.WUNTRACED, nil)
			require.NoError(t, err)
			require.True(t, status.Stopped())
			require.Equal(t, before, term.mode(t))
			require.NoError(t, cmd.Process.Signal(unix.SIGCONT))
			term.shows(t, "page", 2)
		}
		require.NotEqual(t, before, term.mode(t))
		_, err := term.master.WriteString("q")
		require.NoError(t, err)
		require.NoError(t, cmd.Wait())
		require.Equal(t, before, term.mode(t))
	}
}

// Where there is no shell to bring it back, a watch is not suspended; signals end it and
// leave the terminal as it was.
func TestWatchTerminalSignal(t *testing.T) {
	term := newTerminal(t)
	before := term.mode(t)
	w := newWatcher(term.slave, term.slave, term.slave, onePage)
	w.every = time.Hour
	code := make(chan int, 1)
	go func() { code <- w.watch(t.Context()) }()
	term.shows(t, "page", 1)
	raiseSignal(unix.SIGTERM)
	require.Equal(t, exitDone, <-code)
	require.Equal(t, before, term.mode(t))
}

// Only what pages can be drawn on is taken for a terminal.
func TestWatchNoTerminal(t *testing.T) {
	term := newTerminal(t)
	file, err := os.Create(t.TempDir() + "/file")
	require.NoError(t, err)
	defer file.Close()
	is := func(in io.Reader, out io.Writer) bool {
		w := newWatcher(in, out, io.Discard, nil)
		_, _, ok := w.terminal()
		return ok
	}
	require.True(t, is(term.slave, term.slave))
	require.True(t, is(file, term.slave))
	require.False(t, is(term.slave, file))
	require.False(t, is(new(bytes.Buffer), term.slave))
	require.False(t, is(term.slave, new(bytes.Buffer)))
	for _, name := range []string{"", "dumb"} {
		t.Setenv("TERM", name)
		require.False(t, is(term.slave, term.slave))
	}
}

// A terminal that is gone ends the watch with a message.
func TestWatchTerminalGone(t *testing.T) {
	term := newTerminal(t)
	var messages bytes.Buffer
	closed := make(chan struct{})
	w := newWatcher(term.slave, term.slave, &messages, func(n int, con *console) error {
		if n == 2 {
			<-closed
		}
		con.write([]byte("page\n"))
		return nil
	})
	code := make(chan int, 1)
	go func() { code <- w.watch(t.Context()) }()
	term.shows(t, "page", 1)
	require.NoError(t, term.slave.Close())
	close(closed)
	require.Equal(t, exitListing, <-code)
	require.NotEmpty(t, messages.String())

	// One on which the page cannot be drawn again.
	term = newTerminal(t)
	w = newWatcher(term.slave, term.slave, &messages, onePage)
	w.every = time.Hour
	go func() { code <- w.watch(t.Context()) }()
	term.shows(t, "page", 1)
	require.NoError(t, term.slave.Close())
	raiseSignal(unix.SIGWINCH)
	require.Equal(t, exitListing, <-code)

	// One that is gone before the first page is.
	require.Equal(t, exitListing, newWatcher(term.slave, term.slave, &messages, nil).onScreenCode(t))
}

// onScreenCode goes on from a first page on a terminal that cannot be opened.
func (w *watcher) onScreenCode(t *testing.T) int {
	t.Helper()
	in, out := w.con.in.(*os.File), w.con.sink.(*os.File)
	if err := w.onScreen(t.Context(), in, out, page{}); errors.Is(err, os.ErrClosed) {
		return exitListing
	}
	return exitDone
}

// A terminal gets as much of a long page as it can show; a stream gets all of it.
func TestWatchLong(t *testing.T) {
	term := newTerminal(t)
	list := func(_ int, con *console) error {
		for range 3 {
			for range 1000 {
				con.write([]byte("a line of a page\n"))
			}
		}
		return nil
	}
	w := newWatcher(term.slave, term.slave, term.slave, list)
	go w.make(t.Context(), w.draws())
	p := <-w.pages
	require.Equal(t, 1000, strings.Count(string(p.text), "\n"))
	require.Equal(t, 2000, p.more)
	w.every = time.Hour
	code := make(chan int, 1)
	go func() { code <- w.watch(t.Context()) }()
	term.shows(t, "(2977 more lines)", 1)
	_, err := term.master.WriteString("q")
	require.NoError(t, err)
	require.Equal(t, exitDone, <-code)

	w = newWatcher(nil, new(bytes.Buffer), io.Discard, list)
	go w.make(t.Context(), w.draws())
	p = <-w.pages
	require.Equal(t, 3000, strings.Count(string(p.text), "\n"))
	require.Zero(t, p.more)
}
