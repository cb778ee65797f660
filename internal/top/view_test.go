// SPDX-License-Identifier: Apache-2.0

package top

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/screen"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the screens in testdata again")

func TestMain(m *testing.M) {
	time.Local = time.UTC
	os.Exit(m.Run())
}

// A row of a test's table: the label, whose indentation makes it a member, and figures.
type testRow struct {
	label   string
	figures []any // uint64 or string
}

func row(label string, figures ...any) testRow { return testRow{label, figures} }

var (
	testColumns = []Column{{Name: "Forward", Kind: Text}, {Name: "Weight", Key: "weight", Kind: Signed, Sum: true}, {Name: "Conns", Key: "conns"}, {Name: "Flags", Kind: Text}}
	start       = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
)

// sample makes a sample, that many seconds after the start.
func sample(second int, columns []Column, rows ...testRow) *Sample {
	s := new(Sample)
	fill(s, second, columns, rows...)
	return s
}

func fill(s *Sample, second int, columns []Column, rows ...testRow) {
	s.Time = start.Add(time.Duration(second) * time.Second)
	s.Reset("Prot Address:Port", columns)
	for _, r := range rows {
		idle := true
		for _, f := range r.figures {
			n, _ := f.(int)
			large, _ := f.(uint64)
			idle = idle && n == 0 && large == 0
		}
		s.Add(Row{ID: strings.TrimPrefix(strings.Join(strings.Fields(r.label), " "), "-> "), Label: r.label, Member: strings.HasPrefix(r.label, " "), Idle: idle})
		for _, f := range r.figures {
			switch f := f.(type) {
			case int:
				s.Number(uint64(f))
			case uint64: // what a machine of 32 bits has no int for
				s.Number(f)
			case string:
				s.Text(f)
			}
		}
	}
	s.Sums = [][]string{{fmt.Sprint(len(rows), " rows"), fmt.Sprint(len(rows))}, {"connections 12345 (12/s)", "conns 12345 12/s"}, {"bytes in 123456789"}}
}

func newView(width, height int, samples ...*Sample) *View {
	v := &View{Model: new(Model), Every: 2 * time.Second, Keyboard: true,
		Where: [][]string{{"namespace blue", "blue"}, {"director lb1", "lb1"}}}
	v.Resize(width, height)
	for _, s := range samples {
		v.Model.Update(s)
		v.Update()
	}
	return v
}

// press presses keys, each of them a word.
func press(v *View, words string) (last Effect) {
	for _, word := range strings.Fields(words) {
		switch word {
		case "Space":
			word = " "
		}
		last = v.Press(screen.Key(word))
	}
	return last
}

// picture returns what a window shows: each line of it and, where not all of it is plain, a line with a letter for each
// attribute.
func picture(v *View) string {
	var b strings.Builder
	rows := v.Rows()
	for _, r := range rows {
		b.WriteString(strings.TrimRight("|"+r.Text(), " ") + "\n")
		marks := ""
		for _, s := range r {
			letter := " "
			for _, a := range []struct {
				attr   screen.Attr
				letter string
			}{{screen.Bold, "b"}, {screen.Notice, "n"}, {screen.Good, "g"}, {screen.Bad, "d"}, {screen.Reverse, "r"}} {
				if s.Attr&a.attr != 0 {
					letter = a.letter
				}
			}
			marks += strings.Repeat(letter, screen.Width(s.Text))
		}
		if strings.TrimSpace(marks) != "" {
			b.WriteString(strings.TrimRight(":"+marks, " ") + "\n")
		}
	}
	return b.String()
}

// requireScreen compares what a window shows with a file.
func requireScreen(t *testing.T, v *View, name string) {
	t.Helper()
	got := picture(v)
	rows := v.Rows()
	require.Len(t, rows, v.height, name)
	for _, r := range rows {
		require.LessOrEqual(t, screen.Width(r.Text()), v.width, "%s: %q", name, r.Text())
	}
	file := filepath.Join("testdata", name+".txt")
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), got, name)
}

func first() *Sample {
	return sample(0, testColumns,
		row("TCP  192.0.2.1:80", "rr", 0, 7, "persistent 360"),
		row("  -> 198.51.100.1:80", "Masq", 1, 3, ""),
		row("  -> 198.51.100.2:80", "Masq", 3, 4, ""),
		row("TCP  192.0.2.1:443", "wlc", 0, 0, ""),
		row("UDP  [2001:db8::1]:53", "rr", 0, 123456789, "ops"),
		row("  -> [2001:db8::2]:53", "Route", 5, 123456789, ""),
		row("FWM  7", "sh", 0, 1, ""),
	)
}

func second() *Sample {
	return sample(2, testColumns,
		row("TCP  192.0.2.1:80", "rr", 0, 9, "persistent 360"),
		row("  -> 198.51.100.1:80", "Masq", 1, 5, ""),
		row("  -> 198.51.100.3:80", "Tunnel", 3, 0, ""),
		row("TCP  192.0.2.1:443", "wlc", 0, 0, ""),
		row("SCTP 192.0.2.9:9", "rr", 0, 0, ""),
		row("FWM  7", "sh", 0, 1, ""),
	)
}

// wideSample has names in characters that take two columns, and none.
func wideSample() *Sample {
	return sample(0, oneColumn, row("TCP  世界世界.example:80", uint64(123456789012)), row("  -> e\u0301te\u0301.example:80", 7))
}

func TestScreens(t *testing.T) {
	for _, tt := range []struct {
		name          string
		width, height int
		keys          string
		samples       []*Sample
	}{
		{"first", 80, 14, "", []*Sample{first()}},
		{"changed", 80, 14, "", []*Sample{first(), second()}},
		{"narrow", 50, 14, "", []*Sample{first(), second()}},
		{"least", 20, 5, "", []*Sample{first(), second()}},
		{"leastright", 20, 5, "Right Right Right", []*Sample{first(), second()}},
		{"scrolled", 60, 8, "j j j", []*Sample{first(), second()}},
		{"folded", 80, 14, "f", []*Sample{first(), second()}},
		{"sorted", 80, 14, "> > >", []*Sample{first(), second()}},
		{"filter", 80, 14, "/ 1 0 0 . 2 Enter", []*Sample{first()}},
		{"filtering", 80, 10, "/ d b 8", []*Sample{first()}},
		{"idle", 80, 14, "i", []*Sample{first()}},
		{"paused", 80, 14, "p", []*Sample{first()}},
		{"interval", 80, 7, "d 5", []*Sample{first()}},
		{"help", 80, 32, "?", []*Sample{first()}},
		{"helplow", 40, 8, "? PgDn j", []*Sample{first()}},
		{"wide", 40, 6, "", []*Sample{wideSample()}},
		{"widecut", 20, 5, "Right", []*Sample{wideSample()}},
		{"deletednarrow", 20, 5, "", []*Sample{wideSample(), sample(2, oneColumn)}},
		{"nothing", 80, 6, "j k G f Enter > i", []*Sample{sample(0, testColumns)}},
		{"empty", 40, 6, "", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := newView(tt.width, tt.height, tt.samples...)
			press(v, tt.keys)
			requireScreen(t, v, tt.name)
		})
	}
}
