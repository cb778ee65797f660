// SPDX-License-Identifier: Apache-2.0

package ipvsnl

import (
	"errors"
	"syscall"
)

// numberOf returns the error number that err is or wraps, or 0.
func numberOf(err error) errno {
	var n syscall.Errno
	errors.As(err, &n)
	return errno(n)
}

// errnoError returns the error that the kernel would give.
func errnoError(n errno) error { return syscall.Errno(n) }

// isErrno reports whether err is an error number from a reply: that of a
// system call is wrapped.
func isErrno(err error) bool {
	_, ok := err.(syscall.Errno)
	return ok
}
