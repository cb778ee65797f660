// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/binary"
	"io"
	"os"
	"strings"
)

// init, compiled into the command for tests only, makes it run call after call without starting anew. What
// goes through its files 3 and 4 is as in forkserver.c.
func init() {
	in, out := os.NewFile(3, "calls"), os.NewFile(4, "codes")
	for {
		var head [8]byte
		if _, err := io.ReadFull(in, head[:]); err != nil {
			os.Exit(0)
		}
		text := make([]byte, binary.NativeEndian.Uint32(head[4:]))
		if _, err := io.ReadFull(in, text); err != nil {
			os.Exit(0)
		}
		words := strings.Split(strings.TrimSuffix(string(text), "\x00"), "\x00")
		status := run(words, os.Stdin, os.Stdout, os.Stderr) << 8
		if _, err := out.Write(binary.NativeEndian.AppendUint32(nil, uint32(status))); err != nil {
			os.Exit(1)
		}
	}
}
