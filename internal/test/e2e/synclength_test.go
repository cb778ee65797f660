// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// pair makes two directors, joined by an interface of this MTU, which is called sync.
func pair(t *testing.T, mtu int) (one, other *kernel.Namespace) {
	t.Helper()
	one, other = kernel.NewNamespace(t), kernel.NewNamespace(t)
	one.IP(t, "link add sync type veth peer name sync netns "+other.Path())
	for i, n := range []*kernel.Namespace{one, other} {
		n.IP(t, fmt.Sprintf("link set sync mtu %d up\naddress add 10.8.0.%d/24 dev sync\naddress add fd08::%d/64 dev sync nodad\nroute add 224.0.0.0/4 dev sync",
			mtu, i+1, i+1))
		t.Cleanup(func() {
			n.Ipvsadm(t, program(), "--stop-daemon", "master")
			n.Ipvsadm(t, program(), "--stop-daemon", "backup")
		})
	}
	return one, other
}

// syncLength starts a sync daemon and returns the maximum length that it has, in the time that it runs.
func syncLength(t *testing.T, n *kernel.Namespace, state, options string) (length int) {
	t.Helper()
	words := strings.Fields("--start-daemon " + state + " --mcast-interface sync " + options)
	require.Equal(t, kernel.Result{}, n.Ipvsadm(t, program(), words...), options)
	listed := n.Ipvsadm(t, kernel.Reference, "-L", "--daemon").Stdout
	_, after, _ := strings.Cut(listed, "maxlen=")
	_, err := fmt.Sscan(after, &length)
	require.NoError(t, err, listed)
	require.Equal(t, kernel.Result{}, n.Ipvsadm(t, program(), "--stop-daemon", state))
	return length
}

// TestSyncLengths starts sync daemons without and with a maximum length.
func TestSyncLengths(t *testing.T) {
	const ip6 = "--mcast-group ff02::81"
	small, _ := pair(t, 1280)
	large, _ := pair(t, 9000)
	for _, c := range []struct {
		n              *kernel.Namespace
		state, options string
		want           int
	}{
		{small, "master", "", 1472},
		{small, "backup", "", 1472},
		{large, "master", "", 1472},
		{large, "master", ip6, 1452},
		{large, "backup", "", 9000 - 28},
		{large, "backup", ip6, 9000 - 48},
		{large, "master", "--sync-maxlen 1", 1},
		{large, "backup", "--sync-maxlen 1", 1024},
		{large, "backup", "--sync-maxlen 1025", 1025},
	} {
		require.Equal(t, c.want, syncLength(t, c.n, c.state, c.options), "%s %s", c.state, c.options)
	}
}

// TestSyncCut sends more connections in a message than the backup has room for: it loses some.
func TestSyncCut(t *testing.T) {
	for _, c := range []struct {
		backup string
		all    bool
	}{{"1472", true}, {"1024", false}} {
		front, back := pair(t, 1500)
		require.Equal(t, kernel.Result{}, back.Ipvsadm(t, program(), strings.Fields("--start-daemon backup --mcast-interface sync --sync-maxlen "+c.backup)...))
		for _, line := range []string{"--start-daemon master --mcast-interface sync", "-A -u 10.8.0.1:99 -s rr", "-a -u 10.8.0.1:99 -r 127.0.0.1 -m"} {
			require.Equal(t, kernel.Result{}, front.Ipvsadm(t, program(), strings.Fields(line)...), line)
		}
		require.Equal(t, kernel.Result{}, front.Ipvsadm(t, program(), "--sysctl", "sync_threshold=1 2"))
		ports := make(map[string]bool) // of the connections: one that has been closed may serve again
		front.Do(func() {
			for range 100 {
				conn, err := net.Dial("udp", "10.8.0.1:99")
				require.NoError(t, err)
				ports[conn.LocalAddr().String()] = true
				for range 3 {
					_, _ = conn.Write([]byte("x")) // which nobody reads
				}
				conn.Close()
			}
		})
		connections := len(ports)
		entries := func(n *kernel.Namespace) int {
			return strings.Count(n.Ipvsadm(t, program(), "-L", "-n", "-c").Stdout, "10.8.0.1:99 ")
		}
		require.Equal(t, connections, entries(front))
		if c.all {
			eventually(t, func() bool { return entries(back) == connections })
			continue
		}
		// The master sends what it has within two seconds; later connections end the wait.
		eventually(t, func() bool { return entries(back) > 0 })
		time.Sleep(3 * time.Second)
		require.Less(t, entries(back), connections)
	}
}
