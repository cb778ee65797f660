// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"os"
	"strings"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
	"github.com/stretchr/testify/require"
)

// runHelper runs our program by the name of one of the helper commands.
func runHelper(t *testing.T, n *kernel.Namespace, name, stdin string, words ...string) kernel.Result {
	t.Helper()
	return n.Run(t, kernel.Command{Path: program(), Args: append([]string{"/usr/sbin/" + name}, words...), Stdin: stdin})
}

const rules = `# saved rules
-A -t 192.0.2.1:80 -s rr
-a -t 192.0.2.1:80 -r 10.0.0.1:80 -m -w 1
-a -t 192.0.2.1:80 -r 10.0.0.2:80 -m -w 2

-A -f 7 -s wlc -p 300
`

var saved = strings.ReplaceAll(strings.TrimPrefix(rules, "# saved rules\n"), "\n\n", "\n")

func TestSaveAndRestore(t *testing.T) {
	n := kernel.NewNamespace(t)
	n.Ipvsadm(t, program(), "-A", "-t", "192.0.2.9:9")
	require.Equal(t, kernel.Result{}, runHelper(t, n, "ipvsadm-restore", rules), "restore")
	require.Equal(t, kernel.Result{Stdout: saved}, runHelper(t, n, "ipvsadm-save", "", "-n"), "save")
	require.Equal(t, kernel.Result{}, runHelper(t, n, "ipvsadm-restore", "# none\n-C\n"), "restore of nothing")
	require.Equal(t, kernel.Result{}, runHelper(t, n, "ipvsadm-save", ""), "save of nothing")
}

// Input without a rule, such as that from a save that failed, clears no table. -C is a rule.
func TestRestoreNothing(t *testing.T) {
	n := kernel.NewNamespace(t)
	for _, stdin := range []string{"", "\n", "# none\n\n"} {
		require.Equal(t, kernel.Result{}, runHelper(t, n, "ipvsadm-restore", stdin), "an empty table")
	}
	require.Equal(t, kernel.Result{}, runHelper(t, n, "ipvsadm-restore", rules))
	for _, stdin := range []string{"", "\n", "ipvsadm", "# none\n\n"} {
		want := kernel.Result{Code: 2, Stderr: "the input has no rules, but the table has services: to clear it, use -C\n"}
		require.Equal(t, want, runHelper(t, n, "ipvsadm-restore", stdin), "%q", stdin)
		require.Equal(t, kernel.Result{}, n.Run(t, kernel.Command{Path: program(), Args: []string{"ipvsadm", "-R"}, Stdin: stdin}))
		require.Equal(t, kernel.Result{Stdout: saved}, runHelper(t, n, "ipvsadm-save", "", "-n"))
	}
	require.Equal(t, kernel.Result{}, runHelper(t, n, "ipvsadm-restore", "-A -f 1\n-A -f 2"), "no newline at the end")
	require.Equal(t, kernel.Result{Stdout: "-A -f 1 -s wlc\n-A -f 2 -s wlc\n"}, runHelper(t, n, "ipvsadm-save", "", "-n"))
	require.Equal(t, kernel.Result{}, runHelper(t, n, "ipvsadm-restore", "--set 1 2 3"))
	require.Equal(t, kernel.Result{}, runHelper(t, n, "ipvsadm-save", "", "-n"))
}

// A file with a fault leaves the table as it was, and every fault is reported.
func TestRestoreChecked(t *testing.T) {
	n := kernel.NewNamespace(t)
	require.Zero(t, runHelper(t, n, "ipvsadm-restore", rules).Code)
	const faulty = "-A -t 192.0.2.2:80\n" +
		"-A -t 192.0.2.2:x\n" +
		"# -A\n" +
		"-a -t 192.0.2.2:80\n" +
		"hello\n" +
		"-A -t 192.0.2.3:80 --nothing\n" +
		"-L\n-R\n-h\n"
	got := runHelper(t, n, "ipvsadm-restore", faulty)
	want := kernel.Result{Code: 2, Stderr: "line 2: -A -t 192.0.2.2:x: illegal virtual server address[:port] specified\n" +
		"line 4: -a -t 192.0.2.2:80: You need to supply the 'real-server' option for the 'add-server' command\n" +
		"line 5: hello: no command\n" +
		"line 6: -A -t 192.0.2.3:80 --nothing: --nothing: unknown option\n" +
		"line 7: -L: the command changes nothing\nline 8: -R: the command changes nothing\n" +
		"line 9: -h: the command changes nothing\n"}
	require.Equal(t, want, got)
	require.Equal(t, saved, runHelper(t, n, "ipvsadm-save", "", "-n").Stdout)
}

// What the kernel refuses is reported with its line, and the rest is in force.
func TestRestoreRefused(t *testing.T) {
	n := kernel.NewNamespace(t)
	got := runHelper(t, n, "ipvsadm-restore", "-A -t 192.0.2.1:80\n-A -t 192.0.2.1:80\n-a -t 192.0.2.2:80 -r 10.0.0.1\n-A -t 192.0.2.3:80 -s rr\n")
	want := kernel.Result{Code: 255, Stderr: "line 2: -A -t 192.0.2.1:80: Service already exists\n" +
		"line 3: -a -t 192.0.2.2:80 -r 10.0.0.1: Service not defined\n"}
	require.Equal(t, want, got)
	require.Equal(t, "-A -t 192.0.2.1:80 -s wlc\n-A -t 192.0.2.3:80 -s rr\n", runHelper(t, n, "ipvsadm-save", "", "-n").Stdout)
}

// A line is in force as soon as it has been written, however slow the writer is.
func TestSlowWriter(t *testing.T) {
	n := kernel.NewNamespace(t)
	script := `(echo "-A -t 192.0.2.1:80"; printf "%s" "-A -t 192.0.2.2:80"
		for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
			"$0" -S -n | grep -q 192.0.2.1 && break
			sleep 0.5
		done
		"$0" -S -n >&2; echo) | "$0" -R`
	got := n.Run(t, kernel.Command{Path: "/bin/sh", Args: []string{"sh", "-c", script, program()}})
	require.Equal(t, kernel.Result{Stderr: "-A -t 192.0.2.1:80 -s wlc\n"}, got)
}

// With so little room for replies that some are lost, a restore says where it stands.
func TestRestoreInDoubt(t *testing.T) {
	n := kernel.NewNamespace(t)
	const room = "/proc/sys/net/core/rmem_default" // of the whole kernel
	before, err := os.ReadFile(room)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(room, []byte("2304"), 0))
	t.Cleanup(func() { _ = os.WriteFile(room, before, 0) })
	got := n.Run(t, kernel.Command{Path: program(), Args: []string{"ipvsadm", "-R"},
		Stdin: "-C\n" + strings.Repeat("-D -t 192.0.2.1:80\n", 100) + "-L\n"})
	require.Equal(t, 255, got.Code)
	require.Empty(t, got.Stdout)
	require.Contains(t, got.Stderr, "line 1 and later ones are in doubt: ")
}
