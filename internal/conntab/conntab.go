// SPDX-License-Identifier: Apache-2.0

// Package conntab reads the kernel's table of connections, a text with a line
// for each, in memory that does not grow with the table.
package conntab

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/ipvsadm-go/ipvsadm/pkg/format"
)

// Where the kernel shows the table of the process's network namespace, and that of the
// calling thread's.
const (
	Path       = "/proc/net/ip_vs_conn"
	ThreadPath = "/proc/thread-self/net/ip_vs_conn"
)

// blockSize is how much is read at a time. It is more than the longest line that the
// kernel writes: the data of a persistence engine has 255 bytes at most.
const blockSize = 64 << 10

// A LineError is a line that is no entry. Reading can go on behind it.
type LineError struct {
	Line int // from 1, the head of the table
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: no connection", e.Line) }

// A Reader reads a table, in blocks.
type Reader struct {
	r    *bufio.Reader
	line int    // how many lines have been read
	rest []byte // of the last block, the beginning of a line
	skip bool   // whether what comes next belongs to a line that is too long
	err  error  // what the table ends with
}

// NewReader returns a Reader of r.
func NewReader(r io.Reader) *Reader { return &Reader{r: bufio.NewReader(r)} }

// Head reads past the head of the table. It returns io.ErrUnexpectedEOF if there
// is none.
func (r *Reader) Head() error {
	r.line++
	for {
		line, err := r.r.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && len(line) == 0:
			return io.ErrUnexpectedEOF
		case errors.Is(err, io.EOF):
			return nil
		}
		return err
	}
}

// A Block is a part of a table: lines that are good until it is read into again. A
// copy has the same lines and goes through them by itself.
type Block struct {
	buf   []byte
	lines []byte // what is left of them
	line  int    // the number of the one before
}

// Next reads the next lines into b. It returns io.EOF behind the last.
func (r *Reader) Next(b *Block) error {
	if b.buf == nil {
		b.buf = make([]byte, blockSize)
	}
	for r.err == nil {
		n := r.fill(b.buf, copy(b.buf, r.rest))
		b.lines, b.line = r.cut(b.buf[:n]), r.line
		if len(b.lines) > 0 {
			r.line += countLines(b.lines)
			return nil
		}
	}
	return r.err
}

// fill fills a buffer that holds n bytes, unless the table ends before.
func (r *Reader) fill(buf []byte, n int) int {
	for n < len(buf) && r.err == nil {
		var more int
		more, r.err = r.r.Read(buf[n:])
		n += more
	}
	return n
}

// cut returns the whole lines that a block begins with, and keeps the rest. In place
// of a line that is longer than a block there is an empty one, which is no entry either.
func (r *Reader) cut(b []byte) []byte {
	r.rest = r.rest[:0]
	if r.skip {
		end := bytes.IndexByte(b, '\n') + 1
		if end == 0 {
			return nil
		}
		b, r.skip = b[end:], false
	}
	end := bytes.LastIndexByte(b, '\n') + 1
	switch {
	case errors.Is(r.err, io.EOF):
		end = len(b)
	case end == 0 && len(b) == blockSize:
		b[0], r.skip = '\n', true
		return b[:1]
	}
	r.rest = append(r.rest, b[end:]...)
	return b[:end]
}

// countLines counts lines, of which the last may lack its end.
func countLines(b []byte) int {
	n := bytes.Count(b, []byte{'\n'})
	if b[len(b)-1] != '\n' {
		n++
	}
	return n
}

// Read reads the next entry into c, whose bytes are good for as long as the block's
// lines are. It returns io.EOF behind the last and a *LineError for a line that is
// no entry.
func (b *Block) Read(c *format.Connection) error {
	if len(b.lines) == 0 {
		return io.EOF
	}
	b.line++
	if rest, ok := parseColumns(c, b.lines); ok {
		b.lines = rest[1:]
		return nil
	}
	line, rest, _ := bytes.Cut(b.lines, []byte{'\n'})
	b.lines = rest
	if !parseFields(c, line) {
		return &LineError{b.line}
	}
	return nil
}
