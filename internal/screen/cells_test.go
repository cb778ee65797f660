// SPDX-License-Identifier: Apache-2.0

package screen

import (
	"strings"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/test/emulator"
	"github.com/stretchr/testify/require"
)

func rowsOf(lines ...string) (rows []Row) {
	for _, l := range lines {
		rows = append(rows, Row{{Text: l}})
	}
	return rows
}

// Only what has changed is written.
func TestUpdate(t *testing.T) {
	for _, tt := range []struct {
		name       string
		last, next []Row
		want       string
	}{
		{"nothing", rowsOf("a", "b"), rowsOf("a", "b"), ""},
		{"all of a line", rowsOf("a", "b"), rowsOf("a", "c"), "\x1b[2Hc"},
		{"the end", rowsOf("figure 12"), rowsOf("figure 13"), "\x1b[1;9H3"},
		{"two places", rowsOf("1 and a long text 1"), rowsOf("2 and a long text 2"), "\x1b[1H2\x1b[1;19H2"},
		{"two places that are near", rowsOf("1 and 1"), rowsOf("2 and 2"), "\x1b[1H2 and 2"},
		{"just as far as is skipped", rowsOf("1 23456 1"), rowsOf("2 23456 2"), "\x1b[1H2\x1b[1;9H2"},
		{"one less", rowsOf("1 2345 1"), rowsOf("2 2345 2"), "\x1b[1H2\x1b[1;8H2"},
		{"longer", rowsOf("a"), rowsOf("abc"), "\x1b[1;2Hbc"},
		{"shorter", rowsOf("abc"), rowsOf("a"), "\x1b[1;2H\x1b[K"},
		{"blanks", rowsOf("abc  "), rowsOf("a    "), "\x1b[1;2H\x1b[K"},
		{"fewer", rowsOf("a", "b"), rowsOf("a"), "\x1b[2H\x1b[K"},
		{"an attribute", rowsOf("a 1 b"), []Row{{{Text: "a "}, {Text: "1", Attr: Reverse | Bold}, {Text: " b"}}}, "\x1b[1;3H\x1b[0;1;7m1\x1b[m"},
		{"colours", rowsOf("ab"), []Row{{{Text: "a", Attr: Good}, {Text: "b", Attr: Bad}}}, "\x1b[1H\x1b[0;32ma\x1b[0;31mb\x1b[m"},
		{"back to plain", rowsOf("ab"), []Row{{{Text: "x", Attr: Notice}, {Text: "y"}}}, "\x1b[1H\x1b[0;33mx\x1b[0my"},
		{"a wide character", rowsOf("世"), rowsOf("界"), "\x1b[1H界"},
		{"its second half", rowsOf("世"), rowsOf("a界"), "\x1b[1Ha界"},
		{"combined", rowsOf("e1"), rowsOf("e\u03011"), "\x1b[1He\u0301"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var c canvas
			c.update(nil, tt.last, 20, 3)
			require.Equal(t, tt.want, string(c.update(nil, tt.next, 20, 3)))
		})
	}
}

// All of the screen is written at first, in another size, and after something else was there.
func TestUpdateAll(t *testing.T) {
	var c canvas
	rows := rowsOf("full", "世x", "")
	all := func(width, height int) string { return string(c.update(nil, rows, width, height)) }
	require.Equal(t, "\x1b[1Hfull\x1b[2H世\x1b[2;3Hx\x1b[K\x1b[3H\x1b[K", all(4, 3))
	require.Equal(t, "", all(4, 3))
	require.Equal(t, "\x1b[1Hful\x1b[2H世\x1b[2;3Hx", all(3, 2))
	require.Equal(t, "\x1b[1Hfu\x1b[2H世", all(2, 2))
	require.Equal(t, "\x1b[1Hf\x1b[2H\x1b[K", all(1, 2))
	c.forget()
	require.Equal(t, "\x1b[1Hf\x1b[2H\x1b[K", all(1, 2))
}

// Without colours, all else stays.
func TestPlain(t *testing.T) {
	c := canvas{plain: true}
	rows := []Row{{{Text: "a", Attr: Good}, {Text: "b", Attr: Bad | Bold}, {Text: "c", Attr: Notice | Reverse}}}
	require.Equal(t, "\x1b[1Ha\x1b[0;1mb\x1b[0;7mc\x1b[m", string(c.update(nil, rows, 3, 1)))
}

// Whatever was there, a terminal shows the same after a change as if it had been drawn from scratch.
func FuzzUpdate(f *testing.F) {
	f.Add("a\nb", "a\nc", 10, 2)
	f.Add("世界\n12", "a世\n13", 3, 2)
	f.Add("e\u0301", "\u0301x", 3, 1)
	f.Fuzz(func(t *testing.T, last, next string, width, height int) {
		if width < 1 || height < 1 || width > 200 || height > 50 {
			return
		}
		rows := func(text string) (rows []Row) {
			for i, line := range strings.Split(text, "\n") {
				line = Printable(strings.ToValidUTF8(line, "?"))
				start, rest := split(line, 5)
				rows = append(rows, Row{{Text: start, Attr: Attr(i)}, {Text: rest, Attr: Attr(len(rest))}})
			}
			return rows
		}
		var c canvas
		e, fresh := emulator.New(width, height), emulator.New(width, height)
		write := func(e *emulator.Terminal, rows []Row) {
			_, _ = e.Write(c.update(nil, rows, width, height))
			require.NoError(t, e.Err())
		}
		write(e, rows(last))
		write(e, rows(next))
		c.forget()
		write(fresh, rows(next))
		require.Equal(t, fresh.Cells(), e.Cells())
	})
}
