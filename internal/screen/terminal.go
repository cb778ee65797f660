// SPDX-License-Identifier: Apache-2.0

package screen

import (
	"errors"
	"io"
	"os"
	"os/signal"
	"time"

	"golang.org/x/sys/unix"
)

// IsTerminal reports whether a stream is a terminal. It leaves the mode of the stream alone, which others may share.
func IsTerminal(stream any) (is bool) {
	control(stream, func(fd int) {
		_, err := unix.IoctlGetTermios(fd, unix.TCGETS)
		is = err == nil
	})
	return is
}

// Foreground reports whether this program may use a stream. A shell lends the terminal of its session to one process
// group at a time, the foreground group. The kernel stops any other group that reads the terminal or sets its mode, and
// does so again after each SIGCONT, before the program can handle the signal that is to end it.
func Foreground(stream any) (is bool) {
	is = true
	control(stream, func(fd int) {
		group, err := unix.IoctlGetUint32(fd, unix.TIOCGPGRP) // a pid_t, which is shorter than an int
		is = err != nil || int(group) == unix.Getpgrp()
	})
	return is
}

// control calls f with the descriptor of a stream, if it has one.
func control(stream any, f func(fd int)) {
	file, ok := stream.(*os.File)
	if !ok {
		return
	}
	c, err := file.SyscallConn()
	if err != nil {
		return
	}
	_ = c.Control(func(fd uintptr) { f(int(fd)) })
}

// A program in the background checks this many times whether it is in the foreground, and this often, before it stops.
// In that time it handles the signals that have come with SIGCONT.
const (
	checks     = 10
	checkEvery = 100 * time.Millisecond
)

// AwaitForeground stops the process group, as the kernel would, with SIGTTIN or SIGTTOU, until it is in the foreground.
// Unlike the kernel, it has the program handle signals whenever it is continued: they come from the channel, SIGCONT
// among them, and AwaitForeground returns if handle reports that one ends the program. It also returns if the group
// cannot be stopped because no shell could continue it; reading the terminal or setting its mode then fails.
func AwaitForeground(foreground func() bool, stop unix.Signal, signals <-chan os.Signal, handle func(os.Signal) (ends bool)) {
	ends := false
	// settle reports whether SIGCONT has come, as it does after every stop. However long the program was stopped, that
	// counts as one check at most.
	settle := func(stopped bool) (continued bool) {
		for check := 0; check < checks && !ends && (stopped && !continued || !foreground()); check++ {
			select {
			case <-time.After(checkEvery):
			case s := <-signals:
				if s == unix.SIGCONT {
					continued, check = true, 0
				} else {
					ends = handle(s)
				}
			}
		}
		return continued
	}
	settle(false)
	for failed := 0; failed < 2 && !ends && !foreground(); failed++ { // another stop takes back a SIGCONT that has not arrived
		_ = unix.Kill(0, stop)
		if settle(true) {
			failed = -1
		}
	}
}

// Input returns a reader of a stream. It reads a terminal only in the foreground; in the background it stops the process
// group, until ending is closed: from then on, a read in the background waits forever.
func Input(stream io.Reader, ending <-chan struct{}) io.Reader {
	if !IsTerminal(stream) {
		return stream
	}
	terminal := stream.(*os.File)
	foreground := func() bool {
		select {
		case <-ending:
			select {} // nothing more is to be read
		default:
			return Foreground(terminal)
		}
	}
	continued := make(chan os.Signal, 1)
	signal.Notify(continued, unix.SIGCONT)
	return input{terminal, func() { AwaitForeground(foreground, unix.SIGTTIN, continued, nil) }}
}

// An input is a terminal that is read in the foreground, which await waits for.
type input struct {
	terminal *os.File
	await    func()
}

func (i input) Read(b []byte) (int, error) {
	for Foreground(i.terminal) {
		if readable(i.terminal, -1) && Foreground(i.terminal) {
			return i.terminal.Read(b)
		}
	}
	if i.await(); Foreground(i.terminal) {
		return i.Read(b)
	}
	return i.terminal.Read(b) // which fails
}

// readable waits up to a number of milliseconds, or without limit if it is negative, and reports whether a read would
// return at once. A read of a closed file does, with an error.
func readable(f *os.File, patience int) (is bool) {
	is = true
	control(f, func(fd int) {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, patience)
		is = n > 0 || err != nil && !errors.Is(err, unix.EINTR)
	})
	return is
}
