// SPDX-License-Identifier: Apache-2.0

package golden

import (
	"fmt"
	"strings"
)

// A call is one run of the program and all that it said.
type call struct {
	words          []string
	input          string // the case's file that was standard input
	stdout, stderr string
	exit           int
}

// String writes a call as a terminal would show it.
func (c call) String() string {
	var b strings.Builder
	b.WriteString("$ ipvsadm")
	for _, w := range c.words {
		b.WriteString(" " + quote(w))
	}
	if c.input != "" {
		b.WriteString(" <" + c.input)
	}
	b.WriteByte('\n')
	writeLines(&b, "", c.stdout)
	writeLines(&b, "2> ", c.stderr)
	if c.exit != 0 {
		fmt.Fprintf(&b, "[exit %d]\n", c.exit)
	}
	return b.String()
}

func writeLines(b *strings.Builder, mark, text string) {
	for line := range strings.Lines(text) {
		b.WriteString(mark + line)
	}
	if text != "" && !strings.HasSuffix(text, "\n") {
		b.WriteString("\n[no newline]\n")
	}
}

// quote writes a word as a case does.
func quote(word string) string {
	if word != "" && !strings.ContainsAny(word, " \t\r#'$") && word[0] != '<' {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", "''") + "'"
}
