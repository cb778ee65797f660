// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// newAnswered returns a network with a service of two real servers, of which each has two open connections.
func newAnswered(t *testing.T) *network {
	t.Helper()
	n := newNetwork(t, 2, byDirector)
	n.twoServers(t, "-t 10.1.0.100:80", "", ":8080")
	for range 4 {
		c := n.dial(t, client1, vip, 80)
		t.Cleanup(func() { _ = c.Close() })
	}
	return n
}

// TestOneServerDocumented runs the section of docs/listings.md about one real server.
func TestOneServerDocumented(t *testing.T) {
	n := newAnswered(t)
	replayed(t, n.director, transcript(t, "docs/listings.md", "One real server"), strings.Clone)
	requireRefused(t, n.director, []string{"-L", "-t", "10.1.0.100:80", "-r", "10.2.0.12"})
}

// TestOneServer lists a real server with its traffic in each form, as the reference does among the others.
func TestOneServer(t *testing.T) {
	n := newAnswered(t)
	const one = " -t 10.1.0.100:80 -r 10.2.0.11:8080"
	for _, view := range []string{"", "--stats", "--thresholds", "--persistent-conn", "--tun-info"} {
		require.Eventually(t, func() bool {
			want := strings.SplitAfter(n.director.Ipvsadm(t, kernel.Reference, strings.Fields("-L -n -t 10.1.0.100:80 "+view)...).Stdout, "\n")
			require.Contains(t, want[3], "10.2.0.11:8080")
			return strings.Join(want[:4], "") == n.run(t, "-L -n "+view+one)
		}, patience, 50*time.Millisecond, view)
	}
	var all []jsonService
	list(t, n.director, services, &all, strings.Fields(one)...)
	require.Len(t, all, 1)
	require.Len(t, all[0].Destinations, 1)
	require.Equal(t, "10.2.0.11", all[0].Destinations[0].Address)
	require.Contains(t, n.run(t, "-L -n --rate"+one), "  -> 10.2.0.11:8080 ")
	for _, missing := range []string{"10.2.0.11:80", "10.2.0.13"} {
		require.Equal(t, kernel.Result{Stderr: "No such destination\n", Code: 1},
			n.director.Ipvsadm(t, program(), "-L", "-t", "10.1.0.100:80", "-r", missing))
	}
}
