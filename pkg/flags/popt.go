// SPDX-License-Identifier: Apache-2.0

package flags

import "strings"

// An argument determines whether an option has a value.
type argument uint8

const (
	none     argument = iota
	required          // the rest of the word, or the next word
	optional          // the rest of the word, or the next word unless that begins with "-"
)

// A word is an option on a command line.
type word struct {
	opt   *option
	value string
	given bool   // whether it has a value
	text  string // the last word of the option, for messages
}

// A scanner splits words into options by the rules of popt: long options with
// "--opt value" or "--opt=value", never abbreviated; short ones in bundles, the
// value of the last one attached to it ("-w5", "-w=5") or in the next word; stray words
// anywhere; all words after "--" are stray.
type scanner struct {
	words  []string
	bundle string // the rest of a bundle of short options
	text   string // the word that contains the bundle
	stray  []string
	failed bool // whether an error has ended the scan
}

// next returns the next option, or false after the last. It collects the stray words
// before it.
func (s *scanner) next() (word, bool, error) {
	if s.failed {
		return word{}, false, nil
	}
	for s.bundle == "" {
		if len(s.words) == 0 {
			return word{}, false, nil
		}
		s.text, s.words = s.words[0], s.words[1:]
		switch {
		case s.text == "--":
			s.stray = append(s.stray, s.words...)
			s.words = nil
		case strings.HasPrefix(s.text, "--"):
			w, err := s.long(s.text[2:])
			return w, err == nil, err
		case len(s.text) > 1 && s.text[0] == '-':
			s.bundle = s.text[1:]
		default:
			s.stray = append(s.stray, s.text)
		}
	}
	w, err := s.short()
	return w, err == nil, err
}

func (s *scanner) long(body string) (word, error) {
	name, value, glued := strings.Cut(body, "=")
	opt := longOption(name)
	if opt == nil {
		return word{}, s.fault("unknown option", UnknownOption, "")
	}
	return s.value(opt, value, glued)
}

func (s *scanner) short() (word, error) {
	letter := s.bundle[0]
	s.bundle = s.bundle[1:]
	opt := shortOption(letter)
	if opt == nil {
		return word{}, s.fault("unknown option", UnknownOption, "")
	}
	value, glued := strings.CutPrefix(s.bundle, "=")
	if opt.arg != none && s.bundle != "" {
		glued = true
	}
	if glued {
		s.bundle = ""
	}
	return s.value(opt, value, glued)
}

// value finds the value of an option, which is attached to it or the next word.
func (s *scanner) value(opt *option, value string, glued bool) (word, error) {
	w := word{opt: opt, value: value, given: glued, text: s.text}
	switch {
	case glued && opt.arg == none:
		return w, s.fault("option does not take an argument", Unexplained, "")
	case glued || opt.arg == none:
	case opt.arg == optional && (len(s.words) == 0 || strings.HasPrefix(s.words[0], "-")):
	case len(s.words) == 0:
		return w, s.fault("missing argument", MissingValue, opt.takes())
	default:
		w.value, w.given, w.text = s.words[0], true, s.words[0]
		s.words = s.words[1:]
	}
	return w, nil
}

// fault returns the error for the current word; the rest of the line
// is ignored. A restore continues with the next line.
func (s *scanner) fault(what string, f Fault, want string) error {
	s.failed = true
	return &Error{Text: s.text + ": " + what, Exit: ExitRefused, Fault: f, Word: s.text, Want: want}
}
