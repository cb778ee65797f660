// SPDX-License-Identifier: Apache-2.0

package parity

import "slices"

// grammarCase is a table and some commands that may break the rules of how words are put together.
func (g *gen) grammarCase() *Case {
	c := &Case{}
	if g.chance(60) {
		c.Calls = append(c.Calls, Call{Words: []string{"-R"}, Stdin: g.setup()})
	}
	for range g.between(1, 3) {
		call := Call{Words: g.grammarWords(), Nobody: g.chance(1)}
		if g.chance(8) {
			call.Name = pick(g, "ipvsadm-x", "/sbin/ipvsadm", "x y", "./i", "-", "ipvsadm")
		}
		if g.chance(20) {
			call.Stdin = g.setup()
		}
		c.Calls = append(c.Calls, call)
	}
	return c
}

// grammarWords returns the words of a command with some things done to it.
func (g *gen) grammarWords() []string {
	if g.chance(1) {
		return nil
	}
	items := g.legal()
	if g.chance(30) {
		g.shuffle(items)
	}
	for range pick(g, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3) {
		items = g.disturb(items)
	}
	return g.spell(items)
}

// anyOption returns an option, more often than not one that goes with a value.
func (g *gen) anyOption() *option {
	if g.chance(50) {
		return pick(g, flags...)
	}
	return pick(g, valued...)
}

// disturb does something to a command that may make it wrong.
func (g *gen) disturb(items []item) []item {
	at := g.IntN(len(items) + 1)
	behind := min(len(items), max(1, at))
	switch g.IntN(17) {
	case 0, 1, 2:
		return insert(items, behind, g.has(g.anyOption()))
	case 3:
		return insert(items, at, g.has(pick(g, commands...)))
	case 4:
		return insert(items, at, item{word: g.stray()})
	case 5:
		if len(items) > 0 {
			return insert(items, behind, pick(g, items...))
		}
	case 6, 7:
		if len(items) > 1 {
			i := g.between(1, len(items)-1)
			return slices.Delete(items, i, i+1)
		}
	case 8:
		if len(items) > 1 {
			g.shuffle(items)
		}
	case 9:
		g.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
	case 10:
		return insert(items, at, item{word: g.unknown()})
	case 11:
		return insert(items, at, item{word: "--"})
	case 12:
		// An option at the end whose value is missing.
		return append(items, item{option: pick(g, valued...), bare: true})
	case 13:
		return insert(items, behind, item{option: pick(g, valued...), bare: true})
	case 14:
		// A value where none belongs.
		o := pick(g, flags...)
		if g.chance(30) {
			o = pick(g, commands...)
		}
		return insert(items, at, item{word: "--" + o.long + "=" + pick(g, "", "1", "x")})
	case 15:
		return insert(items, at, item{word: g.letters()})
	case 16:
		if len(items) > 1 {
			it := &items[g.between(1, len(items)-1)]
			if it.option != nil && it.option.odd != nil {
				it.value, it.bare = it.option.odd(g), false
			}
		}
	}
	return items
}

// stray returns a word that is not an option.
func (g *gen) stray() string {
	return pick(g, "", "x", "80", "192.0.2.1:80", "-", "ipvsadm", "a b", "=", "L", "\t", "é", "\xff", "5", "%s%n", "'", `"`)
}

// unknown returns a word that looks like an option and is none.
func (g *gen) unknown() string {
	long := pick(g, pick(g, valued...), pick(g, flags...), pick(g, commands...)).long
	if long == "" {
		long = "list"
	}
	return pick(g, "-k", "-q5", "-0", "-1", "--no-such", "---", "--=", "--=5", "-=", "--"+long[:len(long)-1], "--"+long+"x",
		"-"+long, "-"+long+"=5", "- n", "-\xff", "-é", "--é", "-?", "--usage", "-n-", "-n=5", "-n=", "--numeric=", "-c=x")
}

// letters returns a bundle of letters, options or not.
func (g *gen) letters() string {
	word := "-"
	for range g.between(1, 4) {
		o := pick(g, pick(g, valued...), pick(g, flags...), pick(g, flags...), pick(g, commands...))
		if o.short != "" {
			word += o.short
		}
	}
	return word + pick(g, "", "", "", "5", "=", "=5", "k")
}
