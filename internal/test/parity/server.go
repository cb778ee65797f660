// SPDX-License-Identifier: Apache-2.0

package parity

import (
	"encoding/binary"
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A programServer is a program that was started once and takes call after call: see testdata.
type programServer struct {
	pid   int
	calls *os.File
	codes *os.File
}

// startServer starts a server from the calling thread, in its namespaces.
func startServer(p *Program, s *streams) (*programServer, error) {
	callsEnd, calls, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer callsEnd.Close()
	codes, codesEnd, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer codesEnd.Close()
	pid, err := syscall.ForkExec(p.Path, []string{"ipvsadm"}, &syscall.ProcAttr{
		Dir:   "/",
		Env:   append(environment, p.Env...),
		Files: []uintptr{uintptr(s.stdin), uintptr(s.stdout), uintptr(s.stderr), callsEnd.Fd(), codesEnd.Fd()},
		Sys:   &syscall.SysProcAttr{Setpgid: true},
	})
	if err != nil {
		return nil, &os.PathError{Op: "run", Path: p.Path, Err: err}
	}
	return &programServer{pid: pid, calls: calls, codes: codes}, nil
}

// call runs a call and returns its exit code. A server that ends of it gives its own, and is done.
func (v *programServer) call(argv []string) (code int, ended bool, err error) {
	killer := time.AfterFunc(patience, func() { _ = unix.Kill(-v.pid, unix.SIGKILL) })
	defer killer.Stop()
	var text []byte
	for _, w := range argv {
		text = append(append(text, w...), 0)
	}
	request := binary.NativeEndian.AppendUint32(nil, uint32(len(argv)))
	request = binary.NativeEndian.AppendUint32(request, uint32(len(text)))
	if _, err := v.calls.Write(append(request, text...)); err != nil {
		return 0, false, fmt.Errorf("server: %w", err)
	}
	var status [4]byte
	if _, err := v.codes.Read(status[:]); err != nil {
		code, err := wait(v.pid)
		return code, true, err
	}
	return exitCode(syscall.WaitStatus(binary.NativeEndian.Uint32(status[:]))), false, nil
}

// stop has the server end, which it does when there are no more calls.
func (v *programServer) stop() error {
	_ = v.calls.Close()
	_ = v.codes.Close()
	_, err := wait(v.pid)
	return err
}
