// SPDX-License-Identifier: Apache-2.0

package ipvsnl

// An errno is one of Linux' error numbers.
type errno uint16

const (
	enoent          errno = 2
	esrch           errno = 3
	eexist          errno = 17
	enodev          errno = 19
	einval          errno = 22
	erange          errno = 34
	eprotonosupport errno = 93
)

// errnos is a set of error numbers below 64.
type errnos uint64

func anyOf(numbers ...errno) errnos {
	var s errnos
	for _, n := range numbers {
		s |= 1 << n
	}
	return s
}

// has reports whether err is one of the numbers.
func (s errnos) has(err error) bool {
	return s&(1<<numberOf(err)) != 0
}
