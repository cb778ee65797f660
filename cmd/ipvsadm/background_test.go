// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// A shell has a terminal of its own and runs jobs on it.
type shell struct {
	*terminal
	commands io.Writer
}

// ended has the shell wait for the end of its job, as wait alone does not if the job was stopped, and print the exit code.
const ended = "while kill -0 $!; do sleep 0.01; done; wait $!; echo code $?"

func newShell(t *testing.T) *shell {
	t.Helper()
	sh := exec.Command("bash", "-m")
	commands, err := sh.StdinPipe()
	require.NoError(t, err)
	term := newTerminal(t)
	sh.Stdout, sh.Stderr = term.slave, term.slave
	sh.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 1}
	require.NoError(t, sh.Start())
	t.Cleanup(func() {
		_ = sh.Process.Kill()
		_ = sh.Wait()
	})
	s := &shell{term, commands}
	s.run(t, "exec 2>/dev/null") // without its messages about jobs
	return s
}

// run has the shell run a command line.
func (sh *shell) run(t *testing.T, line string) {
	t.Helper()
	_, err := fmt.Fprintln(sh.commands, line)
	require.NoError(t, err)
}

// inBackground starts a program on the terminal in the background, with standard input from a file, and returns its process.
func (sh *shell) inBackground(t *testing.T, words, in string) (process string) {
	t.Helper()
	file := t.TempDir() + "/process"
	cmd := program(t, words)
	sh.run(t, "IPVSADM_TEST_RUN='"+words+"' "+strings.Join(cmd.Args, " ")+" <"+in+" 2>&1 & echo $! >"+file)
	require.Eventually(t, func() bool {
		number, _ := os.ReadFile(file)
		process = strings.TrimSpace(string(number))
		return process != ""
	}, waiting, polling)
	return process
}

// stops waits until a process has stopped, and the shell knows that.
func (sh *shell) stops(t *testing.T, process string) {
	t.Helper()
	require.Eventually(t, func() bool { return stateOf(process) == "T" }, waiting, polling)
	sh.run(t, "until [[ $(jobs -s) ]]; do sleep 0.01; done")
}

// runs waits until a process has been continued.
func runs(t *testing.T, process string) {
	t.Helper()
	require.Eventually(t, func() bool { return stateOf(process) == "S" }, waiting, polling)
}

// watchInBackground starts a watch in the background of a shell, and returns the mode that the terminal had before.
func watchInBackground(t *testing.T, in string) (sh *shell, before unix.Termios, process string) {
	t.Helper()
	sh = newShell(t)
	return sh, sh.mode(t), sh.inBackground(t, "watch", in)
}

// In the background a watch leaves its terminal alone and stops, again when it is continued there. A signal ends it then.
func TestWatchBackground(t *testing.T) {
	for _, c := range []struct{ in, signal, code string }{{"/dev/tty", "TERM", "0"}, {"/dev/null", "USR1", "138"}} {
		sh, before, process := watchInBackground(t, c.in)
		sh.stops(t, process)
		sh.run(t, "kill -CONT %1; kill -WINCH %1; kill -TSTP %1")
		runs(t, process)
		sh.stops(t, process)
		sh.run(t, "kill -"+c.signal+" %1; kill -CONT %1; "+ended)
		sh.wrote(t, "code "+c.code, 1)
		times, _ := sh.Entered()
		require.Zero(t, times)
		require.Equal(t, before, sh.mode(t))
	}
}

// A watch that is put into the foreground reads again, and is shown. Suspended and continued in the background, it leaves the
// terminal to others again, the keys too. It goes on in the foreground, and a signal ends it in the background.
func TestWatchForeground(t *testing.T) {
	for _, again := range []bool{true, false} {
		sh, before, process := watchInBackground(t, "/dev/tty")
		sh.stops(t, process)
		sh.run(t, "fg >/dev/null")
		sh.shows(t, "> row        2")
		require.NotEqual(t, before, sh.mode(t))
		sh.press(t, "\x1a")
		sh.run(t, "echo suspended; bg >/dev/null")
		sh.wrote(t, "suspended", 1)
		runs(t, process)
		sh.stops(t, process)
		require.Equal(t, before, sh.mode(t))
		times := 1
		if again {
			times++
			sh.run(t, "fg >/dev/null; echo code $?")
			sh.wrote(t, "Label", 2)
			sh.press(t, "q")
			sh.wrote(t, "code 0", 1)
		} else {
			sh.run(t, "kill -USR1 %1; kill -CONT %1; "+ended)
			sh.wrote(t, "code 138", 1)
		}
		sh.restored(t, before)
		entered, _ := sh.Entered()
		require.Equal(t, times, entered)
	}
}

// A watch that was stopped while it was shown leaves the screen when it ends in the background, and the mode of the
// terminal, which the shell has set again, as it is.
func TestWatchEndsInBackground(t *testing.T) {
	sh, before, process := watchInBackground(t, "/dev/tty")
	sh.run(t, "fg >/dev/null; echo stopped")
	sh.shows(t, "> row")
	sh.run(t, "kill -CONT %1; kill %1; "+ended)
	n, err := strconv.Atoi(process)
	require.NoError(t, err)
	require.NoError(t, unix.Kill(n, unix.SIGSTOP))
	sh.wrote(t, "code 0", 1)
	sh.restored(t, before)
}

// In the background rules are not read from a terminal: the program stops. A signal ends the restore then. In the
// foreground it goes on.
func TestRestoreBackground(t *testing.T) {
	for _, words := range []string{"restore", "ipvsadm -R --dry-run"} {
		sh := newShell(t)
		process := sh.inBackground(t, words, "/dev/tty")
		sh.stops(t, process)
		sh.run(t, "kill %1; "+ended)
		sh.wrote(t, "code 143", 1)
		require.Equal(t, words == "restore", strings.Contains(sh.written.String(), "stopped by a signal (terminated): nothing was sent from line 1 on"))

		sh.stops(t, sh.inBackground(t, words, "/dev/tty"))
		sh.run(t, "fg >/dev/null; echo code $?")
		sh.press(t, "\x04")
		sh.wrote(t, "code 0", 1)
	}
}

// stateOf returns the state of a process: "S" if it waits, "T" if it is stopped.
func stateOf(process string) string {
	stat, _ := os.ReadFile("/proc/" + process + "/stat")
	_, after, _ := strings.Cut(string(stat), ") ")
	state, _, _ := strings.Cut(after, " ")
	return state
}
