// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/rulefile"
	"github.com/ipvsadm-go/ipvsadm/internal/screen"
	"github.com/ipvsadm-go/ipvsadm/internal/visible"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
)

// A lineParser parses lines of rules.
type lineParser struct {
	names   flags.Resolver
	repeats *repeats // nil unless repeated lines are faults
	hints   *hinter
}

// parse parses a line. It cannot select the network namespace or the time to wait, nor keep the
// lines after it waiting.
func (p *lineParser) parse(line rulefile.Line) (flags.Command, error) {
	c, err := flags.Parse(line.Words, p.names)
	switch {
	case err != nil:
	case line.Long:
		err = errLong
	case c.NetNS != "":
		err = illegalInLine("netns")
	case c.Listing.Watch != 0:
		err = illegalInLine("watch")
	case c.WaitGiven:
		err = illegalInLine("wait")
	case c.Kind == flags.Sysctl:
		err = illegalInLine("sysctl")
	case c.Kind == flags.Schedulers:
		err = illegalInLine("schedulers")
	case c.Kind == flags.Check:
		err = illegalInLine("check")
	case c.Kind == flags.Completion:
		err = illegalInLine("complete")
	case c.Kind == flags.Drain:
		err = illegalInLine("drain")
	case c.Kind == flags.Part:
		err = illegalInLine(c.Selection.Option())
	default:
		p.hints.note(&c, line.Number)
	}
	return c, err
}

// noRestore accepts the commands that a restore runs.
func noRestore(c *flags.Command) error {
	if c.Kind == flags.Restore {
		return flags.ErrNested
	}
	return nil
}

// errLong is the fault of a line that is too long to be read completely and has no fault up to the limit.
var errLong error = &flags.Error{Text: "a line of rules longer than 1 MB", Exit: flags.ExitFault, Ends: true}

func illegalInLine(option string) error {
	return &flags.Error{Text: "Illegal '" + option + "' option in a line of rules", Exit: flags.ExitFault, Ends: true}
}

// Faults that only matter in rules that are checked before they are restored.
var (
	errNUL      = errors.New("rules cannot contain a NUL") // a file with a NUL is damaged
	errNoChange = errors.New("the command changes nothing")
)

// readWhole reads and checks all lines: each must be a command for which accept returns
// no error. It reports every line with a fault. What it has read, it also writes to text.
func (p *lineParser) readWhole(con *console, text io.Writer, accept func(*flags.Command) error) (code int) {
	con.hints.waits(allTogether)
	lines := rulefile.NewReader(screen.Input(con.in, nil))
	faults := 0
	for {
		line, err := lines.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			con.complain("cannot read: " + err.Error())
			return exitChange
		}
		if err := p.check(line, accept); err != nil {
			faults++
			con.complain(numbered(line, message(err)))
			con.hints.afterCheck(err)
		}
		_, _ = io.WriteString(text, line.Text)
		_, _ = io.WriteString(text, "\n")
	}
	if faults > 0 {
		return flags.ExitFault
	}
	con.hints.tell()
	return exitDone
}

// check returns the fault of a line, if it has one.
func (p *lineParser) check(line rulefile.Line, accept func(*flags.Command) error) error {
	if line.Empty() {
		return nil
	}
	if strings.Contains(line.Text, "\x00") {
		return errNUL
	}
	c, err := p.parse(line)
	if err == nil {
		err = accept(&c)
	}
	if err == nil {
		err = p.repeat(&c, line.Number)
	}
	return err
}

// onlyChanges accepts the commands that change something.
func onlyChanges(c *flags.Command) error {
	if c.Kind != flags.Change {
		return errNoChange
	}
	return nil
}

// numbered returns a message about a line, preceded by the line itself.
func numbered(line rulefile.Line, message string) string {
	text := visible.Text(line.Text) + ": " + message
	if line.Number == 0 {
		return text
	}
	return fmt.Sprintf("line %d: %s", line.Number, text)
}
