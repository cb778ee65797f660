// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A Namespace is a network namespace, with a thread that lives in it.
type Namespace struct {
	path string
	work chan func()
}

// init keeps the main thread for the main goroutine: it cannot end, so a namespace that lived on it would stay.
func init() { runtime.LockOSThread() }

// NewNamespace makes a network namespace, with an empty IPVS table and its loopback interface up, that
// lasts until the test ends.
func NewNamespace(t testing.TB) *Namespace {
	t.Helper()
	watchSources()
	n := &Namespace{work: make(chan func())}
	ready := make(chan error)
	go n.live(ready)
	if err := <-ready; err != nil {
		t.Fatal("making a network namespace:", err)
	}
	t.Cleanup(func() {
		n.Do(Flush)
		close(n.work)
	})
	return n
}

// Flush deletes the services of the thread's namespace. The kernel would do it some time after the namespace has ended.
// Until Linux 7 all namespaces share one table of services, and a listing that takes two messages counts where it was in
// that: it misses services, or shows some twice, if another namespace's come or go meanwhile.
func Flush() {
	const ipVSSetFlush = 64 + 1024 + 64 + 5 // IP_VS_SO_SET_FLUSH
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_RAW)
	if err != nil {
		return
	}
	defer unix.Close(fd)
	unix.SetsockoptString(fd, unix.IPPROTO_IP, ipVSSetFlush, "") // fails if no test has loaded IPVS
}

// live does the namespace's work. The thread is never unlocked, so it ends with this function, and the
// namespace with it.
func (n *Namespace) live(ready chan<- error) {
	runtime.LockOSThread()
	err := unix.Unshare(unix.CLONE_NEWNET)
	if err == nil {
		err = LoopbackUp()
	}
	n.path = fmt.Sprintf("/proc/%d/task/%d/ns/net", os.Getpid(), unix.Gettid())
	ready <- err
	if err != nil {
		return
	}
	for f := range n.work {
		f()
	}
}

// LoopbackUp brings up the interface lo of the thread's namespace.
func LoopbackUp() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	request.SetUint16(unix.IFF_UP)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, request)
}

// Path is the file that stands for the namespace, for `ip link set ... netns PATH` and setns(2).
func (n *Namespace) Path() string { return n.path }

// Name gives the namespace a name, as ip(8) does, for the time of the test.
func (n *Namespace) Name(t testing.TB, name string) {
	t.Helper()
	const dir = "/run/netns"
	file := filepath.Join(dir, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, nil, 0o444); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount(n.path, file, "", unix.MS_BIND, ""); err != nil {
		t.Fatalf("mounting a namespace on %s: %v", file, err)
	}
	t.Cleanup(func() {
		_ = unix.Unmount(file, unix.MNT_DETACH)
		_ = os.Remove(file)
	})
}

// Do runs f on a thread in the namespace: sockets that f opens and programs that f starts are in it,
// goroutines that f starts are not. One f runs at a time.
func (n *Namespace) Do(f func()) {
	done := make(chan struct{})
	n.work <- func() {
		defer close(done)
		f()
	}
	<-done
}

// A Result is what a program did.
type Result struct {
	Stdout, Stderr string
	Code           int // exit code, or 128 and the number of the signal that ended it
}

// A Command is a program to run in a namespace.
type Command struct {
	Path  string   // the program's file
	Args  []string // its words, the first being the name it is called by
	Env   []string // added to the environment of the test
	Stdin string
	// Limit is how long it may run, by default ten minutes: the longest take one, and longer on an emulated machine.
	Limit time.Duration
	// Prepare, if set, changes what is not covered here.
	Prepare func(*exec.Cmd)
}

// Run runs a program to its end. One that does not end in time fails the test, which shows what it wrote: where it is a Go
// program, where its goroutines hang.
func (n *Namespace) Run(t testing.TB, c Command) Result {
	t.Helper()
	limit := cmp.Or(c.Limit, 10*time.Minute)
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, c.Path)
	cmd.Args = c.Args
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.Env = append(os.Environ(), c.Env...)
	if c.Stdin != "" {
		cmd.Stdin = strings.NewReader(c.Stdin)
	}
	cmd.Cancel = func() error { return cmd.Process.Signal(unix.SIGQUIT) }
	cmd.WaitDelay = 30 * time.Second // for what it has started
	if c.Prepare != nil {
		c.Prepare(cmd)
	}
	var err error
	n.Do(func() { err = cmd.Start() })
	if err == nil {
		err = cmd.Wait()
	}
	if ctx.Err() != nil {
		t.Fatalf("%s %q did not end within %v (%v); it wrote:\n%s%s", c.Path, c.Args, limit, cmd.ProcessState, &stdout, &stderr)
	}
	result := Result{Stdout: stdout.String(), Stderr: stderr.String()}
	var exit *exec.ExitError
	switch {
	case err == nil:
	case errors.As(err, &exit):
		result.Code = exitCode(exit.ProcessState)
	case errors.Is(err, io.ErrClosedPipe), errors.Is(err, unix.EPIPE):
		// The program did not read all of its input.
		result.Code = exitCode(cmd.ProcessState)
	default:
		t.Fatalf("running %s %q: %v", c.Path, c.Args, err)
	}
	return result
}

// exitCode is the code a shell would give.
func exitCode(state *os.ProcessState) int {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return state.ExitCode()
}

// Ipvsadm runs the program at path with the name ipvsadm.
func (n *Namespace) Ipvsadm(t testing.TB, path string, args ...string) Result {
	t.Helper()
	return n.Run(t, Command{Path: path, Args: append([]string{"ipvsadm"}, args...)})
}

// IP runs commands of ip(8) in the namespace, one per line.
func (n *Namespace) IP(t testing.TB, commands string) {
	t.Helper()
	got := n.Run(t, Command{Path: "/sbin/ip", Args: []string{"ip", "-batch", "-"}, Stdin: commands + "\n"})
	if got.Code != 0 {
		t.Fatalf("ip: %s", got.Stderr)
	}
}
