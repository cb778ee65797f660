// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

// A statement is a default, a range or an exit code in a manual.
type statement struct {
	place    string // the manual, and the option, the item or the title that it is under
	kind     string // "default", "range" or "exit"
	value    string // of the default, the first of the range, or the exit code
	last     string // of the range
	sentence string
}

// What statements look like. Whether an item is an exit code is seen by its section.
var forms = []struct {
	kind string
	form *regexp.Regexp
}{
	{"range", regexp.MustCompile(`(-?\d+) to (-?\d+)\b`)},
	{"default", regexp.MustCompile(`[Tt]he default(?: of a \w+)? is (\S+?)[,.;:]?(?:$| )`)},
	{"default", regexp.MustCompile(`^This is (the) default\.$`)},
	{"exit", regexp.MustCompile(`(?:exit|exits) with code (\d+)|exit code(?: is)? (\d+)`)},
}

// notStatements are what looks like a range.
var notStatements = regexp.MustCompile(`Linux [\d.]+ to [\d.]+`)

// manualStatements returns the statements of a manual, in their order.
func manualStatements(t *testing.T, page string) (all []statement) {
	t.Helper()
	for _, entry := range manualEntries(t, page) {
		for _, sentence := range sentences(entry.text) {
			if code, ok := strings.CutPrefix(entry.place, "EXIT STATUS "); ok {
				all = append(all, statement{page + " " + entry.place, "exit", code, "", sentence})
				continue
			}
			all = append(all, statementsIn(page+" "+entry.place, sentence)...)
		}
	}
	return all
}

// statementsIn returns the statements in a sentence, in their order.
func statementsIn(place, sentence string) (all []statement) {
	text := notStatements.ReplaceAllString(sentence, "")
	found := map[int]statement{} // by where they are
	for _, f := range forms {
		for _, at := range f.form.FindAllStringIndex(text, -1) {
			m := f.form.FindStringSubmatch(text[at[0]:at[1]])
			s := statement{place, f.kind, m[1], "", sentence}
			switch {
			case f.kind == "range":
				s.last = m[2]
			case f.kind == "exit" && m[1] == "":
				s.value = m[2]
			}
			found[at[0]] = s
		}
	}
	for _, at := range slices.Sorted(maps.Keys(found)) {
		all = append(all, found[at])
	}
	return all
}

// sentences breaks a text at the ends of sentences.
func sentences(text string) (all []string) {
	for text != "" {
		end := regexp.MustCompile(`\. [A-Z-]`).FindStringIndex(text)
		if end == nil {
			return append(all, text)
		}
		all = append(all, text[:end[0]+1])
		text = text[end[0]+2:]
	}
	return all
}

// A manualEntry is an item of a manual, or what is outside of items under a title.
type manualEntry struct {
	place string
	text  string // plain
}

var (
	itemOfOption = regexp.MustCompile(`^\.It Fl (\S+)`)
	itemOfSysctl = regexp.MustCompile(`^\.It Va (\S+)(?: Pq (.*))?$`)
)

// manualEntries returns the text of a manual by its places.
func manualEntries(t *testing.T, page string) (entries []manualEntry) {
	t.Helper()
	places := []string{""} // the title, and the items that the line is in
	title := ""
	source := ""
	literal := false
	flush := func() {
		if source != "" {
			entries = append(entries, manualEntry{places[len(places)-1], plain(source)})
		}
		source = ""
	}
	for line := range strings.Lines(docText(t, "man/"+page+".8")) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, ".Bd"), strings.HasPrefix(line, ".Ed"):
			literal = strings.HasPrefix(line, ".Bd")
		case literal:
		case strings.HasPrefix(line, ".Sh "), strings.HasPrefix(line, ".Ss "):
			flush()
			title = line[len(".Sh "):]
			places = []string{title}
		case strings.HasPrefix(line, ".Bl"):
			flush()
			places = append(places, title)
		case line == ".El":
			flush()
			places = places[:len(places)-1]
		case strings.HasPrefix(line, ".It "):
			flush()
			place, more := itemPlace(title, line)
			places[len(places)-1] = place
			source = more
		case line == ".Pp":
			flush()
		default:
			source += line + "\n"
		}
	}
	flush()
	require.Greater(t, len(entries), 10, page)
	return entries
}

// itemPlace returns what an item is called, and what its first line says.
func itemPlace(title, line string) (place, text string) {
	if m := itemOfOption.FindStringSubmatch(line); m != nil {
		return "-" + m[1], ""
	}
	if m := itemOfSysctl.FindStringSubmatch(line); m != nil {
		if m[2] != "" {
			text = "The default is " + strings.ReplaceAll(m[2], " ", "_") + ".\n"
		}
		return m[1], text
	}
	if title == "EXIT STATUS" {
		return title + " " + strings.TrimPrefix(line, ".It "), ""
	}
	return title + ": " + plain(line), ""
}

// TestStatementsHaveTrials compares what the manuals state with the table of trials: there is no statement without a trial,
// and no trial without a statement.
func TestStatementsHaveTrials(t *testing.T) {
	stated := map[string][]string{} // kinds, by place
	for _, page := range manualPages {
		for _, s := range manualStatements(t, page) {
			if sysctlTrial(s) == nil {
				stated[s.place] = append(stated[s.place], s.kind)
			}
		}
	}
	tried := map[string][]string{}
	for place, all := range trials {
		for _, one := range all {
			tried[place] = append(tried[place], one.kind)
		}
	}
	require.Empty(t, cmp.Diff(stated, tried), "-stated +tried")
}

// TestManualStatements tries every default, range and exit code that the manuals state.
func TestManualStatements(t *testing.T) {
	world := newTrialWorld(t)
	used := map[string]int{}
	for _, page := range manualPages {
		for _, s := range manualStatements(t, page) {
			try := sysctlTrial(s)
			if try == nil {
				require.Less(t, used[s.place], len(trials[s.place]), s.sentence)
				try = trials[s.place][used[s.place]].try
				used[s.place]++
			}
			t.Run(s.place+" "+s.kind, func(t *testing.T) {
				world.reset(t)
				try(t, world, s)
			})
		}
	}
}

// TestStatementForms reads sentences of the forms of the manuals.
func TestStatementForms(t *testing.T) {
	for sentence, want := range map[string][]statement{
		"A number, 0 to 65535.":                   {{"p", "range", "0", "65535", ""}},
		"From -8 to 8; the default is -3.":        {{"p", "range", "-8", "8", ""}, {"p", "default", "-3", "", ""}},
		"The default is 224.0.0.81, for IPv4.":    {{"p", "default", "224.0.0.81", "", ""}},
		"The default of a master is 1472, or so.": {{"p", "default", "1472", "", ""}},
		"This is the default.":                    {{"p", "default", "the", "", ""}},
		"It exits with code 2.":                   {{"p", "exit", "2", "", ""}},
		"The exit code is 1; or exit with code 0": {{"p", "exit", "1", "", ""}, {"p", "exit", "0", "", ""}},
		"The sysctls of Linux 2.6.32 to 7.2.":     nil,
		"They stay in the default order.":         nil,
	} {
		for i := range want {
			want[i].sentence = sentence
		}
		require.Equal(t, want, statementsIn("p", sentence), sentence)
	}
	require.Equal(t, []string{"At 192.0.2.1 or 2.", "Next."}, sentences("At 192.0.2.1 or 2. Next."))
}
