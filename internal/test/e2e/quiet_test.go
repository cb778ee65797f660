// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// quiet requires that --check raises no alarm, nor does --check --probe. Tests call it where traffic has got through.
func (n *network) quiet(t *testing.T) {
	t.Helper()
	for _, words := range []string{"", "--probe"} {
		for _, f := range n.checked(t, words) {
			require.Equal(t, "note", f.Severity, "a false alarm of --check %s: %+v", words, f)
			t.Logf("--check %s: %s: %s", words, f.Check, f.Text)
		}
	}
}

// A working network is one through which clients get answers.
type working struct {
	setUp    func(t *testing.T) *network
	from, to string // client1 and vip if empty
	port     int
	notes    string // the check that may say something, if it is a note
}

// workings are networks that no other test makes.
var workings = map[string]working{
	"direct routing of IPv6": {from: client6, to: vip6, port: 8080, setUp: func(t *testing.T) *network {
		n := newNetwork(t, 2, byRouter)
		for _, r := range n.reals {
			r.IP(t, "address add fd00:1::100/128 dev lo nodad")
		}
		n.set(t, "-A -t [fd00:1::100]:8080 -s rr\n-a -t [fd00:1::100]:8080 -r [fd00:2::11]:8080 -g\n-a -t [fd00:1::100]:8080 -r [fd00:2::12]:8080 -g")
		return n
	}},
	"IPv4 in IPv6": {port: 8080, setUp: func(t *testing.T) *network {
		kernel.Need(t, "devices ip6tnl")
		n := newNetwork(t, 2, byRouter)
		for _, r := range n.reals {
			r.IP(t, "link add four type ip6tnl mode ipip6 local "+r.ip6+" remote fd00:2::1\nlink set four up\naddress add 10.1.0.100/32 dev four")
		}
		n.set(t, "-A -t 10.1.0.100:8080 -s rr\n-a -t 10.1.0.100:8080 -r [fd00:2::11]:8080 -i\n-a -t 10.1.0.100:8080 -r [fd00:2::12]:8080 -i")
		return n
	}},
	"servers of several kinds": {port: 8080, setUp: func(t *testing.T) *network {
		modprobe(t, "ipip")
		n := newNetwork(t, 3, byRouter)
		n.reals[0].IP(t, "route replace default via 10.2.0.1")
		n.reals[1].IP(t, "address add 10.1.0.100/32 dev lo")
		n.reals[2].IP(t, "link set tunl0 up\naddress add 10.1.0.100/32 dev tunl0")
		n.set(t, `-A -t 10.1.0.100:8080 -s rr
-a -t 10.1.0.100:8080 -r 10.2.0.11 -m
-a -t 10.1.0.100:8080 -r 10.2.0.12 -g
-a -t 10.1.0.100:8080 -r 10.2.0.13 -i
-a -t 10.1.0.100:8080 -r 10.2.0.99 -m -w 0`)
		return n
	}},
	"marks by a map of nftables": {port: 8080, setUp: func(t *testing.T) *network {
		return markedByNFT(t, "add rule ip m pre meta mark set tcp dport map { 8080 : 7, 8081 : 8 }")
	}},
	"marks by sets of nftables": {port: 8080, setUp: func(t *testing.T) *network {
		return markedByNFT(t, "add rule ip m pre ip daddr { 10.1.0.100, 10.1.0.101 } tcp dport { 8080, 8081 } meta mark set 7")
	}},
	"marks in a chain of nftables": {port: 8080, setUp: func(t *testing.T) *network {
		return markedByNFT(t, "add chain ip m seven; add rule ip m seven meta mark set 7; add rule ip m pre tcp dport vmap { 8080 : jump seven }")
	}},
	"marks in a chain of iptables": {port: 8080, setUp: func(t *testing.T) *network {
		n := newNetwork(t, 2, byDirector)
		iptables(t, n.director, "iptables -t mangle -N own")
		iptables(t, n.director, "iptables -t mangle -A own -j MARK --set-mark 7")
		iptables(t, n.director, "iptables -t mangle -A PREROUTING -d 10.1.0.100 -p tcp --dport 8080:8081 -j own")
		n.set(t, "-A -f 7 -s rr\n-a -f 7 -r 10.2.0.11 -m\n-a -f 7 -r 10.2.0.12 -m")
		return n
	}},
	"gue past a filter with a set": {port: 8080, setUp: func(t *testing.T) *network {
		return filteredGUE(t, "add rule inet f out udp dport { 53, 6080 } accept")
	}},
	"gue past a filter with a map": {port: 8080, setUp: func(t *testing.T) *network {
		return filteredGUE(t, "add rule inet f out udp dport vmap { 53 : drop, 6080 : accept }")
	}},
	"gue past a filter with a chain": {port: 8080, setUp: func(t *testing.T) *network {
		return filteredGUE(t, "add chain inet f more; add rule inet f more accept; add rule inet f out ip daddr 10.2.0.0/24 jump more")
	}},
	"mark by a rule to a local route": {to: "10.8.0.1", port: 8080, setUp: func(t *testing.T) *network {
		n := newNetwork(t, 2, byDirector)
		n.transparent(t)
		n.set(t, "-A -f 7 -s rr\n-a -f 7 -r 10.2.0.11 -m\n-a -f 7 -r 10.2.0.12 -m")
		return n
	}},
	"address by a rule to a local route": {to: "10.8.0.1", port: 8080, notes: "address", setUp: func(t *testing.T) *network {
		n := newNetwork(t, 2, byDirector)
		n.transparent(t)
		n.twoServers(t, "-t 10.8.0.1:8080", "", "")
		return n
	}},
	"rule for the answers": {port: 80, setUp: func(t *testing.T) *network {
		n := masqueraded(t)
		n.director.IP(t, "rule add from 10.1.0.100 lookup 200\nroute add 10.1.0.0/24 dev front table 200\n"+
			"rule add iif front lookup 201\nroute add 10.2.0.0/24 dev back table 201")
		return n
	}},
	"strict filter and a rule for the answers": {from: "10.3.0.2", port: 80, setUp: func(t *testing.T) *network {
		n := masqueraded(t)
		n.clientElsewhere(t)
		n.director.IP(t, "route add default via 10.2.0.254\nrule add from 10.1.0.100 lookup 200\nroute add default via 10.1.0.254 dev front table 200")
		sysctl(t, n.director, "net/ipv4/conf/front/rp_filter", "1")
		sysctl(t, n.director, "net/ipv4/conf/all/rp_filter", "1") // of back as well, where the servers are
		return n
	}},
	"forwarding on the interface alone": {port: 80, setUp: func(t *testing.T) *network {
		n := masqueraded(t)
		sysctl(t, n.director, "net/ipv4/ip_forward", "0")
		sysctl(t, n.director, "net/ipv4/conf/back/forwarding", "1")
		return n
	}},
	"a pair of directors": {port: 80, notes: "address", setUp: func(t *testing.T) *network {
		n := masqueraded(t)
		n.set(t, "--start-daemon master --mcast-interface front --syncid 5")
		standby := kernel.NewNamespace(t)
		n.join(t, standby, "front", "10.1.0.4/24")
		n.join(t, standby, "back", "10.2.0.4/24")
		sysctl(t, standby, "net/ipv4/ip_forward", "1")
		for _, words := range []string{"-R", "--start-daemon backup --mcast-interface front --syncid 5"} {
			require.Zero(t, standby.Run(t, kernel.Command{Path: program(), Args: append([]string{"ipvsadm"}, strings.Fields(words)...), Stdin: goodRules}).Code)
		}
		t.Cleanup(func() {
			n.director.Ipvsadm(t, program(), "--stop-daemon", "master")
			standby.Ipvsadm(t, program(), "--stop-daemon", "backup")
		})
		t.Cleanup(func() { (&network{director: standby}).quiet(t) }) // after the traffic, and before the daemons stop
		return n
	}},
}

// clientElsewhere moves the client to a third network.
func (n *network) clientElsewhere(t *testing.T) {
	t.Helper()
	n.router.IP(t, "link add third type bridge\nlink set third up\naddress add 10.3.0.254/24 dev third")
	n.client.IP(t, "link set front down")
	n.join(t, n.client, "third", "10.3.0.2/24")
	n.client.IP(t, "route add default via 10.3.0.254")
}

// markedByNFT makes a network with a service of mark 7, which commands of nft(8) give to packets.
func markedByNFT(t *testing.T, commands string) *network {
	t.Helper()
	kernel.Need(t, "nftables with sets")
	n := newNetwork(t, 2, byDirector)
	n.nft(t, "add table ip m; add chain ip m pre { type filter hook prerouting priority mangle; }; "+commands)
	n.set(t, "-A -f 7 -s rr\n-a -f 7 -r 10.2.0.11 -m\n-a -f 7 -r 10.2.0.12 -m")
	return n
}

// filteredGUE makes a network with a tunnel gue, on which the director drops what no rule accepts.
func filteredGUE(t *testing.T, commands string) *network {
	t.Helper()
	kernel.Need(t, "nftables with sets")
	n := gue(t)
	n.nft(t, "add table inet f; add chain inet f out { type filter hook output priority 0; policy drop; }; "+
		"add rule inet f out oif lo accept; add rule inet f out ct state established,related accept; "+commands)
	return n
}

// nft runs commands of nft(8) on the director.
func (n *network) nft(t *testing.T, commands string) {
	t.Helper()
	got := shell(t, n.director, "nft '"+commands+"'")
	require.Zero(t, got.Code, got.Stderr)
}

// transparent has the director take packets to an address that is on no interface: those that have a mark.
func (n *network) transparent(t *testing.T) {
	t.Helper()
	n.client.IP(t, "route add 10.8.0.1 via 10.1.0.1")
	n.director.IP(t, "rule add fwmark 7 lookup 100\nroute add local 0.0.0.0/0 dev lo table 100")
	iptables(t, n.director, "iptables -t mangle -A PREROUTING -d 10.8.0.1 -p tcp --dport 8080 -j MARK --set-mark 7")
}

// TestCheckQuiet lets clients get answers through networks of all kinds: --check raises no alarm.
func TestCheckQuiet(t *testing.T) {
	for name, w := range workings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if w.from == "" {
				w.from = client1
			}
			if w.to == "" {
				w.to = vip
			}
			n := w.setUp(t)
			for end := time.Now().Add(patience); !n.allAnswer(t, w.from, w.to, w.port); {
				require.True(t, time.Now().Before(end), "it does not work")
			}
			n.quiet(t)
			for _, f := range n.checked(t, "") {
				require.Equal(t, w.notes, f.Check, "%+v", f)
			}
		})
	}
}

// TestCheckSCTP does the same with SCTP, for which package net has no sockets.
func TestCheckSCTP(t *testing.T) {
	kernel.Need(t, "SCTP services", "SCTP sockets")
	n := newNetwork(t, 2, byDirector)
	for _, r := range n.reals {
		fd := sctpSocket(t, r.Namespace)
		require.NoError(t, unix.Bind(fd, &unix.SockaddrInet4{Port: 8080}))
		require.NoError(t, unix.Listen(fd, 8))
		go func() {
			for {
				peer, _, err := unix.Accept(fd)
				if err != nil {
					return
				}
				_, _ = unix.Write(peer, []byte(r.name))
				defer unix.Close(peer)
			}
		}()
	}
	n.twoServers(t, "--sctp-service 10.1.0.100:80", "", ":8080")
	answers := map[string]int{}
	for range 4 {
		fd := sctpSocket(t, n.client)
		require.NoError(t, unix.Connect(fd, &unix.SockaddrInet4{Port: 80, Addr: [4]byte(net.ParseIP(vip).To4())}))
		name := make([]byte, 10)
		size, err := unix.Read(fd, name)
		require.NoError(t, err)
		answers[string(name[:size])]++
	}
	wantTally(t, answers, 2, 2)
	n.quiet(t)
	require.Empty(t, n.checked(t, ""), fmt.Sprint(answers))
}

// sctpSocket opens a socket that does not wait for longer than a packet may take.
func sctpSocket(t *testing.T, ns *kernel.Namespace) (fd int) {
	t.Helper()
	var err error
	ns.Do(func() { fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, unix.IPPROTO_SCTP) })
	require.NoError(t, err)
	t.Cleanup(func() {
		_ = unix.Shutdown(fd, unix.SHUT_RDWR) // ends a wait for connections
		_ = unix.Close(fd)
	})
	for _, option := range []int{unix.SO_RCVTIMEO, unix.SO_SNDTIMEO} {
		require.NoError(t, unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, option, &unix.Timeval{Sec: int64(patience / time.Second)}))
	}
	return fd
}
