// Package rules reads the format that a save writes and a restore reads: lines, of
// which each is a command line.
package rules

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
)

// program is the name that may stand anywhere in a line and is no word of it.
const program = "ipvsadm"

// blanks stand between words.
const blanks = " \t\r\n"

// A Line is one line of rules.
type Line struct {
	Number int // from 1
	Text   string

	// Words are the words of its command line. A line that is empty or a comment
	// has none.
	Words []string
}

// A Reader reads lines.
type Reader struct {
	r      *bufio.Reader
	number int
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
	return Line{Number: r.number, Text: strings.TrimRight(text, "\r\n"), Words: Split(text)}, nil
}

// Split returns the words of a line.
func Split(line string) []string {
	if strings.HasPrefix(line, "#") {
		return nil
	}
	words := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(blanks, r) })
	return slices.DeleteFunc(words, func(w string) bool { return w == program })
}
