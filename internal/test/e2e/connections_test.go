// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

const countsForm = "counts" // a form of what -L --json prints

// dialFrom connects the client from a port of its own choice, and reads the real server's answer.
func (n *network) dialFrom(t *testing.T, from string, port int, to string, toPort int) {
	t.Helper()
	dialer := net.Dialer{Timeout: patience, LocalAddr: &net.TCPAddr{IP: net.ParseIP(from), Port: port}}
	var conn net.Conn
	var err error
	n.client.Do(func() { conn, err = dialer.Dial("tcp", net.JoinHostPort(to, fmt.Sprint(toPort))) })
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	_, err = conn.Read(make([]byte, 1))
	require.NoError(t, err)
}

// TestConnectionsDocumented runs the first section of docs/connections.md.
func TestConnectionsDocumented(t *testing.T) {
	n := newNetwork(t, 2, byDirector)
	n.twoServers(t, "-t 10.1.0.100:80", "", ":8080")
	for i, from := range []string{client1, client1, client2} {
		n.dialFrom(t, from, 40000+i, vip, 80)
	}
	replayed(t, n.director, transcript(t, "docs/connections.md", "Of one service, server or client"), anyOrder)
}

// TestOriginDocumented runs what docs/connections.md says of a pair of directors, whose sync daemons run.
func TestOriginDocumented(t *testing.T) {
	n := newNetwork(t, 2, byDirector)
	standby := kernel.NewNamespace(t)
	n.join(t, standby, "front", "10.1.0.4/24")
	for ns, state := range map[*kernel.Namespace]string{n.director: "master", standby: "backup"} {
		start := strings.Fields("--start-daemon " + state + " --mcast-interface front --syncid 5")
		require.Equal(t, kernel.Result{}, ns.Ipvsadm(t, program(), start...))
		t.Cleanup(func() { ns.Ipvsadm(t, program(), "--stop-daemon", state) })
	}
	for _, ns := range []*kernel.Namespace{n.director, standby} {
		rules := "-A -t 10.1.0.100:80 -s rr\n-a -t 10.1.0.100:80 -r 10.2.0.11:8080 -m\n"
		require.Equal(t, kernel.Result{}, ns.Run(t, kernel.Command{Path: program(), Args: []string{"ipvsadm", "-R"}, Stdin: rules}))
	}
	n.dialFrom(t, client1, 40000, vip, 80)
	eventually(t, func() bool {
		return strings.Contains(standby.Ipvsadm(t, program(), "-L", "-n", "-c").Stdout, " 10.1.0.2:40000 ")
	})
	calls := transcript(t, "docs/connections.md", "Does the sync daemon work?")
	require.Len(t, calls, 4)
	replayed(t, n.director, calls[:2], anyOrder)
	replayed(t, standby, calls[2:], anyOrder)

	var listed []struct {
		jsonConnection
		Origin string
	}
	list(t, standby, connections, &listed, "-c", "--origin")
	require.Len(t, listed, 1)
	require.Equal(t, "synced", listed[0].Origin)
	requireRefused(t, standby, []string{"-L", "-c", "--origin"})
}

// TestSelectedConnections compares selections of real connections with what the reference lists of them.
func TestSelectedConnections(t *testing.T) {
	n := newNetwork(t, 2, byDirector)
	n.twoServers(t, "-t 10.1.0.100:80", "-p 600", ":8080")
	n.twoServers(t, "-t 10.1.0.100:443", "", ":8081")
	n.set(t, "-A -t [fd00:1::100]:80 -s rr\n-a -t [fd00:1::100]:80 -r [fd00:2::11]:8080 -m\n"+
		"-A -f 7 -s rr -p 300\n-a -f 7 -r 10.2.0.11:8080 -m")
	iptables(t, n.director, "iptables -t mangle -A PREROUTING -d 10.1.0.1 -p tcp --dport 8080 -j MARK --set-mark 7")
	for i, to := range []string{"10.1.0.100:80", "10.1.0.100:443", "10.1.0.100:443", "[fd00:1::100]:80", "10.1.0.1:8080"} {
		for j, from := range []string{client1, client2, client6} {
			host, port, err := net.SplitHostPort(to)
			require.NoError(t, err)
			if strings.Contains(host, ":") != strings.Contains(from, ":") {
				continue
			}
			var toPort int
			_, err = fmt.Sscan(port, &toPort)
			require.NoError(t, err)
			n.dialFrom(t, from, 41000+10*i+j, host, toPort)
		}
	}
	for words, contains := range map[string][]string{
		"-t 10.1.0.100:80":                   {"TCP ", " 10.1.0.100:80 "},
		"-t 10.1.0.100":                      {"TCP ", " 10.1.0.100:"},
		"-t 10.1.0.100:443 -r 10.2.0.12":     {"TCP ", " 10.1.0.100:443 ", " 10.2.0.12:"},
		"-r 10.2.0.11:8080":                  {" 10.2.0.11:8080"},
		"-r 10.2.0.11":                       {" 10.2.0.11:"},
		"-t [fd00:1::100]:80":                {" [fd00:1::100]:80 "},
		"--client 10.1.0.3":                  {" 10.1.0.3:"},
		"--client fd00:1::/64":               {" [fd00:1::2]:"},
		"--client 10.1.0.2/32 -r 10.2.0.11":  {" 10.1.0.2:", " 10.2.0.11:"},
		"-u 10.1.0.100":                      {"UDP "},
		"--client 192.0.2.0/24":              {" 192.0.2."},
		"-t 10.1.0.1:8080 --client 10.1.0.2": {" 10.1.0.2:", " 10.1.0.1:8080 "},
	} {
		t.Run(words, func(t *testing.T) {
			all := n.director.Ipvsadm(t, kernel.Reference, "-L", "-n", "-c")
			require.Zero(t, all.Code)
			var want strings.Builder
			for i, line := range strings.SplitAfter(all.Stdout, "\n") {
				if i < 2 || line != "" && containsAll(line, contains) {
					want.WriteString(line)
				}
			}
			require.Equal(t, anyOrder(want.String()), anyOrder(n.run(t, "-L -n -c "+words)))
			lines := strings.Count(want.String(), "\n") - 2
			var listed []jsonConnection
			list(t, n.director, connections, &listed, append([]string{"-c"}, strings.Fields(words)...)...)
			require.Len(t, listed, lines)
			var counted []jsonCount
			list(t, n.director, countsForm, &counted, append([]string{"-c", "--count"}, strings.Fields(words)...)...)
			sum := 0
			for _, c := range counted {
				sum += c.Connections
			}
			require.Equal(t, lines, sum)
			requireRefused(t, n.director, append([]string{"-L", "-n", "-c"}, strings.Fields(words)...))
		})
	}
	n.countsByService(t)
}

// countsByService checks the counts of what TestSelectedConnections has made.
func (n *network) countsByService(t *testing.T) {
	t.Helper()
	var counted []jsonCount
	text := list(t, n.director, countsForm, &counted, "-c", "--count")
	got := map[string]int{}
	for _, c := range counted {
		key := c.Protocol + " " + c.text()
		if c.Mark != 0 {
			key = fmt.Sprint("mark ", c.Mark)
		}
		got[key] = c.Connections
		sum := 0
		for _, d := range c.Destinations {
			sum += d.Connections
		}
		require.Equal(t, c.Connections, sum, text)
	}
	want := map[string]int{
		"TCP 10.1.0.100:80":    4, // two connections and their templates
		"TCP 10.1.0.100:443":   4,
		"TCP [fd00:1::100]:80": 1,
		"TCP 10.1.0.1:8080":    2, // of the mark
		"mark 7":               2, // its templates
	}
	require.Equal(t, want, got, text)
}

type jsonCount struct {
	endpoint
	Protocol     string
	Mark         uint32
	Connections  int
	States       map[string]int
	Destinations []jsonCount
}

func containsAll(line string, parts []string) bool {
	for _, part := range parts {
		if !strings.Contains(line, part) {
			return false
		}
	}
	return true
}

// requireRefused checks that the reference refuses a command line because of its words.
func requireRefused(t *testing.T, n *kernel.Namespace, words []string) {
	t.Helper()
	got := n.Ipvsadm(t, kernel.Reference, words...)
	require.Contains(t, []int{2, 255}, got.Code)
	require.Empty(t, got.Stdout)
}
