// SPDX-License-Identifier: Apache-2.0

package parity

import (
	"math/rand/v2"
	"slices"
	"strings"
)

// MakeDrawn makes the case that Make makes, with calls among its own that have additions in them.
func MakeDrawn(seed, number uint64, only map[string]bool) *Case {
	c, w := makeCase(seed, number, only)
	g := &gen{Rand: rand.New(rand.NewPCG(seed, ^number)), world: w}
	own := c.Calls
	c.Calls = nil
	sure := g.IntN(len(own) + 1)
	for i := range len(own) + 1 {
		if i == sure || g.chance(40) {
			call := g.drawnCall()
			if i > 0 {
				call.Env = own[i-1].Env
			}
			c.Calls = append(c.Calls, call)
		}
		if i < len(own) {
			c.Calls = append(c.Calls, own[i])
		}
	}
	return c
}

// draws are the kinds of calls with additions, with how many in a hundred are of each.
var draws = []struct {
	share int
	make  func(g *gen) Call
}{
	{38, (*gen).drawnOptions},
	{12, (*gen).drawnConnections},
	{10, (*gen).drawnCommand},
	{14, (*gen).drawnRestore},
	{12, (*gen).drawnElsewhere},
	{14, (*gen).drawnLines},
}

// drawnCall makes a call that the reference refuses for something that it does not have.
func (g *gen) drawnCall() Call {
	n := g.IntN(100)
	for _, d := range draws {
		if n -= d.share; n >= 0 {
			continue
		}
		call := d.make(g)
		if g.chance(8) && call.Stdin == "" {
			call.Words = append(g.spell([]item{g.netnsItem()}), call.Words...)
		}
		call.Drawn, call.Nobody = true, g.chance(1)
		return call
	}
	panic("unreachable")
}

func (g *gen) netnsItem() item {
	it := g.has(named("netns"))
	if g.chance(30) {
		it.value = it.option.odd(g)
	}
	return it
}

// plainLegal returns a legal command that does more than inform.
func (g *gen) plainLegal() []item {
	for {
		items := g.legal()
		if !slices.Contains([]*option{help, version, restore}, items[0].option) {
			return items
		}
	}
}

// drawnOptions is a command with additions, anywhere after it.
func (g *gen) drawnOptions() Call {
	items := g.withAdditions(g.plainLegal())
	if g.chance(10) {
		items = g.spoil(items)
	}
	return Call{Words: g.spellDrawn(items)}
}

func (g *gen) withAdditions(items []item) []item {
	for range pick(g, 1, 1, 1, 1, 2, 3) {
		items = insert(items, g.between(1, len(items)), g.addition(items[0].option))
	}
	return items
}

// spoil drops or doubles something of a command with additions.
func (g *gen) spoil(items []item) []item {
	i := g.between(1, len(items)-1)
	switch {
	case g.chance(50):
		return insert(items, i, items[i])
	case !slices.Contains(addedOptions, items[i].option):
		return slices.Delete(items, i, i+1)
	case items[i].option.value == nil:
		items[i] = item{word: "--" + items[i].option.long + "=" + pick(g, "", "1")}
	default:
		it := items[i]
		it.bare = true
		return append(slices.Delete(items, i, i+1), it)
	}
	return items
}

// spellDrawn spells items, sometimes with a letter of ours in the bundle of the command.
func (g *gen) spellDrawn(items []item) []string {
	words := g.spell(items)
	if letters := pick(g, "j", "4", "n4", "nj"); g.chance(10) && len(words[0]) == 2 && strings.Contains("LlSZC", words[0][1:]) {
		words[0] += letters
	}
	return words
}

// drawnConnections is a listing of connections with what selects some.
func (g *gen) drawnConnections() Call {
	items := []item{{option: list, bare: true}, {option: connection, bare: true}}
	if g.chance(80) {
		items = append(items, g.has(numeric))
	}
	if g.chance(30) {
		items = append(items, g.service().items()...)
	}
	if g.chance(20) {
		items = append(items, item{option: server, value: g.realServer()})
	}
	for range g.between(1, 3) {
		items = append(items, g.has(named(pick(g, "client", "count", "origin", "json", "vip", "ipv4", "marks"))))
	}
	if g.chance(30) {
		items = g.withAdditions(items)
	}
	g.shuffle(items)
	return Call{Words: g.spell(items)}
}

// drawnCommand is a command of our own.
func (g *gen) drawnCommand() Call {
	o := pick(g, append(addedCommands, named("sysctl"), named("sysctl"))...)
	items := []item{{option: o, bare: true}}
	if o.long == "sysctl" {
		for range g.between(0, 3) {
			items = append(items, item{word: g.setting()})
			if g.chance(30) {
				items[len(items)-1].word = g.oddSetting()
			}
		}
	}
	if g.chance(50) {
		items = g.withAdditions(items)
	}
	if g.chance(10) {
		items = g.disturb(items)
	}
	if items[0].option != o {
		items = insert(items, 0, item{option: o, bare: true})
	}
	return Call{Words: g.spell(items)}
}

// drawnRestore is a restore with additions, of lines with and without.
func (g *gen) drawnRestore() Call {
	items := []item{{option: restore, bare: true}}
	for _, name := range []string{"replace", "only", "dry-run", "wait"} {
		if g.chance(45) {
			items = append(items, g.has(named(name)))
		}
	}
	if len(items) == 1 || g.chance(20) {
		items = g.withAdditions(items)
	}
	call := Call{Words: g.spell(items), Stdin: g.setup()}
	switch {
	case g.chance(20):
		call.Stdin = g.stream()
	case g.chance(20):
		call.Stdin = g.drawnStream()
	}
	return call
}

// drawnElsewhere is a command with an option of the reference's that this takes elsewhere only, or a mark that it
// does not.
func (g *gen) drawnElsewhere() Call {
	one := func(o *option, more ...item) Call {
		items := append([]item{{option: o, bare: true}}, more...)
		if g.chance(30) {
			items = insert(items, 1, g.has(numeric))
		}
		return Call{Words: g.spell(items)}
	}
	switch g.IntN(6) {
	case 0:
		return one(save, g.service().items()[0])
	case 1:
		return one(save, g.has(pick(g, timeout, daemon, thresholds)))
	case 2:
		return one(pick(g, list, save, zero, clearAll), g.has(ipv6Flag))
	case 3:
		return one(list, g.has(connection), pick(g, g.service().items()[0], item{option: server, value: g.realServer()}))
	case 4:
		return one(list, g.service().items()[0], item{option: server, value: g.realServer()})
	}
	mark := pick(g, "0x1", "0x102", "0XFF", "0xffffffff", "0x100000000", "0x0", "0x1/0xff", "0x", "0x 1", "0xg", "0x-1", "0x+1", "0x1_0")
	return Call{Words: g.spell(g.legalFor(pick(g, addService, addService, editService), virtual{fwmark, mark, g.chance(25)}))}
}

// drawnLines is a restore of which some lines have additions.
func (g *gen) drawnLines() Call { return Call{Words: []string{"-R"}, Stdin: g.drawnStream()} }

// drawnStream returns lines for a restore. Where there are additions, they follow the command at once: the reference
// refuses them, whatever follows, and goes on with the next line.
func (g *gen) drawnStream() string {
	var b strings.Builder
	for range g.between(1, 6) {
		items := g.plainLegal()
		for slices.Contains([]*option{startDaemon, stopDaemon}, items[0].option) {
			items = g.plainLegal()
		}
		if g.chance(50) {
			for range pick(g, 1, 1, 2) {
				if it := g.addition(items[0].option); it.bare || visibleWord(it.value) {
					items = insert(items, 1, it)
				}
			}
		}
		b.WriteString(strings.Join(plainWords(items), " ") + "\n")
	}
	return b.String()
}

// visibleWord reports whether a line can have a word as it is.
func visibleWord(w string) bool {
	return w != "" && printable(w) && !strings.Contains(w, " ") && len(w) < 1000
}
