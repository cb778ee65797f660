// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/screen"
	"github.com/ipvsadm-go/ipvsadm/internal/test/emulator"
	"github.com/ipvsadm-go/ipvsadm/internal/top"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
)

// A terminal is a pseudo-terminal, and what it shows.
type terminal struct {
	*emulator.Terminal
	master, slave *os.File
	written       safeBuffer
	closing       atomic.Bool
}

func newTerminal(t *testing.T) *terminal {
	t.Helper()
	master, slave := emulator.Open(t)
	term := &terminal{Terminal: emulator.New(80, 24), master: master, slave: slave}
	term.resize(t, 80, 24)
	stop := writerFunc(func(b []byte) (int, error) {
		if term.closing.Load() {
			return 0, io.ErrClosedPipe
		}
		return len(b), nil
	})
	go func() { _, _ = io.Copy(io.MultiWriter(&term.written, term, stop), master) }()
	t.Setenv("TERM", "xterm")
	return term
}

// close closes the window, once what reads from it has read something more.
func (term *terminal) close() {
	term.closing.Store(true)
	_ = term.master.Close()
	_, _ = term.slave.WriteString("\x1b[m")
}

// resize changes the size of the window.
func (term *terminal) resize(t *testing.T, width, height int) {
	t.Helper()
	term.Resize(width, height)
	require.NoError(t, unix.IoctlSetWinsize(int(term.slave.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: uint16(height), Col: uint16(width)}))
}

// shows waits until the terminal shows a text.
func (term *terminal) shows(t *testing.T, text string) {
	t.Helper()
	require.Eventually(t, func() bool { return strings.Contains(term.Text(), text) }, waiting, polling, text)
	require.NoError(t, term.Err())
}

// wrote waits until a text has been written so many times.
func (term *terminal) wrote(t *testing.T, text string, times int) {
	t.Helper()
	require.Eventually(t, func() bool { return strings.Count(term.written.String(), text) >= times }, waiting, polling)
}

// press presses keys.
func (term *terminal) press(t *testing.T, keys string) {
	t.Helper()
	_, err := term.master.WriteString(keys)
	require.NoError(t, err)
}

func (term *terminal) mode(t *testing.T) unix.Termios {
	t.Helper()
	mode, err := unix.IoctlGetTermios(int(term.slave.Fd()), unix.TCGETS)
	require.NoError(t, err)
	return *mode
}

// restored checks that the terminal is as it was.
func (term *terminal) restored(t *testing.T, before unix.Termios) {
	t.Helper()
	require.Equal(t, before, term.mode(t))
	require.Eventually(t, func() bool { _, inside := term.Entered(); return !inside }, waiting, polling)
}

// newScreenWatch returns a watch on a terminal, that of a console, with readings of its own.
func newScreenWatch(con *console, every time.Duration, read func(n int, s *top.Sample) error) *watcher {
	r := newRunner(&system{terminal: screen.IsTerminal, names: func(context.Context, func()) names { return testNames{} }, patience: 100 * time.Millisecond}, con)
	c := &flags.Command{Listing: flags.Listing{Watch: 1}}
	w := r.watcher(c)
	inner := w.onScreen
	w.onScreen = func(in, out *os.File) *screenWatcher {
		s := inner(in, out)
		s.view.Every = every
		var n atomic.Int64
		s.read = func(_ context.Context, into *top.Sample) reading {
			if into == nil {
				into = new(top.Sample)
			}
			into.Reset("Label", []top.Column{{Name: "Number"}})
			if err := read(int(n.Add(1)), into); err != nil {
				return reading{nil, err}
			}
			return reading{into, nil}
		}
		return s
	}
	return w
}

// oneRow makes a table of one row.
func oneRow(n int, s *top.Sample) error {
	s.Add(top.Row{ID: "row", Label: "row"})
	s.Number(uint64(n))
	return nil
}

// A screenTest is a watch that runs on a terminal.
type screenTest struct {
	*terminal
	before   unix.Termios
	code     chan int
	messages safeBuffer
}

func startScreen(t *testing.T, every time.Duration, read func(n int, s *top.Sample) error) *screenTest {
	t.Helper()
	s := &screenTest{terminal: newTerminal(t), code: make(chan int, 1)}
	s.before = s.mode(t)
	w := newScreenWatch(newConsole("ipvsadm", s.slave, s.slave, &s.messages), every, read)
	go func() { s.code <- w.watch(t.Context()) }()
	return s
}

// ends waits for the end and checks that the terminal is as before.
func (s *screenTest) ends(t *testing.T, code int) {
	t.Helper()
	require.Equal(t, code, <-s.code)
	s.restored(t, s.before)
	require.Empty(t, s.messages.String())
}

// On a terminal, a screen is drawn over the last one, until q is typed.
func TestWatchTerminal(t *testing.T) {
	typed := make(chan struct{})
	s := startScreen(t, time.Millisecond, func(n int, s *top.Sample) error {
		switch n {
		case 3:
			return errBroken
		case 4:
			<-typed
		}
		return oneRow(n, s)
	})
	s.shows(t, "broken\n")
	s.shows(t, "\n> row        2\n")
	require.NotEqual(t, s.before, s.mode(t))
	close(typed)
	require.Eventually(t, func() bool { return !strings.Contains(s.Text(), "broken") }, waiting, polling)
	s.press(t, "?")
	s.shows(t, "end the watch\n")
	s.press(t, "xq")
	s.ends(t, exitDone)
}

// Keys ask for readings, and for none.
func TestWatchKeys(t *testing.T) {
	s := startScreen(t, time.Hour, oneRow)
	s.shows(t, "> row        1\n")
	s.press(t, " ")
	s.shows(t, "> row        2\n")
	s.press(t, "d77\r")
	s.shows(t, "every 77 s")
	s.press(t, "\x0c") // all of it is drawn again
	s.wrote(t, "Label", 2)
	s.press(t, "   q")
	s.ends(t, exitDone)
}

// A pause lasts until the next one.
func TestWatchPause(t *testing.T) {
	var reads atomic.Int64
	s := startScreen(t, time.Millisecond, func(n int, s *top.Sample) error {
		reads.Store(int64(n))
		return oneRow(n, s)
	})
	s.shows(t, "> row")
	s.press(t, "p")
	s.shows(t, "paused")
	s.press(t, "?")
	s.shows(t, "end the watch") // the reading that was in progress is over
	now := reads.Load()
	s.press(t, "xp")
	require.Eventually(t, func() bool { return reads.Load() > now }, waiting, polling)
	s.press(t, "q")
	s.ends(t, exitDone)
}

// The window's size is that of the screen.
func TestWatchResize(t *testing.T) {
	s := startScreen(t, time.Hour, oneRow)
	s.shows(t, "> row        1\n")
	s.resize(t, 20, 5)
	raiseSignal(unix.SIGWINCH)
	s.shows(t, "> row        1\nq quit  ? help\n")
	s.press(t, "q")
	s.ends(t, exitDone)
}

// Signals end the watch and leave the terminal as it was. Some end the program as they would have.
func TestWatchTerminalSignal(t *testing.T) {
	for sig, code := range map[unix.Signal]int{unix.SIGTERM: 0, unix.SIGUSR1: 138, unix.SIGALRM: 142, unix.SIGPIPE: 141} {
		s := startScreen(t, time.Hour, oneRow)
		s.shows(t, "> row        1\n")
		raiseSignal(sig)
		s.ends(t, code)
	}
}

// A signal ends a watch that has not shown anything yet.
func TestWatchTerminalEarly(t *testing.T) {
	for sig, code := range map[unix.Signal]int{unix.SIGTERM: exitDone, unix.SIGUSR1: 138} {
		s := startScreen(t, time.Hour, func(int, *top.Sample) error {
			raiseSignal(sig)
			select {}
		})
		s.ends(t, code)
		times, _ := s.Entered()
		require.Zero(t, times)
	}
}

// Nor is anything drawn if there is nothing to be shown.
func TestWatchTerminalFails(t *testing.T) {
	s := startScreen(t, time.Hour, func(int, *top.Sample) error { return errBroken })
	require.Equal(t, exitListing, <-s.code)
	require.Equal(t, "broken\n", s.messages.String())
	times, _ := s.Entered()
	require.Zero(t, times)
}

// onTerminal returns a screenWatcher that has shown nothing yet, on a terminal.
func onTerminal(t *testing.T) *screenWatcher {
	t.Helper()
	term := newTerminal(t)
	w := newScreenWatch(newConsole("ipvsadm", term.slave, term.slave, io.Discard), time.Hour, oneRow).onScreen(term.slave, term.slave)
	var err error
	w.screen, err = screen.Open(w.in, w.out, false)
	require.NoError(t, err)
	w.signals = make(chan os.Signal, 3)
	return w
}

// A drawing that fails ends the watch.
func TestWatchDrawFails(t *testing.T) {
	w := onTerminal(t)
	w.drawn <- errBroken
	_, err := w.loop(t.Context())
	require.Equal(t, errBroken, err)
}

// There is one drawing at a time, of what is new. What writes on the terminal besides waits for its end, but not forever.
func TestWatchDraw(t *testing.T) {
	w := onTerminal(t)
	w.patience = time.Hour
	w.finish() // there is nothing to wait for
	w.draw()
	require.False(t, w.drawing)
	w.stale = true
	w.draw()
	require.True(t, w.drawing)
	require.False(t, w.stale)
	w.finish()
	require.False(t, w.drawing)
	for _, act := range []func(){
		func() { w.press(t.Context(), screen.CtrlL) },
		func() { w.adapt(unix.SIGCONT) },
	} {
		w.drawing = true
		w.drawn <- nil
		act()
		require.False(t, w.drawing)
	}
	w.leave()
	w.drawing, w.patience = true, polling
	w.finish()
	require.True(t, w.drawing)
}

// There is one reading at a time, however many are asked for, and none in a pause.
func TestWatchReadOnce(t *testing.T) {
	w := &screenWatcher{view: &top.View{Model: new(top.Model), Every: time.Hour}, readings: make(chan reading, 2)}
	w.read = func(context.Context, *top.Sample) reading { return reading{err: errBroken} }
	w.start(t.Context())
	w.next = time.After(time.Hour)
	w.start(t.Context())
	require.NotNil(t, w.next, "nothing is started")
	w.wait()
	require.Nil(t, w.next)
	w.show(<-w.readings)
	require.NotNil(t, w.next)
	w.start(t.Context())
	require.Nil(t, w.next)
	w.show(<-w.readings)
	require.Empty(t, w.readings)
	w.view.Press("p")
	w.wait()
	require.Nil(t, w.next)
}

// What keeps a program waiting to be continued is passed over.
func TestWatchContinued(t *testing.T) {
	w := &screenWatcher{signals: make(chan os.Signal, 3)}
	for _, s := range []os.Signal{unix.SIGWINCH, unix.SIGTSTP, unix.SIGCONT} {
		w.signals <- s
	}
	require.Equal(t, unix.SIGCONT, w.continued())
}

// A terminal that has been stopped does not keep the watch from ending. If a key has stopped it, it is left as well.
func TestWatchStopped(t *testing.T) {
	s := startScreen(t, time.Millisecond, oneRow)
	s.shows(t, "> row")
	s.press(t, "\x13")
	raiseSignal(unix.SIGTERM)
	s.ends(t, exitDone)

	s = startScreen(t, time.Millisecond, oneRow)
	s.shows(t, "> row")
	require.NoError(t, unix.IoctlSetInt(int(s.slave.Fd()), unix.TCXONC, 0))
	raiseSignal(unix.SIGTERM)
	require.Equal(t, exitDone, <-s.code)
	require.Equal(t, s.before, s.mode(t))
}

// A watch is suspended like any program, leaves the terminal to others meanwhile, and draws once after that. The
// leader of a session, which no shell can bring back, is not suspended.
func TestWatchSuspend(t *testing.T) {
	for _, isLeader := range []bool{false, true} {
		term := newTerminal(t)
		before := term.mode(t)
		cmd := program(t, "watch")
		cmd.Stdin, cmd.Stdout = term.slave, term.slave
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: !isLeader, Setsid: isLeader}
		require.NoError(t, cmd.Start())
		term.shows(t, "> row")
		require.NotEqual(t, before, term.mode(t))
		require.NoError(t, cmd.Process.Signal(unix.SIGTSTP))
		if isLeader {
			term.press(t, "?")
			term.shows(t, "end the watch")
			term.press(t, "x")
		} else {
			var status unix.WaitStatus
			_, err := unix.Wait4(cmd.Process.Pid, &status, unix.WUNTRACED, nil)
			require.NoError(t, err)
			require.True(t, status.Stopped())
			term.restored(t, before)
			require.NoError(t, cmd.Process.Signal(unix.SIGCONT))
			term.wrote(t, "Label", 2)
		}
		require.NotEqual(t, before, term.mode(t))
		term.press(t, "q")
		require.NoError(t, cmd.Wait())
		term.restored(t, before)
		times, _ := term.Entered()
		if isLeader {
			require.Equal(t, 1, times)
		} else {
			require.Equal(t, 2, times)
			require.Equal(t, 2, strings.Count(term.written.String(), "Label"), "it draws once before and once after")
		}
	}
}

// Only what a screen can be drawn on is taken for a terminal.
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

// Without a keyboard, the screen says so.
func TestWatchNoKeyboard(t *testing.T) {
	term := newTerminal(t)
	null, err := os.Open(os.DevNull)
	require.NoError(t, err)
	defer null.Close()
	w := newScreenWatch(newConsole("ipvsadm", null, term.slave, io.Discard), time.Hour, oneRow)
	code := make(chan int, 1)
	go func() { code <- w.watch(t.Context()) }()
	term.shows(t, "there are no keys")
	raiseSignal(unix.SIGINT)
	require.Equal(t, exitDone, <-code)
}

// A terminal that is gone ends the watch at once.
func TestWatchTerminalGone(t *testing.T) {
	s := startScreen(t, time.Hour, oneRow)
	s.shows(t, "> row")
	s.close()
	require.Equal(t, exitListing, <-s.code)
	require.Equal(t, "Input/output error\n", s.messages.String())

	// One that is gone before the first reading is.
	term := newTerminal(t)
	var messages bytes.Buffer
	w := newScreenWatch(newConsole("ipvsadm", term.slave, term.slave, &messages), time.Hour, func(n int, s *top.Sample) error {
		term.close()
		for {
			if _, err := term.slave.WriteString("x"); err != nil {
				break
			}
			time.Sleep(polling)
		}
		return oneRow(n, s)
	})
	require.Equal(t, exitListing, w.watch(t.Context()))
	require.NotEmpty(t, messages.String())
}

// Colours are used unless NO_COLOR says otherwise.
func TestWatchColours(t *testing.T) {
	for _, no := range []string{"", "1"} {
		t.Setenv("NO_COLOR", no)
		s := startScreen(t, time.Millisecond, func(n int, s *top.Sample) error {
			if n > 1 {
				return errBroken
			}
			return oneRow(n, s)
		})
		s.shows(t, "broken")
		s.press(t, "q")
		s.ends(t, exitDone)
		require.Equal(t, no == "", strings.Contains(s.written.String(), ";31m"))
	}
}
