// SPDX-License-Identifier: Apache-2.0

package jsontext

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestStrings(t *testing.T) {
	for s, want := range map[string]string{
		"plain":                 `"plain"`,
		"a b~\x7f!":             "\"a b~\x7f!\"",
		"\x1f":                  `"\u001f"`,
		"a\x00\x10b":            `"a\u0000\u0010b"`,
		`"`:                     `"\""`,
		`\`:                     `"\\"`,
		`a"b\c`:                 `"a\"b\\c"`,
		"é\u2028\U0001f600":     "\"é\u2028\U0001f600\"",
		"\x80":                  `"\ufffd"`,
		"a\xff\xe2\x82b":        `"a\ufffd\ufffd\ufffdb"`,
		"a\ufffd\xef\xbf\ufffd": `"a\ufffd\ufffd\ufffd\ufffd"`,
	} {
		require.Equal(t, want, string(AppendString(nil, s)), "%q", s)
	}
}

// FuzzString compares the strings with those of the standard library.
func FuzzString(f *testing.F) {
	for _, s := range []string{"", "plain", "\x00\x1f\x20\x7f", `"\/`, "\xff\xc0\x80\xed\xa0\x80", "é\u2028\U0001f600", "\xf0\x9f\x98"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		marshalled, err := json.Marshal(s)
		require.NoError(t, err)
		var got, want string
		require.NoError(t, json.Unmarshal(AppendString(nil, s), &got), "%q", AppendString(nil, s))
		require.NoError(t, json.Unmarshal(marshalled, &want))
		require.Equal(t, want, got)
	})
}
