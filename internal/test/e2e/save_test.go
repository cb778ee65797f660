// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"strings"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
	"github.com/stretchr/testify/require"
)

// whole is a table with all that -S leaves out, as --all saves it.
const whole = `--set 1000 200 400
--start-daemon master --mcast-interface lo --syncid 7 --sync-maxlen 1400 --mcast-group 224.0.0.99 --mcast-port 9000 --mcast-ttl 3
--start-daemon backup --mcast-interface lo --syncid 255 --sync-maxlen 65507 --mcast-group 224.0.0.81 --mcast-port 8848 --mcast-ttl 1
` + limited

// limited is the table itself.
const limited = `-A -t 192.0.2.1:80 -s wrr -p 300 -M 255.255.255.0
-a -t 192.0.2.1:80 -r 10.0.0.1:8080 -m -w 5 -x 1000 -y 900
-a -t 192.0.2.1:80 -r 10.0.0.2:8080 -m -w 5 -x 2147483647
-a -t 192.0.2.1:80 -r 10.0.0.3:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-csum -x 2 -y 2
-A -u 192.0.2.1:53 -s sh -o -b sh-port
-A --sctp-service 192.0.2.2:99 -s lc
-A -t [2001:db8::1]:443 -s rr
-a -t [2001:db8::1]:443 -r [2001:db8:1::1]:443 -g -w 0 -x 7
-A -f 7 -s wlc
-a -f 7 -r 10.0.0.4:0 -m -w 1
-A -f 4294967 -6 -s rr
-a -f 4294967 -6 -r [2001:db8:1::2]:0 -g -w 1 -x 1
`

// syncNamespace is a namespace in which sync daemons can run.
func syncNamespace(t *testing.T) *kernel.Namespace {
	t.Helper()
	n := kernel.NewNamespace(t)
	n.IP(t, "addr add 192.0.2.250/24 dev lo\nlink set lo multicast on\nroute add 224.0.0.0/4 dev lo")
	t.Cleanup(func() {
		for _, state := range []string{"master", "backup"} {
			n.Ipvsadm(t, program(), "--stop-daemon", state)
		}
	})
	return n
}

// state is all that there is, as the reference shows it.
func state(t *testing.T, n *kernel.Namespace) string {
	t.Helper()
	var b strings.Builder
	for _, words := range []string{"-S -n", "-L -n --thresholds", "-L --timeout", "-L --daemon"} {
		got := n.Ipvsadm(t, kernel.Reference, strings.Fields(words)...)
		require.Zero(t, got.Code, words)
		require.Empty(t, got.Stderr, words)
		b.WriteString(got.Stdout)
	}
	return b.String()
}

// TestSaveAll saves everything and restores it with either program: nothing is lost.
func TestSaveAll(t *testing.T) {
	first := syncNamespace(t)
	restore(t, first, program(), whole)
	saved := first.Ipvsadm(t, program(), "-S", "-n", "--all")
	sameText(t, "saved", saved.Stdout, whole)
	want := state(t, first)
	for name, path := range map[string]string{"the reference": kernel.Reference, "ours": program()} {
		n := syncNamespace(t)
		restore(t, n, path, saved.Stdout)
		sameText(t, "restored by "+name, state(t, n), want)
		sameResult(t, n.Ipvsadm(t, program(), "-S", "-n", "--all"), saved)
	}
	n := syncNamespace(t)
	require.Equal(t, kernel.Result{}, runHelper(t, n, "ipvsadm-restore", saved.Stdout), "ipvsadm-restore")
	sameResult(t, runHelper(t, n, "ipvsadm-save", "", "-n", "--all"), saved)
}

// withoutThresholds are the rules of -S alone.
func withoutThresholds(rules string) string {
	var b strings.Builder
	for line := range strings.Lines(rules) {
		line, _, cut := strings.Cut(line, " -x ")
		b.WriteString(line)
		if cut {
			b.WriteString("\n")
		}
	}
	return b.String()
}

// TestSaveParts saves parts of the table.
func TestSaveParts(t *testing.T) {
	n := syncNamespace(t)
	restore(t, n, program(), whole)
	timeouts, rest, _ := strings.Cut(whole, "\n")
	daemons := strings.TrimSuffix(rest, limited)
	plain := withoutThresholds(limited)
	web, _, _ := strings.Cut(limited, "-A -u")
	for words, want := range map[string]string{
		"":                                     plain,
		"--thresholds":                         limited,
		"--timeout":                            timeouts + "\n" + plain,
		"--daemon":                             daemons + plain,
		"--daemon --timeout":                   timeouts + "\n" + daemons + plain,
		"--all --thresholds":                   whole,
		"-t 192.0.2.1:80":                      withoutThresholds(web),
		"-t 192.0.2.1:80 --thresholds":         web,
		"-t 192.0.2.1:80 --all":                timeouts + "\n" + daemons + web,
		"-u 192.0.2.1:53":                      "-A -u 192.0.2.1:53 -s sh -o -b sh-port\n",
		"--sctp-service=192.0.2.2:99":          "-A --sctp-service 192.0.2.2:99 -s lc\n",
		"-f 7":                                 "-A -f 7 -s wlc\n-a -f 7 -r 10.0.0.4:0 -m -w 1\n",
		"-f 4294967 -6 --thresholds --timeout": timeouts + "\n" + limited[strings.Index(limited, "-A -f 4294967"):],
	} {
		t.Run(words, func(t *testing.T) {
			sameResult(t, n.Ipvsadm(t, program(), append([]string{"-S", "-n"}, strings.Fields(words)...)...), kernel.Result{Stdout: want})
			sameResult(t, runHelper(t, n, "ipvsadm-save", "", append(strings.Fields(words), "-n")...), kernel.Result{Stdout: want})
		})
	}
	for _, words := range []string{"-t 192.0.2.9:80", "-f 7 -6 --all"} {
		want := kernel.Result{Stderr: "No such service\n", Code: 1}
		sameResult(t, n.Ipvsadm(t, program(), append([]string{"-S"}, strings.Fields(words)...)...), want)
		sameResult(t, n.Ipvsadm(t, program(), append([]string{"-L"}, strings.Fields(strings.TrimSuffix(words, "--all"))...)...),
			want)
	}
}

// TestRestoreDaemonAgain restores daemons that run: they are reported, and what follows is restored.
func TestRestoreDaemonAgain(t *testing.T) {
	n := syncNamespace(t)
	restore(t, n, program(), whole)
	const said = "Daemon has already run\n"
	for name, path := range map[string]string{"the reference": kernel.Reference, "ours": program()} {
		n.Ipvsadm(t, program(), "-C")
		got := n.Run(t, kernel.Command{Path: path, Args: []string{"ipvsadm", "-R"}, Stdin: whole})
		require.Equal(t, kernel.Result{Stderr: said + said}, got, name)
		sameText(t, name, n.Ipvsadm(t, program(), "-S", "-n", "--all").Stdout, whole)
	}
	got := runHelper(t, n, "ipvsadm-restore", whole)
	lines := strings.SplitAfterN(whole, "\n", 4)
	want := kernel.Result{Code: 255, Stderr: "line 2: " + strings.TrimSpace(lines[1]) + ": " + said +
		"line 3: " + strings.TrimSpace(lines[2]) + ": " + said}
	sameResult(t, got, want)
	sameText(t, "the table", n.Ipvsadm(t, program(), "-S", "-n", "--all").Stdout, whole)
}
