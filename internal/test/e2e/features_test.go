// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
	"github.com/stretchr/testify/require"
)

// TestFeatures reports what the kernel has and what it lacks. Both programs say the same about what it lacks.
func TestFeatures(t *testing.T) {
	for i := range kernel.Features {
		f := &kernel.Features[i]
		verb := "lacks"
		if f.Has(t) {
			verb = "has"
		}
		// A line of its own, for whoever counts.
		fmt.Printf("\nthe kernel %s %s\n", verb, f.Name)
		if scheduler, ok := strings.CutPrefix(f.Name, "scheduler "); ok {
			sameSaid(t, "-A -t 192.0.2.1:80 -s "+scheduler)
		}
		if tunnel, ok := strings.CutPrefix(f.Name, "tunnels "); ok {
			sameSaid(t, "-A -t 192.0.2.1:80", "-a -t 192.0.2.1:80 -r 198.51.100.1 -i --tun-type "+tunnel+tunnelOptions[tunnel])
		}
	}
}

// tunnelOptions are options that a type of tunnel takes, or needs.
var tunnelOptions = map[string]string{"gue": " --tun-port 6080 --tun-remcsum", "gre": " --tun-csum"}

// sameSaid runs lines with both programs, in a namespace each, and compares what they say and what the table is then.
func sameSaid(t *testing.T, all ...string) {
	t.Helper()
	reference, ours := kernel.NewNamespace(t), kernel.NewNamespace(t)
	for _, line := range append(all, "-S -n", "-L -n --tun-info") {
		want := reference.Ipvsadm(t, kernel.Reference, strings.Fields(line)...)
		require.Equal(t, want, ours.Ipvsadm(t, program(), strings.Fields(line)...), line)
	}
}

// TestTable makes a table, lists, saves and replaces it: what has to work on every machine. Both programs make the same.
func TestTable(t *testing.T) {
	const more = `-A -t 192.0.2.1:80 -s wrr -p 300 -M 255.255.255.0
-a -t 192.0.2.1:80 -r 198.51.100.1:8080 -m -w 70000
-a -t 192.0.2.1:80 -r 198.51.100.2:80 -g -w 0
-a -t 192.0.2.1:80 -r 198.51.100.3:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-csum
-A -u [2001:db8::1]:53 -s sh -o -b sh-port
-a -u [2001:db8::1]:53 -r [2001:db8:1::1]:53 -m -w 3
-A -f 2147483647 -s rr
`
	reference, ours := kernel.NewNamespace(t), kernel.NewNamespace(t)
	for line := range strings.Lines(more) {
		words := strings.Fields(line)
		require.Equal(t, reference.Ipvsadm(t, kernel.Reference, words...), ours.Ipvsadm(t, program(), words...), line)
	}
	listed := func() {
		t.Helper()
		for _, words := range []string{"-L -n", "-L", "-L -n --stats --exact", "-L -n --rate", "-L -n --thresholds",
			"-L -n --persistent-conn", "-L -n --tun-info", "-L -n -c", "-L --timeout", "-L --daemon", "-S -n", "-S",
			"-L -n -t 192.0.2.1:80", "-L -n -t 192.0.2.9:80"} {
			want := reference.Ipvsadm(t, kernel.Reference, strings.Fields(words)...)
			got := ours.Ipvsadm(t, program(), strings.Fields(words)...)
			require.Equal(t, want, got, words)
		}
	}
	listed()
	saved := ours.Ipvsadm(t, program(), "-S", "-n").Stdout
	require.Equal(t, lines(more), lines(saved))

	other := strings.Replace(saved, "-w 70000", "-w 5", 1) + "-A -f 7 -6 -s wlc\n"
	replace(t, ours, other)
	require.Equal(t, kernel.Result{}, reference.Ipvsadm(t, kernel.Reference, "-C"))
	require.Equal(t, kernel.Result{}, reference.Run(t, kernel.Command{
		Path: kernel.Reference, Args: []string{"ipvsadm", "-R"}, Stdin: other}))
	listed()
	require.Empty(t, dryRun(t, ours, other))
	text := ours.Ipvsadm(t, program(), "-L", "-n", "--json")
	require.Zero(t, text.Code)
	require.Contains(t, text.Stdout, "198.51.100.3")
}
