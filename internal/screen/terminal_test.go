// SPDX-License-Identifier: Apache-2.0

package screen

import (
	"bytes"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestIsTerminal(t *testing.T) {
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	require.NoError(t, err)
	defer terminal.Close()
	require.True(t, IsTerminal(terminal))
	null, err := os.Open(os.DevNull)
	require.NoError(t, err)
	defer null.Close()
	require.False(t, IsTerminal(null))
	require.False(t, IsTerminal(&bytes.Buffer{}))
	require.False(t, IsTerminal((*os.File)(nil)))

	// A pipe stays as it is.
	var ends [2]int
	require.NoError(t, unix.Pipe2(ends[:], unix.O_NONBLOCK|unix.O_CLOEXEC))
	defer unix.Close(ends[0])
	pipe := os.NewFile(uintptr(ends[1]), "pipe")
	defer pipe.Close()
	require.False(t, IsTerminal(pipe))
	mode, err := unix.FcntlInt(uintptr(ends[1]), unix.F_GETFL, 0)
	require.NoError(t, err)
	require.NotZero(t, mode&unix.O_NONBLOCK)
}
