// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// netnsLines are all the commands, in an order in which most of them have something to do.
var netnsLines = []string{
	"-A -t 192.0.2.1:80 -s rr",
	"-A -f 7",
	"-E -t 192.0.2.1:80 -s wrr -p 60",
	"-a -t 192.0.2.1:80 -r 198.51.100.1 -m -w 3",
	"-a -t 192.0.2.1:80 -r 198.51.100.2 -m",
	"-e -t 192.0.2.1:80 -r 198.51.100.1 -m -w 4",
	"-d -t 192.0.2.1:80 -r 198.51.100.2",
	"-d -t 192.0.2.1:80 -r 198.51.100.2",
	"--set 901 121 301",
	"--start-daemon master --mcast-interface lo --syncid 3",
	"-Z",
	"-Z -f 7",
	"-L",
	"-Ln --stats",
	"-Ln -t 192.0.2.1:80",
	"-Ln -t 192.0.2.9:80",
	"-Lnc",
	"-L --timeout",
	"-L --daemon",
	"-S -n",
	"--stop-daemon master",
	"--stop-daemon master",
	"-D -f 7",
	"-A -t 192.0.2.1",
	"-S -n",
	"-C",
	"-S -n",
}

// TestNetNS runs every command from one namespace for another: it does what it does there, and nothing here.
func TestNetNS(t *testing.T) {
	home, blue, green, twin := kernel.NewNamespace(t), kernel.NewNamespace(t), kernel.NewNamespace(t), kernel.NewNamespace(t)
	blue.Name(t, "blue")
	own := home.Ipvsadm(t, program(), "-A", "-t", "203.0.113.1:80")
	require.Equal(t, kernel.Result{}, own)
	for _, line := range netnsLines {
		t.Run(line, func(t *testing.T) {
			words := strings.Fields(line)
			want := twin.Ipvsadm(t, kernel.Reference, words...)
			wantTable := twin.Ipvsadm(t, kernel.Reference, "-S", "-n")
			for word, there := range map[string]*kernel.Namespace{"blue": blue, green.Path(): green} {
				sameResult(t, home.Ipvsadm(t, program(), append(words, "--netns", word)...), want)
				sameResult(t, there.Ipvsadm(t, kernel.Reference, "-S", "-n"), wantTable)
			}
		})
	}
	require.Equal(t, kernel.Result{Stdout: "-A -t 203.0.113.1:80 -s wlc\n"}, home.Ipvsadm(t, kernel.Reference, "-S", "-n"), "the caller's own table")
	for _, what := range []string{"--timeout", "--daemon"} {
		sameResult(t, home.Ipvsadm(t, kernel.Reference, "-L", what), kernel.NewNamespace(t).Ipvsadm(t, kernel.Reference, "-L", what))
	}
}

// TestNetNSConnections lists a director's connections and counters from where the client is.
func TestNetNSConnections(t *testing.T) {
	n := newNetwork(t, 2, byDirector)
	n.set(t, `-A -t 10.1.0.100:80 -s rr
-a -t 10.1.0.100:80 -r 10.2.0.11:8080 -m
-a -t 10.1.0.100:80 -r 10.2.0.12:8080 -m`)
	n.tally(t, 4, client1, vip, 80)
	open := n.dial(t, client1, vip, 80)
	defer open.Close()
	for _, numeric := range []string{"-Lnc", "-Lc"} {
		there := addressesOf(n.run(t, numeric))
		from := n.client.Ipvsadm(t, program(), numeric, "--netns", n.director.Path())
		if got := addressesOf(from.Stdout); got != there || from.Code != 0 || strings.Count(got, "\n") != 7 {
			t.Errorf("%s: got %+v, want\n%s", numeric, from, there)
		}
	}
	require.Equal(t, 2, strings.Count(n.client.Ipvsadm(t, program(), "-Lnc").Stdout, "\n"), "the client's own connections")
	require.Contains(t, n.client.Ipvsadm(t, program(), "-Ln", "--netns", n.director.Path()).Stdout, "10.2.0.11:8080", "the director's table")
}

// addressesOf is a listing of connections without how long they last.
func addressesOf(listing string) string {
	var b strings.Builder
	for line := range strings.Lines(listing) {
		if words := strings.Fields(line); len(words) == 6 && words[0] == "TCP" {
			line = strings.Join(append(words[:1], words[2:]...), " ") + "\n"
		}
		b.WriteString(line)
	}
	return b.String()
}

// TestNetNSRestore restores a table that takes several sockets to list, and lists it.
func TestNetNSRestore(t *testing.T) {
	home, there, twin := kernel.NewNamespace(t), kernel.NewNamespace(t), kernel.NewNamespace(t)
	table := bigTable()
	restore(t, twin, kernel.Reference, table)
	got := home.Run(t, kernel.Command{Path: program(), Args: []string{"ipvsadm", "-R", "--netns=" + there.Path()}, Stdin: table})
	require.Equal(t, kernel.Result{}, got, "restoring")
	want := twin.Ipvsadm(t, kernel.Reference, "-S", "-n")
	sameResult(t, there.Ipvsadm(t, kernel.Reference, "-S", "-n"), want)
	sameResult(t, home.Ipvsadm(t, program(), "-S", "-n", "--netns", there.Path()), want)
	sameResult(t, home.Ipvsadm(t, program(), "-S", "-n"), kernel.Result{})
}

// TestNetNSHelpers saves from one namespace and restores into another. A line of rules does not say where.
func TestNetNSHelpers(t *testing.T) {
	home, one, other := kernel.NewNamespace(t), kernel.NewNamespace(t), kernel.NewNamespace(t)
	one.Name(t, "one")
	require.Equal(t, kernel.Result{}, runHelper(t, home, "ipvsadm-restore", rules, "--netns", "one"), "restoring")
	sameResult(t, runHelper(t, home, "ipvsadm-save", "", "-n", "--netns=one"), kernel.Result{Stdout: saved})
	elsewhere := "-C\n-A -t 192.0.2.9:9 --netns " + other.Path() + "\n-C\n"
	sameResult(t, runHelper(t, home, "ipvsadm-restore", elsewhere, "--netns", "one"), kernel.Result{Code: 2,
		Stderr: "line 2: -A -t 192.0.2.9:9 --netns " + other.Path() + ": Illegal 'netns' option in a line of rules\n"})
	sameResult(t, one.Ipvsadm(t, program(), "-S", "-n"), kernel.Result{Stdout: saved})
	sameResult(t, runHelper(t, home, "ipvsadm-restore", elsewhere[3:], "--netns", "one", "--replace"), kernel.Result{Code: 2,
		Stderr: "line 1: -A -t 192.0.2.9:9 --netns " + other.Path() + ": Illegal 'netns' option in a line of rules\n"})
	changes := runHelper(t, home, "ipvsadm-restore", "-A -t 192.0.2.9:9\n", "--netns", "one", "--replace", "--dry-run")
	// Services are deleted in the kernel's order, which Linux 7 chooses by chance.
	require.ElementsMatch(t, []string{"-A -t 192.0.2.9:9 -s wlc\n", "-D -t 192.0.2.1:80\n", "-D -f 7\n"},
		slices.Collect(strings.Lines(changes.Stdout)))
	require.Zero(t, changes.Code, changes.Stderr)
	lines := kernel.Command{Path: program(), Args: []string{"ipvsadm", "-R"}, Stdin: elsewhere[3:]}
	sameResult(t, one.Run(t, lines), kernel.Result{Code: 2, Stderr: "Illegal 'netns' option in a line of rules\n"})
	sameResult(t, one.Ipvsadm(t, program(), "-S", "-n"), kernel.Result{Stdout: saved})
	sameResult(t, other.Ipvsadm(t, program(), "-S", "-n"), kernel.Result{})
}

// noSuch is the message about a name that no directory has.
const noSuch = "cannot enter network namespace `nosuch': No such file or directory; looked for " +
	"/run/netns/nosuch, /var/run/netns/nosuch, /run/docker/netns/nosuch"

// TestNoNetNS passes names that are not namespaces: nothing is changed, here or elsewhere.
func TestNoNetNS(t *testing.T) {
	home := kernel.NewNamespace(t)
	kernel.NewNamespace(t).Name(t, "blue")
	pipe := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, unix.Mkfifo(pipe, 0o600))
	for _, c := range []struct{ words, why string }{
		{"--netns nosuch", noSuch},
		{"--netns pid:0", "cannot enter network namespace `pid:0': No such file or directory; looked for /proc/0/ns/net"},
		{"--netns ./blue", "cannot enter network namespace `./blue': No such file or directory"},
		{"--netns /etc/passwd", "cannot enter network namespace `/etc/passwd': not a network namespace"},
		{"--netns /proc/1/ns/mnt", "cannot enter network namespace `/proc/1/ns/mnt': not a network namespace"},
		{"--netns ..", "cannot enter network namespace `..': not a network namespace"},
		{"--netns " + pipe, "cannot enter network namespace `" + pipe + "': not a network namespace"},
		{"--netns nosuch --nothing", noSuch},
		{"--netns=", "illegal netns specified"},
		{"--netns blue --netns blue", "multiple 'netns' options specified"},
		{"--netns blue -n", "Illegal 'numeric' option with the 'add-service' command"},
	} {
		got := home.Ipvsadm(t, program(), strings.Fields("-A -t 192.0.2.1:80 "+c.words)...)
		require.Equal(t, kernel.Result{Code: 2, Stderr: c.why + "\n"}, got, c.words)
	}
	sameResult(t, home.Ipvsadm(t, program(), "-S", "-n"), kernel.Result{})
	sameResult(t, home.Ipvsadm(t, program(), "-S", "-n", "--netns", "blue"), kernel.Result{})
	for _, line := range []string{"-h --netns nosuch", "--version --netns nosuch"} {
		got := home.Ipvsadm(t, program(), strings.Fields(line)...)
		require.True(t, strings.HasPrefix(got.Stdout, "ipvsadm v1.31 "), line)
		sameResult(t, got, kernel.Result{Code: 2, Stdout: got.Stdout,
			Stderr: noSuch + "\n"})
	}
	for _, option := range []string{"--dry-run", "--replace"} {
		sameResult(t, home.Ipvsadm(t, program(), "-R", option, "--netns", "nosuch"), kernel.Result{Code: 2,
			Stderr: noSuch + "\n"})
	}
	nobody := runAs(t, home, copyProgram(t, program()), 65534, "-A -t 192.0.2.1:80 --netns blue")
	sameResult(t, nobody, kernel.Result{Code: 2,
		Stderr: "cannot enter network namespace `blue': Permission denied (you must be root)\n"})
}
