// SPDX-License-Identifier: Apache-2.0

// Package parity compares ipvsadm with the reference. It generates cases from a seed, runs each with both
// programs on one kernel, in a network namespace each, and after every call compares their output and the
// kernel's tables. It reduces a case that differs to the shortest one that still does.
package parity

import "maps"

// A Case is what is done from an empty table on.
type Case struct {
	Family string
	Files  map[string]string // text by path, for those that are not as usual; see files.go
	Calls  []Call
}

// A Call is one run of the program.
type Call struct {
	Name   string // what the program is called; empty for ipvsadm
	Words  []string
	Stdin  string
	Env    []string // "NAME=value" each, besides what all have; for a program that is started for the call
	Nobody bool     // run without rights

	// Drawn is set where the words, or the lines, have additions. Such a call does not change what later ones find.
	Drawn bool
}

// argv returns the words of the call with the program's name.
func (c *Call) argv() []string {
	name := c.Name
	if name == "" {
		name = "ipvsadm"
	}
	return append([]string{name}, c.Words...)
}

// clone returns a copy that shares nothing with c.
func (c *Case) clone() *Case {
	n := *c
	n.Files = maps.Clone(c.Files)
	n.Calls = make([]Call, len(c.Calls))
	for i, call := range c.Calls {
		n.Calls[i] = call.clone()
	}
	return &n
}

func (c *Call) clone() Call {
	n := *c
	n.Words = append([]string(nil), c.Words...)
	n.Env = append([]string(nil), c.Env...)
	return n
}
