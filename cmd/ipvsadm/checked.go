package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/ipvsadm-go/ipvsadm/internal/rules"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
)

// errNoChange is the fault of a line that only asks for something to be printed.
var errNoChange = errors.New("not a command that changes anything")

// restoreChecked runs ipvsadm-restore: it replaces the table by what stdin says, but
// only if no line of that is at fault. Each line that the kernel refuses is
// reported, and the others are in force.
func (a *app) restoreChecked() int {
	input, err := io.ReadAll(a.stdin)
	if err != nil {
		a.complain("cannot read: " + err.Error())
		return exitChange
	}
	if a.check(input) > 0 {
		return flags.ExitFault
	}
	r := a.newRestorer(bytes.NewReader(input))
	r.numbered = true
	r.next.batch.Flush()
	r.next.lines = append(r.next.lines, rules.Line{Text: "clear the table"})
	if err := r.run(); err != nil {
		a.complain(err.Error())
		return exitChange
	}
	if r.refused > 0 {
		return exitChange
	}
	return r.code
}

// check reports every line of rules that is at fault and returns how many there are.
func (a *app) check(input []byte) (faults int) {
	lines := rules.NewReader(bytes.NewReader(input))
	for {
		line, err := lines.Next()
		if err != nil {
			return faults // memory has no other error than its end
		}
		if len(line.Words) == 0 {
			continue
		}
		if err := a.checkLine(line.Words); err != nil {
			faults++
			a.complain(numbered(line, err.Error()))
		}
	}
}

func (a *app) checkLine(words []string) error {
	c, err := a.parseLine(words)
	if err == nil && changes[c.Action] == nil {
		return errNoChange
	}
	return err
}

// numbered returns a message about a line that names it.
func numbered(line rules.Line, message string) string {
	if line.Number == 0 {
		return line.Text + ": " + message
	}
	return fmt.Sprintf("line %d: %s: %s", line.Number, line.Text, message)
}
