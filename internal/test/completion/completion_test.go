// SPDX-License-Identifier: Apache-2.0

// Package completion tests the completions by driving the shells, in the test kernel, where there is a table to
// complete from.
package completion

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/columns"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/words"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) {
	kernel.Install("bash=bash", "zsh=zsh", "fish=fish")
	kernel.Main(m, "./cmd/ipvsadm")
}

// rules are in the table when lines are completed.
const rules = `-A -t 192.0.2.1:80 -s wlc
-a -t 192.0.2.1:80 -r 198.51.100.1:80 -m
-a -t 192.0.2.1:80 -r 198.51.100.2:8080 -m
-A -t [2001:db8::1]:443 -s rr
-A -u 192.0.2.1:53 -s rr
-a -u 192.0.2.1:53 -r 198.51.100.3:53 -m
-A --sctp-service 192.0.2.2:99 -s rr
-A -f 7 -s rr
-a -f 7 -r 198.51.100.4 -g
`

// blueRules are in the table of the network namespace blue.
const blueRules = `-A -t 192.0.2.7:70 -s wlc
-a -t 192.0.2.7:70 -r 198.51.100.7:70 -m
`

// A line is what is typed and what it may go on with.
type line struct {
	text string
	want []string
}

// lines returns what to try: with the commands and options that the parser knows.
func lines() []line {
	commandRows, _ := flags.Rows()
	var all []line
	first := line{text: "ipvsadm -"}
	for _, c := range commandRows {
		first.want = append(first.want, wordsOf(c)...)
		var want []string
		for _, o := range c.Options {
			want = append(want, wordsOf(o)...)
		}
		// Those that no command refuses are offered where they mean something.
		if slices.Contains(want, "-t") || slices.Contains(want, "-4") {
			want = append(want, "-6", "--ipv6")
		}
		if slices.Contains(want, "--nosort") {
			want = append(want, "--sort")
		}
		for _, word := range wordsOf(c) {
			all = append(all, line{"ipvsadm " + word + argument(c) + " -", want})
		}
		if c.Long == "--save" {
			all = append(all, line{"ipvsadm-save -", slices.DeleteFunc(slices.Clone(want), func(w string) bool { return w == "--numeric" })})
		}
	}
	again := line{"ipvsadm --netns blue -", slices.Clone(first.want)}
	first.want = append(first.want, "--netns")
	return append(append(all, first, again, line{"ipvsadm --netns=blue -", again.want}), values()...)
}

// argument returns the argument that a command requires.
func argument(c flags.Row) string {
	if c.Value == "STATE" {
		return " master"
	}
	return ""
}

func wordsOf(r flags.Row) []string {
	return slices.DeleteFunc([]string{r.Short, r.Long}, func(w string) bool { return w == "" })
}

// values are lines that go on with a value.
func values() []line {
	var flagNames, shFlags, tunnels, columnNames []string
	for _, f := range words.SchedulerFlags {
		switch f.Scheduler {
		case "":
			flagNames = append(flagNames, f.Name)
			shFlags = append(shFlags, f.Name)
		case "sh":
			shFlags = append(shFlags, f.Name)
		}
	}
	for _, t := range words.TunnelTypes {
		tunnels = append(tunnels, t.Name)
	}
	for _, c := range columns.All {
		columnNames = append(columnNames, c.Name)
	}
	tcp := []string{"192.0.2.1:80", "[2001:db8::1]:443"}
	servers := []string{"198.51.100.1:80", "198.51.100.2:8080", "198.51.100.3:53", "198.51.100.4:0"}
	states := []string{"master", "backup"}
	return []line{
		{"ipvsadm --start-daemon ", states},
		{"ipvsadm --stop-daemon ", states},
		{"ipvsadm --st", []string{"--start-daemon", "--stop-daemon"}},
		{"ipvsadm -A -t 192.0.2.1:80 -s ", schedulers()},
		{"ipvsadm -E -t 192.0.2.1:80 --scheduler lb", []string{"lblc", "lblcr"}},
		{"ipvsadm -A -t 192.0.2.1:80 -s rr -b ", flagNames},
		{"ipvsadm -A -t 192.0.2.1:80 -s sh -b ", shFlags},
		{"ipvsadm -A -t 192.0.2.1:80 --pe ", []string{"sip"}},
		{"ipvsadm -a -t 192.0.2.1:80 -r 198.51.100.1 -i --tun-type ", tunnels},
		{"ipvsadm -D -t ", tcp},
		{"ipvsadm -D -t 192.0.2.1:", tcp[:1]},
		{"ipvsadm -E --tcp-service ", tcp},
		{"ipvsadm -Z -u ", []string{"192.0.2.1:53"}},
		{"ipvsadm -L --sctp-service ", []string{"192.0.2.2:99"}},
		{"ipvsadm -Ln -f ", []string{"7"}},
		{"ipvsadm -d -t 192.0.2.1:80 -r ", servers[:2]},
		{"ipvsadm -e -u 192.0.2.1:53 --real-server ", servers[2:3]},
		{"ipvsadm -a -t 192.0.2.1:80 -r ", servers},
		{"ipvsadm -e -t 192.0.2.1:80 -r 198.51.100.2:80", servers[1:2]},
		{"ipvsadm -S -t ", tcp},
		{"ipvsadm-save --timeout -t ", tcp},
		{"ipvsadm-save -n --th", []string{"--thresholds"}},
		{"ipvsadm-save -n --all --t", []string{"--tcp-service", "--thresholds", "--timeout"}},
		{"ipvsadm-save --n", []string{"--netns"}},
		{"ipvsadm -L --stats --sort-by ", columnNames},
		{"ipvsadm -L --sort-by in", []string{"inpkts", "inbytes", "inpps", "inbps", "inactive"}},
		{"ipvsadm --sysctl sync_v", []string{"sync_version"}},
		{"ipvsadm --sysctl conntrack=1 snat", []string{"snat_reroute"}},
		{"ipvsadm -D --netns ", []string{"blue"}},
		{"ipvsadm -D --netns blue -t ", []string{"192.0.2.7:70"}},
		{"ipvsadm -d --netns=blue -t 192.0.2.7:70 -r ", []string{"198.51.100.7:70"}},
		{"ipvsadm --netns ", []string{"blue"}},
		{"ipvsadm --netns blue --st", []string{"--start-daemon", "--stop-daemon"}},
		{"ipvsadm --netns blue -D -t ", []string{"192.0.2.7:70"}},
		{"ipvsadm --netns=blue -d -t 192.0.2.7:70 -r ", []string{"198.51.100.7:70"}},
		{"ipvsadm --netns blue -C -", []string{"-4", "--ipv4", "-6", "--ipv6", "--vip", "--marks", "--dry-run", "--wait"}},
		{"ipvsadm --netns blue --stop-daemon master -", []string{"--syncid"}},
		{"ipvsadm-save -n --netns ", []string{"blue"}},
		{"ipvsadm-save --netns blue -t ", []string{"192.0.2.7:70"}},
		{"ipvsadm-restore --netns ", []string{"blue"}},
		{"ipvsadm-restore completion_t", []string{"completion_test.go"}},
		{"ipvsadm-restore --replace completion_t", []string{"completion_test.go"}},
		{"ipvsadm-restore -", []string{"--replace", "--only", "--dry-run", "--wait", "--netns"}},
		{"ipvsadm-restore --replace --", []string{"--only", "--dry-run", "--wait", "--netns"}},
		{"ipvsadm -R --dry-run --", []string{"--replace", "--only", "--wait", "--netns"}},
	}
}

// schedulers are those that the help names.
func schedulers() []string {
	_, rows := flags.Rows()
	i := slices.IndexFunc(rows, func(r flags.Row) bool { return r.Long == "--scheduler" })
	_, list, _ := strings.Cut(rows[i].Help, ": ")
	list, _, _ = strings.Cut(list, " (")
	return strings.Fields(list)
}

func TestCompletion(t *testing.T) {
	n := kernel.NewNamespace(t)
	kernel.NewNamespace(t).Name(t, "blue")
	for _, table := range []struct {
		args  []string
		rules string
	}{
		{[]string{"ipvsadm", "-R"}, rules},
		{[]string{"ipvsadm", "-R", "--netns", "blue"}, blueRules},
	} {
		restore := kernel.Command{Path: kernel.Program("ipvsadm"), Args: table.args, Stdin: table.rules}
		require.Equal(t, kernel.Result{}, n.Run(t, restore), "restoring the rules")
	}
	for _, shell := range []struct{ name, driver, completion string }{
		{"bash", "bash.sh", "ipvsadm.bash"},
		{"zsh", "zsh.zsh", ""},
		{"fish", "fish.fish", "ipvsadm.fish"},
	} {
		t.Run(shell.name, func(t *testing.T) {
			tried := lines()
			got := n.Run(t, drive(t, shell.name, shell.driver, shell.completion, tried))
			require.Zero(t, got.Code)
			require.Empty(t, got.Stderr)
			check(t, tried, got.Stdout)
		})
	}
}

// drive returns the command that has a shell complete lines.
func drive(t *testing.T, shell, driver, completion string, tried []line) kernel.Command {
	t.Helper()
	path, err := exec.LookPath(shell)
	require.NoError(t, err)
	root, err := kernel.Root()
	require.NoError(t, err)
	return kernel.Command{
		Path: path,
		Args: []string{shell, filepath.Join("testdata", driver), filepath.Join(root, "completions", completion),
			filepath.Join(t.TempDir(), "output")},
		Env: append(os.Environ(), "HOME="+t.TempDir(), "LC_ALL=C", "TERM=dumb",
			"PATH="+filepath.Dir(kernel.Program("ipvsadm"))+":"+os.Getenv("PATH")),
		Stdin: texts(tried),
	}
}

func texts(tried []line) string {
	var b strings.Builder
	for _, l := range tried {
		b.WriteString(l.text + "\n")
	}
	return b.String()
}

// check compares the output of a driver with the expected completions.
func check(t *testing.T, tried []line, output string) {
	t.Helper()
	parts := strings.Split("\n"+output, "\n== ")[1:]
	require.Len(t, parts, len(tried))
	for i, l := range tried {
		text, list, _ := strings.Cut(parts[i], "\n")
		require.Equal(t, l.text, text)
		got := strings.Fields(list)
		slices.Sort(got)
		want := slices.Sorted(slices.Values(l.want))
		require.Empty(t, cmp.Diff(want, got, cmpopts.EquateEmpty()), "%q", l.text)
	}
}
