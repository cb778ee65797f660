// SPDX-License-Identifier: Apache-2.0

package conns

import (
	"bytes"
	"io"
)

// A Block is a part of a table: lines that are valid until the block is read into
// again. A copy has the same lines and reads them independently, even on another
// goroutine.
type Block struct {
	buf    []byte
	lines  []byte // the remaining lines
	line   int    // the number of the one before
	origin bool   // whether lines have a column for the origin

	protocol [4]byte // that of the last line that ReadColumns has read, and its state: the next line often has the same
	state    [11]byte
}

// Read reads the next entry into c. It returns io.EOF after the last and a *[LineError]
// for a malformed line, when c is partly filled in.
func (b *Block) Read(c *Connection) error {
	if len(b.lines) == 0 {
		return io.EOF
	}
	b.line++
	if rest, ok := b.parseColumns(c, b.lines); ok {
		b.lines = rest[1:]
		return nil
	}
	line, rest, _ := bytes.Cut(b.lines, []byte{'\n'})
	b.lines = rest
	if !b.parseFields(c, line) {
		return &LineError{b.line}
	}
	return nil
}
