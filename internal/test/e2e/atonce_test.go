// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// marks returns rules for count services, with marks from first on.
func marks(first, count int) string {
	var b strings.Builder
	for i := range count {
		fmt.Fprintf(&b, "-A -f %d -s wlc\n", first+i)
	}
	return b.String()
}

// atOnce runs commands at the same time and returns what they did.
func atOnce(t *testing.T, n *kernel.Namespace, commands ...kernel.Command) []kernel.Result {
	t.Helper()
	results := make([]kernel.Result, len(commands))
	var all errgroup.Group
	for i, c := range commands {
		all.Go(func() error { results[i] = n.Run(t, c); return nil })
	}
	_ = all.Wait()
	return results
}

// withoutWaiting returns a result without what it says of having waited.
func withoutWaiting(r kernel.Result) kernel.Result {
	if strings.HasPrefix(r.Stderr, "the table is locked by process ") && strings.HasSuffix(r.Stderr, "; waiting for up to 60 seconds\n") {
		r.Stderr = ""
	}
	return r
}

// TestTwoRestores runs two restores of different tables at the same time: one of the tables is there in the end, whole.
func TestTwoRestores(t *testing.T) {
	tables := []string{marks(1, 4000), marks(10001, 4000)}
	for _, words := range [][]string{
		{"/sbin/ipvsadm-restore", "/sbin/ipvsadm-restore"},
		{"ipvsadm -R --replace", "ipvsadm -R --replace"},
		{"/sbin/ipvsadm-restore", "ipvsadm -R --replace"},
		{"ipvsadm -R", "ipvsadm -R"},
	} {
		t.Run(strings.Join(words, " and "), func(t *testing.T) {
			n := kernel.NewNamespace(t)
			var commands []kernel.Command
			for i, w := range words {
				stdin := tables[i]
				if w == "ipvsadm -R" {
					stdin = "-C\n" + stdin
				}
				commands = append(commands, kernel.Command{Path: program(), Args: strings.Fields(w), Stdin: stdin})
			}
			for range 3 {
				for _, got := range atOnce(t, n, commands...) {
					require.Equal(t, kernel.Result{}, withoutWaiting(got))
				}
				got := rulesOf(t, n)
				require.True(t, got == tables[0] || got == tables[1], "%d rules, of which the first is %.20q", strings.Count(got, "\n"), got)
			}
		})
	}
}

// TestRestoreAndClear clears a table in the middle of a replacement of it: nothing is left.
func TestRestoreAndClear(t *testing.T) {
	p := startStoppable(t, "ipvsadm", "-R", "--replace")
	p.input(marks(1, 20000))
	p.untilMark(t, 1)
	require.Equal(t, kernel.Result{}, withoutWaiting(p.namespace.Ipvsadm(t, program(), "-C")))
	require.Empty(t, p.messages(t))
	require.NoError(t, p.cmd.Wait())
	require.Zero(t, p.services(t))
}

// lockNamespace locks a namespace's file, as a restore does.
func lockNamespace(t *testing.T, n *kernel.Namespace) (unlock func()) {
	t.Helper()
	file, err := os.Open(n.Path())
	require.NoError(t, err)
	require.NoError(t, unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB))
	unlock = sync.OnceFunc(func() { _ = file.Close() })
	t.Cleanup(unlock)
	return unlock
}

// TestLocked runs commands while something else has the lock.
func TestLocked(t *testing.T) {
	n, other := kernel.NewNamespace(t), kernel.NewNamespace(t)
	restore(t, n, program(), saved)
	unlock := lockNamespace(t, n)
	holder := "process " + strconv.Itoa(os.Getpid())
	for words, stdin := range map[string]string{
		"/sbin/ipvsadm-restore":           "-A -f 1\n",
		"/sbin/ipvsadm-restore --replace": "-A -f 1\n",
		"ipvsadm -R":                      "-C\n-A -f 1\n",
		"ipvsadm -R --replace":            "-A -f 1\n",
		"ipvsadm -C":                      "",
	} {
		for wait, text := range map[string]string{"0": "the table is locked by " + holder, "1": "the table is still locked by " + holder + " after 1 second"} {
			t.Run(words+" --wait "+wait, func(t *testing.T) {
				args := append(strings.Fields(words), "--wait", wait)
				got := n.Run(t, kernel.Command{Path: program(), Args: args, Stdin: stdin})
				require.Equal(t, kernel.Result{Stderr: text + "; nothing was changed\n", Code: 2}, got)
				got = other.Run(t, kernel.Command{Path: program(), Args: append(args, "--netns", n.Path()), Stdin: stdin})
				require.Equal(t, kernel.Result{Stderr: text + "; nothing was changed\n", Code: 2}, got)
				require.Equal(t, saved, rulesOf(t, n))
				got = other.Run(t, kernel.Command{Path: program(), Args: args, Stdin: stdin})
				require.Equal(t, kernel.Result{}, got, "another namespace")
			})
		}
	}
	for _, c := range []struct {
		words, stdin string
		want         kernel.Result
	}{
		{"-R --dry-run --wait 0", "-A -f 1\n", kernel.Result{}},
		{"-R --replace --dry-run --wait 0", saved, kernel.Result{}},
		{"-R --wait 0", "-S -n\n", kernel.Result{Stdout: saved}},
		{"-R --wait 0", "-C --wait 5\n", kernel.Result{Stderr: "Illegal 'wait' option in a line of rules\n", Code: 2}},
		{"-A -f 9", "", kernel.Result{}},
		{"-D -f 9", "", kernel.Result{}},
		{"-S -n --stable", "", kernel.Result{Stdout: saved}},
	} {
		t.Run(c.words, func(t *testing.T) {
			args := append([]string{"ipvsadm"}, strings.Fields(c.words)...)
			require.Equal(t, c.want, n.Run(t, kernel.Command{Path: program(), Args: args, Stdin: c.stdin}))
		})
	}
	t.Run("without /proc", func(t *testing.T) {
		script := "mount -t tmpfs tmpfs /proc && exec " + program() + " -C --wait 0"
		got := n.Run(t, kernel.Command{Path: "/usr/bin/unshare", Args: []string{"unshare", "--mount", "sh", "-c", script}})
		require.Equal(t, kernel.Result{Stderr: "the table is locked by another process; nothing was changed\n", Code: 2}, got)
	})
	t.Run("a wait", func(t *testing.T) {
		stderr, w, err := os.Pipe()
		require.NoError(t, err)
		defer stderr.Close()
		ended := make(chan kernel.Result, 1)
		go func() {
			defer w.Close()
			ended <- n.Run(t, kernel.Command{Path: program(), Args: []string{"ipvsadm", "-C"},
				Prepare: func(cmd *exec.Cmd) { cmd.Stderr = w }})
		}()
		readUntil(t, stderr, "the table is locked by "+holder+"; waiting for up to 60 seconds\n")
		require.Equal(t, saved, rulesOf(t, n))
		unlock()
		require.Equal(t, kernel.Result{}, <-ended)
		require.Empty(t, rulesOf(t, n))
	})
}

// A longRestore is a restore whose lines come one after the other.
type longRestore struct {
	cmd    *exec.Cmd
	lines  io.WriteCloser
	output *bufio.Reader
}

// startRestore starts a restore that has added a service and waits for its next line.
func startRestore(t *testing.T, n *kernel.Namespace) *longRestore {
	t.Helper()
	r := &longRestore{cmd: exec.Command(program(), "-R", "--wait", "0")}
	r.cmd.Stderr = os.Stderr
	var err error
	r.lines, err = r.cmd.StdinPipe()
	require.NoError(t, err)
	output, err := r.cmd.StdoutPipe()
	require.NoError(t, err)
	r.output = bufio.NewReader(output)
	n.Do(func() { err = r.cmd.Start() })
	require.NoError(t, err)
	t.Cleanup(func() {
		_ = r.cmd.Process.Kill()
		_ = r.cmd.Wait()
	})
	r.run(t, "-A -f 1\n-S -n\n", "-A -f 1 -s wlc\n")
	return r
}

// run has lines run, which print a line.
func (r *longRestore) run(t *testing.T, lines, want string) {
	t.Helper()
	_, err := io.WriteString(r.lines, lines)
	require.NoError(t, err)
	got, err := r.output.ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, want, got)
}

// TestKilledRestore kills a restore that keeps others waiting: they go on.
func TestKilledRestore(t *testing.T) {
	n := kernel.NewNamespace(t)
	r := startRestore(t, n)
	got := n.Ipvsadm(t, program(), "-C", "--wait", "0")
	require.Equal(t, kernel.Result{Stderr: fmt.Sprintf("the table is locked by process %d; nothing was changed\n", r.cmd.Process.Pid), Code: 2}, got)
	require.NoError(t, r.cmd.Process.Kill())
	_ = r.cmd.Wait() // ended by a signal
	require.Equal(t, kernel.Result{}, n.Ipvsadm(t, program(), "-C", "--wait", "0"))
}

// TestIdleRestore has a restore wait for its next line for so long that others go first.
func TestIdleRestore(t *testing.T) {
	n := kernel.NewNamespace(t)
	r := startRestore(t, n)
	require.Equal(t, kernel.Result{}, withoutWaiting(n.Ipvsadm(t, program(), "-C")))
	r.run(t, "-A -f 2\n-S -n\n", "-A -f 2 -s wlc\n")
	require.Equal(t, 2, n.Ipvsadm(t, program(), "-C", "--wait", "0").Code, "it keeps others waiting again")
	require.NoError(t, r.lines.Close())
	require.NoError(t, r.cmd.Wait())
	require.Equal(t, kernel.Result{}, n.Ipvsadm(t, program(), "-C", "--wait", "0"))
}

// TestReplaceAmongOthers replaces a table in which something that knows no lock edits a service again and again: the
// replacement deletes it as it is, or reports that it could not.
func TestReplaceAmongOthers(t *testing.T) {
	n := kernel.NewNamespace(t)
	c := client(t, n)
	edited := ipvsnl.Service{Key: ipvsnl.ServiceKey{Mark: 7}, Scheduler: "wlc"}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for timeout := 1; ; timeout++ {
			select {
			case <-stop:
				return
			default:
			}
			edited.Persistence.Timeout = time.Duration(1+timeout%1000) * time.Second
			_ = c.Apply(t.Context(), ipvsnl.SetService(edited)) // it may be gone
		}
	}()
	defer func() {
		close(stop)
		<-stopped
	}()
	others := marks(10001, 500) // so that it takes time to read the table
	restore(t, n, program(), others)
	kept := 0
	for range 3 {
		n.Ipvsadm(t, program(), "-A", "-f", "7")
		got := runRestore(t, n, others, "--replace")
		table := rulesOf(t, n)
		if got.Code == 0 {
			require.Equal(t, others, table)
			continue
		}
		kept++
		require.Equal(t, 255, got.Code)
		require.Regexp(t, `-D -f 7: something else keeps changing this; later changes were not made\n$`, got.Stderr)
		require.Contains(t, table, "-A -f 7 ")
	}
	t.Logf("the service was kept %d times of 3", kept)
	require.NotZero(t, kept)
}
