// SPDX-License-Identifier: Apache-2.0

package screen

import (
	"os"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/test/emulator"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// openTerminal returns both ends of a terminal with 20 columns.
func openTerminal(t *testing.T) (keyboard, terminal *os.File) {
	t.Helper()
	keyboard, terminal = emulator.Open(t)
	require.NoError(t, unix.IoctlSetWinsize(int(terminal.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 5, Col: 20}))
	return keyboard, terminal
}

// A line is drawn over the last one, without its last column, and removed.
func TestLine(t *testing.T) {
	keyboard, terminal := openTerminal(t)
	require.True(t, IsTerminal(terminal))
	l := NewLine(terminal)
	l.Show("three connections")
	l.Show("a text of more than twenty characters")
	l.Show("äöüäöüäöüäöüäöüäöüäöüäöü")
	l.Clear()
	const want = "\r\x1b[Kthree connections\r\x1b[Ka text of more than\r\x1b[Käöüäöüäöüäöüäöüäöüä\r\x1b[K"
	b := make([]byte, len(want))
	for n := 0; n < len(want); {
		some, err := keyboard.Read(b[n:])
		require.NoError(t, err)
		n += some
	}
	require.Equal(t, want, string(b))
}

func TestCut(t *testing.T) {
	for characters, want := range map[int]string{-1: "", 0: "", 1: "ä", 2: "äb", 3: "äbc", 4: "äbc"} {
		require.Equal(t, want, cut("äbc", characters))
	}
}
