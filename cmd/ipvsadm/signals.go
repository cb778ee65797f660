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

// ending are the signals that end what takes its time, in an orderly manner.
var ending = []os.Signal{unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT}

// ignoreBrokenPipes has a write to a pipe without a reader fail, rather than end the program: it may be
// in the middle of a change, which nobody has to watch.
func ignoreBrokenPipes() { signal.Ignore(unix.SIGPIPE) }

// notify asks for signals, save those that whoever started the program has it ignore.
func notify(c chan<- os.Signal, signals []os.Signal) {
	for _, s := range signals {
		if !signal.Ignored(s) {
			signal.Notify(c, s)
		}
	}
}

// end ends the program with an exit code of run.
func end(code int) {
	if exitSignal < code && code < exitChange {
		raise(syscall.Signal(code - exitSignal))
	}
	os.Exit(code)
}

// raise ends the program by a signal, unless it is process 1 of a container, which no signal ends. The
// runtime would not let go of SIGPIPE and ends process 1 with a code of its own, so the kernel is asked.
func raise(s syscall.Signal) {
	runtime.LockOSThread()
	var byDefault [8]uintptr // room for a struct sigaction of zeros
	_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(s), uintptr(unsafe.Pointer(&byDefault)), 0, 8, 0, 0)
	if errno == 0 {
		_ = unix.Tgkill(unix.Getpid(), unix.Gettid(), s)
	}
}

// stopped begins the message about what a signal has stopped.
func stopped(s syscall.Signal) string { return "stopped by a signal (" + s.String() + "): " }

// untilSignal runs f, which makes changes one after the other, and returns its exit code.
// Once a signal asks for the end, stop has f send no more, reports how far it has come and
// returns the exit code. Neither a kernel that does not reply nor a terminal that takes
// nothing keeps the program from ending: what is under way has patience to end, and what
// remains to be said has as long again.
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
