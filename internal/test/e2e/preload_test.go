// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// TestPreload gives services schedulers whose modules are not loaded, while network namespaces are deleted. With the
// reference, older kernels hang.
func TestPreload(t *testing.T) {
	t.Cleanup(kernel.LoadNamespaced)
	modprobe(t, "ip_vs_rr")
	n := kernel.NewNamespace(t)
	const rules = "-A -f 1 -s lblc\n-A -f 2 -s lblcr\n"
	for _, c := range []struct {
		table string
		lines []string
		input string
	}{
		{"", []string{"ipvsadm -A -f 1 -s lblc", "ipvsadm -A -f 2 -s lblcr"}, ""},
		{"-A -f 1 -s rr\n-A -f 2 -s rr\n", []string{"ipvsadm -E -f 1 -s lblc", "ipvsadm -E -f 2 -s lblcr"}, ""},
		{"", []string{"ipvsadm -R"}, rules},
		{"", []string{"ipvsadm-restore --replace"}, rules},
	} {
		n.Ipvsadm(t, program(), "-C")
		unloadSchedulers(t, "ip_vs_lblc", "ip_vs_lblcr")
		restore(t, n, program(), c.table)
		deleted := deleteNamespaces(t)
		for _, line := range c.lines {
			require.Equal(t, kernel.Result{}, n.Run(t, kernel.Command{
				Path: program(), Args: strings.Fields(line), Stdin: c.input, Limit: patience}), line)
		}
		deleted()
		require.Equal(t, rules, n.Ipvsadm(t, program(), "-S", "-n").Stdout, c.lines)
	}
}

// deleteNamespaces begins to make network namespaces with a service, which end at once. What it returns waits for that.
func deleteNamespaces(t *testing.T) (wait func()) {
	t.Helper()
	var all []*exec.Cmd
	for range 6 {
		cmd := exec.Command("unshare", "-n", program(), "-A", "-f", "1", "-s", "rr")
		require.NoError(t, cmd.Start())
		all = append(all, cmd)
	}
	return func() {
		t.Helper()
		for _, cmd := range all {
			require.NoError(t, cmd.Wait())
		}
	}
}

// unloadSchedulers unloads modules, once the services that had them are gone.
func unloadSchedulers(t *testing.T, modules ...string) {
	t.Helper()
	for _, module := range modules {
		for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
			err := unix.DeleteModule(module, unix.O_NONBLOCK)
			if err == nil || err == unix.ENOENT {
				break
			}
			require.True(t, time.Now().Before(end), "%s: %v", module, err)
		}
	}
}
