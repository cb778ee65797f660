// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/files"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
)

// A locker prevents restores, replacements and clears from running at the same time in a
// network namespace. It locks the file of the namespace (flock(2)): this needs no lock file,
// and the lock ends with the process.
type locker struct {
	file     func() (*os.File, error) // opens the namespace's file
	patience time.Duration            // how long to wait for another process
	silence  time.Duration            // how long to wait before anything is said about it
	complain func(text string)
}

// A lockedError means that another process holds the lock.
type lockedError struct {
	holder string
	waited time.Duration
}

func (e *lockedError) Error() string {
	if e.waited == 0 {
		return "the table is locked by " + e.holder
	}
	return fmt.Sprintf("the table is still locked by %s after %s", e.holder, seconds(e.waited))
}

// lock waits until no other process holds the lock, and takes it. If the namespace has no
// file, it prints a warning and continues without a lock.
func (l *locker) lock(ctx context.Context) (unlock func(), err error) {
	file, err := l.file()
	if err != nil {
		return l.without(err)
	}
	switch err := l.waitFor(ctx, file); {
	case errors.As(err, new(*lockedError)), ctx.Err() != nil:
		return nil, err
	case err != nil:
		_ = file.Close()
		return l.without(err)
	}
	return func() { _ = file.Close() }, nil
}

// without lets a command run without the lock.
func (l *locker) without(err error) (unlock func(), _ error) {
	l.complain("warning: no lock against other restores: " + err.Error())
	return func() {}, nil
}

// waitFor locks a file as soon as no other process has it locked. If that takes too long, the
// error is a *lockedError and the file can no longer be used, since the kernel is still waiting.
func (l *locker) waitFor(ctx context.Context, file *os.File) error {
	err := flock(file, unix.LOCK_EX|unix.LOCK_NB)
	if !errors.Is(err, unix.EWOULDBLOCK) {
		return err
	}
	if l.patience == 0 {
		return &lockedError{holder: holder(file)}
	}
	// The kernel wakes waiters immediately and in order.
	locked := make(chan error, 1)
	go func() { locked <- flock(file, unix.LOCK_EX) }()
	limit := time.After(l.patience)
	silence := time.After(l.silence)
	for {
		select {
		case err := <-locked:
			return err
		case <-limit:
			return &lockedError{holder(file), l.patience}
		case <-ctx.Done():
			return ctx.Err()
		case <-silence:
			l.complain("the table is locked by " + holder(file) + "; waiting for up to " + seconds(l.patience))
		}
	}
}

// flock is flock(2).
func flock(file *os.File, how int) error {
	for {
		err := unix.Flock(int(file.Fd()), how)
		if !errors.Is(err, unix.EINTR) {
			return os.NewSyscallError("flock", err)
		}
	}
}

// holder returns the process that has locked a file, according to the kernel's list of locks.
func holder(file *os.File) string {
	var stat unix.Stat_t
	_ = unix.Fstat(int(file.Fd()), &stat)
	list, _ := files.Read("/proc/locks")
	return holderIn(string(list), fmt.Sprintf("%02x:%02x:%d", unix.Major(stat.Dev), unix.Minor(stat.Dev), stat.Ino))
}

// anyHolder stands for an unknown holder.
const anyHolder = "another process"

// holderIn finds the holder of the lock on an inode in a list with lines such as
//
//	1: FLOCK  ADVISORY  WRITE 4711 00:04:4026531840 0 EOF
//
// Waiters have an arrow before FLOCK. A process outside the reader's PID
// namespace has no number there.
func holderIn(list, inode string) string {
	for line := range strings.Lines(list) {
		words := strings.Fields(line)
		if len(words) < 6 || words[1] != "FLOCK" || words[5] != inode {
			continue
		}
		if pid, err := strconv.Atoi(words[4]); err == nil && pid > 0 {
			return "process " + words[4]
		}
	}
	return anyHolder
}

func seconds(d time.Duration) string {
	if d == time.Second {
		return "1 second"
	}
	return strconv.FormatInt(int64(d/time.Second), 10) + " seconds"
}

// notLocked reports that a command was not run because another process holds the lock.
func notLocked(con *console, err error) int {
	con.complain(err.Error() + "; nothing was changed")
	return flags.ExitFault
}
