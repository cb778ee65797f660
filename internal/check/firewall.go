// SPDX-License-Identifier: Apache-2.0

package check

import (
	"net/netip"
	"strconv"
	"strings"
)

// Rulesets are the rules of the firewall, as far as they matter here.
type Rulesets struct {
	Read  bool // all that there are
	Rules []Rule
	Drops []Chain // chains at the hook output that drop what no rule accepts
}

// A Chain is where a rule is.
type Chain struct {
	Program string // "nft", "iptables" or "ip6tables"
	Family  string // of nft: "ip", "ip6" or "inet"
	Table   string
	Name    string
	Hook    string // "prerouting", "input", "forward", "output" or "postrouting"; empty for others
}

// where names a chain in a sentence.
func (c *Chain) where() string {
	if c.Program == "nft" {
		return "the chain " + c.Family + " " + c.Table + " " + c.Name
	}
	return "the chain " + c.Name + " of " + c.Program + " -t " + c.Table
}

// accept returns the command line that accepts UDP packets to a port before all other rules.
func (c *Chain) accept(port uint16) string {
	if c.Program == "nft" {
		return "nft insert rule " + c.Family + " " + quoted(c.Table) + " " + quoted(c.Name) + " udp dport " + strconv.Itoa(int(port)) + " accept"
	}
	return c.Program + " -t " + c.Table + " -I " + quoted(c.Name) + " -p udp --dport " + strconv.Itoa(int(port)) + " -j ACCEPT"
}

// takes reports whether a chain sees packets of a family.
func (c *Chain) takes(a netip.Addr) bool {
	switch {
	case c.Program == "nft" && c.Family != "ip" && c.Family != "ip6":
		return true
	case c.Program == "ip6tables" || c.Family == "ip6":
		return a.Is6()
	}
	return a.Is4()
}

// isOfIP reports whether a chain sees packets of IP, and not those of a bridge or an interface.
func (c *Chain) isOfIP() bool {
	return c.Program != "nft" || c.Family == "ip" || c.Family == "ip6" || c.Family == "inet"
}

// A Rule is a rule of the firewall.
type Rule struct {
	Chain

	// What it does: one of these, or none of interest. A rule also counts as one that accepts if what it leads to may do so:
	// another chain, a map of verdicts, a program.
	Drops, Accepts  bool
	TranslatesFrom  bool // the source
	Marks           bool
	Mark, MarkedBit uint32 // it sets those bits of the mark; none if it is not known which

	// What packets it takes: all that fit, or fewer if Narrower.
	Version  uint8 // of IP: 2 for IPv4, 10 for IPv6, as NFPROTO_*; 0 for both
	Protocol uint8
	Ports    [2]uint16 // destination ports, from and to; 0 and 0 for all
	To       netip.Prefix
	Narrower bool
	Known    bool         // packets of connections that are known, and not the first one
	Virtual  netip.Prefix // the address that the client has asked for; valid if the rule is about that
	Port     uint16       // the port that the client has asked for, likewise, with IPVS; 0 for all
	IPVS     bool         // whether it is about connections of IPVS
	Out      string       // the interface; "eth*" for all whose names begin so
	OutIndex uint32       // the same by its index; 0 for all
}

// of returns the protocol and port of a service, 0 for all.
func (s *Service) of() (protocol uint8, port uint16) {
	switch s.Protocol {
	case "TCP":
		protocol = 6
	case "UDP":
		protocol = udp
	case "SCTP":
		protocol = 132
	}
	return protocol, s.Addr.Port()
}

// sets reports whether a rule can set a mark.
func (l *Rule) sets(mark uint32) bool { return l.Marks && mark&l.MarkedBit == l.Mark&l.MarkedBit }

// may reports whether a rule takes some packets to an address and port.
func (l *Rule) may(to netip.Addr, protocol uint8, port uint16) bool {
	return l.takes(to) && (l.Version == 0 || (l.Version == 10) == to.Is6()) && (l.Protocol == 0 || protocol == 0 || l.Protocol == protocol) &&
		(l.Ports == [2]uint16{} || port == 0 || l.Ports[0] <= port && port <= l.Ports[1]) &&
		(!l.To.IsValid() || l.To.Contains(to))
}

// goesOut reports whether a rule takes what goes out of an interface.
func (l *Rule) goesOut(link *Link) bool {
	if l.OutIndex != 0 && l.OutIndex != link.Index {
		return false
	}
	start, all := strings.CutSuffix(l.Out, "*")
	return l.Out == "" || l.Out == link.Name || all && strings.HasPrefix(link.Name, start)
}

// reaches reports whether a rule sees packets of a family before IPVS does.
func (l *Rule) reaches(ipv6 bool) bool {
	return l.Hook != "forward" && l.Hook != "postrouting" && l.takes(zero(ipv6)) && (l.Version == 0 || (l.Version == 10) == ipv6)
}

// marking returns the rules that give a mark to packets for an address that they name.
func (all *Rulesets) marking(mark uint32, ipv6 bool) (some []*Rule) {
	for i := range all.Rules {
		if l := &all.Rules[i]; l.MarkedBit == ^uint32(0) && l.sets(mark) && l.To.IsValid() && l.reaches(ipv6) {
			some = append(some, l)
		}
	}
	return some
}

// mark looks for marks that no rule sets.
func mark(f *Facts, s *Service) *Finding {
	if s.Mark == 0 || !f.Firewall.Read {
		return nil
	}
	for i := range f.Firewall.Rules {
		if l := &f.Firewall.Rules[i]; l.sets(s.Mark) && l.reaches(s.IPv6) {
			return nil
		}
	}
	return note("no rule of nftables or iptables sets the mark "+decimal(s.Mark)+"; if tc or eBPF does not, either, no packet has it", "")
}

func zero(ipv6 bool) netip.Addr {
	if ipv6 {
		return netip.IPv6Unspecified()
	}
	return netip.IPv4Unspecified()
}

// fullNAT looks for source NAT that never sees the packets of IPVS.
func fullNAT(f *Facts, s *Service, d *Server) *Finding {
	const name = "net/ipv4/vs/conntrack"
	way := f.way(d.Addr.Addr())
	if d.Method != Masq || way.Kind != Unicast || f.sysctl(name) != "0" {
		return nil
	}
	for i := range f.Firewall.Rules {
		l := &f.Firewall.Rules[i]
		if !l.TranslatesFrom || !l.takes(d.Addr.Addr()) {
			continue
		}
		is := l.isFor(f, s)
		if !is && !l.isOnWay(f, d, way) {
			continue
		}
		found := note(l.where()+" translates the sources of clients, but not those of IPVS, as "+dotted(name)+" is 0", setting(name, "1"))
		if is {
			found.Severity = Broken
		}
		return found
	}
	return nil
}

// isFor reports whether a rule is about the connections of a service. Those of a mark have any address that no service has.
func (l *Rule) isFor(f *Facts, s *Service) bool {
	switch {
	case l.Port != 0 && s.Addr.Port() != 0 && l.Port != s.Addr.Port():
		return false
	case !l.Virtual.IsValid():
		return l.IPVS
	case s.Mark == 0:
		return l.Virtual.Contains(s.Addr.Addr())
	}
	for i := range f.Services {
		if l.Virtual.Contains(f.Services[i].Addr.Addr()) {
			return false
		}
	}
	return true
}

// isOnWay reports whether a rule is about all packets that go where a server is. One about all packets that are forwarded may
// be meant for others.
func (l *Rule) isOnWay(f *Facts, d *Server, way *Route) bool {
	named := l.Out != "" || l.OutIndex != 0
	if l.Virtual.IsValid() || l.IPVS || l.Narrower || !named && !l.To.IsValid() || l.To.IsValid() && !l.To.Contains(d.Addr.Addr()) {
		return false
	}
	link := f.link(way.Link)
	return !named || link != nil && l.goesOut(link)
}

const udp = 17

// guePort looks for tunnels of UDP that the director itself blocks.
func guePort(f *Facts, _ *Service, d *Server) *Finding {
	a := d.Addr.Addr()
	way := f.way(a)
	link := f.link(way.Link)
	if d.Method != Tunnel || d.Tunnel != "gue" || way.Kind != Unicast || link == nil {
		return nil
	}
	c := f.Firewall.blocks(a, d.TunnelPort, link)
	if c == nil {
		return nil
	}
	return broken(c.where()+" drops the packets of the tunnel, UDP to port "+strconv.Itoa(int(d.TunnelPort)), c.accept(d.TunnelPort))
}

// blocks returns a chain at the hook output that drops UDP packets to an address and port, whatever else they are. What may
// accept them counts as if it did.
func (all *Rulesets) blocks(a netip.Addr, port uint16, link *Link) *Chain {
	accepted := map[Chain]bool{}
	for i := range all.Rules {
		l := &all.Rules[i]
		if l.Hook != "output" || !l.isOfIP() || !l.may(a, udp, port) || !l.goesOut(link) {
			continue
		}
		accepted[l.Chain] = accepted[l.Chain] || l.Accepts && !l.Known
		if l.Drops && !l.Narrower && !accepted[l.Chain] {
			return &l.Chain
		}
	}
	for i := range all.Drops {
		if c := &all.Drops[i]; c.isOfIP() && c.takes(a) && !accepted[*c] {
			return c
		}
	}
	return nil
}
