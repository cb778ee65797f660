// SPDX-License-Identifier: Apache-2.0

package parity

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Shell returns the case as lines for a shell that is root in namespaces of its own (unshare -mn).
func (c *Case) Shell() string {
	var b strings.Builder
	for _, path := range slices.Sorted(maps.Keys(c.Files)) {
		if path == connTable {
			b.WriteString("mount -t tmpfs tmpfs /proc && mkdir /proc/net\n")
		}
		if text := c.Files[path]; text != absent {
			fmt.Fprintf(&b, "printf -- %s >%s\n", format(text), path)
		} else {
			fmt.Fprintf(&b, "rm %s\n", path)
		}
	}
	for i := range c.Calls {
		b.WriteString(c.Calls[i].Shell() + "\n")
	}
	return b.String()
}

// Shell returns the call as a line for a shell.
func (c *Call) Shell() string {
	var words []string
	if c.Stdin != "" {
		words = append(words, "printf --", format(c.Stdin), "|")
	}
	if len(c.Env) > 0 {
		words = append(words, "env")
		for _, e := range c.Env {
			words = append(words, quote(e))
		}
	}
	switch {
	case c.Nobody:
		words = append(words, "setpriv --reuid 65534 --regid 65534 --clear-groups ipvsadm")
	case c.Name != "":
		words = append(words, "(exec -a", quote(c.Name), "ipvsadm")
	default:
		words = append(words, "ipvsadm")
	}
	for _, w := range c.Words {
		words = append(words, quote(w))
	}
	line := strings.Join(words, " ")
	if c.Name != "" && !c.Nobody {
		line += ")"
	}
	return line
}

// quote returns a word as a shell reads it.
func quote(word string) string {
	switch {
	case word != "" && strings.Trim(word, plain) == "":
		return word
	case printable(word):
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return "$'" + escape(strings.ReplaceAll(word, `\`, `\\`)) + "'"
}

const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,+@%[]"

// format returns a text as printf(1) takes its format.
func format(text string) string {
	return "'" + escape(strings.ReplaceAll(strings.ReplaceAll(text, `\`, `\\`), "%", "%%")) + "'"
}

// escape writes bytes that a terminal would not pass on, and single quotes, as escapes.
func escape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\t':
			b.WriteString(`\t`)
		case c == '\r':
			b.WriteString(`\r`)
		case c < ' ' || c > '~' || c == '\'':
			fmt.Fprintf(&b, `\%03o`, c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
