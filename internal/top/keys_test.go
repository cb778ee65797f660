// SPDX-License-Identifier: Apache-2.0

package top

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/screen"
	"github.com/stretchr/testify/require"
)

var oneColumn = []Column{{Name: "Conns"}}

// many makes a sample of groups 1, 2, ... with two members each, whose figures are the numbers given.
func many(second int, figures ...int) *Sample {
	var rows []testRow
	for i, f := range figures {
		rows = append(rows, row(fmt.Sprint("FWM  ", i+1), f), row(fmt.Sprint("  -> 10.0.", i+1, ".1:0"), f), row(fmt.Sprint("  -> 10.0.", i+1, ".2:0"), 2*f))
	}
	return sample(second, oneColumn, rows...)
}

// at returns the entry at the cursor, the place of the cursor in the window, and the first line.
func at(v *View) string {
	for i, r := range v.Rows()[v.headHeight():] {
		if text := r.Text(); strings.HasPrefix(text, ">") {
			return fmt.Sprint(strings.Join(strings.Fields(text[2:])[:2], " "), " ", i, " ", v.top)
		}
	}
	return "nowhere"
}

// Keys move the cursor, and the window as little as necessary.
func TestMoves(t *testing.T) {
	for keys, want := range map[string]string{
		"":                "FWM 1 0 0",
		"j":               "-> 10.0.1.1:0 1 0",
		"j j Down":        "FWM 2 3 0",
		"j j j j k Up":    "-> 10.0.1.2:0 1 1",
		"k":               "FWM 1 0 0",
		"j j j j j":       "-> 10.0.2.2:0 3 2",
		"j j j j j k k k": "-> 10.0.1.2:0 0 2",
		"PgDn":            "-> 10.0.2.1:0 3 1",
		"PgDn PgDn":       "-> 10.0.3.2:0 3 5",
		"PgDn PgDn PgUp":  "-> 10.0.2.1:0 0 4",
		"G":               "-> 10.0.5.2:0 3 11",
		"End Down":        "-> 10.0.5.2:0 3 11",
		"G k k k k":       "-> 10.0.4.1:0 0 10",
		"G g":             "FWM 1 0 0",
		"G Home":          "FWM 1 0 0",
		"f":               "FWM 1 0 0",
		"j f":             "FWM 1 0 0",
		"j j j j f":       "FWM 2 1 0",
		"f G":             "FWM 5 3 1",
		"f G f":           "FWM 5 3 9",
		"Enter G":         "-> 10.0.5.2:0 3 9",
		"j j j j Enter j": "FWM 3 3 1",
		"Enter Enter j":   "-> 10.0.1.1:0 1 0",
		"f j Enter j":     "-> 10.0.2.1:0 2 0",
		"> r":             "FWM 1 0 0",
		">":               "FWM 5 0 0",
		"j >":             "-> 10.0.1.1:0 3 11",
		"> <":             "FWM 1 0 0",
		"x y ä":           "FWM 1 0 0",
	} {
		v := newView(40, 8, many(0, 1, 2, 3, 4, 5))
		require.Equal(t, None, press(v, keys), keys)
		if got := at(v); got != want {
			t.Errorf("%s: got %q, want %q", keys, got, want)
		}
	}
}

// The cursor stays with its entry, at its place in the window.
func TestStays(t *testing.T) {
	v := newView(40, 8, many(0, 1, 2, 3, 4, 5))
	press(v, "> j j j j j j j")
	require.Equal(t, "-> 10.0.3.2:0 3 4", at(v))
	for _, tt := range []struct {
		figures []int
		want    string
	}{
		{[]int{1, 2, 9, 4, 5}, "-> 10.0.3.2:0 1 0"},
		{[]int{1, 2, 3, 4, 5}, "-> 10.0.3.2:0 1 6"},
		{[]int{9, 9, 9, 9, 1}, "-> 10.0.3.2:0 1 6"},
	} {
		v.Model.Update(many(2, tt.figures...))
		v.Update()
		require.Equal(t, tt.want, at(v), "%v", tt.figures)
	}
	// At the top, it does not.
	press(v, "g")
	v.Model.Update(many(2, 1, 2, 3, 4, 5))
	v.Update()
	require.Equal(t, "FWM 5 0 0", at(v))

	// Without its entry, it goes to the group, and without that, it stays where it was.
	press(v, "j")
	require.Equal(t, "-> 10.0.5.2:0 1 0", at(v))
	press(v, "f")
	require.Equal(t, "FWM 5 0 0", at(v))
	press(v, "f j j j j")
	require.Equal(t, "-> 10.0.4.2:0 3 1", at(v))
	press(v, "/ 1 0 . 0 . 2 Enter")
	require.Equal(t, "-> 10.0.2.1:0 2 0", at(v))
}

// Columns are reached one after the other, in windows of any width.
func TestScroll(t *testing.T) {
	columns := []Column{{Name: "One"}, {Name: "Two"}, {Name: "Hidden", Hidden: true}, {Name: "Three"}}
	for width, want := range map[int][]string{
		15: {"", "One", "Two", "Three", "Three"},
		26: {"One", "Two", "Three", "Three"},
		30: {"One Two", "Two Three", "Three", "Three"},
		36: {"One Two Three", "Two Three", "Three", "Three"},
	} {
		v := newView(width, 8, sample(0, columns, row("TCP  192.0.2.1:80", 1, 2, 0, 3)))
		shown := func() string {
			head := strings.Fields(v.Rows()[2].Text())
			for len(head) > 0 && head[0] != "One" && head[0] != "Two" && head[0] != "Three" {
				head = head[1:]
			}
			return strings.Join(head, " ")
		}
		for i, w := range want {
			require.Equal(t, w, shown(), "%d columns, %d times Right", width, i)
			press(v, "Right")
		}
		for i := len(want) - 2; i >= 0; i-- {
			if i < len(want)-2 {
				press(v, "Left")
			}
			require.Equal(t, want[i], shown(), "%d columns, back to %d", width, i)
		}
		press(v, "Left")
		require.Equal(t, want[0], shown())
	}
}

// Another size of the window keeps the cursor in it.
func TestResize(t *testing.T) {
	v := newView(40, 20, many(0, 1, 2, 3, 4, 5))
	press(v, "G")
	require.Equal(t, "-> 10.0.5.2:0 14 0", at(v))
	v.Resize(40, 8)
	require.Equal(t, "-> 10.0.5.2:0 3 11", at(v))
	for width := range 90 {
		for height := range 30 {
			v.Resize(width, height)
			rows := v.Rows()
			require.Len(t, rows, max(1, height))
			for _, r := range rows {
				if width <= gutter {
					break
				}
				require.LessOrEqual(t, screen.Width(r.Text()), max(1, width), "%d by %d: %q", width, height, r.Text())
			}
			press(v, "?")
			require.Len(t, v.Rows(), max(1, height))
			press(v, "x")
		}
	}
}

// Keys ask for more than a change of the view.
func TestEffects(t *testing.T) {
	v := newView(40, 8, many(0, 1))
	for keys, want := range map[string]Effect{
		"q": Quit, "Space": Refresh, "p": Wait, "Ctrl-L": Repaint, "? q": None, "/ q": None, "/ q Enter": None, "d 5 Enter": Wait,
		"d 0 Enter": None, "d x Enter": None, "d 8 6 4 0 1 Enter": None, "d 8 6 4 0 0 Enter": Wait, "d 5 Esc q": Quit, "/ Backspace q": Quit,
		"d 1 2 Backspace Enter": Wait, "d 1 2 Ctrl-U 7 Enter": Wait, "j": None,
	} {
		*v = View{Model: v.Model, Every: 2 * time.Second}
		v.Resize(40, 8)
		v.Update()
		require.Equal(t, want, press(v, keys), keys)
		every := map[string]int{"d 5 Enter": 5, "d 8 6 4 0 0 Enter": 86400, "d 1 2 Backspace Enter": 1, "d 1 2 Ctrl-U 7 Enter": 7}[keys]
		if every == 0 {
			every = 2
		}
		require.Equal(t, time.Duration(every)*time.Second, v.Every, keys)
		require.Equal(t, keys == "p", v.Paused(), keys)
	}
}

// A filter finds what has the text, whatever the case, and its group.
func TestFilter(t *testing.T) {
	for filter, want := range map[string]string{
		"fwm 2": "FWM  2,  -> 10.0.2.1:0,  -> 10.0.2.2:0", "10.0.1.2": "FWM  1,  -> 10.0.1.2:0", "FWM": "FWM  1,  -> 10.0.1.1:0,  -> 10.0.1.2:0,FWM  2,  -> 10.0.2.1:0,  -> 10.0.2.2:0",
		"nothing": "", "2.2:0": "FWM  2,  -> 10.0.2.2:0",
	} {
		for _, folded := range []bool{false, true} {
			v := newView(40, 20, many(0, 1, 2))
			v.foldAll = folded
			press(v, "/ "+strings.Join(strings.Split(strings.ReplaceAll(filter, " ", "Space"), ""), " "))
			v.prompt.text = filter
			press(v, "Enter")
			var got []string
			for _, e := range v.lines {
				got = append(got, strings.Replace(v.Model.row(v.Model.entries[e]).Label, "  ->", "  ->", 1))
			}
			if folded && strings.Contains(strings.ToLower(filter), "fwm") {
				require.NotContains(t, strings.Join(got, ","), "->", filter)
				continue
			}
			require.Equal(t, want, strings.Join(got, ","), filter)
		}
	}
}

// A text is typed as people do.
func TestPrompt(t *testing.T) {
	v := newView(10, 8, many(0, 1))
	press(v, "/ ä Backspace b c Left Up")
	require.Equal(t, "bc", v.prompt.text)
	for range 2 * maxTyped {
		press(v, "x")
	}
	require.Len(t, v.prompt.text, maxTyped)
	last := v.Rows()[7]
	require.Equal(t, "/bcx~xxxx ", last.Text())
	press(v, "Esc /")
	require.Empty(t, v.prompt.text)
}
