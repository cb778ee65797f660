// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What the manual says of schedulers.

// weighted makes a service of the real servers, in their order, with these weights.
func (n *network) weighted(t *testing.T, scheduler string, weights ...int) {
	t.Helper()
	n.set(t, "-C\n-A -t 10.1.0.100:80 -s "+scheduler)
	for i, weight := range weights {
		n.set(t, fmt.Sprintf("-a -t 10.1.0.100:80 -r %s:8080 -m -w %d", n.reals[i].ip, weight))
	}
}

// hold opens so many connections, which stay open, and returns the names that answer.
func (n *network) hold(t *testing.T, times int) (names []string) {
	t.Helper()
	for range times {
		c := n.dial(t, client1, vip, 80)
		t.Cleanup(func() { c.Close() })
		names = append(names, c.name)
	}
	return names
}

// active returns the active and the inactive connections of a real server.
func (n *network) active(t *testing.T, server string) string {
	t.Helper()
	for line := range strings.Lines(n.run(t, "-L -n")) {
		if words := strings.Fields(line); len(words) == 6 && words[1] == server {
			return words[4] + " " + words[5]
		}
	}
	require.Fail(t, "no such real server", server)
	return ""
}

// TestRoundOrder has servers A, B and C with the weights 4, 3 and 2 take their turns.
func TestRoundOrder(t *testing.T) {
	n := newNetwork(t, 3, byDirector)
	n.weighted(t, "wrr", 4, 3, 2)
	got := ""
	for range 18 {
		got += n.ask(t, client1, vip, 80)
	}
	got = strings.NewReplacer("r1", "A", "r2", "B", "r3", "C").Replace(got)
	const round = "ABACBACBA"
	require.Contains(t, round+round+round, got)
}

// TestDelay gives the scheduler sed a server of three times the weight, and one with inactive connections.
func TestDelay(t *testing.T) {
	n := newNetwork(t, 2, byDirector)
	n.weighted(t, "sed", 3, 1)
	require.Equal(t, []string{"r1", "r1"}, n.hold(t, 2)) // 1/3, 2/3
	n.hold(t, 2)                                         // 3/3 and 1/1, either first
	require.Equal(t, "3 0", n.active(t, "10.2.0.11:8080"))

	n = newNetwork(t, 2, byDirector) // for the kernel remembers the connections of deleted servers
	n.weighted(t, "rr", 1)
	require.Equal(t, map[string]int{"r1": 3}, n.tally(t, 3, client1, vip, 80))
	n.set(t, "-a -t 10.1.0.100:80 -r 10.2.0.12:8080 -m -w 2\n-E -t 10.1.0.100:80 -s sed")
	require.Equal(t, []string{"r2"}, n.hold(t, 1)) // 1/2
	n.hold(t, 2)                                   // 2/2 and 1/1
	require.Equal(t, "2 0", n.active(t, "10.2.0.12:8080"))
}

// TestInactiveCount gives lc and wlc a server with an active connection, and one with some 256 inactive ones.
func TestInactiveCount(t *testing.T) {
	for _, c := range []struct {
		scheduler string
		weight    int
		bound     int // inactive connections that weigh as much as the active one, in proportion to the weights
	}{{"lc", 2, 256}, {"wlc", 2, 512}} {
		n := newNetwork(t, 2, byDirector)
		iptables(t, n.director, "iptables -t mangle -A PREROUTING -d 10.1.0.100 -j MARK --set-mark 1")
		n.set(t, "-A -f 1 -s rr\n-a -f 1 -r 10.2.0.11 -m")
		defer n.dial(t, client1, vip, 8080).Close()
		n.set(t, fmt.Sprintf("-a -f 1 -r 10.2.0.12 -m -w %d\n-e -f 1 -r 10.2.0.11 -m -w 0", c.weight))
		sent := 0
		send := func(times int) {
			for range times {
				sent++
				socket := listenUDP(t, n.client, fmt.Sprint(client1, ":", 20000+sent))
				_, err := socket.WriteTo([]byte("x"), &net.UDPAddr{IP: net.ParseIP(vip), Port: 53})
				require.NoError(t, err)
				socket.Close()
			}
		}
		counted := func(server string, inactive int) {
			t.Helper()
			got := ""
			for end := time.Now().Add(patience); time.Now().Before(end) && !strings.HasSuffix(got, fmt.Sprint(" ", inactive)); {
				got = n.active(t, server+":0")
			}
			require.Regexp(t, fmt.Sprintf(" %d$", inactive), got, "%s\n%s", c.scheduler, n.run(t, "-L -n"))
		}
		const about = 8 // Linux 7 changes servers a little later
		send(c.bound - about)
		counted("10.2.0.12", c.bound-about)
		n.set(t, "-e -f 1 -r 10.2.0.11 -m -w 1\n-E -f 1 -s "+c.scheduler)
		send(1)
		counted("10.2.0.12", c.bound-about+1)
		n.set(t, "-e -f 1 -r 10.2.0.11 -m -w 0")
		send(2 * about)
		counted("10.2.0.12", c.bound+about+1)
		n.set(t, "-e -f 1 -r 10.2.0.11 -m -w 1")
		send(1)
		counted("10.2.0.11", 1)
	}
}

// TestOverflow fills the servers of the scheduler ovf one after the other: with TCP, for UDP fills none.
func TestOverflow(t *testing.T) {
	n := newNetwork(t, 2, byDirector)
	n.weighted(t, "ovf", 2, 1)
	require.Equal(t, []string{"r1", "r1", "r1", "r2", "r2"}, n.hold(t, 5))
	n.client.Do(func() {
		_, err := net.Dial("tcp", "10.1.0.100:80")
		require.ErrorContains(t, err, "refused")
	})

	for _, r := range n.reals {
		r.answerUDP(t, r.ip+":53")
	}
	n.set(t, `-A -u 10.1.0.100:53 -s ovf
-a -u 10.1.0.100:53 -r 10.2.0.11 -m -w 2
-a -u 10.1.0.100:53 -r 10.2.0.12 -m -w 1`)
	for range 5 {
		require.Equal(t, map[string]int{"r1": 1}, tallyUDP(t, listenUDP(t, n.client, client1+":0"), 1))
	}
	require.Equal(t, "0 5", n.active(t, "10.2.0.11:53"))
}

// TestCacheSets has the scheduler lblcr add a server to the set of an address, and take the busier one away.
func TestCacheSets(t *testing.T) {
	modprobe(t, "ip_vs_lblcr")
	n := newNetwork(t, 2, byDirector)
	n.run(t, "--sysctl lblcr_expiration=1")
	n.weighted(t, "lblcr", 1, 1)
	first := n.hold(t, 2)
	require.Equal(t, first[0], first[1])
	second := n.hold(t, 1)
	require.NotEqual(t, first[0], second[0], "the first has more active connections than its weight, the other none")
	n.hold(t, 3)
	time.Sleep(1100 * time.Millisecond) // that is the setting, not a limit
	n.set(t, "-e -t 10.1.0.100:80 -r "+n.reals[0].ip+":8080 -m -w 100\n-e -t 10.1.0.100:80 -r "+n.reals[1].ip+":8080 -m -w 100")
	n.ask(t, client1, vip, 80) // from here on, the set has one server
	one := n.hold(t, 8)
	for _, name := range one {
		require.Equal(t, one[0], name)
	}
}

// TestCacheSingle has the scheduler lblc change the server of an address when it is overloaded, and not before.
func TestCacheSingle(t *testing.T) {
	n := newNetwork(t, 2, byDirector)
	n.weighted(t, "lblc", 3, 3)
	names := n.hold(t, 5)
	for _, name := range names[:4] {
		require.Equal(t, names[0], name, names)
	}
	require.NotEqual(t, names[0], names[4])
}
