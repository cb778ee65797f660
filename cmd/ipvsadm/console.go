// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"errors"
	"io"

	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
)

// A console is what a command reads and writes: the lines of rules, what it prints, and
// its messages.
type console struct {
	name string // the name by which the program was called
	in   io.Reader
	out  *bufio.Writer
	sink io.Writer // where out goes
	err  io.Writer

	hints *hinter // nil for none
}

func newConsole(name string, in io.Reader, out, err io.Writer) *console {
	return &console{name: name, in: in, out: bufio.NewWriterSize(out, 64<<10), sink: out, err: err}
}

// write prints lines. Each is written whole, whenever the program ends. An error
// stays, and is reported by printed; once write returns false, a long listing should end.
func (c *console) write(lines []byte) (ok bool) {
	if len(lines) > c.out.Available() {
		c.flush()
	}
	_, err := c.out.Write(lines)
	return err == nil
}

// room returns an empty slice to append the next lines to.
func (c *console) room() []byte { return c.out.AvailableBuffer() }

// flush writes out everything printed so far. An error stays in out.
func (c *console) flush() { _ = c.out.Flush() }

// complain writes a message, after flushing what was printed.
func (c *console) complain(text string) {
	c.flush()
	_, _ = io.WriteString(c.err, text+"\n") // the reader may have exited
}

// fails writes the message of an error and, on a terminal, a hint.
func (c *console) fails(err error) {
	c.complain(message(err))
	c.hints.after(err)
}

// printed ends a command that prints, given the error of what it prints. A restore ends with a command that
// failed, but not because of lost output.
func (c *console) printed(err error) (code int, ends bool) {
	lost := c.out.Flush()
	switch {
	case err != nil && !errors.Is(err, errLost):
		c.fails(err)
		return exitListing, true
	case lost != nil:
		return c.cannotWrite(lost), false
	}
	return exitDone, false
}

// print prints all that a command has to say.
func (c *console) print(lines []byte) (code int) {
	c.write(lines)
	code, _ = c.printed(nil)
	return code
}

// cannotWrite reports why printing failed, unless the reader has
// exited: then the program ends by SIGPIPE.
func (c *console) cannotWrite(err error) int {
	if errors.Is(err, unix.EPIPE) {
		return exitSignal + int(unix.SIGPIPE)
	}
	c.complain("cannot write: " + err.Error())
	return exitListing
}

// reject reports why the words are not a valid command.
func (c *console) reject(err error) (code int, ends bool) {
	var e *flags.Error
	errors.As(err, &e) // as every error of the package
	if e.Text == "" {
		c.complain("Try `" + c.name + " -h' or '" + c.name + " --help' for more information.")
	} else {
		c.complain(e.Text)
	}
	c.hints.after(err)
	return e.Exit, e.Ends
}
