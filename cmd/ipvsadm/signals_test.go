// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/resolve"
)

// TestMain runs the tests or, in a process that a test has started, the program.
func TestMain(m *testing.M) {
	if words := os.Getenv("IPVSADM_TEST_RUN"); words != "" {
		os.Args = strings.Fields(words)
		main()
	}
	// Tests raise signals, which nohup and background shells have everything ignore.
	c := make(chan os.Signal, 1)
	signal.Notify(c, ending...)
	signal.Stop(c)
	os.Exit(m.Run())
}

// program returns the program with a command line.
func program(t *testing.T, line string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self)
	if emulator := os.Getenv("EMULATOR"); emulator != "" { // the kernel does not start what it runs
		cmd = exec.Command(emulator, self)
	}
	cmd.Env = append(os.Environ(), "IPVSADM_TEST_RUN="+line)
	return cmd
}

// The program ends with the exit code of its command line, or by the signal that this
// stands for.
func TestProgram(t *testing.T) {
	out, err := program(t, "ipvsadm --build").Output()
	require.NoError(t, err)
	require.Contains(t, string(out), "revision ")

	cmd := program(t, "ipvsadm -R --dry-run")
	cmd.Stdin = strings.NewReader("x\n")
	var failed *exec.ExitError
	require.ErrorAs(t, cmd.Run(), &failed)
	require.Equal(t, 2, failed.ExitCode())

	// Nobody reads what it prints.
	r, w, err := os.Pipe()
	require.NoError(t, err)
	require.NoError(t, r.Close())
	cmd = program(t, "ipvsadm --build")
	cmd.Stdout = w
	require.ErrorAs(t, cmd.Run(), &failed)
	require.NoError(t, w.Close())
	status := failed.Sys().(syscall.WaitStatus)
	require.True(t, status.Signaled())
	require.Equal(t, unix.SIGPIPE, status.Signal())
}

// Signals that whoever started the program has it ignore are not asked for.
func TestNotify(t *testing.T) {
	signal.Ignore(unix.SIGHUP)
	defer func() { // Reset would leave it ignored to signal.Ignored
		c := make(chan os.Signal, 1)
		signal.Notify(c, unix.SIGHUP)
		signal.Stop(c)
	}()
	c := make(chan os.Signal, 8)
	notify(c, ending)
	defer signal.Stop(c)
	require.NoError(t, unix.Kill(unix.Getpid(), unix.SIGHUP))
	require.NoError(t, unix.Kill(unix.Getpid(), unix.SIGTERM))
	require.Equal(t, os.Signal(unix.SIGTERM), <-c)
}

func TestUntilSignal(t *testing.T) {
	forever := func(context.Context) int { select {} }
	never := func(syscall.Signal) int {
		t.Error("stopped without a signal")
		return 0
	}
	require.Equal(t, 7, untilSignal(t.Context(), time.Hour, func(context.Context) int { return 7 }, never))

	// What stop says counts, even if what it stops has not ended.
	signaled := func(ctx context.Context) int {
		raiseSignal(unix.SIGTERM)
		return forever(ctx)
	}
	require.Equal(t, 9, untilSignal(t.Context(), time.Hour, signaled, func(s syscall.Signal) int {
		require.Equal(t, unix.SIGTERM, s)
		return 9
	}))
	// After some patience the kernel is not waited for any more.
	var why error
	ended := make(chan struct{})
	require.Equal(t, 8, untilSignal(t.Context(), 400*time.Millisecond, func(ctx context.Context) int {
		raiseSignal(unix.SIGINT)
		<-ctx.Done()
		why = ctx.Err()
		close(ended)
		return 1
	}, func(syscall.Signal) int {
		<-ended
		return 8
	}))
	require.ErrorIs(t, why, context.Canceled)
	// Nor is whatever keeps stop from ending.
	require.Equal(t, 143, untilSignal(t.Context(), time.Millisecond, signaled, func(syscall.Signal) int { select {} }))
}

func TestStopped(t *testing.T) {
	require.EqualError(t, &stoppedError{unix.SIGTERM, 3}, "stopped by a signal (terminated): ")
}

// modprobe is asked for the module by its name and nothing else.
func TestLoadModule(t *testing.T) {
	dir := t.TempDir()
	script := "#!/bin/sh\necho \"$@\" >" + dir + "/words\ncat >>" + dir + "/words\n"
	require.NoError(t, os.WriteFile(dir+"/modprobe", []byte(script), 0o700))
	in, err := os.Open(os.DevNull)
	require.NoError(t, err)
	stdin := os.Stdin
	os.Stdin = in
	defer func() { os.Stdin = stdin }()
	loadModule(dir + "/modprobe")
	words, err := os.ReadFile(dir + "/words")
	require.NoError(t, err)
	require.Equal(t, "-- ip_vs\n", string(words))
	loadModule(dir + "/nosuch")
}

// The real system has what the command asks for, as far as it takes no IPVS.
func TestLinux(t *testing.T) {
	ns, err := linux.enter("")
	require.NoError(t, err)
	require.Nil(t, ns)
	file, err := linux.lockFile(ns)
	require.NoError(t, err)
	defer file.Close()
	var there, here unix.Stat_t
	require.NoError(t, unix.Fstat(int(file.Fd()), &there))
	require.NoError(t, unix.Stat("/proc/self/ns/net", &here))
	require.Equal(t, here.Ino, there.Ino)
	waited := false
	linux.names(t.Context(), func() { waited = true }).(*resolve.Resolver).Waiting()
	require.True(t, waited)
	if err := mayUseIPVS(); err != nil {
		require.True(t, errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES), err)
	}
}
