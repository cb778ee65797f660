// SPDX-License-Identifier: Apache-2.0

package screen

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWidth(t *testing.T) {
	for text, want := range map[string]int{"": 0, "abc": 3, "äöü": 3, "世界": 4, "e\u0301": 1, "👩": 2, "ｆ": 2} {
		require.Equal(t, want, Width(text), text)
	}
	require.Equal(t, "ab", Row{{Text: "a"}, {Text: "b", Attr: Bold}}.Text())
}

func TestShorten(t *testing.T) {
	const text = "TCP  192.0.2.1:80"
	for width, want := range map[int]string{
		-1: "", 0: "", 1: "~", 2: "~0", 3: "T~0", 8: "TCP~1:80", 16: "TCP  19~0.2.1:80", 17: text, 18: text,
	} {
		require.Equal(t, want, Shorten(text, width), "%d", width)
	}
	require.Equal(t, "世~末", Shorten("世界末", 5))
	require.Equal(t, "~末", Shorten("世界末", 4))
	require.Equal(t, "~末", Shorten("世界末", 3))
	require.Equal(t, "~", Shorten("世界末", 2))
}

func TestPrintable(t *testing.T) {
	require.Equal(t, "a?[2Jb??c?ä世", Printable("a\x1b[2Jb\x07\tc\u009bä世"))
}
