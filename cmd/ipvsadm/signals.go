// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ending are the signals that end long operations in an orderly manner.
var ending = []os.Signal{unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT}

// ignoreBrokenPipes makes writes to a pipe without a reader fail instead of ending the program: it may be
// in the middle of a change, which must be completed.
func ignoreBrokenPipes() { signal.Ignore(unix.SIGPIPE) }

// notify requests signals, except those that were ignored when the program started.
func notify(c chan<- os.Signal, signals []os.Signal) {
	for _, s := range signals {
		if !signal.Ignored(s) {
			signal.Notify(c, s)
		}
	}
}

// end ends the program with an exit code of run.
func end(code int) {
	if s, ok := signalOf(code); ok {
		raise(s)
	}
	os.Exit(code)
}

// signalOf returns the signal that an exit code stands for, if it does.
func signalOf(code int) (s syscall.Signal, ok bool) {
	return syscall.Signal(code - exitSignal), exitSignal < code && code < exitChange
}

// raise ends the program by a signal, unless it is process 1 of a container, which signals cannot end. The
// runtime does not release SIGPIPE, and ends process 1 with its own exit code, so this asks the kernel directly.
func raise(s syscall.Signal) {
	runtime.LockOSThread()
	if setDefault(s) {
		_ = unix.Tgkill(unix.Getpid(), unix.Gettid(), s)
	}
}

// setDefault has the kernel handle a signal as it does by default, and reports whether that worked.
func setDefault(s syscall.Signal) bool {
	var byDefault [8]uintptr // a zero struct sigaction
	_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(s), uintptr(unsafe.Pointer(&byDefault)), 0, 8, 0, 0)
	return errno == 0
}

// notifyBrokenPipes requests SIGPIPE, which this program ignores, and not whoever sends it. If it was ignored when it is
// requested, the runtime drops it whenever a thread receives it that runs nothing.
func notifyBrokenPipes(c chan<- os.Signal) {
	ignoreBrokenPipes() // after which the runtime asks for the signal again
	setDefault(unix.SIGPIPE)
	signal.Notify(c, unix.SIGPIPE)
}

// stopped returns the beginning of a message about an interruption by a signal.
func stopped(s syscall.Signal) string { return "stopped by a signal (" + s.String() + "): " }

// untilSignal runs f, which makes changes in sequence, and returns its exit code.
// After a signal, stop prevents f from sending more, reports its progress and
// returns the exit code. Neither an unresponsive kernel nor a blocked terminal prevents
// the program from ending: what is in progress has this much patience to end, and
// the last messages have as long again.
func untilSignal(ctx context.Context, patience time.Duration, f func(context.Context) int, stop func(syscall.Signal) int) int {
	signals := make(chan os.Signal, 1)
	notify(signals, ending)
	defer signal.Stop(signals)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done, ended := make(chan int, 1), make(chan int, 1)
	go func() { done <- f(ctx) }()
	select {
	case code := <-done:
		return code
	case caught := <-signals:
		s := caught.(syscall.Signal)
		time.AfterFunc(patience, cancel)
		go func() { ended <- stop(s) }()
		select {
		case code := <-ended:
			return code
		case <-time.After(2 * patience):
			return exitSignal + int(s)
		}
	}
}
