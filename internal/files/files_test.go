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

// The descriptor blocks, as the poller knows nothing of it, and no program that is started gets it.
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
