// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// newLocker returns a locker of a file, and what it says.
func newLocker(t *testing.T, path string, patience time.Duration) (*locker, *bytes.Buffer) {
	t.Helper()
	var said bytes.Buffer
	return &locker{
		file:     func() (*os.File, error) { return os.OpenFile(path, os.O_RDONLY|os.O_CREATE, 0o600) },
		patience: patience,
		silence:  time.Hour,
		complain: func(text string) { said.WriteString(text + "\n") },
	}, &said
}

func TestLock(t *testing.T) {
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "namespace")
	first, _ := newLocker(t, path, 0)
	second, said := newLocker(t, path, 0)
	unlock, err := first.lock(ctx)
	require.NoError(t, err)
	_, err = second.lock(ctx)
	require.ErrorContains(t, err, "the table is locked by ")
	require.Empty(t, said.String())

	elsewhere, _ := newLocker(t, path+"2", 0)
	unlockElsewhere, err := elsewhere.lock(ctx)
	require.NoError(t, err)
	unlockElsewhere()

	second.patience = time.Hour
	locked := make(chan error, 1)
	go func() {
		unlock, err := second.lock(ctx)
		if err == nil {
			unlock()
		}
		locked <- err
	}()
	unlock()
	require.NoError(t, <-locked)
	unlock, err = first.lock(ctx)
	require.NoError(t, err, "it can be locked again")
	unlock()
}

// Whoever does not wait for the lock is not given it later.
func TestLockNow(t *testing.T) {
	path := filepath.Join(t.TempDir(), "namespace")
	for range 20 {
		first, _ := newLocker(t, path, 0)
		unlock, err := first.lock(t.Context())
		require.NoError(t, err)
		second, _ := newLocker(t, path, 0)
		before := runtime.NumGoroutine()
		_, err = second.lock(t.Context())
		require.ErrorContains(t, err, "the table is locked by ")
		require.LessOrEqual(t, runtime.NumGoroutine(), before, "none waits after all")
		time.Sleep(polling) // in which one would
		unlock()
		unlock, err = first.lock(t.Context())
		require.NoError(t, err)
		unlock()
	}
}

// Commands that need the lock change nothing without it.
func TestNotLocked(t *testing.T) {
	s := newTestSystem(t)
	s.do(t, "ipvsadm -A -f 7")
	first, _ := newLocker(t, s.lockPath, 0)
	unlock, err := first.lock(t.Context())
	require.NoError(t, err)
	for line, stdin := range map[string]string{
		"ipvsadm -C --wait 0":           "",
		"ipvsadm -R --wait 0":           "-A -f 8\n",
		"ipvsadm-restore --wait 0":      "-A -f 8\n",
		"ipvsadm -R --replace --wait 0": "-A -f 8\n",
	} {
		got := s.input(stdin, line)
		require.Regexp(t, `^the table is locked by .*process.*; nothing was changed\n$`, got.stderr, line)
		require.Equal(t, 2, got.code)
	}
	require.Equal(t, "-A -f 7 -s wlc\n", s.saved(t))
	unlock()
	s.do(t, "ipvsadm -C --wait 0")
}

func TestLockCancelled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "namespace")
	first, _ := newLocker(t, path, 0)
	unlock, err := first.lock(t.Context())
	require.NoError(t, err)
	defer unlock()
	second, _ := newLocker(t, path, time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = second.lock(ctx)
	require.ErrorIs(t, err, context.Canceled)
}

// What cannot be locked keeps nobody from working.
func TestNoLock(t *testing.T) {
	l, said := newLocker(t, filepath.Join(t.TempDir(), "nosuch", "namespace"), 0)
	unlock, err := l.lock(t.Context())
	require.NoError(t, err)
	unlock()
	require.Contains(t, said.String(), "warning: no lock against other restores: open ")
}

func TestHolderIn(t *testing.T) {
	const list = `1: POSIX  ADVISORY  WRITE 1 00:04:4026531840 0 EOF
2: FLOCK  ADVISORY  WRITE 706 00:04:4026531840 0 EOF
2: -> FLOCK  ADVISORY  WRITE 707 00:04:4026531840 0 EOF
3: FLOCK  ADVISORY  WRITE 0 00:04:4026532000 0 EOF
4: FLOCK  ADVISORY
5: FLOCK  ADVISORY  WRITE 708
6: FLOCK  ADVISORY  WRITE 709 00:04:6
7: FLOCK  ADVISORY  WRITE 1 00:04:7 0 EOF
8: FLOCK  ADVISORY  WRITE -1 00:04:8 0 EOF
`
	for inode, want := range map[string]string{
		"00:04:4026531840": "process 706",
		"00:04:4026532000": "another process",
		"00:04:6":          "process 709",
		"00:04:7":          "process 1",
		"00:04:8":          "another process",
		"00:04:4":          "another process",
	} {
		require.Equal(t, want, holderIn(list, inode))
	}
}

func TestLockedError(t *testing.T) {
	for want, e := range map[string]*lockedError{
		"the table is locked by process 7":                        {"process 7", 0},
		"the table is still locked by process 7 after 1 second":   {"process 7", time.Second},
		"the table is still locked by process 7 after 60 seconds": {"process 7", time.Minute},
	} {
		require.EqualError(t, e, want)
	}
}

// A wait that takes its time is reported, and so is one that is in vain.
func TestLockWaits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "namespace")
	first, _ := newLocker(t, path, 0)
	unlock, err := first.lock(t.Context())
	require.NoError(t, err)
	second, said := newLocker(t, path, time.Hour)
	second.silence = time.Millisecond
	second.complain = func(text string) {
		said.WriteString(text + "\n")
		unlock()
	}
	unlockSecond, err := second.lock(t.Context())
	require.NoError(t, err)
	require.Regexp(t, "^the table is locked by .*process.*; waiting for up to 3600 seconds\n$", said.String())
	third, _ := newLocker(t, path, time.Millisecond)
	_, err = third.lock(t.Context())
	require.ErrorContains(t, err, "the table is still locked by ")
	require.ErrorContains(t, err, " after 0 seconds")
	unlockSecond()
}

// What holds a lock is found in the kernel's list.
func TestHolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "namespace")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	file, err := os.Open(path)
	require.NoError(t, err)
	require.Equal(t, anyHolder, holder(file))
	require.NoError(t, flock(file, unix.LOCK_EX))
	list, err := os.ReadFile("/proc/locks")
	require.NoError(t, err)
	if bytes.Contains(list, []byte("FLOCK")) { // not on every machine
		require.Equal(t, "process "+strconv.Itoa(os.Getpid()), holder(file))
	}
	require.NoError(t, file.Close())
	require.Equal(t, anyHolder, holder(file))
	require.Error(t, flock(file, unix.LOCK_EX))
}

// A file that cannot be locked keeps nobody from working.
func TestCannotLock(t *testing.T) {
	l, said := newLocker(t, "", 0)
	var file *os.File
	l.file = func() (_ *os.File, err error) {
		file, err = os.OpenFile(t.TempDir(), unix.O_PATH, 0)
		return file, err
	}
	unlock, err := l.lock(t.Context())
	require.NoError(t, err)
	unlock()
	require.Equal(t, "warning: no lock against other restores: flock: bad file descriptor\n", said.String())
	require.ErrorIs(t, file.Close(), os.ErrClosed)

	s := newTestSystem(t)
	require.NoError(t, os.Remove(s.lockPath))
	for line, stdin := range map[string]string{"ipvsadm -C": "", "ipvsadm -R": "-A -f 1\n", "ipvsadm-restore": "-A -f 2\n", "ipvsadm -R --replace": "-A -f 3\n"} {
		got := s.input(stdin, line)
		require.Zero(t, got.code, line)
		require.Contains(t, got.stderr, "warning: no lock against other restores: open ")
	}
}

// A lock is let go of when its command is over.
func TestUnlocked(t *testing.T) {
	s := newTestSystem(t)
	for range 2 {
		for line, stdin := range map[string]string{"ipvsadm -C --wait 0": "", "ipvsadm -R --wait 0": "-A -f 1\n-C\n", "ipvsadm-restore --wait 0": "-A -f 2\n", "ipvsadm -R --replace --wait 0": "-A -f 3\n"} {
			require.Equal(t, result{}, s.input(stdin, line), line)
		}
	}
	// A change other than a clear does not need the lock.
	first, _ := newLocker(t, s.lockPath, 0)
	unlock, err := first.lock(t.Context())
	require.NoError(t, err)
	defer unlock()
	s.do(t, "ipvsadm -A -f 9")
	require.Equal(t, result{}, s.input("", "ipvsadm -R --wait 0"))
}
