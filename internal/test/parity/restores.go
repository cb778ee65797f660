// SPDX-License-Identifier: Apache-2.0

package parity

import "strings"

// restoreCase is one or two streams for -R.
func (g *gen) restoreCase() *Case {
	c := &Case{}
	if g.chance(25) {
		c.Calls = append(c.Calls, Call{Words: []string{"-R"}, Stdin: g.setup()})
	}
	for range pick(g, 1, 1, 2) {
		call := Call{Words: []string{"-R"}, Stdin: g.stream()}
		if g.chance(15) {
			call.Words = pick(g, []string{"--restore"}, []string{"-R", "--"}, []string{"-R", "x"}, []string{"-R", "-n"},
				[]string{"--restore="}, []string{"-RR"}, []string{"-R", "-L"}, []string{"-Rn"})
		}
		if g.chance(10) {
			call.Name = pick(g, "ipvsadm-x", "/sbin/ipvsadm", "x y")
		}
		c.Calls = append(c.Calls, call)
	}
	if g.chance(30) {
		c.Calls = append(c.Calls, Call{Words: []string{"-Sn"}})
	}
	return c
}

// stream returns lines for -R. Those that may end it are mostly near its end.
func (g *gen) stream() string {
	var b strings.Builder
	n := g.between(1, 22)
	for i := range n {
		harmless := i < n-3 && g.chance(92)
		b.WriteString(g.layOut(g.streamWords(harmless)))
	}
	s := b.String()
	if g.chance(30) {
		s = strings.TrimRight(s, "\n")
	}
	return s
}

// streamWords returns the words of a line. A harmless one keeps the restore going.
func (g *gen) streamWords(harmless bool) []string {
	switch n := g.IntN(100); {
	case n < 6:
		return nil
	case n < 9:
		return []string{pick(g, "#", "# a comment", "#-A -t 192.0.2.1:80", "## -C")}
	case n < 22 && !harmless:
		return g.grammarWords()
	case n < 25 && !harmless:
		return pick(g, []string{"-R"}, []string{"--restore"}, []string{"-R", "x"}, []string{"-Rn"}, []string{" #", "x"}, []string{"x"}, []string{"-h"}, []string{"-v"})
	case n < 33 && !harmless:
		return g.spell(g.oddValue())
	case n < 36 && !harmless:
		return g.long()
	}
	for {
		items := g.legal()
		o := items[0].option
		if o != restore && o != help && o != version {
			return g.spell(items)
		}
	}
}

// long returns a line that is longer than any buffer. Its words have 4096 bytes at most: those that have
// more, the reference parts.
func (g *gen) long() []string {
	many := pick(g, 20, 60, 63, 64, 65, 130, 500, 2000)
	v := g.service()
	switch g.IntN(5) {
	case 0:
		return append(g.spell(g.legalFor(addService, v)), strings.Repeat(" ", many))
	case 1:
		words := g.spell(g.legalFor(addService, v))
		for range many {
			words = append(words, pick(g, "ipvsadm", "--sort", "--sort", "x"))
		}
		return words
	case 2:
		return append(g.spell(g.legalFor(addService, v)), strings.Repeat("x", many*2))
	case 3:
		words := []string{"-L", "-n"}
		for range many {
			words = append(words, "--sort")
		}
		return words
	}
	return []string{strings.Repeat(pick(g, "x", "-", "ipvsadm", "#"), min(many, 500))}
}

// layOut puts the words of a line between blanks of all kinds.
func (g *gen) layOut(words []string) string {
	if g.chance(15) {
		at := g.IntN(len(words) + 1)
		words = append(append(append([]string(nil), words[:at]...), pick(g, "ipvsadm", "ipvsadm", "ipvsadm", "/sbin/ipvsadm", "IPVSADM", "ipvsadm\x00"[:7])), words[at:]...)
	}
	var b strings.Builder
	odd := g.chance(25)
	blank := func() string {
		if odd {
			return pick(g, " ", "  ", "\t", " \t ", "\r", " \r", "   ")
		}
		return " "
	}
	if odd && g.chance(40) {
		b.WriteString(blank())
	}
	if g.chance(1) {
		b.WriteString(strings.Repeat(" ", 9000))
	}
	for i, w := range words {
		if i > 0 {
			b.WriteString(blank())
		}
		b.WriteString(w)
	}
	if odd && g.chance(50) {
		b.WriteString(blank())
	}
	b.WriteString(pick(g, "\n", "\n", "\n", "\n", "\n", "\n", "\n", "\n", "\n", "\r\n", "\n\n"))
	if g.chance(1) {
		b.WriteString(pick(g, "\v\n", "\f\n", "\x00\n", "a\x00b\n", "\ufeff"))
	}
	return b.String()
}
