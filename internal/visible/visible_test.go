// SPDX-License-Identifier: Apache-2.0

package visible

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestText(t *testing.T) {
	for text, want := range map[string]string{
		"":                                  "",
		"-A -t 192.0.2.1:80\t-s rr ~":       "-A -t 192.0.2.1:80\t-s rr ~",
		"\ufeff-A":                          "<U+FEFF>-A",
		"-A\u00a0-t":                        "-A<U+00A0>-t",
		"\u2013A":                           "<U+2013>A",
		"-s \u201crr\u201d":                 "-s <U+201C>rr<U+201D>",
		"-\u0410":                           "-<U+0410>", // Cyrillic, and looks as -A does
		"rr\x00x":                           "rr<U+0000>x",
		"\x1b[31m\r\v\x7f":                  "<U+001B>[31m<U+000D><U+000B><U+007F>",
		"\u200b\u202e":                      "<U+200B><U+202E>",
		"\xff\xfe-\x00A":                    "<FF><FE>-<U+0000>A",
		"\xe2\x80":                          "<E2><80>",
		"\ufffd":                            "<U+FFFD>",
		"\U0001f600":                        "<U+1F600>",
		strings.Repeat("x", maxText):        strings.Repeat("x", maxText),
		strings.Repeat("x", maxText+1):      strings.Repeat("x", maxText) + "...",
		strings.Repeat("x", 999) + "\u2013": strings.Repeat("x", 999) + "...",
		strings.Repeat("\x80", 2000):        strings.Repeat("<80>", maxText-utf8Max) + "...",
	} {
		require.Equal(t, want, Text(text), "%.40q", text)
	}
}

// utf8Max is how far back a cut looks for the beginning of a character.
const utf8Max = 4

func BenchmarkText(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Text("-a -t 10.0.0.1:80 -r 192.168.1.1:8080 -m -w 100")
	}
}

func FuzzText(f *testing.F) {
	f.Add("-A\u00a0-t \xff\x00")
	f.Fuzz(func(t *testing.T, s string) {
		require.True(t, isPlain(Text(s)))
	})
}
