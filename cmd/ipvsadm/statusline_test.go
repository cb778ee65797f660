// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"io"
	"os"
	"testing"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/screen"
	"github.com/ipvsadm-go/ipvsadm/internal/test/emulator"
	"github.com/stretchr/testify/require"
)

// openTerminal opens a pseudo-terminal and sets TERM.
func openTerminal(t *testing.T) (keyboard, terminal *os.File) {
	t.Helper()
	keyboard, terminal = emulator.Open(t)
	t.Setenv("TERM", "xterm")
	return keyboard, terminal
}

// requireShown reads what was written on a terminal.
func requireShown(t *testing.T, want string, keyboard io.Reader) {
	t.Helper()
	b := make([]byte, len(want))
	_, err := io.ReadFull(keyboard, b)
	require.NoError(t, err)
	require.Equal(t, want, string(b))
}

// On a terminal, what is shown is in place, and messages take its place; what stands there last is removed.
func TestStatusLineTerminal(t *testing.T) {
	keyboard, terminal := openTerminal(t)
	p := newStatusLine(newConsole("ipvsadm", nil, nil, terminal), screen.IsTerminal, time.Hour)
	p.show("2 left")
	p.show("1 left")
	p.say("a message")
	p.show("0 left")
	p.end()
	p.end()
	_, err := terminal.WriteString(".")
	require.NoError(t, err)
	requireShown(t, "\r\x1b[K2 left\r\x1b[K1 left\r\x1b[Ka message\r\n\r\x1b[K0 left\r\x1b[K.", keyboard)

	for _, term := range []string{"", "dumb"} {
		t.Setenv("TERM", term)
		require.Nil(t, newStatusLine(newConsole("ipvsadm", nil, nil, terminal), screen.IsTerminal, 0).line)
	}
}

// Elsewhere, lines are written when they change, but at most one in a while.
func TestStatusLine(t *testing.T) {
	t.Setenv("TERM", "xterm")
	var b bytes.Buffer
	p := newStatusLine(newConsole("ipvsadm", nil, nil, &b), nil, time.Hour)
	p.show("2 left")
	p.show("1 left")
	p.next = time.Now()
	p.show("2 left")
	p.show("1 left")
	p.show("0 left")
	p.end()
	require.Equal(t, "2 left\n1 left\n", b.String())
}
