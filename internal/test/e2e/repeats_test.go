// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// TestSaveDocumented runs what docs/save.md says of names that addresses share, and checks that the reference prints the
// same rules, without a word.
func TestSaveDocumented(t *testing.T) {
	n := kernel.NewNamespace(t)
	calls := transcript(t, "docs/save.md", "Names")
	restore(t, n, kernel.Reference, calls[2].output)
	dir := t.TempDir()
	for name, text := range map[string]string{
		"hosts":    "10.1.0.100 www.example.com\n10.2.0.11 backend.example.com\n10.2.0.12 backend.example.com\n",
		"nsswitch": "hosts: files\nservices: files\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	for _, path := range []string{"/etc/hosts", "/etc/nsswitch.conf"} {
		require.FileExists(t, path)
	}
	run := func(line string) kernel.Result {
		script := "mount --bind " + dir + "/hosts /etc/hosts && mount --bind " + dir + "/nsswitch /etc/nsswitch.conf && " + line
		return shell(t, n, "unshare --mount sh -c '"+script+"'")
	}
	for i, code := range []int{0, 2, 0} {
		got := run(calls[i].line + " 2>&1")
		require.Equal(t, kernel.Result{Stdout: calls[i].output, Code: code}, got)
	}
	got := run(calls[0].line)
	require.Equal(t, calls[0].output, got.Stdout+got.Stderr)
	require.Equal(t, kernel.Result{Stdout: got.Stdout}, run(kernel.Reference+" -S"))
}
