// SPDX-License-Identifier: Apache-2.0

package flags

import (
	"net/netip"
	"slices"
	"strings"
)

// A completer completes a line. It has no knowledge of its own of which words belong together: it offers those with
// which the parser takes the line, or would after more words.
type completer struct {
	machine Machine
	wrapper *Wrapper // nil for ipvsadm

	words  []string // before the word that is to be completed
	prefix string   // of that word, up to a value: "--netns="
	value  string   // the rest of it, up to the cursor

	// What the words before have set, the options among them, and the one whose value is next; its value is optional
	// if maybe is set.
	state   parser
	verb    verb
	seen    map[*option]bool
	pending *option
	maybe   bool
}

// read reads words up to the first fault, after which nothing fits.
func (c *completer) read(line []string) {
	p, s := newParser(line, withPorts{lenient{line}, c.machine}), &scanner{words: line}
	if c.wrapper != nil {
		s.words = append([]string{c.wrapper.command}, line...)
	}
	c.seen = map[*option]bool{}
	w, ok, _ := p.first(s)
	if ok {
		c.verb = w.opt.verb
		p.takes = commands[c.verb].rules.all()
	}
	for ok {
		c.seen[w.opt] = true
		if w.opt.arg == optional { // the parser judges whether a value fits
			c.pending, c.maybe = w.opt, true
		}
		w, ok, _ = s.next()
		if ok && (w.opt.verb != noVerb && w.opt.id == noOption || p.option(w) != nil) {
			break
		}
	}
	if w.opt != nil { // its value is missing, or there is a fault
		c.pending, c.maybe = w.opt, false
	}
	c.state = p
}

// whole returns a command line that begins with the words and goes on with others, or nil if there is none.
func (c *completer) whole(more ...string) []string {
	line := slices.Concat(c.words, more)
	if c.wrapper != nil {
		w, err := c.wrapper.Unwrap(line)
		if err != nil || len(w.Ignored) > 0 {
			return nil
		}
		line = w.Words
	}
	return mended(line, lenient{line})
}

// lenient takes every name of a host or a port. A sample is a name only if the line has it: otherwise there would be more
// samples to try.
type lenient struct{ line []string }

func (l lenient) Addr(host string) (netip.Addr, bool) {
	known := !slices.Contains(sampleValues[:], host) ||
		slices.ContainsFunc(l.line, func(word string) bool { return strings.Contains(word, host) })
	return netip.IPv4Unspecified(), host != "" && known
}

func (lenient) PortNumber(name, _ string) (uint16, bool) { return 1, name != "" }

// withPorts takes the same names, and knows the numbers of ports.
type withPorts struct {
	lenient
	machine Machine
}

func (r withPorts) PortNumber(name, protocol string) (uint16, bool) {
	for _, port := range r.machine.Ports(protocol) {
		if port.Name == name {
			return port.Number, true
		}
	}
	return r.lenient.PortNumber(name, protocol)
}
