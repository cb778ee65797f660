// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// runScript runs a script of the reference.
func runScript(t *testing.T, n *kernel.Namespace, name, stdin string, words ...string) kernel.Result {
	t.Helper()
	path := filepath.Join(filepath.Dir(kernel.Reference), name)
	return n.Run(t, kernel.Command{Path: path, Args: append([]string{path}, words...), Stdin: stdin})
}

// tableOf returns the rules of a namespace, as the reference writes them.
func tableOf(t *testing.T, n *kernel.Namespace) string {
	t.Helper()
	got := n.Ipvsadm(t, kernel.Reference, "-S", "-n")
	require.Equal(t, kernel.Result{Stdout: got.Stdout}, got)
	return got.Stdout
}

// TestWrapperWords gives the same words to our wrappers and to the reference's scripts.
func TestWrapperWords(t *testing.T) {
	const table = "-A -t 127.0.0.1:80 -s rr\n-A -f 7 -s wlc\n" // with names for an address and a port
	const input = "# c\n-A -f 8 -s rr\n-A -f 9 -s rr\n"
	const save, restore = "ipvsadm-save", "ipvsadm-restore"
	for _, c := range []struct {
		name    string
		words   []string
		ignored string // what ours says of it
	}{
		{save, nil, ""},
		{save, []string{"-n"}, ""},
		{save, []string{"-n", "-n"}, ""},
		{save, []string{"-n", "FILE"}, `"FILE"`},
		{save, []string{"FILE", "-n"}, `"FILE"`},
		{save, []string{"a", "b"}, `"a" "b"`},
		{save, []string{"–n"}, `"\u2013n"`},
		{save, []string{"\u00a0", "-n"}, `"\u00a0"`},
		{save, []string{"+n"}, `"+n"`},
		{save, []string{""}, `""`},
		{save, []string{">", "/nowhere"}, `">" "/nowhere"`},
		{save, []string{"-h"}, ""},
		{save, []string{"--help"}, ""},
		{save, []string{"-n", "--help"}, ""},
		{save, []string{"FILE", "-h"}, ""},
		{save, []string{"-v"}, ""},
		{save, []string{"--version"}, ""},
		{save, []string{"-c"}, ""},
		{save, []string{"-S"}, ""},
		{save, []string{"--numeric"}, ""},
		{save, []string{"-nn"}, ""},
		{save, []string{"-nh"}, ""},
		{save, []string{"-n1"}, ""},
		{save, []string{"-n=1"}, ""},
		{save, []string{"-n", "-x"}, ""},
		{save, []string{"--"}, ""},
		{save, []string{"--", "-n"}, ""},
		{save, []string{"-n", "--", "x"}, ""},
		{save, []string{"-"}, ""},
		{save, []string{"--stats"}, ""},
		{restore, nil, ""},
		{restore, []string{"-n"}, `"-n"`},
		{restore, []string{"-p", "-f"}, `"-p" "-f"`},
		{restore, []string{"-v"}, `"-v"`},
		{restore, []string{"--version"}, `"--version"`},
		{restore, []string{"-R"}, `"-R"`},
		{restore, []string{"-c"}, `"-c"`},
		{restore, []string{"-nh"}, `"-nh"`},
		{restore, []string{"--numeric", "-6"}, `"--numeric" "-6"`},
		{restore, []string{"--"}, `"--"`},
		{restore, []string{"-"}, `"-"`},
		{restore, []string{"<"}, `"<"`},
		{restore, []string{""}, `""`},
		{restore, []string{"a", "b"}, `"a" "b"`},
	} {
		t.Run(c.name+" "+strings.Join(c.words, " "), func(t *testing.T) {
			one, other := kernel.NewNamespace(t), kernel.NewNamespace(t)
			for _, n := range []*kernel.Namespace{one, other} {
				require.Equal(t, kernel.Result{}, n.Run(t, kernel.Command{
					Path: kernel.Reference, Args: []string{"ipvsadm", "-R"}, Stdin: table}))
			}
			want := runScript(t, one, c.name, input, c.words...)
			got := runHelper(t, other, c.name, input, c.words...)
			switch {
			case want.Code == 1: // the rest of the usage is ours
				want.Stderr, _, _ = strings.Cut(want.Stderr, "\n")
				got.Stderr, _, _ = strings.Cut(got.Stderr, "\n")
				require.NotEmpty(t, want.Stderr)
			case c.ignored != "":
				want.Stderr += c.name + ": ignored: " + c.ignored + "\n"
			}
			require.Equal(t, want, got)
			require.Equal(t, tableOf(t, one), tableOf(t, other))
		})
	}
}

// TestSaveEmptied saves into a file that the shell has emptied before the words are looked at.
func TestSaveEmptied(t *testing.T) {
	n := kernel.NewNamespace(t)
	require.Equal(t, kernel.Result{}, runHelper(t, n, "ipvsadm-restore", "-A -f 7 -s wlc\n"))
	dir := t.TempDir()
	require.NoError(t, os.Symlink(program(), filepath.Join(dir, "ipvsadm-save")))
	file := filepath.Join(dir, "rules")
	require.NoError(t, os.WriteFile(file, []byte("-A -f 6\n"), 0o600))
	got := n.Run(t, kernel.Command{Path: "/bin/sh", Args: []string{"sh", "-c", `"$1/ipvsadm-save" –n >"$1/rules"`, "sh", dir}})
	require.Equal(t, kernel.Result{Stderr: "ipvsadm-save: ignored: \"\\u2013n\"\n"}, got)
	saved, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, "-A -f 7 -s wlc\n", string(saved))
}

// TestRestoreFile has ipvsadm-restore read a file. The reference reads standard input, which is lost here.
func TestRestoreFile(t *testing.T) {
	const before, after = "-A -f 7 -s wlc\n", "-A -f 8 -s rr\n"
	dir := t.TempDir()
	file, missing, faulty, fifo := filepath.Join(dir, "–n"), filepath.Join(dir, "missing"), filepath.Join(dir, "faulty"), filepath.Join(dir, "fifo")
	require.NoError(t, os.WriteFile(file, []byte(after), 0o600))
	require.NoError(t, os.WriteFile(faulty, []byte(after+"-A\n"), 0o600))
	require.NoError(t, unix.Mkfifo(fifo, 0o600))
	for _, c := range []struct {
		words []string
		want  kernel.Result
		table string
	}{
		{[]string{file}, kernel.Result{}, after},
		{[]string{"<", file}, kernel.Result{}, after},
		{[]string{"<" + file}, kernel.Result{}, after},
		{[]string{"-n", file}, kernel.Result{Stderr: "ipvsadm-restore: ignored: \"-n\"\n"}, after},
		{[]string{file, "--replace"}, kernel.Result{}, after},
		{[]string{file, "--replace", "--dry-run"}, kernel.Result{Stdout: "-A -f 8 -s rr\n-D -f 7\n"}, before},
		{[]string{"/dev/stdin"}, kernel.Result{}, "-A -f 9 -s rr\n"}, // a pipe
		{[]string{faulty}, kernel.Result{Code: 2,
			Stderr: "line 2: -A: You need to supply the 'service-address' option for the 'add-service' command\n"}, before},
		{[]string{missing}, kernel.Result{Code: 2, Stderr: "cannot read \"" + missing + "\": No such file or directory\n"}, before},
		{[]string{"<", missing}, kernel.Result{Code: 2, Stderr: "cannot read \"" + missing + "\": No such file or directory\n"}, before},
		{[]string{dir}, kernel.Result{Code: 2, Stderr: "cannot read \"" + dir + "\": Is a directory\n"}, before},
		{[]string{"/dev/null"}, kernel.Result{Code: 2, Stderr: "cannot read \"/dev/null\": not a file or a pipe\n"}, before},
	} {
		t.Run(strings.Join(c.words, " "), func(t *testing.T) {
			n := kernel.NewNamespace(t)
			require.Equal(t, kernel.Result{}, runHelper(t, n, "ipvsadm-restore", before))
			require.Equal(t, c.want, runHelper(t, n, "ipvsadm-restore", "-A -f 9 -s rr\n", c.words...))
			require.Equal(t, c.table, tableOf(t, n))
		})
	}
	t.Run("the reference", func(t *testing.T) {
		n := kernel.NewNamespace(t)
		require.Equal(t, kernel.Result{}, runHelper(t, n, "ipvsadm-restore", before))
		require.Equal(t, kernel.Result{}, runScript(t, n, "ipvsadm-restore", "", "<", file))
		require.Empty(t, tableOf(t, n))
	})
	t.Run("a named pipe", func(t *testing.T) {
		n := kernel.NewNamespace(t)
		go func() { _ = os.WriteFile(fifo, []byte(after), 0) }()
		require.Equal(t, kernel.Result{}, runHelper(t, n, "ipvsadm-restore", "", fifo))
		require.Equal(t, after, tableOf(t, n))
	})
}

// TestRestoreHelp asks for help, by which the reference clears the table.
func TestRestoreHelp(t *testing.T) {
	const rules = "-A -f 7 -s wlc\n"
	for _, word := range []string{"-h", "--help"} {
		one, other := kernel.NewNamespace(t), kernel.NewNamespace(t)
		require.Equal(t, kernel.Result{}, runHelper(t, one, "ipvsadm-restore", rules))
		require.Equal(t, kernel.Result{}, runScript(t, one, "ipvsadm-restore", "", word))
		require.Empty(t, tableOf(t, one))
		require.Equal(t, kernel.Result{}, runHelper(t, other, "ipvsadm-restore", rules))
		got := runHelper(t, other, "ipvsadm-restore", "-A -f 9\n", word)
		require.Equal(t, kernel.Result{Stderr: got.Stderr, Code: 1}, got)
		require.Contains(t, got.Stderr, "Usage: ipvsadm-restore ")
		require.Equal(t, rules, tableOf(t, other))
	}
}
