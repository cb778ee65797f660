// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRequest(t *testing.T) {
	j := job{commands: [][]string{{"-A", "-t", "10.0.0.1:80"}, {"-Ln"}}, table: "/tmp/table"}
	const want = "/tmp/table\n/bin/x\x00ipvsadm\x00-A\x00-t\x0010.0.0.1:80\x00\n/bin/x\x00ipvsadm\x00-Ln\x00\n"
	if got := string(j.request("/bin/x")); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestParseReport(t *testing.T) {
	got, err := parseReport([]byte("1500\n300\n200\n2048\n0\n"))
	if want := (usage{1500, 300, 200, 2048}); err != nil || got != want {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
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
	if err := os.WriteFile(input, []byte("a line\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	output := filepath.Join(dir, "output")
	script := "read -r line; echo \"$0 $line $GODEBUG\""
	got, err := l.run("/bin/sh", job{commands: [][]string{{"-c", script}, {"-c", "echo again"}}, stdin: input}, output)
	if err != nil {
		t.Fatal(err)
	}
	if got.elapsed <= 0 || got.peak <= 0 {
		t.Errorf("it used %v", got)
	}
	text, err := os.ReadFile(output)
	if want := "ipvsadm a line \nagain\n"; err != nil || string(text) != want {
		t.Errorf("it printed %q, %v, want %q", text, err, want)
	}
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
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s -c %q: error %v, want %q in it", test.program, test.script, err, test.want)
		}
	}
}
