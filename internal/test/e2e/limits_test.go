// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// A limit is a row of the table in docs/limits.md: what each program needs.
type limit struct {
	name            string
	ours, reference int
}

// documentedLimits returns the rows of the table in docs/limits.md.
func documentedLimits(t *testing.T) []limit {
	t.Helper()
	root, err := kernel.Root()
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(root, "docs", "limits.md"))
	require.NoError(t, err)
	var limits []limit
	for _, row := range regexp.MustCompile("(?m)^\\| `(.+?)`.* \\| (\\d+) \\| (\\d+) \\|$").FindAllStringSubmatch(string(text), -1) {
		ours, _ := strconv.Atoi(row[2])
		reference, _ := strconv.Atoi(row[3])
		limits = append(limits, limit{row[1], ours, reference})
	}
	return limits
}

// controlGroup makes a control group with a limit, for the time of the test.
func controlGroup(t *testing.T, file, value string) (dir string) {
	t.Helper()
	const root = "/sys/fs/cgroup"
	if err := unix.Mount("none", root, "cgroup2", 0, ""); err != nil {
		require.ErrorIs(t, err, unix.EBUSY) // by an earlier test
	}
	require.NoError(t, os.WriteFile(filepath.Join(root, "cgroup.subtree_control"), []byte("+memory +pids"), 0))
	dir, err := os.MkdirTemp(root, "test")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.Remove(dir) })
	require.NoError(t, os.WriteFile(filepath.Join(dir, file), []byte(value), 0))
	return dir
}

// under runs a command with a limit.
func under(t *testing.T, n *kernel.Namespace, limit string, value int, c kernel.Command) kernel.Result {
	t.Helper()
	enter := fmt.Sprintf("%s %d", limit, value)
	switch limit {
	case "pids.max":
		enter = "echo $$ >" + controlGroup(t, limit, strconv.Itoa(value)) + "/cgroup.procs"
	case "memory.max":
		enter = "echo $$ >" + controlGroup(t, limit, strconv.Itoa(value<<20)) + "/cgroup.procs"
	}
	exec := `exec -a "$1" "$0" "${@:2}"`
	if limit == "ulimit -u" { // which root is free of
		exec = `exec setpriv --reuid 65533 --inh-caps +net_admin --ambient-caps +net_admin "$0" "${@:2}"`
	}
	c.Args = append([]string{"bash", "-c", enter + " && " + exec, c.Path}, c.Args...)
	c.Path = "/bin/bash"
	return n.Run(t, c)
}

// calling is a command line of a program.
func calling(program, words string) kernel.Command {
	return kernel.Command{Path: program, Args: append([]string{"ipvsadm"}, strings.Fields(words)...)}
}

// someServices are rules of services with ten real servers each.
func someServices(count int) string {
	var b strings.Builder
	for i := range count {
		fmt.Fprintf(&b, "-A -f %d -s wlc\n", i+1)
		for j := range 10 {
			fmt.Fprintf(&b, "-a -f %d -r 10.0.0.%d:0 -m -w 1\n", i+1, j+1)
		}
	}
	return b.String()
}

// TestLimits checks that a listing ends well where the limits are as documented, by both programs, and that what
// can be counted may not be one less.
func TestLimits(t *testing.T) {
	n := kernel.NewNamespace(t)
	restore(t, n, kernel.Reference, someServices(60))
	want := n.Ipvsadm(t, kernel.Reference, "-L", "-n")
	limits := documentedLimits(t)
	require.Len(t, limits, 6)
	for _, l := range limits {
		t.Run(l.name, func(t *testing.T) {
			sameResult(t, under(t, n, l.name, l.reference, calling(kernel.Reference, "-L -n")), want)
			sameResult(t, under(t, n, l.name, l.ours, calling(program(), "-L -n")), want)
			switch l.name {
			case "ulimit -n":
				require.NotZero(t, under(t, n, l.name, l.ours-1, calling(program(), "-L -n")).Code)
			case "ulimit -u", "pids.max":
				// The Go runtime starts its threads when it needs them: now and then, a listing ends before it needs the last.
				worked := 0
				for range 10 {
					sameResult(t, under(t, n, l.name, l.ours, calling(program(), "-L -n")), want)
					if under(t, n, l.name, l.ours-1, calling(program(), "-L -n")).Code == 0 {
						worked++
					}
				}
				require.Less(t, worked, 5)
			}
		})
	}
}

// TestFewDescriptors has commands do with as many descriptors as they need.
func TestFewDescriptors(t *testing.T) {
	for words, needs := range map[string]int{
		"-A -f 7000":                             4,
		"-R":                                     5,
		"-C":                                     5,
		"-Z":                                     4,
		"-L -n":                                  4,
		"-L -n --stats":                          4,
		"-L -n -j":                               4,
		"-L --timeout":                           4,
		"-S -n":                                  4,
		"-L -n -c":                               5,
		"-L --nosort":                            4,
		"-L":                                     5,
		"-S":                                     6,
		"-L -n --netns /proc/thread-self/ns/net": 6,
	} {
		t.Run(words, func(t *testing.T) {
			n := kernel.NewNamespace(t)
			restore(t, n, kernel.Reference, someServices(60))
			c := calling(program(), words)
			c.Stdin = "-A -f 8000\n"
			got := under(t, n, "ulimit -n", needs, c)
			if words[1] != 'L' && words[1] != 'S' {
				require.Equal(t, kernel.Result{}, got)
				return
			}
			sameResult(t, got, n.Ipvsadm(t, program(), strings.Fields(words)...))
		})
	}
}

// TestFewForLock has a table changed although there is no descriptor for the lock.
func TestFewForLock(t *testing.T) {
	for _, words := range []string{"-C", "-R"} {
		n := kernel.NewNamespace(t)
		c := calling(program(), words)
		c.Stdin = "-A -f 8000\n"
		require.Equal(t, kernel.Result{Stderr: "warning: no lock against other restores: open /proc/self/ns/net: too many open files\n"},
			under(t, n, "ulimit -n", 4, c))
	}
}

// TestLittleMemory has commands work in small control groups.
func TestLittleMemory(t *testing.T) {
	table := someServices(1000)
	all := []string{"-A -f 7000", "-Z", "-L -n", "-L -n --stats", "-L -n -j", "-S -n", "-R", "restore"}
	for size, lines := range map[int][]string{16: all, 10: {"-R --replace"}, 8: all} {
		for _, words := range lines {
			t.Run(fmt.Sprintf("%d MiB/%s", size, words), func(t *testing.T) {
				n := kernel.NewNamespace(t)
				c := calling(program(), words)
				switch words {
				case "restore":
					c = kernel.Command{Path: program(), Args: []string{"ipvsadm-restore"}, Stdin: table}
				case "-R", "-R --replace":
					c.Stdin = table
				default:
					restore(t, n, program(), table)
				}
				got := under(t, n, "memory.max", size, c)
				require.Zero(t, got.Code, got.Stderr)
				if words == "-S -n" {
					require.Equal(t, table, got.Stdout)
				}
				if c.Stdin != "" {
					require.Equal(t, table, n.Ipvsadm(t, kernel.Reference, "-S", "-n").Stdout)
				}
			})
		}
	}
}

// TestTooLittleMemory shows that the kernel ends a command that does not fit, which otherwise goes on for hours.
func TestTooLittleMemory(t *testing.T) {
	n := kernel.NewNamespace(t)
	c := calling(program(), "-R --replace")
	c.Stdin = someServices(3000)
	got := under(t, n, "memory.max", 8, c)
	require.Equal(t, kernel.Result{Code: 128 + int(unix.SIGKILL)}, got)
}

// TestAddressSpace shows that the Go runtime ends the program where it may have little address space.
func TestAddressSpace(t *testing.T) {
	n := kernel.NewNamespace(t)
	require.Zero(t, under(t, n, "ulimit -v", 102400, calling(kernel.Reference, "-L -n")).Code)
	got := under(t, n, "ulimit -v", 102400, calling(program(), "-L -n"))
	require.NotZero(t, got.Code)
	require.Contains(t, got.Stderr, "fatal error: ")
}
