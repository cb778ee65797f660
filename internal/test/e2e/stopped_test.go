// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// TestStopped stops restores and a replacement midway by signals: nothing else is sent, and what is said fits
// what is in the table.
func TestStopped(t *testing.T) {
	const many = 20000
	var marks, twice strings.Builder
	for mark := 1; mark <= many; mark++ {
		fmt.Fprintf(&marks, "-A -f %d\n", mark)
		fmt.Fprintf(&twice, "-A -f %d\n-A -f %d\n", mark, mark)
	}
	for _, s := range []unix.Signal{unix.SIGINT, unix.SIGTERM, unix.SIGHUP} {
		t.Run("a restore that waits for its next line, "+s.String(), func(t *testing.T) {
			p := startStoppable(t, "ipvsadm", "-R")
			_, err := io.WriteString(p.stdin, "-A -f 1\n# -A -f 2\n-A -f 3\n-A -f 3\n-A -f 4\n-A -f 5")
			require.NoError(t, err)
			p.untilMark(t, 4)
			p.stop(t, s)
			require.Equal(t, "Service already exists\n"+"stopped by a signal ("+s.String()+
				"): lines 1 to 5 are done, nothing was sent from line 6 on\n", p.messages(t))
			p.ended(t, s)
			require.Equal(t, 3, p.services(t))
		})
		t.Run("ipvsadm-restore, "+s.String(), func(t *testing.T) {
			// Messages wait for their reader, so that the restore cannot come to its end before the signal.
			p := startStoppable(t, "ipvsadm-restore")
			p.input(twice.String())
			_, err := p.stderr.Peek(1)
			require.NoError(t, err)
			p.stop(t, s)
			messages := strings.SplitAfter(p.messages(t), "\n")
			p.ended(t, s)
			last := messages[len(messages)-2]
			var done, next int
			_, err = fmt.Sscanf(last, "stopped by a signal ("+s.String()+
				"): the table was cleared and lines 1 to %d are done, nothing was sent from line %d on\n", &done, &next)
			require.NoError(t, err, last)
			require.Equal(t, done+1, next)
			require.Less(t, done, 2*many)
			require.Equal(t, (done+1)/2, p.services(t))
			require.Len(t, messages, done/2+2) // one for each second line, the last one, and what follows it
		})
		t.Run("a replacement, "+s.String(), func(t *testing.T) {
			p := startStoppable(t, "ipvsadm", "-R", "--replace")
			p.input(marks.String())
			p.untilMark(t, 1)
			p.stop(t, s)
			var done, all, mark int
			messages := p.messages(t)
			_, err := fmt.Sscanf(messages, "stopped by a signal ("+s.String()+
				"): %d of %d changes are done, nothing was sent from this one on: -A -f %d -s wlc\n", &done, &all, &mark)
			require.NoError(t, err, messages)
			p.ended(t, s)
			require.Equal(t, many, all)
			require.Equal(t, done+1, mark)
			require.Equal(t, done, p.services(t))
		})
	}
}

// TestStoppedIgnored restores where whoever started the program has it ignore a signal, as nohup(1) does.
func TestStoppedIgnored(t *testing.T) {
	p := startStoppable(t, "sh", "-c", "trap '' HUP; exec "+program()+" -R")
	_, err := io.WriteString(p.stdin, "-A -f 1\n")
	require.NoError(t, err)
	p.untilMark(t, 1)
	p.stop(t, unix.SIGHUP)
	_, err = io.WriteString(p.stdin, "-A -f 2\n")
	require.NoError(t, err)
	require.NoError(t, p.stdin.Close())
	require.Empty(t, p.messages(t))
	require.NoError(t, p.cmd.Wait())
	require.Equal(t, 2, p.services(t))
}

// A stoppable is a program that is to be stopped, in a place of its own.
type stoppable struct {
	*place
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stderr *bufio.Reader
}

// startStoppable starts the program by a name, or a shell. Its messages have little room until they are read.
func startStoppable(t *testing.T, words ...string) *stoppable {
	t.Helper()
	p := &stoppable{place: newPlace(t)}
	p.cmd = &exec.Cmd{Path: program(), Args: words}
	if words[0] == "sh" {
		p.cmd.Path = "/bin/sh"
	}
	var err error
	p.stdin, err = p.cmd.StdinPipe()
	require.NoError(t, err)
	r, w, err := os.Pipe()
	require.NoError(t, err)
	_, err = unix.FcntlInt(w.Fd(), unix.F_SETPIPE_SZ, 4096)
	require.NoError(t, err)
	p.cmd.Stderr, p.stderr = w, bufio.NewReader(r)
	p.namespace.Do(func() { err = p.cmd.Start() })
	require.NoError(t, err)
	w.Close()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
		r.Close()
	})
	return p
}

// input is all that the program is to read.
func (p *stoppable) input(text string) {
	go func() {
		defer p.stdin.Close()
		_, _ = io.WriteString(p.stdin, text)
	}()
}

func (p *stoppable) stop(t *testing.T, s unix.Signal) {
	t.Helper()
	require.NoError(t, p.cmd.Process.Signal(s))
}

// messages are those up to the end of the program.
func (p *stoppable) messages(t *testing.T) string {
	t.Helper()
	text, err := io.ReadAll(p.stderr)
	require.NoError(t, err)
	return string(text)
}

// ended checks that a signal has ended the program.
func (p *stoppable) ended(t *testing.T, s unix.Signal) {
	t.Helper()
	_ = p.cmd.Wait()
	status := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	require.True(t, status.Signaled() && status.Signal() == s, "%v", p.cmd.ProcessState)
}

// services returns how many services there are.
func (p *stoppable) services(t *testing.T) (count int) {
	t.Helper()
	all, err := p.client.Services(context.Background())
	require.NoError(t, err)
	return len(all)
}

// untilMark waits until there is a service with a mark. It asks for that alone: while all are listed, the program may
// come to its end.
func (p *stoppable) untilMark(t *testing.T, mark uint32) {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		_, err := p.client.Service(context.Background(), ipvsnl.ServiceKey{Mark: mark})
		if err == nil {
			return
		}
		require.ErrorIs(t, err, ipvsnl.ErrServiceNotFound)
		require.True(t, time.Now().Before(end))
	}
}
