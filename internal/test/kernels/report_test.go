// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

// ended is a result of a job that came to its end.
func ended(name, pkg string, code int, output string) *result {
	r := &result{job: job{name: name, pkg: pkg}, code: code, ended: true}
	r.output.WriteString(output)
	return r
}

// TestScore counts what tests write.
func TestScore(t *testing.T) {
	for _, c := range []struct {
		result *result
		want   score
	}{
		{ended("golden", "golden", 1, "=== RUN   TestGolden\n    --- PASS: TestGolden/a (0.1s)\n    --- FAIL: TestGolden/b (0.1s)\n--- FAIL: TestGolden (1s)\n"),
			score{same: 1, differ: []string{"TestGolden/b"}}},
		{ended("generated", "parity", 0, "--- PASS: TestParity (9s)\n    parity_test.go:169: seed 1: 300 cases, 1170 calls of each program, in 99 s: 3.0 cases a second; 2 differ\n"),
			score{same: 298, differ: []string{"a generated case", "a generated case"}}},
		{ended("end to end", "e2e", 0, "--- PASS: TestA (0s)\n    --- PASS: TestA/b (0s)\n--- SKIP: TestC (0s)\n    x_test.go:1: the kernel lacks devices gue\n"),
			score{same: 1, lacks: []string{"devices gue"}}},
	} {
		require.Empty(t, cmp.Diff(c.want, c.result.score(), cmp.AllowUnexported(score{})), c.result.name)
	}
}

// TestTable shows machines as rows.
func TestTable(t *testing.T) {
	good := &run{machine: &machines[0], kernel: &kernel{release: "5.10.0-46-amd64"}, boot: 5 * time.Second, results: []*result{
		ended("features", "e2e", 0, "\nthe kernel lacks scheduler twos\n\nthe kernel has tunnels gue\n--- PASS: TestFeatures (1s)\n"),
		ended("golden", "golden", 0, "    --- PASS: TestGolden/a (0.1s)\n"),
		ended("table", "e2e", 0, "--- PASS: TestTable (1s)\n"),
		ended("end to end", "e2e", 0, "--- PASS: TestA (1s)\n"),
	}}
	bad := &run{machine: &machines[1], kernel: &kernel{release: "6.1.0-56-amd64"}, hangs: 2, results: []*result{
		ended("golden", "golden", 1, "    --- FAIL: TestGolden/a (0.1s)\n"),
		{job: job{name: "generated", pkg: "parity"}},
	}}
	once := *bad
	once.hangs = 1
	require.Contains(t, once.kernelCell(), "; hung once")
	none := &run{machine: &machines[2], err: errors.New("not served")}
	require.False(t, good.failed())
	require.True(t, bad.failed())
	require.True(t, none.failed())
	day := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	var rows []row
	for _, r := range []*run{good, bad, none} {
		rows = append(rows, r.row(day))
	}
	text := table(rows)
	require.Equal(t, `| kernel | machine | golden cases | end-to-end tests | generated cases | differ | it lacks | run on |
|---|---|---|---|---|---|---|---|
| 5.10.0-46-amd64 (bullseye, boots in 5 s) | amd64: q35 max | 1 of 1 | 2 of 2 | – | 0 | scheduler twos | 2026-11-27 |
| 6.1.0-56-amd64 (bookworm, boots in 0 s); hung 2 times | amd64: q35 max | 0 of 1 | – | 0 of 0 | TestGolden/a, generated failed |  | 2026-11-27 |
| 6.12 | amd64: q35 max | – | – | – | failed |  | 2026-11-27 |
`, text)
	require.Equal(t, rows, rowsIn(text)[1:])
	none.err, none.kernel = nil, &kernel{release: "6.12.1"}
	require.Equal(t, []row{rows[0], rows[1], none.row(day)}, allRows(rowsIn(text), []row{none.row(day)}))
	require.Equal(t, rows[1:], allRows(nil, []row{rows[2], rows[1]}))
	require.False(t, rows[0].of(&machines[1]), "another suite")
	require.False(t, (&row{Kernel: "6.12.1 (trixie, boots in 1 s)", Machine: arm64.describe()}).of(&machines[2]), "another architecture")

	var b strings.Builder
	bad.explain(&b)
	require.Contains(t, b.String(), "6.1: golden: exit code 1, TestGolden/a\n")
	require.Contains(t, b.String(), "--- FAIL: TestGolden/a")
	b.Reset()
	none.err = errors.New("not served")
	none.explain(&b)
	require.Equal(t, "6.12: not served\n", b.String())
}

// TestUpdate puts rows into the table of a document, where others stay.
func TestUpdate(t *testing.T) {
	name := t.TempDir() + "/kernels.md"
	one := row{Kernel: "5.10", Machine: amd64.describe(), Date: "2026-11-27"}
	two := row{Kernel: "6.1", Machine: amd64.describe(), Date: "2026-11-28"}
	require.NoError(t, os.WriteFile(name, []byte("head\n"+begin+table([]row{two})+end+"foot\n"), 0o644))
	two.Date = "2026-11-29"
	require.NoError(t, update(name, []row{one}))
	require.NoError(t, update(name, []row{two}))
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, "head\n"+begin+table([]row{one, two})+end+"foot\n", string(text))
	require.NoError(t, os.WriteFile(name, []byte("head\n"), 0o644))
	require.ErrorContains(t, update(name, nil), "has no place for the table")
	require.Error(t, update(name+"x", nil))
}
