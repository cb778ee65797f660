// SPDX-License-Identifier: Apache-2.0

package check

import (
	"net/netip"
	"strconv"
)

// forwarding looks for masqueraded servers whose answers are not forwarded.
func forwarding(f *Facts, _ *Service, d *Server) *Finding {
	way := f.way(d.Addr.Addr())
	if d.Method != Masq || way.Kind != Unicast {
		return nil
	}
	name := "net/ipv6/conf/all/forwarding"
	if d.Addr.Addr().Is4() {
		name = "net/ipv4/ip_forward" // which sets those of the interfaces; they alone count
		if l := f.link(way.Link); l != nil {
			own := "net/ipv4/conf/" + l.Name + "/forwarding"
			if value := f.sysctl(own); value != "" && (value != "0" || f.sysctl(name) != "0") {
				name = own
			}
		}
	}
	if f.sysctl(name) != "0" || f.forced(d, way) {
		return nil
	}
	return broken(dotted(name)+" is 0, so that the director drops the answers of masqueraded servers", setting(name, "1"))
}

// forced reports whether an interface forwards IPv6 whatever the sysctl for all of them says, as Linux 6.17 lets it.
func (f *Facts) forced(d *Server, way *Route) bool {
	l := f.link(way.Link)
	return d.Addr.Addr().Is6() && l != nil && f.sysctl("net/ipv6/conf/"+l.Name+"/force_forwarding") == "1"
}

// route looks for servers without a route.
func route(f *Facts, _ *Service, d *Server) *Finding {
	a := d.Addr.Addr()
	way := f.way(a)
	if way.Kind != NoRoute {
		return nil
	}
	mend := ""
	if l := f.network(a); l != nil && !l.Up {
		mend = linkUp(l)
	}
	return broken("there is no route: "+way.Reason, mend)
}

// gateway looks for servers of direct routing to which packets do not go directly.
func gateway(f *Facts, s *Service, d *Server) *Finding {
	a := d.Addr.Addr()
	way := f.way(a)
	if d.Method != Direct || way.Kind != Unicast || !way.Gateway {
		return nil
	}
	if c := f.counts(s, d); c.Established > 10*c.Half {
		return nil // the gateway is the server itself: far more connections get through than wait
	}
	text, mend := "; a tunnel can, if the server has a device for it", s.edit(d, "-i")
	if l := f.network(a); l != nil && l.Up {
		text, mend = ", although it is in the network of "+l.Name, "ip route replace "+alone(a)+" dev "+quoted(l.Name)
	}
	return broken("direct routing cannot cross the gateway "+way.Next.String()+", which is on the way to "+a.String()+text, mend)
}

// neighbour looks for servers that nobody sees on their network. An idle server has no entry, which is not a fault.
func neighbour(f *Facts, s *Service, d *Server) *Finding {
	way := f.way(d.Addr.Addr())
	n := f.Neighbours[way.hop()]
	if way.Kind != Unicast || n.State != Incomplete && n.State != Failed {
		return nil
	}
	who, protocol := way.Next.String(), "ARP"
	if way.Gateway {
		who = "the gateway " + who
	}
	if way.Next.Is6() {
		protocol = "neighbour discovery"
	}
	mend := s.edit(d, "-w 0")
	switch {
	case n.State == Incomplete:
		return doubtful(who+" has not answered "+protocol+" yet", mend)
	case n.Old:
		return note(who+" did not answer "+protocol+" when it was last asked, more than a minute ago", "")
	}
	return broken(who+" does not answer "+protocol, mend)
}

// silent reports whether the neighbour to which packets for a server go has not answered.
func (f *Facts) silent(way *Route) bool {
	n := f.Neighbours[way.hop()]
	return n.State == Incomplete || n.State == Failed && !n.Old
}

// listener looks for servers that are the director itself, without a program that takes the packets.
func listener(f *Facts, s *Service, d *Server) *Finding {
	at := d.Addr
	if d.Method != Masq {
		at = s.Addr
	}
	switch {
	case !f.Listening || f.way(d.Addr.Addr()).Kind != Here:
		return nil
	case at.Port() == 0 || s.Protocol == "SCTP" || f.listens(s.Protocol, at): // one of a mark has no port
		return nil
	}
	return broken(d.Addr.Addr().String()+" is the director itself, where nothing listens at "+at.String(), s.edit(d, "-w 0"))
}

// listens reports whether a program takes what is sent to an address; of a mark, by any protocol.
func (f *Facts) listens(protocol string, at netip.AddrPort) bool {
	for i := range f.Listeners {
		l := &f.Listeners[i]
		a := l.Addr.Addr()
		if l.Addr.Port() != at.Port() || protocol != "" && l.Protocol != protocol {
			continue
		}
		// A socket of IPv6 mostly takes IPv4 as well.
		if a.Unmap() == at.Addr().Unmap() || a.IsUnspecified() && (a.Is6() || at.Addr().Is4()) {
			return true
		}
	}
	return false
}

// The least that a host must take in one piece, and the least that the kernel sends through a tunnel.
const (
	everyHost4, everyHost6 = 576, 1280
	leastMTU4, leastMTU6   = 68, 1280
)

// mtu looks for tunnels that have no room for packets.
func mtu(f *Facts, s *Service, d *Server) *Finding {
	if d.Method != Tunnel {
		return nil
	}
	way := f.way(d.Addr.Addr())
	l := f.link(way.Link)
	if way.Kind != Unicast || l == nil {
		return nil
	}
	outer, least, everyHost := 20, leastMTU4, everyHost4
	flush := "ip route flush cache"
	if d.Addr.Addr().Is6() {
		outer, least = 40, leastMTU6
		flush = "ip -6 route flush cache"
	}
	if s.IPv6 {
		everyHost = everyHost6
	}
	enough := max(least, everyHost) + outer + d.Headers
	whole, mend := l.MTU, "ip link set dev "+quoted(l.Name)+" mtu "+strconv.Itoa(enough)
	if way.MTU != 0 && way.MTU < l.MTU {
		whole, mend = way.MTU, ""
		if way.Learnt {
			mend = flush
		}
	}
	if whole >= enough {
		return nil
	}
	room := whole - outer - d.Headers
	text := "packets to " + d.Addr.Addr().String() + " may have " + strconv.Itoa(whole) + " bytes, which leaves the tunnel " + strconv.Itoa(room)
	if room < least {
		return broken(text+"; the kernel needs "+strconv.Itoa(least), mend)
	}
	return doubtful(text+"; every host has to take "+strconv.Itoa(everyHost), mend)
}
