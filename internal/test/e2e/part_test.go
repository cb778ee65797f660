// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// TestPartDocumented runs docs/part.md.
func TestPartDocumented(t *testing.T) {
	n := kernel.NewNamespace(t)
	calls := transcript(t, "docs/part.md")
	restore(t, n, kernel.Reference, calls[0].output)
	replayed(t, n, calls, linesSorted)
	for _, words := range [][]string{{"-L", "-4"}, {"-S", "--vip", "10.1.0.100"}, {"-Z", "--marks"}, {"-C", "-6"}, {"-C", "--dry-run"}} {
		requireRefused(t, n, words)
	}
}

// TestPartTraffic clears a part of a table while a connection of another part goes on, and zeroes the counters of a
// part only.
func TestPartTraffic(t *testing.T) {
	n := newNetwork(t, 2, byDirector)
	n.twoServers(t, "-t 10.1.0.100:80", "", ":8080")
	n.set(t, "-A -t [fd00:1::100]:80 -s rr\n-a -t [fd00:1::100]:80 -r [fd00:2::11]:8080 -m")
	v4, v6 := n.dial(t, client1, vip, 80), n.dial(t, client6, vip6, 80)
	defer v4.Close()
	defer v6.Close()
	counted := func() map[string]uint64 {
		var all []jsonService
		list(t, n.director, services, &all)
		counts := map[string]uint64{}
		for _, s := range all {
			counts[s.text()] = s.Counters["connections"]
		}
		return counts
	}
	eventually(t, func() bool {
		c := counted()
		return c["10.1.0.100:80"] == 1 && c["[fd00:1::100]:80"] == 1
	})
	n.set(t, "-Z -4")
	require.Equal(t, map[string]uint64{"10.1.0.100:80": 0, "[fd00:1::100]:80": 1}, counted())
	before := n.run(t, "-S -n -4")
	n.set(t, "-C --vip fd00:1::/64")
	require.Equal(t, before, n.run(t, "-S -n"))
	v4.echo(t, "still there")
	n.set(t, "-C -4")
	require.Empty(t, n.run(t, "-S -n"))
}
