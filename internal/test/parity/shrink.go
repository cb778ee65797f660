// SPDX-License-Identifier: Apache-2.0

package parity

import (
	"context"
	"slices"
	"strings"
	"time"
)

// Shrink cuts a case down to a short one that still differs in the same way, and returns it with its
// difference. It takes about so much time at most.
func (l *Lab) Shrink(ctx context.Context, c *Case, d *Difference, most time.Duration) (*Case, *Difference, error) {
	s := &shrinker{ctx: ctx, lab: l, best: c.clone(), difference: d, end: time.Now().Add(most)}
	s.best.Calls = s.best.Calls[:d.Call+1]
	for progress := true; progress && s.more(); {
		before := s.best
		s.round()
		progress = s.best != before
	}
	return s.best, s.difference, s.err
}

type shrinker struct {
	ctx        context.Context
	lab        *Lab
	best       *Case
	difference *Difference
	end        time.Time
	err        error
}

func (s *shrinker) more() bool { return s.err == nil && time.Now().Before(s.end) }

// round tries every way to make the case shorter once.
func (s *shrinker) round() {
	s.drop(func(c *Case) int { return len(c.Calls) - 1 }, func(c *Case, from, to int) {
		c.Calls = slices.Delete(c.Calls, from, to)
	})
	for path := range s.best.Files {
		s.attempt(func(c *Case) { delete(c.Files, path) })
		s.dropParts(func(c *Case) *string { t := c.Files[path]; return &t }, func(c *Case, t string) { c.Files[path] = t }, lines)
	}
	for i := 0; i < len(s.best.Calls); i++ {
		s.shrinkCall(i)
	}
}

func (s *shrinker) shrinkCall(i int) {
	s.attempt(func(c *Case) { c.Calls[i].Name = "" })
	s.attempt(func(c *Case) { c.Calls[i].Nobody = false })
	s.drop(func(c *Case) int { return len(c.Calls[i].Env) }, func(c *Case, from, to int) {
		c.Calls[i].Env = slices.Delete(c.Calls[i].Env, from, to)
	})
	s.drop(func(c *Case) int { return len(c.Calls[i].Words) }, func(c *Case, from, to int) {
		c.Calls[i].Words = slices.Delete(c.Calls[i].Words, from, to)
	})
	stdin := func(c *Case) *string { return &c.Calls[i].Stdin }
	set := func(c *Case, t string) { c.Calls[i].Stdin = t }
	s.dropParts(stdin, set, lines)
	s.dropParts(stdin, set, blanks)
	s.dropParts(stdin, set, letters)
	for j := 0; j < len(s.best.Calls[i].Words); j++ {
		s.dropParts(func(c *Case) *string { return &c.Calls[i].Words[j] }, func(c *Case, t string) { c.Calls[i].Words[j] = t }, letters)
	}
}

// Ways to part a text.
func lines(s string) []string   { return strings.SplitAfter(s, "\n") }
func letters(s string) []string { return strings.Split(s, "") }

func blanks(s string) []string {
	var parts []string
	for _, line := range lines(s) {
		parts = append(parts, strings.SplitAfter(line, " ")...)
	}
	return parts
}

// dropParts drops parts of a text.
func (s *shrinker) dropParts(get func(*Case) *string, set func(*Case, string), split func(string) []string) {
	s.drop(func(c *Case) int {
		if n := len(split(*get(c))); n <= 150 {
			return n
		}
		return 0
	}, func(c *Case, from, to int) {
		set(c, strings.Join(slices.Delete(split(*get(c)), from, to), ""))
	})
}

// drop drops what it can of a list: first halves, then less and less.
func (s *shrinker) drop(count func(*Case) int, remove func(c *Case, from, to int)) {
	for size := count(s.best) / 2; ; size /= 2 {
		size = max(size, 1)
		for from := 0; from < count(s.best); {
			to := min(from+size, count(s.best))
			if !s.attempt(func(c *Case) { remove(c, from, to) }) {
				from = to
			}
		}
		if size == 1 {
			return
		}
	}
}

// attempt changes the case and keeps the change if it differs in the same way still.
func (s *shrinker) attempt(change func(c *Case)) bool {
	if !s.more() {
		return false
	}
	c := s.best.clone()
	change(c)
	if c.Shell() == s.best.Shell() {
		return false
	}
	d, err := s.lab.Try(s.ctx, c)
	if err != nil {
		s.err = err
		return false
	}
	if d == nil || d.What != s.difference.What {
		return false
	}
	s.best, s.difference = c, d
	return true
}
