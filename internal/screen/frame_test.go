// SPDX-License-Identifier: Apache-2.0

package screen

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Lines of a page that are not in it are counted with those that do not fit.
func TestFrameMore(t *testing.T) {
	for height, want := range map[int]string{
		1: "\x1b[H(12 more lines)\x1b[K",
		2: "\x1b[Ha\x1b[K\r\n(11 more lines)\x1b[K",
		3: "\x1b[Ha\x1b[K\r\nb\x1b[K\r\n(10 more lines)\x1b[K",
		4: "\x1b[Ha\x1b[K\r\nb\x1b[K\r\n(10 more lines)\x1b[K\r\n\x1b[J",
	} {
		f := newFrame("a\nb\n", 0, nil)
		f.more = 10
		if got := string(f.append(nil, 40, height)); got != want {
			t.Errorf("height %d: got %q, want %q", height, got, want)
		}
	}
}

func TestFrame(t *testing.T) {
	const (
		page = "Head\nTCP  a:80        1      2\n  -> b:80        3      4\n"
		next = "Head\nTCP  a:80        1     10\n  -> b:80        3      4\n"
	)
	tests := []struct {
		name          string
		last, page    string // last may be empty for none
		figures       int
		width, height int
		want          string
	}{
		{"all of it fits", "", page, 2, 40, 5,
			"\x1b[HHead\x1b[K\r\nTCP  a:80        1      2\x1b[K\r\n  -> b:80        3      4\x1b[K\r\n\x1b[J"},
		{"as high as the page", "", page, 2, 40, 3,
			"\x1b[HHead\x1b[K\r\nTCP  a:80        1      2\x1b[K\r\n  -> b:80        3      4\x1b[K"},
		{"too high", "", page, 2, 40, 2,
			"\x1b[HHead\x1b[K\r\n(2 more lines)\x1b[K"},
		{"one line", "", page, 2, 40, 1,
			"\x1b[H(3 more lines)\x1b[K"},
		{"too wide", "", page, 2, 4, 5,
			"\x1b[HHead\r\nTCP \r\n  ->\r\n\x1b[J"},
		{"nothing", "", "", 2, 40, 5, "\x1b[H\x1b[J"},
		{"the same again", page, page, 2, 40, 3,
			"\x1b[HHead\x1b[K\r\nTCP  a:80        1      2\x1b[K\r\n  -> b:80        3      4\x1b[K"},
		{"a figure has changed", page, next, 2, 40, 3,
			"\x1b[HHead\x1b[K\r\nTCP  a:80        1     \x1b[7m10\x1b[m\x1b[K\r\n  -> b:80        3      4\x1b[K"},
		{"it is cut", page, next, 2, 24, 3,
			"\x1b[HHead\x1b[K\r\nTCP  a:80        1     \x1b[7m1\x1b[m\r\n  -> b:80        3      "},
		{"it is cut off", page, next, 2, 23, 3,
			"\x1b[HHead\x1b[K\r\nTCP  a:80        1     \r\n  -> b:80        3     "},
		{"no figures", page, next, 0, 40, 3,
			"\x1b[HHead\x1b[K\r\nTCP  a:80        1     10\x1b[K\r\n  -> b:80        3      4\x1b[K"},
		{"lines have moved", "A 1 2\n  c 3 4\nB 5 6\n  c 7 8\n", "B 5 0\n  c 7 8\nA 0 0\n  c 3 4\n", 2, 40, 4,
			"\x1b[HB 5 \x1b[7m0\x1b[m\x1b[K\r\n  c 7 8\x1b[K\r\nA \x1b[7m0\x1b[m \x1b[7m0\x1b[m\x1b[K\r\n  c 3 4\x1b[K"},
		{"a new line", "A 1\n", "B 1\nA 1\n", 1, 40, 2, "\x1b[HB 1\x1b[K\r\nA 1\x1b[K"},
		{"a longer figure", "A    9\n", "A   10\n", 1, 40, 1, "\x1b[HA   \x1b[7m10\x1b[m\x1b[K"},
		{"not all of it is for terminals", "", "a\x1b[2Jb\x07\tc\u009b\n", 0, 40, 1, "\x1b[Ha?[2Jb??c?\x1b[K"},
		{"letters of two bytes", "", "äöü\n", 0, 2, 1, "\x1b[Häö"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var last *frame
			if tt.last != "" {
				last = newFrame(tt.last, tt.figures, nil)
			}
			got := string(newFrame(tt.page, tt.figures, last).append(nil, tt.width, tt.height))
			require.Equal(t, tt.want, got)
		})
	}
}

// The same frame is drawn for whatever size the window gets.
func TestResize(t *testing.T) {
	page := strings.Repeat("0123456789\n", 10)
	f := newFrame(page, 1, newFrame(strings.ReplaceAll(page, "9", "x"), 1, nil))
	first := string(f.append(nil, 80, 24))
	for width := range 12 {
		for height := range 12 {
			if height == 0 {
				continue
			}
			drawn := string(f.append(nil, width, height))
			if rows := strings.Count(drawn, nextLine) + 1; rows > max(height, 11) || height < 10 && rows != height {
				t.Errorf("%d rows where there is room for %d", rows, height)
			}
		}
	}
	require.Equal(t, first, string(f.append(nil, 80, 24)))
}

func FuzzFrame(f *testing.F) {
	f.Add("A 1 2\n  c 3 4\n", "A 2 2\n", 2, 10, 3)
	f.Fuzz(func(t *testing.T, last, page string, figures, width, height int) {
		if figures < 0 || width < 1 || height < 1 || width > 1000 || height > 1000 {
			return
		}
		drawn := string(newFrame(page, figures, newFrame(last, figures, nil)).append(nil, width, height))
		plain := strings.NewReplacer(home, "", clearLine, "", clearRest, "", mark, "", unmark, "").Replace(drawn)
		require.NotContains(t, plain, "\x1b", "the page tells the terminal something: %q", drawn)
		for _, row := range strings.Split(plain, nextLine) {
			if len([]rune(row)) > width {
				t.Errorf("a row is wider than %d: %q", width, row)
			}
		}
	})
}
