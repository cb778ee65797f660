package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// newLocker returns an app whose lock is on a file, and what it prints to stderr.
func newLocker(t *testing.T, path string, wait uint32) (*app, *bytes.Buffer) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_RDONLY|os.O_CREATE, 0o600)
	require.NoError(t, err)
	t.Cleanup(func() { file.Close() })
	var stderr bytes.Buffer
	a := newApp([]string{"ipvsadm"}, strings.NewReader(""), io.Discard, &stderr)
	a.netns, a.wait = &namespace{file}, wait
	return a, &stderr
}

func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "namespace")
	first, _ := newLocker(t, path, 0)
	second, stderr := newLocker(t, path, 0)
	unlock, err := first.lock()
	require.NoError(t, err)
	_, err = second.lock()
	require.ErrorContains(t, err, "the table is locked by ")
	require.Equal(t, 2, second.notLocked(err))
	require.Regexp(t, `^the table is locked by .*process.*; nothing was changed\n$`, stderr.String())

	elsewhere, _ := newLocker(t, path+"2", 0)
	unlockElsewhere, err := elsewhere.lock()
	require.NoError(t, err)
	unlockElsewhere()

	second.wait = 3600
	locked := make(chan error, 1)
	go func() {
		unlock, err := second.lock()
		if err == nil {
			unlock()
		}
		locked <- err
	}()
	unlock()
	require.NoError(t, <-locked)
	unlock, err = first.lock()
	require.NoError(t, err, "it can be locked again")
	unlock()
}

func TestLockCancelled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "namespace")
	first, _ := newLocker(t, path, 0)
	unlock, err := first.lock()
	require.NoError(t, err)
	defer unlock()
	second, _ := newLocker(t, path, 3600)
	ctx, cancel := context.WithCancel(t.Context())
	second.ctx = ctx
	cancel()
	_, err = second.lock()
	require.ErrorIs(t, err, context.Canceled)
}

// TestNoLock locks what cannot be locked.
func TestNoLock(t *testing.T) {
	a, stderr := newLocker(t, filepath.Join(t.TempDir(), "namespace"), 0)
	require.NoError(t, a.netns.file.Close())
	unlock, err := a.lock()
	require.NoError(t, err)
	unlock()
	require.Equal(t, "warning: cannot keep other restores from running at the same time: fcntl: bad file descriptor\n", stderr.String())
}

func TestHolderIn(t *testing.T) {
	const list = `1: POSIX  ADVISORY  WRITE 1 00:04:4026531840 0 EOF
2: FLOCK  ADVISORY  WRITE 706 00:04:4026531840 0 EOF
2: -> FLOCK  ADVISORY  WRITE 707 00:04:4026531840 0 EOF
3: FLOCK  ADVISORY  WRITE 0 00:04:4026532000 0 EOF
4: FLOCK  ADVISORY
`
	for inode, want := range map[string]string{
		"00:04:4026531840": "process 706",
		"00:04:4026532000": "another process",
		"00:04:4":          "another process",
	} {
		require.Equal(t, want, holderIn(list, inode))
	}
}

func TestLockedError(t *testing.T) {
	for want, e := range map[string]*lockedError{
		"the table is locked by process 7":                        {"process 7", 0},
		"the table is still locked by process 7 after 1 second":   {"process 7", 1},
		"the table is still locked by process 7 after 60 seconds": {"process 7", 60},
	} {
		require.EqualError(t, e, want)
	}
}
