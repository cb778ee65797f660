// SPDX-License-Identifier: Apache-2.0

package netns

import (
	"fmt"
	"io/fs"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPaths(t *testing.T) {
	for word, want := range map[string][]string{
		"blue":      {"/run/netns/blue", "/var/run/netns/blue", "/run/docker/netns/blue"},
		"./blue":    {"./blue"},
		"/x/y":      {"/x/y"},
		"pid:1":     {"/proc/1/ns/net"},
		"pid:04711": {"/proc/04711/ns/net"},
		"pid:":      {"/run/netns/pid:", "/var/run/netns/pid:", "/run/docker/netns/pid:"},
		"pid:1x":    {"/run/netns/pid:1x", "/var/run/netns/pid:1x", "/run/docker/netns/pid:1x"},
		"pid:-1":    {"/run/netns/pid:-1", "/var/run/netns/pid:-1", "/run/docker/netns/pid:-1"},
		"pid:../1":  {"pid:../1"},
	} {
		require.Equal(t, want, Paths(word), word)
	}
}

// A namespace is looked for at each path, the last of which is in the error.
func TestOpenFile(t *testing.T) {
	before := dirs
	t.Cleanup(func() { dirs = before })
	dirs = []string{t.TempDir(), t.TempDir()}
	for i, dir := range dirs {
		require.NoError(t, os.WriteFile(fmt.Sprint(dir, "/in", i), nil, 0o600))
		require.NoError(t, os.WriteFile(dir+"/both", nil, 0o600))
	}
	for word, dir := range map[string]string{"in0": dirs[0], "in1": dirs[1], "both": dirs[0]} {
		file, err := openFile(word)
		require.NoError(t, err)
		require.Equal(t, dir+"/"+word, file.Name())
		require.NoError(t, file.Close())
	}
	_, err := openFile("neither")
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.ErrorContains(t, err, dirs[1]+"/neither")

	file, err := openFile(fmt.Sprint("pid:", os.Getpid()))
	require.NoError(t, err)
	require.NoError(t, file.Close())
	_, err = openFile("pid:0")
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.ErrorContains(t, err, "/proc/0/ns/net")
}

// A namespace is the same however it was opened, for as long as it is open.
func TestSame(t *testing.T) {
	open := func(name string) *Namespace {
		file, err := os.OpenFile(name, os.O_CREATE, 0o600)
		require.NoError(t, err)
		t.Cleanup(func() { _ = file.Close() })
		return &Namespace{file}
	}
	dir := t.TempDir()
	blue, green := open(dir+"/blue"), open(dir+"/green")
	require.NoError(t, os.Symlink("blue", dir+"/link"))
	link := open(dir + "/link")
	require.True(t, blue.Same(link))
	require.False(t, blue.Same(green))
	require.False(t, blue.Same(nil))
	var own *Namespace
	require.False(t, own.Same(blue))
	require.True(t, own.Same(nil))
	require.NoError(t, blue.Close())
	require.False(t, link.Same(blue))
	require.False(t, blue.Same(blue))
}

// Names are those of all directories that exist, once each.
func TestNames(t *testing.T) {
	before := dirs
	t.Cleanup(func() { dirs = before })
	dirs = []string{t.TempDir(), "/nonexistent", t.TempDir()}
	for _, name := range []string{dirs[0] + "/red", dirs[0] + "/blue", dirs[2] + "/green", dirs[2] + "/blue"} {
		require.NoError(t, os.WriteFile(name, nil, 0o600))
	}
	require.Equal(t, []string{"blue", "green", "red"}, Names())
}

// In a nil namespace, a function just runs.
func TestRunNil(t *testing.T) {
	var n *Namespace
	ran := 0
	require.ErrorIs(t, n.Run(func() error { ran++; return os.ErrClosed }), os.ErrClosed)
	require.Equal(t, 1, ran)
}
