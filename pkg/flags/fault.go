// SPDX-License-Identifier: Apache-2.0

package flags

import (
	"fmt"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/nearest"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/words"
)

// A Fault is what is wrong with words.
type Fault uint8

// The faults.
const (
	Unexplained   Fault = iota // the message says all there is to say
	NoCommand                  // Word is not a command
	Nested                     // a restore within a restore
	UnknownOption              // Word is not an option
	MissingValue               // Word is an option without its value, Want
	NoValue                    // Word is a command that takes no value, with one
	BadValue                   // Word is not Want
	MissingOption              // one of Want is missing
	StrayWord                  // Word belongs to no option, but may be the value of Want, if that is missing
	StrayFile                  // Word belongs to no option, but may be the file to restore
	NoAddress                  // Word is a number alone and not an address
	NoHost                     // Word is neither an IPv4 address nor a host
	NoIPv6                     // Word is not an IPv6 address
	Brackets                   // Word has brackets without an address in them and a port after them
	NoPort                     // Word is neither a port's number nor its name for the protocol Want
	PortMissing                // Word, the address of a service, has no port
	OtherFamily                // the real server's family is not that of the service
	NoTunnel                   // options of tunnels without a tunnel
	MarkFirst                  // -6 without a mark before it
	FlagOfOther                // Word is a flag of the scheduler Want
)

// stray returns the error of a word that belongs to no option.
func (p *parser) stray(v verb, word string) error {
	f := StrayWord
	if v == restore {
		f = StrayFile
	}
	missing := commands[v].rules.needs &^ p.given
	return faultOf("unexpected argument "+word, f, word, wordsOf(missing.first()))
}

// rangeOf describes the numbers from min to max.
func rangeOf(min, max int64) string {
	return fmt.Sprintf("a number from %d to %d", min, max)
}

// flagNames describes the scheduler flags.
func flagNames() string {
	var names []string
	for _, row := range words.SchedulerFlags {
		names = append(names, row.Name)
	}
	return "a flag of a scheduler: " + strings.Join(names, " ")
}

// takes describes the value of an option.
func (o *option) takes() string {
	if o.verb != noVerb {
		return "master or backup" // no other command has a value
	}
	return o.value
}

// wordsOf returns the options that share an id, if there are any, as they are written.
func wordsOf(id optionID) string {
	var all []string
	for i := range options {
		if o := &options[i]; o.id == id {
			all = append(all, o.names()[0])
		}
	}
	text := strings.Join(all, ", ")
	if before, last, several := cutLast(text, ','); several {
		return before + " or" + last
	}
	return text
}

// Later returns the command of a NoCommand if it comes later in the line. If the command is in a bundle, Later returns
// the bundle with the command first: "-Ln" for "-nL".
func (e *Error) Later() string {
	s := &scanner{words: e.words}
	for {
		w, ok, _ := s.next()
		switch {
		case !ok:
			return ""
		case w.opt.verb == noVerb:
		case strings.HasPrefix(s.text, "--"):
			return "--" + w.opt.long
		default:
			return rearranged(s.text, w.opt)
		}
	}
}

// rearranged returns the options of a bundle, a command first: the command alone if one of the others has a value.
func rearranged(bundle string, command *option) string {
	letter := string(rune(command.short))
	rest := strings.ReplaceAll(bundle[1:], letter, "")
	for i := range len(rest) {
		if o := shortOption(rest[i]); o == nil || o.arg != none {
			rest = ""
			break
		}
	}
	return "-" + letter + rest
}

// Nearest returns the option that a NoCommand or UnknownOption may stand for, or "".
func (e *Error) Nearest() string {
	commandsOnly := e.Fault == NoCommand
	word, _, _ := strings.Cut(strings.TrimLeft(e.Word, "-"), "=")
	var names []string
	for i := range options {
		if o := &options[i]; o.long != "" && (!commandsOnly || o.verb != noVerb) {
			names = append(names, o.long)
		}
	}
	if name := nearest.To(word, names); name != "" {
		return "--" + name
	}
	return ""
}
