// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
	"github.com/stretchr/testify/require"
)

// spread is a tally with these counts of answers, one for each real server.
func spread(counts ...int) map[string]int {
	tally := map[string]int{}
	for i, count := range counts {
		if count > 0 {
			tally[fmt.Sprint("r", i+1)] = count
		}
	}
	return tally
}

// wantTally compares who answered with who should have.
func wantTally(t *testing.T, got map[string]int, counts ...int) {
	t.Helper()
	if want := spread(counts...); !maps.Equal(got, want) {
		t.Errorf("answers: %v, want %v", got, want)
	}
}

// TestMasquerading sends connections through a director that changes the destination on the way in and the
// source on the way back. The real servers listen on another port than the service's.
func TestMasquerading(t *testing.T) {
	n := newNetwork(t, 3, byDirector)
	n.set(t, `-A -t 10.1.0.100:80 -s rr
-a -t 10.1.0.100:80 -r 10.2.0.11:8080 -m
-a -t 10.1.0.100:80 -r 10.2.0.12:8080 -m
-a -t 10.1.0.100:80 -r 10.2.0.13:8080 -m`)
	wantTally(t, n.tally(t, 9, client1, vip, 80), 3, 3, 3)
	n.quiet(t)
	c := n.dial(t, client1, vip, 80)
	defer c.Close()
	require.Equal(t, client1, c.seen, "what the real server sees")
}

// TestMasqueradingIPv6 does the same with IPv6.
func TestMasqueradingIPv6(t *testing.T) {
	n := newNetwork(t, 2, byDirector)
	n.set(t, `-A -t [fd00:1::100]:80 -s rr
-a -t [fd00:1::100]:80 -r [fd00:2::11]:8080 -m
-a -t [fd00:1::100]:80 -r [fd00:2::12]:8080 -m`)
	wantTally(t, n.tally(t, 6, client6, vip6, 80), 3, 3)
	n.quiet(t)
}

// TestWeights checks that shares follow the weights.
func TestWeights(t *testing.T) {
	n := newNetwork(t, 2, byDirector)
	n.set(t, `-A -t 10.1.0.100:80 -s wrr
-a -t 10.1.0.100:80 -r 10.2.0.11:8080 -m -w 3
-a -t 10.1.0.100:80 -r 10.2.0.12:8080 -m -w 1`)
	wantTally(t, n.tally(t, 8, client1, vip, 80), 6, 2)
	n.quiet(t)
}

// TestDirectRouting has the real servers, which own the service's address too, answer the client past the
// director.
func TestDirectRouting(t *testing.T) {
	n := newNetwork(t, 2, byRouter)
	for _, r := range n.reals {
		r.IP(t, "address add 10.1.0.100/32 dev lo")
	}
	n.set(t, `-A -t 10.1.0.100:8080 -s rr
-a -t 10.1.0.100:8080 -r 10.2.0.11 -g
-a -t 10.1.0.100:8080 -r 10.2.0.12 -g`)
	wantTally(t, n.tally(t, 6, client1, vip, 8080), 3, 3)
	n.quiet(t)
}

// TestMark makes one service of all packets that the firewall marks, here those to two ports.
func TestMark(t *testing.T) {
	n := newNetwork(t, 2, byDirector)
	iptables(t, n.director, "iptables -t mangle -A PREROUTING -d 10.1.0.100 -p tcp --dport 8080:8081 -j MARK --set-mark 7")
	n.set(t, `-A -f 7 -s rr
-a -f 7 -r 10.2.0.11 -m
-a -f 7 -r 10.2.0.12 -m`)
	answers := n.tally(t, 2, client1, vip, 8080)
	for name, count := range n.tally(t, 2, client1, vip, 8081) {
		answers[name] += count
	}
	wantTally(t, answers, 2, 2)
	n.quiet(t)
}

// TestMarkOfIptables names the service by the mark as iptables shows it. Listings stay decimal.
func TestMarkOfIptables(t *testing.T) {
	n := newNetwork(t, 1, byDirector)
	iptables(t, n.director, "iptables -t mangle -A PREROUTING -d 10.1.0.100 -p tcp --dport 8080 -j MARK --set-mark 258")
	rule := n.director.Run(t, kernel.Command{Path: "/usr/sbin/xtables-legacy-multi", Args: strings.Fields("iptables -t mangle -S PREROUTING")})
	_, mark, _ := strings.Cut(rule.Stdout, "--set-xmark ")
	mark, _, _ = strings.Cut(mark, "/")
	require.Equal(t, "0x102", mark, "iptables shows %q", rule.Stdout)
	n.set(t, "-A -f "+mark+" -s rr\n-a -f "+mark+" -r 10.2.0.11 -m")
	wantTally(t, n.tally(t, 2, client1, vip, 8080), 2)
	want := "-A -f 258 -s rr\n-a -f 258 -r 10.2.0.11:0 -m -w 1\n"
	sameText(t, "the rules", n.run(t, "-S -n"), want)
}

// TestFullNAT lets netfilter change the source as well, so real servers that have no way to the client answer:
// what mainline Linux has for full NAT.
func TestFullNAT(t *testing.T) {
	n := newNetwork(t, 2, noGateway)
	n.set(t, `-A -t 10.1.0.100:80 -s rr
-a -t 10.1.0.100:80 -r 10.2.0.11:8080 -m
-a -t 10.1.0.100:80 -r 10.2.0.12:8080 -m`)
	sysctl(t, n.director, "net/ipv4/vs/conntrack", "1")
	iptables(t, n.director, "iptables -t nat -A POSTROUTING -m ipvs --vaddr 10.1.0.100/32 --vport 80 -j MASQUERADE")
	wantTally(t, n.tally(t, 6, client1, vip, 80), 3, 3)
	n.quiet(t)
	c := n.dial(t, client1, vip, 80)
	defer c.Close()
	require.Equal(t, director, c.seen, "what the real server sees")
}
