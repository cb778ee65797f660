// SPDX-License-Identifier: Apache-2.0

// Package documents writes tables of the product into documents, and compares them.
package documents

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A Table is one in a document, between two texts.
type Table struct{ File, Begin, End, Text string }

// Check looks for tables in their documents; to update, it writes them there.
func Check(t *testing.T, tables []Table, update bool) {
	t.Helper()
	for _, d := range tables {
		whole, err := os.ReadFile(d.File)
		require.NoError(t, err)
		before, rest, found := strings.Cut(string(whole), d.Begin)
		require.True(t, found, d.File)
		_, after, found := strings.Cut(rest, d.End)
		require.True(t, found, d.File)
		want := before + d.Begin + d.Text + d.End + after
		if update {
			require.NoError(t, os.WriteFile(d.File, []byte(want), 0o644))
			continue
		}
		require.Equal(t, want, string(whole), "go test -update writes %s", d.File)
	}
}

// Fill breaks a text into lines of at most 80 bytes, which is what mandoc accepts.
func Fill(text string) (lines string) {
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

// Capital begins a text as a sentence does.
func Capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
