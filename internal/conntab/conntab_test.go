// SPDX-License-Identifier: Apache-2.0

package conntab

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
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
	got, err := readAll(strings.NewReader(table))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	if !errors.Is(err, io.EOF) {
		t.Errorf("got %v behind the last entry, want io.EOF", err)
	}
}

// readAll returns every entry, or what is wrong with it, and what the table ends with.
func readAll(table io.Reader) (entries []string, err error) {
	r := NewReader(table)
	if err := r.Head(); err != nil {
		return nil, err
	}
	var b Block
	for err = r.Next(&b); err == nil; err = r.Next(&b) {
		entries = append(entries, readBlock(b)...)
	}
	return entries, err
}

func readBlock(b Block) (entries []string) {
	var c format.Connection
	for {
		err := b.Read(&c)
		if errors.Is(err, io.EOF) {
			return entries
		}
		entry := fmt.Sprintf("%s %v %v %v %s %d %s %s", c.Protocol, c.Client, c.Virtual, c.Destination,
			c.State, c.Expires, c.Engine, c.EngineData)
		if err != nil {
			entry = err.Error()
		}
		entries = append(entries, entry)
	}
}

func TestNoHead(t *testing.T) {
	if err := NewReader(strings.NewReader("")).Head(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v, want io.ErrUnexpectedEOF", err)
	}
}

// Entries come whole, wherever a block or a read ends.
func TestBlocks(t *testing.T) {
	const count = 5000
	var table strings.Builder
	var want []string
	table.WriteString(head)
	for i := range count {
		client := strings.Repeat("9", i%40) // of that many bytes more, to move what follows
		fmt.Fprintf(&table, "UDP 7F000001 %04X 0A000001 0050 0A000002 1F90 UDP             299 sip %s\n", i, client)
		want = append(want, fmt.Sprintf("UDP 127.0.0.1:%d 10.0.0.1:80 10.0.0.2:8080 UDP 299 sip %s", i, client))
	}
	for name, r := range map[string]io.Reader{
		"whole":   strings.NewReader(table.String()),
		"bytes":   iotest.OneByteReader(strings.NewReader(table.String())),
		"halves":  iotest.HalfReader(strings.NewReader(table.String())),
		"and EOF": iotest.DataErrReader(strings.NewReader(table.String())),
	} {
		got, err := readAll(r)
		if diff := cmp.Diff(want, got); diff != "" || !errors.Is(err, io.EOF) {
			t.Errorf("%s: %v, entries (-want +got):\n%s", name, err, diff)
		}
	}
}

// A copy of a block goes through its lines by itself.
func TestBlockCopy(t *testing.T) {
	r := NewReader(strings.NewReader(head + "x\nTCP 7F000001 C350 0A000001 0050 0A000002 1F90 ESTABLISHED     899\n"))
	if err := r.Head(); err != nil {
		t.Fatal(err)
	}
	var b Block
	if err := r.Next(&b); err != nil {
		t.Fatal(err)
	}
	first := readBlock(b)
	if diff := cmp.Diff(first, readBlock(b)); diff != "" || len(first) != 2 {
		t.Errorf("got %q, and another time (-first +second):\n%s", first, diff)
	}
}

// A line of any length is read past, and the next one is read.
func TestLongLine(t *testing.T) {
	const entry = "TCP 7F000001 C350 0A000001 0050 0A000002 1F90 ESTABLISHED     899\n"
	const read = "TCP 127.0.0.1:50000 10.0.0.1:80 10.0.0.2:8080 ESTABLISHED 899  "
	for _, n := range []int{blockSize - 1, blockSize, blockSize + 1, 2*blockSize - 1, 2 * blockSize, 5*blockSize + 1} {
		for _, test := range []struct {
			table string
			want  []string
		}{
			{strings.Repeat("x", n) + "\n" + entry, []string{"line 2: no connection", read}},
			{entry + strings.Repeat("x", n) + "\n" + entry, []string{read, "line 3: no connection", read}},
			{strings.Repeat("x", n), []string{"line 2: no connection"}},
			{strings.Repeat("x", n) + "\n", []string{"line 2: no connection"}},
		} {
			got, err := readAll(strings.NewReader(head + test.table))
			if diff := cmp.Diff(test.want, got); diff != "" || !errors.Is(err, io.EOF) {
				t.Errorf("%d bytes: %v, entries (-want +got):\n%s", n, err, diff)
			}
		}
	}
}

func TestReadError(t *testing.T) {
	got, err := readAll(io.MultiReader(strings.NewReader(head+"x\nTCP"), failing{}))
	if want := []string{"line 2: no connection"}; !cmp.Equal(got, want) || !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %q, %v; want %q and the reader's error", got, err, want)
	}
	if _, err := readAll(failing{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v for the head, want the reader's error", err)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }

// TestAllocations checks that a line costs no allocation, from the kernel's form to ours.
func TestAllocations(t *testing.T) {
	const lines = "TCP 7F000001 C350 0A000001 0050 0A000002 1F90 ESTABLISHED     899\n" +
		"UDP 2001:0db8:0000:0000:0000:0000:0000:0001 13C4 2001:0db8:0000:0000:0000:0000:0000:0002 0050 " +
		"0A000002 13C4 UDP             299 sip abc@example.com\n" +
		"TCP  7F000001 C350  0A000001 0050 0A000002 1F90 ESTABLISHED 899\n" // in no columns
	table := format.ConnectionTable{Engines: true}
	text := make([]byte, 0, 1024)
	var c format.Connection
	n := testing.AllocsPerRun(100, func() {
		block := Block{lines: []byte(lines)}
		text = text[:0]
		for len(block.lines) > 0 {
			if err := block.Read(&c); err != nil {
				t.Fatal(err)
			}
			text = table.AppendConnection(text, &c)
		}
	})
	if n > 1 { // that of the block
		t.Errorf("%v allocations", n-1)
	}
}

// FuzzRead holds the quick way of reading entries against the general one, too.
func FuzzRead(f *testing.F) {
	f.Add(head + "TCP 7F000001 C350 0A000001 0050 0A000002 1F90 ESTABLISHED     899\n")
	f.Add("\n\n")
	f.Add(head + "UDP 2001:0db8:0000:0000:0000:0000:0000:0001 13C4 0A000001 13C4 0A000002 13C4 UDP  299 sip a\n")
	f.Fuzz(func(t *testing.T, table string) {
		got, err := readAll(strings.NewReader(table))
		if errors.Is(err, io.ErrUnexpectedEOF) && table == "" {
			return
		}
		if !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		// Two blanks in place of one are in no columns.
		head, lines, _ := strings.Cut(table, "\n")
		slow, err := readAll(strings.NewReader(head + "\n" + strings.ReplaceAll(lines, " ", "  ")))
		if diff := cmp.Diff(slow, got); diff != "" && len(table) < blockSize/2 {
			t.Errorf("%v, entries without columns and with (-without +with):\n%s", err, diff)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	const lines = 1000
	for name, entry := range map[string]string{
		"IPv4": "TCP 7F000001 C350 0A000001 0050 0A000002 1F90 ESTABLISHED     899\n",
		"IPv6": "TCP 2001:0db8:0000:0000:0000:0000:0000:0001 C350 2001:0db8:0000:0000:0000:0000:0000:0002 0050 " +
			"2001:0db8:0000:0000:0000:0000:0000:0003 1F90 ESTABLISHED     899\n",
	} {
		b.Run(name, func(b *testing.B) {
			table := strings.Repeat(entry, lines)
			b.ReportAllocs()
			for b.Loop() {
				block := Block{lines: []byte(table)}
				var c format.Connection
				for range lines {
					if err := block.Read(&c); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
