// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// TestSurroundings runs commands with descriptors that nothing can be read from or written to, where
// SIGPIPE is ignored and where it is not: what becomes of the table, and the exit code. With -v it shows all
// as a table.
func TestSurroundings(t *testing.T) {
	place := newPlace(t)
	used := map[string]bool{}
	var table strings.Builder
	writeHead(&table)
	for _, a := range acts {
		for _, ignored := range []bool{false, true} {
			fmt.Fprintf(&table, "| %s | %s |", a.name, pipeSignal(ignored))
			for _, s := range surroundings(ignored) {
				ours := place.run(t, &a, s, program())
				require.Equal(t, a.expect(s), ours, "%s, %s", a.name, s)
				fmt.Fprintf(&table, " %s", ours)
				if a.unknown {
					table.WriteString(" |")
					continue
				}
				if reference := place.run(t, &a, s, kernel.Reference); reference != ours {
					fmt.Fprintf(&table, " (%s)", reference)
					row := deviation(&a, s)
					require.NotEmpty(t, row, "%s, %s: %s here, %s in the reference", a.name, s, ours, reference)
					used[row] = true
				}
				table.WriteString(" |")
			}
			table.WriteString("\n")
		}
	}
	for _, d := range deviations {
		require.True(t, used[d.row], "nothing shows the difference in %q", d.row)
	}
	t.Logf("exit code and marks in the table at the end, which had 1 and 2; m: a sync daemon; in parentheses "+
		"the reference, where it differs\n%s", table.String())
}

// An act is a command, and what is to become of it.
type act struct {
	name    string
	helper  bool // ipvsadm-restore
	words   string
	stdin   string
	unknown bool // to the reference
	endless bool // until a signal comes

	does       outcome
	empty      outcome // with an empty standard input; that of does if it reads none
	unreadable outcome // with one that cannot be read
	prints     bool    // on standard output, and fails if that does
	complains  bool    // on standard error
}

// An outcome is an exit code and the state of the table: its marks, each of one digit, and daemons.
type outcome struct {
	code  int
	table string
}

func (o outcome) String() string { return fmt.Sprintf("%d %s", o.code, cmp.Or(o.table, "–")) }

var acts = []act{
	{name: "-A", words: "-A -f 3", does: outcome{0, "123"}},
	{name: "-A, refused", words: "-A -f 1", does: outcome{255, "12"}, complains: true},
	{name: "-C", words: "-C", does: outcome{0, ""}},
	{name: "--start-daemon", words: "--start-daemon master --mcast-interface lo", does: outcome{0, "12m"}},
	{
		name: "-R, a line refused", words: "-R", stdin: "-A -f 3\n-A -f 3\n-A -f 4\n",
		does: outcome{0, "1234"}, empty: outcome{0, "12"}, unreadable: outcome{255, "12"}, complains: true,
	},
	{
		name: "-R, a listing in it", words: "-R", stdin: "-A -f 3\n-L -n\n-A -f 4\n",
		does: outcome{0, "1234"}, empty: outcome{0, "12"}, unreadable: outcome{255, "12"},
	},
	{
		name: "-R, a listing last", words: "-R", stdin: "-A -f 3\n-A -f 4\n-S -n\n",
		does: outcome{0, "1234"}, empty: outcome{0, "12"}, unreadable: outcome{255, "12"}, prints: true,
	},
	{
		name: "ipvsadm-restore", helper: true, stdin: "-A -f 3\n-A -f 4\n",
		does: outcome{0, "34"}, empty: outcome{2, "12"}, unreadable: outcome{255, "12"},
	},
	{
		name: "ipvsadm-restore, a line refused", helper: true, stdin: "-A -f 3\n-A -f 3\n-A -f 4\n",
		does: outcome{255, "34"}, empty: outcome{2, "12"}, unreadable: outcome{255, "12"}, complains: true,
	},
	{
		name: "--replace", words: "-R --replace", stdin: "-A -f 2\n-A -f 3\n", unknown: true,
		does: outcome{0, "23"}, empty: outcome{2, "12"}, unreadable: outcome{255, "12"},
	},
	{
		name: "--replace, a line refused", words: "-R --replace", stdin: "-A -f 2\n-A -f 3 -s nope\n-A -f 4\n", unknown: true,
		does: outcome{255, "124"}, empty: outcome{2, "12"}, unreadable: outcome{255, "12"},
	},
	{
		name: "--replace --dry-run", words: "-R --replace --dry-run", stdin: "-A -f 2\n-A -f 3\n", unknown: true,
		does: outcome{0, "12"}, empty: outcome{2, "12"}, unreadable: outcome{255, "12"}, prints: true,
	},
	{
		name: "--dry-run", words: "-R --dry-run", stdin: "-A -f 2\n-A -f 3\n", unknown: true,
		does: outcome{0, "12"}, empty: outcome{0, "12"}, unreadable: outcome{255, "12"},
	},
	{name: "-S", words: "-S -n", does: outcome{0, "12"}, prints: true},
	{name: "-L", words: "-L -n", does: outcome{0, "12"}, prints: true},
	{name: "-L, refused", words: "-L -n -f 3", does: outcome{1, "12"}, complains: true},
	{name: "-L -c", words: "-L -n -c", does: outcome{0, "12"}, prints: true},
	{name: "-v", words: "-v", does: outcome{0, "12"}, prints: true},
	{name: "-j", words: "-L -n -j", unknown: true, does: outcome{0, "12"}, prints: true},
	{name: "--watch", words: "-L -n --watch 1", unknown: true, endless: true, does: outcome{0, "12"}, prints: true},
}

// What a descriptor may be instead of open.
const (
	open   = ""
	closed = "closed"
	full   = "full" // open for writing only
	broken = "pipe" // without its other end
)

// A surrounding is what a command is started with.
type surrounding struct {
	descriptor int // 0, 1 or 2
	state      string
	ignored    bool // SIGPIPE
}

func (s surrounding) String() string {
	return fmt.Sprintf("descriptor %d %s, SIGPIPE %s", s.descriptor, cmp.Or(s.state, "open"), pipeSignal(s.ignored))
}

func pipeSignal(ignored bool) string {
	if ignored {
		return "ignored"
	}
	return "default"
}

// surroundings are those of a line of the table.
func surroundings(ignored bool) []surrounding {
	all := []surrounding{{ignored: ignored}}
	for descriptor := range 3 {
		for _, state := range []string{closed, full, broken} {
			all = append(all, surrounding{descriptor, state, ignored})
		}
	}
	return all
}

func writeHead(b *strings.Builder) {
	heads := []string{"command", "SIGPIPE"}
	for _, s := range surroundings(false) {
		name := "all open"
		if s.state != open {
			name = [...]string{"stdin ", "stdout ", "stderr "}[s.descriptor] + s.state
		}
		heads = append(heads, name)
	}
	fmt.Fprintf(b, "| %s |\n|%s\n", strings.Join(heads, " | "), strings.Repeat("---|", len(heads)))
}

// expect is what our program does: only input that it reads and output that it prints make a difference.
func (a *act) expect(s surrounding) outcome {
	o := a.does
	switch {
	case s.descriptor == 0 && a.stdin != "" && s.state == full:
		o = a.unreadable
	case s.descriptor == 0 && a.stdin != "" && s.state != open:
		o = a.empty
	case s.descriptor == 1 && a.prints && s.state == full:
		o.code = 1
	case s.descriptor == 1 && a.prints && s.state == broken:
		o.code = 128 + int(unix.SIGPIPE)
	}
	return o
}

// deviations are the rows of the README's table of differences that explain what differs.
var deviations = []struct {
	row     string
	applies func(a *act, s surrounding) bool
}{
	{"input of a restore that cannot be read", func(a *act, s surrounding) bool {
		return a.stdin != "" && s.descriptor == 0 && s.state == full
	}},
	{"`ipvsadm-restore` without any rule, while the table has services", func(a *act, s surrounding) bool {
		return a.helper && s.descriptor == 0 && s.state != open
	}},
	{"output to a full disk", func(a *act, s surrounding) bool {
		return a.prints && s.descriptor == 1 && s.state == full
	}},
	{"a listing whose reader has exited, with SIGPIPE ignored", func(a *act, s surrounding) bool {
		return a.prints && s.descriptor == 1 && s.state == broken && s.ignored
	}},
	{"a listing within a restore whose reader has exited", func(a *act, s surrounding) bool {
		return a.name == "-R, a listing in it" && s.descriptor == 1 && s.state == broken && !s.ignored
	}},
	{"messages whose reader has exited", func(a *act, s surrounding) bool {
		return a.complains && s.descriptor == 2 && s.state == broken && !s.ignored
	}},
	{"messages of `ipvsadm-restore` about refused lines", func(a *act, s surrounding) bool {
		return a.helper && a.complains
	}},
}

func deviation(a *act, s surrounding) (row string) {
	for _, d := range deviations {
		if d.applies(a, s) {
			return d.row
		}
	}
	return ""
}

// A place is where acts are done: a namespace, and what is needed to set it up and to look at it.
type place struct {
	namespace *kernel.Namespace
	client    *ipvsnl.Client
}

func newPlace(t *testing.T) *place {
	t.Helper()
	p := &place{namespace: kernel.NewNamespace(t)}
	p.namespace.IP(t, "link set lo multicast on\nroute add 224.0.0.0/4 dev lo")
	var err error
	p.namespace.Do(func() { p.client, err = ipvsnl.Open(context.Background()) })
	require.NoError(t, err)
	t.Cleanup(func() { p.client.Close() })
	return p
}

// run does an act with a program and returns what became of it.
func (p *place) run(t *testing.T, a *act, s surrounding, path string) outcome {
	t.Helper()
	p.reset(t)
	words := append([]string{"ipvsadm"}, strings.Fields(a.words)...)
	switch {
	case a.helper && path == kernel.Reference: // its script clears the table, whatever the input, and then runs -R
		path, words = "/bin/sh", []string{"sh", "-c", path + " -C; exec " + path + " -R"}
	case a.helper:
		words = []string{"/sbin/ipvsadm-restore"}
	}
	code := p.start(t, s, a, path, words)
	return outcome{code, p.table(t)}
}

// start runs a program in a surrounding and returns its exit code.
func (p *place) start(t *testing.T, s surrounding, a *act, path string, words []string) int {
	t.Helper()
	files := []*os.File{feed(t, a.stdin), openFile(t, os.DevNull, os.O_WRONLY), openFile(t, os.DevNull, os.O_WRONLY)}
	switch s.state {
	case closed:
		files[s.descriptor] = nil
	case full:
		files[s.descriptor] = openFile(t, "/dev/full", os.O_WRONLY)
	case broken:
		files[s.descriptor] = half(t, s.descriptor)
	}
	defer ignorePipeSignal(s.ignored)()
	var process *os.Process
	var err error
	p.namespace.Do(func() {
		process, err = os.StartProcess(path, words, &os.ProcAttr{Files: files})
	})
	for _, f := range files {
		if f != nil {
			f.Close()
		}
	}
	require.NoError(t, err)
	if a.endless && a.expect(s).code == 0 {
		untilWritten(t, process.Pid, 180) // bytes of a page
		require.NoError(t, process.Signal(unix.SIGTERM))
	}
	hanging := time.AfterFunc(patience, func() { _ = process.Kill() })
	defer hanging.Stop()
	state, err := process.Wait()
	require.NoError(t, err)
	if status := state.Sys().(syscall.WaitStatus); status.Signaled() {
		return 128 + int(status.Signal())
	}
	return state.ExitCode()
}

// reset makes the table that every act finds.
func (p *place) reset(t *testing.T) {
	t.Helper()
	ctx := context.Background()
	if err := p.client.Apply(ctx, ipvsnl.StopDaemon(ipvsnl.Master)); err != nil {
		require.ErrorIs(t, err, ipvsnl.ErrDaemonNotRunning)
	}
	require.NoError(t, p.client.Apply(ctx,
		ipvsnl.Flush(),
		ipvsnl.AddService(ipvsnl.Service{Key: ipvsnl.ServiceKey{Mark: 1}, Scheduler: "wlc"}),
		ipvsnl.AddService(ipvsnl.Service{Key: ipvsnl.ServiceKey{Mark: 2}, Scheduler: "wlc"})))
}

// table describes the table and the daemons at the end.
func (p *place) table(t *testing.T) string {
	t.Helper()
	var all []string
	services, err := p.client.Services(context.Background())
	require.NoError(t, err)
	for _, s := range services {
		all = append(all, fmt.Sprint(s.Service.Key.Mark))
	}
	slices.Sort(all)
	daemons, err := p.client.Daemons(context.Background())
	require.NoError(t, err)
	for _, d := range daemons {
		all = append(all, d.State.String()[:1])
	}
	return strings.Join(all, "")
}

// feed returns a file to read a text from.
func feed(t *testing.T, text string) *os.File {
	t.Helper()
	if text == "" {
		return openFile(t, os.DevNull, os.O_RDONLY)
	}
	r, w, err := os.Pipe()
	require.NoError(t, err)
	_, err = w.WriteString(text)
	require.NoError(t, err)
	w.Close()
	return r
}

// half returns the end of a pipe for a descriptor, the other end being closed.
func half(t *testing.T, descriptor int) *os.File {
	t.Helper()
	r, w, err := os.Pipe()
	require.NoError(t, err)
	if descriptor == 0 {
		w.Close()
		return r
	}
	r.Close()
	return w
}

func openFile(t *testing.T, path string, flag int) *os.File {
	t.Helper()
	f, err := os.OpenFile(path, flag, 0)
	require.NoError(t, err)
	return f
}

// ignorePipeSignal has programs that are started ignore SIGPIPE, until the function is called that it returns.
func ignorePipeSignal(ignored bool) (undo func()) {
	if !ignored {
		return func() {}
	}
	signal.Ignore(unix.SIGPIPE)
	return func() {
		// Only a signal that was asked for goes back to its default.
		c := make(chan os.Signal, 1)
		signal.Notify(c, unix.SIGPIPE)
		signal.Stop(c)
	}
}

// untilWritten waits until a process has written so many bytes.
func untilWritten(t *testing.T, pid, bytes int) {
	t.Helper()
	eventually(t, func() bool {
		counts, err := os.ReadFile(fmt.Sprintf("/proc/%d/io", pid))
		require.NoError(t, err)
		var read, written int
		_, err = fmt.Sscanf(string(counts), "rchar: %d\nwchar: %d", &read, &written)
		require.NoError(t, err)
		return written >= bytes
	})
}

// TestReaderGone restores thousands of rules, of which one is refused, where nobody reads the message.
func TestReaderGone(t *testing.T) {
	var rules strings.Builder
	for mark := range 3000 {
		fmt.Fprintf(&rules, "-A -f %d\n", mark+1)
		if mark == 100 {
			fmt.Fprintf(&rules, "-A -f %d\n", mark+1)
		}
	}
	for _, ignored := range []bool{false, true} {
		t.Run(pipeSignal(ignored), func(t *testing.T) {
			n := kernel.NewNamespace(t)
			defer ignorePipeSignal(ignored)()
			got := n.Run(t, kernel.Command{
				Path: program(), Args: []string{"ipvsadm-restore"}, Stdin: rules.String(),
				Prepare: func(cmd *exec.Cmd) { cmd.Stdout, cmd.Stderr = half(t, 1), half(t, 2) },
			})
			require.Equal(t, 255, got.Code)
			saved := n.Ipvsadm(t, program(), "-S", "-n").Stdout
			require.Equal(t, 3000, strings.Count(saved, "\n"))
		})
	}
}

// TestListingEnds ends a listing with its first failed write: there are connections without end, until the
// program closes their file.
func TestListingEnds(t *testing.T) {
	const million = 1_000_000
	for _, words := range []string{"-L -n -c", "-L -c", "-L -n -c -j"} {
		for state, code := range map[string]int{full: 1, broken: 128 + int(unix.SIGPIPE)} {
			t.Run(words+" "+state, func(t *testing.T) {
				n := kernel.NewNamespace(t)
				proc := t.TempDir()
				require.NoError(t, os.Mkdir(proc+"/net", 0o755))
				fifo := proc + "/net/ip_vs_conn"
				require.NoError(t, unix.Mkfifo(fifo, 0o600))
				written := make(chan int)
				go func() { written <- writeConnections(fifo, million) }()
				stdout := half(t, 1)
				if state == full {
					stdout = openFile(t, "/dev/full", os.O_WRONLY)
				}
				defer stdout.Close()
				script := "mount --bind " + proc + " /proc && exec " + program() + " " + words
				got := n.Run(t, kernel.Command{
					Path: "/usr/bin/unshare", Args: []string{"unshare", "--mount", "sh", "-c", script},
					Prepare: func(cmd *exec.Cmd) { cmd.Stdout = stdout },
				})
				require.Equal(t, code, got.Code, got.Stderr)
				require.Less(t, <-written, million)
			})
		}
	}
}

// writeConnections writes a connection table to a file, up to an error, and returns how many it has written.
func writeConnections(path string, most int) int {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return most
	}
	defer f.Close()
	const line = "TCP 0A000001 C350 0A000002 0050 0A000003 0050 ESTABLISHED     899\n"
	text := "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n"
	const block = 1000
	for count := 0; count < most; count += block {
		if _, err := f.WriteString(text + strings.Repeat(line, block)); err != nil {
			return count
		}
		text = ""
	}
	return most
}
