// SPDX-License-Identifier: Apache-2.0

package service

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
	"github.com/stretchr/testify/require"
)

// TestWrappers runs the scripts that stand in for the links where there is but the one program.
func TestWrappers(t *testing.T) {
	root, err := kernel.Root()
	require.NoError(t, err)
	n := kernel.NewNamespace(t)
	script := func(stdin, name string, args ...string) kernel.Result {
		t.Helper()
		return n.Run(t, kernel.Command{
			Path:  filepath.Join(root, "scripts", name),
			Args:  append([]string{name}, args...),
			Env:   []string{"PATH=" + filepath.Dir(kernel.Program("ipvsadm")) + ":" + os.Getenv("PATH"), "TMPDIR=" + t.TempDir()},
			Stdin: stdin,
		})
	}
	restore(t, n, before)
	require.Equal(t, kernel.Result{}, script("# a comment\n"+whole, "ipvsadm-restore"), "restoring")
	want := table(t, n)
	require.Equal(t, kernel.Result{Stdout: want}, script("", "ipvsadm-save", "-n"), "saving")
	if got := script("-C\n", "ipvsadm-restore", "--replace", "--dry-run"); got.Code != 0 || !strings.HasPrefix(got.Stdout, "-D ") || table(t, n) != want {
		t.Errorf("a dry run of a replacement: %+v", got)
	}
	if got := script("", "ipvsadm-save", "-n", "--timeout"); got.Code != 0 || !strings.HasPrefix(got.Stdout, "--set ") || !strings.HasSuffix(got.Stdout, want) {
		t.Errorf("saving timeouts too: %+v", got)
	}
	require.NotZero(t, script("-A -t 192.0.2.9:80 -s rr\n-A\n", "ipvsadm-restore").Code, "restoring a fault")
	require.Equal(t, want, table(t, n), "restoring a fault")
	require.Equal(t, kernel.Result{Stdout: want, Stderr: "ipvsadm-save: ignored: \"word\"\n"}, script("", "ipvsadm-save", "-n", "word"), "saving with a word to ignore")
	file := filepath.Join(t.TempDir(), "rules")
	require.NoError(t, os.WriteFile(file, []byte(whole), 0o600))
	require.Equal(t, kernel.Result{}, script("", "ipvsadm-restore", file), "restoring a file")
	require.Equal(t, want, table(t, n), "restoring a file")
	for _, name := range []string{"ipvsadm-save", "ipvsadm-restore"} {
		if got := script("", name, "--help"); got.Code != 1 || !strings.HasPrefix(got.Stderr, name+": ") {
			t.Errorf("%s --help: %+v", name, got)
		}
	}
	other := kernel.NewNamespace(t)
	require.Equal(t, kernel.Result{}, script(whole, "ipvsadm-restore", "--netns", other.Path()), "restoring into another namespace")
	saved := script("", "ipvsadm-save", "-n", "--netns", other.Path())
	if want := table(t, other); want == "" || saved != (kernel.Result{Stdout: want}) {
		t.Errorf("saving from another namespace: %+v, want %q", saved, want)
	}
}
