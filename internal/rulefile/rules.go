// SPDX-License-Identifier: Apache-2.0

// Package rulefile reads the format of saved rules: lines, of
// which each is a command line.
package rulefile

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
)

// program is a name that may appear anywhere in a line and is ignored.
const program = "ipvsadm"

// Length limits. ipvsadm splits a longer word into two, and so does this package. No longer line has a meaning that a
// line of maxLine could not have.
const (
	maxWord = 4096
	maxLine = 1 << 20
)

// A Line is one line of rules.
type Line struct {
	Number int // from 1
	Text   string

	// Words are the words of its command line. An empty line or a comment
	// has none. They are valid until the next line is read.
	Words []string

	// Long reports whether the line is longer than Text and Words, which contain only its first maxLine bytes.
	Long bool
}

// Empty reports whether the line has no command.
func (l *Line) Empty() bool { return len(l.Words) == 0 && !l.Long }

// A Reader reads lines.
type Reader struct {
	r      *bufio.Reader
	number int
	words  []string // buffer for the words of a line
	line   []byte   // buffer for a line that is being read
}

// NewReader returns a Reader of r.
func NewReader(r io.Reader) *Reader {
	return &Reader{r: bufio.NewReaderSize(r, 64<<10)}
}

// Ready reports whether a line can be read without waiting.
func (r *Reader) Ready() bool {
	b, _ := r.r.Peek(r.r.Buffered())
	return bytes.IndexByte(b, '\n') >= 0
}

// Next reads the next line. It returns io.EOF after the last, which may lack its
// newline.
func (r *Reader) Next() (Line, error) {
	text, long, err := r.read()
	if errors.Is(err, io.EOF) && text != "" {
		err = nil
	}
	if err != nil {
		return Line{}, err
	}
	r.number++
	r.words = r.words[:0]
	if comment := strings.HasPrefix(text, "#"); comment {
		long = false
	} else {
		r.words = appendWords(r.words, text)
	}
	if n := len(r.words); long && n > 1 {
		r.words = r.words[:n-1] // which may be incomplete
	}
	return Line{Number: r.number, Text: strings.TrimRight(text, "\r\n"), Words: r.words, Long: long}, nil
}

// read reads a line including its newline. It keeps only the first maxLine bytes of a longer line, and
// reports whether it has dropped anything but blanks.
func (r *Reader) read() (text string, long bool, err error) {
	r.line = r.line[:0]
	for {
		b, err := r.r.ReadSlice('\n')
		n := min(len(b), maxLine-len(r.line))
		r.line = append(r.line, b[:n]...)
		long = long || len(bytes.Trim(b[n:], blanks)) > 0
		if !errors.Is(err, bufio.ErrBufferFull) {
			return string(r.line), long, err
		}
	}
}

// appendWords appends the words of a line, which are separated by blanks. As in ipvsadm, a NUL ends a word, and
// everything after it up to the next blank is ignored.
func appendWords(words []string, line string) []string {
	var end int
	for start := 0; start < len(line); start = end {
		end = start + 1
		if isBlank(line[start]) {
			continue
		}
		for end < len(line) && !isBlank(line[end]) && end-start < maxWord {
			end++
		}
		w := line[start:end]
		if nul := strings.IndexByte(w, 0); nul >= 0 {
			w = w[:nul]
		}
		if w != program {
			words = append(words, w)
		}
	}
	return words
}

const blanks = " \t\r\n"

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }
