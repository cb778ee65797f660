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
		if ok && strings.TrimSpace(database) == "hosts" {
			return stepsOf(words)
		}
	}
	return usualSteps
}

// stepsOf reads sources with, behind each and in brackets, what may end the search there.
func stepsOf(words string) []step {
	var steps []step
	for words = strings.TrimSpace(words); words != ""; words = strings.TrimSpace(words) {
		if words[0] == '[' {
			var actions string
			actions, words, _ = strings.Cut(words[1:], "]")
			act(steps, actions)
			continue
		}
		end := strings.IndexAny(words, " \t[")
		if end < 0 {
			end = len(words)
		}
		steps = append(steps, step{source: sourceOf(words[:end])})
		words = words[end:]
	}
	return steps
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

// act gives the last of the steps its actions, such as "NOTFOUND=return" or "!UNAVAIL=return".
func act(steps []step, actions string) {
	if len(steps) == 0 {
		return
	}
	s := &steps[len(steps)-1]
	for _, word := range strings.Fields(strings.ToUpper(actions)) {
		status, action, _ := strings.Cut(word, "=")
		if action != "RETURN" {
			continue
		}
		status, not := strings.CutPrefix(status, "!")
		s.lastIfAbsent = s.lastIfAbsent || (status == "NOTFOUND") != not
		s.lastIfFailed = s.lastIfFailed || (status == "UNAVAIL") != not
	}
}

// last says whether no further source is to be asked.
func (s *step) last(failed bool) bool {
	if failed {
		return s.lastIfFailed
	}
	return s.lastIfAbsent
}
