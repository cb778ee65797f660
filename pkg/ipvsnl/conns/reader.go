// SPDX-License-Identifier: Apache-2.0

package conns

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"iter"
	"strconv"
)

// blockSize is the size of a read. It is more than the longest line that the
// kernel writes: the data of a persistence engine has 255 bytes at most.
const blockSize = 64 << 10

// A LineError reports a malformed line. Reading can continue after it.
type LineError struct {
	Line int // 1 is the header of the table
}

func (e *LineError) Error() string { return "line " + strconv.Itoa(e.Line) + ": malformed entry" }

// A Reader reads a connection table. One goroutine at a time can use it.
type Reader struct {
	r      *bufio.Reader
	file   io.Closer // nil if the caller closes it
	headed bool      // whether the header has been read
	origin bool      // whether lines have a column for the origin
	line   int       // how many lines have been read
	rest   []byte    // the incomplete line at the end of the last block
	skip   bool      // whether the next bytes belong to a line that is too long
	err    error     // the error at the end of the table
	block  Block     // of All
}

// NewReader returns a Reader of a table in the form of [Path] or [SyncPath]. The header
// of the table determines which.
func NewReader(r io.Reader) *Reader {
	// Until Linux 6.18, each read looks for its place from the start of the table, and yields a page of
	// memory at most. So each should ask for a page, of 64 KiB on some machines, even where less fits into a block.
	return &Reader{r: bufio.NewReaderSize(r, blockSize)}
}

// Close closes the file of a Reader from [Open] or [OpenSync]. Others need no Close.
func (r *Reader) Close() error {
	if r.file == nil {
		return nil
	}
	return r.file.Close()
}

// All returns an iterator over the connections. For a malformed line it
// yields a *[LineError] and continues with the next line; any other error is the last
// item. If the table has no header, the error is io.ErrUnexpectedEOF.
//
// The iterator can be used once: a new one continues where it stopped.
func (r *Reader) All() iter.Seq2[Connection, error] {
	return func(yield func(Connection, error) bool) {
		for {
			var c Connection
			err := r.read(&c)
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				c = Connection{}
			}
			if !yield(c, err) || !isLine(err) {
				return
			}
		}
	}
}

// isLine reports whether err concerns a single line, or is nil.
func isLine(err error) bool {
	_, broken := err.(*LineError)
	return broken || err == nil
}

// read reads the next entry.
func (r *Reader) read(c *Connection) error {
	for {
		if err := r.block.Read(c); err != io.EOF {
			return err
		}
		if err := r.Next(&r.block); err != nil {
			return err
		}
	}
}

// Head skips the header of the table, unless it has been read. It returns
// io.ErrUnexpectedEOF if there is none. A program need not call it, except to distinguish
// this error from those of lines.
func (r *Reader) Head() error {
	if r.headed {
		return nil
	}
	if r.err == nil {
		r.err = r.readHead()
	}
	r.headed = r.err == nil
	return r.err
}

// readHead reads the first line. It ignores its words, except the one that
// distinguishes the two tables.
func (r *Reader) readHead() error {
	r.line++
	for {
		line, err := r.r.ReadSlice('\n')
		if bytes.Contains(line, []byte(" Origin ")) {
			r.origin = true
		}
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

// Next reads the next lines into b. It returns io.EOF after the last.
func (r *Reader) Next(b *Block) error {
	_ = r.Head() // whose error is also r.err
	if b.buf == nil {
		b.buf = make([]byte, blockSize)
	}
	b.origin = r.origin
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

// fill fills a buffer that already contains n bytes, unless the table ends before.
func (r *Reader) fill(buf []byte, n int) int {
	for n < len(buf) && r.err == nil {
		var more int
		more, r.err = r.r.Read(buf[n:])
		n += more
	}
	return n
}

// cut returns the complete lines of a block, and keeps the rest. A
// line that is longer than a block is cut to its first byte, which is malformed,
// too.
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
		r.skip = true
		return b[:1]
	}
	r.rest = append(r.rest, b[end:]...)
	return b[:end]
}

// countLines counts lines, of which the last may lack its newline.
func countLines(b []byte) int {
	n := bytes.Count(b, []byte{'\n'})
	if b[len(b)-1] != '\n' {
		n++
	}
	return n
}
