// SPDX-License-Identifier: Apache-2.0

package check

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the table into the documents")

// TestDocuments looks for the table in the manual and in docs/check.md; with -update, it writes it there.
func TestDocuments(t *testing.T) {
	for _, d := range []struct{ file, begin, end, text string }{
		{"../../man/ipvsadm.8", ".\\\" The list is that of internal/check.\n", ".\\\" Its end.\n", manual()},
		{"../../docs/check.md", "| check | worst | what is wrong | what the command does |\n|---|---|---|---|\n", "\nWhat cannot", page()},
	} {
		whole, err := os.ReadFile(d.file)
		require.NoError(t, err)
		before, rest, found := strings.Cut(string(whole), d.begin)
		require.True(t, found, d.file)
		_, after, found := strings.Cut(rest, d.end)
		require.True(t, found, d.file)
		want := before + d.begin + d.text + d.end + after
		if *update {
			require.NoError(t, os.WriteFile(d.file, []byte(want), 0o644))
			continue
		}
		require.Equal(t, want, string(whole), "go test ./internal/check -update writes %s", d.file)
	}
}

// manual returns the table as a list of the manual.
func manual() string {
	text := ".Bl -tag -width Ds\n"
	for i := range All {
		c := &All[i]
		text += ".It Cm " + c.Name + " Pq " + c.Worst.String() + "\n" + fill(capital(c.Meaning)+".") + "\n"
		if c.Mend != "" {
			text += fill("The command "+c.Mend+".") + "\n"
		}
	}
	return text + ".El\n"
}

// page returns the table as rows of Markdown.
func page() (text string) {
	for i := range All {
		c := &All[i]
		text += "| `" + c.Name + "` | " + c.Worst.String() + " | " + c.Meaning + " | " + c.Mend + " |\n"
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
