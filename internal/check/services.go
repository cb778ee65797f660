// SPDX-License-Identifier: Apache-2.0

package check

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// address looks for virtual addresses that the director does not take packets for.
func address(f *Facts, s *Service) *Finding {
	a := s.Addr.Addr()
	if s.Mark != 0 || a.IsUnspecified() {
		return nil
	}
	if kind := f.way(a).Kind; kind == Here || kind == NotAsked {
		return nil
	}
	holder := f.holder(a)
	if holder != nil && !holder.Up {
		return nil // the link is what is wrong
	}
	switch l := f.local(a); {
	case l != nil && holder != nil: // of a VRF
		return nil
	case holder != nil && a.Is6():
		return broken(a.String()+" is on "+holder.Name+", but not in use; perhaps another machine was found to have it", "")
	case holder != nil:
		return broken(a.String()+" is on "+holder.Name+", but no local route leads to it", "")
	case l != nil:
		return note(a.String()+" is on no interface, but a local route in table "+decimal(l.Table)+" leads to it, which is for packets that a rule sends there", "")
	}
	found := broken(a.String()+" is on no interface, and no local route leads to it", "ip address add "+alone(a)+" dev "+f.home(a))
	if f.Standby {
		found.Severity, found.Remedy = Note, "" // two directors with the address are worse than none
		found.Text += ": another director may have it"
	}
	return found
}

// local returns a local route to an address.
func (f *Facts) local(a netip.Addr) *Local {
	for i := range f.Locals {
		if f.Locals[i].To.Contains(a) {
			return &f.Locals[i]
		}
	}
	return nil
}

// alone returns an address as a network of its own.
func alone(a netip.Addr) string { return netip.PrefixFrom(a, a.BitLen()).String() }

// home returns the interface on which an address would be.
func (f *Facts) home(a netip.Addr) string {
	if l := f.network(a); l != nil {
		return quoted(l.Name)
	}
	return "lo"
}

// linkDown looks for virtual addresses on interfaces that take no packets. Those that others reach over another interface
// work anyway as long as there is a local route: an address of IPv4 on a dummy that is down, or on a bridge for
// containers of which none runs.
func linkDown(f *Facts, s *Service) *Finding {
	l := f.holder(s.Addr.Addr())
	if s.Mark != 0 || l == nil || l.works() {
		return nil
	}
	here := f.way(s.Addr.Addr()).Kind == Here
	if here && (l.NoARP || l.Loopback) {
		return nil
	}
	text := s.Addr.Addr().String() + " is on " + l.Name + ", which "
	switch {
	case !l.Up:
		return broken(text+"is down", linkUp(l))
	case here && l.Bridge:
		return note(text+"has no carrier", "")
	}
	return doubtful(text+"has no carrier", "")
}

// linkUp returns the command line that brings an interface up.
func linkUp(l *Link) string { return "ip link set dev " + quoted(l.Name) + " up" }

func noServer(f *Facts, s *Service) *Finding {
	if len(s.Servers) > 0 {
		return nil
	}
	for i := range f.Refused {
		if f.Refused[i].Service == s.Key {
			return nil // it would have one
		}
	}
	return broken("the service has no server", "")
}

func noWeight(_ *Facts, s *Service) *Finding {
	for i := range s.Servers {
		if s.Servers[i].Weight != 0 {
			return nil
		}
	}
	if len(s.Servers) == 0 {
		return nil
	}
	return broken("all servers have weight 0", s.edit(&s.Servers[0], "-w 1"))
}

// overload looks for services whose servers all have what they may have at most. One that had it once gets no connections
// until it has fewer than its lower threshold, and the kernel does not tell.
func overload(_ *Facts, s *Service) *Finding {
	var first *Server
	all := true
	for i := range s.Servers {
		d := &s.Servers[i]
		if d.Weight == 0 {
			continue
		}
		if d.Upper == 0 || d.conns() < d.lower() {
			return nil
		}
		all = all && d.conns() >= uint64(d.Upper)
		if first == nil {
			first = d
		}
	}
	switch {
	case first == nil:
		return nil
	case !all:
		return note("all servers have so many connections that those that had as many as their upper thresholds allow get no new ones yet", "")
	}
	twice := min(2*uint64(first.Upper), 1<<31-1)
	return broken("all servers have as many connections as their upper thresholds allow",
		s.edit(first, "-x "+strconv.FormatUint(twice, 10)))
}

// conns is what the kernel compares with the thresholds.
func (d *Server) conns() uint64 { return uint64(d.Active) + uint64(d.Inactive) }

// lower returns below how many connections a server that was full gets new ones again: three quarters of the upper threshold
// if there is no lower one.
func (d *Server) lower() uint64 {
	if d.Lower != 0 {
		return uint64(d.Lower)
	}
	return (3*uint64(d.Upper) + 3) / 4
}

// drain looks for servers that are to get no more clients, and get them by their templates.
func drain(f *Facts, s *Service, d *Server) *Finding {
	const name = "net/ipv4/vs/expire_quiescent_template"
	if !s.Persistent || d.Weight != 0 || d.Templates == 0 || f.sysctl(name) != "0" {
		return nil
	}
	return doubtful("net.ipv4.vs.expire_quiescent_template is 0, so that persistent clients go on to be sent to servers with weight 0",
		setting(name, "1"))
}

// thresholds looks in rules, since no kernel takes such.
func thresholds(f *Facts, r *report) {
	for i := range f.Refused {
		l := &f.Refused[i]
		if l.Lower <= l.Upper {
			continue
		}
		lower, upper := decimal(l.Lower), decimal(l.Upper)
		text := "is above the upper one, " + upper + ": write -y " + upper + " or less, or -x " + lower + " or more"
		if l.Upper == 0 { // none
			text = "is without an upper one: add -x " + lower + " or more, or leave -y out"
		}
		r.add(broken(l.at()+"the lower threshold, "+lower+", "+text, ""), &Service{Key: l.Service}, &Server{Addr: l.Server})
	}
}

// refused reports the other lines that no kernel takes.
func refused(f *Facts, r *report) {
	for i := range f.Refused {
		if l := &f.Refused[i]; l.Lower <= l.Upper {
			r.add(broken(l.at()+l.Text+": "+l.Reason, ""), &Service{Key: l.Service}, &Server{Addr: l.Server})
		}
	}
}

// at returns where a line is.
func (l *Refusal) at() string { return "line " + strconv.Itoa(l.Line) + ": " }

func decimal(n uint32) string { return strconv.FormatUint(uint64(n), 10) }

// module looks for what rules name and the kernel has not.
func module(f *Facts, s *Service) *Finding {
	switch {
	case !f.Rules || f.Schedulers == nil:
		return nil
	case !slices.Contains(f.Schedulers, s.Scheduler):
		return broken("the kernel neither has the scheduler "+s.Scheduler+" nor can load it; there are "+strings.Join(f.Schedulers, " "), "")
	case s.Engine != "" && !slices.Contains(f.Engines, s.Engine):
		return broken("the kernel neither has the persistence engine "+s.Engine+" nor can load it", "")
	}
	return nil
}

// overlap looks for packets that are for two services.
func overlap(f *Facts, r *report) {
	type place struct {
		protocol string
		addr     netip.Addr
	}
	all := map[place]*Service{}
	for i := range f.Services {
		if s := &f.Services[i]; s.Mark == 0 && s.Addr.Port() == 0 {
			all[place{s.Protocol, s.Addr.Addr()}] = s
		}
	}
	for i := range f.Services {
		s := &f.Services[i]
		if s.Mark != 0 {
			overlapMark(f, r, s)
		} else if wide := all[place{s.Protocol, s.Addr.Addr()}]; wide != nil && wide != s {
			text := "packets to port " + strconv.Itoa(int(s.Addr.Port())) + " of " + s.Addr.Addr().String() +
				" go to the service of that port, and not to that of port 0"
			r.add(note(text, ""), s, nil)
			r.add(note(text, ""), wide, nil)
		}
	}
}

// overlapMark looks for services whose packets a rule marks for another service.
func overlapMark(f *Facts, r *report, m *Service) {
	rules := f.Firewall.marking(m.Mark, m.IPv6)
	if len(rules) == 0 {
		return
	}
	for i := range f.Services {
		s := &f.Services[i]
		if s.Mark != 0 || s.IPv6 != m.IPv6 {
			continue
		}
		protocol, port := s.of()
		at := slices.IndexFunc(rules, func(l *Rule) bool { return l.may(s.Addr.Addr(), protocol, port) })
		if at >= 0 {
			text := "packets to " + s.Addr.String() + " that " + rules[at].where() + " marks go to mark " + decimal(m.Mark) + ", and not to the address"
			r.add(note(text, ""), m, nil)
			r.add(note(text, ""), s, nil)
		}
	}
}
