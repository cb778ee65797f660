// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

const mebibyte = 1 << 10 // in KiB

// tenEach are rules of that many services, each with ten real servers of its own.
func tenEach(services int) string {
	var b strings.Builder
	for i := range services {
		virtual := fmt.Sprintf("10.%d.%d.1:443", i/250, i%250)
		fmt.Fprintf(&b, "-A -t %s -s wlc\n", virtual)
		for j := range 10 {
			fmt.Fprintf(&b, "-a -t %s -r 20.%d.%d.%d:8443 -m -w 1\n", virtual, i/250, i%250, j+1)
		}
	}
	return b.String()
}

// peak returns the largest amount of memory that the program had during a command, in KiB. The program is started by
// a small one: a process begins with the peak of the one that it comes from.
func peak(t *testing.T, n *kernel.Namespace, stdin string, words ...string) (kib int) {
	t.Helper()
	dir := t.TempDir()
	request, report := filepath.Join(dir, "request"), filepath.Join(dir, "report")
	line := "\n" + strings.Join(append([]string{program()}, words...), "\x00") + "\x00\n"
	require.NoError(t, os.WriteFile(request, []byte(line), 0o600))
	got := n.Run(t, kernel.Command{
		Path:  "/bin/bash",
		Args:  []string{"bash", "-c", `exec "$0" 3<"$1" 4>"$2" >/dev/null`, kernel.Program("launch"), request, report},
		Env:   []string{"GODEBUG=disablethp=1"},
		Stdin: stdin,
	})
	require.Equal(t, kernel.Result{}, got)
	text, err := os.ReadFile(report)
	require.NoError(t, err)
	var elapsed, user, system, code int
	_, err = fmt.Sscan(string(text), &elapsed, &user, &system, &kib, &code)
	require.NoError(t, err)
	require.Zero(t, code)
	return kib
}

// TestPeakMemory checks how much memory commands need at most, in MiB.
func TestPeakMemory(t *testing.T) {
	few, some, many := tenEach(10), tenEach(1_000), tenEach(10_000)
	check := func(t *testing.T, n *kernel.Namespace, words, stdin string, most int) {
		t.Helper()
		kib := peak(t, n, stdin, strings.Fields(words)...)
		t.Logf("%s: %.1f MiB", words, float64(kib)/mebibyte)
		require.LessOrEqual(t, kib, most*mebibyte, words)
	}
	for table, calls := range map[string]map[string]int{
		few: {
			"ipvsadm -A -f 1": 6,
			"ipvsadm -e -t 10.0.0.1:443 -r 20.0.0.1:8443 -m -w 2": 6,
			"ipvsadm -Ln":     6,
			"ipvsadm-save -n": 6,
		},
		many: {
			"ipvsadm -Ln":                  8,
			"ipvsadm -Ln --stats --nosort": 8,
			"ipvsadm-save -n":              8,
		},
	} {
		t.Run(fmt.Sprintf("%d lines", strings.Count(table, "\n")), func(t *testing.T) {
			n := kernel.NewNamespace(t)
			restore(t, n, program(), table)
			for words, most := range calls {
				check(t, n, words, "", most)
			}
		})
	}
	t.Run("restores", func(t *testing.T) {
		check(t, kernel.NewNamespace(t), "ipvsadm -R", many, 16)
		check(t, kernel.NewNamespace(t), "ipvsadm-restore", some, 16)
		check(t, kernel.NewNamespace(t), "ipvsadm-restore", many, 32) // which keeps its input
	})
}
