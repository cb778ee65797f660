// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"io"

	"github.com/ipvsadm-go/ipvsadm/internal/model"
	"github.com/ipvsadm-go/ipvsadm/internal/rules"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
)

// restoreChecked runs ipvsadm-restore: it replaces the table by what stdin says, but
// only if no line of that is at fault. Each line that the kernel refuses is
// reported, and the others are in force.
func (a *app) restoreChecked() int {
	input, code := a.readChecked(onlyChanges)
	if code != exitDone {
		return code
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

// onlyChecks says whether words ask for no more than a check of rules, which takes no
// kernel.
func (a *app) onlyChecks(words []string) bool {
	if flags.First(words) != flags.Restore {
		return false
	}
	c, err := flags.Parse(words, a.names)
	return err == nil && c.Restoring == flags.Restoring{DryRun: true}
}

// dryRun runs -R --dry-run and ipvsadm-restore --dry-run.
func (a *app) dryRun() int {
	accept := noRestore
	if a.checked {
		accept = onlyChanges
	}
	_, code := a.readChecked(accept)
	return code
}

// readChecked reads all of stdin and checks that its lines are command lines that accept
// returns no error for. If any is at fault, the exit code is not exitDone.
func (a *app) readChecked(accept func(*flags.Command) error) (input []byte, code int) {
	input, err := io.ReadAll(a.stdin)
	if err != nil {
		a.complain("cannot read: " + err.Error())
		return nil, exitChange
	}
	if a.check(input, accept) > 0 {
		return nil, flags.ExitFault
	}
	return input, exitDone
}

// check reports every line of rules that is at fault and returns how many there are.
func (a *app) check(input []byte, accept func(*flags.Command) error) (faults int) {
	lines := rules.NewReader(bytes.NewReader(input))
	for {
		line, err := lines.Next()
		if err != nil {
			return faults // memory has no other error than its end
		}
		if len(line.Words) == 0 {
			continue
		}
		c, err := a.parseLine(line.Words)
		if err == nil {
			err = accept(&c)
		}
		if err != nil {
			faults++
			a.complain(numbered(line, message(err)))
		}
	}
}

// onlyChanges takes the commands that change something.
func onlyChanges(c *flags.Command) error {
	if changes[c.Action] == nil {
		return model.ErrNoChange
	}
	return nil
}

// noRestore takes the commands that a restore runs.
func noRestore(c *flags.Command) error {
	if c.Action == flags.Restore {
		return flags.ErrNoCommand
	}
	return nil
}

// numbered returns a message about a line that names it.
func numbered(line rules.Line, message string) string {
	if line.Number == 0 {
		return line.Text + ": " + message
	}
	return fmt.Sprintf("line %d: %s: %s", line.Number, line.Text, message)
}
