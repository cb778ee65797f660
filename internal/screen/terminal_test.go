// SPDX-License-Identifier: Apache-2.0

package screen

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/test/emulator"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// TestMain runs the tests or, in a process that a test has started, what that asks for.
func TestMain(m *testing.M) {
	switch os.Getenv("SCREEN_TEST") {
	case "leader":
		lead()
	case "orphan":
		// Its group is in the background once a child of it has the terminal.
		other := exec.Command("sleep", "10")
		other.Stdin, other.SysProcAttr = os.Stdin, &syscall.SysProcAttr{Foreground: true, Ctty: 0}
		if err := other.Start(); err != nil {
			fmt.Println(err)
		}
		tell()
		_ = other.Process.Kill()
	case "member":
		tell()
	default:
		os.Exit(m.Run())
	}
}

// tell reads a line and prints where the program is before and after.
func tell() {
	fmt.Println(Foreground(os.Stdin))
	line, err := bufio.NewReader(Input(os.Stdin, nil)).ReadString('\n')
	fmt.Println(Foreground(os.Stdin), strings.TrimSpace(line), err)
}

// self returns a process of this program that has the terminal for its standard input.
func self(what string, terminal *os.File, of *syscall.SysProcAttr) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe")
	if emulator := os.Getenv("EMULATOR"); emulator != "" { // the kernel does not start what it runs
		program, _ := os.Executable()
		cmd = exec.Command(emulator, program)
	}
	cmd.Env = append(os.Environ(), "SCREEN_TEST="+what)
	cmd.Stdin, cmd.SysProcAttr = terminal, of
	return cmd
}

// lead does as a shell does: it starts a member in the background, continues it there when it has stopped, and the next time
// lends it the terminal.
func lead() {
	fmt.Println(Foreground(os.Stdin))
	member := self("member", os.Stdin, &syscall.SysProcAttr{Setpgid: true})
	member.Stdout = os.Stdout
	if err := member.Start(); err != nil {
		fmt.Println(err)
	}
	group := member.Process.Pid
	for _, lent := range []bool{false, true} {
		var status unix.WaitStatus
		_, err := unix.Wait4(group, &status, unix.WUNTRACED, nil)
		fmt.Println(status.StopSignal(), err)
		if lent {
			fmt.Println(unix.IoctlSetPointerInt(0, unix.TIOCSPGRP, group))
		}
		_ = unix.Kill(-group, unix.SIGCONT)
	}
	_ = member.Wait()
}

// A terminal is read in the foreground alone.
func TestForeground(t *testing.T) {
	master, slave := emulator.Open(t)
	require.True(t, Foreground(slave), "it is not that of the session")
	require.True(t, Foreground(&bytes.Buffer{}))
	_, err := master.WriteString("line\n")
	require.NoError(t, err)
	leader := self("leader", slave, &syscall.SysProcAttr{Setsid: true, Setctty: true})
	out, err := leader.Output()
	require.NoError(t, err)
	require.Equal(t, "true\nfalse\nstopped (tty input) <nil>\nstopped (tty input) <nil>\n<nil>\ntrue line <nil>\n", string(out))
}

// What no shell could continue is not stopped: the kernel refuses to read.
func TestForegroundOrphan(t *testing.T) {
	_, slave := emulator.Open(t)
	leader := self("orphan", slave, &syscall.SysProcAttr{Setsid: true, Setctty: true})
	out, err := leader.Output()
	require.NoError(t, err)
	require.Equal(t, "false\nfalse  read /dev/stdin: input/output error\n", string(out))
}

// What comes while a program waits for the foreground is handled, and may end the wait.
func TestAwaitForeground(t *testing.T) {
	signals := make(chan os.Signal, 3)
	for _, s := range []os.Signal{unix.SIGCONT, unix.SIGWINCH, unix.SIGTERM} {
		signals <- s
	}
	var handled []os.Signal
	AwaitForeground(func() bool { return false }, 0, signals, func(s os.Signal) bool {
		handled = append(handled, s)
		return s == unix.SIGTERM
	})
	require.Equal(t, []os.Signal{unix.SIGWINCH, unix.SIGTERM}, handled)
	AwaitForeground(func() bool { return false }, 0, signals, nil) // nothing comes, so it was not stopped
}

// A stream that is not a terminal is read as it is.
func TestInput(t *testing.T) {
	stream := &bytes.Buffer{}
	require.Same(t, stream, Input(stream, nil))
	require.True(t, readable(os.NewFile(1<<20, "closed"), 0), "a read tells what is wrong")
}

// A screen that is not taken is not left: its terminal belongs to others.
func TestLeaveOnce(t *testing.T) {
	master, slave := emulator.Open(t)
	s, err := Open(slave, slave, false)
	require.NoError(t, err)
	require.NoError(t, s.Leave())
	require.NoError(t, s.Leave())
	_, err = slave.WriteString("end")
	require.NoError(t, err)
	var written string
	for b := make([]byte, 100); !strings.HasSuffix(written, "end"); {
		n, err := master.Read(b)
		require.NoError(t, err)
		written += string(b[:n])
	}
	require.Equal(t, enter+leave+"end", written)
	require.NoError(t, s.Enter())
	require.NoError(t, s.Leave())
}

func TestIsTerminal(t *testing.T) {
	_, terminal := emulator.Open(t)
	require.True(t, IsTerminal(terminal))
	null, err := os.Open(os.DevNull)
	require.NoError(t, err)
	defer null.Close()
	require.False(t, IsTerminal(null))
	require.False(t, IsTerminal(&bytes.Buffer{}))
	require.False(t, IsTerminal((*os.File)(nil)))

	// A pipe stays as it is.
	var ends [2]int
	require.NoError(t, unix.Pipe2(ends[:], unix.O_NONBLOCK|unix.O_CLOEXEC))
	defer unix.Close(ends[0])
	pipe := os.NewFile(uintptr(ends[1]), "pipe")
	defer pipe.Close()
	require.False(t, IsTerminal(pipe))
	mode, err := unix.FcntlInt(uintptr(ends[1]), unix.F_GETFL, 0)
	require.NoError(t, err)
	require.NotZero(t, mode&unix.O_NONBLOCK)
}
