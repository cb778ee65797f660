// SPDX-License-Identifier: Apache-2.0

// Package rulefile reads the format that a save writes and a restore reads: lines, of
// which each is a command line.
package rulefile

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
)

// program is the name that may occur anywhere in a line and is not one of its words.
const program = "ipvsadm"

// What is too long: a longer word is two for ipvsadm, and so it is here. A longer line has no meaning that a
// line of maxLine has not.
const (
	maxWord = 4096
	maxLine = 1 << 20
)

// A Line is one line of rules.
type Line struct {
	Number int // from 1
	Text   string

	// Words are the words of its command line. A line that is empty or a comment
	// has none. They are good until the next line is read.
	Words []string

	// Long reports that the line goes on after Text and Words, which have no more than the first maxLine bytes of it.
	Long bool
}

// Empty reports whether there is nothing to run.
func (l *Line) Empty() bool { return len(l.Words) == 0 && !l.Long }

// A Reader reads lines.
type Reader struct {
	r      *bufio.Reader
	number int
	words  []string // room for those of a line
	long   []byte   // room for a line that is longer than a read
}

// NewReader returns a Reader of r.
func NewReader(r io.Reader) *Reader {
	return &Reader{r: bufio.NewReaderSize(r, 64<<10)}
}

// Ready reports whether Next can return a line without waiting for input.
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
		r.words = r.words[:n-1] // which may be the half of a word
	}
	return Line{Number: r.number, Text: strings.TrimRight(text, "\r\n"), Words: r.words, Long: long}, nil
}

// read reads a line, including its newline. It keeps only the beginning of a line longer than maxLine, and reports
// whether it dropped more than blanks.
func (r *Reader) read() (text string, long bool, err error) {
	b, err := r.r.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return string(b), false, err
	}
	r.long = r.long[:0]
	for {
		n := min(len(b), maxLine-len(r.long))
		r.long = append(r.long, b[:n]...)
		long = long || len(bytes.Trim(b[n:], blanks)) > 0
		if !errors.Is(err, bufio.ErrBufferFull) {
			return string(r.long), long, err
		}
		b, err = r.r.ReadSlice('\n')
	}
}

// appendWords appends the words of a line: what stands between blanks. As in ipvsadm, a NUL ends a word, and what
// follows it up to the next blank is dropped.
func appendWords(words []string, line string) []string {
	for start, end := 0, 0; start < len(line); start = end {
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
