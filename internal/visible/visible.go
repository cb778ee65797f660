// SPDX-License-Identifier: Apache-2.0

// Package visible shows text from users in messages unambiguously: characters
// that are invisible, or look like others, are shown by their numbers.
package visible

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// maxText is the maximum number of bytes that are shown.
const maxText = 1000

// Text returns s in printable ASCII. Other characters are shown as "<U+00A0>", and bytes that are not part of a
// character as "<FF>". Text that is too long for a message ends in "...".
func Text(s string) string {
	rest := ""
	if len(s) > maxText {
		s, rest = cut(s), "..."
	}
	if isPlain(s) {
		return s + rest
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case isPlainByte(s[i]):
			b.WriteByte(s[i])
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], string(utf8.RuneError)):
			fmt.Fprintf(&b, "<%02X>", s[i])
		default:
			fmt.Fprintf(&b, "<U+%04X>", r)
		}
	}
	return b.String() + rest
}

// cut returns the beginning of a text, cut between two characters.
func cut(s string) string {
	end := maxText
	for end > maxText-utf8.UTFMax && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
}

func isPlain(s string) bool {
	for i := range len(s) {
		if !isPlainByte(s[i]) {
			return false
		}
	}
	return true
}

// isPlainByte reports whether a byte is shown as it is. A tab is, because it separates words.
func isPlainByte(c byte) bool { return c >= ' ' && c <= '~' || c == '\t' }
