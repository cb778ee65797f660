// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

type jsonScheduler struct{ Name, State, File string }

// listSchedulers returns the schedulers by their names.
func listSchedulers(t *testing.T, n *kernel.Namespace) map[string]jsonScheduler {
	t.Helper()
	got := n.Ipvsadm(t, program(), "--schedulers", "--json")
	require.Empty(t, got.Stderr)
	require.Zero(t, got.Code)
	var all []jsonScheduler
	readJSON(t, "schedulers", got.Stdout, &all)
	byName := map[string]jsonScheduler{}
	for _, s := range all {
		byName[s.Name] = s
	}
	return byName
}

// The schedulers that are listed are those that the kernel takes, and the others are not.
func TestSchedulers(t *testing.T) {
	n := kernel.NewNamespace(t)
	var name unix.Utsname
	require.NoError(t, unix.Uname(&name))
	dir := "/lib/modules/" + unix.ByteSliceToString(name.Release[:]) + "/kernel/net/netfilter/ipvs/ip_vs_"
	files, err := filepath.Glob(dir + "*.ko")
	require.NoError(t, err)
	all := listSchedulers(t, n)
	require.Len(t, all, len(files)-2) // one module is for FTP, one an engine
	for name, s := range all {
		if s.State == "loadable" {
			require.Equal(t, dir+name+".ko", s.File)
		}
		got := n.Ipvsadm(t, program(), "-A", "-t", "192.0.2.1:80", "-s", name)
		require.Equal(t, kernel.Result{}, got, name)
		require.Equal(t, jsonScheduler{Name: name, State: "loaded"}, listSchedulers(t, n)[name])
		require.Equal(t, kernel.Result{}, n.Ipvsadm(t, program(), "-C"))
	}
	text := n.Ipvsadm(t, program(), "--schedulers")
	require.Equal(t, len(all), strings.Count(text.Stdout, " loaded\n"), text.Stdout)

	if slices.Contains(files, dir+"twos.ko") {
		require.Contains(t, all, "twos")
		return
	}
	// This kernel is older than it, and both programs say the same.
	require.NotContains(t, all, "twos")
	refused := kernel.Result{Stderr: "Scheduler or persistence engine not found\n", Code: 255}
	for _, path := range []string{program(), kernel.Reference} {
		require.Equal(t, refused, n.Ipvsadm(t, path, "-A", "-t", "192.0.2.1:80", "-s", "twos"))
	}
}

// Without /lib/modules, as in a container, what is loaded is listed and the rest said to be unknown.
func TestSchedulersUnknown(t *testing.T) {
	modprobe(t, "ip_vs_rr")
	n := kernel.NewNamespace(t)
	got := shell(t, n, "unshare -m sh -c 'mount -t tmpfs none /lib/modules && ipvsadm --schedulers | grep rr'")
	require.Contains(t, got.Stdout, "rr ")
	require.Contains(t, got.Stdout, " loaded\n")
	require.Regexp(t, "^there may be more schedulers: open /lib/modules/.*/modules.builtin: no such file or directory\n$", got.Stderr)
}

// TestKernelDocumented runs the transcripts of docs/kernel.md, which are of a kernel without the sysctl est_nice.
func TestKernelDocumented(t *testing.T) {
	n := kernel.NewNamespace(t)
	newer := kernel.Has(t, "sysctl est_nice")
	for _, call := range transcript(t, "docs/kernel.md") {
		want, got := call.output, shell(t, n, call.line+" 2>&1").Stdout
		if newer && strings.Contains(call.line, "est_nice") {
			require.Regexp(t, "(?m)^est_nice +-?[0-9]+ ", got)
			want, got = withoutLines(want, "est_nice"), withoutLines(got, "est_nice")
		}
		require.Equal(t, want, got, call.line)
	}
}

// withoutLines leaves out the lines that contain a word.
func withoutLines(text, word string) string {
	lines := slices.DeleteFunc(strings.SplitAfter(text, "\n"), func(line string) bool { return strings.Contains(line, word) })
	return strings.Join(lines, "")
}
