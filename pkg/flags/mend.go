// SPDX-License-Identifier: Apache-2.0

package flags

import (
	"errors"
	"slices"
)

// A lack is the fault of a line that more words would mend: one of some options or, without options, a word that is
// none. Every other fault stays, whatever follows. Completion is built on this.
type lack struct {
	error
	by optionSet
}

func (l *lack) Unwrap() error { return l.error }

// lacking returns a fault, if there is one, as one that some options would mend, unless others would.
func lacking(by optionSet, fault error) error {
	var l *lack
	if fault == nil || errors.As(fault, &l) {
		return fault
	}
	return &lack{fault, by}
}

// bare returns the *Error of a fault.
func bare(err error) error {
	var e *Error
	errors.As(err, &e)
	return e
}

// try parses words and returns their fault.
func try(line []string, r Resolver) error {
	p := newParser(line, r)
	return p.parse(&scanner{words: line})
}

// mended returns the line that words become with more of them, or nil if they cannot become one.
func mended(line []string, r Resolver) []string {
	var l *lack
	switch err := try(line, r); {
	case err == nil:
		return line
	case !errors.As(err, &l):
		return nil
	}
	if l.by == 0 {
		return mended(append(slices.Clip(line), number), r)
	}
	for i := range options {
		o := &options[i]
		if !l.by.has(o.id) {
			continue
		}
		for _, value := range o.samples() {
			if whole := mended(append(slices.Clip(line), value...), r); whole != nil {
				return whole
			}
		}
	}
	return nil
}

// number is a value for nearly all options with one.
const number = "1"

// samples returns an option with each of the values that make a difference: those that it may refuse are among them.
func (o *option) samples() (all [][]string) {
	if o.arg != required {
		all = append(all, []string{o.word()})
	}
	if o.arg == none {
		return all
	}
	for _, value := range sampleValues {
		all = append(all, []string{o.word(), value})
	}
	return all
}

// word returns the longer word of an option.
func (o *option) word() string {
	names := o.names()
	return names[len(names)-1]
}

// sampleValues are one value of each kind that an option can have, and every word on which other options depend. A
// test fails if a new option has none.
var sampleValues = [...]string{
	number, "192.0.2.1:1", "[2001:db8::1]:1", "192.0.2.1", "2001:db8::1", "224.0.0.81", "master", "weight", "flag-1",
	"gue", "gre", "sh", "mh",
}
