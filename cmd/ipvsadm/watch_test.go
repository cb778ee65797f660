// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/screen"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
)

// newWatcher returns a watcher of listings, one after the other as fast as it goes, and
// its console.
func newWatcher(in io.Reader, out, err io.Writer, list func(n int, con *console) error) *watcher {
	s := &system{terminal: screen.IsTerminal, names: func(context.Context, func()) names { return testNames{} }}
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
	w := r.watcher(&flags.Command{Listing: flags.Listing{Watch: 3}})
	require.Equal(t, 3*time.Second, w.every)
	require.False(t, w.lines)
	require.True(t, r.watcher(&flags.Command{Listing: flags.Listing{Watch: 3, JSON: true}}).lines)
}

// A stream has page after page with an empty line between, until a signal.
func TestWatchStream(t *testing.T) {
	for sig, code := range map[unix.Signal]int{
		unix.SIGINT: 0, unix.SIGTERM: 0, unix.SIGHUP: 0, unix.SIGQUIT: 0,
		unix.SIGUSR1: 138, unix.SIGUSR2: 140, unix.SIGALRM: 142, unix.SIGPIPE: 141, unix.SIGABRT: 134, unix.SIGSEGV: 139, 40: 168, // emulators do not have the last ones
	} {
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
		require.Equal(t, code, w.watch(t.Context()), sig)
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
	for sig, code := range map[unix.Signal]int{unix.SIGTERM: exitDone, unix.SIGUSR1: 138} {
		w := newWatcher(nil, io.Discard, io.Discard, func(int, *console) error {
			raiseSignal(sig)
			select {}
		})
		require.Equal(t, code, w.watch(t.Context()))
	}
}

// The signals that end a program are those of signal(7) whose default action that is. Left out are those that no
// program can handle, and that the Go runtime keeps for itself.
func TestFatalSignals(t *testing.T) {
	want := []os.Signal{
		unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGILL, unix.SIGTRAP, unix.SIGABRT, unix.SIGBUS, unix.SIGFPE, unix.SIGUSR1, unix.SIGSEGV,
		unix.SIGUSR2, unix.SIGALRM, unix.SIGTERM, unix.SIGSTKFLT, unix.SIGXCPU, unix.SIGXFSZ, unix.SIGVTALRM, unix.SIGIO, unix.SIGPWR, unix.SIGSYS,
	}
	const sigrtmin, sigrtmax = 35, 64
	for s := syscall.Signal(sigrtmin); s <= sigrtmax; s++ {
		want = append(want, s)
	}
	require.Equal(t, want, fatal())
}

// A watch that nobody draws says so if its network namespace is gone.
func TestWatchStreamGone(t *testing.T) {
	s := newListed(t)
	name := filepath.Join(t.TempDir(), "blue")
	require.NoError(t, os.Symlink("/proc/self/ns/net", name))
	r := newRunner(&s.system, newConsole("ipvsadm", nil, io.Discard, io.Discard))
	require.Equal(t, exitDone, r.open(t.Context(), name))
	defer r.close()
	w := r.watcher(&flags.Command{NetNS: name, Listing: flags.Listing{Watch: 1}})
	require.NoError(t, w.list(t.Context(), r.con))
	require.NoError(t, os.Remove(name))
	require.EqualError(t, w.list(t.Context(), r.con), "network namespace `"+name+"' is gone")
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

// A watch ends at once when nobody reads it any more, however long the next page would take.
func TestWatchUnread(t *testing.T) {
	r, out, err := os.Pipe()
	require.NoError(t, err)
	defer out.Close()
	w := newWatcher(nil, out, io.Discard, onePage)
	w.every = time.Hour
	code := make(chan int, 1)
	go func() { code <- w.watch(t.Context()) }()
	page := make([]byte, len("page\n\n"))
	_, err = io.ReadFull(r, page)
	require.NoError(t, err)
	require.NoError(t, r.Close())
	require.Equal(t, 141, <-code)
}

// The null device is an output like any other, however it was opened: as those open it who start daemons, or as the
// runtime opens it in place of an output that was closed.
func TestWatchNull(t *testing.T) {
	for _, mode := range []int{os.O_WRONLY, os.O_RDWR} {
		null, err := os.OpenFile(os.DevNull, mode, 0)
		require.NoError(t, err)
		defer null.Close()
		var messages bytes.Buffer
		w := newWatcher(nil, null, &messages, func(n int, con *console) error {
			if n < 3 {
				return onePage(n, con)
			}
			raiseSignal(unix.SIGTERM)
			select {}
		})
		require.Equal(t, exitDone, w.watch(t.Context()))
		require.Empty(t, messages.String())
	}
}

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
