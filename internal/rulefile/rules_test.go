// SPDX-License-Identifier: Apache-2.0

package rulefile

import (
	"errors"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"
)

func TestWords(t *testing.T) {
	long, nuls := strings.Repeat("x", maxWord), strings.Repeat("\x00", maxWord)
	for line, want := range map[string][]string{
		"":                                  nil,
		" \t\r\n":                           nil,
		" # x":                              {"#", "x"},
		"-A\t-t  1.2.3.4:80\r\n":            {"-A", "-t", "1.2.3.4:80"},
		"ipvsadm -A ipvsadm -t x ipvsadm\n": {"-A", "-t", "x"},
		"ipvsadm":                           nil,
		"ipvsadmx -A":                       {"ipvsadmx", "-A"},
		"-s \"rr\"":                         {"-s", "\"rr\""},
		"-A\v-t\f":                          {"-A\v-t\f"},
		"-s rr\x00x -p":                     {"-s", "rr", "-p"},
		"-s rr\x00x":                        {"-s", "rr"},
		"\x00-A \x00 ipvsadm\x00x":          {"", ""},
		long:                                {long},
		long + " -p":                        {long, "-p"},
		long + "-p":                         {long, "-p"},
		long + "ipvsadm":                    {long},
		"rr" + nuls + "-p":                  {"rr", ""},
	} {
		if got := appendWords(nil, line); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", line, got, want)
		}
	}
}

func TestNext(t *testing.T) {
	long := "x" + strings.Repeat(" ", 200<<10) + "y"
	r := NewReader(strings.NewReader("-A x\r\n\n# -A\n" + long + "\nlast"))
	for _, want := range []Line{
		{Number: 1, Text: "-A x", Words: []string{"-A", "x"}},
		{Number: 2},
		{Number: 3, Text: "# -A"},
		{Number: 4, Text: long, Words: []string{"x", "y"}},
		{Number: 5, Text: "last", Words: []string{"last"}},
	} {
		got, err := r.Next()
		require.NoError(t, err)
		got.Words = slices.Clone(got.Words)
		require.Empty(t, cmp.Diff(want, got, cmpopts.EquateEmpty()))
	}
	if _, err := r.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("got %v after the last line", err)
	}
}

// A line may be as long as maxLine, and longer if what follows is blank or all of it is a comment.
func TestLong(t *testing.T) {
	fill := func(s string) string { return s + strings.Repeat(" ", maxLine-len(s)) }
	for _, c := range []struct {
		text string
		long bool
	}{
		{fill("-A"), false},
		{fill("-A") + "\r", false},
		{fill("-A") + strings.Repeat(" ", maxLine), false},
		{fill("-A") + "x", true},
		{fill("-A") + strings.Repeat(" ", maxLine) + "x" + strings.Repeat(" ", maxLine), true},
		{fill("-A") + "xy" + fill(""), true},
		{fill("-A")[:maxLine-1] + "xy", true},
		{fill("# -A") + "x", false},
	} {
		r := NewReader(strings.NewReader(c.text + "\nnext\n"))
		line, err := r.Next()
		require.NoError(t, err)
		require.Equal(t, c.long, line.Long)
		require.LessOrEqual(t, len(line.Text), maxLine)
		require.Equal(t, !strings.HasPrefix(c.text, "#"), slices.Equal(line.Words, []string{"-A"}))
		require.Equal(t, strings.HasPrefix(c.text, "#"), line.Empty())
		line, err = r.Next()
		require.NoError(t, err)
		require.Equal(t, "next", line.Text)
	}
}

// A line that begins with so many blanks that nothing else is read is not an empty one.
func TestLongBlank(t *testing.T) {
	line, err := NewReader(strings.NewReader(strings.Repeat(" ", maxLine) + "x")).Next()
	require.NoError(t, err)
	require.True(t, line.Long)
	require.False(t, line.Empty())
}

// A repeated reads as the same text again and again.
type repeated struct {
	text []byte
	n    int // how often
}

func (r *repeated) Read(b []byte) (int, error) {
	if r.n == 0 {
		return 0, io.EOF
	}
	r.n--
	return copy(b, r.text), nil
}

// However long a line is, it takes no more memory.
func TestLongMemory(t *testing.T) {
	for _, c := range []struct {
		char string
		size int
		long bool
	}{
		{"\x00", 128 << 20, true}, {"x", 16 << 20, true}, {" ", 16 << 20, false}, {"#", 16 << 20, false},
	} {
		text := []byte(strings.Repeat(c.char, 64<<10))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		line, err := NewReader(&repeated{text, c.size / len(text)}).Next()
		runtime.ReadMemStats(&after)
		require.NoError(t, err)
		require.Equal(t, c.long, line.Long)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(8<<20))
	}
}

// A line is ready once all of it is there.
func TestReady(t *testing.T) {
	in, out := io.Pipe()
	r := NewReader(in)
	if r.Ready() {
		t.Error("a line is ready before any was written")
	}
	go func() {
		_, _ = out.Write([]byte("one\n\nthr"))
		_, _ = out.Write([]byte("ee\n"))
		_ = out.Close()
	}()
	for i, ready := range []bool{true, false, false} {
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
		if got := r.Ready(); got != ready {
			t.Errorf("after line %d: ready %v, want %v", i+1, got, ready)
		}
	}
}

func BenchmarkNext(b *testing.B) {
	text := strings.Repeat("-a -t 10.0.0.1:80 -r 192.168.1.1:8080 -m -w 100\n", 1000)
	b.ReportAllocs()
	for b.Loop() {
		r := NewReader(strings.NewReader(text))
		for range 1000 {
			if _, err := r.Next(); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func FuzzWords(f *testing.F) {
	f.Add("-A -t 1.2.3.4:80 ipvsadm\n")
	f.Fuzz(func(t *testing.T, s string) {
		for _, w := range appendWords(nil, s) {
			if w == program || len(w) > maxWord || strings.ContainsAny(w, " \t\r\n\x00") {
				t.Errorf("word %q", w)
			}
		}
	})
}
