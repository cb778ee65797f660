// SPDX-License-Identifier: Apache-2.0

package netns

import (
	"errors"
	"os"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/files"
)

func open(path string) (*os.File, error) { return files.Open(path) }

// Run runs f on a thread that is in the namespace. The thread ends with f: as its
// goroutine never unlocks it, nothing else runs on it. In a nil one, f just runs.
func (n *Namespace) Run(f func() error) error {
	if n == nil {
		return f()
	}
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		err := unix.Setns(n.Fd(), unix.CLONE_NEWNET)
		switch {
		case errors.Is(err, unix.EINVAL):
			err = ErrNot
		case err == nil:
			err = f()
		}
		done <- err
	}()
	return <-done
}

// Of returns the namespace of a socket.
func Of(socket int) (*Namespace, error) {
	fd, err := unix.IoctlRetInt(socket, unix.SIOCGSKNS)
	if err != nil {
		return nil, os.NewSyscallError("ioctl", err)
	}
	return &Namespace{os.NewFile(uintptr(fd), "network namespace of a socket")}, nil
}

// duplicate returns the file of the namespace if it has no path.
func (n *Namespace) duplicate() (*os.File, error) {
	if n == nil {
		return own()
	}
	fd, err := unix.FcntlInt(n.file.Fd(), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, os.NewSyscallError("fcntl", err)
	}
	return os.NewFile(uintptr(fd), n.file.Name()), nil
}

// own opens the file of the thread's namespace through a socket.
func own() (*os.File, error) {
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	defer unix.Close(socket)
	n, err := Of(socket)
	if err != nil {
		return nil, err
	}
	return n.file, nil
}
