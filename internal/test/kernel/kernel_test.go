// SPDX-License-Identifier: Apache-2.0

package kernel_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) { kernel.Main(m, "./cmd/ipvsadm") }

// TestNamespaces checks that each namespace has a table of its own.
func TestNamespaces(t *testing.T) {
	one, other := kernel.NewNamespace(t), kernel.NewNamespace(t)
	empty := other.Ipvsadm(t, kernel.Reference, "-Ln")
	require.Equal(t, kernel.Result{}, one.Ipvsadm(t, kernel.Reference, "-A", "-t", "192.0.2.1:80"), "adding a service")
	require.Equal(t, "-A -t 192.0.2.1:80 -s wlc\n", one.Ipvsadm(t, kernel.Reference, "-Sn").Stdout, "the table with the service")
	require.Equal(t, empty, other.Ipvsadm(t, kernel.Reference, "-Ln"), "the other table")
}

// TestNamespaceEnds checks that no thread stays in the namespace of a test that has ended.
func TestNamespaceEnds(t *testing.T) {
	for range 20 {
		t.Run("", func(t *testing.T) { kernel.NewNamespace(t) })
	}
	for range 100 {
		if len(strayThreads(t)) == 0 {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("threads in other namespaces: %v", strayThreads(t))
}

// strayThreads are our threads that are not in the namespace of process 1.
func strayThreads(t *testing.T) []string {
	t.Helper()
	home, err := os.Readlink("/proc/1/ns/net")
	require.NoError(t, err)
	threads, err := filepath.Glob("/proc/self/task/*/ns/net")
	require.NoError(t, err)
	var stray []string
	for _, thread := range threads {
		if ns, err := os.Readlink(thread); err == nil && ns != home {
			stray = append(stray, thread)
		}
	}
	return stray
}

// TestDo checks that sockets opened in a namespace are in it, and that its loopback interface is up.
func TestDo(t *testing.T) {
	one, other := kernel.NewNamespace(t), kernel.NewNamespace(t)
	var listener net.Listener
	var err, dialOther error
	one.Do(func() { listener, err = net.Listen("tcp", "127.0.0.1:0") })
	require.NoError(t, err)
	defer listener.Close()
	dial := func() error {
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err == nil {
			conn.Close()
		}
		return err
	}
	one.Do(func() { err = dial() })
	if err != nil {
		t.Error("in the listener's namespace:", err)
	}
	other.Do(func() { dialOther = dial() })
	if dialOther == nil {
		t.Error("the listener can be reached from another namespace")
	}
}

// TestRun checks what a program gets and what is seen of it.
func TestRun(t *testing.T) {
	n := kernel.NewNamespace(t)
	for _, c := range []struct {
		name    string
		command kernel.Command
		want    kernel.Result
	}{
		{"streams and code",
			kernel.Command{Args: []string{"sh", "-c", "echo out; echo err >&2; exit 3"}},
			kernel.Result{Stdout: "out\n", Stderr: "err\n", Code: 3}},
		{"input",
			kernel.Command{Args: []string{"sh", "-c", "read line; echo $line"}, Stdin: "word\n"},
			kernel.Result{Stdout: "word\n"}},
		{"input not read",
			kernel.Command{Args: []string{"sh", "-c", "exit 4"}, Stdin: strings.Repeat("word\n", 1<<16)},
			kernel.Result{Code: 4}},
		{"name and environment",
			kernel.Command{Args: []string{"name", "-c", "echo $0 $X"}, Env: []string{"X=y"}},
			kernel.Result{Stdout: "name y\n"}},
		{"signal",
			kernel.Command{Args: []string{"sh", "-c", "kill -KILL $$"}},
			kernel.Result{Code: 137}},
		{"prepared",
			kernel.Command{Args: []string{"sh", "-c", "pwd"}, Prepare: func(cmd *exec.Cmd) { cmd.Dir = "/dev" }},
			kernel.Result{Stdout: "/dev\n"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.command.Path = "/bin/sh"
			require.Equal(t, c.want, n.Run(t, c.command))
		})
	}
}

// TestPath checks that the path of a namespace is good for ip(8).
func TestPath(t *testing.T) {
	one, other := kernel.NewNamespace(t), kernel.NewNamespace(t)
	one.IP(t, "link add veth0 type veth peer name veth1 netns "+other.Path())
	var name string
	other.Do(func() {
		if veth, err := net.InterfaceByName("veth1"); err == nil {
			name = veth.Name
		}
	})
	require.Equal(t, "veth1", name, "the peer is not in the other namespace")
}

// TestGuest checks that this runs where it should.
func TestGuest(t *testing.T) {
	if _, err := os.Stat("/proc/net/ip_vs"); err != nil {
		t.Error("IPVS is missing:", err)
	}
	require.Zero(t, os.Geteuid(), "not root")
}
