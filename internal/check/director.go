// SPDX-License-Identifier: Apache-2.0

package check

import (
	"math/bits"
	"net/netip"
	"strconv"
)

// Outside returns an address that stands for clients in other networks: nobody has it (RFC 2544).
func Outside() netip.Addr { return netip.AddrFrom4([4]byte{198, 18, 0, 1}) }

// reversePath looks for interfaces on which a strict filter drops the clients of other networks.
func reversePath(f *Facts, s *Service) *Finding {
	out := f.way(Outside())
	l := f.holder(s.Addr.Addr())
	if out.Kind != Unicast || s.Mark != 0 || s.IPv6 || l == nil || l.Loopback || l.NoARP || l.Index == out.Link {
		return nil
	}
	name := "net/ipv4/conf/" + l.Name + "/rp_filter"
	if max(f.number("net/ipv4/conf/all/rp_filter"), f.number(name)) != 1 {
		return nil
	}
	other := "another interface"
	if o := f.link(out.Link); o != nil {
		other = o.Name
	}
	found := doubtful("the strict reverse path filter of "+l.Name+" drops clients to which "+other+" leads", setting(name, "2"))
	if f.Filtered == 0 {
		found.Severity = Note
	}
	return found
}

// syncDaemon looks for daemons whose interface does not work.
func syncDaemon(f *Facts, r *report) {
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
		case !l.has(d.IPv6):
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

func estimation(f *Facts, r *report) {
	if f.sysctl("net/ipv4/vs/run_estimation") == "0" {
		r.add(note("net.ipv4.vs.run_estimation is 0, so that counters and rates stand still", setting("net/ipv4/vs/run_estimation", "1")), nil, nil)
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
		for _, d := range f.Services[i].Servers {
			conns += uint64(d.Active) + uint64(d.Inactive) + uint64(d.Templates)
		}
	}
	if conns < crowd*uint64(f.Buckets) {
		return
	}
	size := min(max(bits.Len64(conns-1), 8), 20) // what all kernels allow; of several options, the last counts
	r.add(doubtful("the connection table has "+strconv.Itoa(f.Buckets)+" buckets for "+strconv.FormatUint(conns, 10)+
		" connections; the module takes another size when it is loaded",
		"echo options ip_vs conn_tab_bits="+strconv.Itoa(size)+" >>/etc/modprobe.d/ipvs.conf"), nil, nil)
}

// defence looks for defences that are at work. The kernel turns 1 into 2 while memory is short.
func defence(f *Facts, r *report) {
	for _, row := range [...][2]string{{"drop_entry", "half-open connections"}, {"drop_packet", "packets"}} {
		name := "net/ipv4/vs/" + row[0]
		text := ""
		switch n := f.number(name); {
		case n == 2:
			text = "memory is short, so that the kernel drops " + row[1]
		case n == 3 && row[0] == "drop_packet":
			text = "the kernel drops 1 packet of " + f.sysctl("net/ipv4/vs/am_droprate")
		case n == 3:
			text = "the kernel always drops some " + row[1]
		default:
			continue
		}
		r.add(doubtful(text+": "+dotted(name)+" is "+f.sysctl(name), setting(name, "0")), nil, nil)
	}
}

// arp looks for other machines that have a virtual address of this director.
func arp(f *Facts, r *report) {
	for i := range f.Claims {
		c := &f.Claims[i]
		if f.way(c.Addr).Kind != Here {
			continue // it is meant to be elsewhere
		}
		text := c.MAC + " on " + c.Link + " answers ARP for " + c.Addr.String()
		server, mend := f.serverWith(c.MAC), ""
		if server.IsValid() {
			text, mend = text+": it is the server "+server.String(), quietARP
		}
		for j := range f.Services {
			if s := &f.Services[j]; s.Mark == 0 && s.Addr.Addr() == c.Addr {
				r.add(broken(text, mend).on(server), s, nil)
			}
		}
	}
}

// serverWith returns the address of the server with a hardware address, if there is one.
func (f *Facts) serverWith(mac string) netip.Addr {
	for i := range f.Services {
		for _, d := range f.Services[i].Servers {
			if a := d.Addr.Addr(); mac != "" && f.Neighbours[a].MAC == mac {
				return a
			}
		}
	}
	return netip.Addr{}
}

func unseen(f *Facts, r *report) {
	for _, u := range f.Unseen {
		r.add(note(u.What+" could not be looked at: "+u.Why, ""), nil, nil)
	}
}
