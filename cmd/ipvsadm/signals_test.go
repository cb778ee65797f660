// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/netns"
	"github.com/ipvsadm-go/ipvsadm/internal/resolve"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// TestMain runs the tests or, in a process that a test has started, the program.
func TestMain(m *testing.M) {
	if words := os.Getenv("IPVSADM_TEST_RUN"); words != "" {
		_ = unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0) // it may be in a session of its own
		if f := others[words]; f != nil {
			os.Exit(f())
		}
		os.Args = strings.Fields(words)
		main()
	}
	// Tests raise signals, which nohup and background shells have everything ignore.
	c := make(chan os.Signal, 1)
	signal.Notify(c, ending...)
	signal.Stop(c)
	os.Exit(m.Run())
}

// others are what else than the program a test can start, instead of a command line.
var others = map[string]func() int{
	"watch": func() int {
		w := newScreenWatch(newConsole("ipvsadm", os.Stdin, os.Stdout, os.Stderr), time.Hour, oneRow)
		return w.watch(context.Background())
	},
	"restore": func() int {
		names := func(context.Context, func()) names { return testNames{} }
		r := newRunner(&system{names: names, patience: time.Hour, idle: time.Hour}, newConsole("ipvsadm", os.Stdin, os.Stdout, os.Stderr))
		return r.restorer(&flags.Command{}).restore(context.Background())
	},
	"a signal after changes": func() int {
		untilSignal(context.Background(), time.Hour, func(context.Context) int { return 0 }, nil)
		return endBySignal()
	},
	"a signal after a watch": func() int {
		newWatcher(nil, io.Discard, io.Discard, func(int, *console) error {
			raiseSignal(unix.SIGINT)
			select {}
		}).watch(context.Background())
		return endBySignal()
	},
}

// endBySignal sends the process a signal, and returns if that does not end it.
func endBySignal() int {
	_ = unix.Kill(unix.Getpid(), unix.SIGTERM)
	time.Sleep(time.Second)
	return 1
}

// Signals end the program again once what handles them is over.
func TestSignalAfter(t *testing.T) {
	for _, what := range []string{"a signal after changes", "a signal after a watch"} {
		var failed *exec.ExitError
		require.ErrorAs(t, program(t, what).Run(), &failed)
		require.Equal(t, unix.SIGTERM, failed.Sys().(syscall.WaitStatus).Signal(), what)
	}
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
	t.Cleanup(func() {
		if cmd.Process != nil {
			_ = cmd.Process.Kill() // unless it has ended, as it should
		}
	})
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

	// Nobody reads its messages, which does not keep it from what it does.
	r, w, err = os.Pipe()
	require.NoError(t, err)
	require.NoError(t, r.Close())
	cmd = program(t, "ipvsadm -R --dry-run")
	cmd.Stdin, cmd.Stderr = strings.NewReader("x\n"), w
	require.ErrorAs(t, cmd.Run(), &failed)
	require.NoError(t, w.Close())
	require.Equal(t, 2, failed.ExitCode())
}

// Exit codes between 128 and 255 stand for signals.
func TestSignalOf(t *testing.T) {
	for code, want := range map[int]syscall.Signal{0: 0, 1: 0, 2: 0, 128: 0, 129: unix.SIGHUP, 141: unix.SIGPIPE, 254: 126, 255: 0} {
		s, ok := signalOf(code)
		require.Equal(t, want != 0, ok, code)
		if ok {
			require.Equal(t, want, s)
		}
	}
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
	var of context.Context
	require.Equal(t, 7, untilSignal(t.Context(), time.Hour, func(ctx context.Context) int {
		of = ctx
		return 7
	}, never))
	require.Error(t, of.Err(), "nothing goes on")

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

// modprobe is asked for the module by its name and nothing else, and is to end when nobody reads what it says.
func TestLoadModule(t *testing.T) {
	ignoreBrokenPipes()
	dir := t.TempDir()
	script := "#!/bin/sh\necho \"$@\" >" + dir + "/words\ncat >>" + dir + "/words\ngrep SigIgn /proc/$$/status >" + dir + "/signals\n"
	require.NoError(t, os.WriteFile(dir+"/modprobe", []byte(script), 0o700))
	in, err := os.Open(os.DevNull)
	require.NoError(t, err)
	stdin := os.Stdin
	os.Stdin = in
	defer func() { os.Stdin = stdin }()
	loadModule(dir+"/modprobe", os.Stdin, "--", "ip_vs")
	words, err := os.ReadFile(dir + "/words")
	require.NoError(t, err)
	require.Equal(t, "-- ip_vs\n", string(words))
	signals, err := os.ReadFile(dir + "/signals")
	require.NoError(t, err)
	ignored, err := strconv.ParseUint(strings.Fields(string(signals))[1], 16, 64)
	require.NoError(t, err)
	require.Zero(t, ignored&(1<<(unix.SIGPIPE-1)))
	loadModule(dir+"/nosuch", os.Stdin)

	// Other modules are loaded in the middle of a restore, whose input is not theirs.
	os.Stdin, err = os.Open(dir + "/modprobe")
	require.NoError(t, err)
	defer os.Stdin.Close()
	loadModule(dir+"/modprobe", nil, "-q", "--", "ip_vs_lblc")
	words, err = os.ReadFile(dir + "/words")
	require.NoError(t, err)
	require.Equal(t, "-q -- ip_vs_lblc\n", string(words))
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
	_, err = linux.enter("/none")
	require.ErrorIs(t, err, fs.ErrNotExist)
	devices, err := linux.connections(ns, "/proc/net/dev")
	require.NoError(t, err)
	defer devices.Close()
	head, err := io.ReadAll(devices)
	require.NoError(t, err)
	require.Contains(t, string(head), "Inter-|")
	_, err = linux.totals(t.Context(), newTestSystem(t).another(t))
	require.ErrorIs(t, err, errors.ErrUnsupported)
	_, err = linux.sysctls(ns).Read("none")
	require.EqualError(t, err, "open /proc/sys/net/ipv4/vs/none: no such file or directory")

	waited := false
	linux.names(t.Context(), func() { waited = true }).(*resolve.Resolver).Waiting()
	require.True(t, waited)
}

// A namespace that cannot be entered is told from one without IPVS.
func TestLinuxOpen(t *testing.T) {
	ns, err := netns.Open("/proc/self/ns/net")
	if errors.Is(err, fs.ErrPermission) {
		return
	}
	require.NoError(t, err)
	require.NoError(t, ns.Close())
	_, err = linux.open(t.Context(), ns)
	var e *ipvsnl.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, ipvsnl.OpNetNS, e.Op)
}

// A process that may not open raw sockets may not use IPVS.
func TestMayUseIPVS(t *testing.T) {
	sockets := func() (n int) {
		entries, err := os.ReadDir("/proc/self/fd")
		require.NoError(t, err)
		for _, e := range entries {
			if target, _ := os.Readlink("/proc/self/fd/" + e.Name()); strings.HasPrefix(target, "socket:") {
				n++
			}
		}
		return n
	}
	before := sockets()
	if err := mayUseIPVS(); err != nil {
		require.True(t, errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES), err)
	}
	require.Equal(t, before, sockets())

	// Without the capabilities of root. They are the thread's, which ends with the goroutine.
	refused := make(chan error)
	go func() {
		runtime.LockOSThread()
		var none [2]unix.CapUserData
		if err := unix.Capset(&unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, &none[0]); err != nil {
			refused <- err
			return
		}
		refused <- mayUseIPVS()
	}()
	require.ErrorIs(t, <-refused, unix.EPERM)
	require.Equal(t, before, sockets())
}
