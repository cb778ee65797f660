// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func buildLaunch(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "launch")
	if out, err := exec.Command("go", "build", "-o", path, "./launch").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

func TestChooseCases(t *testing.T) {
	all, err := chooseCases("")
	require.NoError(t, err)
	require.Len(t, all, len(cases)-1)
	largest, err := chooseCases("conns500k")
	require.NoError(t, err)
	require.Len(t, largest, 1)
	chosen, err := chooseCases("ln1k,oneshot")
	require.NoError(t, err)
	var names []string
	for _, c := range chosen {
		names = append(names, c.name)
	}
	require.Equal(t, []string{"oneshot", "ln1k"}, names)
	if _, err := chooseCases("ln1k,nothing"); err == nil {
		t.Error("a missing case is chosen")
	}
}

func TestOneShots(t *testing.T) {
	shots := oneShots()
	require.Len(t, shots, 30)
	commands := commandsOf(shots)
	for n, want := range []string{
		"-A -t 10.0.0.1:80 -s wrr",
		"-a -t 10.0.0.1:80 -r 20.0.0.1:8080 -m",
		"-a -t 10.0.0.1:80 -r 20.0.0.2:8080 -m -w 2",
		"-Ln",
		"-e -t 10.0.0.1:80 -r 20.0.0.2:8080 -m -w 0",
		"-D -t 10.0.0.1:80",
		"-A -t 10.0.0.2:80 -s wrr",
	} {
		require.Equal(t, want, strings.Join(commands[n], " "), "command %d", n)
	}
}

func TestCounts(t *testing.T) {
	for _, test := range []struct{ runs, referenceRuns, want, wantReference int }{
		{-1, -1, 3, 3},
		{2, -1, 2, 2},
		{9, -1, 9, 3},
		{9, 0, 9, 0},
		{-1, 5, 3, 5},
	} {
		b := bench{runs: test.runs, referenceRuns: test.referenceRuns}
		runs, referenceRuns := b.counts(benchCase{runs: 3})
		require.Equal(t, test.want, runs, "runs %d and %d", test.runs, test.referenceRuns)
		require.Equal(t, test.wantReference, referenceRuns, "runs %d and %d", test.runs, test.referenceRuns)
	}
}

func TestSameLines(t *testing.T) {
	for _, test := range []struct{ want, got, message string }{
		{"", "", ""},
		{"a\nb\n", "a\nb\n", ""},
		{"a\nb", "a\nb", ""},
		{"a\nb\n", "a\nc\n", `line 2: got "c\n", want "b\n"`},
		{"a\nb\n", "a\n", `line 2: got "", want "b\n"`},
		{"a\n", "a\nb\n", `line 2: got "b\n", want ""`},
		{"a\n", "a", `line 1: got "a", want "a\n"`},
	} {
		message := ""
		if _, err := sameLines(strings.NewReader(test.want), strings.NewReader(test.got), nil); err != nil {
			message = err.Error()
		}
		require.Equal(t, test.message, message, "%q and %q", test.want, test.got)
	}
}

func TestBlankExpiry(t *testing.T) {
	const earlier = "UDP 59:59  UDP         10.128.0.1:1024\nUDP 59:59  UDP\nU"
	const later = "UDP 01:02  UDP         10.128.0.1:1024\nUDP 00:00  UDP\nU"
	lines, err := sameLines(strings.NewReader(earlier), strings.NewReader(later), blankExpiry)
	require.NoError(t, err)
	require.Equal(t, 2, lines)
	_, err = sameLines(strings.NewReader(earlier), strings.NewReader("TCP"+later[3:]), blankExpiry)
	require.Error(t, err)
}
