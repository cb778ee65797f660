// SPDX-License-Identifier: Apache-2.0

// Launch runs commands one after the other and says how long they took and
// how much memory they had.
//
// It exists because a new program starts with the peak memory of the process
// that forked for it: this one is as small as a Go program can be, and has
// GODEBUG=disablethp=1 for its own heap, not theirs. It reads its
// request from file descriptor 3: the path of a connection table or nothing,
// then a command a line, its words ended by zero bytes, the first one the
// program's path and the second its argv[0]. It writes its report to file
// descriptor 4.
package main

import (
	"strconv"
	"syscall"
	"time"
)

const (
	request = 3
	report  = 4
)

func main() {
	syscall.CloseOnExec(request)
	syscall.CloseOnExec(report)
	lines := cut(readAll(request), '\n')
	if len(lines) == 0 {
		fail("empty request", nil)
	}
	if table := string(lines[0]); table != "" {
		if err := showTable(table); err != nil {
			fail("connection table", err)
		}
	}
	var commands [][]string
	for _, line := range lines[1:] {
		var words []string
		for _, word := range cut(line, 0) {
			words = append(words, string(word))
		}
		commands = append(commands, words)
	}
	syscall.Unsetenv("GODEBUG")
	env := syscall.Environ()

	var total usage
	start := time.Now()
	for _, words := range commands {
		if err := total.run(words, env); err != nil {
			fail(words[0], err)
		}
	}
	total.elapsed = time.Since(start)
	syscall.Write(report, total.append(nil))
}

// showTable lays a /proc over the real one that holds nothing but the table.
// The process has a mount namespace of its own.
func showTable(path string) error {
	if err := syscall.Mount("tmpfs", "/proc", "tmpfs", 0, ""); err != nil {
		return err
	}
	if err := syscall.Mkdir("/proc/net", 0o755); err != nil {
		return err
	}
	return syscall.Symlink(path, "/proc/net/ip_vs_conn")
}

// usage is what the commands used: times in all, the peak of the largest.
type usage struct {
	elapsed      time.Duration
	user, system int64 // ns
	peak         int64 // KiB
	status       int   // of the last that failed
}

func (u *usage) run(words, env []string) error {
	pid, err := syscall.ForkExec(words[0], words[1:], &syscall.ProcAttr{Env: env, Files: []uintptr{0, 1, 2}})
	if err != nil {
		return err
	}
	var status syscall.WaitStatus
	var r syscall.Rusage
	for {
		if _, err = syscall.Wait4(pid, &status, 0, &r); err != syscall.EINTR {
			break
		}
	}
	if err != nil {
		return err
	}
	u.user += r.Utime.Nano()
	u.system += r.Stime.Nano()
	u.peak = max(u.peak, int64(r.Maxrss)) // of 32 bits on some machines
	switch {
	case status.Signaled():
		u.status = 128 + int(status.Signal())
	case status.ExitStatus() != 0:
		u.status = status.ExitStatus()
	}
	return nil
}

func (u *usage) append(b []byte) []byte {
	for _, n := range []int64{int64(u.elapsed), u.user, u.system, u.peak, int64(u.status)} {
		b = append(strconv.AppendInt(b, n, 10), '\n')
	}
	return b
}

func readAll(fd int) []byte {
	var all []byte
	buf := make([]byte, 4096)
	for {
		n, err := syscall.Read(fd, buf)
		switch {
		case err == syscall.EINTR:
		case err != nil:
			fail("request", err)
		case n == 0:
			return all
		default:
			all = append(all, buf[:n]...)
		}
	}
}

// cut returns the parts of b that end with the byte.
func cut(b []byte, end byte) [][]byte {
	var parts [][]byte
	start := 0
	for i, c := range b {
		if c == end {
			parts = append(parts, b[start:i])
			start = i + 1
		}
	}
	return parts
}

func fail(what string, err error) {
	if err != nil {
		what += ": " + err.Error()
	}
	syscall.Write(2, []byte("launch: "+what+"\n"))
	syscall.Exit(125)
}
