// SPDX-License-Identifier: Apache-2.0

package flags

import (
	"slices"
	"strconv"
	"strings"
)

// A Wrapper is a command with its own name that runs a command of ipvsadm. In the reference it is
// a shell script, and words that the script accepts must be accepted here, too.
type Wrapper struct {
	Name string

	about    string // the beginning of its usage
	examples string // the end of its help
	command  string // the command that it runs
	verb     verb   // the verb of that command

	numeric bool // whether it accepts -n, which must be a separate word
	strict  bool // whether unknown words with a dash are refused instead of ignored
	file    bool // whether a single word without a dash is the file to read
}

// WrapperOf returns the wrapper of a name, or nil.
func WrapperOf(name string) *Wrapper {
	switch name {
	case "ipvsadm-save":
		return &Wrapper{
			Name:     name,
			about:    "Script to save the IPVS table to stdout.", // package tests look for this line
			examples: saveExamples,
			command:  "--save", verb: save,
			numeric: true, strict: true,
		}
	case "ipvsadm-restore":
		return &Wrapper{
			Name:     name,
			about:    "Replace the IPVS table with the rules in FILE or on stdin.",
			examples: restoreExamples,
			command:  "--restore", verb: restore,
			file: true,
		}
	}
	return nil
}

// A Wrapped is the result of parsing the words of a wrapper.
type Wrapped struct {
	Words   []string // the command line to run
	File    string   // the file to read; empty for standard input
	Ignored []string // the ignored words
}

// Unwrap parses the words of a wrapper. It accepts the options of the command that it runs;
// their values are checked by [Parse]. An error is an *Error with the usage.
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

// isOption reports whether the reference treats a word as an option, as it does "-" and "--".
func isOption(word string) bool { return strings.HasPrefix(word, "-") }

// operand returns the file named by words: the only word, except for a redirection that no
// shell has interpreted, as in a systemd unit.
func operand(words []string) string {
	if len(words) == 2 && words[0] == "<" {
		words = words[1:]
	}
	if len(words) != 1 {
		return ""
	}
	return strings.TrimPrefix(words[0], "<")
}

// options returns how many words the options in the first word take, including values, or 0 if it has
// none, or one that the wrapper does not accept.
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

// takes reports whether the wrapper accepts an option. Unwrap itself handles -n, and -6 belongs
// to the service, although no command refuses it.
func (w *Wrapper) takes(o *option) bool {
	fit := commands[w.verb].rules.all() | everywhere
	switch o.id {
	case optNumeric:
		return false
	case noOption:
		return o.long == "ipv6" && fit.has(optService)
	}
	return fit.has(o.id)
}

// refusal returns the help of the wrapper as an error or, if there is an unknown word, its usage and that word.
func (w *Wrapper) refusal(word string) error {
	text := w.usage()
	if word == "" {
		text += w.help()
	}
	text += "The manual is " + w.Name + "(8)."
	if word != "" {
		text += "\n" + w.Name + ": unknown option " + strconv.QuoteToASCII(word)
	}
	return &Error{Text: text, Exit: ExitUsage, Ends: true}
}

// usage returns how the wrapper is called.
func (w *Wrapper) usage() string {
	var words []string
	if w.numeric {
		words = append(words, "[-n]")
	}
	var services bool
	for i := range options {
		o := &options[i]
		switch {
		case o.id == noOption || !w.takes(o):
		case o.id == optService:
			if !services {
				words = append(words, "[SERVICE]")
			}
			services = true
		case o.arg != none:
			words = append(words, "[--"+o.long+" "+o.value+"]")
		default:
			words = append(words, "[--"+o.long+"]")
		}
	}
	if w.file {
		words = append(words, "[FILE]")
	}
	return w.Name + ": " + w.about + "\n" + hang("Usage: "+w.Name+" ", words)
}

// help returns what follows the usage if help is asked for: the options and examples.
func (w *Wrapper) help() string {
	text := "\nOptions:\n"
	if w.numeric {
		text += describe("  -n", "with numeric addresses and ports")
	}
	for i := range options {
		if o := options[i]; w.takes(&o) {
			o.help = w.meaning(o.help)
			if o.verb != noVerb { // and so has no value as an option
				o.value = ""
			}
			text += o.usage()
		}
	}
	return text + describe("  -h, --help", "print this help") + "\nExamples:\n" + w.examples + "\n"
}

// meaning returns what an option does with the wrapper's command, if its help says that.
func (w *Wrapper) meaning(help string) string {
	if w.verb == save {
		if _, after, found := strings.Cut(help, "with -S, "); found {
			return after
		}
	}
	return help
}
