// SPDX-License-Identifier: Apache-2.0

package check

import (
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

// The director of the tests has the virtual address on front and reaches its servers over back.
var (
	vip      = netip.MustParseAddr("192.0.2.10")
	client   = netip.MustParseAddr("192.0.2.2")
	rs1      = netip.MustParseAddr("10.0.0.11")
	rs2      = netip.MustParseAddr("10.0.0.12")
	vip6     = netip.MustParseAddr("2001:db8:1::10")
	rs6      = netip.MustParseAddr("2001:db8:2::11")
	gateway4 = netip.MustParseAddr("10.0.0.254")
	own      = netip.MustParseAddr("10.0.0.1")

	web  = Key{Protocol: "TCP", Addr: netip.AddrPortFrom(vip, 80)}
	web6 = Key{Protocol: "TCP", Addr: netip.AddrPortFrom(vip6, 80), IPv6: true}
)

// working returns the facts of a director with two masqueraded servers, which works.
func working() *Facts {
	f := &Facts{
		Services: []Service{{Key: web, Scheduler: "rr", Servers: []Server{
			{Addr: netip.AddrPortFrom(rs1, 80), Method: Masq, Weight: 1, InPkts: 9, OutPkts: 9},
			{Addr: netip.AddrPortFrom(rs2, 80), Method: Masq, Weight: 1, InPkts: 9, OutPkts: 9},
		}}},
		Sysctl: values(nil),
		Links: []Link{
			{Name: "lo", Index: 1, Up: true, Running: true, Loopback: true, MTU: 65536},
			{Name: "front", Index: 2, Up: true, Running: true, Multicast: true, MTU: 1500, Prefixes: []netip.Prefix{
				netip.MustParsePrefix("192.0.2.1/24"), netip.MustParsePrefix("192.0.2.10/32"), netip.MustParsePrefix("2001:db8:1::10/128")}},
			{Name: "back", Index: 3, Up: true, Running: true, Multicast: true, MTU: 1500, Prefixes: []netip.Prefix{
				netip.MustParsePrefix("10.0.0.1/24"), netip.MustParsePrefix("2001:db8:2::1/64")}},
		},
		Routes: map[netip.Addr]*Route{
			vip: {Kind: Here, Link: 1}, vip6: {Kind: Here, Link: 1}, own: {Kind: Here, Link: 1},
			rs1: {Kind: Unicast, Link: 3, Next: rs1, Source: own}, rs2: {Kind: Unicast, Link: 3, Next: rs2, Source: own},
			rs6:    {Kind: Unicast, Link: 3, Next: rs6},
			client: {Kind: Unicast, Link: 2, Next: client},
		},
		Neighbours: map[Hop]Neighbour{{rs1, 3}: {State: Reachable, MAC: "02:00:00:00:00:11"}},
		Conns: map[Path]*Counts{
			{"TCP", web.Addr, netip.AddrPortFrom(rs1, 80)}: {Half: 1, Stale: 1, Established: 2, Client: client, Virtual: vip},
		},
		Firewall:  Rulesets{Read: true},
		Listening: true,
		Buckets:   4096,
	}
	return f
}

// backs returns a change by which the ways back to clients in other networks lead over interfaces.
func backs(links ...uint32) func(*Facts) {
	return func(f *Facts) {
		f.Backs = map[netip.Addr][]Route{}
		for _, link := range links {
			f.Backs[vip] = append(f.Backs[vip], Route{Kind: Unicast, Link: link, Gateway: true, Next: client})
		}
	}
}

// quiet has no packets come.
func quiet(f *Facts) { f.Services[0].Quiet = true }

// values returns sysctls: those of a director that works, and others.
func values(others map[string]string) func(string) string {
	usual := map[string]string{
		"net/ipv4/ip_forward": "1", "net/ipv4/conf/back/forwarding": "1", "net/ipv6/conf/all/forwarding": "1",
		"net/ipv4/vs/conntrack": "0", "net/ipv4/vs/expire_nodest_conn": "0", "net/ipv4/vs/expire_quiescent_template": "0",
		"net/ipv4/vs/run_estimation": "1", "net/ipv4/vs/drop_entry": "1", "net/ipv4/vs/drop_packet": "0", "net/ipv4/vs/am_droprate": "10",
		"net/ipv4/conf/all/rp_filter": "0", "net/ipv4/conf/front/rp_filter": "2",
	}
	return func(name string) string {
		if value, ok := others[name]; ok {
			return value
		}
		return usual[name]
	}
}

// set returns a change of the facts that sets sysctls, as pairs of names and values.
func set(pairs ...string) func(*Facts) {
	others := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		others[pairs[i]] = pairs[i+1]
	}
	return func(f *Facts) { f.Sysctl = values(others) }
}

// servers returns a change of all servers.
func servers(change func(*Server)) func(*Facts) {
	return func(f *Facts) {
		for i := range f.Services {
			for j := range f.Services[i].Servers {
				change(&f.Services[i].Servers[j])
			}
		}
	}
}

// second returns a change of the second server.
func second(change func(*Server)) func(*Facts) {
	return func(f *Facts) { change(&f.Services[0].Servers[1]) }
}

// ofMark makes the service one of a mark.
func ofMark(f *Facts) { f.Services[0].Key = Key{Mark: 7} }

// ipv6 makes the service one of IPv6, with a server by a method.
func ipv6(m Method) func(*Facts) {
	return func(f *Facts) {
		f.Services[0].Key, f.Conns = web6, map[Path]*Counts{}
		f.Services[0].Servers = []Server{{Addr: netip.AddrPortFrom(rs6, 80), Method: m, Weight: 1}}
	}
}

// tunnel6in4 makes the service one of IPv6, with a server of IPv4 that a tunnel reaches.
func tunnel6in4(f *Facts) {
	f.Services[0].Key, f.Conns = web6, map[Path]*Counts{}
	f.Services[0].Servers = []Server{{Addr: netip.AddrPortFrom(rs2, 80), Method: Tunnel, Tunnel: "ipip", Weight: 1}}
}

// tests have what changes a director that works, and the findings, as lines: name, severity, how many subjects, text, remedy.
var tests = map[string]struct {
	changes []func(*Facts)
	want    []string
}{
	"works": {},
	"works with a mark": {[]func(*Facts){ofMark, func(f *Facts) {
		f.Firewall.Rules = []Rule{{Chain: Chain{Program: "nft", Family: "ip"}, Marks: true, Mark: 7, MarkedBit: ^uint32(0)}}
	}}, nil},
	"idle": {[]func(*Facts){func(f *Facts) { f.Neighbours, f.Conns = nil, nil }}, nil},

	"no address": {[]func(*Facts){func(f *Facts) {
		f.Routes[vip] = &Route{Kind: Unicast, Link: 2, Next: vip}
		f.Links[1].Prefixes = f.Links[1].Prefixes[:1]
	}}, []string{"address broken 1: 192.0.2.10 is on no interface, and no local route leads to it: ip address add 192.0.2.10/32 dev front"}},
	"no address of another network": {[]func(*Facts){ipv6(Masq), func(f *Facts) {
		f.Routes[vip6] = &Route{Kind: NoRoute}
		f.Links[1].Prefixes = nil
	}}, []string{"address broken 1: 2001:db8:1::10 is on no interface, and no local route leads to it: ip address add 2001:db8:1::10/128 dev lo"}},
	"address of another director": {[]func(*Facts){func(f *Facts) {
		f.Routes[vip] = &Route{Kind: Unicast, Link: 2, Next: vip}
		f.Links[1].Prefixes = f.Links[1].Prefixes[:1]
		f.Standby = true
	}}, []string{"address note 1: 192.0.2.10 is on no interface, and no local route leads to it: another director may have it: "}},
	"local route": {[]func(*Facts){func(f *Facts) { f.Links[1].Prefixes = f.Links[1].Prefixes[:1] }}, nil},

	"address of a local route in another table": {[]func(*Facts){func(f *Facts) {
		f.Routes[vip] = &Route{Kind: Unicast, Link: 2, Next: vip}
		f.Links[1].Prefixes = f.Links[1].Prefixes[:1]
		f.Locals = []Local{{netip.MustParsePrefix("::/0"), 99}, {netip.MustParsePrefix("0.0.0.0/0"), 100}}
	}}, []string{"address note 1: 192.0.2.10 is on no interface, but a local route in table 100 leads to it, which is for packets that a rule sends there: "}},
	"address on an interface of a VRF": {[]func(*Facts){func(f *Facts) {
		f.Routes[vip] = &Route{Kind: NoRoute}
		f.Locals = []Local{{netip.MustParsePrefix("192.0.2.10/32"), 300}}
	}}, nil},
	"address without a local route": {[]func(*Facts){func(f *Facts) { f.Routes[vip] = &Route{Kind: NoRoute} }},
		[]string{"address broken 1: 192.0.2.10 is on front, but no local route leads to it: "}},
	"address that another machine has": {[]func(*Facts){ipv6(Masq), func(f *Facts) { f.Routes[vip6] = &Route{Kind: NoRoute} }},
		[]string{"address broken 1: 2001:db8:1::10 is on front, but not in use; perhaps another machine was found to have it: "}},

	"unspecified address": {[]func(*Facts){ipv6(Masq), func(f *Facts) {
		f.Services[0].Addr = netip.MustParseAddrPort("[::]:80")
		f.Routes[netip.IPv6Unspecified()] = &Route{Kind: NoRoute, Reason: "Network is unreachable"}
	}}, nil},
	"routes that are not known": {[]func(*Facts){func(f *Facts) { f.Routes = nil }}, nil},

	"link down": {[]func(*Facts){func(f *Facts) { f.Links[1].Up = false }},
		[]string{"link broken 1: 192.0.2.10 is on front, which is down: ip link set dev front up"}},
	"link down without a local route": {[]func(*Facts){func(f *Facts) { f.Links[1].Up, f.Routes[vip].Kind = false, NoRoute }},
		[]string{"link broken 1: 192.0.2.10 is on front, which is down: ip link set dev front up"}},
	"no carrier": {[]func(*Facts){func(f *Facts) { f.Links[1].Running = false }},
		[]string{"link doubtful 1: 192.0.2.10 is on front, which has no carrier: "}},
	"no carrier of a bridge for containers": {[]func(*Facts){func(f *Facts) { f.Links[1].Running, f.Links[1].Bridge = false, true }},
		[]string{"link note 1: 192.0.2.10 is on front, which has no carrier: "}},
	"address on two interfaces": {[]func(*Facts){func(f *Facts) {
		f.Links[1].Running = false
		f.Links[2].Prefixes = append(f.Links[2].Prefixes, f.Links[1].Prefixes...)
	}}, nil},
	"address on two interfaces of which none works": {[]func(*Facts){func(f *Facts) {
		f.Links[1].Running = false
		f.Links = append(f.Links, Link{Name: "spare", Index: 4, Prefixes: f.Links[1].Prefixes})
	}}, []string{"link doubtful 1: 192.0.2.10 is on front, which has no carrier: "}},
	"dummy down": {[]func(*Facts){func(f *Facts) { f.Links[1].Up, f.Links[1].NoARP = false, true }}, nil},

	"no rule for the mark": {[]func(*Facts){ofMark},
		[]string{"mark note 1: no rule of nftables or iptables sets the mark 7; if tc or eBPF does not, either, no packet has it: "}},
	"rules for the mark that cannot be read": {[]func(*Facts){ofMark, func(f *Facts) { f.Firewall.Read = false }}, nil},
	"a bit of the mark": {[]func(*Facts){ofMark, func(f *Facts) {
		f.Firewall.Rules = []Rule{{Chain: Chain{Program: "nft", Family: "inet"}, Marks: true, Mark: 4, MarkedBit: 4}}
	}}, nil},
	"another bit of the mark": {[]func(*Facts){ofMark, func(f *Facts) {
		late := Chain{Program: "iptables", Name: "FORWARD", Hook: "forward"}
		f.Firewall.Rules = []Rule{{Chain: Chain{Program: "iptables"}, Marks: true, Mark: 8, MarkedBit: 8}, {Chain: late, Marks: true},
			{Chain: Chain{Program: "nft", Family: "inet"}, Version: 10, Marks: true},
			{Chain: Chain{Program: "ip6tables"}, Marks: true, Mark: 7, MarkedBit: ^uint32(0)}}
	}}, []string{"mark note 1: no rule of nftables or iptables sets the mark 7; if tc or eBPF does not, either, no packet has it: "}},

	"refused lines": {[]func(*Facts){func(f *Facts) {
		f.Rules = true
		f.Refused = []Refusal{
			{Subject: Subject{Service: web, Server: netip.AddrPortFrom(rs1, 80)}, Line: 2, Lower: 3, Upper: 1},
			{Subject: Subject{Service: web}, Line: 3, Text: "-D -t 192.0.2.11:80", Reason: "No such service"},
			{Subject: Subject{Service: web, Server: netip.AddrPortFrom(rs2, 80)}, Line: 4, Lower: 3}}
	}}, []string{"rules broken 1: line 3: -D -t 192.0.2.11:80: No such service: ",
		"thresholds broken 1: line 2: the lower threshold, 3, is above the upper one, 1: write -y 1 or less, or -x 3 or more: ",
		"thresholds broken 1: line 4: the lower threshold, 3, is without an upper one: add -x 3 or more, or leave -y out: "}},
	"modules": {[]func(*Facts){func(f *Facts) {
		f.Rules, f.Schedulers = true, []string{"rr", "wlc"}
		f.Services[0].Engine = "sip"
		f.Services = append(f.Services, Service{Key: Key{Mark: 1}, Scheduler: "nosuch", Servers: f.Services[0].Servers})
		f.Firewall.Read = false
	}}, []string{"module broken 1: the kernel neither has the persistence engine sip nor can load it: ",
		"module broken 1: the kernel neither has the scheduler nosuch nor can load it; there are rr wlc: "}},
	"modules that there are": {[]func(*Facts){func(f *Facts) {
		f.Rules, f.Schedulers, f.Engines = true, []string{"rr", "wlc"}, []string{"sip"}
		f.Services = append(f.Services, Service{Key: Key{Protocol: "UDP", Addr: netip.AddrPortFrom(vip, 5060)}, Scheduler: "rr", Engine: "sip",
			Persistent: true, Servers: f.Services[0].Servers})
	}}, nil},
	"modules that are not known": {[]func(*Facts){func(f *Facts) { f.Rules = true }}, nil},

	"no server": {[]func(*Facts){func(f *Facts) { f.Services[0].Servers, f.Conns = nil, nil }}, []string{"no-server broken 1: the service has no server: "}},
	"no server but a refused one": {[]func(*Facts){func(f *Facts) {
		f.Services[0].Servers, f.Conns, f.Rules = nil, nil, true
		f.Refused = []Refusal{{Subject: Subject{Service: web, Server: netip.AddrPortFrom(rs1, 80)}, Line: 2, Text: "-a -t 192.0.2.10:80 -r 10.0.0.11:80", Reason: "Invalid argument"}}
	}}, []string{"rules broken 1: line 2: -a -t 192.0.2.10:80 -r 10.0.0.11:80: Invalid argument: "}},
	"no weight":   {[]func(*Facts){servers(func(d *Server) { d.Weight = 0 })}, []string{"no-weight broken 1: all servers have weight 0: ipvsadm -e --keep -t 192.0.2.10:80 -r 10.0.0.11:80 -w 1"}},
	"some weight": {[]func(*Facts){second(func(d *Server) { d.Weight = 0 })}, nil},
	"overload": {[]func(*Facts){servers(func(d *Server) { d.Upper, d.Active, d.Inactive = 4, 1, 3 })},
		[]string{"overload broken 1: all servers have as many connections as their upper thresholds allow: ipvsadm -e --keep -t 192.0.2.10:80 -r 10.0.0.11:80 -x 8"}},
	"overload of one": {[]func(*Facts){second(func(d *Server) { d.Upper, d.Active = 4, 4 })}, nil},
	"overload of all with weight": {[]func(*Facts){func(f *Facts) {
		f.Services[0].Servers[0].Weight = 0
		f.Services[0].Servers[1].Upper, f.Services[0].Servers[1].Active, f.Grows = 1<<31-1, 1<<31-1, true
	}}, []string{"overload broken 1: all servers have as many connections as their upper thresholds allow: ipvsadm -e --keep -t 192.0.2.10:80 -r 10.0.0.12:80 -x 2147483647"}},
	"overload that may go on": {[]func(*Facts){servers(func(d *Server) { d.Upper, d.Active = 5, 4 })},
		[]string{"overload note 1: all servers have so many connections that those that had as many as their upper thresholds allow get no new ones yet: "}},
	"overload that may go on at three quarters": {[]func(*Facts){servers(func(d *Server) { d.Upper, d.Active = 4, 3 })},
		[]string{"overload note 1: all servers have so many connections that those that had as many as their upper thresholds allow get no new ones yet: "}},
	"overload that goes on above the lower threshold": {[]func(*Facts){servers(func(d *Server) { d.Upper, d.Lower, d.Active = 9, 2, 2 })},
		[]string{"overload note 1: all servers have so many connections that those that had as many as their upper thresholds allow get no new ones yet: "}},
	"overload that is over":                           {[]func(*Facts){servers(func(d *Server) { d.Upper, d.Active = 5, 3 })}, nil},
	"overload that is over below the lower threshold": {[]func(*Facts){servers(func(d *Server) { d.Upper, d.Lower, d.Active = 9, 2, 1 })}, nil},

	"no forwarding": {[]func(*Facts){set("net/ipv4/ip_forward", "0", "net/ipv4/conf/back/forwarding", "0")},
		[]string{"forwarding broken 2: net.ipv4.ip_forward is 0, so that the director drops the answers of masqueraded servers: sysctl -w net.ipv4.ip_forward=1"}},
	"forwarding on an interface": {[]func(*Facts){set("net/ipv4/ip_forward", "0")}, nil},
	"no forwarding on an interface that has no setting": {[]func(*Facts){set("net/ipv4/ip_forward", "0", "net/ipv4/conf/back/forwarding", "")},
		[]string{"forwarding broken 2: net.ipv4.ip_forward is 0, so that the director drops the answers of masqueraded servers: sysctl -w net.ipv4.ip_forward=1"}},
	"no forwarding on an interface": {[]func(*Facts){set("net/ipv4/conf/back/forwarding", "0")},
		[]string{"forwarding broken 2: net.ipv4.conf.back.forwarding is 0, so that the director drops the answers of masqueraded servers: sysctl -w net.ipv4.conf.back.forwarding=1"}},
	"no forwarding of IPv6": {[]func(*Facts){ipv6(Masq), set("net/ipv6/conf/all/forwarding", "0")},
		[]string{"forwarding broken 1: net.ipv6.conf.all.forwarding is 0, so that the director drops the answers of masqueraded servers: sysctl -w net.ipv6.conf.all.forwarding=1"}},
	"forced forwarding of IPv6": {[]func(*Facts){ipv6(Masq), set("net/ipv6/conf/all/forwarding", "0", "net/ipv6/conf/back/force_forwarding", "1")}, nil},
	"forced forwarding of IPv6 alone": {[]func(*Facts){set("net/ipv4/ip_forward", "0", "net/ipv4/conf/back/forwarding", "0", "net/ipv6/conf/back/force_forwarding", "1")},
		[]string{"forwarding broken 2: net.ipv4.ip_forward is 0, so that the director drops the answers of masqueraded servers: sysctl -w net.ipv4.ip_forward=1"}},
	"no forwarding for direct routing": {[]func(*Facts){set("net/ipv4/ip_forward", "0", "net/ipv4/conf/back/forwarding", "0"), servers(func(d *Server) { d.Method = Direct })}, nil},

	"no route": {[]func(*Facts){func(f *Facts) {
		f.Routes[rs1] = &Route{Kind: NoRoute, Reason: "Network is unreachable"}
		f.Links[2].Up = false
	}}, []string{"route broken 1: there is no route: Network is unreachable: ip link set dev back up"}},
	"no route although the interface is up": {[]func(*Facts){func(f *Facts) {
		f.Routes[rs1] = &Route{Kind: NoRoute, Reason: "one of type prohibit takes its place"}
	}}, []string{"route broken 1: there is no route: one of type prohibit takes its place: "}},
	"no route to one without weight": {[]func(*Facts){func(f *Facts) { f.Routes[rs2] = &Route{Kind: NoRoute, Reason: "No route to host"} },
		second(func(d *Server) { d.Weight = 0 })}, []string{"route note 1: there is no route: No route to host: "}},

	"gateway": {[]func(*Facts){servers(func(d *Server) { d.Method = Direct }), func(f *Facts) { f.Routes[rs1].Gateway, f.Routes[rs1].Next, f.Conns = true, gateway4, nil }},
		[]string{"gateway broken 1: direct routing cannot cross the gateway 10.0.0.254, which is on the way to 10.0.0.11, although it is in the network of back: ip route replace 10.0.0.11/32 dev back"}},
	"gateway to another network": {[]func(*Facts){servers(func(d *Server) { d.Method = Direct }), func(f *Facts) {
		f.Routes[rs1].Gateway, f.Routes[rs1].Next, f.Conns = true, gateway4, nil
		f.Links[2].Prefixes = nil
	}}, []string{"gateway broken 1: direct routing cannot cross the gateway 10.0.0.254, which is on the way to 10.0.0.11; a tunnel can, if the server has a device for it: ipvsadm -e --keep -t 192.0.2.10:80 -r 10.0.0.11:80 -i"}},
	"gateway that is the server": {[]func(*Facts){func(f *Facts) {
		f.Services[0].Servers[0].Method, f.Routes[rs1].Gateway, f.Routes[rs1].Next = Direct, true, gateway4
		f.Conns[Path{"TCP", web.Addr, netip.AddrPortFrom(rs1, 80)}].Established = 11
	}}, nil},
	"gateway that some got past earlier": {[]func(*Facts){func(f *Facts) {
		f.Services[0].Servers[0].Method, f.Routes[rs1].Gateway, f.Routes[rs1].Next = Direct, true, gateway4
		f.Conns[Path{"TCP", web.Addr, netip.AddrPortFrom(rs1, 80)}].Established = 10
	}}, []string{"gateway broken 1: direct routing cannot cross the gateway 10.0.0.254, which is on the way to 10.0.0.11, although it is in the network of back: ip route replace 10.0.0.11/32 dev back"}},
	"gateway of masquerading without connections": {[]func(*Facts){func(f *Facts) {
		f.Routes[rs1].Gateway, f.Routes[rs1].Next, f.Conns = true, gateway4, nil
	}}, nil},
	"gateway of masquerading": {[]func(*Facts){func(f *Facts) { f.Routes[rs1].Gateway, f.Routes[rs1].Next = true, gateway4 }}, nil},

	"failed neighbour": {[]func(*Facts){func(f *Facts) { f.Neighbours[Hop{rs2, 3}] = Neighbour{State: Failed} }},
		[]string{"neighbour broken 1: 10.0.0.12 does not answer ARP: ipvsadm -e --keep -t 192.0.2.10:80 -r 10.0.0.12:80 -w 0"}},
	"neighbour that failed long ago": {[]func(*Facts){func(f *Facts) { f.Neighbours[Hop{rs2, 3}] = Neighbour{State: Failed, Old: true} }},
		[]string{"neighbour note 1: 10.0.0.12 did not answer ARP when it was last asked, more than a minute ago: "}},
	"incomplete neighbour of IPv6": {[]func(*Facts){ipv6(Direct), func(f *Facts) { f.Neighbours[Hop{rs6, 3}] = Neighbour{State: Incomplete} }},
		[]string{"neighbour doubtful 1: 2001:db8:2::11 has not answered neighbour discovery yet: ipvsadm -e --keep -t [2001:db8:1::10]:80 -r [2001:db8:2::11]:80 -w 0"}},
	"failed gateway": {[]func(*Facts){func(f *Facts) {
		f.Routes[rs1].Gateway, f.Routes[rs1].Next = true, gateway4
		f.Neighbours[Hop{gateway4, 3}] = Neighbour{State: Failed}
	}}, []string{"neighbour broken 1: the gateway 10.0.0.254 does not answer ARP: ipvsadm -e --keep -t 192.0.2.10:80 -r 10.0.0.11:80 -w 0"}},

	"no listener": {[]func(*Facts){second(func(d *Server) { d.Addr = netip.AddrPortFrom(own, 8080) })},
		[]string{"listener broken 1: 10.0.0.1 is the director itself, where nothing listens at 10.0.0.1:8080: ipvsadm -e --keep -t 192.0.2.10:80 -r 10.0.0.1:8080 -w 0"}},
	"listener": {[]func(*Facts){second(func(d *Server) { d.Addr = netip.AddrPortFrom(own, 8080) }), func(f *Facts) {
		f.Listeners = []Listener{{"TCP", netip.MustParseAddrPort("[::]:8080")}}
	}}, nil},
	"listener of another protocol": {[]func(*Facts){second(func(d *Server) { d.Addr = netip.AddrPortFrom(own, 8080) }), func(f *Facts) {
		f.Listeners = []Listener{{"UDP", netip.MustParseAddrPort("0.0.0.0:8080")}, {"TCP", netip.MustParseAddrPort("127.0.0.1:8080")}}
	}}, []string{"listener broken 1: 10.0.0.1 is the director itself, where nothing listens at 10.0.0.1:8080: ipvsadm -e --keep -t 192.0.2.10:80 -r 10.0.0.1:8080 -w 0"}},
	"listener at the virtual address": {[]func(*Facts){second(func(d *Server) { d.Addr, d.Method = netip.AddrPortFrom(own, 80), Direct }), func(f *Facts) {
		f.Listeners = []Listener{{"TCP", netip.MustParseAddrPort("10.0.0.1:80")}}
	}}, []string{"listener broken 1: 10.0.0.1 is the director itself, where nothing listens at 192.0.2.10:80: ipvsadm -e --keep -t 192.0.2.10:80 -r 10.0.0.1:80 -w 0"}},

	"no listener of a mark": {[]func(*Facts){ofMark, second(func(d *Server) { d.Addr, d.Method = netip.AddrPortFrom(own, 0), Direct }), func(f *Facts) { f.Firewall.Read = false }}, nil},
	"no listener of all ports": {[]func(*Facts){func(f *Facts) {
		f.Services[0].Addr = netip.AddrPortFrom(vip, 0)
		f.Services[0].Servers = []Server{{Addr: netip.AddrPortFrom(own, 0), Method: Masq, Weight: 1}}
		f.Conns = nil
	}}, nil},
	"no listener of SCTP, which cannot be seen": {[]func(*Facts){second(func(d *Server) { d.Addr = netip.AddrPortFrom(own, 8080) }), func(f *Facts) {
		f.Services[0].Protocol = "SCTP"
	}}, nil},

	"no answers": {[]func(*Facts){second(func(d *Server) { d.OutPkts = 0 }), func(f *Facts) {
		f.Conns[Path{"TCP", web.Addr, netip.AddrPortFrom(rs2, 80)}] = &Counts{Half: 1, Client: client, Virtual: vip}
	}}, []string{"answers broken 1: connections to 10.0.0.12 stay in SYN_RECV: it sends no answer through the director, which has to be its gateway: on 10.0.0.12: ip route replace default via 10.0.0.1"}},
	"no answer to the only packet": {[]func(*Facts){second(func(d *Server) { d.InPkts, d.OutPkts = 1, 0 }), func(f *Facts) {
		f.Conns[Path{"TCP", web.Addr, netip.AddrPortFrom(rs2, 80)}] = &Counts{Half: 1, Client: client, Virtual: vip}
	}}, []string{"answers broken 1: connections to 10.0.0.12 stay in SYN_RECV: it sends no answer through the director, which has to be its gateway: on 10.0.0.12: ip route replace default via 10.0.0.1"}},
	"no answers at one of two ports": {[]func(*Facts){func(f *Facts) {
		s := &f.Services[0]
		s.Servers = append(s.Servers, Server{Addr: netip.AddrPortFrom(rs2, 8080), Method: Masq, Weight: 1, InPkts: 9, OutPkts: 9})
		f.Conns[Path{"TCP", web.Addr, netip.AddrPortFrom(rs2, 80)}] = &Counts{Half: 2, Stale: 2, Client: client, Virtual: vip}
		f.Conns[Path{"TCP", web.Addr, netip.AddrPortFrom(rs2, 8080)}] = &Counts{Established: 3, Client: client, Virtual: vip}
	}}, []string{"answers doubtful 1: connections to 10.0.0.12 stay in SYN_RECV: it sends no answer through the director, which has to be its gateway: on 10.0.0.12: ip route replace default via 10.0.0.1"}},
	"no answers for one of two services": {[]func(*Facts){func(f *Facts) {
		tls := Key{Protocol: "TCP", Addr: netip.AddrPortFrom(vip, 443)}
		f.Services = append(f.Services, Service{Key: tls, Servers: f.Services[0].Servers})
		f.Conns[Path{"TCP", web.Addr, netip.AddrPortFrom(rs2, 80)}] = &Counts{Half: 2, Stale: 2, Client: client, Virtual: vip}
		f.Conns[Path{"TCP", tls.Addr, netip.AddrPortFrom(rs2, 80)}] = &Counts{Established: 3, Client: client, Virtual: vip}
	}}, []string{"answers doubtful 1: connections to 10.0.0.12 stay in SYN_RECV: it sends no answer through the director, which has to be its gateway: on 10.0.0.12: ip route replace default via 10.0.0.1"}},
	"no answers at a port that another service names, of a mark": {[]func(*Facts){func(f *Facts) {
		f.Services = append(f.Services, Service{Key: Key{Mark: 7}, Servers: []Server{{Addr: netip.AddrPortFrom(rs2, 0), Method: Direct, Weight: 1}}})
		f.Firewall.Read = false
		f.Conns[Path{"TCP", netip.AddrPort{}, netip.AddrPortFrom(rs2, 80)}] = &Counts{Half: 2, Stale: 2, Client: client, Virtual: netip.MustParseAddr("192.0.2.99")}
	}}, []string{"answers doubtful 1: connections to 10.0.0.12 stay in SYN_RECV: perhaps it does not have the address 192.0.2.99: on 10.0.0.12: " +
		"sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2 && ip address replace 192.0.2.99/32 dev lo"}},
	"no answers to a client in the network": {[]func(*Facts){second(func(d *Server) { d.OutPkts = 0 }), func(f *Facts) {
		f.Conns[Path{"TCP", web.Addr, netip.AddrPortFrom(rs2, 80)}] = &Counts{Half: 1, Client: rs1, Virtual: vip}
	}}, []string{"answers broken 1: connections to 10.0.0.12 stay in SYN_RECV: the client 10.0.0.11 is in its network, so that it answers past the director: " +
		"sysctl -w net.ipv4.vs.conntrack=1 && nft 'add table ip ipvs; add chain ip ipvs postrouting { type nat hook postrouting priority srcnat; }; " +
		"add rule ip ipvs postrouting ct original ip daddr 192.0.2.10 masquerade'"}},
	"no answers to a client of IPv6 in the network": {[]func(*Facts){ipv6(Masq), servers(func(d *Server) { d.InPkts = 9 }), func(f *Facts) {
		near := netip.MustParseAddr("2001:db8:2::12")
		f.Routes[near] = &Route{Kind: Unicast, Link: 3, Next: near}
		f.Conns[Path{"TCP", web6.Addr, netip.AddrPortFrom(rs6, 80)}] = &Counts{Half: 1, Client: near, Virtual: vip6}
	}}, []string{"answers broken 1: connections to 2001:db8:2::11 stay in SYN_RECV: the client 2001:db8:2::12 is in its network, so that it answers past the director: " +
		"sysctl -w net.ipv4.vs.conntrack=1 && nft 'add table ip6 ipvs; add chain ip6 ipvs postrouting { type nat hook postrouting priority srcnat; }; " +
		"add rule ip6 ipvs postrouting ct original ip6 daddr 2001:db8:1::10 masquerade'"}},
	"no answers to itself": {[]func(*Facts){func(f *Facts) {
		f.Conns[Path{"TCP", web.Addr, netip.AddrPortFrom(rs2, 80)}] = &Counts{Half: 1, Stale: 1, Client: rs2, Virtual: vip}
	}}, []string{"answers doubtful 1: connections to 10.0.0.12 stay in SYN_RECV: it is the client itself, and drops its own packets when they come back to it: " +
		"sysctl -w net.ipv4.vs.conntrack=1 && nft 'add table ip ipvs; add chain ip ipvs postrouting { type nat hook postrouting priority srcnat; }; " +
		"add rule ip ipvs postrouting ct original ip daddr 192.0.2.10 masquerade'"}},
	"no answers to the director": {[]func(*Facts){set("net/ipv4/vs/conntrack", "1"), second(func(d *Server) { d.OutPkts = 0 }), func(f *Facts) {
		f.Conns[Path{"TCP", web.Addr, netip.AddrPortFrom(rs2, 80)}] = &Counts{Half: 1, Client: client, Virtual: vip}
		f.Firewall.Rules = []Rule{{Chain: Chain{Program: "iptables"}, TranslatesFrom: true, Out: "back"}}
	}}, []string{"answers broken 1: connections to 10.0.0.12 stay in SYN_RECV: it does not answer the director, whose own address it sees: "}},
	"no answers to the director, by a rule for the service": {[]func(*Facts){set("net/ipv4/vs/conntrack", "1"), second(func(d *Server) { d.OutPkts = 0 }), func(f *Facts) {
		f.Conns[Path{"TCP", web.Addr, netip.AddrPortFrom(rs2, 80)}] = &Counts{Half: 1, Client: client, Virtual: vip}
		f.Firewall.Rules = []Rule{{Chain: Chain{Program: "nft", Family: "ip"}, TranslatesFrom: true, Virtual: netip.MustParsePrefix("192.0.2.10/32"), Narrower: true}}
	}}, []string{"answers broken 1: connections to 10.0.0.12 stay in SYN_RECV: it does not answer the director, whose own address it sees: "}},
	"no answers although others are translated": {[]func(*Facts){set("net/ipv4/vs/conntrack", "1"), second(func(d *Server) { d.OutPkts = 0 }), func(f *Facts) {
		f.Conns[Path{"TCP", web.Addr, netip.AddrPortFrom(rs2, 80)}] = &Counts{Half: 1, Client: client, Virtual: vip}
		f.Firewall.Rules = []Rule{{Chain: Chain{Program: "iptables"}, Marks: true, Out: "back"}, {Chain: Chain{Program: "ip6tables"}, TranslatesFrom: true, Out: "back"},
			{Chain: Chain{Program: "iptables"}, TranslatesFrom: true, Virtual: netip.MustParsePrefix("192.0.2.11/32")}}
	}}, []string{"answers broken 1: connections to 10.0.0.12 stay in SYN_RECV: it sends no answer through the director, which has to be its gateway: on 10.0.0.12: ip route replace default via 10.0.0.1"}},
	"no answers although all but IPVS are translated": {[]func(*Facts){second(func(d *Server) { d.OutPkts = 0 }), func(f *Facts) {
		f.Conns[Path{"TCP", web.Addr, netip.AddrPortFrom(rs2, 80)}] = &Counts{Half: 1, Client: client, Virtual: vip}
		f.Firewall.Rules = []Rule{{Chain: Chain{Program: "iptables", Table: "nat", Name: "POSTROUTING"}, TranslatesFrom: true, Out: "back"}}
	}}, []string{"answers broken 1: connections to 10.0.0.12 stay in SYN_RECV: it sends no answer through the director, which has to be its gateway: on 10.0.0.12: ip route replace default via 10.0.0.1",
		"full-nat note 2: the chain POSTROUTING of iptables -t nat translates the sources of clients, but not those of IPVS, as net.ipv4.vs.conntrack is 0: sysctl -w net.ipv4.vs.conntrack=1"}},
	"no answers that are counted": {[]func(*Facts){set("net/ipv4/vs/run_estimation", "0"), second(func(d *Server) { d.OutPkts = 0 }), func(f *Facts) {
		f.Conns[Path{"TCP", web.Addr, netip.AddrPortFrom(rs2, 80)}] = &Counts{Half: 1, Client: client, Virtual: vip}
	}}, []string{"estimation note 0: net.ipv4.vs.run_estimation is 0, so that counters and rates stand still: sysctl -w net.ipv4.vs.run_estimation=1"}},
	"no answers any more": {[]func(*Facts){func(f *Facts) {
		f.Conns[Path{"TCP", web.Addr, netip.AddrPortFrom(rs2, 80)}] = &Counts{Half: 2, Stale: 1, Client: client, Virtual: vip}
	}}, []string{"answers doubtful 1: connections to 10.0.0.12 stay in SYN_RECV: it sends no answer through the director, which has to be its gateway: on 10.0.0.12: ip route replace default via 10.0.0.1"}},
	"no answers after others have ended": {[]func(*Facts){func(f *Facts) {
		f.Conns[Path{"TCP", web.Addr, netip.AddrPortFrom(rs2, 80)}] = &Counts{Half: 2, Stale: 1, Client: client, Virtual: vip, HalfIdle: 5, Ended: 3, EndedIdle: 6}
	}}, []string{"answers doubtful 1: connections to 10.0.0.12 stay in SYN_RECV: it sends no answer through the director, which has to be its gateway: on 10.0.0.12: ip route replace default via 10.0.0.1"}},
	"half-open while others end": {[]func(*Facts){func(f *Facts) {
		f.Conns[Path{"TCP", web.Addr, netip.AddrPortFrom(rs2, 80)}] = &Counts{Half: 2, Stale: 1, Client: client, Virtual: vip, HalfIdle: 5, Ended: 3, EndedIdle: 5}
	}}, nil},
	"half-open while one ends": {[]func(*Facts){func(f *Facts) {
		f.Conns[Path{"TCP", web.Addr, netip.AddrPortFrom(rs2, 80)}] = &Counts{Half: 2, Stale: 1, Client: client, Virtual: vip, HalfIdle: 5, Ended: 1, EndedIdle: 4}
	}}, nil},
	"half-open while one that was answered closes": {[]func(*Facts){func(f *Facts) {
		f.Conns[Path{"TCP", web.Addr, netip.AddrPortFrom(rs2, 80)}] = &Counts{Half: 2, Stale: 2, Others: 1, Client: client, Virtual: vip}
	}}, nil},
	"half-open in passing": {[]func(*Facts){func(f *Facts) {
		f.Conns[Path{"TCP", web.Addr, netip.AddrPortFrom(rs2, 80)}] = &Counts{Half: 2, Client: client, Virtual: vip}
	}}, nil},
	"no answers of a neighbour that failed": {[]func(*Facts){func(f *Facts) {
		f.Conns[Path{"TCP", web.Addr, netip.AddrPortFrom(rs2, 80)}] = &Counts{Half: 2, Stale: 2, Client: client, Virtual: vip}
		f.Neighbours[Hop{rs2, 3}] = Neighbour{State: Failed}
	}}, []string{"neighbour broken 1: 10.0.0.12 does not answer ARP: ipvsadm -e --keep -t 192.0.2.10:80 -r 10.0.0.12:80 -w 0"}},
	"no answers of a neighbour that is being asked": {[]func(*Facts){func(f *Facts) {
		f.Conns[Path{"TCP", web.Addr, netip.AddrPortFrom(rs2, 80)}] = &Counts{Half: 2, Stale: 2, Client: client, Virtual: vip}
		f.Neighbours[Hop{rs2, 3}] = Neighbour{State: Incomplete}
	}}, []string{"neighbour doubtful 1: 10.0.0.12 has not answered ARP yet: ipvsadm -e --keep -t 192.0.2.10:80 -r 10.0.0.12:80 -w 0"}},
	"no answers by direct routing": {[]func(*Facts){second(func(d *Server) { d.Method = Direct }), func(f *Facts) {
		f.Conns[Path{"TCP", web.Addr, netip.AddrPortFrom(rs2, 80)}] = &Counts{Half: 2, Stale: 2, Client: client, Virtual: vip}
	}}, []string{"answers doubtful 1: connections to 10.0.0.12 stay in SYN_RECV: perhaps it does not have the address 192.0.2.10: on 10.0.0.12: " +
		"sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2 && ip address replace 192.0.2.10/32 dev lo"}},
	"no answers by direct routing of IPv6": {[]func(*Facts){ipv6(Direct), func(f *Facts) {
		f.Conns[Path{"TCP", web6.Addr, netip.AddrPortFrom(rs6, 80)}] = &Counts{Half: 2, Stale: 2, Client: client, Virtual: vip6}
	}}, []string{"answers doubtful 1: connections to 2001:db8:2::11 stay in SYN_RECV: perhaps it does not have the address 2001:db8:1::10: on 2001:db8:2::11: " +
		"ip address replace 2001:db8:1::10/128 dev lo nodad"}},
	"no answers through a tunnel, of a mark": {[]func(*Facts){ofMark, second(func(d *Server) { d.Method, d.Tunnel = Tunnel, "gre" }), func(f *Facts) {
		f.Firewall.Read = false
		f.Conns[Path{"TCP", web.Addr, netip.AddrPortFrom(rs2, 80)}] = &Counts{Half: 2, Stale: 2, Client: client, Virtual: vip}
	}}, []string{"answers doubtful 1: connections to 10.0.0.12 stay in SYN_RECV: perhaps it lacks the address 192.0.2.10 or a device for the tunnel, or has a strict reverse path filter: "}},
	"no answers through a tunnel of IPv4": {[]func(*Facts){second(func(d *Server) { d.Method, d.Tunnel = Tunnel, "ipip" }), func(f *Facts) {
		f.Conns[Path{"TCP", web.Addr, netip.AddrPortFrom(rs2, 80)}] = &Counts{Half: 2, Stale: 2, Client: client, Virtual: vip}
	}}, []string{"answers doubtful 1: connections to 10.0.0.12 stay in SYN_RECV: perhaps it lacks the address 192.0.2.10 or a device for the tunnel, or has a strict reverse path filter: " +
		"on 10.0.0.12: sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2 && ip link set dev tunl0 up && " +
		"ip address replace 192.0.2.10/32 dev tunl0 && sysctl -w net.ipv4.conf.tunl0.rp_filter=2"}},
	"no answers through a tunnel of IPv6 in IPv4": {[]func(*Facts){tunnel6in4, func(f *Facts) {
		f.Conns[Path{"TCP", web6.Addr, netip.AddrPortFrom(rs2, 80)}] = &Counts{Half: 2, Stale: 2, Client: client, Virtual: vip6}
	}}, []string{"answers doubtful 1: connections to 10.0.0.12 stay in SYN_RECV: perhaps it lacks the address 2001:db8:1::10 or a device for the tunnel, or has a strict reverse path filter: "}},
	"no answers through a tunnel of IPv4 in IPv6": {[]func(*Facts){second(func(d *Server) { d.Addr, d.Method, d.Tunnel = netip.AddrPortFrom(rs6, 80), Tunnel, "ipip" }), func(f *Facts) {
		f.Conns[Path{"TCP", web.Addr, netip.AddrPortFrom(rs6, 80)}] = &Counts{Half: 2, Stale: 2, Client: client, Virtual: vip}
	}}, []string{"answers doubtful 1: connections to 2001:db8:2::11 stay in SYN_RECV: perhaps it lacks the address 192.0.2.10 or a device for the tunnel, or has a strict reverse path filter: "}},
	"no answers through a tunnel in UDP": {[]func(*Facts){second(func(d *Server) { d.Method, d.Tunnel, d.TunnelPort = Tunnel, "gue", 6080 }), func(f *Facts) {
		f.Conns[Path{"TCP", web.Addr, netip.AddrPortFrom(rs2, 80)}] = &Counts{Half: 2, Stale: 2, Client: client, Virtual: vip}
	}}, []string{"answers doubtful 1: connections to 10.0.0.12 stay in SYN_RECV: perhaps it lacks the address 192.0.2.10, a device for the tunnel or an open UDP port 6080, or has a strict reverse path filter: "}},

	"full NAT": {[]func(*Facts){func(f *Facts) {
		f.Firewall.Rules = []Rule{{Chain: Chain{Program: "nft", Family: "ip", Table: "t", Name: "c"}, TranslatesFrom: true, Virtual: netip.MustParsePrefix("192.0.2.10/32"), Narrower: true}}
	}}, []string{"full-nat broken 2: the chain ip t c translates the sources of clients, but not those of IPVS, as net.ipv4.vs.conntrack is 0: sysctl -w net.ipv4.vs.conntrack=1"}},
	"full NAT for direct routing": {[]func(*Facts){servers(func(d *Server) { d.Method = Direct }), func(f *Facts) {
		f.Firewall.Rules = []Rule{{Chain: Chain{Program: "nft", Family: "ip", Table: "t", Name: "c"}, TranslatesFrom: true, Virtual: netip.MustParsePrefix("192.0.2.10/32"), Narrower: true}}
	}}, nil},
	"full NAT that works": {[]func(*Facts){set("net/ipv4/vs/conntrack", "1"), func(f *Facts) {
		f.Firewall.Rules = []Rule{{Chain: Chain{Program: "iptables"}, TranslatesFrom: true, IPVS: true, Narrower: true}}
	}}, nil},
	"NAT of others": {[]func(*Facts){func(f *Facts) {
		c := Chain{Program: "iptables", Table: "nat", Name: "POSTROUTING"}
		f.Firewall.Rules = []Rule{{Chain: c, TranslatesFrom: true}, {Chain: c, TranslatesFrom: true, Out: "front"},
			{Chain: c, TranslatesFrom: true, Out: "back", Narrower: true}, {Chain: c, TranslatesFrom: true, Virtual: netip.MustParsePrefix("192.0.2.11/32")}}
	}}, nil},
	"NAT on the way to the servers": {[]func(*Facts){func(f *Facts) {
		f.Firewall.Rules = []Rule{{Chain: Chain{Program: "iptables", Table: "nat", Name: "POSTROUTING"}, TranslatesFrom: true, Out: "back"}}
	}}, []string{"full-nat note 2: the chain POSTROUTING of iptables -t nat translates the sources of clients, but not those of IPVS, as net.ipv4.vs.conntrack is 0: sysctl -w net.ipv4.vs.conntrack=1"}},

	"tunnel": {[]func(*Facts){servers(func(d *Server) { d.Method, d.Tunnel, d.Headers = Tunnel, "gre", 4 })}, nil},
	"tunnel in small packets": {[]func(*Facts){servers(func(d *Server) { d.Method, d.Tunnel, d.Headers = Tunnel, "gre", 4 }), func(f *Facts) { f.Links[2].MTU = 576 }},
		[]string{"mtu doubtful 1: packets to 10.0.0.11 may have 576 bytes, which leaves the tunnel 552; every host has to take 576: ip link set dev back mtu 600",
			"mtu doubtful 1: packets to 10.0.0.12 may have 576 bytes, which leaves the tunnel 552; every host has to take 576: ip link set dev back mtu 600"}},
	"tunnel of IPv6 in small packets": {[]func(*Facts){ipv6(Tunnel), func(f *Facts) { f.Routes[rs6].MTU, f.Routes[rs6].Learnt = 1300, true }},
		[]string{"mtu broken 1: packets to 2001:db8:2::11 may have 1300 bytes, which leaves the tunnel 1260; the kernel needs 1280: ip -6 route flush cache"}},
	"tunnel over a route with a small MTU": {[]func(*Facts){servers(func(d *Server) { d.Method, d.Tunnel = Tunnel, "ipip" }), func(f *Facts) { f.Routes[rs1].MTU = 80 }},
		[]string{"mtu broken 1: packets to 10.0.0.11 may have 80 bytes, which leaves the tunnel 60; the kernel needs 68: "}},
	"small packets without a tunnel": {[]func(*Facts){func(f *Facts) { f.Links[2].MTU = 576 }}, nil},
	"tunnel of IPv6 in IPv4":         {[]func(*Facts){tunnel6in4, func(f *Facts) { f.Links[2].MTU = 1300 }}, nil},
	"tunnel of IPv6 in IPv4 in small packets": {[]func(*Facts){tunnel6in4, func(f *Facts) { f.Links[2].MTU = 1299 }},
		[]string{"mtu doubtful 1: packets to 10.0.0.12 may have 1299 bytes, which leaves the tunnel 1279; every host has to take 1280: ip link set dev back mtu 1300"}},
	"tunnel with as much room as the kernel needs": {[]func(*Facts){second(func(d *Server) { d.Method, d.Tunnel = Tunnel, "ipip" }), func(f *Facts) { f.Routes[rs2].MTU = 88 }},
		[]string{"mtu doubtful 1: packets to 10.0.0.12 may have 88 bytes, which leaves the tunnel 68; every host has to take 576: "}},
	"tunnel over a route with the MTU of its interface": {[]func(*Facts){second(func(d *Server) { d.Method, d.Tunnel = Tunnel, "ipip" }), func(f *Facts) { f.Links[2].MTU, f.Routes[rs2].MTU = 580, 580 }},
		[]string{"mtu doubtful 1: packets to 10.0.0.12 may have 580 bytes, which leaves the tunnel 560; every host has to take 576: ip link set dev back mtu 596"}},
	"UDP that is dropped, without gue": {[]func(*Facts){second(func(d *Server) { d.Method, d.Tunnel = Tunnel, "ipip" }), func(f *Facts) {
		f.Firewall.Rules = []Rule{{Chain: Chain{"nft", "inet", "f", "out", "output"}, Drops: true, Protocol: udp}}
	}}, nil},
	"gue that is dropped": {[]func(*Facts){second(func(d *Server) { d.Method, d.Tunnel, d.TunnelPort = Tunnel, "gue", 6080 }), func(f *Facts) {
		f.Firewall.Rules = []Rule{{Chain: Chain{"nft", "inet", "f", "out", "output"}, Drops: true, Protocol: udp, Ports: [2]uint16{6000, 6999}}}
	}}, []string{"gue-port broken 1: the chain inet f out drops the packets of the tunnel, UDP to port 6080: nft insert rule inet f out udp dport 6080 accept"}},
	"gue that no rule accepts": {[]func(*Facts){second(func(d *Server) { d.Method, d.Tunnel, d.TunnelPort = Tunnel, "gue", 6080 }), func(f *Facts) {
		c := Chain{"iptables", "", "filter", "OUTPUT", "output"}
		f.Firewall.Drops = []Chain{c}
		other := Chain{"nft", "bridge", "f", "out", "output"}
		f.Firewall.Rules = []Rule{{Chain: c, Accepts: true, Narrower: true, Known: true}, {Chain: c, Accepts: true, Protocol: 6},
			{Chain: c, Accepts: true, Out: "lo"}, {Chain: c, Accepts: true, Out: "fr*"}, {Chain: c, Accepts: true, OutIndex: 1}, {Chain: other, Drops: true}}
	}}, []string{"gue-port broken 1: the chain OUTPUT of iptables -t filter drops the packets of the tunnel, UDP to port 6080: iptables -t filter -I OUTPUT -p udp --dport 6080 -j ACCEPT"}},
	"gue that a rule accepts": {[]func(*Facts){second(func(d *Server) { d.Method, d.Tunnel, d.TunnelPort = Tunnel, "gue", 6080 }), func(f *Facts) {
		c := Chain{"iptables", "", "filter", "OUTPUT", "output"}
		f.Firewall.Drops = []Chain{c}
		f.Firewall.Rules = []Rule{{Chain: c, Drops: true, To: netip.MustParsePrefix("10.0.0.0/29")}, {Chain: c, Drops: true, Narrower: true},
			{Chain: c, Accepts: true, Out: "ba*"}, {Chain: c, Drops: true}}
	}}, nil},
	"gue that something may accept": {[]func(*Facts){second(func(d *Server) { d.Method, d.Tunnel, d.TunnelPort = Tunnel, "gue", 6080 }), func(f *Facts) {
		c, d := Chain{"nft", "inet", "f", "out", "output"}, Chain{"nft", "bridge", "f", "out", "output"}
		f.Firewall.Drops = []Chain{c, d}
		f.Firewall.Rules = []Rule{{Chain: c, Accepts: true, Narrower: true}, {Chain: c, Drops: true}}
	}}, nil},
	"NAT of another port, and of a mark": {[]func(*Facts){func(f *Facts) {
		c := Chain{Program: "iptables", Table: "nat", Name: "POSTROUTING"}
		f.Services = append(f.Services, Service{Key: Key{Mark: 7}, Servers: f.Services[0].Servers})
		f.Firewall.Rules = []Rule{{Chain: c, TranslatesFrom: true, IPVS: true, Virtual: netip.MustParsePrefix("192.0.2.10/32"), Port: 443},
			{Chain: Chain{Program: "iptables"}, Marks: true}}
	}}, nil},
	"NAT of a mark": {[]func(*Facts){func(f *Facts) {
		f.Services = append(f.Services, Service{Key: Key{Mark: 7}, Servers: f.Services[0].Servers})
		f.Firewall.Rules = []Rule{{Chain: Chain{Program: "iptables", Table: "nat", Name: "POSTROUTING"}, TranslatesFrom: true, IPVS: true, Virtual: netip.MustParsePrefix("192.0.2.99/32")},
			{Chain: Chain{Program: "iptables"}, Marks: true}}
	}}, []string{"full-nat broken 2: the chain POSTROUTING of iptables -t nat translates the sources of clients, but not those of IPVS, as net.ipv4.vs.conntrack is 0: sysctl -w net.ipv4.vs.conntrack=1"}},

	"reverse path filter": {[]func(*Facts){set("net/ipv4/conf/all/rp_filter", "1", "net/ipv4/conf/front/rp_filter", "0"), func(f *Facts) { f.Filtered = 1 }, backs(3), quiet},
		[]string{"rp-filter doubtful 1: the strict reverse path filter of front drops clients to which back leads: sysctl -w net.ipv4.conf.front.rp_filter=2"}},
	"reverse path filter that has dropped nothing": {[]func(*Facts){set("net/ipv4/conf/front/rp_filter", "1"), backs(3), quiet},
		[]string{"rp-filter note 1: the strict reverse path filter of front drops clients to which back leads: sysctl -w net.ipv4.conf.front.rp_filter=2"}},
	"reverse path filter that lets clients through": {[]func(*Facts){set("net/ipv4/conf/front/rp_filter", "1"), func(f *Facts) { f.Filtered = 1 }, backs(3)},
		[]string{"rp-filter note 1: the strict reverse path filter of front drops clients to which back leads: sysctl -w net.ipv4.conf.front.rp_filter=2"}},
	"reverse path filter with two ways out": {[]func(*Facts){set("net/ipv4/conf/front/rp_filter", "1"), backs(3, 2), quiet,
		func(f *Facts) { f.Filtered = 1 }}, nil},
	"loose reverse path filter":             {[]func(*Facts){set("net/ipv4/conf/all/rp_filter", "1"), func(f *Facts) { f.Filtered = 1 }, backs(3), quiet}, nil},
	"reverse path filter that is passed":    {[]func(*Facts){set("net/ipv4/conf/front/rp_filter", "1"), backs(2)}, nil},
	"reverse path filter without an answer": {[]func(*Facts){set("net/ipv4/conf/front/rp_filter", "1")}, nil},
	"reverse path filter, which is of IPv4 alone": {[]func(*Facts){ipv6(Masq), set("net/ipv4/conf/front/rp_filter", "1"), backs(3), quiet, func(f *Facts) {
		f.Filtered, f.Backs[vip6] = 1, f.Backs[vip]
	}}, nil},

	"drain": {[]func(*Facts){func(f *Facts) { f.Services[0].Persistent = true }, second(func(d *Server) { d.Weight, d.Templates = 0, 2 })},
		[]string{"drain doubtful 1: net.ipv4.vs.expire_quiescent_template is 0, so that persistent clients go on to be sent to servers with weight 0: sysctl -w net.ipv4.vs.expire_quiescent_template=1"}},
	"drained":          {[]func(*Facts){func(f *Facts) { f.Services[0].Persistent = true }, second(func(d *Server) { d.Weight = 0 })}, nil},
	"nothing to drain": {[]func(*Facts){func(f *Facts) { f.Services[0].Persistent = true }, second(func(d *Server) { d.Templates = 2 })}, nil},
	"drain that ends":  {[]func(*Facts){set("net/ipv4/vs/expire_quiescent_template", "1"), func(f *Facts) { f.Services[0].Persistent = true }, second(func(d *Server) { d.Weight, d.Templates = 0, 2 })}, nil},
	"deleted": {[]func(*Facts){func(f *Facts) {
		f.Conns[Path{"TCP", web.Addr, netip.MustParseAddrPort("10.0.0.13:80")}] = &Counts{Established: 2, Others: 1}
		f.Conns[Path{"TCP", web.Addr, netip.MustParseAddrPort("10.0.0.14:80")}] = &Counts{Others: 1, Half: 1}
		f.Conns[Path{"TCP", netip.AddrPortFrom(vip, 20), netip.AddrPortFrom(rs2, 20)}] = &Counts{Established: 1} // FTP's
	}}, []string{"deleted doubtful 0: net.ipv4.vs.expire_nodest_conn is 0, so that whoever has a connection to 10.0.0.13, which is in no service, waits: there are 2: sysctl -w net.ipv4.vs.expire_nodest_conn=1"}},
	"deleted with the only connection": {[]func(*Facts){func(f *Facts) {
		f.Conns = map[Path]*Counts{{"TCP", web.Addr, netip.MustParseAddrPort("10.0.0.13:80")}: {Established: 1}}
	}}, []string{"deleted doubtful 0: net.ipv4.vs.expire_nodest_conn is 0, so that whoever has a connection to 10.0.0.13, which is in no service, waits: there is 1: sysctl -w net.ipv4.vs.expire_nodest_conn=1"}},
	"deleted of another director": {[]func(*Facts){func(f *Facts) {
		f.Conns[Path{"TCP", web.Addr, netip.MustParseAddrPort("10.0.0.13:80")}] = &Counts{Established: 1}
		f.Standby = true
	}}, []string{"deleted note 0: net.ipv4.vs.expire_nodest_conn is 0, so that whoever has a connection to 10.0.0.13, which is in no service, waits: there is 1: sysctl -w net.ipv4.vs.expire_nodest_conn=1"}},
	"connections that bypass servers": {[]func(*Facts){func(f *Facts) {
		f.Conns[Path{"TCP", web.Addr, netip.MustParseAddrPort("0.0.0.0:0")}] = &Counts{Established: 2}
	}}, nil},
	"deleted and ended": {[]func(*Facts){set("net/ipv4/vs/expire_nodest_conn", "1"), func(f *Facts) {
		f.Conns[Path{"TCP", web.Addr, netip.MustParseAddrPort("10.0.0.13:80")}] = &Counts{Established: 2}
	}}, nil},

	"overlap": {[]func(*Facts){func(f *Facts) {
		f.Services = append(f.Services, Service{Key: Key{Protocol: "TCP", Addr: netip.AddrPortFrom(vip, 0)}, Servers: f.Services[0].Servers},
			Service{Key: Key{Protocol: "UDP", Addr: netip.AddrPortFrom(vip, 53)}, Servers: f.Services[0].Servers})
	}}, []string{"overlap note 2: packets to port 80 of 192.0.2.10 go to the service of that port, and not to that of port 0: "}},
	"overlap with a mark": {[]func(*Facts){func(f *Facts) {
		f.Services = append(f.Services, Service{Key: Key{Mark: 7}, Servers: f.Services[0].Servers})
		f.Firewall.Rules = []Rule{{Chain: Chain{"nft", "ip", "m", "pre", "prerouting"}, Marks: true, Mark: 7, MarkedBit: ^uint32(0), Protocol: 6, To: netip.MustParsePrefix("192.0.2.10/32")}}
	}}, []string{"overlap note 2: packets to 192.0.2.10:80 that the chain ip m pre marks go to mark 7, and not to the address: "}},

	"mark of another address": {[]func(*Facts){func(f *Facts) {
		f.Services = append(f.Services, Service{Key: Key{Mark: 7}, Servers: f.Services[0].Servers})
		f.Firewall.Rules = []Rule{{Chain: Chain{"nft", "ip", "m", "pre", "prerouting"}, Marks: true, Mark: 7, MarkedBit: ^uint32(0), Protocol: 6, To: netip.MustParsePrefix("192.0.2.99/32")}}
	}}, nil},
	"mark of another family": {[]func(*Facts){func(f *Facts) {
		f.Services = append(f.Services, Service{Key: Key{Mark: 7, IPv6: true}, Servers: []Server{{Addr: netip.AddrPortFrom(rs6, 0), Method: Direct, Weight: 1}}})
		f.Firewall.Rules = []Rule{{Chain: Chain{Program: "nft", Family: "netdev", Table: "m", Name: "in"}, Marks: true, Mark: 7, MarkedBit: ^uint32(0), To: netip.MustParsePrefix("192.0.2.10/32")}}
	}}, nil},

	"sync daemons": {[]func(*Facts){func(f *Facts) {
		f.Links = append(f.Links, Link{Name: "down"}, Link{Name: "single", Up: true}, Link{Name: "bare", Up: true, Multicast: true,
			Prefixes: []netip.Prefix{netip.MustParsePrefix("2001:db8::1/64")}})
		for _, name := range []string{"front", "gone", "down", "single", "bare"} {
			f.Daemons = append(f.Daemons, Daemon{Master: true, Interface: name})
		}
		f.Daemons = append(f.Daemons, Daemon{Master: true, Interface: "bare", IPv6: true}, Daemon{Interface: "bare"}, Daemon{Interface: "gone"})
	}}, []string{
		"sync broken 0: the interface of the sync daemon master, gone, is gone: ipvsadm --stop-daemon master",
		"sync broken 0: the interface of the sync daemon master, down, is down: ip link set dev down up",
		"sync broken 0: the interface of the sync daemon master, single, has no multicast: ip link set dev single multicast on",
		"sync broken 0: the interface of the sync daemon master, bare, has no address: ",
		"sync broken 0: the interface of the sync daemon backup, gone, is gone: ipvsadm --stop-daemon backup"}},
	"sync daemons whose interfaces are not known": {[]func(*Facts){func(f *Facts) {
		f.Links, f.Daemons = nil, []Daemon{{Master: true, Interface: "front"}}
		f.Routes[vip].Kind = Here
	}}, nil},
	"sync peers": {[]func(*Facts){func(f *Facts) {
		f.Probed = true
		f.Daemons = []Daemon{{Master: true, Interface: "front", SyncID: 3}, {Interface: "front", SyncID: 4}, {Interface: "front", Heard: true}}
	}}, []string{"sync-peer note 0: no other director sends sync messages with ID 3; one that only runs a backup never does: ",
		"sync-peer note 0: no director sends sync messages with ID 4 at the moment; a master does while it has connections: "}},

	"no estimation": {[]func(*Facts){set("net/ipv4/vs/run_estimation", "0")},
		[]string{"estimation note 0: net.ipv4.vs.run_estimation is 0, so that counters and rates stand still: sysctl -w net.ipv4.vs.run_estimation=1"}},
	"counters that stand still": {[]func(*Facts){func(f *Facts) { f.Stuck = true }},
		[]string{"estimation note 0: no counter in /proc/net/ip_vs_stats has grown within a few seconds, although connections are established: "}},
	"as many buckets as there may be": {[]func(*Facts){second(func(d *Server) { d.Inactive = 16 << 20 }), func(f *Facts) { f.Buckets = 1 << 20 }},
		[]string{"buckets doubtful 0: the connection table has 1048576 buckets for 16777216 connections: "}},
	"few buckets": {[]func(*Facts){second(func(d *Server) { d.Inactive = 16 * 4096 })},
		[]string{"buckets doubtful 0: the connection table has 4096 buckets for 65536 connections; the module takes another size when it is loaded: echo options ip_vs conn_tab_bits=16 >>/etc/modprobe.d/ipvs.conf"}},
	"one connection more than a power of two": {[]func(*Facts){second(func(d *Server) { d.Inactive = 16*4096 + 1 })},
		[]string{"buckets doubtful 0: the connection table has 4096 buckets for 65537 connections; the module takes another size when it is loaded: echo options ip_vs conn_tab_bits=17 >>/etc/modprobe.d/ipvs.conf"}},
	"enough buckets":    {[]func(*Facts){second(func(d *Server) { d.Inactive = 16*4096 - 1 })}, nil},
	"buckets that grow": {[]func(*Facts){second(func(d *Server) { d.Inactive = 1 << 30 }), func(f *Facts) { f.Grows = true }}, nil},
	"defence": {[]func(*Facts){set("net/ipv4/vs/drop_entry", "3", "net/ipv4/vs/drop_packet", "3")}, []string{
		"defence doubtful 0: the kernel always drops some half-open connections: net.ipv4.vs.drop_entry is 3: sysctl -w net.ipv4.vs.drop_entry=0",
		"defence doubtful 0: the kernel drops 1 packet of 10: net.ipv4.vs.drop_packet is 3: sysctl -w net.ipv4.vs.drop_packet=0"}},
	"defence while memory is short": {[]func(*Facts){set("net/ipv4/vs/drop_packet", "2")}, []string{
		"defence doubtful 0: memory is short, so that the kernel drops packets: net.ipv4.vs.drop_packet is 2: "}},

	"arp": {[]func(*Facts){func(f *Facts) {
		f.Claims = []Claim{{vip, "02:00:00:00:00:11", "front"}, {vip, "02:00:00:00:00:99", "front"}, {client, "02:00:00:00:00:22", "front"}}
	}}, []string{
		"arp broken 1: 02:00:00:00:00:11 on front answers ARP for 192.0.2.10: it is the server 10.0.0.11: on 10.0.0.11: sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2",
		"arp broken 1: 02:00:00:00:00:99 on front answers ARP for 192.0.2.10: "}},
	"arp of another director": {[]func(*Facts){func(f *Facts) {
		f.Standby, f.Claims = true, []Claim{{vip, "02:00:00:00:00:99", "front"}}
	}}, []string{"arp broken 1: 02:00:00:00:00:99 on front answers ARP for 192.0.2.10: "}},
	"arp of the director whose turn it is": {[]func(*Facts){func(f *Facts) {
		f.Links[0].Prefixes, f.Links[1].Prefixes = f.Links[1].Prefixes[1:2], f.Links[1].Prefixes[:1]
		f.Claims = []Claim{{vip, "02:00:00:00:00:99", "front"}}
	}}, []string{"arp note 1: 02:00:00:00:00:99 on front answers ARP for 192.0.2.10: perhaps the director whose turn it is: "}},
	"arp for an address on a dummy": {[]func(*Facts){func(f *Facts) {
		f.Links[1].NoARP, f.Claims = true, []Claim{{vip, "02:00:00:00:00:99", "front"}}
	}}, []string{"arp note 1: 02:00:00:00:00:99 on front answers ARP for 192.0.2.10: perhaps the director whose turn it is: "}},
	"arp for a local route": {[]func(*Facts){func(f *Facts) {
		f.Links[1].Prefixes, f.Claims = f.Links[1].Prefixes[:1], []Claim{{vip, "02:00:00:00:00:99", "front"}}
	}}, []string{"arp note 1: 02:00:00:00:00:99 on front answers ARP for 192.0.2.10: perhaps the director whose turn it is: "}},
	"arp of its own": {[]func(*Facts){func(f *Facts) {
		f.Links[2].MAC = []byte{2, 0, 0, 0, 0, 1}
		f.Claims = []Claim{{vip, "02:00:00:00:00:01", "front"}}
	}}, nil},
	"arp of a server over a gateway": {[]func(*Facts){func(f *Facts) {
		f.Routes[rs1].Gateway, f.Routes[rs1].Next = true, gateway4
		f.Neighbours[Hop{gateway4, 3}] = Neighbour{State: Reachable, MAC: "02:00:00:00:00:11"}
		f.Claims = []Claim{{vip, "02:00:00:00:00:11", "front"}}
	}}, []string{"arp broken 1: 02:00:00:00:00:11 on front answers ARP for 192.0.2.10: "}},
	"unseen": {[]func(*Facts){func(f *Facts) { f.Unseen = []Unseen{{"the rules of nftables", "Operation not permitted"}} }},
		[]string{"unseen note 0: the rules of nftables could not be looked at: Operation not permitted: "}},
}

// TestChecks runs all checks on each director: they find what is wrong, and nothing else.
func TestChecks(t *testing.T) {
	found := map[string]Severity{}
	for name, tt := range tests {
		f := working()
		for _, change := range tt.changes {
			change(f)
		}
		var got []string
		for _, x := range Run(All, f) {
			found[x.Check] = max(found[x.Check], x.Severity)
			got = append(got, line(&x))
		}
		require.Empty(t, cmp.Diff(tt.want, got), "%s: -want +got", name)
	}
	for i := range All {
		worst, ok := found[All[i].Name]
		require.True(t, ok, "no test for %s", All[i].Name)
		require.Equal(t, All[i].Worst, worst, All[i].Name)
	}
}

// TestExplained has connections to the servers stay half-open, too. They are not reported where the director itself
// keeps them from being answered.
func TestExplained(t *testing.T) {
	for name, explained := range map[string]bool{
		"working":                         false,
		"no forwarding":                   true,
		"gateway":                         true,
		"full NAT":                        true,
		"NAT on the way to the servers":   false, // perhaps
		"tunnel of IPv6 in small packets": true,
		"tunnel in small packets":         false, // perhaps
		"gue that is dropped":             true,
		"gue that no rule accepts":        true,
	} {
		f := working()
		for _, change := range tests[name].changes {
			change(f)
		}
		f.Conns = map[Path]*Counts{}
		s := &f.Services[0]
		about := map[string]bool{}
		for _, x := range Run(All, f) {
			for _, subject := range x.Subjects {
				about[subject.Server.String()] = true
			}
		}
		for i := range s.Servers {
			f.Conns[Path{s.Protocol, s.Addr, s.Servers[i].Addr}] = &Counts{Half: 2, Stale: 2, Client: client, Virtual: s.Addr.Addr()}
		}
		f.byAddrs = nil
		for _, x := range Run(All, f) {
			for _, subject := range x.Subjects {
				if x.Check == "answers" && about[subject.Server.String()] {
					require.False(t, explained, "%s: %+v", name, x)
				}
			}
		}
		if !explained {
			require.True(t, slices.ContainsFunc(Run(All, f), func(x Finding) bool { return x.Check == "answers" }), name)
		}
	}
}

// line returns a finding in one line.
func line(x *Finding) string {
	on := ""
	if x.On.IsValid() {
		on = "on " + x.On.String() + ": "
	}
	return x.Check + " " + x.Severity.String() + " " + decimal(uint32(len(x.Subjects))) + ": " + x.Text + ": " + on + x.Remedy
}

// TestAlone runs each check alone, with nothing but the facts that it needs, on each director: it finds what it finds among
// all.
func TestAlone(t *testing.T) {
	for name, tt := range tests {
		for i := range All {
			f := working()
			for _, change := range tt.changes {
				change(f)
			}
			var want []string
			for _, x := range Run(All, f) {
				if x.Check == All[i].Name {
					want = append(want, line(&x))
				}
			}
			f = working()
			for _, change := range tt.changes {
				change(f)
			}
			forget(f, All[i].Needs)
			var got []string
			for _, x := range Run(All[i:i+1], f) {
				got = append(got, line(&x))
			}
			require.Equal(t, want, got, "%s: %s", name, All[i].Name)
		}
	}
}

// forget leaves out the facts that are not needed.
func forget(f *Facts, needs Needs) {
	for _, row := range []struct {
		need   Needs
		forget func()
	}{
		{Links, func() { f.Links = nil }},
		{VirtualRoutes, func() { f.forgetRoutes(func(a netip.Addr) bool { return f.is(a, true) }) }},
		{ServerRoutes, func() { f.forgetRoutes(func(a netip.Addr) bool { return f.is(a, false) }) }},
		{VirtualRoutes, func() { f.Locals = nil }},
		{Neighbours, func() { f.Neighbours = nil }},
		{Connections, func() { f.Conns = nil }},
		{Firewall, func() { f.Firewall = Rulesets{} }},
		{Listeners, func() { f.Listeners, f.Listening = nil, false }},
		{Schedulers, func() { f.Schedulers, f.Engines = nil, nil }},
		{Totals, func() { f.Filtered, f.Backs = 0, nil }},
		{Director, func() { f.Standby, f.Buckets, f.Grows = false, 0, false }},
		{Probes, func() { f.Claims, f.Probed, f.Stuck = nil, false, false }},
	} {
		if needs&row.need == 0 {
			row.forget()
		}
	}
}

// forgetRoutes leaves out routes.
func (f *Facts) forgetRoutes(to func(netip.Addr) bool) {
	maps.DeleteFunc(f.Routes, func(a netip.Addr, _ *Route) bool { return to(a) })
}

// is reports whether an address is that of a service, or else of a server.
func (f *Facts) is(a netip.Addr, virtual bool) bool {
	return slices.ContainsFunc(f.Services, func(s Service) bool {
		if virtual {
			return s.Addr.Addr() == a
		}
		return slices.ContainsFunc(s.Servers, func(d Server) bool { return d.Addr.Addr() == a })
	})
}

// The worst findings come first, and pass only if they are notes.
func TestOrder(t *testing.T) {
	f := working()
	set("net/ipv4/ip_forward", "0", "net/ipv4/conf/back/forwarding", "0", "net/ipv4/vs/run_estimation", "0", "net/ipv4/vs/drop_packet", "3")(f)
	all := Run(All, f)
	require.Equal(t, []string{"forwarding", "defence", "estimation"}, names(all))
	require.False(t, Passes(all))
	require.False(t, Passes(all[1:]))
	require.True(t, Passes(all[2:]))
	require.True(t, Passes(nil))
	require.Equal(t, []Subject{{web, netip.AddrPortFrom(rs1, 80)}, {web, netip.AddrPortFrom(rs2, 80)}}, all[0].Subjects)
	require.Equal(t, []string{"forwarding"}, names(Run([]Check{*ByName("forwarding")}, f)))
}

func names(all []Finding) (names []string) {
	for i := range all {
		names = append(names, all[i].Check)
	}
	return names
}

// Each check has a name of its own, one function and a meaning.
func TestTable(t *testing.T) {
	var seen []string
	for i := range All {
		c := &All[i]
		require.NotContains(t, seen, c.Name)
		require.Empty(t, strings.Trim(c.Name, "abcdefghijklmnopqrstuvwxyz-"), c.Name)
		require.NotEmpty(t, c.Meaning, c.Name)
		require.Equal(t, c, ByName(c.Name))
		functions := []bool{c.service != nil, c.server != nil, c.others != nil}
		require.Equal(t, 1, count(functions), c.Name)
		seen = append(seen, c.Name)
	}
	require.Nil(t, ByName("nosuch"))
	require.Equal(t, Links|Director|VirtualRoutes, NeedsOf([]Check{*ByName("address"), *ByName("buckets")}))
}

func count(all []bool) (n int) {
	for _, is := range all {
		if is {
			n++
		}
	}
	return n
}

// Words are as shells and sysctl(8) take them.
func TestWords(t *testing.T) {
	require.Equal(t, "sysctl -w net.ipv4.conf.eth0/1.rp_filter=2", setting("net/ipv4/conf/eth0.1/rp_filter", "2"))
	require.Equal(t, "sysctl -w 'net.ipv4.conf.a;b.rp_filter'=2", setting("net/ipv4/conf/a;b/rp_filter", "2"))
	require.Equal(t, "eth0.1", quoted("eth0.1"))
	require.Equal(t, `'a b'\''$'`, quoted("a b'$"))
	for _, tt := range []struct {
		key  Key
		want string
	}{
		{web, "-t 192.0.2.10:80"},
		{Key{Protocol: "UDP", Addr: web6.Addr}, "-u [2001:db8:1::10]:80"},
		{Key{Protocol: "SCTP", Addr: web.Addr}, "--sctp-service 192.0.2.10:80"},
		{Key{Mark: 1<<32 - 1}, "-f 4294967295"},
		{Key{Mark: 42, IPv6: true}, "-f 42 -6"},
	} {
		require.Equal(t, tt.want, tt.key.words())
	}
}
