// SPDX-License-Identifier: Apache-2.0

// Package inet reads addresses as the C library does.
package inet

import (
	"math"
	"strconv"
	"strings"
)

const blanks = " \t\n\v\f\r" // as C's isspace

// Aton reads an IPv4 address as C's inet_aton does: one to four numbers,
// decimal, octal or hexadecimal, of which the last fills the remaining bytes.
// A blank ends the address; whatever follows it is ignored.
func Aton(s string) (uint32, bool) {
	var addr uint64
	for part := 0; part < 4; part++ {
		n, rest, ok := leadingCNumber(s)
		if !ok {
			return 0, false
		}
		if strings.HasPrefix(rest, ".") && part < 3 {
			if n > 255 {
				return 0, false
			}
			addr |= n << (24 - 8*part)
			s = rest[1:]
			continue
		}
		if rest != "" && !strings.ContainsRune(blanks, rune(rest[0])) {
			return 0, false
		}
		return uint32(addr | n), n <= math.MaxUint32>>(8*part)
	}
	return 0, false
}

// leadingCNumber reads the number that a word begins with as C writes numbers, 0 for
// octal and 0x for hexadecimal.
func leadingCNumber(s string) (n uint64, rest string, ok bool) {
	if s == "" || !isDigit(s[0]) {
		return 0, s, false
	}
	base := 10
	switch {
	case len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x' && digitIn(s[2], 16):
		base, s = 16, s[2:]
	case s[0] == '0':
		base = 8
	}
	end := 0
	for end < len(s) && digitIn(s[end], base) {
		end++
	}
	n, err := strconv.ParseUint(s[:end], base, 32)
	return n, s[end:], err == nil
}

func digitIn(c byte, base int) bool {
	switch {
	case isDigit(c):
		return int(c-'0') < base
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return base == 16
	}
	return false
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
