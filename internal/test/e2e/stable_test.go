// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// TestUnstableTable reads a table again and again while another namespace adds and deletes services all the while,
// which shifts the pages of listings here. What a stable save writes is the table, and no sorted listing or save has
// anything twice.
func TestUnstableTable(t *testing.T) {
	const readings, services = 30, 200
	n := kernel.NewNamespace(t)
	var rules strings.Builder
	for i := range services {
		service := fmt.Sprintf("-t 192.0.2.%d:%d", 1+i%100, 80+i/100)
		fmt.Fprintf(&rules, "-A %s -s wlc\n-a %s -r 198.51.100.1:80 -m -w %d\n", service, service, 1+i)
	}
	restore(t, n, program(), rules.String())
	truth := rulesOf(t, n)
	require.Equal(t, 2*services, strings.Count(truth, "\n"))

	churn(t, kernel.NewNamespace(t))
	unstable, lacking := 0, 0
	for i := range readings {
		stable := n.Ipvsadm(t, program(), "-S", "-n", "--stable")
		if strings.HasPrefix(stable.Stderr, "warning: the table keeps changing while it is read") {
			unstable++
		} else if stable.Stderr != "" || stable.Code != 0 || stable.Stdout != truth {
			t.Fatalf("a stable save: exit code %d, %s\n%s", stable.Code, stable.Stderr, cmp.Diff(truth, stable.Stdout))
		}
		words := []string{"-Ln", "-Sn", "-Lj"}[i%3]
		got := n.Ipvsadm(t, program(), words)
		require.Equal(t, kernel.Result{Stdout: got.Stdout}, got)
		requireOnce(t, got.Stdout)
		if strings.Count(got.Stdout, "198.51.100.1") != services {
			lacking++
		}
	}
	t.Logf("of %d stable saves %d were never stable; of as many plain readings %d lacked something", readings, unstable, lacking)
	require.Zero(t, unstable)
}

// requireOnce checks that no service is twice in a listing.
func requireOnce(t *testing.T, listing string) {
	t.Helper()
	seen := map[string]bool{}
	for line := range strings.Lines(listing) {
		if !strings.Contains(line, "192.0.2.") || strings.HasPrefix(line, "-a ") {
			continue
		}
		require.False(t, seen[line], "twice: %s", line)
		seen[line] = true
	}
}

// churn adds and deletes services in a namespace until the test ends.
func churn(t *testing.T, n *kernel.Namespace) {
	t.Helper()
	c := client(t, n)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		var changes []ipvsnl.Change
		for i := range 40 {
			addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{203, 0, 113, byte(i)}), 80)
			key := ipvsnl.ServiceKey{Protocol: ipvsnl.TCP, Addr: addr}
			changes = append(changes, ipvsnl.AddService(ipvsnl.Service{Key: key, Scheduler: "rr"}))
		}
		for ctx.Err() == nil {
			_ = c.Apply(ctx, changes...) // ends with ctx
			_ = c.Apply(ctx, ipvsnl.Flush())
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
}

// rulesOf returns the table as rules.
func rulesOf(t *testing.T, n *kernel.Namespace) string {
	t.Helper()
	got := n.Ipvsadm(t, program(), "-S", "-n")
	require.Equal(t, kernel.Result{Stdout: got.Stdout}, got)
	return got.Stdout
}

// TestStableSave holds stable saves of a table at rest against plain ones.
func TestStableSave(t *testing.T) {
	n := kernel.NewNamespace(t)
	sameResult(t, n.Ipvsadm(t, program(), "-S", "-n", "--stable"), kernel.Result{})
	restore(t, n, program(), bigTable())
	_, rule, found := strings.Cut(rulesOf(t, n), "\n-a -t ")
	require.True(t, found)
	one := "-S -n -t " + strings.Fields(rule)[0]
	for _, words := range []string{"-S", "-S -n", "-S -n --all", one, "-S -n -t 192.0.2.99:80"} {
		plain := strings.Fields(words)
		sameResult(t, n.Ipvsadm(t, program(), append(plain, "--stable")...), n.Ipvsadm(t, program(), plain...))
	}
}
