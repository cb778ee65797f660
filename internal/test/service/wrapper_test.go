// SPDX-License-Identifier: Apache-2.0

package service

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// TestWrappers runs the scripts that stand in for the links where there is but the one program.
func TestWrappers(t *testing.T) {
	root, err := kernel.Root()
	if err != nil {
		t.Fatal(err)
	}
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
	if got := script("# a comment\n"+whole, "ipvsadm-restore"); got != (kernel.Result{}) {
		t.Fatalf("restoring: %+v", got)
	}
	want := table(t, n)
	if got := script("", "ipvsadm-save", "-n"); got != (kernel.Result{Stdout: want}) {
		t.Errorf("saving: %+v, want %q", got, want)
	}
	if got := script("-C\n", "ipvsadm-restore", "--replace", "--dry-run"); got.Code != 0 || !strings.HasPrefix(got.Stdout, "-D ") || table(t, n) != want {
		t.Errorf("a dry run of a replacement: %+v", got)
	}
	if got := script("", "ipvsadm-save", "-n", "--timeout"); got.Code != 0 || !strings.HasPrefix(got.Stdout, "--set ") || !strings.HasSuffix(got.Stdout, want) {
		t.Errorf("saving timeouts too: %+v", got)
	}
	if got := script("-A -t 192.0.2.9:80 -s rr\n-A\n", "ipvsadm-restore"); got.Code == 0 || table(t, n) != want {
		t.Errorf("restoring a fault: %+v", got)
	}
	if got := script("", "ipvsadm-save", "-n", "word"); got != (kernel.Result{Stdout: want, Stderr: "ipvsadm-save: ignored: \"word\"\n"}) {
		t.Errorf("saving with a word to ignore: %+v", got)
	}
	file := filepath.Join(t.TempDir(), "rules")
	if err := os.WriteFile(file, []byte(whole), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := script("", "ipvsadm-restore", file); got != (kernel.Result{}) || table(t, n) != want {
		t.Errorf("restoring a file: %+v", got)
	}
	for _, name := range []string{"ipvsadm-save", "ipvsadm-restore"} {
		if got := script("", name, "--help"); got.Code != 1 || !strings.HasPrefix(got.Stderr, name+": ") {
			t.Errorf("%s --help: %+v", name, got)
		}
	}
	other := kernel.NewNamespace(t)
	if got := script(whole, "ipvsadm-restore", "--netns", other.Path()); got != (kernel.Result{}) {
		t.Errorf("restoring into another namespace: %+v", got)
	}
	saved := script("", "ipvsadm-save", "-n", "--netns", other.Path())
	if want := table(t, other); want == "" || saved != (kernel.Result{Stdout: want}) {
		t.Errorf("saving from another namespace: %+v, want %q", saved, want)
	}
}
