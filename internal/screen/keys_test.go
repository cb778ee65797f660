// SPDX-License-Identifier: Apache-2.0

package screen

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReadKey(t *testing.T) {
	for _, tt := range []struct {
		typed string
		key   Key
		rest  string
		whole bool
	}{
		{"q", "q", "", true},
		{"qr", "q", "r", true},
		{"ä/", "ä", "/", true},
		{"\xc3", Unknown, "", false},
		{"\xff/", Unknown, "/", true},
		{"\r", Enter, "", true},
		{"\n", Enter, "", true},
		{"\x7f", Backspace, "", true},
		{"\bx", Backspace, "x", true},
		{"\x0c", CtrlL, "", true},
		{"\x15", CtrlU, "", true},
		{"\x01x", Unknown, "x", true},
		{"\x1b", Escape, "", false},
		{"\x1bq", Escape, "q", true},
		{"\x1b\x1b", Escape, "\x1b", true},
		{"\x1b[", Unknown, "", false},
		{"\x1b[5", Unknown, "", false},
		{"\x1b[A", Up, "", true},
		{"\x1bOB", Down, "", true},
		{"\x1b[C", Right, "", true},
		{"\x1b[Dj", Left, "j", true},
		{"\x1b[5~", PageUp, "", true},
		{"\x1b[6~k", PageDown, "k", true},
		{"\x1b[H", Home, "", true},
		{"\x1b[1~", Home, "", true},
		{"\x1b[7~", Home, "", true},
		{"\x1bOF", End, "", true},
		{"\x1b[4~", End, "", true},
		{"\x1b[8~", End, "", true},
		{"\x1bOM", Enter, "", true},
		{"\x1b[1;5Aq", Unknown, "q", true},
	} {
		key, rest, whole := readKey([]byte(tt.typed))
		require.Equal(t, tt.key, key, "%q", tt.typed)
		require.Equal(t, tt.rest, string(rest), "%q", tt.typed)
		require.Equal(t, tt.whole, whole, "%q", tt.typed)
	}
}
