// SPDX-License-Identifier: Apache-2.0

// Package emulator is a terminal in memory that understands what --watch writes, and nothing else. It also opens
// terminals of the kernel.
package emulator

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// A Terminal is a terminal. It can be written to and read side by side.
type Terminal struct {
	mu     sync.Mutex
	width  int
	cells  [][]string // each with the character that begins there, and its attributes
	x, y   int
	attr   string
	rest   string // the beginning of a sequence
	enters int
	inside bool
	hidden bool
	err    error
}

// New returns a terminal of a size. What was on it before are question marks.
func New(width, height int) *Terminal {
	t := &Terminal{}
	t.Resize(width, height)
	return t
}

// Resize changes the size. What was on the terminal is lost.
func (t *Terminal) Resize(width, height int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.width, t.cells, t.x, t.y = width, make([][]string, height), 0, 0
	for y := range t.cells {
		t.cells[y] = strings.Split(strings.Repeat("?", width), "")
	}
}

// Write shows what is written, up to what a terminal would not understand.
func (t *Terminal) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := t.rest + string(b)
	for t.rest = ""; text != "" && t.err == nil; {
		if strings.HasPrefix(text, "\x1b") {
			end := strings.IndexAny(text, "HKmhl")
			if end < 0 {
				t.rest = text
				return len(b), nil
			}
			t.err = t.sequence(strings.TrimPrefix(text[1:end], "["), text[end])
			text = text[end+1:]
			continue
		}
		if !utf8.FullRuneInString(text) {
			t.rest = text
			return len(b), nil
		}
		text = t.character(text)
	}
	return len(b), nil
}

// character shows a character and returns what follows it.
func (t *Terminal) character(text string) (rest string) {
	r, n := utf8.DecodeRuneInString(text)
	c, rest, w := text[:n], text[n:], columns(r)
	if w == 0 && t.x > 0 { // it is combined with the one before
		x := t.x - 1
		for x > 0 && t.cells[t.y][x] == "" {
			x--
		}
		t.cells[t.y][x] += c
		return rest
	}
	if c == "\r" || c == "\n" { // of the shell
		return rest
	}
	if w == 0 || c < " " || t.x+w > t.width {
		t.err = fmt.Errorf("%q in column %d of %d", c, t.x, t.width)
		return rest
	}
	for i := range w {
		t.cells[t.y][t.x+i] = t.attr + c
		c = ""
	}
	t.x += w
	return rest
}

// columns returns how many columns a character takes.
func columns(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me) {
		return 0
	}
	if k := width.LookupRune(r).Kind(); k == width.EastAsianWide || k == width.EastAsianFullwidth {
		return 2
	}
	return 1
}

func (t *Terminal) sequence(parameters string, final byte) error {
	switch final {
	case 'K':
		for x := t.x; x < t.width; x++ {
			t.cells[t.y][x] = " "
		}
		return nil
	case 'm':
		if t.attr = ""; parameters != "" && parameters != "0" {
			t.attr = "<" + strings.TrimPrefix(parameters, "0;") + ">"
		}
		return nil
	case 'H':
		return t.moveTo(parameters)
	}
	on := final == 'h'
	switch parameters {
	case "?1049":
		if t.inside = on; on {
			t.enters++
		}
	case "?25":
		t.hidden = !on
	default:
		return fmt.Errorf("an unknown mode: %q", parameters)
	}
	return nil
}

func (t *Terminal) moveTo(parameters string) error {
	row, column, found := strings.Cut(parameters, ";")
	if !found {
		column = "1"
	}
	y, err := strconv.Atoi(row)
	if err != nil || y < 1 || y > len(t.cells) {
		return fmt.Errorf("the cursor moves to %q", parameters)
	}
	x, err := strconv.Atoi(column)
	if err != nil || x < 1 || x > t.width {
		return fmt.Errorf("the cursor moves to %q", parameters)
	}
	t.x, t.y = x-1, y-1
	return nil
}

// Cells returns what the terminal shows, with attributes: "<7>" before each character in reverse.
func (t *Terminal) Cells() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var b strings.Builder
	for _, line := range t.cells {
		b.WriteString(strings.Join(line, "") + "|\n")
	}
	return b.String()
}

// Text returns what the terminal shows, without attributes and blanks at the ends of lines.
func (t *Terminal) Text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var b strings.Builder
	for _, line := range t.cells {
		var text strings.Builder
		for _, c := range line {
			if strings.HasPrefix(c, "<") && len(c) > 1 {
				_, c, _ = strings.Cut(c, ">")
			}
			text.WriteString(c)
		}
		b.WriteString(strings.TrimRight(text.String(), " ") + "\n")
	}
	return b.String()
}

// Entered reports how often the alternate screen was entered, and whether the terminal shows it now, without a
// cursor.
func (t *Terminal) Entered() (times int, inside bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.enters, t.inside && t.hidden
}

// Err returns what the terminal has not understood.
func (t *Terminal) Err() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err
}
