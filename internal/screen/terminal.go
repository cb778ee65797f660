// SPDX-License-Identifier: Apache-2.0

package screen

import (
	"os"

	"golang.org/x/sys/unix"
)

// IsTerminal reports whether a stream is a terminal. It leaves the mode of the stream alone, which others may share.
func IsTerminal(stream any) (is bool) {
	f, ok := stream.(*os.File)
	if !ok {
		return false
	}
	c, err := f.SyscallConn()
	if err != nil {
		return false
	}
	_ = c.Control(func(fd uintptr) {
		_, err := unix.IoctlGetTermios(int(fd), unix.TCGETS)
		is = err == nil
	})
	return is
}
