package main

import (
	"bufio"
	"errors"
	"io"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
)

// restore runs the command lines that stdin has. What the kernel refuses does not
// keep the next line from running; a line at fault ends it. The exit code is that
// of the last line.
func (a *app) restore() int {
	code := exitDone
	for r := bufio.NewReader(a.stdin); ; {
		line, err := r.ReadString('\n')
		if words := split(line); len(words) > 0 {
			var ends bool
			if code, ends = a.restoreLine(words); ends {
				return code
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return code
		case err != nil:
			a.complain("cannot read: " + err.Error())
			return exitChange
		}
	}
}

func (a *app) restoreLine(words []string) (code int, ends bool) {
	if flags.First(words) == flags.Restore {
		a.hint()
		return flags.ExitRefused, true
	}
	return a.do(words)
}

// split splits a line into words and drops the program's name wherever it stands.
// A line that is a comment has none.
func split(line string) []string {
	if strings.HasPrefix(line, "#") {
		return nil
	}
	words := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" \t\r\n", r) })
	kept := words[:0]
	for _, w := range words {
		if w != "ipvsadm" {
			kept = append(kept, w)
		}
	}
	return kept
}
