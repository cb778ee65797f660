// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// On a terminal, what is shown is in place, and messages take its place; what stands there last is removed.
func TestStatusLineTerminal(t *testing.T) {
	keyboard, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	require.NoError(t, err)
	defer keyboard.Close()
	require.NoError(t, unix.IoctlSetPointerInt(int(keyboard.Fd()), unix.TIOCSPTLCK, 0))
	n, err := unix.IoctlGetInt(int(keyboard.Fd()), unix.TIOCGPTN)
	require.NoError(t, err)
	terminal, err := os.OpenFile("/dev/pts/"+strconv.Itoa(n), os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	defer terminal.Close()

	t.Setenv("TERM", "xterm")
	p := newStatusLine(newConsole("ipvsadm", nil, nil, terminal), time.Hour)
	p.show("2 left")
	p.show("1 left")
	p.say("a message")
	p.show("0 left")
	p.end()
	p.end()
	const want = "\r\x1b[K2 left\r\x1b[K1 left\r\x1b[Ka message\r\n\r\x1b[K0 left\r\x1b[K"
	b := make([]byte, len(want))
	for n := 0; n < len(want); {
		some, err := keyboard.Read(b[n:])
		require.NoError(t, err)
		n += some
	}
	require.Equal(t, want, string(b))

	for _, term := range []string{"", "dumb"} {
		t.Setenv("TERM", term)
		require.Nil(t, newStatusLine(newConsole("ipvsadm", nil, nil, terminal), 0).line)
	}
}

// Elsewhere, lines are written when they change, but at most one in a while.
func TestStatusLine(t *testing.T) {
	t.Setenv("TERM", "xterm")
	var b bytes.Buffer
	p := newStatusLine(newConsole("ipvsadm", nil, nil, &b), time.Hour)
	p.show("2 left")
	p.show("1 left")
	p.next = time.Now()
	p.show("2 left")
	p.show("1 left")
	p.show("0 left")
	p.end()
	require.Equal(t, "2 left\n1 left\n", b.String())
}
