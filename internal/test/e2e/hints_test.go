// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/test/emulator"
	"github.com/ipvsadm-go/ipvsadm/internal/test/hints"
	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// schedulersInHint are those that a hint names.
var schedulersInHint = regexp.MustCompile(`the kernel has( [a-z]+)+`)

// TestHints runs the examples of docs/hints.md: the reference, our program, and our program on a terminal, where the
// reference's message is followed by the hint.
func TestHints(t *testing.T) {
	root, err := kernel.Root()
	require.NoError(t, err)
	d := hints.Read(t, filepath.Join(root, "docs/hints.md"))
	loopbackAlone(t)
	theirs, ours, shown := newHinted(t, d.Rules), newHinted(t, d.Rules), newHinted(t, d.Rules)
	has := listSchedulers(t, ours)
	names := strings.Join(slices.Sorted(maps.Keys(has)), " ")
	for _, e := range d.Examples {
		if _, ok := has["twos"]; ok && strings.HasSuffix(e.Line, " twos") {
			continue // of newer kernels
		}
		t.Run(e.Line, func(t *testing.T) {
			words := strings.Fields(e.Line)[1:]
			want := theirs.Ipvsadm(t, kernel.Reference, words...)
			require.Equal(t, e.Message, strings.TrimRight(want.Stderr, "\n"))
			require.Equal(t, want, ours.Ipvsadm(t, program(), words...))
			hint := schedulersInHint.ReplaceAllString(e.Hint, "the kernel has "+names)
			want.Stderr += "hint: " + hint + "\n"
			require.Equal(t, want, onTerminal(t, shown, kernel.Command{Path: program(), Args: append([]string{"ipvsadm"}, words...)}))
			if want.Code == 0 {
				for _, n := range []*kernel.Namespace{theirs, ours, shown} {
					setRules(t, n, d.Rules)
				}
			}
		})
	}
}

// loopbackAlone has new namespaces begin with the interface lo alone. Otherwise they have one of each kind of tunnel that
// another test has used.
func loopbackAlone(t *testing.T) {
	t.Helper()
	const file = "/proc/sys/net/core/fb_tunnels_only_for_init_net"
	before, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, []byte("2"), 0))
	t.Cleanup(func() { require.NoError(t, os.WriteFile(file, before, 0)) })
}

// newHinted returns a namespace with the table of the document.
func newHinted(t *testing.T, rules string) *kernel.Namespace {
	t.Helper()
	n := kernel.NewNamespace(t)
	n.IP(t, "addr add 192.0.2.250/24 dev lo\nlink set lo multicast on\nroute add 224.0.0.0/4 dev lo")
	require.Equal(t, kernel.Result{}, n.Run(t, kernel.Command{Path: program(), Args: []string{"ipvsadm", "-R"}, Stdin: rules}))
	return n
}

// setRules makes the table the one of rules; the daemon runs on.
func setRules(t *testing.T, n *kernel.Namespace, rules string) {
	t.Helper()
	rules, _, _ = strings.Cut(rules, "--start-daemon")
	require.Equal(t, kernel.Result{}, n.Run(t, kernel.Command{Path: program(), Args: []string{"ipvsadm-restore"}, Stdin: rules}))
}

// onTerminal runs a program whose standard error is a terminal.
func onTerminal(t *testing.T, n *kernel.Namespace, c kernel.Command) kernel.Result {
	t.Helper()
	keyboard, terminal := emulator.Open(t)
	prepare := c.Prepare
	c.Prepare = func(cmd *exec.Cmd) {
		cmd.Stderr = terminal
		if prepare != nil {
			prepare(cmd)
		}
	}
	got := n.Run(t, c)
	terminal.Close()
	text, _ := io.ReadAll(keyboard) // its error is that the other end is closed
	got.Stderr = strings.ReplaceAll(string(text), "\r\n", "\n")
	return got
}

// Without the right to use IPVS, or without IPVS, the hint says what to do about that.
func TestHintsNoIPVS(t *testing.T) {
	ours, reference := copyProgram(t, program()), copyProgram(t, kernel.Reference)
	n := kernel.NewNamespace(t)
	as := func(path string, user uint32) kernel.Command {
		return kernel.Command{Path: path, Args: []string{"ipvsadm", "-L"}, Prepare: func(cmd *exec.Cmd) {
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: user, Gid: user}}
		}}
	}
	check := func(user uint32, hint string) {
		t.Helper()
		want := n.Run(t, as(reference, user))
		require.NotZero(t, want.Code)
		sameResult(t, n.Run(t, as(ours, user)), want)
		want.Stderr += "hint: " + hint + "\n"
		sameResult(t, onTerminal(t, n, as(ours, user)), want)
	}
	check(65534, "this takes root or, in a container, the capability NET_ADMIN")
	unload(t)
	hide(t, "/lib/modules")
	check(0, "\"modprobe ip_vs\" loads it, or says why not; for a container, run it on the host")
}

// TestHintsWaiting restores from a terminal: the hint says what the keys do, and they do it.
func TestHintsWaiting(t *testing.T) {
	const all = "Ctrl-D ends them, and Ctrl-C leaves the table alone"
	const each = "each is run when it is entered, Ctrl-D ends them, and Ctrl-C leaves the table as it is then"
	for _, c := range []struct {
		line, hint, typed string
		code              int
		table             string
	}{
		{"ipvsadm-restore", all, "-A -f 2\n\x03", 130, "-A -f 1 -s wlc\n"},
		{"ipvsadm-restore", all, "-A -f 2\n\x04", 0, "-A -f 2 -s wlc\n"},
		{"ipvsadm -R --replace", all, "-A -f 2\n\x03", 130, "-A -f 1 -s wlc\n"},
		{"ipvsadm -R", each, "\x03", 130, "-A -f 1 -s wlc\n"},
		{"ipvsadm -R", each, "-A -f 2\n\x04", 0, "-A -f 1 -s wlc\n-A -f 2 -s wlc\n"},
	} {
		t.Run(c.line, func(t *testing.T) {
			n := kernel.NewNamespace(t)
			require.Equal(t, kernel.Result{}, n.Ipvsadm(t, program(), "-A", "-f", "1"))
			keyboard, terminal := emulator.Open(t)
			shown := make(chan string)
			go func() { shown <- typeAfter(keyboard, c.hint+"\r\n", c.typed) }()
			got := n.Run(t, kernel.Command{Path: program(), Args: strings.Fields(c.line), Prepare: func(cmd *exec.Cmd) {
				cmd.Stdin, cmd.Stderr = terminal, terminal
				cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
			}})
			terminal.Close()
			require.Contains(t, <-shown, "hint: waiting for rules from the terminal: "+c.hint+"\r\n")
			require.Equal(t, c.code, got.Code)
			require.Equal(t, c.table, n.Ipvsadm(t, program(), "-S", "-n").Stdout)
		})
	}
}

// typeAfter types keys once a terminal has shown a text, and returns all that it shows.
func typeAfter(keyboard *os.File, text, keys string) string {
	var all strings.Builder
	b := make([]byte, 1024)
	for typed := false; ; {
		n, err := keyboard.Read(b)
		all.Write(b[:n])
		if err != nil {
			return all.String()
		}
		if !typed && strings.Contains(all.String(), text) {
			typed = true
			_, _ = keyboard.WriteString(keys)
		}
	}
}

// TestHintsMeant shows what becomes of what hardly anyone means, with the reference, too.
func TestHintsMeant(t *testing.T) {
	for line, saved := range map[string]string{
		"-A -f 1 -s rr -p -M 24":                                                "-A -f 1 -s rr -p 360 -M 0.0.0.24\n",
		"-A -f 1 -s rr -M 255.255.255.0":                                        "-A -f 1 -s rr\n",
		"-A -f 1 -s rr --pe sip":                                                "-A -f 1 -s rr --pe sip\n", // of no use
		"-A -M 64 -t [2001:db8::1]:80 -s rr -p":                                 "-A -t [2001:db8::1]:80 -s rr -p 360\n",
		"-a -t 192.0.2.1:80 -r 10.0.0.1:8080":                                   "-A -t 192.0.2.1:80 -s rr\n-a -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 1\n",
		"-a -r 10.0.0.1 -t 192.0.2.1:80 -m":                                     "-A -t 192.0.2.1:80 -s rr\n-a -t 192.0.2.1:80 -r 10.0.0.1:0 -m -w 1\n",
		"-a -t [2001:db8::9]:80 -r 2001:db8::3:80":                              "-A -t [2001:db8::9]:80 -s rr\n-a -t [2001:db8::9]:80 -r [2001:db8::3:80]:80 -g -w 1\n",
		"-a -t 192.0.2.1:80 -r 10.0.0.1 -m;-e -t 192.0.2.1:80 -r 10.0.0.1 -w 0": "-A -t 192.0.2.1:80 -s rr\n-a -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 0\n",
	} {
		for _, path := range []string{kernel.Reference, program()} {
			n := kernel.NewNamespace(t)
			lines := strings.Split(line, ";")
			if words := strings.Fields(saved); words[3] == "-s" && strings.Contains(saved, "\n-a ") {
				lines = append([]string{strings.Join(words[:5], " ")}, lines...)
			}
			for _, l := range lines {
				require.Equal(t, kernel.Result{}, n.Ipvsadm(t, path, strings.Fields(l)...), l)
			}
			require.Equal(t, kernel.Result{Stdout: saved}, n.Ipvsadm(t, path, "-S", "-n"), line)
		}
	}
}
