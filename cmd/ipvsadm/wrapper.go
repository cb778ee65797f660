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

// errNotRules says that something is not to be opened as rules.
var errNotRules = errors.New("neither a file nor a pipe")

// wrapper runs ipvsadm-save or ipvsadm-restore. Words that mean nothing to it are named: it does its work
// without them, as the reference does.
func (a *app) wrapper(w *flags.Wrapper, words []string) int {
	c, err := w.Unwrap(words)
	if err != nil {
		code, _ := a.reject(err)
		return code
	}
	if len(c.Ignored) > 0 {
		text := w.Name + ": ignored:"
		for _, word := range c.Ignored {
			text += " " + strconv.QuoteToASCII(word) // a dash may be none
		}
		a.complain(text)
	}
	if c.File != "" {
		file, err := openRules(c.File)
		if err != nil {
			a.complain("cannot read " + strconv.QuoteToASCII(c.File) + ": " + message(err))
			return flags.ExitFault
		}
		defer file.Close()
		a.stdin = file
	}
	a.checked = true
	return a.run(c.Words)
}

// openRules opens a file with rules. It may be a pipe, as the shell's <(COMMAND) is; of a device the mere
// opening can have effects.
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
