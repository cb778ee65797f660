// SPDX-License-Identifier: Apache-2.0

package parity

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// A gen makes cases up. All that it does follows from its seed.
type gen struct {
	*rand.Rand
	world world
}

// families are the kinds of cases, with how many in a hundred are of each.
var families = []struct {
	name  string
	share int
	make  func(g *gen) *Case
}{
	{"grammar", 33, (*gen).grammarCase},
	{"values", 27, (*gen).valuesCase},
	{"sequences", 10, (*gen).sequenceCase},
	{"restore", 14, (*gen).restoreCase},
	{"connections", 8, (*gen).connectionsCase},
	{"names", 8, (*gen).namesCase},
}

// Make makes the case of a number up, of one of the named families, or of any if there are no names.
func Make(seed, number uint64, only map[string]bool) *Case {
	c, _ := makeCase(seed, number, only)
	return c
}

func makeCase(seed, number uint64, only map[string]bool) (*Case, world) {
	g := &gen{Rand: rand.New(rand.NewPCG(seed, number))}
	total := 0
	for _, f := range families {
		if len(only) == 0 || only[f.name] {
			total += f.share
		}
	}
	n := g.IntN(total)
	for _, f := range families {
		if len(only) > 0 && !only[f.name] {
			continue
		}
		if n -= f.share; n < 0 {
			g.world = g.newWorld()
			c := f.make(g)
			c.Family = f.name
			for i := range c.Calls {
				c.Calls[i].Stdin = keepDaemons(c.Calls[i].Stdin)
			}
			return c, g.world
		}
	}
	panic("unreachable")
}

// keepDaemons drops the lines that stop a daemon from a stream that starts one. The kernel does not
// answer who stops a daemon that has not run yet.
func keepDaemons(stream string) string {
	if !strings.Contains(stream, "-start-daemon") {
		return stream
	}
	return strings.Join(slices.DeleteFunc(lines(stream), func(line string) bool {
		return strings.Contains(line, "-stop-daemon")
	}), "")
}

// CheckFamily returns an error for a name that no family has.
func CheckFamily(name string) error {
	for _, f := range families {
		if f.name == name {
			return nil
		}
	}
	return fmt.Errorf("no family of cases is called %q", name)
}

// chance is true in so many of a hundred cases.
func (g *gen) chance(percent int) bool { return g.IntN(100) < percent }

// pick returns one of the words. One that is likelier stands there more often.
func pick[T any](g *gen, from ...T) T { return from[g.IntN(len(from))] }

// between returns a number from min to max.
func (g *gen) between(min, max int) int { return min + g.IntN(max-min+1) }
