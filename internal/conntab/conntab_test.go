package conntab

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/pkg/format"
)

const head = "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n"

func TestRead(t *testing.T) {
	const table = head +
		"TCP 7F000001 C350 0A000001 0050 0A000002 1F90 ESTABLISHED     899\n" +
		"UDP 20010db8000 13C4 0A000001 13C4 0A000002 13C4 UDP             299\n" + // no such address
		"UDP 2001:0db8:0000:0000:0000:0000:0000:0001 13C4 2001:0db8:0000:0000:0000:0000:0000:0002 0050 0A000002 13C4 UDP             299 sip abc@example.com\n" +
		"\n" +
		"TCP 7F000001 C350 0A000001 0050 0A000002 1F90 ESTABLISHED     4294967296\n" +
		"TCP 7F000001 C350 0A000001 0050 0A000002 1F90 ESTABLISHED     x\n" +
		"TCP 7F000001 10000 0A000001 0050 0A000002 1F90 ESTABLISHED     1\n" +
		"TCP 1:2:3:4:5:6:7 C350 0A000001 0050 0A000002 1F90 ESTABLISHED     1\n" +
		"TCP 1:2:3:4:5:6:7:8:9 C350 0A000001 0050 0A000002 1F90 ESTABLISHED     1\n" +
		"IP  0A0A0A0A 0000 00000001 0000 0A000002 0000 NONE            4294967295"
	want := []string{
		"TCP 127.0.0.1:50000 10.0.0.1:80 10.0.0.2:8080 ESTABLISHED 899  ",
		"line 3: no connection",
		"UDP [2001:db8::1]:5060 [2001:db8::2]:80 10.0.0.2:5060 UDP 299 sip abc@example.com",
		"line 5: no connection",
		"line 6: no connection",
		"line 7: no connection",
		"line 8: no connection",
		"line 9: no connection",
		"line 10: no connection",
		"IP 10.10.10.10:0 0.0.0.1:0 10.0.0.2:0 NONE 4294967295  ",
	}
	r := NewReader(strings.NewReader(table))
	if err := r.Head(); err != nil {
		t.Fatal(err)
	}
	for _, w := range want {
		var c format.Connection
		got := ""
		if err := r.Read(&c); err != nil {
			got = err.Error()
		} else {
			got = fmt.Sprintf("%s %v %v %v %s %d %s %s", c.Protocol, c.Client, c.Virtual, c.Destination,
				c.State, c.Expires, c.Engine, c.EngineData)
		}
		if got != w {
			t.Errorf("got %q, want %q", got, w)
		}
	}
	if err := r.Read(new(format.Connection)); !errors.Is(err, io.EOF) {
		t.Errorf("got %v behind the last entry, want io.EOF", err)
	}
}

func TestNoHead(t *testing.T) {
	if err := NewReader(strings.NewReader("")).Head(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v, want io.ErrUnexpectedEOF", err)
	}
}

// A line of any length is read past, and the next one is read.
func TestLongLine(t *testing.T) {
	entry := "TCP 7F000001 C350 0A000001 0050 0A000002 1F90 ESTABLISHED     899\n"
	for _, n := range []int{maxLine - 1, maxLine, maxLine + 1, 5 * maxLine} {
		r := NewReader(strings.NewReader(head + strings.Repeat("x", n) + "\n" + entry))
		if err := r.Head(); err != nil {
			t.Fatal(err)
		}
		var c format.Connection
		var broken *LineError
		if err := r.Read(&c); !errors.As(err, &broken) || broken.Line != 2 {
			t.Errorf("%d bytes: got %v, want an error in line 2", n, err)
		}
		if err := r.Read(&c); err != nil || c.Expires != 899 {
			t.Errorf("%d bytes: got %v, %v for the next line", n, c.Expires, err)
		}
	}
}

func TestReadError(t *testing.T) {
	r := NewReader(io.MultiReader(strings.NewReader(head), failing{}))
	if err := r.Head(); err != nil {
		t.Fatal(err)
	}
	if err := r.Read(new(format.Connection)); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v, want the reader's error", err)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }

func FuzzRead(f *testing.F) {
	f.Add(head + "TCP 7F000001 C350 0A000001 0050 0A000002 1F90 ESTABLISHED     899\n")
	f.Add("\n\n")
	f.Add(head + "UDP 2001:0db8:0000:0000:0000:0000:0000:0001 13C4 0A000001 13C4 0A000002 13C4 UDP  299 sip a\n")
	f.Fuzz(func(t *testing.T, s string) {
		r := NewReader(strings.NewReader(s))
		if r.Head() != nil {
			return
		}
		for lines := 0; ; lines++ {
			var c format.Connection
			err := r.Read(&c)
			var broken *LineError
			switch {
			case errors.Is(err, io.EOF):
				return
			case err != nil && !errors.As(err, &broken):
				t.Fatal(err)
			case err == nil && (!c.Client.IsValid() || !c.Virtual.IsValid() || !c.Destination.IsValid()):
				t.Errorf("got %+v", c)
			case lines > len(s):
				t.Fatal("more lines than bytes")
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	const lines = 1000
	table := head + strings.Repeat("TCP 7F000001 C350 0A000001 0050 0A000002 1F90 ESTABLISHED     899\n", lines)
	b.ReportAllocs()
	for b.Loop() {
		r := NewReader(strings.NewReader(table))
		if err := r.Head(); err != nil {
			b.Fatal(err)
		}
		var c format.Connection
		for range lines {
			if err := r.Read(&c); err != nil {
				b.Fatal(err)
			}
		}
	}
}
