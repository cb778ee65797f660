// SPDX-License-Identifier: Apache-2.0

// Package check finds what keeps traffic from its server. It is a table of checks, each a function of facts that others
// have gathered: nothing here reads or sends anything.
package check

import (
	"net/netip"
	"sort"
)

// A Severity is how bad a finding is.
type Severity uint8

// The severities.
const (
	Note     Severity = iota // is worth knowing, and may be meant
	Doubtful                 // keeps traffic from its server at times, or soon
	Broken                   // keeps traffic from its server
)

var severityNames = [...]string{Note: "note", Doubtful: "doubtful", Broken: "broken"}

// String returns "note", "doubtful" or "broken".
func (s Severity) String() string { return severityNames[s] }

// A Subject is what a finding is about: a service, and a server of it if it has an address.
type Subject struct {
	Service Key
	Server  netip.AddrPort
}

// A Finding is one cause of trouble.
type Finding struct {
	Check    string
	Severity Severity
	Subjects []Subject // none for what is about the whole director
	Text     string
	Remedy   string     // a command line; empty if none is known
	On       netip.Addr // the machine on which to run it; the zero Addr is the director
}

// Needs are kinds of facts.
type Needs uint16

// The kinds of facts, besides the table itself and sysctls.
const (
	Links Needs = 1 << iota
	VirtualRoutes
	ServerRoutes
	Neighbours
	Connections
	Firewall
	Listeners
	Daemons
	Schedulers
	Totals
	Director // the size of the connection table, and whether another director may take over
	Probes   // what the network answers
)

// A Check is a row of the table of checks. One of the functions looks for what is wrong: with a service, with a server, or
// with anything else.
type Check struct {
	Name    string
	Needs   Needs
	Worst   Severity
	Meaning string // what is wrong, for the manual
	Mend    string // what its remedy does, for the manual

	service func(*Facts, *Service) *Finding
	server  func(*Facts, *Service, *Server) *Finding // of one whose weight is 0, only a note is made
	others  func(*Facts, *report)
	drained bool // whether it is just a weight of 0 that makes the finding bad
}

// ByName returns a check, or nil.
func ByName(name string) *Check {
	for i := range All {
		if All[i].Name == name {
			return &All[i]
		}
	}
	return nil
}

// NeedsOf returns what checks need to know.
func NeedsOf(checks []Check) (all Needs) {
	for i := range checks {
		all |= checks[i].Needs
	}
	return all
}

// Run runs checks. The worst findings come first.
func Run(checks []Check, f *Facts) []Finding {
	r := report{known: map[cause]int{}}
	for i := range checks {
		c := &checks[i]
		r.check = c
		switch {
		case c.others != nil:
			c.others(f, &r)
		default:
			r.each(f)
		}
	}
	sort.SliceStable(r.findings, func(i, j int) bool { return r.findings[i].Severity > r.findings[j].Severity })
	return r.findings
}

// Passes reports whether findings are notes at most.
func Passes(all []Finding) bool {
	for i := range all {
		if all[i].Severity > Note {
			return false
		}
	}
	return true
}

// A cause is what makes two findings the same.
type cause struct {
	check    *Check
	severity Severity
	text     string
	remedy   string
}

// A report collects findings. One cause is one finding, however many services and servers it is about.
type report struct {
	check    *Check
	findings []Finding
	known    map[cause]int
}

// each looks at each service, or at each server.
func (r *report) each(f *Facts) {
	for i := range f.Services {
		s := &f.Services[i]
		if r.check.service != nil {
			r.add(r.check.service(f, s), s, nil)
			continue
		}
		for j := range s.Servers {
			d := &s.Servers[j]
			found := r.check.server(f, s, d)
			if found != nil && d.Weight == 0 && !r.check.drained {
				found.Severity, found.Remedy = Note, ""
			}
			r.add(found, s, d)
		}
	}
}

// add adds a finding about a service and a server, either of which may be nil.
func (r *report) add(found *Finding, s *Service, d *Server) {
	if found == nil {
		return
	}
	c := cause{r.check, found.Severity, found.Text, found.Remedy}
	i, known := r.known[c]
	if !known {
		i = len(r.findings)
		r.known[c] = i
		found.Check = r.check.Name
		r.findings = append(r.findings, *found)
	}
	if s == nil {
		return
	}
	about := Subject{Service: s.Key}
	if d != nil {
		about.Server = d.Addr
	}
	r.findings[i].Subjects = append(r.findings[i].Subjects, about)
}

// The findings of each severity, with a command line that would mend it, if there is one.

func broken(text, remedy string) *Finding {
	return &Finding{Severity: Broken, Text: text, Remedy: remedy}
}

func doubtful(text, remedy string) *Finding {
	return &Finding{Severity: Doubtful, Text: text, Remedy: remedy}
}

func note(text, remedy string) *Finding { return &Finding{Text: text, Remedy: remedy} }

// on returns a finding whose remedy is for another machine.
func (f *Finding) on(a netip.Addr) *Finding {
	f.On = a
	return f
}
