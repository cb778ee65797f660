// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/schedulers"
)

// Schedulers are listed whether or not there is IPVS; what could not be read is said.
func TestSchedulers(t *testing.T) {
	s := newTestSystem(t)
	s.director.Unload(true)
	require.Equal(t, result{}, s.input("", "ipvsadm --schedulers"))
	require.Equal(t, result{stdout: "[\n]\n"}, s.input("", "ipvsadm --schedulers --json"))
	s.hasSchedulers = []schedulers.Scheduler{
		{Name: "lblcr", State: schedulers.Loadable, File: "/lib/modules/6.1.0/ip_vs_lblcr.ko"},
		{Name: "rr", State: schedulers.Loaded},
		{Name: "wlc", State: schedulers.BuiltIn},
	}
	const text = "lblcr /lib/modules/6.1.0/ip_vs_lblcr.ko\nrr    loaded\nwlc   built-in\n"
	require.Equal(t, result{stdout: text}, s.input("", "ipvsadm --schedulers"))
	require.Equal(t, result{stdout: "[\n" +
		`{"name":"lblcr","state":"loadable","file":"/lib/modules/6.1.0/ip_vs_lblcr.ko"}` + ",\n" +
		`{"name":"rr","state":"loaded"}` + ",\n" +
		`{"name":"wlc","state":"built-in"}` + "\n]\n"}, s.input("", "ipvsadm --schedulers -j"))
	s.noModules = errors.New("nothing to read")
	require.Equal(t, result{stdout: text, stderr: "there may be more schedulers: nothing to read\n", code: 1},
		s.input("", "ipvsadm --schedulers"))
	require.Zero(t, s.loads)
}

// They are listed by a command of its own, and not among rules.
func TestSchedulersRefused(t *testing.T) {
	s := newTestSystem(t)
	for line, want := range map[string]result{
		"ipvsadm --schedulers -n":            {stderr: "Illegal 'numeric' option with the 'schedulers' command\n", code: 2},
		"ipvsadm --schedulers rr":            {stderr: "unexpected argument rr\n", code: 2},
		"ipvsadm -L --schedulers":            {stderr: "invalid option `--schedulers'\n", code: 2},
		"ipvsadm --schedulers --netns /none": {stderr: "cannot enter network namespace `/none': No such file or directory\n", code: 2},
	} {
		require.Equal(t, want, s.input("", line), line)
	}
	require.Equal(t, result{stderr: "Illegal 'schedulers' option in a line of rules\n", code: 2}, s.input("--schedulers\n", "ipvsadm -R"))
}

// The kernel of this machine has whatever schedulers it has; those that can be loaded have a file.
func TestKernelSchedulers(t *testing.T) {
	all, err := kernelSchedulers()
	for _, s := range all {
		require.Equal(t, s.State == schedulers.Loadable, s.File != "", "%+v", s)
		require.Equal(t, s.State, linux.scheduler(s.Name), s.Name)
	}
	require.Empty(t, linux.scheduler("none"))
	release, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		require.Contains(t, err.Error(), "/lib/modules/"+strings.TrimSpace(string(release)))
	}
}
