// SPDX-License-Identifier: Apache-2.0

package flags

import (
	"slices"
	"strconv"
	"strings"
)

// A Wrapper is a command of its own name that stands for a command of ipvsadm. In the reference it is
// a shell script, and what that lets pass has to go on passing.
type Wrapper struct {
	Name string

	about   string // what its usage begins with
	command string // what it stands for
	verb    verb   // of that command

	numeric bool // whether it takes -n, which has to be a word of its own
	strict  bool // whether a word with a dash that it does not know is refused; otherwise it is ignored
	file    bool // whether a single word without a dash is the file to read
}

// WrapperOf returns the wrapper of a name, or nil if that is none.
func WrapperOf(name string) *Wrapper {
	switch name {
	case "ipvsadm-save":
		return &Wrapper{
			Name:    name,
			about:   "Script to save the IPVS table to stdout.", // package tests look for this line
			command: "--save", verb: save,
			numeric: true, strict: true,
		}
	case "ipvsadm-restore":
		return &Wrapper{
			Name:    name,
			about:   "Replace the IPVS table by the rules in FILE or on stdin.",
			command: "--restore", verb: restore,
			file: true,
		}
	}
	return nil
}

// A Wrapped is what the words of a wrapper come to.
type Wrapped struct {
	Words   []string // the command line that it stands for
	File    string   // the file to read; empty for standard input
	Ignored []string // the words that mean nothing to it
}

// Unwrap understands the words of a wrapper. It takes the options of the command that it stands for;
// what is wrong with their values is for [Parse] to find. The error is its usage, as an *Error.
func (w *Wrapper) Unwrap(words []string) (Wrapped, error) {
	c := Wrapped{Words: []string{w.command}}
	var operands []string
	var numeric bool
	for len(words) > 0 {
		word, count := words[0], 1
		switch known := w.options(words); {
		case word == "-h" || word == "--help":
			return Wrapped{}, w.refusal("")
		case word == "-n" && w.numeric:
			if !numeric {
				c.Words = append(c.Words, word)
			}
			numeric = true
		case known > 0:
			count = known
			c.Words = append(c.Words, words[:count]...)
		case isOption(word) && w.strict:
			return Wrapped{}, w.refusal(word)
		default:
			c.Ignored = append(c.Ignored, word)
			if !isOption(word) {
				operands = append(operands, word)
			}
		}
		words = words[count:]
	}
	if w.file {
		c.File = operand(operands)
	}
	if c.File != "" {
		c.Ignored = slices.DeleteFunc(c.Ignored, func(word string) bool { return !isOption(word) })
	}
	return c, nil
}

// isOption reports whether a word is an option to the reference, which takes "-" and "--" for one.
func isOption(word string) bool { return strings.HasPrefix(word, "-") }

// operand returns the file that words name: the only word, not counting a redirection that no
// shell has read, as in a systemd unit.
func operand(words []string) string {
	if len(words) == 2 && words[0] == "<" {
		words = words[1:]
	}
	if len(words) != 1 {
		return ""
	}
	return strings.TrimPrefix(words[0], "<")
}

// options returns how many words the options in the first word take, values among them, or 0 if it has
// none or one that is not the wrapper's.
func (w *Wrapper) options(words []string) int {
	s := scanner{words: words}
	for {
		o, _, err := s.next()
		if len(s.stray) > 0 || o.opt == nil || !w.takes(o.opt) {
			return 0
		}
		if err != nil || s.bundle == "" {
			return len(words) - len(s.words)
		}
	}
}

// takes reports whether an option goes with the wrapper. Unwrap itself looks for -n. Every
// command accepts -6, but here it goes with the service.
func (w *Wrapper) takes(o *option) bool {
	fit := commands[w.verb].rules.takes | everywhere
	switch o.id {
	case optNumeric:
		return false
	case noOption:
		return o.long == "ipv6" && fit.has(optService)
	}
	return fit.has(o.id)
}

// refusal returns the wrapper's usage as an error, which names the word at fault, if one is.
func (w *Wrapper) refusal(word string) error {
	text := w.usage()
	if word != "" {
		text += "\n" + w.Name + ": unknown option " + strconv.QuoteToASCII(word)
	}
	return &Error{Text: text, Exit: ExitUsage, Ends: true}
}

// usage returns how the wrapper is called, without the final newline.
func (w *Wrapper) usage() string {
	text := w.Name + ": " + w.about + "\nUsage: " + w.Name
	if w.numeric {
		text += " [-n]"
	}
	var services bool
	for i := range options {
		o := &options[i]
		switch {
		case o.heading != "" || o.id == noOption || !w.takes(o):
		case o.id == optService:
			if !services {
				text += " [SERVICE]"
			}
			services = true
		case o.value != "":
			text += " [--" + o.long + " " + o.value + "]"
		default:
			text += " [--" + o.long + "]"
		}
	}
	if w.file {
		text += " [FILE]"
	}
	return text + "\nThe manual is " + w.Name + "(8)."
}
