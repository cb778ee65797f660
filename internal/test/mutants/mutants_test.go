// SPDX-License-Identifier: Apache-2.0

package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

// mutateSource returns the changes that are made to a file, without what its keys begin and end with, and its new text.
func mutateSource(t *testing.T, src string) (changes []string, text string) {
	t.Helper()
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "p.go", src, parser.ParseComments)
	require.NoError(t, err)
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}}
	pkg, err := (&types.Config{}).Check("p", fset, []*ast.File{f}, info)
	require.NoError(t, err)
	id := 0
	m := mutator{dir: "p", pkg: pkg, info: info, known: learn([]*ast.File{f}, info), fset: fset, file: f, path: "p.go", src: []byte(src), nextID: func() int { id++; return id }}
	all, text := m.mutate()
	for _, mutant := range all {
		_, change, _ := strings.Cut(mutant.Key, ": ")
		change, _, _ = strings.Cut(change, ": ")
		changes = append(changes, change)
	}
	return changes, text
}

// TestMutations shows what is changed, by the body of a function, and what is not.
func TestMutations(t *testing.T) {
	for _, c := range []struct {
		name, code string
		want       []string
	}{
		{"comparison", "func f(a, b int) bool { return a < b }", []string{"not a < b", "< becomes <= in a < b"}},
		{"text", "func f(a, b string) bool { return a >= b }", []string{"not a >= b", ">= becomes > in a >= b"}},
		{"bound", "func f(a int) bool { return a > 15 }", []string{"not a > 15", "15 + 1", "15 - 1"}},
		{"equality", "func f(a int) bool { return a == 3 }", []string{"not a == 3", "3 + 1"}},
		{"named constant", "const k = 3; func f(a int) bool { return a != k }", []string{"not a != k", "k + 1"}},
		{"logic", "func f(a, b bool) bool { return a && !b }", []string{"&& becomes || in a && !b", "not a", "not b"}},
		{"guard", "func f(a bool) int { if a { return 1 }; return 0 }", []string{"never a", "not a", "1 + 1", "0 + 1"}},
		{"no guard", "func f(a bool) { if a { f(a) } }", []string{"not a", "delete f(a)"}},
		{"arithmetic", "func f(a, b uint8) uint8 { return a &^ b << 2 }",
			[]string{"return zero for a &^ b << 2", "<< becomes >> in a &^ b << 2", "&^ becomes & in a &^ b", "2 + 1"}},
		{"truth", "var v = true", []string{"not true"}},
		{"cases", `func f(a string, b int) { switch a { case "x": f("y", b) }; switch b { case 1: } }`,
			[]string{`drop the case "x"`, `delete f("y", b)`, "drop the case 1"}},
		{"conditions of cases", "func f(a bool) { switch { case a: } }", []string{"not a"}},
		{"statements", "func f(a int) { for { a++; a = 2; _ = a; defer f(a); break } }",
			[]string{"delete a++", "delete a = 2", "2 + 1", "delete _ = a", "delete defer f(a)", "delete break"}},
		{"results", `func f(e error) (string, error) { if e != nil { return "x", e }; return "y", nil }`,
			[]string{"never e != nil", "not e != nil", "return zero for e", `return ""`}},
		{"results that do not count", "func f() (int, bool) { return 0, false }", []string{"not false"}},
		{"sizes", "func f() []int { return make([]int, 0, 8) }", []string{"return zero for make([]int, 0, 8)"}},
		{"indices of a literal", "var v = [...]int{2: 7}", []string{"7 + 1"}},
		{"keys of a map", "var v = map[int]bool{2: true}", []string{"2 + 1", "not true"}},
		{"declarations", "const c = 1 + 2; type t [3]int; var _ = t{}; func f() { x := f; x() }", []string{"delete x()"}},
		{"sets", "type s uint8; const k s = 4; var v = k | 1<<1; var w = []s{k}", []string{"k | 1<<1 << 1", "k << 1"}},
		{"results that are always nil", "func g() error { return nil }; func f() error { return g() }", nil},
		{"panic", "func f() int { panic(1) }", []string{"1 + 1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			src := "package p\n\n" + c.code + "\n"
			got, text := mutateSource(t, src)
			require.Empty(t, cmp.Diff(c.want, got))

			fset := token.NewFileSet()
			changed, err := parser.ParseFile(fset, "p.go", text, 0)
			require.NoError(t, err, text)
			functions, err := parser.ParseFile(fset, "mutants.go", "package p\n"+withoutImports(injected), 0)
			require.NoError(t, err)
			_, err = (&types.Config{}).Check("p", fset, []*ast.File{changed, functions}, nil)
			require.NoError(t, err, text)
			require.Equal(t, strings.Count(src, "\n"), strings.Count(text, "\n"), text)
		})
	}
}

// withoutImports has the injected functions without what they do with the environment, which is not looked at here.
func withoutImports(s string) string {
	start, end := strings.Index(s, "import ("), strings.Index(s, "type (")
	s = s[:start] + s[end:]
	start, end = strings.Index(s, "var ("), strings.Index(s, "func mutant_pick")
	return s[:start] + "func mutant_is(id int) bool { return false }\n" + s[end:]
}

// TestOperators checks that operands over several lines, with comments between them, stay what they are.
func TestOperators(t *testing.T) {
	_, text := mutateSource(t, "package p\n\nvar v = w && // why\n\tw\n\nvar w = len(\"\") == 0\n")
	require.Contains(t, text, "mutant_land(1, mutant_not(2, w) , func() bool { return ( // why\n\tmutant_not(3, w)) })\n")
}

const module = `-- go.mod --
module example.com/m

go 1.24
-- m.go --
package m

// Small reports whether n is small.
func Small(n int) bool {
	return n < 10
}

// Unused is not tested.
func Unused() int { return 7 }

// Sum adds up.
func Sum(n int) (sum int) {
	for n > 0 {
		sum += n
		n--
	}
	return sum
}
-- m_test.go --
package m

import "testing"

func TestSmall(t *testing.T) {
	if !Small(9) || Small(20) {
		t.Fail()
	}
}

func TestSum(t *testing.T) {
	if Sum(3) != 6 {
		t.Fail()
	}
}
`

// unpack writes the files of a text in txtar's form, and goes to where they are.
func unpack(t *testing.T, text string) {
	t.Helper()
	dir := t.TempDir()
	for _, part := range strings.Split(text, "-- ")[1:] {
		name, content, _ := strings.Cut(part, " --\n")
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o666))
	}
	t.Chdir(dir)
}

// TestRun mutates a module whose tests miss a few mutants, first with none accepted, then with those and others.
func TestRun(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	log := filepath.Join(t.TempDir(), "log")
	t.Setenv("MUTANT", "1") // as when this test is itself run for a mutant
	t.Setenv("MUTANT_LOG", log)
	unpack(t, module)
	o := options{accepted: "accepted", mutated: []string{"."}, tests: []string{"."}}
	run := func(list string) (bool, string) {
		require.NoError(t, os.WriteFile(o.accepted, []byte(list), 0o666))
		var out strings.Builder
		ok, err := o.run(&out)
		require.NoError(t, err)
		return ok, out.String()
	}

	ok, out := run("")
	require.False(t, ok)
	require.Contains(t, out, "m.go:5: survived: . Small: 10 + 1: return n < 10\n")
	require.Contains(t, out, "m.go:13: survived: . Sum: 0 - 1: for n > 0 {\n")
	require.Contains(t, out, "m.go:9: unreached: . Unused: 7 + 1: func Unused() int { return 7 }\n")
	require.Regexp(t, `70\.0% of 10 mutants are killed, [12] of them as endless; 2 survived, 1 were not reached`, out)
	require.Contains(t, out, "fewer than 95%\n")
	require.NoFileExists(t, log)

	list := ". Small: 10 + 1: return n < 10\n\treason\n. Sum: 0 - 1: for n > 0 {\n\treason\n" +
		". Unused: 7 + 1: func Unused() int { return 7 }\n\treason\n"
	ok, out = run(list + ". Small: not n < 10: return n < 10\n. Sum: delete n--: n--\n. Gone: delete x()\n\treason\nother Gone: delete x()\n\treason\n")
	require.False(t, ok)
	require.Contains(t, out, "accepted:7: killed: . Small: not n < 10: return n < 10\n")
	require.NotContains(t, out, "survived: ")
	require.Contains(t, out, "accepted:8: endless: . Sum: delete n--: n--\n")
	require.Contains(t, out, "accepted:9: does not exist: . Gone: delete x()\n")
	require.Equal(t, 1, strings.Count(out, "does not exist"), "other packages do not count")

	o.only = `Small: not|n--`
	ok, out = run(list)
	require.True(t, ok)
	require.Contains(t, out, "100.0% of 2 mutants are killed")

	o.only, o.limit, o.seed = "", 1, 1 // over before the first
	ok, out = run(list)
	require.True(t, ok)
	require.Contains(t, out, "a sample: 0 of 10 mutants were run in 1ns, by seed 1\n")
}

const foreign = `-- mode.go --
package m

import "os"

// IsPlain compares with a number whose type is declared in io/fs.
func IsPlain(m os.FileMode) bool { return m == 0 }
-- mode_test.go --
package m

import "testing"

func TestIsPlain(t *testing.T) {
	if !IsPlain(0) || IsPlain(1) {
		t.Fail()
	}
}
`

// TestForeignTypes mutates constants whose types the file has no name for.
func TestForeignTypes(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	unpack(t, module+foreign)
	o := options{only: "IsPlain", mutated: []string{"."}, tests: []string{"."}}
	var out strings.Builder
	ok, err := o.run(&out)
	require.NoError(t, err)
	require.True(t, ok)
	require.Contains(t, out.String(), "100.0% of 2 mutants are killed")
}

// TestRunChanged mutates what has changed since a revision.
func TestRunChanged(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	unpack(t, module)
	for _, args := range [][]string{
		{"init", "-q"}, {"add", "."}, {"-c", "user.name=x", "-c", "user.email=x", "commit", "-q", "-m", "x"},
	} {
		_, err := git(args...)
		require.NoError(t, err)
	}
	o := options{changed: "HEAD", mutated: []string{"."}, tests: []string{"."}}
	var out strings.Builder
	ok, err := o.run(&out)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, "no mutants to run\n", out.String())

	require.NoError(t, os.WriteFile("m.go", []byte("package m\n\nfunc Small(n int) bool { return n < 15 }\n\nfunc Sum(int) int { return 6 }\n"), 0o666))
	out.Reset()
	ok, err = o.run(&out)
	require.NoError(t, err)
	require.False(t, ok)
	require.Contains(t, out.String(), "m.go:3: survived: . Small: 15 + 1")
	require.Contains(t, out.String(), "50.0% of 4 mutants are killed")
	require.NotContains(t, out.String(), "fewer than")
}

// TestFailing refuses tests that fail without a mutant.
func TestFailing(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	unpack(t, strings.Replace(module, "6 {", "7 {", 1))
	o := options{mutated: []string{"."}, tests: []string{"."}}
	_, err := o.run(os.Stderr)
	require.ErrorContains(t, err, "example.com/m: TestSum fails without a mutant")
}

func TestReadAccepted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "accepted")
	read := func(text string) (map[string]accepted, error) {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o666))
		return readAccepted(path)
	}
	got, err := read("# comment\n\np f: x\np g: y\n\tone reason,\n\tof two lines\n\np h: z\n\tanother\n")
	require.NoError(t, err)
	require.Equal(t, map[string]accepted{
		"p f: x": {3, "one reason, of two lines"}, "p g: y": {4, "one reason, of two lines"}, "p h: z": {8, "another"},
	}, got)

	for text, want := range map[string]string{
		"p f: x\n":                     ":1: no reason for p f: x",
		"\treason\n":                   ":1: a reason before the first survivor",
		"p f: x\n\tr\n\np f: x\n\tr\n": ":4: listed twice",
	} {
		_, err := read(text)
		require.ErrorContains(t, err, want)
	}
}

func TestParseDiff(t *testing.T) {
	got, err := parseDiff("/root", `diff --git a.go a.go
--- a.go
+++ a.go
@@ -1 +1,2 @@ func f() {
-x
+y
+z
@@ -9,2 +10,0 @@
-x
-x
--- b/b.go
+++ b/b.go
@@ -5,0 +6 @@
+x
`)
	require.NoError(t, err)
	require.Equal(t, changedLines{"/root/a.go": {1: true, 2: true}, "/root/b/b.go": {6: true}}, got)
}
