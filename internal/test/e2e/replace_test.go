// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/reconcile"
	"github.com/stretchr/testify/require"
)

// runRestore runs a restore with more words.
func runRestore(t *testing.T, n *kernel.Namespace, rules string, words ...string) kernel.Result {
	t.Helper()
	return n.Run(t, kernel.Command{Path: program(), Args: append([]string{"ipvsadm", "-R"}, words...), Stdin: rules})
}

// replace replaces the table, which must succeed.
func replace(t *testing.T, n *kernel.Namespace, rules string) {
	t.Helper()
	require.Equal(t, kernel.Result{}, runRestore(t, n, rules, "--replace"), "replacing")
}

// dryRun returns the changes that a replacement would make.
func dryRun(t *testing.T, n *kernel.Namespace, rules string) string {
	t.Helper()
	got := runRestore(t, n, rules, "--replace", "--dry-run")
	require.Zero(t, got.Code, "dry run")
	require.Empty(t, got.Stderr, "dry run")
	return got.Stdout
}

// settings returns all that requests can set in the table, sorted.
func settings(t *testing.T, c *ipvsnl.Client) string {
	t.Helper()
	table, err := reconcile.Read(t.Context(), c)
	must(t, err)
	var all []string
	for _, e := range table {
		all = append(all, fmt.Sprintf("%+v\n", e.Service))
		for _, d := range e.Destinations {
			all = append(all, fmt.Sprintf("%v: %+v\n", e.Service.Key, d))
		}
	}
	slices.Sort(all)
	return strings.Join(all, "")
}

// shown returns what the reference shows of the table.
func shown(t *testing.T, n *kernel.Namespace) string {
	t.Helper()
	return n.Ipvsadm(t, kernel.Reference, "-S", "-n").Stdout + n.Ipvsadm(t, kernel.Reference, "-L", "-n", "--thresholds").Stdout
}

// TestReplaceAny replaces random tables by others: what is there then, whether replaced or made by the lines of a
// dry run, is what a restore makes of nothing.
func TestReplaceAny(t *testing.T) {
	replaced, printed, restored := kernel.NewNamespace(t), kernel.NewNamespace(t), kernel.NewNamespace(t)
	clients := map[*kernel.Namespace]*ipvsnl.Client{}
	for _, n := range []*kernel.Namespace{replaced, printed, restored} {
		clients[n] = client(t, n)
	}
	for seed := range uint64(15) {
		g := newGenerator(seed)
		from, to := g.table(), g.table()
		for n, rules := range map[*kernel.Namespace]string{replaced: from, printed: from, restored: to} {
			must(t, clients[n].Apply(t.Context(), ipvsnl.Flush()))
			restore(t, n, kernel.Reference, rules)
		}
		name := fmt.Sprintf("seed %d: ", seed)
		before := settings(t, clients[replaced])
		lines := dryRun(t, replaced, to)
		sameText(t, name+"the table after a dry run", settings(t, clients[replaced]), before)
		restore(t, printed, pick(g, kernel.Reference, program()), lines)
		replace(t, replaced, to)

		want := settings(t, clients[restored])
		sameText(t, name+"the table as it was replaced", settings(t, clients[replaced]), want)
		sameText(t, name+"the table by the lines of a dry run", settings(t, clients[printed]), want)
		sameText(t, name+"what the reference shows", shown(t, replaced), shown(t, restored))
		sameText(t, name+"what is left to change", dryRun(t, replaced, to), "")
		if t.Failed() {
			t.Fatalf("from\n%sto\n%schanges\n%s", from, to, lines)
		}
	}
}

// TestModel compares the check of a replacement with the kernel: both refuse the same commands, in the same words,
// and the others lead to the same table.
func TestModel(t *testing.T) {
	byKernel, byModel := kernel.NewNamespace(t), kernel.NewNamespace(t)
	kernelClient, modelClient := client(t, byKernel), client(t, byModel)
	for seed := range uint64(15) {
		commands := newGenerator(seed).commands(60)
		want := runHelper(t, byKernel, "ipvsadm-restore", commands)
		require.Equal(t, 255, want.Code, "seed %d: the kernel refused nothing", seed)
		got := runHelper(t, byModel, "ipvsadm-restore", commands, "--replace")
		want.Code = 2
		sameResult(t, got, want)
		replace(t, byModel, without(t, commands, want.Stderr))
		sameText(t, "the table", settings(t, modelClient), settings(t, kernelClient))
		if t.Failed() {
			t.Fatalf("seed %d:\n%s", seed, commands)
		}
	}
}

// without returns rules without those that messages say were refused.
func without(t *testing.T, rules, messages string) string {
	t.Helper()
	all := strings.SplitAfter(rules, "\n")
	for message := range strings.Lines(messages) {
		var number int
		if _, err := fmt.Sscanf(message, "line %d:", &number); err != nil {
			t.Fatalf("%q: %v", message, err)
		}
		all[number-1] = "\n"
	}
	return strings.Join(all, "")
}

// TestReplaceFaults checks that a fault anywhere changes nothing.
func TestReplaceFaults(t *testing.T) {
	n := kernel.NewNamespace(t)
	restore(t, n, program(), saved)
	const faulty = "-A -t 192.0.2.2:80 -s rr\n" +
		"-A -t 192.0.2.2:80\n" +
		"# -A\n" +
		"-a -t 192.0.2.3:80 -r 10.0.0.1\n" +
		"-e -t 192.0.2.2:80 -r 10.0.0.1\n" +
		"-a -t 192.0.2.2:80 -r 10.0.0.1 -x 1 -y 2\n" +
		"-Z\n-L -n\n-R\n--nothing\n-A -t x\n"
	const changesOnly = "line 8: -L -n: the command changes nothing\nline 9: -R: the command changes nothing\n"
	const repeat = "line 2: -A -t 192.0.2.2:80: line 1 has added this already\n"
	const malformed = "line 10: --nothing: no command\nline 11: -A -t x: illegal virtual server address[:port] specified\n"
	replacing := kernel.Result{Code: 2, Stderr: "line 2: -A -t 192.0.2.2:80: Service already exists\n" +
		"line 4: -a -t 192.0.2.3:80 -r 10.0.0.1: Service not defined\n" +
		"line 5: -e -t 192.0.2.2:80 -r 10.0.0.1: No such destination\n" +
		"line 6: -a -t 192.0.2.2:80 -r 10.0.0.1 -x 1 -y 2: Numerical result out of range\n" +
		"line 7: -Z: -Z is not allowed with --replace, which keeps counters\n" + changesOnly + malformed}
	for _, c := range []struct {
		name, words string
		want        kernel.Result
	}{
		{"ipvsadm", "-R --replace", replacing},
		{"ipvsadm", "-R --replace --dry-run", replacing},
		{"ipvsadm-restore", "--replace", replacing},
		{"ipvsadm-restore", "--dry-run --replace", replacing},
		{"ipvsadm-restore", "--dry-run", kernel.Result{Code: 2, Stderr: repeat + changesOnly + malformed}},
		{"ipvsadm", "-R --dry-run", kernel.Result{Code: 2, Stderr: repeat + "line 9: -R: no command\n" + malformed}},
	} {
		t.Run(c.name+" "+c.words, func(t *testing.T) {
			sameResult(t, runHelper(t, n, c.name, faulty, strings.Fields(c.words)...), c.want)
			require.Equal(t, saved, runHelper(t, n, "ipvsadm-save", "", "-n").Stdout)
		})
	}
}

// TestReplaceByNothing has rules without a service, as those of a file that was cut off: they clear no table unless they
// say so.
func TestReplaceByNothing(t *testing.T) {
	n := kernel.NewNamespace(t)
	restore(t, n, program(), saved)
	before := shown(t, n)
	for _, rules := range []string{"", "\n", "# Rules of IPVS\n", "--set 900 120 300\n"} {
		for _, words := range [][]string{{"--replace"}, {"--replace", "--dry-run"}} {
			sameResult(t, runRestore(t, n, rules, words...), kernel.Result{Code: 2,
				Stderr: "the rules have no service, but the table does: to clear it, add -C to the rules\n"})
		}
	}
	sameText(t, "the table", shown(t, n), before)
	replace(t, n, "-C\n")
	sameText(t, "the table that was cleared", n.Ipvsadm(t, kernel.Reference, "-S", "-n").Stdout, "")
	replace(t, n, "")
}

// TestDryRun checks good rules, which changes nothing, prints nothing, and takes neither root nor IPVS.
func TestDryRun(t *testing.T) {
	n := kernel.NewNamespace(t)
	nobody := &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	path := copyProgram(t, program())
	for _, args := range [][]string{{"ipvsadm", "-R", "--dry-run"}, {"ipvsadm-restore", "--dry-run"}} {
		for _, attributes := range []*syscall.SysProcAttr{nil, nobody} {
			got := n.Run(t, kernel.Command{Path: path, Args: args, Stdin: rules, Prepare: func(cmd *exec.Cmd) { cmd.SysProcAttr = attributes }})
			require.Equal(t, kernel.Result{}, got, "%q", args)
		}
	}
	require.Equal(t, kernel.Result{}, runRestore(t, n, rules+"-L\n-S -n\n-h\n", "--dry-run"), "lines that print")
	require.NotContains(t, shown(t, n), "192.0.2")
}

// TestReplaceRefused has the kernel refuse some changes: these are reported, the others made, and nothing is
// drained or deleted.
func TestReplaceRefused(t *testing.T) {
	n := kernel.NewNamespace(t)
	restore(t, n, program(), "-A -t 192.0.2.1:80 -s rr\n-a -t 192.0.2.1:80 -r 10.0.0.1:80 -m -w 1\n-A -f 9 -s rr\n"+
		"-A -t 192.0.2.4:80 -s rr\n-a -t 192.0.2.4:80 -r 10.0.0.1:80 -m -w 1\n")
	const wanted = `-A -t 192.0.2.1:80 -s nosuch
-a -t 192.0.2.1:80 -r 10.0.0.2:80 -m
-A -t 192.0.2.2:80 -s nosuch
-a -t 192.0.2.2:80 -r 10.0.0.2:80 -m
-A -t 192.0.2.3:80 -s rr
-a -t 192.0.2.3:80 -r 224.0.0.1:80 -m
-a -t 192.0.2.3:80 -r 10.0.0.2:80 -m
-A -t 192.0.2.4:80 -s rr
-a -t 192.0.2.4:80 -r 10.0.0.1:80 -m -w 0
-a -t 192.0.2.4:80 -r 224.0.0.1:80 -m
`
	sameResult(t, runRestore(t, n, wanted, "--replace"), kernel.Result{Code: 255,
		Stderr: "-A -t 192.0.2.2:80 -s nosuch: Scheduler or persistence engine not found\n" +
			"-a -t 192.0.2.3:80 -r 224.0.0.1:80 -m -w 1: Invalid operation.  Possibly wrong module version, address not unicast, ...\n" +
			"-a -t 192.0.2.4:80 -r 224.0.0.1:80 -m -w 1: Invalid operation.  Possibly wrong module version, address not unicast, ...\n" +
			"-E -t 192.0.2.1:80 -s nosuch: Scheduler or persistence engine not found\n" +
			"some changes failed, so nothing was deleted or drained\n"})
	sameText(t, "the table", n.Ipvsadm(t, kernel.Reference, "-S", "-n").Stdout, `-A -t 192.0.2.1:80 -s rr
-a -t 192.0.2.1:80 -r 10.0.0.1:80 -m -w 1
-a -t 192.0.2.1:80 -r 10.0.0.2:80 -m -w 1
-A -t 192.0.2.3:80 -s rr
-a -t 192.0.2.3:80 -r 10.0.0.2:80 -m -w 1
-A -t 192.0.2.4:80 -s rr
-a -t 192.0.2.4:80 -r 10.0.0.1:80 -m -w 1
-A -f 9 -s rr
`)
}

// TestReplaceSettings replaces timeouts and sync daemons, as far as rules mention them.
func TestReplaceSettings(t *testing.T) {
	n := kernel.NewNamespace(t)
	n.IP(t, "addr add 192.0.2.250/24 dev lo\nlink set lo multicast on\nroute add 224.0.0.0/4 dev lo")
	const master = "--start-daemon master --mcast-interface lo --syncid 5\n"
	const backup = "--start-daemon backup --mcast-interface lo --syncid 0 --sync-maxlen 7\n" // which becomes 1024
	const mixed = "-A -t 192.0.2.1:80 -s rr\n-a -t 192.0.2.1:80 -r [2001:db8::1]:80 -i -w 1 --tun-type ipip\n"
	for _, c := range []struct{ rules, changes string }{
		{"", ""},
		{"--set 900 120 300\n", ""},
		{"--set 0 60 300\n", "--set 0 60 0\n"},
		{"--stop-daemon master\n", ""},
		{master + backup, master + backup},
		{backup + master + "--set 0 60 0", ""},
		{"", ""},
		{"--start-daemon master --mcast-interface lo --syncid 5 --sync-maxlen 1400",
			"--stop-daemon master\n--start-daemon master --mcast-interface lo --syncid 5 --sync-maxlen 1400\n"},
		{"--start-daemon master --mcast-interface lo --syncid 5 --mcast-group 224.0.0.81 --mcast-port 8848 --mcast-ttl 1", ""},
		{"--start-daemon master --mcast-interface lo --syncid 5 --mcast-ttl 2",
			"--stop-daemon master\n--start-daemon master --mcast-interface lo --syncid 5 --mcast-ttl 2\n"},
		// A real server of another family needs daemons to be stopped before, and gone to start one.
		{mixed + "--stop-daemon master\n--stop-daemon backup", "--stop-daemon master\n--stop-daemon backup\n" + mixed},
		{"-C\n" + master, "-D -t 192.0.2.1:80\n" + master},
		{"--start-daemon master\n--stop-daemon master\n", "--stop-daemon master\n"},
	} {
		sameText(t, "the changes to "+c.rules, dryRun(t, n, c.rules), c.changes)
		replace(t, n, c.rules)
		sameText(t, "what is left to change to "+c.rules, dryRun(t, n, c.rules), "")
		if t.Failed() {
			t.FailNow()
		}
	}
}

// Where a sync daemon cannot start, the one that it was to follow runs on.
func TestReplaceDaemonRefused(t *testing.T) {
	n := kernel.NewNamespace(t)
	n.IP(t, "addr add 192.0.2.250/24 dev lo\nlink set lo multicast on\nroute add 224.0.0.0/4 dev lo")
	const runs = "--start-daemon master --mcast-interface lo --syncid 5 --sync-maxlen 1400 --mcast-group 224.0.0.99 --mcast-port 9000 --mcast-ttl 3\n"
	replace(t, n, runs)
	const other = "--start-daemon master --mcast-interface nosuch --syncid 6"
	sameResult(t, runRestore(t, n, other+"\n-A -f 1 -s rr\n", "--replace"), kernel.Result{Code: 255, Stderr: other + ": No such device\n"})
	sameText(t, "the table", n.Ipvsadm(t, program(), "-S", "-n", "--daemon").Stdout, runs+"-A -f 1 -s rr\n")
}

// A whole save is the table: to replace by it changes nothing.
func TestReplaceSaved(t *testing.T) {
	n := kernel.NewNamespace(t)
	n.IP(t, "addr add 192.0.2.250/24 dev lo\nlink set lo multicast on\nroute add 224.0.0.0/4 dev lo")
	restore(t, n, kernel.Reference, saved+"-a -f 7 -r 10.0.0.1 -x 9 -y 3\n--set 100 0 0\n--start-daemon master --mcast-interface lo\n"+
		"--start-daemon backup --mcast-interface lo --syncid 7 --mcast-group ff02::81\n")
	whole := n.Ipvsadm(t, program(), "-S", "-n", "--all").Stdout
	require.Contains(t, whole, " -x 9 -y 3", "the save is incomplete")
	require.Contains(t, whole, "--set 100 ", "the save is incomplete")
	require.Contains(t, whole, "--start-daemon backup", "the save is incomplete")
	sameText(t, "what is left to change", dryRun(t, n, whole), "")
}

// With so little room for replies that some are lost, a replacement says where it stands.
func TestReplaceInDoubt(t *testing.T) {
	n := kernel.NewNamespace(t)
	const room = "/proc/sys/net/core/rmem_default" // of the whole kernel
	before, err := os.ReadFile(room)
	must(t, err)
	must(t, os.WriteFile(room, []byte("2304"), 0))
	t.Cleanup(func() { _ = os.WriteFile(room, before, 0) })
	wanted := "-A -f 1 -s rr\n"
	for i := range 100 {
		wanted += fmt.Sprintf("-a -f 1 -r 224.0.0.%d\n", i+1) // which the kernel refuses
	}
	got := runRestore(t, n, wanted, "--replace")
	require.Equal(t, 255, got.Code)
	require.Empty(t, got.Stdout)
	require.Contains(t, got.Stderr, "-A -f 1 -s rr: this change and later ones are in doubt: ")
}

// TestReplaceDocumented runs the examples of docs/replace.md, whose commands print what it shows.
func TestReplaceDocumented(t *testing.T) {
	for _, title := range []string{"Example", "Next to other programs"} {
		replaceDocumented(t, title)
	}
}

func replaceDocumented(t *testing.T, title string) {
	t.Helper()
	_, example, _ := strings.Cut(docSection(t, "docs/replace.md", title), "\n```\n# ")
	example, _, _ = strings.Cut(example, "```")
	n := kernel.NewNamespace(t)
	var file string
	for i, call := range strings.Split(example, "\n# ") {
		line, output, _ := strings.Cut(call, "\n")
		if output != "" && !strings.HasSuffix(output, "\n") {
			output += "\n" // which the next command has taken
		}
		if i == 0 { // the table before
			restore(t, n, kernel.Reference, output)
		}
		if line == "cat rules" {
			file = output
			continue
		}
		words := strings.Fields(strings.TrimSuffix(line, " <rules"))
		sameResult(t, runHelper(t, n, words[0], file, words[1:]...), kernel.Result{Stdout: output})
	}
	require.NotEmpty(t, file, "docs/replace.md has no rules in %q", title)
}
