// SPDX-License-Identifier: Apache-2.0

package check

import (
	"maps"
	"net/netip"
	"slices"
	"strconv"
)

// answers looks for servers from which no answer comes, as far as the director sees them.
func answers(f *Facts, s *Service, d *Server) *Finding {
	way := f.way(d.Addr.Addr())
	if way.Kind != Unicast || f.silent(way) {
		return nil
	}
	c := f.counts(s, d)
	if c.Half == 0 || c.Established+c.Others > 0 || c.Ended > 0 && c.EndedIdle <= c.HalfIdle {
		return nil // of those that have ended, earlier ones say nothing
	}
	// A connection is half-open in passing, too. With masquerading the counter of answers says more than that.
	silent := d.Method == Masq && d.InPkts > 0 && d.OutPkts == 0 && f.sysctl(estimating) != "0"
	if !silent && c.Stale == 0 || explained(f, s, d) {
		return nil
	}
	found := f.unanswered(s, d, way, c)
	found.Severity = Doubtful
	if silent {
		found.Severity = Broken
	}
	found.Text = "connections to " + d.Addr.Addr().String() + " stay in SYN_RECV: " + found.Text
	return found
}

// explaining are the checks whose findings are reason enough for no answer to come.
var explaining = []func(*Facts, *Service, *Server) *Finding{forwarding, gateway, fullNAT, mtu, guePort}

// explained reports whether the director itself keeps a server from answering.
func explained(f *Facts, s *Service, d *Server) bool {
	return slices.ContainsFunc(explaining, func(check func(*Facts, *Service, *Server) *Finding) bool {
		found := check(f, s, d)
		return found != nil && found.Severity == Broken
	})
}

// counts adds up the connections of a server. Those of a mark have any address.
func (f *Facts) counts(s *Service, d *Server) *Counts {
	sum := &Counts{}
	for _, p := range f.paths(s.Addr.Addr(), d.Addr.Addr()) {
		if d.Addr.Port() != 0 && p.Server.Port() != d.Addr.Port() || s.Mark == 0 && !s.takes(p) {
			continue
		}
		sum.add(f.Conns[*p])
	}
	return sum
}

// paths returns the paths over a virtual address to a server's; without a virtual address, as of a mark, all to the server's.
func (f *Facts) paths(virtual, server netip.Addr) []*Path {
	if f.byAddrs == nil {
		f.byAddrs = map[[2]netip.Addr][]*Path{}
		for p := range f.Conns {
			all, some := [2]netip.Addr{{}, p.Server.Addr()}, [2]netip.Addr{p.Virtual.Addr(), p.Server.Addr()}
			f.byAddrs[all] = append(f.byAddrs[all], &p)
			if some != all {
				f.byAddrs[some] = append(f.byAddrs[some], &p)
			}
		}
	}
	return f.byAddrs[[2]netip.Addr{virtual, server}]
}

// takes reports whether a service with an address takes the packets of a path.
func (s *Service) takes(p *Path) bool {
	return s.Protocol == p.Protocol && s.Addr.Addr() == p.Virtual.Addr() && (s.Addr.Port() == 0 || s.Addr.Port() == p.Virtual.Port())
}

// unanswered explains why connections to a server do not get further, as far as the director can know.
func (f *Facts) unanswered(s *Service, d *Server, way *Route, c *Counts) *Finding {
	virtual := c.Virtual.String()
	text := "perhaps it does not have the address " + virtual
	switch {
	case d.Method == Masq:
		return f.pastDirector(s, d, way, c)
	case d.Method == Direct && c.Virtual.Is4():
		return note(text, quietARP+" && ip address replace "+virtual+"/32 dev lo").on(d.Addr.Addr())
	case d.Method == Direct:
		return note(text, "ip address replace "+virtual+"/128 dev lo nodad").on(d.Addr.Addr())
	}
	text = "perhaps it lacks the address " + virtual + " or a device for the tunnel, or has a strict reverse path filter"
	if d.Tunnel == "gue" {
		text = "perhaps it lacks the address " + virtual + ", a device for the tunnel or an open UDP port " +
			strconv.Itoa(int(d.TunnelPort)) + ", or has a strict reverse path filter"
	}
	if d.Tunnel != "ipip" || c.Virtual.Is6() || d.Addr.Addr().Is6() {
		return note(text, "")
	}
	return note(text, quietARP+" && ip link set dev tunl0 up && ip address replace "+virtual+"/32 dev tunl0 && "+
		"sysctl -w net.ipv4.conf.tunl0.rp_filter=2").on(d.Addr.Addr())
}

// quietARP has a real server keep quiet about an address that the director has, too.
const quietARP = "sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2"

// pastDirector explains why no answer of a masqueraded server comes back.
func (f *Facts) pastDirector(s *Service, d *Server, way *Route, c *Counts) *Finding {
	client := f.way(c.Client)
	switch {
	case f.translates(s, d, way):
		return note("it does not answer the director, whose own address it sees", "")
	case c.Client == d.Addr.Addr():
		return note("it is the client itself, and drops its own packets when they come back to it", translating(c.Virtual))
	case client.Kind == Unicast && client.Link == way.Link && !client.Gateway && !way.Gateway:
		return note("the client "+c.Client.String()+" is in its network, so that it answers past the director", translating(c.Virtual))
	case !way.Source.IsValid() || way.Gateway:
		return note("it sends no answer through the director, which has to be on its way to the client", "")
	}
	return note("it sends no answer through the director, which has to be its gateway",
		"ip route replace default via "+way.Source.String()).on(d.Addr.Addr())
}

// translates reports whether a firewall rule puts the director's address in place of the clients'.
func (f *Facts) translates(s *Service, d *Server, way *Route) bool {
	if f.sysctl("net/ipv4/vs/conntrack") == "0" {
		return false
	}
	for i := range f.Firewall.Rules {
		if l := &f.Firewall.Rules[i]; l.TranslatesFrom && l.takes(d.Addr.Addr()) && (l.isFor(f, s) || l.isOnWay(f, d, way)) {
			return true
		}
	}
	return false
}

// translating returns the command line that has the sources of a service's clients translated.
func translating(virtual netip.Addr) string {
	family := "ip"
	if virtual.Is6() {
		family = "ip6"
	}
	return "sysctl -w net.ipv4.vs.conntrack=1 && nft 'add table " + family + " ipvs; add chain " + family +
		" ipvs postrouting { type nat hook postrouting priority srcnat; }; add rule " + family + " ipvs postrouting ct original " +
		family + " daddr " + virtual.String() + " masquerade'"
}

// deleted looks for connections to servers that are in no service. Those that have ended are not waited for.
func deleted(f *Facts, r *report) {
	const name = "net/ipv4/vs/expire_nodest_conn"
	if len(f.Conns) == 0 || f.sysctl(name) != "0" {
		return
	}
	lost := map[netip.Addr]int{}
	for p, c := range f.Conns {
		if a := p.Server.Addr(); c.Established > 0 && !a.IsUnspecified() && !f.knows(&p) { // those that bypass servers have none
			lost[a] += c.Established
		}
	}
	for _, a := range slices.SortedFunc(maps.Keys(lost), netip.Addr.Compare) {
		found := doubtful(dotted(name)+" is 0, so that whoever has a connection to "+a.String()+", which is in no service, waits: "+
			thereAre(lost[a]), setting(name, "1"))
		if f.Standby { // they are another director's
			found.Severity = Note
		}
		r.add(found, nil, nil)
	}
}

// thereAre says how many there are.
func thereAre(n int) string {
	if n == 1 {
		return "there is 1"
	}
	return "there are " + strconv.Itoa(n)
}

// knows reports whether the server of a path is in a service of a mark, or of the same virtual address: connections of FTP
// have other ports.
func (f *Facts) knows(p *Path) bool {
	if f.known == nil {
		f.known = map[[2]netip.Addr]bool{}
		for i := range f.Services {
			s := &f.Services[i]
			for j := range s.Servers {
				f.known[[2]netip.Addr{s.Addr.Addr(), s.Servers[j].Addr.Addr()}] = true // without a virtual address, of a mark
			}
		}
	}
	a := p.Server.Addr()
	return f.known[[2]netip.Addr{p.Virtual.Addr(), a}] || f.known[[2]netip.Addr{{}, a}]
}
