// SPDX-License-Identifier: Apache-2.0

// Package rules reads the format that a save writes and a restore reads: lines, of
// which each is a command line.
package rules

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
)

// program is the name that may stand anywhere in a line and is no word of it.
const program = "ipvsadm"

// A Line is one line of rules.
type Line struct {
	Number int // from 1
	Text   string

	// Words are the words of its command line. A line that is empty or a comment
	// has none. They are good until the next line is read.
	Words []string
}

// A Reader reads lines.
type Reader struct {
	r      *bufio.Reader
	number int
	words  []string // room for those of a line
}

// NewReader returns a Reader of r.
func NewReader(r io.Reader) *Reader {
	return &Reader{r: bufio.NewReaderSize(r, 64<<10)}
}

// Ready says whether there is a line that can be read without waiting for one.
func (r *Reader) Ready() bool {
	b, _ := r.r.Peek(r.r.Buffered())
	return bytes.IndexByte(b, '\n') >= 0
}

// Next reads the next line. It returns io.EOF behind the last, which may lack its
// newline.
func (r *Reader) Next() (Line, error) {
	text, err := r.r.ReadString('\n')
	if errors.Is(err, io.EOF) && text != "" {
		err = nil
	}
	if err != nil {
		return Line{}, err
	}
	r.number++
	r.words = appendWords(r.words[:0], text)
	return Line{Number: r.number, Text: strings.TrimRight(text, "\r\n"), Words: r.words}, nil
}

// appendWords appends the words of a line: what stands between blanks, tabs,
// returns and newlines.
func appendWords(words []string, line string) []string {
	if strings.HasPrefix(line, "#") {
		return words
	}
	for start := 0; start < len(line); {
		end := start
		for end < len(line) && !isBlank(line[end]) {
			end++
		}
		if w := line[start:end]; w != "" && w != program {
			words = append(words, w)
		}
		start = end + 1
	}
	return words
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }
