// SPDX-License-Identifier: Apache-2.0

// Package hints reads the examples of docs/hints.md, which are tests.
package hints

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A Document is docs/hints.md.
type Document struct {
	Rules    string // the table that the examples are run on
	Examples []Example
	text     string
}

// An Example is a command line with what it prints on standard error.
type Example struct {
	Line    string
	Message string // empty for none, as is Hint
	Hint    string
}

// Stderr returns what is printed on a terminal.
func (e *Example) Stderr() (text string) {
	if e.Message != "" {
		text += e.Message + "\n"
	}
	if e.Hint != "" {
		text += "hint: " + e.Hint + "\n"
	}
	return text
}

// row finds the examples: each is a row of a table, with the command line first.
var row = regexp.MustCompile(`(?m)^\| (` + "``?" + `ipvsadm .*?` + "``?" + `) \|(.*)\|$|^\| (` + "``?" + `ipvsadm .*?` + "``?" + `) \|$`)

// Read reads the document.
func Read(t *testing.T, file string) *Document {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	d := &Document{text: string(text)}
	_, rules, _ := strings.Cut(d.text, "\n```\n")
	d.Rules, _, _ = strings.Cut(rules, "```\n")
	require.NotEmpty(t, d.Rules)
	for _, m := range row.FindAllStringSubmatch(d.text, -1) {
		e := Example{Line: plain(m[1] + m[3])}
		message, hint, _ := strings.Cut(m[2], " | ")
		e.Message, e.Hint = plain(message), plain(hint)
		d.Examples = append(d.Examples, e)
	}
	require.NotEmpty(t, d.Examples)
	return d
}

// With returns the text of the document with other examples in place of its own.
func (d *Document) With(examples []Example) string {
	i := 0
	return row.ReplaceAllStringFunc(d.text, func(string) string {
		e := examples[i]
		i++
		return "| " + code(e.Line) + " | " + code(e.Message) + " | " + code(e.Hint) + " |"
	})
}

// code returns a text as code of Markdown.
func code(text string) string {
	switch {
	case text == "":
		return ""
	case strings.Contains(text, "`"):
		return "`` " + text + " ``"
	}
	return "`" + text + "`"
}

// plain returns the text of code.
func plain(code string) string {
	code = strings.TrimSpace(code)
	if text, ok := strings.CutPrefix(code, "``"); ok {
		return strings.TrimSpace(strings.TrimSuffix(text, "``"))
	}
	return strings.Trim(code, "`")
}
