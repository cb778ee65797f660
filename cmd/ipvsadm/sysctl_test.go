// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/netns"
	"github.com/ipvsadm-go/ipvsadm/internal/sysctls"
)

// testSysctls are sysctls in memory.
type testSysctls struct {
	values map[string]string
	none   error                                // why there is no directory
	read   map[string]error                     // why one cannot be read
	write  func(name, value string) (err error) // is called before one is written
	kept   map[string]bool                      // those that do not change
	first  bool
}

func (s *testSysctls) First() bool { return s.first }

func (s *testSysctls) Names() (names []string, err error) {
	for name := range s.values {
		names = append(names, name)
	}
	slices.Sort(names)
	return names, s.none
}

func (s *testSysctls) Read(name string) (string, error) { return s.values[name], s.read[name] }

func (s *testSysctls) Write(name, value string) error {
	err := s.write(name, value)
	if err == nil && !s.kept[name] {
		s.values[name] = value
	}
	return err
}

// words runs the words of a command line, which may contain blanks.
func (s *testSystem) words(words ...string) result {
	var stdout, stderr strings.Builder
	code := s.run(words, nil, &stdout, &stderr)
	return result{stdout.String(), stderr.String(), code}
}

// newSysctls returns a system that has some sysctls.
func newSysctls(t *testing.T) (*testSystem, *testSysctls) {
	t.Helper()
	s := newTestSystem(t)
	s.inMemory = &testSysctls{
		values: map[string]string{"conntrack": "0", "est_cpulist": "0-1", "sync_threshold": "3 50", "expire_nodest_conn": "0"},
		write:  func(string, string) error { return nil },
	}
	return s, s.inMemory
}

const sysctlHead = "Name           Value Default Meaning\n"

// All sysctls are listed, or those that are named, and set.
func TestSysctl(t *testing.T) {
	s, in := newSysctls(t)
	require.Equal(t, result{stdout: "" +
		"Name               Value Default  Meaning\n" +
		"conntrack          0     0        keep netfilter's connection tracking for connections of IPVS\n" +
		"est_cpulist        0-1   all CPUs CPUs on which rates are estimated\n" +
		"expire_nodest_conn 0     0        end connections to a deleted real server at their next packet\n" +
		"sync_threshold     3 50  3 50     packets before a connection is sent, and between two times that it is\n",
	}, s.input("", "ipvsadm --sysctl"))
	require.Equal(t, result{}, s.input("", "ipvsadm -S --sysctl"))

	require.Equal(t, result{}, s.words("ipvsadm", "--sysctl", "conntrack=1", "net.ipv4.vs.sync_threshold=4 60", "est_cpulist=0"))
	require.Equal(t, "1", in.values["conntrack"])
	require.Equal(t, "4 60", in.values["sync_threshold"])
	require.Equal(t, result{stdout: sysctlHead +
		"sync_threshold 4 60  3 50    packets before a connection is sent, and between two times that it is\n" +
		"conntrack      1     0       keep netfilter's connection tracking for connections of IPVS\n",
	}, s.input("", "ipvsadm --sysctl sync_threshold conntrack"))
	require.Equal(t, result{stdout: "net.ipv4.vs.conntrack = 1\nnet.ipv4.vs.est_cpulist = 0\nnet.ipv4.vs.sync_threshold = 4 60\n"},
		s.input("", "ipvsadm-save -n --sysctl"))
	require.Equal(t, result{stdout: "[\n" +
		`{"name":"conntrack","value":"0","default":"0","changed":false,"meaning":"keep netfilter's connection tracking for connections of IPVS"}` +
		"\n]\n"}, s.input("", "ipvsadm --sysctl conntrack=0 conntrack --json"))
	require.Zero(t, s.loads)
}

// Defaults of the first network namespace differ from those of others.
func TestSysctlFirst(t *testing.T) {
	s, in := newSysctls(t)
	in.values = map[string]string{"conn_lfactor": "-4", "svc_lfactor": "-2"}
	require.Equal(t, result{stdout: "net.ipv4.vs.conn_lfactor = -4\n"}, s.input("", "ipvsadm -S --sysctl"))
	in.first = true
	require.Equal(t, result{stdout: "net.ipv4.vs.svc_lfactor = -2\n"}, s.input("", "ipvsadm -S --sysctl"))
}

// What fails is reported, and the rest is done.
func TestSysctlFails(t *testing.T) {
	s, in := newSysctls(t)
	refused := map[string]error{"7": &fs.PathError{Op: "write", Path: "x", Err: unix.EINVAL}, "8": &fs.PathError{Op: "open", Path: "x", Err: unix.EROFS}}
	in.write = func(_, value string) error { return refused[value] }
	require.Equal(t, result{stderr: "" +
		"net.ipv4.vs.conntrack: cannot set it to `7': Invalid argument\n" +
		"net.ipv4.vs.none: the kernel has no such sysctl\n" +
		"net.ipv4.vs.sync_threshold: cannot set it to `8': Read-only file system\n", code: 255},
		s.input("", "ipvsadm --sysctl conntrack=7 none=1 sync_threshold=8 expire_nodest_conn=1"))
	require.Equal(t, "1", in.values["expire_nodest_conn"])

	in.kept = map[string]bool{"conntrack": true}
	require.Equal(t, result{stderr: "net.ipv4.vs.conntrack: the kernel does not take `5<U+001B>'; it has 0\n", code: 255},
		s.input("", "ipvsadm --sysctl conntrack=5\x1b"))
	require.Equal(t, result{
		stdout: "Name      Value Default Meaning\n" + "conntrack 0     0       keep netfilter's connection tracking for connections of IPVS\n",
		stderr: "net.ipv4.vs.none: the kernel has no such sysctl\n", code: 1},
		s.input("", "ipvsadm --sysctl none conntrack"))

	in.read = map[string]error{"conntrack": unix.EACCES}
	got := s.input("", "ipvsadm -S --sysctl")
	require.Equal(t, result{stdout: "net.ipv4.vs.expire_nodest_conn = 1\n", stderr: "net.ipv4.vs.conntrack: Permission denied\n", code: 1}, got)
	require.NotContains(t, s.input("", "ipvsadm --sysctl").stdout, "conntrack ")
	require.Equal(t, result{stderr: "net.ipv4.vs.conntrack: Permission denied\n", code: 255}, s.input("", "ipvsadm --sysctl conntrack=0"))
}

// The module of IPVS is loaded where it is missing.
func TestSysctlLoads(t *testing.T) {
	s, in := newSysctls(t)
	in.none = fs.ErrNotExist
	s.director.Unload(true)
	s.onLoad = func() {
		s.director.Unload(false)
		in.none = nil
	}
	require.Zero(t, s.input("", "ipvsadm --sysctl conntrack=1").code)
	require.Equal(t, 1, s.loads)
	require.Zero(t, s.opened.Load())
	require.Equal(t, "1", in.values["conntrack"])

	in.none = fs.ErrNotExist
	s.onLoad = func() {}
	require.Equal(t, result{stderr: "the kernel has no sysctls of IPVS in this network namespace\n", code: 1}, s.input("", "ipvsadm --sysctl"))
	require.Equal(t, result{stderr: "the kernel has no sysctls of IPVS in this network namespace\n", code: 255}, s.input("", "ipvsadm --sysctl conntrack=1"))
	in.none, in.values = nil, nil
	require.Equal(t, result{stderr: "the kernel has no sysctls of IPVS in this network namespace\n", code: 1}, s.input("", "ipvsadm -S --sysctl"))
	in.none = &fs.PathError{Op: "open", Path: "x", Err: unix.EACCES}
	require.Equal(t, result{stderr: "Permission denied\n", code: 1}, s.input("", "ipvsadm --sysctl"))
	in.none = fs.ErrNotExist
	s.director.Unload(true)
	got := s.input("", "ipvsadm --sysctl")
	require.Equal(t, 2, got.code)
	require.Contains(t, got.stderr, "Can't initialize ipvs: ")
}

// Sysctls do not belong in rules.
func TestSysctlLines(t *testing.T) {
	s, _ := newSysctls(t)
	for _, line := range []string{"--sysctl conntrack=1", "-S --sysctl"} {
		require.Equal(t, result{stderr: "Illegal 'sysctl' option in a line of rules\n", code: 2}, s.input(line+"\n", "ipvsadm -R"))
	}
}

func TestSysctlFull(t *testing.T) {
	s, _ := newSysctls(t)
	var messages strings.Builder
	require.Equal(t, 1, s.run([]string{"ipvsadm", "--sysctl"}, nil, &full{err: unix.ENOSPC}, &messages))
	require.Contains(t, messages.String(), "cannot write: ")
}

func TestProcDir(t *testing.T) {
	root := t.TempDir()
	dir := procDir{path: root + "/ipv4/vs"}
	require.NoError(t, os.MkdirAll(dir.path, 0o755))
	require.NoError(t, os.Mkdir(root+"/core", 0o755))
	require.False(t, dir.First())
	require.NoError(t, os.WriteFile(root+"/core/netdev_budget", nil, 0o600))
	require.True(t, dir.First())
	require.NoError(t, os.WriteFile(filepath.Join(dir.path, "sync_threshold"), []byte("3\t50\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir.path, "a"), []byte("7\n"), 0o600))
	names, err := dir.Names()
	require.NoError(t, err)
	require.Equal(t, []string{"a", "sync_threshold"}, names)
	value, err := dir.Read("sync_threshold")
	require.NoError(t, err)
	require.Equal(t, "3 50", value)
	require.NoError(t, dir.Write("sync_threshold", "4 60"))
	text, err := os.ReadFile(filepath.Join(dir.path, "sync_threshold"))
	require.NoError(t, err)
	require.Equal(t, "4 60\n", string(text))
	require.ErrorIs(t, dir.Write("none", "1"), fs.ErrNotExist)
	require.ErrorIs(t, procDir{path: "/dev"}.Write("full", "1"), unix.ENOSPC)
	_, err = dir.Read("none")
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = procDir{path: filepath.Join(dir.path, "none")}.Names()
	require.ErrorIs(t, err, fs.ErrNotExist)

	ns, err := netns.Open("/proc/self/ns/net")
	if errors.Is(err, fs.ErrPermission) {
		return
	}
	require.NoError(t, err)
	require.NoError(t, ns.Close())
	_, err = procDir{dir.path, ns}.Names()
	require.Error(t, err, "nothing can be entered that is closed")
}

func TestPages(t *testing.T) {
	require.EqualValues(t, 2, pages(&unix.Sysinfo_t{Totalram: 10 << 10, Totalhigh: 2 << 10}, 4<<10))
	require.EqualValues(t, 2<<10, pages(&unix.Sysinfo_t{Totalram: 10 << 10, Totalhigh: 2 << 10, Unit: 1 << 10}, 4<<10))
}

func TestThisMachine(t *testing.T) {
	m := thisMachine()
	require.Greater(t, m.Pages, uint64(1<<10))
	possible, _ := os.ReadFile("/sys/devices/system/cpu/possible") // the root of a build may have no /sys
	require.Equal(t, strings.TrimSpace(string(possible)), m.CPUs)
	require.False(t, sysctls.NewValue("est_cpulist", m.CPUs, m).Changed)
}
