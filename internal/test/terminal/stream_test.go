// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
	"github.com/stretchr/testify/require"
)

// A stream is a program whose output is read from pipes.
type stream struct {
	cmd            *exec.Cmd
	stdout, stderr *bufio.Reader
	pipe           io.Closer // that of stdout
}

func start(t *testing.T, n *kernel.Namespace, line string) *stream {
	t.Helper()
	cmd := exec.Command(kernel.Program("ipvsadm"), strings.Fields(line)...)
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	stderr, err := cmd.StderrPipe()
	require.NoError(t, err)
	n.Do(func() { err = cmd.Start() })
	require.NoError(t, err)
	t.Cleanup(func() {
		if cmd.ProcessState == nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	})
	return &stream{cmd: cmd, stdout: bufio.NewReader(stdout), stderr: bufio.NewReader(stderr), pipe: stdout}
}

// page reads up to the next empty line.
func (s *stream) page(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for {
		line, err := s.stdout.ReadString('\n')
		require.NoError(t, err)
		if line == "\n" {
			return b.String()
		}
		b.WriteString(line)
	}
}

// end waits for the end and returns why.
func (s *stream) end() syscall.WaitStatus {
	_ = s.cmd.Wait()
	return s.cmd.ProcessState.Sys().(syscall.WaitStatus)
}

// TestStream watches without a terminal: whole listings follow each other, until a signal comes.
func TestStream(t *testing.T) {
	n := kernel.NewNamespace(t)
	set(t, n, table)
	list := func(words string) string {
		return n.Ipvsadm(t, kernel.Program("ipvsadm"), strings.Fields(words)...).Stdout
	}
	for name, signal := range map[string]syscall.Signal{
		"interrupt": syscall.SIGINT, "kill": syscall.SIGTERM, "hangup": syscall.SIGHUP, "quit": syscall.SIGQUIT,
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, n, "-Ln --stats --watch 1")
			for range 2 {
				if got, want := s.page(t), list("-Ln --stats"); got != want {
					t.Errorf("got\n%s, want\n%s", got, want)
				}
			}
			require.NoError(t, s.cmd.Process.Signal(signal))
			require.Zero(t, s.end())
		})
	}
	for _, signal := range []syscall.Signal{syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGALRM, syscall.SIGPIPE} {
		t.Run(signal.String(), func(t *testing.T) {
			s := start(t, n, "-Ln --stats --watch 1")
			s.page(t)
			require.NoError(t, s.cmd.Process.Signal(signal))
			require.Equal(t, signal, s.end().Signal())
		})
	}
}

// TestStreamStalled ends a watch that waits for its reader: a listing is more than the pipe holds, and nobody reads on.
func TestStreamStalled(t *testing.T) {
	n := kernel.NewNamespace(t)
	const held = 1<<16 + 1<<12 // by the pipe and by whoever reads the first bytes
	var services strings.Builder
	for mark := range held / len("FWM  1 wlc\n") {
		fmt.Fprintf(&services, "-A -f %d\n", mark+1)
	}
	set(t, n, services.String())
	s := start(t, n, "-Ln --watch 1")
	if _, err := s.stdout.Peek(1); err != nil {
		t.Fatal(err)
	}
	require.NoError(t, s.cmd.Process.Signal(syscall.SIGTERM))
	// Wait would close the pipe.
	ended := make(chan *os.ProcessState, 1)
	go func() {
		state, _ := s.cmd.Process.Wait()
		ended <- state
	}()
	select {
	case state := <-ended:
		require.Zero(t, state.ExitCode())
	case <-time.After(patience):
		t.Error("it goes on")
		_ = s.cmd.Process.Kill()
		<-ended
	}
}

// TestStreamFull ends where there is no room.
func TestStreamFull(t *testing.T) {
	n := kernel.NewNamespace(t)
	got := n.Run(t, kernel.Command{Path: "/bin/sh", Args: []string{"sh", "-c", kernel.Program("ipvsadm") + " -Ln --watch >/dev/full"}})
	require.Equal(t, kernel.Result{Stderr: "cannot write: write /dev/stdout: no space left on device\n", Code: 1}, got)
}

// TestStreamFailure reports what fails on standard error, and goes on.
func TestStreamFailure(t *testing.T) {
	n := kernel.NewNamespace(t)
	set(t, n, table)
	s := start(t, n, "-Ln -t 192.0.2.1:443 --watch 1")
	first := s.page(t)
	set(t, n, "-D -t 192.0.2.1:443\n")
	if line, err := s.stderr.ReadString('\n'); line != "No such service\n" {
		t.Fatalf("got %q, %v", line, err)
	}
	set(t, n, "-A -t 192.0.2.1:443 -s wlc\n")
	require.Equal(t, first, s.page(t))
	got := n.Ipvsadm(t, kernel.Program("ipvsadm"), "-Ln", "-t", "192.0.2.1:444", "--watch")
	require.Equal(t, kernel.Result{Stderr: "No such service\n", Code: 1}, got)
}

// TestStreamClosed ends with the pipe, as other programs do, at once.
func TestStreamClosed(t *testing.T) {
	n := kernel.NewNamespace(t)
	s := start(t, n, "-Ln --watch 3600")
	s.page(t)
	require.NoError(t, s.pipe.Close())
	require.Equal(t, syscall.SIGPIPE, s.end().Signal())
}

// TestInRules checks that no line of a restore keeps the others waiting.
func TestInRules(t *testing.T) {
	n := kernel.NewNamespace(t)
	got := n.Run(t, kernel.Command{Path: kernel.Program("ipvsadm"), Args: []string{"ipvsadm", "-R"}, Stdin: "-L --watch\n-A -f 7\n"})
	require.Equal(t, kernel.Result{Stderr: "Illegal 'watch' option in a line of rules\n", Code: 2}, got)
}
