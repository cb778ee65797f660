// SPDX-License-Identifier: Apache-2.0

package conns_test

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/pkg/format"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/conns"
)

// The heads of the two tables.
const (
	head     = "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n"
	syncHead = "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Origin Expires\n"
)

const (
	entry = "TCP 7F000001 C350 0A000001 0050 0A000002 1F90 ESTABLISHED     899\n"
	read  = "TCP 127.0.0.1:50000 10.0.0.1:80 10.0.0.2:8080 ESTABLISHED unknown 14m59s 899  "
)

func TestRead(t *testing.T) {
	const table = head + entry +
		"UDP 20010db8000 13C4 0A000001 13C4 0A000002 13C4 UDP             299\n" + // no such address
		"UDP 2001:0db8:0000:0000:0000:0000:0000:0001 13C4 2001:0db8:0000:0000:0000:0000:0000:0002 0050 0A000002 13C4 UDP             299 sip abc@example.com\n" +
		"\n" +
		"TCP 7F000001 C350 0A000001 0050 0A000002 1F90 ESTABLISHED     +-1\n" +
		"TCP 7F000001 C350 0A000001 0050 0A000002 1F90 ESTABLISHED     x\n" +
		"TCP 7F000001 C350 0A000001 0050 0A000002 1F90 ESTABLISHED     9x\n" +
		"TCP 7F000001 C350 0A000001 0050 0A000002 1F90 ESTABLISHED     \n" +
		"TCP 7F000001 C350 0A000001 0050 0A000002 1F90 ESTABLISHED\n" +
		"TCP 7F000001 10000 0A000001 0050 0A000002 1F90 ESTABLISHED     1\n" +
		"TCP 100000000 C350 0A000001 0050 0A000002 1F90 ESTABLISHED     1\n" +
		"TCP 7F000001 C35G 0A000001 0050 0A000002 1F90 ESTABLISHED     1\n" +
		"TCP 1:2:3:4:5:6:7 C350 0A000001 0050 0A000002 1F90 ESTABLISHED     1\n" +
		"TCP 1:2:3:4:5:6:7:8:9 C350 0A000001 0050 0A000002 1F90 ESTABLISHED     1\n" +
		"TCP 1:2:3:4:5:6:7:10000 C350 0A000001 0050 0A000002 1F90 ESTABLISHED     1\n" +
		"TCP 1:2:3:4:5:6:7: C350 0A000001 0050 0A000002 1F90 ESTABLISHED     1\n" +
		"TCP 1:a:B:ffff:5:6:7:8 FFFF F 0 ffffffff 1 ESTABLISHED     1\n" +
		"IP  0A0A0A0A 0000 00000001 0000 0A000002 0000 NONE            4294967295"
	want := []string{
		read,
		"line 3: malformed entry",
		"UDP [2001:db8::1]:5060 [2001:db8::2]:80 10.0.0.2:5060 UDP unknown 4m59s 299 sip abc@example.com",
		"line 5: malformed entry",
		"line 6: malformed entry",
		"line 7: malformed entry",
		"line 8: malformed entry",
		"line 9: malformed entry",
		"line 10: malformed entry",
		"line 11: malformed entry",
		"line 12: malformed entry",
		"line 13: malformed entry",
		"line 14: malformed entry",
		"line 15: malformed entry",
		"line 16: malformed entry",
		"line 17: malformed entry",
		"TCP [1:a:b:ffff:5:6:7:8]:65535 0.0.0.15:0 255.255.255.255:1 ESTABLISHED unknown 1s 1  ",
		"IP 10.10.10.10:0 0.0.0.1:0 10.0.0.2:0 NONE unknown 0s 4294967295  ",
	}
	got, err := readAll(strings.NewReader(table))
	require.Empty(t, cmp.Diff(want, got))
	require.ErrorIs(t, err, io.EOF)
	require.Empty(t, cmp.Diff(want, rangeAll(conns.NewReader(strings.NewReader(table)))))
}

// The table with origins has them in a column of its own, and no engines.
func TestReadSync(t *testing.T) {
	const table = syncHead +
		"TCP 7F000001 C350 0A000001 0050 0A000002 1F90 ESTABLISHED LOCAL      899\n" +
		"UDP 2001:0db8:0000:0000:0000:0000:0000:0001 13C4 2001:0db8:0000:0000:0000:0000:0000:0002 0050 0A000002 13C4 UDP         SYNC       299\n" +
		"TCP 7F000001 C350 0A000001 0050 0A000002 1F90 ESTABLISHED SYNC   73786976294838206\n" + // too long for the quick way
		"TCP  7F000001 C350 0A000001 0050 0A000002 1F90 ESTABLISHED\tLOCAL      899\n" +
		"TCP 7F000001 C350 0A000001 0050 0A000002 1F90 ESTABLISHED     899\n" +
		"TCP 7F000001 C350 0A000001 0050 0A000002 1F90 ESTABLISHED local      899\n" +
		"TCP 7F000001 C350 0A000001 0050 0A000002 1F90 ESTABLISHED LOCAL\n"
	want := []string{
		"TCP 127.0.0.1:50000 10.0.0.1:80 10.0.0.2:8080 ESTABLISHED local 14m59s 899  ",
		"UDP [2001:db8::1]:5060 [2001:db8::2]:80 10.0.0.2:5060 UDP synced 4m59s 299  ",
		"TCP 127.0.0.1:50000 10.0.0.1:80 10.0.0.2:8080 ESTABLISHED synced 0s 73786976294838206  ",
		"TCP 127.0.0.1:50000 10.0.0.1:80 10.0.0.2:8080 ESTABLISHED local 14m59s 899  ",
		"line 6: malformed entry",
		"line 7: malformed entry",
		"line 8: malformed entry",
	}
	require.Empty(t, cmp.Diff(want, rangeAll(conns.NewReader(strings.NewReader(table)))))
}

// Reading into a Connection again leaves nothing of what it held before.
func TestReadOver(t *testing.T) {
	for _, test := range []struct{ table, want string }{
		{head + entry, read},
		{head + "TCP  7F000001 C350 0A000001 0050 0A000002 1F90 ESTABLISHED 899\n", read},
	} {
		r := conns.NewReader(strings.NewReader(test.table))
		var b conns.Block
		require.NoError(t, r.Next(&b))
		c := conns.Connection{Origin: conns.Synced, Engine: "sip", EngineData: "x"}
		require.NoError(t, b.Read(&c))
		require.Equal(t, test.want, describe(c, nil))
	}
}

// readAll returns every entry, or what is wrong with it, and what the table ends with.
func readAll(table io.Reader) (entries []string, err error) {
	r := conns.NewReader(table)
	if err := r.Head(); err != nil {
		return nil, err
	}
	var b conns.Block
	for err = r.Next(&b); err == nil; err = r.Next(&b) {
		entries = append(entries, readBlock(b)...)
	}
	return entries, err
}

func readBlock(b conns.Block) (entries []string) {
	var c conns.Connection
	for {
		err := b.Read(&c)
		if errors.Is(err, io.EOF) {
			return entries
		}
		entries = append(entries, describe(c, err))
	}
}

func rangeAll(r *conns.Reader) (entries []string) {
	for c, err := range r.All() {
		entries = append(entries, describe(c, err))
	}
	return entries
}

func describe(c conns.Connection, err error) string {
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%s %v %v %v %s %v %v %d %s %s", c.Protocol, c.Client, c.Virtual, c.Destination,
		c.State, c.Origin, c.Expires, c.RawExpires, c.Engine, c.EngineData)
}

// Breaking off leaves the rest of the table, from the next line on.
func TestAllInParts(t *testing.T) {
	r := conns.NewReader(strings.NewReader(head + entry + "x\n" + strings.Replace(entry, "899", " 60", 1)))
	for _, want := range []string{
		read,
		"line 3: malformed entry",
		"TCP 127.0.0.1:50000 10.0.0.1:80 10.0.0.2:8080 ESTABLISHED unknown 1m0s 60  ",
	} {
		var got []string
		for c, err := range r.All() {
			got = append(got, describe(c, err))
			break
		}
		require.Equal(t, []string{want}, got)
	}
	require.Empty(t, rangeAll(r))
}

// With an error there is no connection, and a line's error can be told from others.
func TestAllErrors(t *testing.T) {
	var got []error
	for c, err := range conns.NewReader(io.MultiReader(strings.NewReader(head+"TCP x\nTCP"), failing{})).All() {
		require.Equal(t, conns.Connection{}, c)
		got = append(got, err)
	}
	require.Equal(t, []error{&conns.LineError{Line: 2}, io.ErrClosedPipe}, got)
	require.Equal(t, []string{"unexpected EOF"}, rangeAll(conns.NewReader(strings.NewReader(""))))
}

func TestHead(t *testing.T) {
	for name, test := range map[string]struct {
		table io.Reader
		want  error
	}{
		"none":       {strings.NewReader(""), io.ErrUnexpectedEOF},
		"failing":    {failing{}, io.ErrClosedPipe},
		"empty":      {strings.NewReader("\n"), nil},
		"no newline": {strings.NewReader("Pro"), nil},
		"long":       {strings.NewReader(strings.Repeat("x", 2*conns.BlockSize+1) + "\n"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := conns.NewReader(test.table)
			for range 2 { // another time changes nothing
				require.ErrorIs(t, r.Head(), test.want)
			}
			want := test.want
			if want == nil {
				want = io.EOF
			}
			require.ErrorIs(t, r.Next(new(conns.Block)), want)
		})
	}
}

// Next reads past the head by itself, and knows the numbers of lines.
func TestNextWithoutHead(t *testing.T) {
	r := conns.NewReader(strings.NewReader(head + entry + "x\n"))
	var b conns.Block
	require.NoError(t, r.Next(&b))
	require.Equal(t, []string{read, "line 3: malformed entry"}, readBlock(b))
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
		want = append(want, fmt.Sprintf("UDP 127.0.0.1:%d 10.0.0.1:80 10.0.0.2:8080 UDP unknown 4m59s 299 sip %s", i, client))
	}
	table.WriteString("x")
	want = append(want, fmt.Sprintf("line %d: malformed entry", count+2))
	for name, r := range map[string]io.Reader{
		"whole":   strings.NewReader(table.String()),
		"bytes":   iotest.OneByteReader(strings.NewReader(table.String())),
		"halves":  iotest.HalfReader(strings.NewReader(table.String())),
		"and EOF": iotest.DataErrReader(strings.NewReader(table.String())),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := readAll(r)
			require.Empty(t, cmp.Diff(want, got))
			require.ErrorIs(t, err, io.EOF)
		})
	}
}

// A copy of a block goes through its lines by itself.
func TestBlockCopy(t *testing.T) {
	r := conns.NewReader(strings.NewReader(head + "x\n" + entry))
	var b conns.Block
	require.NoError(t, r.Next(&b))
	want := []string{"line 2: malformed entry", read}
	require.Equal(t, want, readBlock(b))
	require.Equal(t, want, readBlock(b))
}

// What was read stays as it is when the block is read into again.
func TestConnectionsStay(t *testing.T) {
	other := strings.Repeat("UDP 0A0A0A0A 0035 0A000001 0035 0A000003 0035 ANOTHER_ONE     111 xxx yyyyy\n", 2*conns.BlockSize/70)
	var first *conns.Connection
	for c, err := range conns.NewReader(strings.NewReader(head + "IP_9" + strings.TrimSuffix(entry[3:], "\n") + " eng data\n" + other)).All() {
		require.NoError(t, err)
		if first == nil {
			first = &c
		}
	}
	require.Equal(t, "IP_9"+read[3:len(read)-1]+"eng data", describe(*first, nil))
}

// A line of any length is read past, and the next one is read.
func TestLongLine(t *testing.T) {
	for _, n := range []int{conns.BlockSize - 1, conns.BlockSize, conns.BlockSize + 1,
		2*conns.BlockSize - 1, 2 * conns.BlockSize, 5*conns.BlockSize + 1} {
		for _, test := range []struct {
			table string
			want  []string
		}{
			{strings.Repeat("x", n) + "\n" + entry, []string{"line 2: malformed entry", read}},
			{entry + strings.Repeat("x", n) + "\n" + entry, []string{read, "line 3: malformed entry", read}},
			{strings.Repeat("x", n) + "\n" + entry + "x", []string{"line 2: malformed entry", read, "line 4: malformed entry"}},
			{strings.Repeat("x", n), []string{"line 2: malformed entry"}},
			{strings.Repeat("x", n) + "\n", []string{"line 2: malformed entry"}},
		} {
			got, err := readAll(strings.NewReader(head + test.table))
			require.Empty(t, cmp.Diff(test.want, got), "%d bytes", n)
			require.ErrorIs(t, err, io.EOF)
		}
	}
}

// A line that is cut off by an error is not an entry, and not reported as one.
func TestReadError(t *testing.T) {
	got, err := readAll(io.MultiReader(strings.NewReader(head+"x\n"+entry[:len(entry)-1]), failing{}))
	require.Equal(t, []string{"line 2: malformed entry"}, got)
	require.ErrorIs(t, err, io.ErrClosedPipe)
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }

// TestAllocations checks that a line costs no allocation, from the kernel's form to
// ours, except for the data of an engine.
func TestAllocations(t *testing.T) {
	const lines = entry +
		"UDP 2001:0db8:0000:0000:0000:0000:0000:0001 13C4 2001:0db8:0000:0000:0000:0000:0000:0002 0050 " +
		"0A000002 13C4 UDP             299\n" +
		"TCP  7F000001 C350  0A000001 0050 0A000002 1F90 ESTABLISHED 899\n" // not in columns
	table := format.ConnectionTable{Engines: true}
	r := conns.NewReader(strings.NewReader(head + lines))
	var block conns.Block
	require.NoError(t, r.Next(&block))
	text := make([]byte, 0, 1024)
	var c conns.Connection
	require.Zero(t, testing.AllocsPerRun(100, func() {
		b := block
		text = text[:0]
		for b.Read(&c) == nil {
			text = table.AppendConnection(text, &c)
		}
	}))
	require.Equal(t, 3, strings.Count(string(text), "\n"))
}

// FuzzRead checks the quick way of reading entries against the general one, too.
func FuzzRead(f *testing.F) {
	f.Add(head + entry)
	f.Add("\n\n")
	for _, form := range forms {
		f.Add(head + form.line + "\n")
	}
	f.Add(head + "UDP 2001:0db8:0000:0000:0000:0000:0000:0001 13C4 0A000001 13C4 0A000002 13C4 UDP  299 sip a\n")
	f.Add(syncHead + "TCP 7F000001 C350 0A000001 0050 0A000002 1F90 ESTABLISHED LOCAL      899\n")
	f.Add(syncHead + "TCP 7F000001 C350 0A000001 0050 0A000002 1F90 ESTABLISHED SYNC   73786976294838206\n")
	f.Fuzz(func(t *testing.T, table string) {
		got, err := readAll(strings.NewReader(table))
		if errors.Is(err, io.ErrUnexpectedEOF) && table == "" {
			return
		}
		require.ErrorIs(t, err, io.EOF)
		require.Empty(t, cmp.Diff(got, rangeAll(conns.NewReader(strings.NewReader(table)))))
		// Two blanks in place of one are not columns.
		head, lines, _ := strings.Cut(table, "\n")
		slow, _ := readAll(strings.NewReader(head + "\n" + strings.ReplaceAll(lines, " ", "  ")))
		if diff := cmp.Diff(slow, got); diff != "" && len(table) < conns.BlockSize/2 {
			t.Errorf("entries without columns and with (-without +with):\n%s", diff)
		}
	})
}

// A pageReader reads like the kernel's table: a page at most at a time. It notes the sizes of reads.
type pageReader struct {
	table io.Reader
	sizes []int
}

func (p *pageReader) Read(b []byte) (int, error) {
	p.sizes = append(p.sizes, len(b))
	return p.table.Read(b[:min(len(b), 4000)])
}

// No read asks for less than the largest page that a machine has.
func TestReadSizes(t *testing.T) {
	p := &pageReader{table: strings.NewReader(head + strings.Repeat(entry, 5000))}
	entries, err := readAll(p)
	require.ErrorIs(t, err, io.EOF)
	require.Len(t, entries, 5000)
	require.GreaterOrEqual(t, slices.Min(p.sizes), 64<<10)
}
