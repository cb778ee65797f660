// SPDX-License-Identifier: Apache-2.0

package ipvsnl

import (
	"errors"
	"syscall"
)

// numberOf returns the error number that err is or wraps.
func numberOf(err error) (errno, bool) {
	var n syscall.Errno
	if !errors.As(err, &n) {
		return 0, false
	}
	return errno(n), true
}

// errnoError returns the error that the kernel would give.
func errnoError(n errno) error { return syscall.Errno(n) }

// isErrno reports whether err is an error number from a reply: that of a
// system call is wrapped.
func isErrno(err error) bool {
	_, ok := err.(syscall.Errno)
	return ok
}
