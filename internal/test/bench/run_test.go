// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRequest(t *testing.T) {
	j := job{commands: [][]string{{"-A", "-t", "10.0.0.1:80"}, {"-Ln"}}, table: "/tmp/table"}
	const want = "/tmp/table\n/bin/x\x00ipvsadm\x00-A\x00-t\x0010.0.0.1:80\x00\n/bin/x\x00ipvsadm\x00-Ln\x00\n"
	require.Equal(t, want, string(j.request("/bin/x")))
}

func TestParseReport(t *testing.T) {
	got, err := parseReport([]byte("1500\n300\n200\n2048\n0\n"))
	require.NoError(t, err)
	require.Equal(t, usage{1500, 300, 200, 2048}, got)
	for _, report := range []string{"", "1\n2\n3\n4\n", "1\n2\n3\n4\n1\n"} {
		if got, err := parseReport([]byte(report)); err == nil {
			t.Errorf("parseReport(%q) gives %v", report, got)
		}
	}
}

// TestRun runs real processes by the program in launch.
func TestRun(t *testing.T) {
	dir := t.TempDir()
	l := &launcher{buildLaunch(t), dir}
	input := filepath.Join(dir, "input")
	require.NoError(t, os.WriteFile(input, []byte("a line\n"), 0o644))
	output := filepath.Join(dir, "output")
	script := "read -r line; echo \"$0 $line $GODEBUG\""
	got, err := l.run("/bin/sh", job{commands: [][]string{{"-c", script}, {"-c", "echo again"}}, stdin: input}, output)
	require.NoError(t, err)
	if got.elapsed <= 0 || got.peak <= 0 {
		t.Errorf("it used %v", got)
	}
	text, err := os.ReadFile(output)
	require.NoError(t, err)
	require.Equal(t, "ipvsadm a line \nagain\n", string(text))
}

func TestRunFails(t *testing.T) {
	dir := t.TempDir()
	l := &launcher{buildLaunch(t), dir}
	for _, test := range []struct{ program, script, want string }{
		{"/bin/sh", "exit 3", "exit code 3"},
		{"/bin/sh", "kill $$", "exit code 143"},
		{"/bin/sh", "echo no such service >&2", "it said: no such service"},
		{filepath.Join(dir, "nothing"), "", "no such file"},
	} {
		_, err := l.run(test.program, job{commands: [][]string{{"-c", test.script}}}, os.DevNull)
		require.Error(t, err, "%s -c %q", test.program, test.script)
		require.Contains(t, err.Error(), test.want, "%s -c %q", test.program, test.script)
	}
}
