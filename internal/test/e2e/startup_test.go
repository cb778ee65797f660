// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// startLines are command lines for programs that cannot start as they should: good ones and bad ones, for a
// program may find one fault or the other first.
var startLines = []string{
	"",
	"-L -n",
	"-L -n -c",
	"-L --timeout",
	"-S -n",
	"-A -t 192.0.2.1:80",
	"-a -t 192.0.2.1:80 -r 192.0.2.2",
	"-e -t 192.0.2.1:80 -r 192.0.2.2",
	"-C",
	"-Z",
	"--set 1 2 3",
	"--start-daemon master",
	"--stop-daemon backup",
	"-R",
	"-n -L",
	"-A",
	"-A -t 192.0.2.1:80 word",
	"-A -t word:word",
	"-L --no-such-option",
	"word",
}

// TestStartUp runs our program and the reference side by side where something is missing.
func TestStartUp(t *testing.T) {
	reference := copyProgram(t, kernel.Reference)
	ours := copyProgram(t, kernel.Program("ipvsadm"))
	for _, c := range []struct {
		name    string
		hide    []string // directories
		unload  bool     // IPVS
		user    uint32
		failure bool // nothing works
	}{
		{name: "all there"},
		{name: "not root", user: 65534, failure: true},
		{name: "no modprobe", hide: []string{"/usr/sbin"}},
		{name: "no modules", hide: []string{"/lib/modules"}},
		{name: "no IPVS", hide: []string{"/lib/modules"}, unload: true, failure: true},
		{name: "no IPVS, no modprobe", hide: []string{"/lib/modules", "/usr/sbin"}, unload: true, failure: true},
		{name: "no IPVS, not root", hide: []string{"/lib/modules"}, unload: true, user: 65534, failure: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.unload {
				unload(t)
			}
			for _, dir := range c.hide {
				hide(t, dir)
			}
			one, other := kernel.NewNamespace(t), kernel.NewNamespace(t)
			for _, line := range startLines {
				t.Run(line, func(t *testing.T) {
					want := runAs(t, one, reference, c.user, line)
					if c.failure && want.Code == 0 {
						t.Errorf("the reference does not fail: %+v", want)
					}
					sameResult(t, runAs(t, other, ours, c.user, line), want)
				})
			}
			for _, line := range []string{"-h", "--help", "-v", "--version"} {
				t.Run(line, func(t *testing.T) {
					want := runAs(t, one, reference, c.user, line)
					got := runAs(t, other, ours, c.user, line)
					require.True(t, strings.HasPrefix(got.Stdout, "ipvsadm v1.31 "))
					want.Stdout = got.Stdout // the text is ours, and the reference prints none where it fails
					sameResult(t, got, want)
				})
			}
		})
	}
}

// TestLoadModule starts where the module is not loaded yet but can be.
func TestLoadModule(t *testing.T) {
	for name, program := range map[string]string{"ours": kernel.Program("ipvsadm"), "reference": kernel.Reference} {
		t.Run(name, func(t *testing.T) {
			unload(t)
			ns := kernel.NewNamespace(t)
			if got := runAs(t, ns, program, 0, "-v"); got.Code != 0 || got.Stderr != "" {
				t.Errorf("the version: %+v", got)
			}
			require.NotEmpty(t, ipvsModules(t), "the version has not loaded the module")
			unload(t)
			require.Equal(t, kernel.Result{}, runAs(t, ns, program, 0, "-A -t 192.0.2.1:80"), "adding a service")
			require.Equal(t, kernel.Result{Stdout: "-A -t 192.0.2.1:80 -s wlc\n"}, runAs(t, ns, program, 0, "-S -n"), "saving")
		})
	}
}

// TestModprobeSignals loads the module by a program that SIGPIPE ends, as it ends other programs.
func TestModprobeSignals(t *testing.T) {
	const loader = "/proc/sys/kernel/modprobe" // what the kernel itself runs, at the first sight of IPVS
	before, err := os.ReadFile(loader)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(loader, []byte("/bin/false"), 0))
	t.Cleanup(func() { _ = os.WriteFile(loader, before, 0) })
	unload(t)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(dir+"/modprobe", []byte("#!/bin/sh\ngrep SigIgn /proc/$$/status >&2\n"), 0o755))
	script := "mount --bind " + dir + "/modprobe /sbin/modprobe && exec " + program() + " -S"
	got := kernel.NewNamespace(t).Run(t, kernel.Command{Path: "/usr/bin/unshare", Args: []string{"unshare", "--mount", "sh", "-c", script}})
	require.Equal(t, 2, got.Code)
	var ignored uint64
	_, err = fmt.Sscanf(got.Stderr, "SigIgn: %x", &ignored)
	require.NoError(t, err, got.Stderr)
	require.Zero(t, ignored&(1<<(unix.SIGPIPE-1)))
}

// runAs runs a program by its usual name as a user.
func runAs(t *testing.T, ns *kernel.Namespace, program string, user uint32, line string) kernel.Result {
	t.Helper()
	return ns.Run(t, kernel.Command{
		Path: program,
		Args: append([]string{"ipvsadm"}, strings.Fields(line)...),
		Prepare: func(cmd *exec.Cmd) {
			if user != 0 {
				cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: user, Gid: user}}
			}
		},
	})
}

// copyProgram copies a program to where every user can run it and nothing is hidden.
func copyProgram(t *testing.T, path string) string {
	t.Helper()
	program, err := os.ReadFile(path)
	require.NoError(t, err)
	dir, err := os.MkdirTemp("/run", "program-")
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	require.NoError(t, os.Chmod(dir, 0o755))
	copied := filepath.Join(dir, filepath.Base(path))
	require.NoError(t, os.WriteFile(copied, program, 0o755))
	return copied
}

// hide mounts an empty file system over a directory for the time of the test.
func hide(t *testing.T, dir string) {
	t.Helper()
	require.NoError(t, unix.Mount("tmpfs", dir, "tmpfs", 0, ""), "mounting over %s", dir)
	t.Cleanup(func() {
		require.NoError(t, unix.Unmount(dir, 0), "unmounting %s", dir)
	})
}

// unload takes IPVS out of the kernel, and brings it back when the test ends. The tables of former tests keep
// it in use until the kernel has cleared them away.
func unload(t *testing.T) {
	t.Helper()
	t.Cleanup(func() {
		modprobe(t, "ip_vs")
		kernel.LoadNamespaced()
	})
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		for _, module := range ipvsModules(t) {
			unix.DeleteModule(module, unix.O_NONBLOCK) // refused as long as it is in use
		}
		left := ipvsModules(t)
		if len(left) == 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("cannot be unloaded: %v", left)
		}
	}
}

// ipvsModules are the loaded modules that IPVS is made of or that need it.
func ipvsModules(t *testing.T) []string {
	t.Helper()
	list, err := os.ReadFile("/proc/modules")
	require.NoError(t, err)
	var names []string
	for line := range strings.Lines(string(list)) {
		name, _, _ := strings.Cut(line, " ")
		if strings.HasPrefix(name, "ip_vs") || name == "xt_ipvs" {
			names = append(names, name)
		}
	}
	return names
}
