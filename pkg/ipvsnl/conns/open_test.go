// SPDX-License-Identifier: Apache-2.0

package conns

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The kernel that tests run on may have IPVS or not: the path is the same.
func TestOpenPath(t *testing.T) {
	for want, open := range map[string]func(string) (*Reader, error){Path: Open, SyncPath: OpenSync} {
		var path *fs.PathError
		if r, err := open(""); errors.As(err, &path) {
			require.Equal(t, want, path.Path)
		} else {
			require.NoError(t, err)
			require.Equal(t, want, r.file.(*os.File).Name())
			require.NoError(t, r.Close())
		}
	}
}

func TestOpen(t *testing.T) {
	r, err := open("linux", "", "/proc/net/dev") // a file of any kernel's
	require.NoError(t, err)
	require.NoError(t, r.Head())
	require.NoError(t, r.Next(new(Block)))
	require.NoError(t, r.Close())
	_, err = r.file.(*os.File).Read(make([]byte, 1))
	require.ErrorIs(t, err, fs.ErrClosed)
	require.NoError(t, NewReader(strings.NewReader("")).Close())
}

// Only a process with the right to enter namespaces can open their tables. Nothing but the table stays open.
func TestOpenNamespace(t *testing.T) {
	descriptors := func() int {
		names, err := os.ReadDir("/proc/self/fd")
		require.NoError(t, err)
		return len(names)
	}
	before := descriptors()
	r, err := open("linux", "/proc/self/ns/net", "/proc/net/dev")
	if errors.Is(err, fs.ErrPermission) {
		require.EqualError(t, err, "enter /proc/self/ns/net: operation not permitted")
	} else {
		require.NoError(t, err)
		require.Equal(t, before+1, descriptors())
		require.NoError(t, r.Head())
		require.NoError(t, r.Close())
	}
	require.Equal(t, before, descriptors())
}

func TestOpenErrors(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for _, test := range []struct {
		system, namespace, file string
		want                    error
		text                    string
	}{
		{"linux", "", "/proc/net/nothing", fs.ErrNotExist, "open /proc/net/nothing: no such file or directory"},
		{"linux", "/no/such/netns", Path, fs.ErrNotExist, "open /no/such/netns: no such file or directory"},
		{"linux", file, Path, ErrNotNetNS, "enter " + file + ": not a network namespace"},
		{"darwin", "", Path, errors.ErrUnsupported, "open /proc/net/ip_vs_conn: unsupported operation"},
		{"windows", file, SyncPath, errors.ErrUnsupported, "open /proc/net/ip_vs_conn_sync: unsupported operation"},
	} {
		_, err := open(test.system, test.namespace, test.file)
		require.ErrorIs(t, err, test.want)
		require.EqualError(t, err, test.text)
	}
}

func TestClose(t *testing.T) {
	r := NewReader(strings.NewReader(""))
	r.file = failingCloser{}
	require.ErrorIs(t, r.Close(), io.ErrClosedPipe)
}

type failingCloser struct{}

func (failingCloser) Close() error { return io.ErrClosedPipe }
