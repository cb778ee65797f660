// SPDX-License-Identifier: Apache-2.0

// Package service tests, on the test kernel, that the service and the restore never lose rules, whatever happens to
// them on the way.
package service

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

func TestMain(m *testing.M) { kernel.Main(m, "./cmd/ipvsadm") }

// run runs the program under one of its names.
func run(t *testing.T, n *kernel.Namespace, stdin, name string, args ...string) kernel.Result {
	t.Helper()
	return n.Run(t, kernel.Command{Path: kernel.Program("ipvsadm"), Args: append([]string{name}, args...), Stdin: stdin})
}

// table returns the table as rules.
func table(t *testing.T, n *kernel.Namespace) string {
	t.Helper()
	got := run(t, n, "", "ipvsadm-save", "-n")
	require.Zero(t, got.Code, "saving")
	require.Empty(t, got.Stderr, "saving")
	return got.Stdout
}

// restore replaces the table, which must succeed.
func restore(t *testing.T, n *kernel.Namespace, rules string) {
	t.Helper()
	require.Equal(t, kernel.Result{}, run(t, n, "-C\n"+rules, "ipvsadm-restore"), "restoring")
}

// services returns rules for many services, each with a real server.
func services(count int, network string) string {
	var b strings.Builder
	for i := range count {
		addr := fmt.Sprintf("%s.%d.%d:80", network, i/250, i%250+1)
		fmt.Fprintf(&b, "-A -t %s -s rr\n-a -t %s -r 198.51.100.1:80 -m -w 1\n", addr, addr)
	}
	return b.String()
}

// install puts the program and the settings where the service looks for them, over what the host has there; the host
// itself sees nothing of it.
func install(t *testing.T, settings string) (service string) {
	t.Helper()
	root, err := kernel.Root()
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "ipvsadm"), []byte(settings), 0o644))
	bind(t, dir, "/etc/default")
	overlay(t, "/usr/sbin")
	overlay(t, "/var/lib")
	require.NoError(t, os.RemoveAll("/var/lib/ipvsadm-go")) // of a package that the host has
	for _, name := range []string{"ipvsadm", "ipvsadm-save", "ipvsadm-restore"} {
		// A file to mount on. The host may have a link to the program instead, through which that would be overwritten.
		file := "/usr/sbin/" + name
		require.NoError(t, os.RemoveAll(file))
		require.NoError(t, os.WriteFile(file, nil, 0o755))
		bind(t, kernel.Program("ipvsadm"), file)
	}
	return filepath.Join(root, "packaging", "ipvsadm-service")
}

// actions returns what runs an action of the service, and returns its exit code.
func actions(t *testing.T, n *kernel.Namespace, service string) func(action string) int {
	return func(action string) int {
		t.Helper()
		return n.Run(t, kernel.Command{Path: service, Args: []string{service, action}}).Code
	}
}

// overlay has what is written to a directory stay in the guest, and only until the test ends.
func overlay(t *testing.T, dir string) {
	t.Helper()
	out, err := exec.Command("/sbin/modprobe", "overlay").CombinedOutput()
	require.NoError(t, err, "%s", out)
	written, err := os.MkdirTemp("/run", "overlay-") // not of the host, whose files cannot hold what an overlay notes
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(written) })
	upper, work := filepath.Join(written, "upper"), filepath.Join(written, "work")
	require.NoError(t, os.Mkdir(upper, 0o755))
	require.NoError(t, os.Mkdir(work, 0o755))
	options := "lowerdir=" + dir + ",upperdir=" + upper + ",workdir=" + work
	require.NoError(t, syscall.Mount("overlay", dir, "overlay", 0, options))
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(dir, syscall.MNT_DETACH)) })
}

// bind mounts one file or directory over another, until the test ends.
func bind(t *testing.T, from, to string) {
	t.Helper()
	require.NoError(t, syscall.Mount(from, to, "", syscall.MS_BIND, ""), "mounting %s on %s", from, to)
	t.Cleanup(func() {
		require.NoError(t, syscall.Unmount(to, syscall.MNT_DETACH), "unmounting %s", to)
	})
}
