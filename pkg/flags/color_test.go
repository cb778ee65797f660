// SPDX-License-Identifier: Apache-2.0

package flags

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseColor(t *testing.T) {
	for words, want := range map[string]Listing{
		"-L":                      {},
		"-L --color":              {Color: ColorAlways},
		"-L --color -n":           {Color: ColorAlways, Numeric: true},
		"-L --color always":       {Color: ColorAlways},
		"-L --color=auto --stats": {Color: ColorAuto, Stats: true},
		"-L -n --color never":     {Color: ColorNever, Numeric: true},
		"-L --color=auto --watch": {Color: ColorAuto, Watch: 2},
		"-L --watch 3 --color":    {Color: ColorAlways, Watch: 3},
		"-L --color=auto --json":  {Color: ColorAuto, JSON: true, Numeric: true},
		"-L -c --color":           {Color: ColorAlways, Subject: Connections},
	} {
		got, err := Parse(split(words), names{})
		require.NoError(t, err, words)
		require.Equal(t, Command{Kind: List, Listing: want}, got, words)
	}
	for words, want := range map[string]string{
		"-L --color=red":         "invalid color `red' specified: it is always, auto or never",
		"-L --color ''":          "invalid color `' specified: it is always, auto or never",
		"-L --color=\xe9":        "invalid color `<E9>' specified: it is always, auto or never",
		"-S --color":             "Illegal 'color' option with the 'save' command",
		"-L --color --color -n4": "multiple 'color' options specified",
	} {
		checkError(t, words, &Error{Text: want, Exit: ExitFault, Ends: true})
	}
}
