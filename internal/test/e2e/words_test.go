// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// TestOddWords has both programs run lines with what no rule should have in it.
func TestOddWords(t *testing.T) {
	nuls, long := strings.Repeat("\x00", 4<<20), strings.Repeat("x", 4<<20)
	for name, line := range map[string]string{
		"NUL ends a word":                "-A -t 192.0.2.1:80 -s rr\x00",
		"NUL in a word":                  "-A -t 192.0.2.1:80 -s rr\x00x -p 5",
		"NUL alone":                      "-A -t 192.0.2.1:80 \x00 -s rr",
		"NUL begins a word":              "-A -t 192.0.2.1:80 \x00-p -s rr",
		"NUL begins the line":            "\x00-A -t 192.0.2.1:80",
		"NUL in the program's name":      "ipvsadm\x00x -A ipvsadm\x00 -t 192.0.2.1:80",
		"NUL in an option":               "-A -t 192.0.2.1:80 --sched\x00uler rr",
		"NUL in a bundle":                "-A -t 192.0.2.1:80 -p\x00 -sr\x00r",
		"NUL in an address":              "-A -t 192.0.2.1\x00:80",
		"NUL in a stray word":            "-A -t 192.0.2.1:80 str\x00ay",
		"BOM":                            "\ufeff-A -t 192.0.2.1:80",
		"UTF-16":                         "\xff\xfe-\x00A\x00 \x00-\x00t\x00",
		"no-break space":                 "-A\u00a0-t 192.0.2.1:80",
		"en dash":                        "\u2013A -t 192.0.2.1:80",
		"control characters":             "-A -t 192.0.2.1:80 \x1b[31m",
		"a word of 4096 bytes":           "-A -t 192.0.2.1:80 -s " + long[:4096],
		"a word of 4097 bytes":           "-A -t 192.0.2.1:80 -s " + long[:4097],
		"an option after 4096 bytes":     "-A -t 192.0.2.1:80 -s " + long[:4096] + "-p",
		"the name after 4096 bytes":      "-A -t 192.0.2.1:80 -s " + long[:4096] + "ipvsadm",
		"NULs as a word of 4096 bytes":   "-A -t 192.0.2.1:80 -s rr" + nuls[:4094] + "-p",
		"NULs as a word of 4097 bytes":   "-A -t 192.0.2.1:80 -s rr" + nuls[:4095] + "-p",
		"a line of NULs":                 nuls,
		"a long first word":              long,
		"a long value":                   "-A -t 192.0.2.1:80 -s " + long,
		"NULs in a long value":           "-A -t 192.0.2.1:80 -s rr" + nuls,
		"many words":                     "-A -t 192.0.2.1:80" + strings.Repeat(" x", 1<<20),
		"a long blank line":              strings.Repeat(" ", 4<<20),
		"a line that ends in blanks":     "-A -t 192.0.2.1:80 -s rr" + strings.Repeat(" \t\r", 1<<20),
		"a long option":                  "--" + long,
		"a long option after a good one": "-A -t 192.0.2.1:80 --" + long,
	} {
		t.Run(name, func(t *testing.T) {
			for _, input := range []string{"-A -f 1\n" + line + "\n-A -f 2\n", "-A -f 1\n" + line} {
				if !strings.HasSuffix(input, "\n") && len(line) > 1<<20 {
					continue // which takes its time
				}
				var results []string
				for _, program := range []string{kernel.Reference, program()} {
					n := kernel.NewNamespace(t)
					got := n.Run(t, kernel.Command{Path: program, Args: []string{"ipvsadm", "-R"}, Stdin: input})
					results = append(results, fmt.Sprintf("%+v\n%s", got, n.Ipvsadm(t, kernel.Reference, "-S", "-n").Stdout))
				}
				require.Equal(t, results[0], results[1])
			}
		})
	}
}

// referenceRestore runs the reference's ipvsadm-restore.
func referenceRestore(t *testing.T, n *kernel.Namespace, stdin string) kernel.Result {
	t.Helper()
	dir := filepath.Dir(kernel.Reference)
	return n.Run(t, kernel.Command{
		Path:  filepath.Join(dir, "ipvsadm-restore"),
		Args:  []string{"ipvsadm-restore"},
		Env:   []string{"PATH=" + dir + ":/usr/bin:/bin"},
		Stdin: stdin,
	})
}

// With a NUL in its input, the reference clears the table and restores nothing. Ours names the lines that have one.
func TestRestoreNUL(t *testing.T) {
	const before, after = "-A -f 1 -s wlc\n", "-A -f 2 -s wlc\n"
	for _, c := range []struct {
		name, input string
		want        kernel.Result
		table       string
	}{
		{"NUL", "-A -f 2\n-A -f 3 -s rr\x00\n", kernel.Result{Code: 2, Stderr: "line 2: -A -f 3 -s rr<U+0000>: rules cannot contain a NUL\n"}, before},
		{"NUL in a comment", "# \x00\n" + after, kernel.Result{}, after},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := kernel.NewNamespace(t)
			n.Ipvsadm(t, kernel.Reference, "-A", "-f", "1")
			require.Equal(t, c.want, runHelper(t, n, "ipvsadm-restore", c.input))
			require.Equal(t, c.table, n.Ipvsadm(t, kernel.Reference, "-S", "-n").Stdout)
			got := referenceRestore(t, n, c.input)
			require.Zero(t, got.Code)
			require.Contains(t, got.Stderr, "binary file matches")
			require.Empty(t, n.Ipvsadm(t, kernel.Reference, "-S", "-n").Stdout)
		})
	}
}

// A line of more than 1 MB that the reference runs is refused, and -R ends with it.
func TestLongLine(t *testing.T) {
	input := "-A -f 1\n-A -f 2" + strings.Repeat(" --sort", 1<<18) + "\n-A -f 3\n"
	n := kernel.NewNamespace(t)
	got := n.Run(t, kernel.Command{Path: program(), Args: []string{"ipvsadm", "-R"}, Stdin: input})
	require.Equal(t, kernel.Result{Code: 2, Stderr: "a line of rules longer than 1 MB\n"}, got)
	require.Equal(t, "-A -f 1 -s wlc\n", n.Ipvsadm(t, kernel.Reference, "-S", "-n").Stdout)
	n = kernel.NewNamespace(t)
	got = n.Run(t, kernel.Command{Path: kernel.Reference, Args: []string{"ipvsadm", "-R"}, Stdin: input})
	require.Equal(t, kernel.Result{}, got)
	require.Equal(t, "-A -f 1 -s wlc\n-A -f 2 -s wlc\n-A -f 3 -s wlc\n", n.Ipvsadm(t, kernel.Reference, "-S", "-n").Stdout)
}

// zeros reads as NULs.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

// TestEndlessLine has a line go on and on where there is no memory for all of it.
func TestEndlessLine(t *testing.T) {
	const script = `ulimit -d 80000 && exec -a "$1" "$0" $2`
	for name, words := range map[string]string{"ipvsadm": "-R", "ipvsadm-restore": ""} {
		got := kernel.NewNamespace(t).Run(t, kernel.Command{
			Path:    "/bin/bash",
			Args:    []string{"bash", "-c", script, program(), name, words},
			Prepare: func(c *exec.Cmd) { c.Stdin = io.LimitReader(zeros{}, 128<<20) },
		})
		require.NotZero(t, got.Code)
		require.Equal(t, 1, strings.Count(got.Stderr, "\n"), got.Stderr)
	}
}
