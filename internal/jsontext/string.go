// SPDX-License-Identifier: Apache-2.0

// Package jsontext writes parts of JSON.
package jsontext

import "unicode/utf8"

// AppendString appends a JSON string, of any bytes. Each byte that is not UTF-8 becomes U+FFFD.
func AppendString(b []byte, s string) []byte {
	const digits = "0123456789abcdef"
	b = append(b, '"')
	done := 0 // how many bytes of s have been appended
	for i, c := range s {
		switch {
		case c == '"' || c == '\\':
			b = append(append(b, s[done:i]...), '\\')
			done = i
		case c < ' ':
			b = append(append(b, s[done:i]...), '\\', 'u', '0', '0', digits[c>>4], digits[c&0xf])
			done = i + 1
		case c == utf8.RuneError:
			b = append(append(b, s[done:i]...), `\ufffd`...)
			_, size := utf8.DecodeRuneInString(s[i:])
			done = i + size
		}
	}
	return append(append(b, s[done:]...), '"')
}
