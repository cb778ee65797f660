// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"strings"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
	"github.com/stretchr/testify/require"
)

// TestReplaceOnly replaces a service while connections of it and of another program's service are open: both go on, and
// nothing of the other is changed, not even its counters.
func TestReplaceOnly(t *testing.T) {
	n := newNetwork(t, 3, byDirector)
	n.set(t, `-A -t 10.1.0.100:80 -s rr
-a -t 10.1.0.100:80 -r 10.2.0.11:8080 -m
-A -t 10.1.0.100:8081 -s wlc -p 60
-a -t 10.1.0.100:8081 -r 10.2.0.13:8081 -m -x 100`)
	mine, theirs := n.dial(t, client1, vip, 80), n.dial(t, client1, vip, 8081)
	defer mine.Close()
	defer theirs.Close()
	const other = "-L -n --stats -t 10.1.0.100:8081"
	sameCounters := func(when string, want string) string {
		got := n.run(t, other)
		if want != "" && got != want {
			t.Errorf("%s, the other service is\n%s, want\n%s", when, got, want)
		}
		return got
	}
	// The kernel updates counters every two seconds: done when the three packets of the connection are there.
	eventually(t, func() bool {
		return strings.Count(n.run(t, other), "       1        3 ") == 2
	})
	before := sameCounters("before", "")
	sameResult(t, runRestore(t, n.director, `-A -t 10.1.0.100:80 -s wrr
-a -t 10.1.0.100:80 -r 10.2.0.11:8080 -m
-a -t 10.1.0.100:80 -r 10.2.0.12:8080 -m
`, "--replace", "--only"), kernel.Result{})
	sameCounters("after a replacement", before)
	mine.echo(t, "mine")
	theirs.echo(t, "theirs")
	wantTally(t, n.tally(t, 4, client1, vip, 80), 2, 2)
	require.Equal(t, "r3", n.ask(t, client1, vip, 8081), "the other service")
	sameResult(t, runHelper(t, n.director, "ipvsadm-restore", "-D -t 10.1.0.100:80\n-D -t 10.1.0.100:81\n", "--replace", "--only"),
		kernel.Result{})
	theirs.echo(t, "still")
	sameText(t, "the rules", n.run(t, "-S -n --thresholds"), `-A -t 10.1.0.100:8081 -s wlc -p 60
-a -t 10.1.0.100:8081 -r 10.2.0.13:8081 -m -w 1 -x 100
`)
}

// TestReplaceOnlyAny replaces parts of random tables: the part is then as a replacement of it alone makes it, and the rest
// is as before.
func TestReplaceOnlyAny(t *testing.T) {
	whole, part := kernel.NewNamespace(t), kernel.NewNamespace(t)
	wholeClient, partClient := client(t, whole), client(t, part)
	for seed := range uint64(8) {
		g := newGenerator(seed)
		mine, others, wanted := g.table(), "-A -t 198.51.100.200:1 -s rr\n-a -t 198.51.100.200:1 -r 198.51.100.201:1 -m\n", g.table()
		for _, rules := range []string{mine, wanted} {
			require.NotContains(t, rules, "198.51.100.200", "the other service is among the random ones")
		}
		restore(t, whole, kernel.Reference, "-C\n"+mine+others)
		// All of mine that is not wanted is deleted by name.
		gone := ""
		for line := range strings.Lines(mine) {
			if service, ok := strings.CutPrefix(line, "-A "); ok {
				key, _, _ := strings.Cut(service, " -s ")
				gone += "-D " + key + "\n"
			}
		}
		sameResult(t, runRestore(t, whole, gone+wanted, "--replace", "--only"), kernel.Result{})
		restore(t, part, kernel.Reference, "-C\n"+wanted+others)
		sameText(t, "the table", settings(t, wholeClient), settings(t, partClient))
		if t.Failed() {
			t.Fatalf("seed %d: from\n%sto\n%s", seed, mine, wanted)
		}
	}
}
