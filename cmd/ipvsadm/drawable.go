// SPDX-License-Identifier: Apache-2.0

package main

import "os"

// drawable returns a stream as a terminal, if it is one that can be drawn on.
func drawable(stream any, terminal func(stream any) bool) (f *os.File, ok bool) {
	f, ok = stream.(*os.File)
	term := os.Getenv("TERM")
	return f, ok && term != "" && term != "dumb" && terminal(f)
}
