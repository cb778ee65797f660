// SPDX-License-Identifier: Apache-2.0

// Package script tests scripts/kernel, on the host.
package script_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
)

// command is a run of scripts/kernel.
func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	const scripts = "../../../../scripts"
	// The go command notes what a test reads, and so does not show an old result when it has changed.
	if _, err := os.ReadDir(scripts); err != nil {
		t.Fatal(err)
	}
	return exec.Command(scripts+"/kernel", args...)
}

// kernel runs scripts/kernel to its end.
func kernel(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, err bytes.Buffer
	cmd := command(t, args...)
	cmd.Stdout, cmd.Stderr = &out, &err
	code = exitCode(t, cmd.Run())
	return out.String(), err.String(), code
}

// exitCode is the exit code of a program that was run with the result err.
func exitCode(t *testing.T, err error) int {
	t.Helper()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	require.NoError(t, err)
	return 0
}

// TestKernel checks that a command in the guest has what it would have here, and that what it says comes back
// byte for byte.
func TestKernel(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a file")
	dir, err := os.Getwd()
	require.NoError(t, err)
	t.Setenv("WORDS", "it's \"two\"\nlines")
	stdout, stderr, code := kernel(t, "bash", "-c", `
		echo "$1 $WORDS"; pwd; printf 'a\r\n\0\377\4' ; echo complaint >&2
		test -t 1 && echo terminal; cat; lsmod | grep -c '^ip_vs '; id -u
		echo written >"$2"; ip netns add kernel_test; sleep 100 & exit 7`, "name", "$x *", file)
	require.Equal(t, "$x * it's \"two\"\nlines\n"+dir+"\na\r\n\x00\xff\x041\n0\n", stdout)
	require.Equal(t, "complaint\n", stderr)
	require.Equal(t, 7, code)
	if written, err := os.ReadFile(file); string(written) != "written\n" {
		t.Errorf("the file: %q, %v", written, err)
	}
	if _, err := os.Stat("/run/netns/kernel_test"); err == nil {
		t.Error("the namespace is on the host")
	}
}

// TestMuchOutput checks that none of it gets lost on the way, on either stream.
func TestMuchOutput(t *testing.T) {
	stdout, stderr, code := kernel(t, "bash", "-c", "seq 300000 & seq 400000 >&2; wait")
	require.Equal(t, numbers(300000), stdout)
	require.Equal(t, numbers(400000), stderr)
	require.Zero(t, code)
}

// numbers is the output of seq(1).
func numbers(last int) string {
	var b strings.Builder
	for i := range last {
		fmt.Fprintln(&b, i+1)
	}
	return b.String()
}

// TestStreaming checks that output comes when it is written, not at the end, which does not come by itself;
// and that a signal ends the kernel.
func TestStreaming(t *testing.T) {
	cmd := command(t, "bash", "-c", "echo begun; sleep 1000")
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line := make([]byte, 100)
	n, err := out.Read(line)
	require.NoError(t, err)
	require.Equal(t, "begun\n", string(line[:n]))
	children := descendants(t, cmd.Process.Pid)
	require.NotEmpty(t, children, "the script has no children")
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	require.Equal(t, 128+int(syscall.SIGTERM), exitCode(t, cmd.Wait()))
	for _, pid := range children {
		waitGone(t, pid)
	}
}

// descendants are the processes below a process.
func descendants(t *testing.T, pid int) []int {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	require.NoError(t, err)
	children := map[int][]int{}
	for _, name := range stats {
		stat, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended meanwhile
		}
		// The number, the name in parentheses, a letter, the parent's number.
		var child, parent int
		var state string
		_, rest, _ := strings.Cut(string(stat), ") ")
		fmt.Sscan(string(stat), &child)
		fmt.Sscan(rest, &state, &parent)
		children[parent] = append(children[parent], child)
	}
	all := []int{pid}
	for i := 0; i < len(all); i++ {
		all = append(all, children[all[i]]...)
	}
	return all[1:]
}

// waitGone waits until a process has ended, if only as a zombie.
func waitGone(t *testing.T, pid int) {
	t.Helper()
	for range 100 {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil || strings.Contains(string(stat), ") Z ") {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("process %d is still there", pid)
}

// TestPanic checks that the end of the kernel is an error, and shown.
func TestPanic(t *testing.T) {
	stdout, stderr, code := kernel(t, "bash", "-c", "echo before; echo c >/proc/sysrq-trigger; sleep 1000")
	require.Equal(t, "before\n", stdout)
	require.Equal(t, 125, code)
	require.Contains(t, stderr, "Kernel panic - not syncing")
}

// TestParallel runs kernels at once.
func TestParallel(t *testing.T) {
	var all errgroup.Group
	for i := range 3 {
		all.Go(func() error {
			stdout, stderr, code := kernel(t, "bash", "-c", `ip netns add x; echo "$1"; exit "$1"`, "name", fmt.Sprint(i))
			require.Equal(t, fmt.Sprintln(i), stdout)
			require.Empty(t, stderr)
			require.Equal(t, i, code)
			return nil
		})
	}
	_ = all.Wait()
}

// TestFailingTests checks that tests in the kernel that fail, fail.
func TestFailingTests(t *testing.T) {
	for _, c := range []struct {
		name string
		pass bool
		want string // in the output
	}{
		{"TestPass", true, "--- PASS: TestPass"},
		{"TestFail", false, "--- FAIL: TestFail"},
		{"TestPanic", false, "panic: as it should"},
		{"TestExit", false, "unexpected call to os.Exit(0)"},
		{"TestKernelPanic", false, "the kernel ended before the command did"},
		{"TestTimeout", false, "test timed out"},
		{"TestHang", false, "did not end within 500ms (exit status 0); it wrote:\n        asked\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd := exec.Command("go", "test", "-v", "-count=1", "-timeout=3s", "-run=^"+c.name+"$",
				"../testdata/failing")
			out, err := cmd.CombinedOutput()
			require.Equal(t, c.pass, exitCode(t, err) == 0)
			require.Contains(t, string(out), c.want)
		})
	}
}
