// SPDX-License-Identifier: Apache-2.0

package names

import "strings"

// switchFile says where the system looks names up, and in which order.
const switchFile = "/etc/nsswitch.conf"

// A source is where names of hosts may be.
type source uint8

const (
	elsewhere source = iota // where this program cannot look
	inFiles                 // /etc/hosts
	inDNS
)

// A step is a source to ask, and when to ask no further one if it has no answer.
type step struct {
	source       source
	lastIfAbsent bool // if it knows that there is none
	lastIfFailed bool // if it cannot say
}

// usualSteps are those of a system that does not say.
var usualSteps = []step{{source: inFiles}, {source: inDNS}}

// parseSteps reads the line for hosts of a table in the format of /etc/nsswitch.conf.
func parseSteps(text string) []step {
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		database, words, ok := strings.Cut(line, ":")
		if !ok || strings.TrimSpace(database) != "hosts" {
			continue
		}
		var steps []step
		for _, word := range strings.Fields(strings.ReplaceAll(words, "[", " [")) {
			if n := len(steps); n > 0 && strings.HasPrefix(word, "[") {
				steps[n-1].act(word)
				continue
			}
			steps = append(steps, step{source: sourceOf(word)})
		}
		return steps
	}
	return usualSteps
}

func sourceOf(word string) source {
	switch word {
	case "files":
		return inFiles
	case "dns":
		return inDNS
	}
	return elsewhere
}

// act takes in what to do in a certain case, such as "[NOTFOUND=return]" or "[!UNAVAIL=return]".
func (s *step) act(word string) {
	status, action, _ := strings.Cut(strings.ToUpper(strings.Trim(word, "[]")), "=")
	if action != "RETURN" {
		return
	}
	status, not := strings.CutPrefix(status, "!")
	if (status == "NOTFOUND") != not {
		s.lastIfAbsent = true
	}
	if (status == "UNAVAIL") != not {
		s.lastIfFailed = true
	}
}

// last says whether no further source is to be asked.
func (s *step) last(failed bool) bool {
	if failed {
		return s.lastIfFailed
	}
	return s.lastIfAbsent
}
