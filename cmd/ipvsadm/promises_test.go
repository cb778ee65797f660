// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
)

// promises has what the last release promised: scripts/release has these tests write it, by -update, once a release is made.
const promises = "../../testdata/promises"

// Rules that a release accepted mean the same in the next, and calls have the same exit codes. Messages and listings may
// change.
func TestPromisedCalls(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(promises, "*.txt"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		require.NoError(t, err)
		want := &archive.Files[len(archive.Files)-1]
		require.Equal(t, "want", want.Name)
		got := playPromise(t, archive)
		if *update {
			want.Data = []byte(got)
			require.NoError(t, os.WriteFile(file, txtar.Format(archive), 0o644))
		}
		require.Equal(t, string(want.Data), got, file)
	}
}

// playPromise runs the calls of a file, and returns them with their exit codes and, where it was saved, the table.
func playPromise(t *testing.T, archive *txtar.Archive) string {
	t.Helper()
	s := newTestSystem(t)
	s.connTable = emptyTable
	s.syncTable = "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Origin Expires\n"
	s.inMemory = &testSysctls{values: map[string]string{"drop_entry": "0"}}
	files := map[string]string{}
	for _, f := range archive.Files {
		files[f.Name] = string(f.Data)
	}
	var got strings.Builder
	for line := range strings.Lines(string(archive.Comment)) {
		words := unquote(line)
		if len(words) == 0 {
			continue
		}
		fmt.Fprint(&got, "$ ", line)
		input := ""
		if name, ok := strings.CutPrefix(words[len(words)-1], "<"); ok {
			require.Contains(t, files, name)
			words, input = words[:len(words)-1], files[name]
		}
		var stdout, stderr bytes.Buffer
		code := s.run(words, strings.NewReader(input), &stdout, &stderr)
		if saves(words) {
			got.Write(stdout.Bytes())
		}
		fmt.Fprintf(&got, "[exit %d]\n", code)
	}
	return got.String()
}

// saves reports whether a call prints rules.
func saves(words []string) bool {
	return words[0] == "ipvsadm-save" || len(words) > 1 && (words[1] == "-S" || words[1] == "--save")
}

// Every command and option is promised.
func TestPromisedWords(t *testing.T) {
	var all []string
	for _, name := range []string{"rules.txt", "calls.txt"} {
		text, err := os.ReadFile(filepath.Join(promises, name))
		require.NoError(t, err)
		all = append(all, strings.FieldsFunc(string(text), func(r rune) bool { return strings.ContainsRune(" \t\n=", r) })...)
	}
	commandRows, optionRows := flags.Rows()
	for _, row := range slices.Concat(commandRows, optionRows) {
		require.True(t, slices.Contains(all, row.Long) || row.Short != "" && slices.Contains(all, row.Short), "%+v", row)
	}
}

// A field of JSON stays as it is.
func TestPromisedSchema(t *testing.T) {
	file := filepath.Join(promises, "schema.json")
	now, err := os.ReadFile("../../pkg/format/schema.json")
	require.NoError(t, err)
	if *update {
		require.NoError(t, os.WriteFile(file, now, 0o644))
	}
	promised, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Empty(t, broken("", readSchema(t, promised), readSchema(t, now)))
}

func readSchema(t *testing.T, text []byte) (v any) {
	t.Helper()
	require.NoError(t, json.Unmarshal(text, &v))
	return v
}

// broken returns the places where a schema does not say what was promised. There may be more properties, definitions,
// forms and words than were; what describes them may change.
func broken(place string, promised, now any) (places []string) {
	switch promised := promised.(type) {
	case map[string]any:
		now, _ := now.(map[string]any)
		for key, value := range promised {
			if text, ok := value.(string); ok && (key == "description" || key == "title") && text != "" {
				continue
			}
			places = append(places, broken(place+"/"+key, value, now[key])...)
		}
	case []any:
		now, _ := now.([]any)
		for _, value := range promised {
			if !slices.ContainsFunc(now, func(v any) bool { return len(broken("", value, v)) == 0 }) {
				places = append(places, fmt.Sprint(place, "/", value))
			}
		}
	default:
		if promised != now {
			places = append(places, fmt.Sprintf("%s: %v, was %v", place, now, promised))
		}
	}
	slices.Sort(places)
	return places
}

// The comparison finds what breaks a promise, and nothing else.
func TestBroken(t *testing.T) {
	const promised = `{"description": "a", "required": ["a"], "properties": {"a": {"type": "integer", "enum": [1, 2]}}}`
	for now, want := range map[string][]string{
		promised: nil,
		`{"description": "b", "required": ["b", "a"], "properties": {"a": {"type": "integer", "enum": [3, 2, 1]}, "b": {}}}`: nil,
		`{"required": [], "properties": {"a": {"type": "integer", "enum": [1, 2]}}}`:                                         {"/required/a"},
		`{"required": ["a"], "properties": {"a": {"type": "string", "enum": [1, 2]}}}`:                                       {"/properties/a/type: string, was integer"},
		`{"required": ["a"], "properties": {"a": {"type": "integer", "enum": [1]}}}`:                                         {"/properties/a/enum/2"},
		`{"required": ["a"], "properties": {"b": {"type": "integer"}}}`: {
			"/properties/a/enum/1", "/properties/a/enum/2", "/properties/a/type: <nil>, was integer"},
	} {
		require.Equal(t, want, broken("", readSchema(t, []byte(promised)), readSchema(t, []byte(now))), now)
	}
}
