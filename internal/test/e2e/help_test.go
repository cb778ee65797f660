// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// TestHelpExamples runs the examples of each help as they stand there, one after the other.
func TestHelpExamples(t *testing.T) {
	here, blue := kernel.NewNamespace(t), kernel.NewNamespace(t)
	blue.Name(t, "blue")
	dir := t.TempDir()
	const table = "-A -t 192.0.2.1:80 -s rr\n-a -t 192.0.2.1:80 -r 10.0.0.11:8080 -m -w 1\n-a -t 192.0.2.1:80 -r 10.0.0.12:8080 -m -w 1\n"
	for _, program := range []string{"ipvsadm", "ipvsadm-save", "ipvsadm-restore"} {
		for _, line := range helpExamples(t, here, program) {
			got := shell(t, here, "cd "+dir+"; "+line)
			require.Equal(t, kernel.Result{Stdout: got.Stdout}, got, line)
			if got.Stdout != "" {
				require.Equal(t, "ipvsadm -Ln --stats", line)
				require.Contains(t, got.Stdout, "TCP  192.0.2.1:80 ")
			}
			if program != "ipvsadm" {
				require.Equal(t, table, tableOf(t, here), line)
			}
		}
	}
	require.Equal(t, table, tableOf(t, blue))
	require.Equal(t, table, fileText(t, filepath.Join(dir, "web")))
	require.Contains(t, fileText(t, filepath.Join(dir, "rules")), table)
}

// helpExamples returns the command lines at the end of a program's help.
func helpExamples(t *testing.T, n *kernel.Namespace, program string) (lines []string) {
	t.Helper()
	help := shell(t, n, program+" -h 2>&1 || true").Stdout
	_, examples, found := strings.Cut(help, "\nExamples:\n")
	require.True(t, found, help)
	for line := range strings.Lines(examples) {
		if line, isCommand := strings.CutPrefix(line, "    "); isCommand {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	require.GreaterOrEqual(t, len(lines), 3, examples)
	return lines
}

func fileText(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	return string(text)
}
