// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// unread is input that nothing may read.
type unread struct{}

func (unread) Read([]byte) (int, error) { return 0, errors.New("standard input was read") }

// TestWrapperUsage has the wrappers print their usage, which does not require IPVS.
func TestWrapperUsage(t *testing.T) {
	for _, c := range []struct {
		words []string
		first string
	}{
		{[]string{"/usr/sbin/ipvsadm-save", "-h"}, "ipvsadm-save: Script to save the IPVS table to stdout."},
		{[]string{"ipvsadm-save", "-n", "--numeric"}, "ipvsadm-save: Script to save the IPVS table to stdout."},
		{[]string{"ipvsadm-restore", "-n", "--help"}, "ipvsadm-restore: Replace the IPVS table with the rules in FILE or on stdin."},
	} {
		var stdout, stderr bytes.Buffer
		require.Equal(t, 1, run(c.words, unread{}, &stdout, &stderr), c.words)
		require.Empty(t, stdout.String(), c.words)
		first, _, _ := strings.Cut(stderr.String(), "\n")
		require.Equal(t, c.first, first)
	}
}

// TestRestoreFile checks rules in files, which takes no kernel.
func TestRestoreFile(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	write := func(name, rules string) string {
		require.NoError(t, os.WriteFile(at(name), []byte(rules), 0o600))
		return at(name)
	}
	good, faulty := write("good", "-A -f 7\n"), write("faulty", "-A\n")
	require.NoError(t, unix.Mkfifo(at("fifo"), 0o600))
	require.NoError(t, unix.Mknod(at("socket"), unix.S_IFSOCK|0o600, 0))
	require.NoError(t, os.Chmod(at("socket"), 0o777))
	go func() { _ = os.WriteFile(at("fifo"), []byte("-A -f 8\nhello\n"), 0) }()
	const fault = "line 1: -A: You need to supply the 'service-address' option for the 'add-service' command\n"
	for _, c := range []struct {
		words  []string
		stdin  io.Reader
		code   int
		stderr string
	}{
		{[]string{good}, unread{}, 0, ""},
		{[]string{"<", good}, unread{}, 0, ""},
		{[]string{"<" + good}, unread{}, 0, ""},
		{[]string{"-n", good}, unread{}, 0, "ipvsadm-restore: ignored: \"-n\"\n"},
		{[]string{faulty}, unread{}, 2, fault},
		{[]string{at("fifo")}, unread{}, 2, "line 2: hello: no command\n"},
		{[]string{"-p", "-f"}, strings.NewReader("-A\n"), 2, "ipvsadm-restore: ignored: \"-p\" \"-f\"\n" + fault},
		{[]string{good, faulty}, strings.NewReader("-A -f 9\n"), 0, "ipvsadm-restore: ignored: \"" + good + "\" \"" + faulty + "\"\n"},
		{[]string{at("–n")}, unread{}, 2, "cannot read \"" + at(`\u2013n`) + "\": No such file or directory\n"},
		{[]string{dir}, unread{}, 2, "cannot read \"" + dir + "\": Is a directory\n"},
		{[]string{"/dev/null"}, unread{}, 2, "cannot read \"/dev/null\": not a file or a pipe\n"},
		{[]string{at("socket")}, unread{}, 2, "cannot read \"" + at("socket") + "\": not a file or a pipe\n"},
	} {
		var stdout, stderr bytes.Buffer
		code := run(append([]string{"ipvsadm-restore", "--dry-run"}, c.words...), c.stdin, &stdout, &stderr)
		require.Equal(t, c.stderr, stderr.String(), c.words)
		require.Equal(t, c.code, code, c.words)
		require.Empty(t, stdout.String(), c.words)
	}
	entries, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	for _, e := range entries {
		target, _ := os.Readlink("/proc/self/fd/" + e.Name())
		require.False(t, strings.HasPrefix(target, dir), "%s is still open", target)
	}
}
