// SPDX-License-Identifier: Apache-2.0

package flags

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/words"
)

// drawnLines is how many lines are drawn.
const drawnLines = 40

// accepted returns an option with each of the values that it accepts by itself.
func accepted(o *option) (all [][]string) {
	for _, sample := range o.samples() {
		p := newParser(sample, lenient{})
		s := &scanner{words: sample}
		w, ok, _ := s.next()
		if ok && (o.set == nil || o.set(&p, w) == nil) {
			all = append(all, sample)
		}
	}
	return all
}

// Every option has a value, and the words on which others depend are among them.
func TestSampleValues(t *testing.T) {
	for i := range options {
		o := &options[i]
		if o.heading == "" && o.word() != "--ipv6" { // which alone sets nothing
			require.NotEmpty(t, accepted(o), o.word())
		}
	}
	for _, row := range words.TunnelTypes[1:] {
		require.Contains(t, sampleValues, row.Name)
	}
	for _, row := range words.SchedulerFlags[:4] {
		require.Contains(t, sampleValues, row.Scheduler)
	}
}

// draw returns a command line that the parser takes.
func draw(r *rand.Rand) []string {
	for {
		o := &options[r.IntN(len(options))]
		if o.verb == noVerb || commands[o.verb].name == "" {
			continue
		}
		line := pick(r, o)
		if o.verb == setTimeouts {
			line = append(line, "1", "2", "3")
		}
		for _, next := range drawOptions(r, &commands[o.verb].rules) {
			line = append(line, pick(r, next)...)
		}
		if _, err := Parse(line, lenient{}); err == nil {
			return line
		}
	}
}

// drawOptions returns some options in any order: those that a command needs, and others that it takes.
func drawOptions(r *rand.Rand, of *rules) (drawn []*option) {
	given := map[optionID]bool{}
	for _, i := range r.Perm(len(options)) {
		o := &options[i]
		takes := (of.all() | everywhere).has(o.id) || o.like != "" && of.takes.has(optNoSort) || o.long == "ipv6"
		if o.heading == "" && takes && !given[o.id] && (of.needs.has(o.id) || r.IntN(4) == 0) {
			given[o.id] = o.id != noOption
			drawn = append(drawn, o)
		}
	}
	if given[optNoSort] || given[optSortBy] {
		drawn = slices.DeleteFunc(drawn, func(o *option) bool { return o.like != "" }) // accepted, but to no end
	}
	return drawn
}

// pick returns one of an option's words, with a value that it may have.
func pick(r *rand.Rand, o *option) []string {
	all := accepted(o)
	if len(all) == 0 {
		all = [][]string{{o.word()}}
	}
	names := o.names()
	return append([]string{names[r.IntN(len(names))]}, all[r.IntN(len(all))][1:]...)
}

// Every option of a line that the parser takes is offered after the words before it, and every offer there can become
// such a line.
func TestCompleteDrawn(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range drawnLines {
		line := draw(r)
		for i, word := range line {
			before := line[:i]
			var offers []string
			for _, current := range []string{"-", ""} {
				offers = checked(t, before, current)
				if current == "-" && strings.HasPrefix(word, "-") {
					require.Contains(t, offers, word, "after %q", before)
				}
			}
			if i+1 < len(line) {
				checked(t, before, word)
				checked(t, before, word+"=")
			}
		}
	}
}

// checked returns what a line can go on with, after trying it.
func checked(t *testing.T, before []string, current string) (offers []string) {
	t.Helper()
	for _, o := range Complete(slices.Concat([]string{"ipvsadm"}, before, []string{current}), testMachine{}) {
		if o.Kind != OfferWord && o.Kind != OfferOpen {
			continue
		}
		offers = append(offers, o.Word)
		line := append(slices.Clone(before), o.Word+o.rest)
		require.True(t, becomesLine(line), "%q", line)
	}
	require.Equal(t, len(offers), len(slices.Compact(slices.Sorted(slices.Values(offers)))), "something is offered twice in %q", offers)
	return offers
}

// becomesLine reports whether words, the last of which may lack a value, can go on to be a line that the parser takes.
func becomesLine(words []string) bool {
	for _, value := range append([]string{""}, sampleValues[:]...) {
		line := words
		if value != "" {
			line = append(slices.Clone(words), value)
		}
		if line = mended(line, lenient{}); line != nil {
			_, err := Parse(line, lenient{})
			return err == nil && slices.Equal(words, line[:len(words)])
		}
	}
	return false
}

// Whatever a line has, what is offered for its last word can become a line that the parser takes.
func FuzzComplete(f *testing.F) {
	for _, line := range []string{"-", "-A -t 192.0.2.1:", "-a -t [::1]:80 -r ", "-L -c --", "--netns=", "-D -p", "-L -- -", "-Ap -M x -b ,", "-L--", "--=", "-=", "x -6"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		words := strings.Split(line, " ")
		last := len(words) - 1
		checked(t, words[:last], words[last])
		Complete(append([]string{"ipvsadm-save"}, words...), testMachine{})
		Complete(append([]string{"ipvsadm-restore"}, words...), testMachine{})
	})
}
