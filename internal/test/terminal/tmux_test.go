// SPDX-License-Identifier: Apache-2.0

// Package terminal tests, in the test kernel, what the program does on a terminal: in tmux, which shows what a
// person would see.
package terminal

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) {
	kernel.Install("tmux=tmux")
	kernel.Main(m, "./cmd/ipvsadm")
}

// patience is how long something may take before it counts as not happening. No test waits for it to pass.
const patience = 30 * time.Second

// A terminal is a window of a shell, in a namespace.
type terminal struct {
	n    *kernel.Namespace
	tmux string
	dir  string
}

// open opens a terminal of a size ("80x24") with a shell in it, or what else is to run.
func open(t *testing.T, n *kernel.Namespace, width, height string, command ...string) *terminal {
	t.Helper()
	path, err := exec.LookPath("tmux")
	require.NoError(t, err)
	w := &terminal{n: n, tmux: path, dir: t.TempDir()}
	shell := len(command) == 0
	if shell {
		command = []string{"env", "PS1=# ", "bash", "--norc", "--noprofile"}
	}
	w.do(t, append([]string{"new-session", "-d", "-x", width, "-y", height}, command...)...)
	t.Cleanup(func() { w.n.Run(t, w.command("kill-server")) })
	if shell {
		w.wait(t, "#")
	}
	return w
}

// command returns a command to tmux.
func (w *terminal) command(words ...string) kernel.Command {
	return kernel.Command{
		Path: w.tmux,
		Args: append([]string{"tmux", "-S", filepath.Join(w.dir, "socket"), "-f", "/dev/null"}, words...),
		Env: []string{"TERM=xterm", "LC_ALL=C.UTF-8", "SHELL=/bin/sh",
			"PATH=" + filepath.Dir(kernel.Program("ipvsadm")) + ":" + os.Getenv("PATH")},
	}
}

// do has tmux do something and returns what it prints.
func (w *terminal) do(t *testing.T, words ...string) string {
	t.Helper()
	got := w.n.Run(t, w.command(words...))
	require.Zero(t, got.Code, "tmux %q", words)
	return got.Stdout
}

// press presses keys by their names in tmux, each name a word.
func (w *terminal) press(t *testing.T, keys ...string) {
	t.Helper()
	w.do(t, append([]string{"send-keys", "--"}, keys...)...)
}

// run types a command line.
func (w *terminal) run(t *testing.T, line string) {
	t.Helper()
	w.press(t, line, "Enter")
}

// screen returns what the window shows, without blanks at the ends of lines and empty lines at the end.
func (w *terminal) screen(t *testing.T) string {
	t.Helper()
	return trim(w.do(t, "capture-pane", "-p"))
}

func trim(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

// wait waits until the window shows a text and nothing else.
func (w *terminal) wait(t *testing.T, want string) {
	t.Helper()
	w.until(t, "it should be:\n"+want, func() bool { return w.screen(t) == want })
}

// until waits until a condition is true.
func (w *terminal) until(t *testing.T, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !so(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s\nthe window shows:\n%s", what, w.screen(t))
		}
	}
}

// listing returns what the program prints in the terminal's namespace.
func (w *terminal) listing(t *testing.T, line string) string {
	t.Helper()
	got := w.n.Ipvsadm(t, kernel.Program("ipvsadm"), strings.Fields(line)...)
	require.Zero(t, got.Code, "ipvsadm %s", line)
	require.Empty(t, got.Stderr, "ipvsadm %s", line)
	return trim(got.Stdout)
}

// set runs commands that print nothing, one per line.
func set(t *testing.T, n *kernel.Namespace, lines string) {
	t.Helper()
	got := n.Run(t, kernel.Command{Path: kernel.Program("ipvsadm"), Args: []string{"ipvsadm", "-R"}, Stdin: lines})
	require.Equal(t, kernel.Result{}, got, lines)
}
