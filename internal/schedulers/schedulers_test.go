// SPDX-License-Identifier: Apache-2.0

package schedulers

import (
	"io/fs"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// system returns a system of files, by their names.
func system(files map[string]string) System {
	return System{Release: "6.1.0", Read: func(name string) ([]byte, error) {
		text, ok := files[name]
		if !ok {
			return nil, &fs.PathError{Op: "open", Path: name, Err: unix.ENOENT}
		}
		return []byte(text), nil
	}}
}

const (
	modules = "ip_vs_rr 16384 1 - Live 0x0\nip_vs_ftp 16384 0 - Live 0x0\nip_vs_pe_sip 16384 0 - Live 0x0\n" +
		"ip_vs 200704 3 ip_vs_rr,ip_vs_ftp, Live 0x0\nip_vs_ 1 0 - Live 0x0\nnf_conntrack 1 1 ip_vs, Live 0x0\n"
	builtin = "kernel/net/netfilter/ipvs/ip_vs_wlc.ko\nkernel/net/netfilter/nfnetlink.ko\n"
	dep     = "kernel/net/netfilter/ipvs/ip_vs.ko: kernel/net/netfilter/nf_conntrack.ko\n" +
		"kernel/net/netfilter/ipvs/ip_vs_rr.ko.xz: kernel/net/netfilter/ipvs/ip_vs.ko.xz\n" +
		"kernel/net/netfilter/ipvs/ip_vs_mh.ko.xz: kernel/net/netfilter/ipvs/ip_vs.ko.xz\n" +
		"extra/ip-vs-own.ko:\n/opt/ip_vs_a.ko: x\n" +
		"kernel/net/netfilter/ipvs/ip_vs_pe_sip.ko: kernel/net/netfilter/ipvs/ip_vs.ko\n"
)

// A scheduler is where the first of the sources has it; what else IPVS has in modules is none.
func TestList(t *testing.T) {
	all, err := system(map[string]string{
		"/proc/modules":                      modules,
		"/lib/modules/6.1.0/modules.builtin": builtin,
		"/lib/modules/6.1.0/modules.dep":     dep,
	}).List()
	require.NoError(t, err)
	require.Equal(t, []Scheduler{
		{"a", Loadable, "/opt/ip_vs_a.ko"},
		{"mh", Loadable, "/lib/modules/6.1.0/kernel/net/netfilter/ipvs/ip_vs_mh.ko.xz"},
		{"own", Loadable, "/lib/modules/6.1.0/extra/ip-vs-own.ko"},
		{"rr", Loaded, ""},
		{"wlc", BuiltIn, ""},
	}, all)
}

// A scheduler alone is found as among all, without reading more than that takes.
func TestState(t *testing.T) {
	var read []string
	s := system(map[string]string{
		"/proc/modules":                      modules,
		"/lib/modules/6.1.0/modules.builtin": builtin,
		"/lib/modules/6.1.0/modules.dep":     dep,
	})
	files := s.Read
	s.Read = func(name string) ([]byte, error) {
		read = append(read, name)
		return files(name)
	}
	for name, want := range map[string]struct {
		state State
		reads int
	}{"rr": {Loaded, 1}, "wlc": {BuiltIn, 2}, "mh": {Loadable, 3}, "own": {Loadable, 3}, "none": {"", 3}, "": {"", 3}} {
		read = nil
		require.Equal(t, want.state, s.State(name), name)
		require.Len(t, read, want.reads, name)
	}
	require.Equal(t, Loadable, system(map[string]string{"/lib/modules/6.1.0/modules.dep": dep}).State("rr"))
}

// What cannot be read is reported, and the rest is found.
func TestListPart(t *testing.T) {
	all, err := system(map[string]string{"/proc/modules": modules}).List()
	require.EqualError(t, err, "open /lib/modules/6.1.0/modules.builtin: no such file or directory")
	require.Equal(t, []Scheduler{{"rr", Loaded, ""}}, all)

	files := map[string]string{"/lib/modules/6.1.0/modules.builtin": builtin, "/lib/modules/6.1.0/modules.dep": ""}
	all, err = system(files).List()
	require.NoError(t, err)
	require.Equal(t, []Scheduler{{"wlc", BuiltIn, ""}}, all)

	s := system(files)
	read := s.Read
	s.Read = func(name string) ([]byte, error) {
		if name == "/proc/modules" {
			return nil, &fs.PathError{Op: "open", Path: name, Err: unix.EACCES}
		}
		return read(name)
	}
	_, err = s.List()
	require.EqualError(t, err, "open /proc/modules: permission denied")
}

// Engines are found in the same way.
func TestEngines(t *testing.T) {
	names, missing := system(map[string]string{"/proc/modules": modules, "/lib/modules/6.1.0/modules.builtin": builtin,
		"/lib/modules/6.1.0/modules.dep": dep}).Engines()
	require.NoError(t, missing)
	require.Equal(t, []string{"sip"}, names)
	_, missing = system(map[string]string{"/proc/modules": modules}).Engines()
	require.ErrorIs(t, missing, fs.ErrNotExist)
}
