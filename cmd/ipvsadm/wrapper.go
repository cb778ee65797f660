// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"io/fs"
	"os"
	"strconv"

	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"golang.org/x/sys/unix"
)

// errNotRules means that something cannot be opened as rules.
var errNotRules = errors.New("not a file or a pipe")

// wrapper runs ipvsadm-save or ipvsadm-restore. It reports words that it does not know and
// ignores them, as the reference does.
func (sys *system) wrapper(con *console, w *flags.Wrapper, words []string) int {
	c, err := w.Unwrap(words)
	if err != nil {
		code, _ := con.reject(err)
		return code
	}
	if len(c.Ignored) > 0 {
		text := w.Name + ": ignored:"
		for _, word := range c.Ignored {
			text += " " + strconv.QuoteToASCII(word) // a dash may be another character
		}
		con.complain(text)
	}
	if c.File != "" {
		file, err := openRules(c.File)
		if err != nil {
			con.complain("cannot read " + strconv.QuoteToASCII(c.File) + ": " + message(err))
			return flags.ExitFault
		}
		defer file.Close()
		con.in = file
	}
	r := newRunner(sys, con)
	r.checked = true
	return r.run(c.Words)
}

// openRules opens a file with rules. It may be a pipe, such as the shell's <(COMMAND), but not a device:
// merely opening one can have effects.
func openRules(path string) (*os.File, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, unix.EISDIR
	case !info.Mode().IsRegular() && info.Mode()&fs.ModeNamedPipe == 0:
		return nil, errNotRules
	}
	return os.Open(path)
}
