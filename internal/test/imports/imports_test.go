// SPDX-License-Identifier: Apache-2.0

// Package imports checks that the product's packages import each other in one direction only, and that docs/develop.md
// describes all packages.
package imports

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A rule says which imports packages must not have. A path that ends with "/..." also stands for all packages below it.
type rule struct{ packages, imports []string }

var rules = []rule{
	{[]string{"cmd/..."}, []string{"internal/test/..."}},
	{[]string{"pkg/..."}, []string{"cmd/...", "internal/test/..."}},
	{[]string{"internal/..."}, []string{"cmd/...", "pkg/...", "internal/test/..."}},
	{[]string{"pkg/ipvsnl/..."}, []string{"pkg/flags", "pkg/format", "pkg/ipvsnl/words", "pkg/ipvsnl/columns"}},
	{[]string{"pkg/ipvsnl/words", "pkg/ipvsnl/columns"}, []string{"pkg/flags", "pkg/format"}},
	{[]string{"pkg/flags"}, []string{"pkg/format"}},
	{[]string{"pkg/format"}, []string{"pkg/flags"}},
	{[]string{"pkg/flags", "pkg/format", "pkg/ipvsnl/words", "pkg/ipvsnl/columns"}, []string{
		"io/...", "bufio", "os/...", "net", "syscall", "golang.org/x/sys/...", "github.com/mdlayher/...",
		"internal/files", "internal/netns", "internal/resolve", "internal/screen", "internal/cgroup",
	}},
}

func TestDirection(t *testing.T) {
	for _, line := range packages(t, `{{.ImportPath}} {{join .Imports " "}}`) {
		imports := strings.Fields(line)
		if has([]string{"internal/test/..."}, imports[0]) {
			continue
		}
		for _, imported := range imports[1:] {
			require.False(t, refused(imports[0], imported), "%s imports %s", imports[0], imported)
		}
	}
}

func TestLayout(t *testing.T) {
	text, err := os.ReadFile("../../../docs/develop.md")
	require.NoError(t, err)
	for _, name := range packages(t, "{{.ImportPath}}") {
		if rest, ok := strings.CutPrefix(name, "internal/"); ok { // the table has what is under it
			name, _, _ = strings.Cut(strings.TrimPrefix(rest, "test/"), "/")
		}
		require.True(t, strings.Contains(string(text), "| `"+name+"` |"), "%s is missing", name)
	}
}

// Rules refuse what they name, and nothing else.
func TestRefused(t *testing.T) {
	for _, c := range []struct {
		importer, imported string
		want               bool
	}{
		{"internal/files", "pkg/ipvsnl", true},
		{"internal/files", "golang.org/x/sys/unix", false},
		{"pkg/flags", "golang.org/x/sys/unix", true},
		{"pkg/flags", "net/netip", false},
		{"pkg/flags", "pkg/ipvsnl", false},
		{"pkg/ipvsnl/reconcile", "pkg/ipvsnl/words", true},
		{"pkg/ipvsnl/reconcile", "internal/distinct", false},
		{"cmd/ipvsadm", "internal/test/replay", true},
		{"cmd/ipvsadm", "internal/resolve", false},
	} {
		require.Equal(t, c.want, refused(c.importer, c.imported), "%s imports %s", c.importer, c.imported)
	}
}

func refused(importer, imported string) bool {
	return slices.ContainsFunc(rules, func(r rule) bool { return has(r.packages, importer) && has(r.imports, imported) })
}

// has reports whether one of the patterns stands for a package.
func has(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		above, tree := strings.CutSuffix(p, "/...")
		return name == above || tree && strings.HasPrefix(name, above+"/")
	})
}

// packages lists the module's packages in a form of go list, without the module's path.
func packages(t *testing.T, form string) []string {
	t.Helper()
	const module = "github.com/ipvsadm-go/ipvsadm/"
	cmd := exec.Command("go", "list", "-f", form, "./cmd/...", "./pkg/...", "./internal/...")
	cmd.Dir = "../../.."
	out, err := cmd.Output()
	require.NoError(t, err)
	return strings.Split(strings.TrimSpace(strings.ReplaceAll(string(out), module, "")), "\n")
}
