// SPDX-License-Identifier: Apache-2.0

package recipes

import (
	"regexp"
	"slices"
	"strings"
)

// anything is what a page shows in place of what differs from run to run: in a line, of any text; alone in a line, of any
// number of lines.
const anything = "…"

var blanks = regexp.MustCompile(`[ \t]+`)

// matches reports whether a command's output is as the page shows it.
func (s *Step) matches(got string) bool {
	want, lines := splitLines(s.Want), splitLines(got)
	if s.AnyOrder {
		return matchAnyOrder(want, lines)
	}
	return matchLines(want, lines)
}

// splitLines returns the lines of a text, without blanks at their ends.
func splitLines(text string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		lines = append(lines, strings.TrimRight(line, " \t\r\n"))
	}
	return lines
}

func matchLines(want, lines []string) bool {
	for i, w := range want {
		if w == anything {
			for skip := 0; i+skip <= len(lines); skip++ {
				if matchLines(want[i+1:], lines[i+skip:]) {
					return true
				}
			}
			return false
		}
		if i >= len(lines) || !matchLine(w, lines[i]) {
			return false
		}
	}
	return len(want) == len(lines)
}

// matchLine reports whether a line is as shown. What stands for something else changes the width of columns, so blanks in
// such a line are any number of blanks.
func matchLine(want, line string) bool {
	if !strings.Contains(want, anything) {
		return want == line
	}
	pattern := regexp.QuoteMeta(blanks.ReplaceAllString(want, " "))
	pattern = strings.ReplaceAll(strings.ReplaceAll(pattern, " ", `\s+`), anything, ".*")
	return regexp.MustCompile("^" + pattern + "$").MatchString(line)
}

// matchAnyOrder finds a line for each that is shown: for those without something that differs first.
func matchAnyOrder(want, lines []string) bool {
	want, lines = slices.Clone(want), slices.Clone(lines)
	slices.SortStableFunc(want, func(a, b string) int { return strings.Count(a, anything) - strings.Count(b, anything) })
	for _, w := range want {
		i := slices.IndexFunc(lines, func(line string) bool { return matchLine(w, line) })
		switch {
		case w == anything:
		case i < 0:
			return false
		default:
			lines = slices.Delete(lines, i, i+1)
		}
	}
	return len(lines) == 0 || slices.Contains(want, anything)
}
