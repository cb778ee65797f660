// SPDX-License-Identifier: Apache-2.0

package flags

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

// TestAgreement compares the manual and the help with the table of options: the same commands and options are in all
// three, with a value in all or none.
func TestAgreement(t *testing.T) {
	commandRows, optionRows := Rows()
	table := map[string]bool{}
	for _, r := range slices.Concat(commandRows, optionRows) {
		for _, word := range []string{r.Short, r.Long} {
			if word != "" {
				table[word] = table[word] || r.Value != ""
			}
		}
	}
	require.Empty(t, cmp.Diff(table, helpWords(Usage())), "-table +help")
	manual := map[string]bool{}
	for _, e := range manualEntries(t) {
		for _, word := range e.words {
			require.NotContains(t, manual, word)
			manual[word] = e.value
		}
	}
	require.Empty(t, cmp.Diff(table, manual), "-table +manual")
}

// TestRanges looks in the manual for the ranges and defaults that the help names.
func TestRanges(t *testing.T) {
	fact := regexp.MustCompile(`\d+ to \d+|default [\w.]+`)
	entries := manualEntries(t)
	_, optionRows := Rows()
	found := 0
	for _, r := range optionRows {
		for _, want := range fact.FindAllString(r.Help, -1) {
			want = strings.Replace(want, "default ", "default is ", 1)
			i := slices.IndexFunc(entries, func(e manualEntry) bool { return slices.Contains(e.words, r.Long) })
			require.NotEqual(t, -1, i, "%s is not in the manual", r.Long)
			if r.Long == "--sync-maxlen" && strings.HasPrefix(want, "default") {
				continue // it is not a fixed number
			}
			found++
			require.Contains(t, entries[i].text, want, r.Long)
		}
	}
	require.GreaterOrEqual(t, found, 15)
}

// helpWords returns the options in a help text and whether they have a value.
func helpWords(usage string) map[string]bool {
	words := map[string]bool{}
	line := regexp.MustCompile(`(?m)^  (?:(-\w)(?:, |  )|    )(--[a-z0-9-]+)?(?: (\S(?: ?\S)*))?  `)
	for _, m := range line.FindAllStringSubmatch(usage, -1) {
		for _, word := range m[1:3] {
			if word != "" {
				words[word] = m[3] != ""
			}
		}
	}
	return words
}

// A manualEntry is the item of an option in the manual.
type manualEntry struct {
	words []string
	value bool
	text  string // on one line, without macros
}

func manualEntries(t *testing.T) []manualEntry {
	t.Helper()
	page, err := os.ReadFile("../../man/ipvsadm.8")
	require.NoError(t, err)
	var entries []manualEntry
	macro := regexp.MustCompile(`^\.[A-Z][a-z] `)
	in := false
	for line := range strings.Lines(string(page)) {
		line = strings.TrimRight(line, "\n")
		if item, ok := strings.CutPrefix(line, ".It Fl "); ok {
			entries = append(entries, newManualEntry(item))
			in = true
			continue
		}
		if strings.HasPrefix(line, ".It ") || strings.HasPrefix(line, ".S") {
			in = false
		}
		if in {
			last := &entries[len(entries)-1]
			last.text += macro.ReplaceAllString(line, "") + " "
		}
	}
	return entries
}

// newManualEntry reads what follows ".It Fl": "s , -scheduler Ar name".
func newManualEntry(item string) manualEntry {
	names, value, hasValue := strings.Cut(item, " Ar ")
	if !hasValue {
		names, value, hasValue = strings.Cut(item, " Op Ar ")
	}
	e := manualEntry{value: hasValue && value != ""}
	for name := range strings.SplitSeq(strings.TrimSuffix(names, " Op"), " , ") {
		e.words = append(e.words, "-"+name)
	}
	return e
}
