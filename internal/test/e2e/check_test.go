// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// A finding is what --check --json prints.
type finding struct {
	Check    string
	Severity string
	Subjects []struct {
		Protocol, Address, Family string
		Port                      int
		Mark                      uint32
		Destination               struct {
			Address string
			Port    int
		}
	}
	Text     string
	Remedy   string
	RemedyOn string `json:"remedy_on"`
}

// A fault is what keeps traffic from a server, or may, and the check that finds it.
type fault struct {
	check    string
	severity string
	setUp    func(t *testing.T) *network
	breaks   func(t *testing.T, n *network)
	from, to string // of the client; client1 and vip if empty
	port     int
	words    string // besides --check
	works    bool   // whether the client gets an answer anyway
	several  bool   // whether the check may say more than one thing
	byHand   func(t *testing.T, n *network)
	mends    func(t *testing.T, n *network, f *finding) // does what the remedy says, if running it is not all
	alone    bool                                       // whether it is about all of the kernel, and not just these network namespaces
}

// masqueraded makes a network of two masqueraded servers, which works.
func masqueraded(t *testing.T) *network {
	t.Helper()
	n := newNetwork(t, 2, byDirector)
	n.set(t, `-A -t 10.1.0.100:80 -s rr
-a -t 10.1.0.100:80 -r 10.2.0.11:8080 -m
-a -t 10.1.0.100:80 -r 10.2.0.12:8080 -m`)
	return n
}

// masqueraded6 does the same with IPv6.
func masqueraded6(t *testing.T) *network {
	t.Helper()
	n := newNetwork(t, 2, byDirector)
	n.set(t, `-A -t [fd00:1::100]:80 -s rr
-a -t [fd00:1::100]:80 -r [fd00:2::11]:8080 -m
-a -t [fd00:1::100]:80 -r [fd00:2::12]:8080 -m`)
	return n
}

// directlyRouted makes a network of two servers by direct routing, which works.
func directlyRouted(t *testing.T) *network {
	t.Helper()
	n := newNetwork(t, 2, byRouter)
	for _, r := range n.reals {
		sysctl(t, r.Namespace, "net/ipv4/conf/all/arp_ignore", "1")
		sysctl(t, r.Namespace, "net/ipv4/conf/all/arp_announce", "2")
		r.IP(t, "address add 10.1.0.100/32 dev lo")
	}
	n.set(t, `-A -t 10.1.0.100:8080 -s rr
-a -t 10.1.0.100:8080 -r 10.2.0.11 -g
-a -t 10.1.0.100:8080 -r 10.2.0.12 -g`)
	return n
}

// gue makes a network of a server at the end of a tunnel gue, which works.
func gue(t *testing.T) *network {
	t.Helper()
	kernel.Need(t, "tunnels gue", "devices gue")
	modprobe(t, "ipip", "fou")
	n := newNetwork(t, 1, byRouter)
	n.reals[0].IP(t, "fou add port 6080 gue\nlink set tunl0 up\naddress add 10.1.0.100/32 dev tunl0")
	n.set(t, "-A -t 10.1.0.100:8080 -s rr\n-a -t 10.1.0.100:8080 -r 10.2.0.11 -i --tun-type gue --tun-port 6080")
	return n
}

// ip returns what breaks a network by a command of ip(8) on the director.
func ip(commands string) func(*testing.T, *network) {
	return func(t *testing.T, n *network) { n.director.IP(t, commands) }
}

var faults = map[string]fault{
	"address": {check: "address", severity: "broken", setUp: masqueraded, port: 80,
		breaks: ip("address del 10.1.0.100/32 dev front")},
	"address of IPv6": {check: "address", severity: "broken", setUp: masqueraded6, from: client6, to: vip6, port: 80,
		breaks: ip("address del fd00:1::100/128 dev front")},
	"address of IPv6 that another machine has": {check: "address", severity: "broken", setUp: masqueraded6, from: client6, to: vip6, port: 80,
		breaks: func(t *testing.T, n *network) {
			n.join(t, n.reals[1].Namespace, "front", "fd00:1::100/64")
			n.director.IP(t, "address del fd00:1::100/128 dev front\naddress add fd00:1::100/128 dev front")
		},
		byHand: func(t *testing.T, n *network) {
			n.reals[1].IP(t, "link del front")
			n.director.IP(t, "address del fd00:1::100/128 dev front\naddress add fd00:1::100/128 dev front nodad")
		}},
	"forwarding": {check: "forwarding", severity: "broken", setUp: masqueraded, port: 80,
		breaks: func(t *testing.T, n *network) { sysctl(t, n.director, "net/ipv4/ip_forward", "0") }},
	"forwarding on one interface": {check: "forwarding", severity: "broken", setUp: masqueraded, port: 80,
		breaks: func(t *testing.T, n *network) { sysctl(t, n.director, "net/ipv4/conf/back/forwarding", "0") }},
	"forwarding of IPv6": {check: "forwarding", severity: "broken", setUp: masqueraded6, from: client6, to: vip6, port: 80,
		breaks: func(t *testing.T, n *network) { sysctl(t, n.director, "net/ipv6/conf/all/forwarding", "0") }},
	"weight 0": {check: "no-weight", severity: "broken", setUp: masqueraded, port: 80,
		breaks: func(t *testing.T, n *network) {
			n.set(t, "-e -t 10.1.0.100:80 -r 10.2.0.11:8080 -m -w 0\n-e -t 10.1.0.100:80 -r 10.2.0.12:8080 -m -w 0")
		}},
	"link": {check: "link", severity: "broken", setUp: masqueraded, port: 80, breaks: ip("link set front down")},
	"no server": {check: "no-server", severity: "broken", setUp: masqueraded, port: 80,
		breaks: func(t *testing.T, n *network) {
			n.set(t, "-d -t 10.1.0.100:80 -r 10.2.0.11:8080\n-d -t 10.1.0.100:80 -r 10.2.0.12:8080")
		},
		byHand: func(t *testing.T, n *network) { n.set(t, "-a -t 10.1.0.100:80 -r 10.2.0.11:8080 -m") }},
	"overload": {check: "overload", severity: "broken", setUp: masqueraded, port: 80,
		breaks: func(t *testing.T, n *network) {
			n.set(t, "-d -t 10.1.0.100:80 -r 10.2.0.12:8080")
			n.hold(t, 8)
			n.set(t, "-e -t 10.1.0.100:80 -r 10.2.0.11:8080 -m -x 8")
			n.getsAnswer(client1, vip, 80) // the last
		}},
	"route": {check: "route", severity: "broken", setUp: masqueraded, port: 80, breaks: ip("link set back down")},
	"prohibited route": {check: "route", severity: "broken", setUp: masqueraded, port: 80,
		breaks: ip("route add prohibit 10.2.0.12"), byHand: ip("route del prohibit 10.2.0.12")},
	"gateway": {check: "gateway", severity: "broken", setUp: directlyRouted, port: 8080,
		breaks: ip("route add 10.2.0.12 via 10.2.0.254")},
	"neighbour": {check: "neighbour", severity: "broken", setUp: masqueraded, port: 80,
		breaks: func(t *testing.T, n *network) {
			n.reals[1].IP(t, "link set back down")
			n.director.IP(t, "neigh flush dev back")
		}},
	"server of masquerading with another gateway": {check: "answers", severity: "broken", port: 80,
		setUp: func(t *testing.T) *network {
			n := masqueraded(t)
			n.addReal(t, 3, byRouter)
			return n
		},
		breaks: func(t *testing.T, n *network) { n.set(t, "-a -t 10.1.0.100:80 -r 10.2.0.13:8080 -m") }},
	"server of masquerading that loses its gateway": {check: "answers", severity: "doubtful", setUp: masqueraded, port: 80,
		breaks: func(t *testing.T, n *network) {
			n.reals[1].IP(t, "route del default")
			n.set(t, "-d -t 10.1.0.100:80 -r 10.2.0.12:8080\n-a -t 10.1.0.100:80 -r 10.2.0.12:8080 -m")
		}},
	"server of direct routing without the address": {check: "answers", severity: "doubtful", setUp: directlyRouted, port: 8080,
		breaks: func(t *testing.T, n *network) {
			n.reals[1].IP(t, "address del 10.1.0.100/32 dev lo")
			n.set(t, "-d -t 10.1.0.100:8080 -r 10.2.0.12\n-a -t 10.1.0.100:8080 -r 10.2.0.12 -g")
		}},
	"client in the servers' network": {check: "answers", severity: "doubtful", from: "10.2.0.3", to: vip, port: 80,
		setUp: func(t *testing.T) *network {
			kernel.Need(t, "nftables")
			n := masqueraded(t)
			n.join(t, n.client, "back", "10.2.0.3/24")
			sysctl(t, n.director, "net/ipv4/vs/conntrack", "1")
			require.Zero(t, shell(t, n.director, "nft 'add table ip ipvs; add chain ip ipvs postrouting { type nat hook postrouting priority srcnat; }; "+
				"add rule ip ipvs postrouting ct original ip daddr 10.1.0.100 masquerade'").Code)
			return n
		},
		breaks: func(t *testing.T, n *network) {
			require.Zero(t, shell(t, n.director, "nft delete table ip ipvs").Code)
			sysctl(t, n.director, "net/ipv4/vs/conntrack", "0")
		}},
	"deleted server": {check: "deleted", severity: "doubtful", setUp: masqueraded, works: true, port: 80,
		breaks: func(t *testing.T, n *network) {
			c := n.dial(t, client1, vip, 80)
			t.Cleanup(func() { c.Close() })
			server := map[string]string{"r1": "10.2.0.11", "r2": "10.2.0.12"}[c.name]
			n.set(t, "-d -t 10.1.0.100:80 -r "+server+":8080")
		}},
	"mark": {check: "mark", severity: "note", port: 8080,
		setUp: func(t *testing.T) *network {
			n := newNetwork(t, 2, byDirector)
			iptables(t, n.director, markRule("-A"))
			n.set(t, "-A -f 7 -s rr\n-a -f 7 -r 10.2.0.11 -m\n-a -f 7 -r 10.2.0.12 -m")
			return n
		},
		breaks: func(t *testing.T, n *network) { iptables(t, n.director, markRule("-D")) },
		byHand: func(t *testing.T, n *network) { iptables(t, n.director, markRule("-A")) }},
	"mark of nftables": {check: "mark", severity: "note", port: 8080,
		setUp: func(t *testing.T) *network {
			kernel.Need(t, "nftables")
			n := newNetwork(t, 2, byDirector)
			markByNFT(t, n)
			n.set(t, "-A -f 7 -s rr\n-a -f 7 -r 10.2.0.11 -m\n-a -f 7 -r 10.2.0.12 -m")
			return n
		},
		breaks: func(t *testing.T, n *network) { require.Zero(t, shell(t, n.director, "nft flush ruleset").Code) },
		byHand: markByNFT},
	"full NAT": {check: "full-nat", severity: "broken", port: 80,
		setUp: func(t *testing.T) *network {
			n := newNetwork(t, 2, noGateway)
			n.set(t, "-A -t 10.1.0.100:80 -s rr\n-a -t 10.1.0.100:80 -r 10.2.0.11:8080 -m\n-a -t 10.1.0.100:80 -r 10.2.0.12:8080 -m")
			sysctl(t, n.director, "net/ipv4/vs/conntrack", "1")
			iptables(t, n.director, "iptables -t nat -A POSTROUTING -m ipvs --vaddr 10.1.0.100/32 --vport 80 -j MASQUERADE")
			return n
		},
		breaks: func(t *testing.T, n *network) { sysctl(t, n.director, "net/ipv4/vs/conntrack", "0") }},
	"drop_packet": {check: "defence", severity: "doubtful", setUp: masqueraded, port: 80, works: true,
		breaks: func(t *testing.T, n *network) {
			sysctl(t, n.director, "net/ipv4/vs/am_droprate", "1000")
			sysctl(t, n.director, "net/ipv4/vs/drop_packet", "3")
		}},
	"estimation": {check: "estimation", severity: "note", works: true, port: 80,
		setUp: func(t *testing.T) *network {
			kernel.Need(t, "estimation that can be turned off")
			return masqueraded(t)
		},
		breaks: func(t *testing.T, n *network) { sysctl(t, n.director, "net/ipv4/vs/run_estimation", "0") }},
	"sync daemon": {check: "sync", severity: "broken", works: true, port: 80,
		setUp: func(t *testing.T) *network {
			n := masqueraded(t)
			n.director.IP(t, "link add sync type dummy\nlink set sync multicast on\naddress add 10.9.0.1/24 dev sync\nlink set sync up")
			n.set(t, "--start-daemon master --mcast-interface sync")
			return n
		},
		breaks: ip("link set sync down")},
	"sync daemon alone": {check: "sync-peer", severity: "note", words: "--probe", setUp: masqueraded, works: true, port: 80,
		breaks: func(t *testing.T, n *network) { n.set(t, "--start-daemon master --mcast-interface front") },
		byHand: func(t *testing.T, n *network) { n.set(t, "--stop-daemon master") }},
	"overlap": {check: "overlap", severity: "note", setUp: masqueraded, works: true, port: 80,
		breaks: func(t *testing.T, n *network) {
			n.set(t, "-A -t 10.1.0.100:0 -p\n-a -t 10.1.0.100:0 -r 10.2.0.11 -m")
		},
		byHand: func(t *testing.T, n *network) { n.set(t, "-D -t 10.1.0.100:0") }},
	"tunnel without room": {check: "mtu", severity: "broken", from: client6, to: vip6, port: 8080,
		setUp: func(t *testing.T) *network {
			n := newNetwork(t, 1, byRouter)
			modprobe(t, "ip6_tunnel")
			n.reals[0].IP(t, "link set ip6tnl0 up\naddress add fd00:1::100/128 dev ip6tnl0 nodad")
			n.set(t, "-A -t [fd00:1::100]:8080 -s rr\n-a -t [fd00:1::100]:8080 -r [fd00:2::11]:8080 -i")
			return n
		},
		breaks: ip("link set back mtu 1300")},
	"gue": {check: "gue-port", severity: "broken", port: 8080,
		setUp: func(t *testing.T) *network {
			kernel.Need(t, "nftables")
			return gue(t)
		},
		breaks: func(t *testing.T, n *network) {
			n.nft(t, "add table inet f; add chain inet f out { type filter hook output priority 0; }; add rule inet f out udp dport 6080 drop")
		}},
	"gue that no rule accepts": {check: "gue-port", severity: "broken", port: 8080,
		setUp: func(t *testing.T) *network {
			kernel.Need(t, "nftables with sets")
			return gue(t)
		},
		breaks: func(t *testing.T, n *network) {
			n.nft(t, "add table inet f; add chain inet f out { type filter hook output priority 0; policy drop; }; "+
				"add rule inet f out oif lo accept; add rule inet f out ct state established,related accept; "+
				"add rule inet f out tcp dport { 22, 80 } accept")
		}},
	"gue that no rule of iptables accepts": {check: "gue-port", severity: "broken", port: 8080, setUp: gue,
		breaks: func(t *testing.T, n *network) {
			iptables(t, n.director, "iptables -A OUTPUT -o lo -j ACCEPT")
			iptables(t, n.director, "iptables -A OUTPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT")
			iptables(t, n.director, "iptables -P OUTPUT DROP")
		}},
	"route for a mark alone": {check: "route", severity: "broken", port: 8080, // which is not that of packets when IPVS looks for a route
		setUp: func(t *testing.T) *network {
			n := newNetwork(t, 2, byDirector)
			iptables(t, n.director, markRule("-A"))
			n.set(t, "-A -f 7 -s rr\n-a -f 7 -r 10.2.0.11 -m\n-a -f 7 -r 10.2.0.12 -m")
			return n
		},
		breaks: ip("rule add fwmark 7 lookup 100\nroute add 10.2.0.0/24 dev back table 100\nroute del 10.2.0.0/24 dev back"),
		byHand: ip("route add 10.2.0.0/24 dev back")},
	"mark of a map": {check: "mark", severity: "note", port: 8080,
		setUp: func(t *testing.T) *network {
			return markedByNFT(t, "add rule ip m pre ip daddr 10.1.0.100 meta mark set tcp dport map { 8080 : 7 }")
		},
		breaks: func(t *testing.T, n *network) {
			n.nft(t, "flush chain ip m pre; add rule ip m pre tcp dport { 8080, 8081 } meta mark set 8")
		},
		byHand: func(t *testing.T, n *network) { n.nft(t, "add rule ip m pre meta mark set tcp dport map { 8080 : 7 }") }},
	"localnode without a listener": {check: "listener", severity: "broken", port: 80,
		setUp: func(t *testing.T) *network {
			n := masqueraded(t)
			n.set(t, "-d -t 10.1.0.100:80 -r 10.2.0.12:8080")
			return n
		},
		breaks: func(t *testing.T, n *network) { n.set(t, "-a -t 10.1.0.100:80 -r 10.2.0.1:9 -m") }},
	"drain": {check: "drain", severity: "doubtful", works: true, port: 80,
		setUp: func(t *testing.T) *network {
			n := masqueraded(t)
			n.set(t, "-E -t 10.1.0.100:80 -s rr -p 600")
			return n
		},
		breaks: func(t *testing.T, n *network) {
			n.set(t, "-e -t 10.1.0.100:80 -r 10.2.0.11:8080 -m -w 0\n-e -t 10.1.0.100:80 -r 10.2.0.12:8080 -m -w 0")
			n.set(t, "-a -t 10.1.0.100:80 -r 10.2.0.11:8081 -m")
		}},
	"server that answers ARP": {check: "arp", severity: "broken", words: "--probe", setUp: directlyRouted, works: true, port: 8080,
		breaks: func(t *testing.T, n *network) {
			r := n.reals[1]
			n.join(t, r.Namespace, "front")
			link, err := r.link("back")
			require.NoError(t, err)
			r.IP(t, "link set front address "+link.HardwareAddr.String()) // as if both networks were one
			sysctl(t, r.Namespace, "net/ipv4/conf/all/arp_ignore", "0")
			sysctl(t, r.Namespace, "net/ipv4/conf/front/rp_filter", "0")
		}},
	"rules in the wrong order": {check: "rules", severity: "broken", setUp: fromFile, port: 80,
		breaks: restores(unordered, "line 1: -a -t 10.1.0.100:80 -r 10.2.0.11:8080 -m: Service not defined\n"),
		byHand: restores(goodRules, "")},
	"thresholds": {check: "thresholds", severity: "broken", setUp: fromFile, port: 80,
		breaks: restores(lowAboveHigh, "line 2: -a -t 10.1.0.100:80 -r 10.2.0.11:8080 -m -x 10 -y 20: Numerical result out of range\n"),
		byHand: restores(lowBelowHigh, "")},
	"lower threshold alone": {check: "thresholds", severity: "broken", setUp: fromFile, port: 80,
		breaks: restores(lowWithoutHigh, "line 2: -a -t 10.1.0.100:80 -r 10.2.0.11:8080 -m -y 20: Numerical result out of range\n"),
		byHand: restores(lowAtHigh, "")},
	"scheduler of the rules": {check: "module", severity: "broken", setUp: fromFile, port: 80,
		breaks: restores(noSuchScheduler, "line 1: -A -t 10.1.0.100:80 -s rrr: Scheduler or persistence engine not found\n"+
			"line 2: -a -t 10.1.0.100:80 -r 10.2.0.11:8080 -m: Service not defined\n"),
		byHand: restores(goodRules, "")},
	"persistence engine of the rules": {check: "module", severity: "broken", setUp: fromFile, port: 80,
		breaks: restores(noSuchEngine, "line 1: -A -t 10.1.0.100:80 -s rr -p --pe spi: Scheduler or persistence engine not found\n"+
			"line 2: -a -t 10.1.0.100:80 -r 10.2.0.11:8080 -m: Service not defined\n"),
		byHand: restores(goodRules, "")},
	"nobody": {check: "unseen", severity: "note", setUp: masqueraded, port: 80, works: true, several: true,
		breaks: func(_ *testing.T, n *network) { n.as = asNobody },
		byHand: func(_ *testing.T, n *network) { n.as = "" }},
	"few buckets": {check: "buckets", severity: "doubtful", port: 80, works: true,
		setUp: func(t *testing.T) *network {
			kernel.Need(t, "tables of a fixed size")
			n := masqueraded(t)
			n.set(t, "-A -u 10.1.0.100:53 -s rr\n-a -u 10.1.0.100:53 -r 10.2.0.11 -m")
			return n
		},
		breaks: crowd, mends: reload, alone: true},
	"reverse path filter": {check: "rp-filter", severity: "doubtful", from: "10.3.0.2", to: vip, port: 80,
		setUp: func(t *testing.T) *network {
			n := masqueraded(t)
			n.clientElsewhere(t)
			n.director.IP(t, "route add default via 10.2.0.254")
			return n
		},
		breaks: func(t *testing.T, n *network) { sysctl(t, n.director, "net/ipv4/conf/front/rp_filter", "1") }},
}

// The rules of the files that are checked before they are restored.
const (
	goodRules = "-A -t 10.1.0.100:80 -s rr\n-a -t 10.1.0.100:80 -r 10.2.0.11:8080 -m\n-a -t 10.1.0.100:80 -r 10.2.0.12:8080 -m\n"

	unordered       = "-a -t 10.1.0.100:80 -r 10.2.0.11:8080 -m\n-A -t 10.1.0.100:80 -s rr\n"
	lowAboveHigh    = "-A -t 10.1.0.100:80 -s rr\n-a -t 10.1.0.100:80 -r 10.2.0.11:8080 -m -x 10 -y 20\n"
	lowWithoutHigh  = "-A -t 10.1.0.100:80 -s rr\n-a -t 10.1.0.100:80 -r 10.2.0.11:8080 -m -y 20\n"
	lowBelowHigh    = "-A -t 10.1.0.100:80 -s rr\n-a -t 10.1.0.100:80 -r 10.2.0.11:8080 -m -x 10 -y 10\n"
	lowAtHigh       = "-A -t 10.1.0.100:80 -s rr\n-a -t 10.1.0.100:80 -r 10.2.0.11:8080 -m -x 20 -y 20\n"
	noSuchScheduler = "-A -t 10.1.0.100:80 -s rrr\n-a -t 10.1.0.100:80 -r 10.2.0.11:8080 -m\n"
	noSuchEngine    = "-A -t 10.1.0.100:80 -s rr -p --pe spi\n-a -t 10.1.0.100:80 -r 10.2.0.11:8080 -m\n"
)

// fromFile makes a network whose rules are restored from a file, which is what is checked.
func fromFile(t *testing.T) *network {
	t.Helper()
	n := newNetwork(t, 2, byDirector)
	n.rules = t.TempDir() + "/rules"
	restores(goodRules, "")(t, n)
	return n
}

// restores returns what restores other rules, about which something is said.
func restores(rules, said string) func(*testing.T, *network) {
	return func(t *testing.T, n *network) {
		require.NoError(t, os.WriteFile(n.rules, []byte(rules), 0o644))
		got := runHelper(t, n.director, "ipvsadm-restore", rules)
		require.Equal(t, said != "", got.Code != 0)
		require.Equal(t, said, got.Stderr)
	}
}

// crowd makes a great many connections: more than 16 in each bucket of the usual connection table, of which there are 4096.
func crowd(t *testing.T, n *network) {
	t.Helper()
	const each = 33_000 // the ports of a client
	var err error
	n.client.Do(func() {
		for _, from := range []string{client1, client2} {
			if err == nil {
				err = sendFromPorts(from, each)
			}
		}
	})
	require.NoError(t, err)
	var active, inactive int
	_, err = fmt.Sscan(n.active(t, "10.2.0.11:53"), &active, &inactive)
	require.NoError(t, err)
	require.Equal(t, 2*each, active+inactive)
}

// sendFromPorts sends datagrams to port 53, each from a port of its own.
func sendFromPorts(from string, count int) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_UDP)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte(net.ParseIP(from).To4())}); err != nil {
		return err
	}
	datagram := make([]byte, 8) // without a checksum
	binary.BigEndian.PutUint16(datagram[2:], 53)
	binary.BigEndian.PutUint16(datagram[4:], 8)
	for i := range count {
		binary.BigEndian.PutUint16(datagram, uint16(1024+i))
		err := unix.Sendto(fd, datagram, 0, &unix.SockaddrInet4{Addr: [4]byte(net.ParseIP(vip).To4())})
		for end := time.Now().Add(patience); errors.Is(err, unix.ENOBUFS) && time.Now().Before(end); {
			time.Sleep(time.Millisecond) // the others have not been received yet
			err = unix.Sendto(fd, datagram, 0, &unix.SockaddrInet4{Addr: [4]byte(net.ParseIP(vip).To4())})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// reload runs a remedy that settings of modules are written by, loads IPVS again, as a boot would, and restores the rules. The
// settings go with the test.
func reload(t *testing.T, n *network, f *finding) {
	t.Helper()
	saved := n.run(t, "-S -n")
	t.Cleanup(func() { // without the settings
		n.set(t, "-C")
		unload(t)
	})
	hide(t, "/etc/modprobe.d")
	n.mend(t, f)
	n.set(t, "-C")
	unload(t)
	modprobe(t, "ip_vs")
	n.set(t, saved)
	crowd(t, n)
}

// link returns an interface of a real server.
func (r *realServer) link(name string) (link *net.Interface, err error) {
	r.Do(func() { link, err = net.InterfaceByName(name) })
	return link, err
}

// markRule returns the words of iptables(8) for a rule, given "-A" or "-D".
func markRule(change string) string {
	return "iptables -t mangle " + change + " PREROUTING -d 10.1.0.100 -p tcp --dport 8080 -j MARK --set-mark 7"
}

func markByNFT(t *testing.T, n *network) {
	got := shell(t, n.director, "nft 'add table ip m; add chain ip m pre { type filter hook prerouting priority mangle; }; "+
		"add rule ip m pre ip daddr 10.1.0.100 tcp dport 8080 meta mark set 7'")
	require.Zero(t, got.Code, got.Stderr)
}

// TestCheckFaults breaks networks that work, one thing at a time. The client fails, --check names that and nothing else, its
// remedy is run as it is printed, and the client succeeds.
func TestCheckFaults(t *testing.T) {
	for name, f := range faults {
		t.Run(name, func(t *testing.T) {
			if !f.alone {
				t.Parallel() // most of it is waiting
			}
			if f.from == "" {
				f.from, f.to = client1, vip
			}
			n := f.setUp(t)
			require.True(t, n.allAnswer(t, f.from, f.to, f.port), "it works before")
			require.Empty(t, n.checked(t, f.words), "no alarm before")
			f.breaks(t, n)
			if !f.works {
				require.False(t, n.allAnswer(t, f.from, f.to, f.port), "it still works")
			}
			found := n.awaitFinding(t, f.words, f.severity)
			require.True(t, len(found) == 1 || f.several && len(found) > 1, "%+v", found)
			for i := range found {
				require.Equal(t, f.check, found[i].Check, "%+v", found)
				require.Equal(t, f.severity, found[i].Severity)
			}
			switch {
			case f.byHand != nil:
				require.Empty(t, found[0].Remedy)
				f.byHand(t, n)
			case f.mends != nil:
				f.mends(t, n, &found[0])
			default:
				n.mend(t, &found[0])
			}
			for end := time.Now().Add(patience); !n.allAnswer(t, f.from, f.to, f.port); {
				require.True(t, time.Now().Before(end), "it does not work after %s", found[0].Remedy)
			}
			for _, left := range n.checked(t, f.words) { // a server without weight, perhaps
				require.Equal(t, []string{f.check, "note"}, []string{left.Check, left.Severity}, "%+v", left)
			}
		})
	}
}

// brief is how long a client of a network that may be broken waits for an answer.
const brief = 3 * time.Second

// allAnswer reports whether each of a few connections gets an answer: of all servers, where there are several.
func (n *network) allAnswer(t *testing.T, from, to string, port int) bool {
	t.Helper()
	for range max(2, len(n.reals)) {
		if !n.getsAnswer(from, to, port) {
			return false
		}
	}
	return true
}

// getsAnswer reports whether a connection gets an answer.
func (n *network) getsAnswer(from, to string, port int) bool {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	ctx, cancel := context.WithTimeout(context.Background(), brief)
	defer cancel()
	var conn net.Conn
	var err error
	n.client.Do(func() { conn, err = dialer.DialContext(ctx, "tcp", net.JoinHostPort(to, fmt.Sprint(port))) })
	if err != nil {
		return false
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(brief))
	_, err = conn.Read(make([]byte, 1))
	return err == nil
}

// checked returns what --check finds. Its exit code and its text say the same.
func (n *network) checked(t *testing.T, words string) (all []finding) {
	t.Helper()
	from := "/dev/null"
	if n.rules != "" {
		from = n.rules
	}
	got := shell(t, n.director, n.as+"ipvsadm --check -j "+words+" <"+from)
	require.Empty(t, got.Stderr)
	require.NoError(t, json.Unmarshal([]byte(got.Stdout), &all), got.Stdout)
	code := 0
	for _, f := range all {
		if f.Severity != "note" {
			code = 1
		}
	}
	require.Equal(t, code, got.Code, got.Stdout)
	return all
}

// awaitFinding waits until there is something so bad: connections are half-open for a while before they are remarkable, and
// rates fall slowly.
func (n *network) awaitFinding(t *testing.T, words, severity string) []finding {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(time.Second) {
		all := n.checked(t, words)
		if slices.ContainsFunc(all, func(f finding) bool { return f.Severity == severity }) || time.Now().After(end) {
			return all
		}
	}
}

// mend runs a remedy as it is printed, where it says.
func (n *network) mend(t *testing.T, f *finding) {
	t.Helper()
	on := n.director
	for _, r := range n.reals {
		if f.RemedyOn != "" && (netip.MustParseAddr(f.RemedyOn) == netip.MustParseAddr(r.ip) || netip.MustParseAddr(f.RemedyOn) == netip.MustParseAddr(r.ip6)) {
			on = r.Namespace
		}
	}
	require.True(t, f.RemedyOn == "" || on != n.director, "there is no machine %s", f.RemedyOn)
	require.NotEmpty(t, f.Remedy)
	got := shell(t, on, f.Remedy)
	require.Zero(t, got.Code, "%s: %s", f.Remedy, got.Stderr)
}

// TestCheckAsNobody checks without rights what the kernel shows to everybody, and from another network namespace.
func TestCheckAsNobody(t *testing.T) {
	n := masqueraded(t)
	sysctl(t, n.director, "net/ipv4/ip_forward", "0")
	const found = ":8080 and 1 more: net.ipv4.ip_forward is 0, so that the director drops the answers of masqueraded servers [forwarding]\n" +
		"  sysctl -w net.ipv4.ip_forward=1\n"
	got := shell(t, n.director, asNobody+"ipvsadm --check </dev/null")
	require.Equal(t, 1, got.Code, got.Stderr)
	require.Empty(t, got.Stderr)
	require.Contains(t, got.Stdout, found) // the first server is the one that the kernel lists first
	require.Contains(t, got.Stdout, "note: thresholds, counters, types of tunnels and sync daemons could not be looked at: Permission denied (you must be root) [unseen]\n")
	require.Contains(t, got.Stdout, "1 service, 2 real servers: 1 broken, 0 doubtful, ")
	got = shell(t, n.client, "ipvsadm --netns "+n.director.Path()+" --check -n </dev/null")
	require.Equal(t, kernel.Result{Stdout: "broken: TCP 10.1.0.100:80 -> 10.2.0.11" + found + "1 service, 2 real servers: 1 broken, 0 doubtful, 0 notes\n", Code: 1}, got)
	// Rules need no table of the kernel.
	rules := t.TempDir() + "/rules"
	require.NoError(t, os.WriteFile(rules, []byte("-A -t 10.1.0.101:80 -s nosuch\n"), 0o644))
	got = shell(t, n.director, asNobody+"ipvsadm --check <"+rules)
	require.Contains(t, got.Stdout, "broken: TCP 10.1.0.101:80: the kernel neither has the scheduler nosuch nor can load it; there are ")
	require.Contains(t, got.Stdout, "\nrules, 1 service, 0 real servers: ")
}
