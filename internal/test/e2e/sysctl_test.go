// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/sysctls"
	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

type jsonSysctl struct {
	Name, Value, Default, Meaning string
	Changed                       *bool
}

const sysctlPath = "/proc/sys/net/ipv4/vs/"

// kernelSysctl reads a sysctl of a namespace.
func kernelSysctl(t *testing.T, n *kernel.Namespace, path string) string {
	t.Helper()
	var text []byte
	var err error
	n.Do(func() { text, err = os.ReadFile(path) })
	require.NoError(t, err)
	return strings.Join(strings.Fields(string(text)), " ")
}

// Every sysctl of the kernel is known, and so is its default, which a new namespace has, and the first: also a default that
// depends on the machine or on the namespace.
func TestSysctlDefaults(t *testing.T) {
	modprobe(t, "ip_vs_lblc", "ip_vs_lblcr")
	n := kernel.NewNamespace(t)
	got := n.Ipvsadm(t, program(), "--sysctl", "--json")
	require.Equal(t, kernel.Result{Stdout: got.Stdout}, got)
	var all []jsonSysctl
	readJSON(t, "sysctls", got.Stdout, &all)
	var names []string
	n.Do(func() {
		entries, err := os.ReadDir(sysctlPath)
		require.NoError(t, err)
		for _, e := range entries {
			names = append(names, e.Name())
		}
	})
	require.Greater(t, len(names), 25)
	require.Len(t, all, len(names))
	for i, s := range all {
		require.Equal(t, names[i], s.Name)
		require.NotEmpty(t, s.Meaning, s.Name)
		require.Equal(t, kernelSysctl(t, n, sysctlPath+s.Name), s.Value)
		require.NotNil(t, s.Changed, s.Name)
		require.False(t, *s.Changed, "%+v", s)
		if sysctls.ByName(s.Name).Depends == "" {
			require.Equal(t, s.Value, s.Default, s.Name)
		} else {
			require.Empty(t, s.Default, s.Name)
		}
	}
	for _, line := range []string{"-S --sysctl", "-S --sysctl --netns /proc/1/ns/net"} {
		require.Equal(t, kernel.Result{}, n.Ipvsadm(t, program(), strings.Fields(line)...), line)
	}
}

// What is saved of one namespace can be restored in another by sysctl(8), and by ipvsadm from a third.
func TestSysctlSave(t *testing.T) {
	home, blue, green := kernel.NewNamespace(t), kernel.NewNamespace(t), kernel.NewNamespace(t)
	blue.Name(t, "blue")
	require.Equal(t, kernel.Result{}, home.Ipvsadm(t, program(), "--sysctl", "--netns", "blue",
		"net.ipv4.vs.expire_nodest_conn=1", "sync_threshold=0 0", "sync_qlen_max=100", "secure_tcp=3"))
	const saved = "net.ipv4.vs.expire_nodest_conn = 1\nnet.ipv4.vs.secure_tcp = 3\n" +
		"net.ipv4.vs.sync_qlen_max = 100\nnet.ipv4.vs.sync_threshold = 0 0\n"
	require.Equal(t, kernel.Result{Stdout: saved}, home.Ipvsadm(t, program(), "-S", "-n", "--sysctl", "--netns", "blue"))
	require.Equal(t, "0 0", kernelSysctl(t, blue, sysctlPath+"sync_threshold"))
	require.Equal(t, "0", kernelSysctl(t, home, sysctlPath+"expire_nodest_conn"))
	require.Equal(t, kernel.Result{}, home.Ipvsadm(t, program(), "-S", "--sysctl"))

	got := green.Run(t, kernel.Command{Path: "/sbin/sysctl", Args: []string{"sysctl", "-q", "-p", "-"}, Stdin: saved})
	require.Equal(t, kernel.Result{}, got)
	require.Equal(t, kernel.Result{Stdout: saved}, shell(t, green, "ln -sf "+program()+" $TMPDIR/ipvsadm-save; $TMPDIR/ipvsadm-save --sysctl"))
}

// missingSysctl returns one that other kernels have.
func missingSysctl(t *testing.T, n *kernel.Namespace) (name string) {
	t.Helper()
	n.Do(func() {
		for i := range sysctls.All {
			if _, err := os.Stat(sysctlPath + sysctls.All[i].Name); err != nil {
				name = sysctls.All[i].Name
			}
		}
	})
	require.NotEmpty(t, name, "the kernel has all")
	return name
}

// What the kernel refuses, ignores or lacks is said, and the rest is done.
func TestSysctlRefused(t *testing.T) {
	n := kernel.NewNamespace(t)
	missing := missingSysctl(t, n)
	require.Equal(t, kernel.Result{Code: 255, Stderr: "" +
		"net.ipv4.vs.secure_tcp: cannot set it to `7': Invalid argument\n" +
		"net.ipv4.vs.conntrack: the kernel does not take `7 8'; it has 7\n" +
		"net.ipv4.vs." + missing + ": the kernel has no such sysctl\n" +
		"net.ipv4.vs.sync_ports: cannot set it to `': Invalid argument\n"},
		n.Ipvsadm(t, program(), "--sysctl", "secure_tcp=7", "conntrack=7 8", missing+"=9", "sync_ports=", "snat_reroute=0"))
	require.Equal(t, "0", kernelSysctl(t, n, sysctlPath+"snat_reroute"))

	got := shell(t, n, "unshare -m sh -c 'mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys && "+
		"ipvsadm --sysctl nat_icmp_send=1 pmtu_disc=0 conntrack'")
	require.Equal(t, 255, got.Code)
	require.Equal(t, "net.ipv4.vs.nat_icmp_send: cannot set it to `1': Read-only file system\n"+
		"net.ipv4.vs.pmtu_disc: cannot set it to `0': Read-only file system\n", got.Stderr)
	require.Contains(t, got.Stdout, "\nconntrack 7     0       ")

	// So it is in a namespace of a user, until Linux 7.
	got = shell(t, n, "unshare -m sh -c 'mount -t tmpfs tmpfs /proc/sys/net/ipv4 && ipvsadm --sysctl'")
	require.Equal(t, kernel.Result{Stderr: "the kernel has no sysctls of IPVS in this network namespace\n", Code: 1}, got)
}

// Everybody can read sysctls; to set them takes root.
func TestSysctlRights(t *testing.T) {
	n := kernel.NewNamespace(t)
	nobody := func(words ...string) kernel.Result {
		return n.Run(t, kernel.Command{Path: program(), Args: append([]string{"ipvsadm"}, words...), Prepare: func(c *exec.Cmd) {
			c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		}})
	}
	require.Equal(t, n.Ipvsadm(t, program(), "--sysctl"), nobody("--sysctl"))
	require.Equal(t, kernel.Result{Stderr: "net.ipv4.vs.conntrack: cannot set it to `1': Permission denied\n", Code: 255},
		nobody("--sysctl", "conntrack=1"))
}

// A sysctl that is set takes effect on connections: those of a deleted real server end.
func TestSysctlTakesEffect(t *testing.T) {
	n := newNetwork(t, 1, byDirector)
	n.set(t, "-A -t 10.1.0.100:80 -s rr\n-a -t 10.1.0.100:80 -r 10.2.0.11:8080 -m")
	c := n.dial(t, client1, vip, 80)
	defer c.Close()
	n.set(t, "-d -t 10.1.0.100:80 -r 10.2.0.11:8080")
	require.Contains(t, n.run(t, "-Lnc"), "ESTABLISHED")
	n.set(t, "--sysctl expire_nodest_conn=1")
	eventually(t, func() bool {
		_, _ = c.Write([]byte("x\n"))
		return !strings.Contains(n.run(t, "-Lnc"), "ESTABLISHED")
	})
}
