package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/simulation"
	"github.com/ipvsadm-go/ipvsadm/internal/rulefile"
	"github.com/ipvsadm-go/ipvsadm/internal/visible"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
)

// errNUL is why a line is at fault that has a NUL in it.
var errNUL = errors.New("a NUL, which no rule has")

// restoreChecked runs ipvsadm-restore: it replaces the table by what stdin says, but
// only if no line of that is at fault. Each line that the kernel refuses is
// reported, and the others are in force.
func (a *app) restoreChecked() int {
	commands := 0
	input, code := a.readChecked(func(c *flags.Command) error {
		commands++
		return onlyChanges(c)
	})
	if code == exitDone && commands == 0 {
		code = a.allowEmpty()
	}
	if code != exitDone {
		return code
	}
	r := a.newRestorer(bytes.NewReader(input))
	r.numbered = true
	r.next.batch.Flush()
	r.next.lines = append(r.next.lines, rules.Line{Text: "clear the table"})
	return a.untilSignal(r.run, r.stop)
}

// errNoRules keeps input that did not come from clearing the table.
var errNoRules = errors.New("the input has no rule, but the table has services: -C clears a table")

// allowEmpty refuses input without a command, unless there is no service to lose.
func (a *app) allowEmpty() (code int) {
	for _, err := range a.client.Services(a.ctx) {
		if err != nil {
			a.complain(message(err))
			return exitChange
		}
		a.complain(errNoRules.Error())
		return flags.ExitFault
	}
	return exitDone
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
	lines := rules.NewReader(a.stdin)
	faults := 0
	for {
		line, err := lines.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			a.complain("cannot read: " + err.Error())
			return nil, exitChange
		}
		if err := a.check(line, accept); err != nil {
			faults++
			a.complain(numbered(line, message(err)))
		}
		input = append(append(input, line.Text...), '\n')
	}
	if faults > 0 {
		return nil, flags.ExitFault
	}
	return input, exitDone
}

// check returns why a line is at fault, if it is. A NUL is a fault, since a file that has one is damaged.
func (a *app) check(line rules.Line, accept func(*flags.Command) error) error {
	if line.Empty() {
		return nil
	}
	if strings.Contains(line.Text, "\x00") {
		return errNUL
	}
	c, err := a.parseLine(line)
	if err == nil {
		err = accept(&c)
	}
	return err
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
	text := visible.Text(line.Text) + ": " + message
	if line.Number == 0 {
		return text
	}
	return fmt.Sprintf("line %d: %s", line.Number, text)
}
