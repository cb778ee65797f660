// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestFTPPersistent has a client's connections to other ports follow that to a persistent service on port 21, by direct
// routing.
func TestFTPPersistent(t *testing.T) {
	n := newNetwork(t, 2, byRouter)
	for _, r := range n.reals {
		r.IP(t, "address add 10.1.0.100/32 dev lo")
		for _, port := range []int{20, 21, 1023, 1024} {
			r.serve(t, port)
		}
	}
	here := &realServer{Namespace: n.director, name: "director"}
	for _, port := range []int{20, 1023, 1024} {
		here.serve(t, port)
	}
	n.set(t, `-A -t 10.1.0.100:21 -s rr -p
-a -t 10.1.0.100:21 -r 10.2.0.11
-a -t 10.1.0.100:21 -r 10.2.0.12
-A -t 10.1.0.100:8081 -s rr
-a -t 10.1.0.100:8081 -r 10.2.0.11
-a -t 10.1.0.100:8081 -r 10.2.0.12`)
	seen := map[string]bool{}
	for _, from := range []string{client1, client2} {
		name := n.ask(t, from, vip, 21)
		seen[name] = true
		for _, port := range []int{20, 1024, 8080} {
			require.Equal(t, name, n.ask(t, from, vip, port), port)
		}
		require.Equal(t, "director", n.ask(t, from, vip, 1023))
	}
	require.Len(t, seen, 2)
	wantTally(t, n.tally(t, 4, client1, vip, 8081), 2, 2) // another service
	n.quiet(t)
	n.set(t, "-E -t 10.1.0.100:21 -s rr")
	require.Equal(t, "director", n.ask(t, client1, vip, 1024))
}

// TestFTPMasqueraded has the module for FTP replace the address of a real server in its answer.
func TestFTPMasqueraded(t *testing.T) {
	n := newNetwork(t, 2, byDirector)
	for _, r := range n.reals {
		r.serve(t, 21)
	}
	modprobe(t, "ip_vs_ftp")
	n.twoServers(t, "-t 10.1.0.100:21", "", "")
	require.Contains(t, shell(t, n.director, "cat /proc/net/ip_vs_app").Stdout, "TCP  21      0      ftp")
	require.Equal(t, "21\n", shell(t, n.director, "cat /sys/module/ip_vs_ftp/parameters/ports").Stdout)
	for range 2 {
		c := n.dial(t, client1, vip, 21)
		defer c.Close()
		c.echo(t, "PASV\r")
		server := "10,2,0,1" + strings.TrimPrefix(c.name, "r")
		fmt.Fprint(c, "227 Entering Passive Mode ("+server+",31,144).\r\n") // which the server sends back
		answer, err := c.lines.ReadString('\n')
		require.NoError(t, err)
		require.Equal(t, "227 Entering Passive Mode (10,1,0,100,31,144).\r\n", answer)
		require.Equal(t, c.name, n.ask(t, client1, vip, 8080))
	}
	require.Contains(t, shell(t, n.director, "cat /proc/net/ip_vs_app").Stdout, "TCP  21      2      ftp")
	n.quiet(t)
}
