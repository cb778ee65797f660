// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
	"github.com/stretchr/testify/require"
)

// addressesIn returns the addresses in a listing, one word each, in their order.
func addressesIn(listing string) string {
	var all []string
	for line := range strings.Lines(listing) {
		if words := strings.Fields(line); len(words) > 1 && strings.Contains(words[1], ".") {
			all = append(all, words[1])
		}
	}
	return strings.Join(all, " ")
}

// TestSortByWeight sorts by what services have no figure of their own for. Those that are level, and the real servers
// among them, stay sorted by address.
func TestSortByWeight(t *testing.T) {
	n := kernel.NewNamespace(t)
	restore(t, n, program(), `-A -t 192.0.2.1:80
-A -t 192.0.2.2:80
-a -t 192.0.2.2:80 -r 198.51.100.4 -m -w 2
-a -t 192.0.2.2:80 -r 198.51.100.3 -m -w 2
-a -t 192.0.2.2:80 -r 198.51.100.5 -m -w 3
-a -t 192.0.2.2:80 -r 198.51.100.2 -m -w 0
-A -t 192.0.2.3:80
-a -t 192.0.2.3:80 -r 198.51.100.6 -m -w 2147483647
-A -t 192.0.2.4:80
-a -t 192.0.2.4:80 -r 198.51.100.6 -m -w 7
`)
	const two = "192.0.2.2:80 198.51.100.5:80 198.51.100.3:80 198.51.100.4:80 198.51.100.2:80"
	for line, want := range map[string]string{
		"-Ln --sort-by weight":                   "192.0.2.3:80 198.51.100.6:80 " + two + " 192.0.2.4:80 198.51.100.6:80 192.0.2.1:80",
		"-Ln --stats --sort-by weight":           "192.0.2.3:80 198.51.100.6:80 " + two + " 192.0.2.4:80 198.51.100.6:80 192.0.2.1:80",
		"-Ln -t 192.0.2.2:80 --sort-by weight":   two,
		"-Ln -t 192.0.2.2:80 --sort-by inactive": addressesIn(n.Ipvsadm(t, kernel.Reference, "-Ln", "-t", "192.0.2.2:80").Stdout),
		"-Ln --stats --sort-by inbytes":          addressesIn(n.Ipvsadm(t, kernel.Reference, "-Ln").Stdout),
	} {
		got := n.Ipvsadm(t, program(), strings.Fields(line)...)
		require.Zero(t, got.Code, line)
		require.Empty(t, got.Stderr, line)
		require.Equal(t, want, addressesIn(got.Stdout), line)
	}
	var asJSON []jsonService
	list(t, n, services, &asJSON, "--sort-by", "weight")
	require.Len(t, asJSON, 4, "as JSON")
	require.Equal(t, "192.0.2.3:80", asJSON[0].text(), "as JSON")
	require.Equal(t, "198.51.100.5:80", asJSON[1].Destinations[0].text(), "as JSON")
	// Except for the order, the listing is the same as without the option.
	sameText(t, "lines", sortedLines(n.Ipvsadm(t, program(), "-Ln", "--sort-by", "weight").Stdout),
		sortedLines(n.Ipvsadm(t, kernel.Reference, "-Ln").Stdout))
}

func sortedLines(text string) string {
	return strings.Join(slices.Sorted(strings.Lines(text)), "")
}

// TestSortByTraffic sorts by what connections have made of the counters.
func TestSortByTraffic(t *testing.T) {
	n := newNetwork(t, 2, byDirector)
	n.set(t, `-A -t 10.1.0.100:80 -s rr
-a -t 10.1.0.100:80 -r 10.2.0.11:8080 -m
-A -t 10.1.0.100:81 -s wrr
-a -t 10.1.0.100:81 -r 10.2.0.11:8080 -m -w 1
-a -t 10.1.0.100:81 -r 10.2.0.12:8080 -m -w 3`)
	open := n.dial(t, client1, vip, 80)
	defer open.Close()
	n.tally(t, 8, client1, vip, 81)
	const busy, open80 = "10.1.0.100:81 10.2.0.12:8080 10.2.0.11:8080", "10.1.0.100:80 10.2.0.11:8080"
	require.Equal(t, open80+" 10.1.0.100:81 10.2.0.11:8080 10.2.0.12:8080", addressesIn(n.run(t, "-Ln --sort-by active")), "by active connections")
	require.Equal(t, busy+" "+open80, addressesIn(n.run(t, "-Ln --sort-by inactive")), "by inactive connections")
	for _, column := range []string{"conns", "inpkts", "outpkts", "InBytes", "outbytes"} {
		line := "-Ln --stats --sort-by " + column
		// The kernel adds counters up every other second.
		var got string
		for end := time.Now().Add(patience); got != busy+" "+open80; time.Sleep(100 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s:\n%s", line, n.run(t, line))
			}
			got = addressesIn(n.run(t, line))
		}
	}
}
