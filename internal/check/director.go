// SPDX-License-Identifier: Apache-2.0

package check

import (
	"math/bits"
	"net"
	"net/netip"
	"strconv"
)

// Outside returns addresses that stand for clients in other networks: nobody has them (RFC 2544). There are several, since
// routes with more than one way take one for each client.
func Outside() (all []netip.Addr) {
	for n := range byte(8) {
		all = append(all, netip.AddrFrom4([4]byte{198, 18, n, 16*n + 1}))
	}
	return all
}

// Astray reports whether the address of a service is on an interface with a strict reverse path filter, to which no way back to
// clients in other networks is known to lead.
func (f *Facts) Astray(s *Service) bool {
	if s.Mark != 0 || s.IPv6 {
		return false
	}
	l := f.holder(s.Addr.Addr())
	if l == nil || l.Loopback || l.NoARP || max(f.number("net/ipv4/conf/all/rp_filter"), f.number(l.filter())) != 1 {
		return false
	}
	for _, back := range f.Backs[s.Addr.Addr()] {
		if back.Kind != Unicast || back.Link == l.Index {
			return false
		}
	}
	return true
}

// filter returns the name of the sysctl with the reverse path filter of an interface.
func (l *Link) filter() string { return "net/ipv4/conf/" + l.Name + "/rp_filter" }

// reversePath looks for interfaces on which a strict filter drops the clients of other networks.
func reversePath(f *Facts, s *Service) *Finding {
	backs := f.Backs[s.Addr.Addr()]
	if len(backs) == 0 || !f.Astray(s) {
		return nil
	}
	l := f.holder(s.Addr.Addr())
	other := "another interface"
	if o := f.link(backs[0].Link); o != nil {
		other = o.Name
	}
	found := doubtful("the strict reverse path filter of "+l.Name+" drops clients to which "+other+" leads", setting(l.filter(), "2"))
	if f.Filtered == 0 || !s.Quiet { // perhaps none come from there
		found.Severity = Note
	}
	return found
}

// syncDaemon looks for daemons whose interface does not work.
func syncDaemon(f *Facts, r *report) {
	if len(f.Links) == 0 {
		return // they could not be looked at
	}
	for i := range f.Daemons {
		d := &f.Daemons[i]
		state := "backup"
		if d.Master {
			state = "master"
		}
		what, mend := "", ""
		switch l := f.linkByName(d.Interface); {
		case l == nil:
			what, mend = "is gone", "ipvsadm --stop-daemon "+state
		case !l.Up:
			what, mend = "is down", linkUp(l)
		case !l.Multicast:
			what, mend = "has no multicast", "ip link set dev "+quoted(l.Name)+" multicast on"
		case d.Master && !l.has(d.IPv6): // a backup needs none
			what = "has no address"
		default:
			continue
		}
		r.add(broken("the interface of the sync daemon "+state+", "+d.Interface+", "+what, mend), nil, nil)
	}
}

// has reports whether an interface has an address of a family.
func (l *Link) has(ipv6 bool) bool {
	for _, p := range l.Prefixes {
		if p.Addr().Is6() == ipv6 {
			return true
		}
	}
	return false
}

// syncPeer names the daemons for which no other director was heard. A backup sends nothing.
func syncPeer(f *Facts, r *report) {
	for i := range f.Daemons {
		d := &f.Daemons[i]
		if d.Heard || !f.Probed {
			continue
		}
		id := strconv.Itoa(int(d.SyncID))
		text := "no director sends sync messages with ID " + id + " at the moment; a master does while it has connections"
		if d.Master {
			text = "no other director sends sync messages with ID " + id + "; one that only runs a backup never does"
		}
		r.add(note(text, ""), nil, nil)
	}
}

// estimating is the sysctl that has the kernel add up its counters.
const estimating = "net/ipv4/vs/run_estimation"

// estimation looks for counters that stand still.
func estimation(f *Facts, r *report) {
	switch {
	case f.sysctl(estimating) == "0":
		r.add(note(dotted(estimating)+" is 0, so that counters and rates stand still", setting(estimating, "1")), nil, nil)
	case f.Stuck:
		r.add(note("no counter in /proc/net/ip_vs_stats has grown within a few seconds, although connections are established", ""), nil, nil)
	}
}

// crowd is how many connections in each bucket are far too many.
const crowd = 16

// buckets looks for a connection table that is far too small.
func buckets(f *Facts, r *report) {
	if f.Buckets == 0 || f.Grows {
		return
	}
	var conns uint64
	for i := range f.Services {
		for j := range f.Services[i].Servers {
			d := &f.Services[i].Servers[j]
			conns += d.conns() + uint64(d.Templates)
		}
	}
	if conns < crowd*uint64(f.Buckets) {
		return
	}
	// All kernels allow 8 to 20, and so many connections need no fewer. Of several options, the last counts.
	size := min(bits.Len64(conns-1), 20)
	text, mend := "", ""
	if 1<<size > f.Buckets {
		text = "; the module takes another size when it is loaded"
		mend = "echo options ip_vs conn_tab_bits=" + strconv.Itoa(size) + " >>/etc/modprobe.d/ipvs.conf"
	}
	r.add(doubtful("the connection table has "+strconv.Itoa(f.Buckets)+" buckets for "+strconv.FormatUint(conns, 10)+" connections"+text, mend), nil, nil)
}

// defence looks for defences that are at work. The kernel turns 1 into 2 while memory is short.
func defence(f *Facts, r *report) {
	for _, row := range [...][2]string{{"drop_entry", "half-open connections"}, {"drop_packet", "packets"}} {
		name := "net/ipv4/vs/" + row[0]
		text, mend := "", setting(name, "0")
		switch n := f.number(name); {
		case n == 2:
			text, mend = "memory is short, so that the kernel drops "+row[1], ""
		case n == 3 && row[0] == "drop_packet":
			text = "the kernel drops 1 packet of " + f.sysctl("net/ipv4/vs/am_droprate")
		case n == 3:
			text = "the kernel always drops some " + row[1]
		default:
			continue
		}
		r.add(doubtful(text+": "+dotted(name)+" is "+f.sysctl(name), mend), nil, nil)
	}
}

// arp looks for other machines that have a virtual address of this director.
func arp(f *Facts, r *report) {
	if len(f.Claims) == 0 {
		return
	}
	servers := f.serversByMAC()
	for i := range f.Claims {
		c := &f.Claims[i]
		if f.way(c.Addr).Kind != Here || f.ours(c.MAC) {
			continue // it is meant to be elsewhere
		}
		found := broken(c.MAC+" on "+c.Link+" answers ARP for "+c.Addr.String(), "")
		if server := servers[c.MAC]; server.IsValid() {
			found.Text, found.Remedy, found.On = found.Text+": it is the server "+server.String(), quietARP, server
		} else if l := f.holder(c.Addr); l == nil || l.Loopback || l.NoARP {
			found.Severity, found.Text = Note, found.Text+": perhaps the director whose turn it is"
		}
		for j := range f.Services {
			if s := &f.Services[j]; s.Addr.Addr() == c.Addr {
				r.add(found, s, nil)
			}
		}
	}
}

// ours reports whether an interface of the director has a hardware address.
func (f *Facts) ours(mac string) bool {
	for i := range f.Links {
		if net.HardwareAddr(f.Links[i].MAC).String() == mac {
			return true
		}
	}
	return false
}

// serversByMAC returns the addresses of servers in the director's networks by their hardware addresses.
func (f *Facts) serversByMAC() map[string]netip.Addr {
	all := map[string]netip.Addr{}
	for i := range f.Services {
		for j := range f.Services[i].Servers {
			a := f.Services[i].Servers[j].Addr.Addr()
			if way := f.way(a); way.Kind == Unicast && !way.Gateway {
				all[f.Neighbours[way.hop()].MAC] = a
			}
		}
	}
	return all
}

func unseen(f *Facts, r *report) {
	for _, u := range f.Unseen {
		r.add(note(u.What+" could not be looked at: "+u.Why, ""), nil, nil)
	}
}
