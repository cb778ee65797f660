// SPDX-License-Identifier: Apache-2.0

// Package accesses lists what the program opens, maps, executes and sends, by strace, for docs/packaging.md: its table
// compares that with what SELinux allows.
package accesses

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

func TestMain(m *testing.M) {
	kernel.Install("strace=strace")
	kernel.Main(m, "./cmd/ipvsadm")
}

// kernelLoader has the program by which the kernel loads modules.
const kernelLoader = "/proc/sys/kernel/modprobe"

// loads is the first call, for which IPVS is loaded.
const loads = "ipvsadm -Z"

// calls are the others whose accesses are listed.
var calls = []string{
	"ipvsadm -h",
	"ipvsadm -v",
	"ipvsadm --build",
	"ipvsadm -A -t 192.0.2.1:80 -s rr",
	"ipvsadm -E -t 192.0.2.1:80 -s wlc",
	"ipvsadm -A -f 1 -s lblc",
	"ipvsadm -a -t 192.0.2.1:80 -r 192.0.2.10 -m",
	"ipvsadm -e -t 192.0.2.1:80 -r 192.0.2.10 -w 2 --keep",
	"ipvsadm -A -t there.example:http",
	"ipvsadm -A -t [2001:db8::1]:80 --ensure",
	"ipvsadm -L",
	"ipvsadm -L -n --stats",
	"ipvsadm -L --json",
	"ipvsadm -L -n --total",
	"ipvsadm -L --metrics",
	"ipvsadm -L -n -c",
	"ipvsadm -L -n -c --origin",
	"ipvsadm -L --timeout",
	"ipvsadm -L --daemon",
	"ipvsadm -S -n --all --stable",
	"ipvsadm -S --sysctl",
	"ipvsadm-save",
	"ipvsadm -R <rules",
	"ipvsadm -R --replace <rules",
	"ipvsadm -R <many",
	"ipvsadm-restore rules",
	"ipvsadm-restore --replace <rules",
	"ipvsadm --set 900 60 300",
	"ipvsadm --start-daemon master --mcast-interface eth0",
	"ipvsadm --stop-daemon master",
	"ipvsadm --schedulers",
	"ipvsadm --sysctl",
	"ipvsadm --sysctl drop_entry=1",
	"ipvsadm --netns blue -L -n",
	"ipvsadm --complete -- --start-daemon master --mcast-interface ''",
	"ipvsadm --complete -- -A -t ''",
	"ipvsadm --complete -- --netns ''",
	"ipvsadm -d -t 192.0.2.1:80 -r 192.0.2.10 --drain 1",
	"ipvsadm -D -t 192.0.2.1:80",
	"ipvsadm -C",
	"ipvsadm -R <served",
	"ipvsadm --start-daemon master --mcast-interface eth1",
	"ipvsadm --check",
	"ipvsadm --check --probe",
	"ipvsadm --check <served",
	"ipvsadm --stop-daemon master",
	"ipvsadm -C",
}

const rules = "-A -t 192.0.2.1:80 -s rr\n-a -t 192.0.2.1:80 -r 192.0.2.10 -m\n"

// served are rules of which everything is to be checked: an address of the machine itself, servers of both families and one
// that is the machine itself, persistence, a mark.
const served = `-A -t 198.51.100.252:80 -s rr -p 300
-a -t 198.51.100.252:80 -r 192.0.2.10 -m
-a -t 198.51.100.252:80 -r 127.0.0.1 -m -w 0
-A -t [2001:db8::252]:80 -s rr
-a -t [2001:db8::252]:80 -r 2001:db8::10 -m
-A -f 7 -s rr
-a -f 7 -r 192.0.2.11 -i
`

// many returns rules that take long enough for memory to be collected, before which its limits are read.
func many() string {
	var b strings.Builder
	for mark := range 2000 {
		fmt.Fprintf(&b, "-A -f %d --ensure\n", mark+1)
	}
	return b.String()
}

// TestAccesses compares what the calls access with the table.
func TestAccesses(t *testing.T) {
	dir := t.TempDir()
	prepare(t, dir)
	got := map[string]bool{}
	loader, err := os.ReadFile(kernelLoader)
	require.NoError(t, err)
	// The kernel would load IPVS before the program has to.
	require.NoError(t, os.WriteFile(kernelLoader, []byte("/nonexistent"), 0o644))
	for _, access := range traced(t, dir, loads) {
		got[access] = true
	}
	require.NoError(t, os.WriteFile(kernelLoader, loader, 0o644))
	for _, call := range calls {
		for _, access := range traced(t, dir, call) {
			if !got[access] {
				t.Logf("%s: %s", call, access)
			}
			got[access] = true
		}
	}
	want, runtime := documented(t)
	for access := range runtime {
		got[access] = true
	}
	require.Empty(t, cmp.Diff(want, got), "-docs/packaging.md +the program")
}

// prepare makes a machine on which every source of names is asked, and that has a limit of memory.
func prepare(t *testing.T, dir string) {
	t.Helper()
	for _, line := range strings.Split(`ip link add eth0 type dummy
ip address add 192.0.2.252/24 dev eth0
ip link set eth0 up multicast on
ip address add 2001:db8::252/64 dev eth0 nodad
ip link add eth1 type veth peer name peer
ip address add 198.51.100.252/24 dev eth1
ip link set eth1 up
ip link set peer up
ip route add default via 192.0.2.1
ip netns add blue
/usr/sbin/xtables-legacy-multi iptables -t mangle -S
/usr/sbin/xtables-legacy-multi ip6tables -t mangle -S
modprobe nf_tables
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir -p /sys/fs/cgroup/one
echo +cpu +memory >/sys/fs/cgroup/cgroup.subtree_control
modprobe -r ip_vs_wlc ip_vs_rr ip_vs_lblc ip_vs_lblcr ip_vs`, "\n") {
		out, err := exec.Command("/bin/sh", "-c", line).CombinedOutput()
		require.NoError(t, err, "%s: %s", line, out)
	}
	require.NoError(t, os.WriteFile("/sys/fs/cgroup/one/cgroup.procs", []byte("0"), 0o644))
	for name, text := range map[string]string{
		"/etc/nsswitch.conf": "hosts: files resolve dns myhostname\n",
		"/etc/resolv.conf":   "nameserver 127.0.0.1\nnameserver ::1\noptions attempts:1 timeout:1\n",
	} {
		file := filepath.Join(dir, filepath.Base(name))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
		require.NoError(t, unix.Mount(file, name, "", unix.MS_BIND, ""))
		t.Cleanup(func() { require.NoError(t, unix.Unmount(name, unix.MNT_DETACH)) })
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "rules"), []byte(rules), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "served"), []byte(served), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "many"), []byte(many()), 0o600))
	for _, name := range []string{"ipvsadm", "ipvsadm-save", "ipvsadm-restore"} {
		require.NoError(t, os.Symlink(kernel.Program("ipvsadm"), filepath.Join(dir, name)))
	}
	const resolved = "/run/systemd/resolve/io.systemd.Resolve"
	require.NoError(t, os.MkdirAll(filepath.Dir(resolved), 0o755))
	l, err := net.Listen("unix", resolved)
	require.NoError(t, err)
	hangUp(t, l)
	hangUpOnUDP(t)
}

// hangUp ends each connection: whoever asks there asks elsewhere next.
func hangUp(t *testing.T, l net.Listener) {
	t.Helper()
	t.Cleanup(func() { l.Close() })
	go func() {
		for c, err := l.Accept(); err == nil; c, err = l.Accept() {
			c.Close()
		}
	}()
}

// hangUpOnUDP answers queries of DNS by TCP only.
func hangUpOnUDP(t *testing.T) {
	t.Helper()
	for _, address := range []string{"127.0.0.1:53", "[::1]:53"} {
		l, err := net.Listen("tcp", address)
		require.NoError(t, err)
		hangUp(t, l)
		u, err := net.ListenPacket("udp", address)
		require.NoError(t, err)
		t.Cleanup(func() { u.Close() })
		go func() {
			b := make([]byte, 512)
			for n, from, err := u.ReadFrom(b); err == nil; n, from, err = u.ReadFrom(b) {
				b[2] |= 0x82 // a reply that is truncated,
				b[3] |= 0x80 // of a server that asks others
				_, _ = u.WriteTo(b[:n], from)
			}
		}()
	}
}

// traced returns what a call accesses.
func traced(t *testing.T, dir, call string) (accesses []string) {
	t.Helper()
	words := strings.Fields(strings.ReplaceAll(call, "''", "\x00"))
	cmd := exec.Command("strace", "-f", "-qq", "-e", "signal=none",
		"-e", "trace=%file,socket,connect,bind,listen,setns,flock,mmap,mprotect,kill", "-o", "trace")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOGC=1")
	for i, word := range words {
		if input, ok := strings.CutPrefix(word, "<"); ok {
			file, err := os.Open(filepath.Join(dir, input))
			require.NoError(t, err)
			defer file.Close()
			cmd.Stdin = file
			continue
		}
		word = strings.ReplaceAll(word, "\x00", "")
		if i == 0 {
			word = filepath.Join(dir, word)
		}
		cmd.Args = append(cmd.Args, word)
	}
	_, _ = cmd.CombinedOutput() // the exit code is not what this is about
	trace, err := os.ReadFile(filepath.Join(dir, "trace"))
	require.NoError(t, err)
	require.Contains(t, string(trace), "execve(", call)
	others := map[string]bool{} // processes that run another program
	first := true
	for line := range strings.Lines(string(trace)) {
		process, text, _ := strings.Cut(line, " ")
		text = strings.TrimSpace(text)
		if others[process] {
			continue
		}
		if strings.HasPrefix(text, "execve(") {
			if first {
				first = false
				continue
			}
			others[process] = true
		}
		if access := accessOf(text, dir); access != "" {
			accesses = append(accesses, access)
		}
	}
	slices.Sort(accesses)
	return slices.Compact(accesses)
}

var (
	onPath     = regexp.MustCompile(`^(\w+)\((?:AT_FDCWD, )?"([^"]*)"(.*)`)
	ofSocket   = regexp.MustCompile(`^socket\((\w+), (\w+)[^,]*, (\w+)`)
	toUnix     = regexp.MustCompile(`^connect\(.*sun_path="([^"]*)"`)
	isNumber   = regexp.MustCompile(`/\d+(/|$)`)
	executable = regexp.MustCompile(`^(mmap|mprotect)\(.*PROT_EXEC`)
	fromFile   = regexp.MustCompile(`^mmap\(.*, \d+, \w+\) `)
)

// accessOf returns what a system call accesses, in the words of the table; nothing for calls that access nothing.
func accessOf(text, dir string) string {
	if m := onPath.FindStringSubmatch(text); m != nil {
		return kindOf(m[1], m[3]) + " " + pathOf(m[2], dir)
	}
	if m := ofSocket.FindStringSubmatch(text); m != nil {
		if m[1] == "AF_NETLINK" {
			return "socket " + m[3]
		}
		return "socket " + strings.TrimSuffix(m[1], "6") + " " + m[2] // IPv6 is allowed where IPv4 is
	}
	if m := toUnix.FindStringSubmatch(text); m != nil {
		return "connect " + m[1]
	}
	switch {
	case executable.MatchString(text):
		return "executable memory"
	case fromFile.MatchString(text):
		return "map a file"
	}
	for _, name := range []string{"setns", "flock", "bind", "listen", "kill"} {
		if strings.HasPrefix(text, name+"(") && !strings.Contains(text, "AF_NETLINK") {
			return name
		}
	}
	return ""
}

// kindOf returns what a system call does to a path.
func kindOf(name, flags string) string {
	switch {
	case name == "execve":
		return "execute"
	case name != "open" && name != "openat":
		return "look at"
	case strings.Contains(flags, "O_PATH"):
		return "hold"
	case strings.Contains(flags, "O_WRONLY"), strings.Contains(flags, "O_RDWR"), strings.Contains(flags, "O_CREAT"):
		return "write"
	}
	return "read"
}

// pathOf returns a path, or what stands for those of its kind.
func pathOf(path, dir string) string {
	const sysctls = "/proc/sys/net/ipv4/vs/"
	const groups = "/sys/fs/cgroup"
	interfaces := regexp.MustCompile(`^(/proc/sys/net/ipv[46]/conf/)eth\d/`)
	switch {
	case path == "rules" || path == filepath.Join(dir, "rules"):
		return "RULES"
	case strings.HasPrefix(path, sysctls):
		return sysctls + "*"
	case strings.HasPrefix(path, groups):
		return groups + "/**/" + filepath.Base(path)
	case strings.HasPrefix(path, "/lib/modules/"):
		return "/lib/modules/*/" + filepath.Base(path)
	}
	return interfaces.ReplaceAllString(isNumber.ReplaceAllString(path, "/*$1"), "$1*/")
}

// documented returns the first column of the table in docs/packaging.md, and which of it is for the Go runtime: that depends
// on the version of Go.
func documented(t *testing.T) (rows, runtime map[string]bool) {
	t.Helper()
	root, err := kernel.Root()
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(root, "docs", "packaging.md"))
	require.NoError(t, err)
	_, section, found := strings.Cut(string(text), "\n## SELinux\n")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n## ")
	rows, runtime = map[string]bool{}, map[string]bool{}
	for line := range strings.Lines(section) {
		cells := strings.Split(line, "|")
		if len(cells) < 4 {
			continue
		}
		for _, m := range regexp.MustCompile("`([^`]*)`").FindAllStringSubmatch(cells[1], -1) {
			require.NotContains(t, rows, m[1])
			rows[m[1]] = true
			if strings.Contains(cells[2], "the Go runtime") {
				runtime[m[1]] = true
			}
		}
	}
	require.NotEmpty(t, runtime)
	return rows, runtime
}
