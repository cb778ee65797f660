// SPDX-License-Identifier: Apache-2.0

// Package files opens files for reading without the poller of the Go runtime. The poller needs two extra descriptors,
// and ends the program if it cannot have them.
package files

import (
	"io"
	"io/fs"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// Open opens a file. It does not wait for a writer of a named pipe.
func Open(name string) (*os.File, error) {
	fd, err := open(name)
	if err == nil {
		err = unix.SetNonblock(fd, false) // otherwise os.NewFile would use the poller
	}
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return os.NewFile(uintptr(fd), name), nil
}

func open(name string) (int, error) {
	for {
		fd, err := unix.Open(name, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
		if err != unix.EINTR {
			return fd, err
		}
	}
}

// Read returns the contents of a file.
func Read(name string) ([]byte, error) {
	f, err := Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// HasPoller starts the poller of the runtime, which sockets of package net and timers need, and reports whether there are
// descriptors for it.
var HasPoller = func() bool {
	poller.once.Do(func() { poller.started = startPoller() })
	return poller.started
}

var poller struct {
	once    sync.Once
	started bool
}

func startPoller() bool {
	if !Spare(5) { // two for the poller, two for a pipe, one for another goroutine
		return false
	}
	r, w, err := os.Pipe()
	if err != nil {
		return false
	}
	_ = r.Close()
	_ = w.Close()
	return true
}

// Spare reports whether the process can open so many more descriptors.
func Spare(count int) bool {
	for range count {
		fd, err := unix.Open("/", unix.O_PATH|unix.O_CLOEXEC, 0)
		if err != nil {
			return false
		}
		defer unix.Close(fd)
	}
	return true
}
