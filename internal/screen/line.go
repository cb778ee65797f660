// SPDX-License-Identifier: Apache-2.0

package screen

import (
	"os"
)

// startOver moves to the beginning of the line and clears it.
const startOver = "\r" + clearLine

// A Line is a line of text on a terminal that is drawn over and over, in place.
type Line struct{ out *os.File }

// NewLine returns a line on the terminal out.
func NewLine(out *os.File) *Line { return &Line{out} }

// Show draws a text, of printable characters, over the last one. It is cut so that it does not wrap.
func (l *Line) Show(text string) {
	width, _ := sizeOf(l.out)
	_, _ = l.out.WriteString(startOver + cut(text, width-1))
}

// Clear removes the text, so that other lines can be written.
func (l *Line) Clear() { _, _ = l.out.WriteString(startOver) }

// cut returns the first characters of a text.
func cut(text string, characters int) string {
	for i := range text {
		if characters <= 0 {
			return text[:i]
		}
		characters--
	}
	return text
}
