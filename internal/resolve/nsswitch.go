// SPDX-License-Identifier: Apache-2.0

package resolve

import "strings"

// switchFile names the sources of each kind of name, and the order in which they are asked.
const switchFile = "/etc/nsswitch.conf"

// A status is the result of asking a source.
type status uint8

const (
	success  status = iota
	notFound        // the name does not exist
	unavail         // the source cannot be asked
	tryAgain        // the source cannot answer now
	statuses        // the number of those above
	missing         // this program has no such source
)

// An action is the reaction to a status.
type action uint8

const (
	carryOn action = iota // ask the next source
	stop
	merge
)

// A source is a source of names, with the action after each status.
type source struct {
	name string
	then [statuses]action
}

func newSource(name string) source {
	return source{name: name, then: [statuses]action{success: stop}}
}

// A nameSwitch lists the sources of host names and of ports.
type nameSwitch struct {
	hosts, services []source
}

// usualSwitch applies to a system without the file, and to a file without these lines.
func usualSwitch() nameSwitch {
	return nameSwitch{
		hosts:    []source{newSource("files"), newSource("dns")},
		services: []source{newSource("files")},
	}
}

// parseSwitch reads a text in the format of nsswitch.conf(5) as glibc does. "#" begins a comment only
// where a database is expected, the last of several lines counts, and a last line without a newline is
// not read. A single malformed line means that there are no sources at all.
func parseSwitch(text string) nameSwitch {
	n := usualSwitch()
	for line := range strings.Lines(text) {
		if !strings.HasSuffix(line, "\n") {
			break
		}
		line, _, _ = strings.Cut(line, "\x00")
		database, rest := cutAny(skipBlanks(line), blanks+":")
		if !isDatabase(database) || rest == "" {
			continue
		}
		sources, ok := parseSources(strings.TrimLeft(rest, blanks+":"))
		if !ok {
			return nameSwitch{}
		}
		switch database {
		case "hosts":
			n.hosts = sources
		case "services":
			n.services = sources
		}
	}
	return n
}

// isDatabase reports whether glibc reads the line of a database. Others may be malformed.
func isDatabase(name string) bool {
	switch name {
	case "aliases", "ethers", "group", "group_compat", "gshadow", "hosts", "initgroups", "netgroup", "networks", "passwd",
		"passwd_compat", "protocols", "publickey", "rpc", "services", "shadow", "shadow_compat":
		return true
	}
	return false
}

// parseSources reads sources, each of which may have actions in brackets after it.
func parseSources(s string) (sources []source, ok bool) {
	for {
		var name string
		if name, s = cutAny(skipBlanks(s), blanks+"["); name == "" {
			return sources, true
		}
		one := newSource(name)
		s = skipBlanks(s)
		if rest, ok := strings.CutPrefix(s, "["); ok {
			if s, ok = one.parseActions(skipBlanks(rest)); !ok {
				return nil, false
			}
		}
		sources = append(sources, one)
	}
}

// parseActions reads actions such as "NOTFOUND=return !UNAVAIL = continue]" and returns what follows.
func (o *source) parseActions(s string) (rest string, ok bool) {
	for {
		s, ok = o.parseAction(s)
		if !ok {
			return "", false
		}
		if rest, ended := strings.CutPrefix(s, "]"); ended {
			return rest, true
		}
	}
}

// parseAction reads one action and returns what follows the blanks after it.
func (o *source) parseAction(s string) (rest string, ok bool) {
	s, others := strings.CutPrefix(s, "!")
	word, s := cutAny(s, blanks+"=]")
	status, ok := statusNamed(word)
	if !ok {
		return "", false
	}
	s, ok = strings.CutPrefix(skipBlanks(s), "=")
	if !ok {
		return "", false
	}
	word, s = cutAny(skipBlanks(s), blanks+"=]")
	action, ok := actionNamed(word)
	if !ok {
		return "", false
	}
	o.act(status, others, action)
	return skipBlanks(s), true
}

// act sets what to do after a status, or after all others.
func (o *source) act(s status, others bool, a action) {
	if !others {
		o.then[s] = a
		return
	}
	kept := o.then[s]
	for i := range o.then {
		o.then[i] = a
	}
	o.then[s] = kept
}

func statusNamed(word string) (status, bool) {
	switch lower(word) {
	case "success":
		return success, true
	case "notfound":
		return notFound, true
	case "unavail":
		return unavail, true
	case "tryagain":
		return tryAgain, true
	}
	return 0, false
}

func actionNamed(word string) (action, bool) {
	switch lower(word) {
	case "return":
		return stop, true
	case "continue":
		return carryOn, true
	case "merge":
		return merge, true
	}
	return 0, false
}

// lookUp asks sources in order and returns the answer of the last one asked, which is empty unless it
// succeeded. These answers cannot be merged: after "merge", as in glibc, one success makes
// another one useless, and a failure restores the first.
func lookUp[T any](sources []source, ask func(name string) (T, status)) (answer T, ok bool) {
	var saved T
	last, merging := unavail, false
	for _, o := range sources {
		got, s := ask(o.name)
		if s == missing {
			if o.then[unavail] != carryOn {
				break
			}
			continue
		}
		if merging && s == success {
			s, merging = unavail, false
		} else if merging {
			got, s = saved, success
		}
		if s == success && o.then[s] == merge {
			saved, s, merging = got, unavail, true
		}
		answer, last = got, s
		if o.then[s] == stop {
			break
		}
	}
	if last != success {
		var none T
		return none, false
	}
	return answer, true
}
