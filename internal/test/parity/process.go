// SPDX-License-Identifier: Apache-2.0

package parity

import (
	"os"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// A Program is one of those compared.
type Program struct {
	Path string
	Env  []string

	// Server, if set, does the same without being started for each call.
	Server *Program
}

var environment = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root"}

// patience is how long a call may take. One that takes longer is killed, which shows in its exit code.
var patience = 60 * time.Second

// glance is how often a listing that repeats is looked at.
const glance = 20 * time.Millisecond

// start runs a program from the calling thread, in its namespaces, to its end and returns its exit code.
func start(p *Program, c *Call, s *streams) (int, error) {
	attr := &syscall.ProcAttr{
		Dir:   "/",
		Env:   slices.Concat(environment, p.Env, c.Env),
		Files: []uintptr{uintptr(s.stdin), uintptr(s.stdout), uintptr(s.stderr)},
	}
	if c.Nobody {
		attr.Sys = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	pid, err := syscall.ForkExec(p.Path, c.argv(), attr)
	if err != nil {
		return 0, &os.PathError{Op: "run", Path: p.Path, Err: err}
	}
	killer := time.AfterFunc(patience, func() { _ = unix.Kill(pid, unix.SIGKILL) })
	defer killer.Stop()
	if watches(c) {
		done := make(chan struct{})
		defer close(done)
		go endOnceShown(pid, s.stdout, done)
	}
	return wait(pid)
}

// endOnceShown tells a listing that repeats to end, once it has listed something.
func endOnceShown(pid, stdout int, done <-chan struct{}) {
	for {
		select {
		case <-done:
			return
		case <-time.After(glance):
		}
		var stat unix.Stat_t
		if err := unix.Fstat(stdout, &stat); err != nil || stat.Size > 0 {
			_ = unix.Kill(pid, unix.SIGTERM)
			return
		}
	}
}

// wait waits for a process to end and returns its exit code.
func wait(pid int) (int, error) {
	for {
		var status syscall.WaitStatus
		switch _, err := syscall.Wait4(pid, &status, 0, nil); err {
		case nil:
			return exitCode(status), nil
		case syscall.EINTR:
		default:
			return 0, os.NewSyscallError("wait4", err)
		}
	}
}

// exitCode is the code that a shell would give.
func exitCode(status syscall.WaitStatus) int {
	if status.Signaled() {
		return 128 + int(status.Signal())
	}
	return status.ExitStatus()
}

// streams are the standard files of the programs of a place: files in memory, which need nobody to read
// them while a program runs.
type streams struct {
	stdin, stdout, stderr int
}

func newStreams() (*streams, error) {
	s := &streams{}
	for _, fd := range []*int{&s.stdin, &s.stdout, &s.stderr} {
		var err error
		if *fd, err = unix.MemfdCreate("stream", unix.MFD_CLOEXEC); err != nil {
			return nil, os.NewSyscallError("memfd_create", err)
		}
	}
	return s, nil
}

// ready makes the streams those of a call.
func (s *streams) ready(stdin string) error {
	if err := fill(s.stdin, stdin); err != nil {
		return err
	}
	if err := fill(s.stdout, ""); err != nil {
		return err
	}
	return fill(s.stderr, "")
}

// result returns what a call that ended wrote.
func (s *streams) result(code int) (kernel.Result, error) {
	stdout, err := contents(s.stdout)
	if err != nil {
		return kernel.Result{}, err
	}
	stderr, err := contents(s.stderr)
	return kernel.Result{Stdout: stdout, Stderr: stderr, Code: code}, err
}

// fill makes a file in memory hold the text, to be read or written from its beginning.
func fill(fd int, text string) error {
	if err := unix.Ftruncate(fd, 0); err != nil {
		return os.NewSyscallError("ftruncate", err)
	}
	for written := 0; written < len(text); {
		n, err := unix.Pwrite(fd, []byte(text[written:]), int64(written))
		if err != nil {
			return os.NewSyscallError("pwrite", err)
		}
		written += n
	}
	_, err := unix.Seek(fd, 0, 0)
	return os.NewSyscallError("lseek", err)
}

func contents(fd int) (string, error) {
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		return "", os.NewSyscallError("fstat", err)
	}
	b := make([]byte, stat.Size)
	for read := 0; read < len(b); {
		n, err := unix.Pread(fd, b[read:], int64(read))
		if err != nil || n == 0 {
			return "", os.NewSyscallError("pread", err)
		}
		read += n
	}
	return string(b), nil
}
