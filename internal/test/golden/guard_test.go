// SPDX-License-Identifier: Apache-2.0

package golden

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"
)

// TestCases checks that every case calls the program and compares what it says
// with a record of those very calls.
func TestCases(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(cases, "*.txt"))
	require.NoError(t, err)
	calls := 0
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			require.NoError(t, err)
			calls += checkCase(t, archive)
		})
	}
	if calls < 600 {
		t.Errorf("%d calls in %d cases: some are missing", calls, len(files))
	}
}

// checkCase returns how many calls the case has.
func checkCase(t *testing.T, archive *txtar.Archive) int {
	script := strings.Split(strings.TrimSpace(string(archive.Comment)), "\n")
	require.True(t, strings.HasPrefix(script[0], "# "), "no line on top says what the case shows")
	require.Equal(t, "cmp transcript want", script[len(script)-1], "the last line")
	calls := 0
	for _, line := range script {
		if line == "ipvsadm" || strings.HasPrefix(line, "ipvsadm ") {
			calls++
		}
	}
	require.NotZero(t, calls, "no calls")
	require.Equal(t, calls, strings.Count("\n"+want(archive), "\n$ ipvsadm"))
	require.Empty(t, byChance(want(archive)), "calls that show several services in the kernel's order")
	return calls
}

// want is the transcript that a case has on record.
func want(archive *txtar.Archive) string {
	for _, file := range archive.Files {
		if file.Name == "want" {
			return string(file.Data)
		}
	}
	return ""
}

// TestComparisonFails checks that a program that differs in the least fails a case.
func TestComparisonFails(t *testing.T) {
	for _, c := range []struct {
		name   string
		script string // runs "$@", the program with its words
		pass   bool
	}{
		{"honest", `exec "$@"`, true},
		{"blank more", `"$@"; code=$?; printf " "; exit $code`, false},
		{"line more", `"$@"; code=$?; echo; exit $code`, false},
		{"no final newline", `text=$("$@" 2>/dev/null); printf %s "$text"`, false},
		{"message more", `"$@"; code=$?; echo >&2; exit $code`, false},
		{"message to the wrong stream", `"$@" 2>&1`, false},
		{"another code", `"$@" || exit 1`, false},
		{"nothing done", `:`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := replay(t, wrap(t, c.script), "service-exists.txt")
			if pass := got.failure == ""; pass != c.pass {
				t.Errorf("passed: %t, want %t\n%s%s", pass, c.pass, got.failure, got.log.String())
			}
		})
	}
}

// wrap makes a program of a shell script that stands between a case and the program.
func wrap(t *testing.T, script string) string {
	name := filepath.Join(t.TempDir(), "ipvsadm")
	text := "#!/bin/sh\nset -- " + program() + ` "$@"` + "\n" + script + "\n"
	require.NoError(t, os.WriteFile(name, []byte(text), 0o755))
	return name
}

// replay runs one case with a program, on the side: its failure is a result.
func replay(t *testing.T, program, name string) *result {
	r := &result{}
	testscript.RunT(r, testscript.Params{
		Files:       []string{filepath.Join(cases, name)},
		Setup:       isolate,
		Cmds:        commands(program),
		WorkdirRoot: t.TempDir(),
	})
	return r
}

// A result takes the part of a testing.T, and keeps what a case came to.
type result struct {
	log     strings.Builder
	failure string
}

func (r *result) Log(args ...any) {
	for _, arg := range args {
		r.log.WriteString(arg.(string))
	}
}

func (r *result) Fatal(args ...any) {
	r.Log(args...)
	r.FailNow()
}

func (r *result) FailNow() {
	r.failure = "failed\n"
	runtime.Goexit()
}

func (r *result) Skip(args ...any) { r.Fatal(args...) }
func (r *result) Parallel()        {}
func (r *result) Verbose() bool    { return false }

func (r *result) Run(_ string, f func(testscript.T)) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(r)
	}()
	<-done
}
