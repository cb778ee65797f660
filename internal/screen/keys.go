// SPDX-License-Identifier: Apache-2.0

package screen

import (
	"bytes"
	"unicode/utf8"
)

// A Key is a key that has been pressed: its character, or one of the following.
type Key string

// The keys without a printable character.
const (
	Up        Key = "Up"
	Down      Key = "Down"
	Left      Key = "Left"
	Right     Key = "Right"
	PageUp    Key = "PgUp"
	PageDown  Key = "PgDn"
	Home      Key = "Home"
	End       Key = "End"
	Enter     Key = "Enter"
	Escape    Key = "Esc"
	Backspace Key = "Backspace"
	CtrlL     Key = "Ctrl-L"
	CtrlU     Key = "Ctrl-U"
	Unknown   Key = ""
)

// sequences are what terminals send for keys.
var sequences = [...]struct {
	sent string // after Escape and "[" or "O", or a control character
	key  Key
}{
	{"\r", Enter}, {"\n", Enter}, {"\x7f", Backspace}, {"\b", Backspace}, {"\x0c", CtrlL}, {"\x15", CtrlU},
	{"A", Up}, {"B", Down}, {"C", Right}, {"D", Left}, {"H", Home}, {"F", End}, {"M", Enter},
	{"1~", Home}, {"7~", Home}, {"4~", End}, {"8~", End}, {"5~", PageUp}, {"6~", PageDown},
}

// sequence returns the key for which a terminal sends something.
func sequence(sent []byte) Key {
	for _, s := range sequences {
		if s.sent == string(sent) {
			return s.key
		}
	}
	return Unknown
}

const escape = 0x1b

// readKey returns the first key of what has been typed, and what follows it. If the key may still be
// incomplete, whole is false.
func readKey(b []byte) (key Key, rest []byte, whole bool) {
	switch {
	case b[0] == escape:
		return readSequence(b)
	case b[0] < ' ' || b[0] == 0x7f:
		return sequence(b[:1]), b[1:], true
	case !utf8.FullRune(b):
		return Unknown, nil, false
	}
	r, n := utf8.DecodeRune(b)
	if r == utf8.RuneError {
		return Unknown, b[n:], true
	}
	return Key(b[:n]), b[n:], true
}

// readSequence reads a key that begins with Escape, or is Escape.
func readSequence(b []byte) (key Key, rest []byte, whole bool) {
	if len(b) == 1 {
		return Escape, nil, false
	}
	if b[1] != '[' && b[1] != 'O' {
		return Escape, b[1:], true
	}
	end := bytes.IndexFunc(b[2:], func(r rune) bool { return r >= '@' && r <= '~' })
	if end < 0 {
		return Unknown, nil, false
	}
	end += 3
	return sequence(b[2:end]), b[end:], true
}
