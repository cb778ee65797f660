// SPDX-License-Identifier: Apache-2.0

package screen

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Escape sequences.
const (
	enter     = "\x1b[?1049h\x1b[?25l" // the alternate screen, without a cursor
	leave     = "\x1b[?25h\x1b[?1049l"
	home      = "\x1b[H"
	clearLine = "\x1b[K" // from the cursor on
	clearRest = "\x1b[J"
	nextLine  = "\r\n"
	mark      = "\x1b[7m"
	unmark    = "\x1b[m"
)

// A frame is a page of text, line by line, with its changes.
type frame struct {
	lines   []line
	more    int                 // how many lines of the page follow these
	figures map[string][]string // of each row, by the text before them
}

// A line is one line of a page.
type line struct {
	text  string
	marks []span // the parts of it that have changed
}

// A span is a part of a line.
type span struct{ start, end int }

// newFrame makes a frame of a page. The last words of each line, as many as figures, are
// its figures: those that differ from the last frame are marked. Lines are identified
// by the text before their figures; one that begins with a blank belongs to the
// last one that does not.
func newFrame(page string, figures int, last *frame) *frame {
	f := &frame{figures: make(map[string][]string)}
	group := ""
	for text := range strings.Lines(page) {
		l := line{text: strings.Map(printable, strings.TrimRight(text, "\n"))}
		if figures > 0 {
			words := fields(l.text)
			words = words[max(0, len(words)-figures):]
			label := l.text
			if len(words) > 0 {
				label = strings.TrimRight(l.text[:words[0].start], " ")
			}
			if !strings.HasPrefix(label, " ") {
				group = label
			} else {
				label = group + label
			}
			l.marks = f.note(label, l.text, words, last)
		}
		f.lines = append(f.lines, l)
	}
	return f
}

// note keeps the figures of a row and returns those of the last frame.
func (f *frame) note(label, text string, words []span, last *frame) (marks []span) {
	figures := make([]string, len(words))
	for i, w := range words {
		figures[i] = text[w.start:w.end]
	}
	f.figures[label] = figures
	if last == nil || len(last.figures[label]) != len(figures) {
		return nil
	}
	for i, was := range last.figures[label] {
		if was != figures[i] {
			marks = append(marks, words[i])
		}
	}
	return marks
}

// fields returns the positions of the words of a text.
func fields(text string) (words []span) {
	start := -1
	for i := 0; i <= len(text); i++ {
		blank := i == len(text) || text[i] == ' '
		switch {
		case blank && start >= 0:
			words = append(words, span{start, i})
			start = -1
		case !blank && start < 0:
			start = i
		}
	}
	return words
}

// printable removes control sequences from a text.
func printable(r rune) rune {
	if !unicode.IsPrint(r) {
		return '?'
	}
	return r
}

// append appends the sequences that draw the frame over a screen of that size. Lines that
// do not fit are omitted, and the last line reports how many.
func (f *frame) append(b []byte, width, height int) []byte {
	lines := f.lines
	if all := len(lines) + f.more; all > height {
		kept := min(height-1, len(lines))
		more := fmt.Sprintf("(%d more lines)", all-kept)
		lines = append(slices.Clip(lines[:kept]), line{text: more})
	}
	b = append(b, home...)
	for i := range lines {
		if i > 0 {
			b = append(b, nextLine...)
		}
		b = lines[i].append(b, width)
	}
	if len(lines) < height {
		if len(lines) > 0 {
			b = append(b, nextLine...)
		}
		b = append(b, clearRest...)
	}
	return b
}

// append appends as much of a line as fits into the width.
func (l *line) append(b []byte, width int) []byte {
	end := fitting(l.text, width)
	at := 0
	for _, m := range l.marks {
		if m.start >= end {
			break
		}
		b = append(append(b, l.text[at:m.start]...), mark...)
		at = min(m.end, end)
		b = append(append(b, l.text[m.start:at]...), unmark...)
	}
	b = append(b, l.text[at:end]...)
	if utf8.RuneCountInString(l.text) < width { // after the last column, the cursor stays on it
		b = append(b, clearLine...)
	}
	return b
}

// fitting returns the number of bytes of a text that fit into a width.
func fitting(text string, width int) int {
	for i := range text {
		if width == 0 {
			return i
		}
		width--
	}
	return len(text)
}
