// SPDX-License-Identifier: Apache-2.0

package sysctls

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the table into the documents")

// TestDocuments looks for the table in the manual and in docs/kernel.md; with -update, it writes it there.
func TestDocuments(t *testing.T) {
	for _, d := range []struct {
		file, begin, end, text string
	}{
		{"../../man/ipvsadm.8", ".\\\" The list is that of internal/sysctls.\n", ".\\\" Its end.\n", manual()},
		{"../../docs/kernel.md", "| sysctl | default | what it does |\n|---|---|---|\n", "\n", page()},
	} {
		whole, err := os.ReadFile(d.file)
		require.NoError(t, err)
		before, rest, found := strings.Cut(string(whole), d.begin)
		require.True(t, found, d.file)
		i := strings.Index(rest, d.end)
		if strings.HasPrefix(rest, d.end) {
			i = 0
		} else if d.end == "\n" { // an empty line
			i = strings.Index(rest, "\n\n") + 1
		}
		require.GreaterOrEqual(t, i, 0, d.file)
		want := before + d.begin + d.text + rest[i:]
		if *update {
			require.NoError(t, os.WriteFile(d.file, []byte(want), 0o644))
			continue
		}
		require.Equal(t, want, string(whole), "go test ./internal/sysctls -update writes %s", d.file)
	}
}

// manual returns the table as a list of the manual.
func manual() string {
	text := ".Bl -tag -width Ds\n"
	for i := range All {
		s := &All[i]
		text += ".It Va " + s.Name + " Pq " + s.Default + s.Depends + "\n" + fill(capital(s.Meaning)+".") + "\n"
	}
	return text + ".El\n"
}

// page returns the table as rows of Markdown.
func page() (text string) {
	for i := range All {
		s := &All[i]
		text += "| `" + s.Name + "` | " + s.Default + s.Depends + " | " + s.Meaning + " |\n"
	}
	return text
}

// fill breaks a text into lines of at most 80 bytes, which is what mandoc accepts.
func fill(text string) (lines string) {
	length := 0
	for i, word := range strings.Fields(text) {
		switch {
		case i == 0:
		case length+1+len(word) > 80:
			lines, length = lines+"\n", 0
		default:
			lines, length = lines+" ", length+1
		}
		lines, length = lines+word, length+len(word)
	}
	return lines
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
