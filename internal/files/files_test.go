// SPDX-License-Identifier: Apache-2.0

package files

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestRead(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	text := strings.Repeat("text\n", 10000)
	require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	got, err := Read(name)
	require.NoError(t, err)
	require.Equal(t, text, string(got))

	_, err = Read(name + "x")
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.ErrorContains(t, err, "open "+name+"x: ")
}

func TestNames(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b", "a", ".c", "B"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
	}
	require.NoError(t, os.Mkdir(filepath.Join(dir, "d"), 0o700))
	got, err := Names(dir)
	require.NoError(t, err)
	require.Equal(t, []string{".c", "B", "a", "b", "d"}, got)

	_, err = Names(filepath.Join(dir, "x"))
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = Names(filepath.Join(dir, "a"))
	require.ErrorIs(t, err, unix.ENOTDIR)
}

// The descriptor is blocking, since the poller does not know about it, and child processes do not inherit it.
func TestOpen(t *testing.T) {
	name := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, unix.Mkfifo(name, 0o600))
	f, err := Open(name) // and does not wait
	require.NoError(t, err)
	defer f.Close()
	flags, err := unix.FcntlInt(f.Fd(), unix.F_GETFL, 0)
	require.NoError(t, err)
	require.Zero(t, flags&unix.O_NONBLOCK)
	flags, err = unix.FcntlInt(f.Fd(), unix.F_GETFD, 0)
	require.NoError(t, err)
	require.NotZero(t, flags&unix.FD_CLOEXEC)
}

func TestHaveSpare(t *testing.T) {
	require.True(t, HasPoller())
	var before unix.Rlimit
	require.NoError(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &before))
	require.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 64, Max: before.Max}))
	defer func() { require.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &before)) }()
	var taken []int
	for {
		fd, err := unix.Open("/", unix.O_PATH|unix.O_CLOEXEC, 0)
		if err != nil {
			break
		}
		taken = append(taken, fd)
	}
	for _, fd := range taken[:3] {
		require.NoError(t, unix.Close(fd))
	}
	defer func() {
		for _, fd := range taken[3:] {
			_ = unix.Close(fd)
		}
	}()
	require.True(t, Spare(3))
	require.True(t, Spare(3), "they were not given back")
	require.False(t, Spare(4))
	require.False(t, startPoller())
}
