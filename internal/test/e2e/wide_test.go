// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// TestWideDocumented runs docs/wide.md.
func TestWideDocumented(t *testing.T) {
	n := kernel.NewNamespace(t)
	restore(t, n, kernel.Reference, `-A -t [fd00:1:ffff:ffff:ffff:ffff:ffff:100]:80 -s rr
-a -t [fd00:1:ffff:ffff:ffff:ffff:ffff:100]:80 -r [fd00:2::11]:8080 -m -w 1000000000
-a -t [fd00:1:ffff:ffff:ffff:ffff:ffff:100]:80 -r [fd00:2:ffff:ffff:ffff:ffff:ffff:12]:8080 -m
`)
	calls := transcript(t, "docs/wide.md")
	replayed(t, n, calls, linesSorted)
	words := strings.Fields(calls[0].line)[1:]
	require.Equal(t, calls[0].output, n.Ipvsadm(t, kernel.Reference, words...).Stdout)
	requireRefused(t, n, []string{"-L", "--wide"})
}

// TestWideTraffic checks that a wide listing has the figures of the reference's.
func TestWideTraffic(t *testing.T) {
	n := newNetwork(t, 2, byDirector)
	n.twoServers(t, "-t 10.1.0.100:80", "-p 600", ":8080")
	n.set(t, "-A -t [fd00:1::100]:80 -s rr\n-a -t [fd00:1::100]:80 -r [fd00:2::11]:8080 -m\n-A -f 7 -s rr")
	defer n.dial(t, client1, vip, 80).Close()
	defer n.dial(t, client6, vip6, 80).Close()
	for _, view := range []string{"", "--thresholds", "--persistent-conn", "--tun-info", "--stats --exact"} {
		eventually(t, func() bool {
			words := strings.Fields("-L -n " + view)
			want := n.director.Ipvsadm(t, kernel.Reference, words...).Stdout
			return sameWords(want) == sameWords(kernel.AsReference(n.run(t, "-L -n --wide "+view)))
		}, view)
	}
}

// sameWords returns the words of each line.
func sameWords(listing string) string {
	var b strings.Builder
	for line := range strings.Lines(listing) {
		b.WriteString(strings.Join(strings.Fields(line), " ") + "\n")
	}
	return b.String()
}
