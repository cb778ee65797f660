// SPDX-License-Identifier: Apache-2.0

package resolve

import "strings"

const blanks = " \t\n\v\f\r" // as C's isspace

func isBlank(r rune) bool { return r < 0x80 && strings.IndexByte(blanks, byte(r)) >= 0 }

func skipBlanks(s string) string { return strings.TrimLeft(s, blanks) }

// fields splits a text at blanks. strings.Fields would also split it at non-ASCII blanks.
func fields(s string) []string { return strings.FieldsFunc(s, isBlank) }

// cutAny cuts a text before the first of several characters.
func cutAny(s, chars string) (before, rest string) {
	if i := strings.IndexAny(s, chars); i >= 0 {
		return s[:i], s[i:]
	}
	return s, ""
}

// withoutComment returns the part of a line before a "#" as seen by C's string functions: a NUL ends it.
func withoutComment(line string) string {
	line, _ = cutAny(line, "#\x00")
	return line
}

// lower returns a text with its ASCII letters in lower case. The other bytes need not be valid UTF-8.
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
