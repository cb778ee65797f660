// SPDX-License-Identifier: Apache-2.0

package screen

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// An Attr is how text looks: a combination of the following.
type Attr uint8

// The attributes. The last three are colours.
const (
	Bold Attr = 1 << iota
	Reverse
	Good   // green
	Bad    // red
	Notice // yellow

	colours = Good | Bad | Notice
)

// A Span is text that looks the same.
type Span struct {
	Text string
	Attr Attr
}

// A Row is a line of the screen.
type Row []Span

// Text returns the text of a row.
func (r Row) Text() string {
	var b strings.Builder
	for _, s := range r {
		b.WriteString(s.Text)
	}
	return b.String()
}

// Width returns how many columns a text takes.
func Width(text string) (columns int) {
	if isASCII(text) {
		return len(text)
	}
	for _, r := range text {
		columns += runeWidth(r)
	}
	return columns
}

// runeWidth returns how many columns a character takes: none if it is combined with the one before.
func runeWidth(r rune) int {
	switch {
	case r < utf8.RuneSelf:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// Omitted takes the place of what has been left out of a text.
const Omitted = "~"

// Shorten leaves out the middle of a text that is wider than a number of columns.
func Shorten(text string, width int) string {
	if Width(text) <= width {
		return text
	}
	if width <= 0 {
		return ""
	}
	left := (width - 1) / 2
	start, rest := split(text, left)
	for rest != "" && Width(rest) > width-1-Width(start) {
		_, rest, _ = cluster(rest)
	}
	return start + Omitted + rest
}

// split splits a text after as many columns as fit.
func split(text string, width int) (start, rest string) {
	rest = text
	for rest != "" {
		_, after, w := cluster(rest)
		if width -= w; width < 0 {
			break
		}
		rest = after
	}
	return text[:len(text)-len(rest)], rest
}

// Printable returns a text without control sequences.
func Printable(text string) string { return strings.Map(printable, text) }

func printable(r rune) rune {
	if !unicode.IsPrint(r) {
		return '?'
	}
	return r
}

// cluster returns the first character of a text, with what is combined with it, and its width.
func cluster(text string) (first, rest string, width int) {
	for i, r := range text {
		w := runeWidth(r)
		if i > 0 && w > 0 {
			return text[:i], text[i:], width
		}
		width = max(width, w)
	}
	return text, "", width
}
