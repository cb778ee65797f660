// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

func TestWords(t *testing.T) {
	for line, want := range map[string][]string{
		"":                                  nil,
		" \t\r\n":                           nil,
		"# -A -t 1.2.3.4:80":                nil,
		" # x":                              {"#", "x"},
		"-A\t-t  1.2.3.4:80\r\n":            {"-A", "-t", "1.2.3.4:80"},
		"ipvsadm -A ipvsadm -t x ipvsadm\n": {"-A", "-t", "x"},
		"ipvsadm":                           nil,
		"ipvsadmx -A":                       {"ipvsadmx", "-A"},
		"-s \"rr\"":                         {"-s", "\"rr\""},
		"-A\v-t\f":                          {"-A\v-t\f"},
	} {
		if got := appendWords(nil, line); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", line, got, want)
		}
	}
}

func TestNext(t *testing.T) {
	long := strings.Repeat("x", 200<<10)
	r := NewReader(strings.NewReader("-A x\r\n\n" + long + "\nlast"))
	for i, want := range []Line{
		{1, "-A x", []string{"-A", "x"}}, {2, "", nil}, {3, long, []string{long}}, {4, "last", []string{"last"}},
	} {
		got, err := r.Next()
		if err != nil || got.Number != want.Number || got.Text != want.Text || !slices.Equal(got.Words, want.Words) {
			t.Errorf("line %d: got %.40v, %v", i+1, got, err)
		}
	}
	if _, err := r.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("got %v behind the last line", err)
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
		_, _ = out.Write([]byte("one\ntwo\nthr"))
		_, _ = out.Write([]byte("ee\n"))
		_ = out.Close()
	}()
	for i, ready := range []bool{true, false, false} {
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
		if got := r.Ready(); got != ready {
			t.Errorf("behind line %d: ready %v, want %v", i+1, got, ready)
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
			if w == "" || w == program || strings.ContainsAny(w, " \t\r\n") {
				t.Errorf("word %q", w)
			}
		}
	})
}
