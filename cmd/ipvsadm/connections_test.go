// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/netns"
	"github.com/ipvsadm-go/ipvsadm/pkg/format"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/conns"
)

// connHead is the head of a listing of connections.
const connHead = "IPVS connection entries\npro expire state       source             virtual            destination\n"

// connection returns a line of the connection table and that of the listing.
func connection(n int) (line, listed string) {
	port := 1024 + n%60000
	client := netip.AddrFrom4([4]byte{10, 1, byte(n >> 8), byte(n)})
	line = fmt.Sprintf("TCP 0A01%02X%02X %04X C0000250 0050 0A000001 0050 ESTABLISHED 899\n", byte(n>>8), byte(n), port)
	return line, fmt.Sprintf("TCP 14:59  ESTABLISHED %-18s 192.0.2.80:80      10.0.0.1:80\n", netip.AddrPortFrom(client, uint16(port)))
}

func TestConnections(t *testing.T) {
	s := newTestSystem(t)
	s.connTable = emptyTable
	require.Equal(t, result{stdout: connHead}, s.input("", "ipvsadm -L -n -c"))
	line, listed := connection(5)
	s.connTable += line
	require.Equal(t, result{stdout: connHead + listed}, s.input("", "ipvsadm -L -n -c"))
	require.Equal(t, result{stdout: connHead + "TCP 14:59  ESTABLISHED 10.1.0.5:1029      web:http           10.0.0.1:http\n"},
		s.input("", "ipvsadm -L -c"))
	require.Contains(t, s.input("", "ipvsadm -L -n -c --persistent-conn").stdout, "pe name          pe_data\n")
	require.NotContains(t, s.input("", "ipvsadm -L -n -c").stdout, "pe name")
}

// Lines that do not parse as connections are reported in place, and the listing fails.
func TestConnectionsBroken(t *testing.T) {
	first, listed1 := connection(1)
	second, listed2 := connection(2)
	s := newTestSystem(t)
	for _, c := range []struct{ table, want string }{
		{"x\n", "/proc/net/ip_vs_conn: line 2: malformed entry\n"},
		{first + "x\n" + second, listed1 + listed2 + "/proc/net/ip_vs_conn: line 3: malformed entry\n"},
		{"x\n" + first + "y\n" + second + "z\n", listed1 + "/proc/net/ip_vs_conn: line 2: malformed entry\n" +
			listed2 + "/proc/net/ip_vs_conn: line 4: malformed entry\n" + "/proc/net/ip_vs_conn: line 6: malformed entry\n"},
	} {
		s.connTable = emptyTable + c.table
		output, code := s.both(nil, "ipvsadm -L -n -c")
		require.Equal(t, connHead+c.want, output)
		require.Equal(t, 1, code)
		output, code = s.both(nil, "ipvsadm -L -c")
		require.Equal(t, connHead+strings.NewReplacer("192.0.2.80:80  ", "web:http       ", "10.0.0.1:80\n", "10.0.0.1:http\n").Replace(c.want), output)
		require.Equal(t, 1, code)
	}
}

// A table of many blocks is listed whole and in order.
func TestConnectionsMany(t *testing.T) {
	s := newTestSystem(t)
	var table, want strings.Builder
	table.WriteString(emptyTable)
	want.WriteString(connHead)
	for n := range 20000 {
		line, listed := connection(n)
		table.WriteString(line)
		want.WriteString(listed)
	}
	s.connTable = table.String()
	got := s.input("", "ipvsadm -L -n -c")
	require.Empty(t, got.stderr)
	require.Zero(t, got.code)
	require.True(t, want.String() == got.stdout)
	named := s.input("", "ipvsadm -L -c")
	require.Empty(t, named.stderr)
	require.Equal(t, 20002, strings.Count(named.stdout, "\n"))
	require.Equal(t, 20000, strings.Count(named.stdout, " web:http           10.0.0.1:http\n"))

	var all []any
	got = s.input("", "ipvsadm -L -c --json")
	require.Empty(t, got.stderr)
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &all))
	require.Len(t, all, 20000)
}

// JSON must stay valid, so lines that do not parse are reported after it: the first few
// one by one, and then how many more there are.
func TestConnectionsJSONBroken(t *testing.T) {
	s := newTestSystem(t)
	line, _ := connection(1)
	message := func(line int) string { return fmt.Sprintf("/proc/net/ip_vs_conn: line %d: malformed entry\n", line) }
	for broken, more := range map[int]string{
		0: "", 1: "", 9: "", 10: "",
		11: "/proc/net/ip_vs_conn: more malformed entries: 1\n",
		25: "/proc/net/ip_vs_conn: more malformed entries: 15\n",
	} {
		s.connTable = emptyTable + strings.Repeat("x\n", broken) + line + line
		want := ""
		for n := range min(broken, 10) {
			want += message(n + 2)
		}
		got := s.input("", "ipvsadm -L -c --json")
		require.Equal(t, want+more, got.stderr)
		require.Equal(t, min(broken, 1), got.code)
		var all []any
		require.NoError(t, json.Unmarshal([]byte(got.stdout), &all), got.stdout)
		require.Len(t, all, 2)
	}
	s.connTable = emptyTable + "x\n" + line
	output, _ := s.both(nil, "ipvsadm -L -c --json")
	require.True(t, strings.HasSuffix(output, "\n"+message(2)), output)
}

func TestConnectionsUnreadable(t *testing.T) {
	s := newTestSystem(t)
	s.noConnTable = errors.New("x")
	require.Equal(t, result{stderr: "cannot open file /proc/net/ip_vs_conn\n", code: 1}, s.input("", "ipvsadm -L -c"))
	s.noConnTable = nil
	require.Equal(t, result{stderr: "unexpected input from /proc/net/ip_vs_conn\n", code: 1}, s.input("", "ipvsadm -L -c"))

	line, listed := connection(1)
	closed := 0
	s.connections = func(*netns.Namespace, string) (io.ReadCloser, error) {
		table := io.MultiReader(strings.NewReader(emptyTable+line+"x\n"), iotest.ErrReader(errors.New("worn out")))
		return closer{table, func() { closed++ }}, nil
	}
	output, code := s.both(nil, "ipvsadm -L -n -c")
	require.Equal(t, connHead+listed+"/proc/net/ip_vs_conn: line 3: malformed entry\nworn out\n", output)
	require.Equal(t, 1, code)
	require.Equal(t, 1, closed)
	output, code = s.both(nil, "ipvsadm -L -c --json")
	require.Contains(t, output, "/proc/net/ip_vs_conn: line 3: malformed entry\nworn out\n")
	require.Equal(t, 1, code)
}

// What is copied is begun block by block, before it is written, and nothing is begun after the last.
func TestConnectionsCopy(t *testing.T) {
	var table strings.Builder
	table.WriteString(emptyTable)
	for n := range 5000 {
		line, _ := connection(n)
		table.WriteString(line)
	}
	w := &connectionWriter{con: newConsole("ipvsadm", nil, io.Discard, io.Discard), layout: &format.ConnectionTable{}}
	var begun, written atomic.Int64
	require.NoError(t, w.copy(conns.NewReader(strings.NewReader(table.String())), func(*connectionBlock, conns.Block) {
		begun.Add(1)
		time.Sleep(polling) // so that what would come after the last is seen
	}, func(*connectionBlock) bool {
		written.Add(1)
		return true
	}))
	require.Greater(t, written.Load(), int64(4))
	require.Eventually(t, func() bool { return begun.Load() == written.Load() }, waiting, polling)
}

// Output that is lost before a malformed line ends the listing.
func TestConnectionsLost(t *testing.T) {
	w := &connectionWriter{con: newConsole("ipvsadm", nil, &full{err: unix.ENOSPC}, io.Discard)}
	text := make([]byte, 1<<20)
	b := &connectionBlock{text: text, broken: []brokenLine{{at: len(text), line: 9}}, done: make(chan struct{}, 1)}
	b.done <- struct{}{}
	require.False(t, w.writeText(b))
	require.NoError(t, w.err)
}

// A prefetcher notes the addresses whose names are going to be needed.
type prefetcher struct {
	testNames
	mu    sync.Mutex
	addrs []string
}

func (p *prefetcher) Prefetch(a netip.Addr) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.addrs = append(p.addrs, a.String())
}

// Names are looked up ahead for the addresses of lines that parse, and for none without names.
func TestConnectionsPrefetch(t *testing.T) {
	s := newTestSystem(t)
	first, _ := connection(1)
	second, _ := connection(2)
	s.connTable = emptyTable + first + "TCP 0A010101\n" + second
	var p *prefetcher
	s.names = func(context.Context, func()) names { return p }
	for line, want := range map[string][]string{
		"ipvsadm -L -c":    {"10.1.0.1", "192.0.2.80", "10.0.0.1", "10.1.0.2", "192.0.2.80", "10.0.0.1"},
		"ipvsadm -L -n -c": nil,

		"ipvsadm -L -c --client 10.1.0.2": {"10.1.0.2", "192.0.2.80", "10.0.0.1"},
	} {
		p = new(prefetcher)
		s.input("", line)
		for start := time.Now(); ; time.Sleep(polling) {
			p.mu.Lock()
			got := p.addrs
			p.mu.Unlock()
			if len(got) >= len(want) {
				require.Equal(t, want, got)
				break
			}
			require.Less(t, time.Since(start), waiting)
		}
	}
}

type closer struct {
	io.Reader
	closed func()
}

func (c closer) Close() error {
	c.closed()
	return nil
}

// Origins are in a table of their own.
func TestOrigins(t *testing.T) {
	s := newConnected(t)
	const head = "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Origin Expires\n"
	s.syncTable = head +
		"TCP 0A010001 C350 C0000250 0050 0A000001 0050 ESTABLISHED LOCAL      899\n" +
		"UDP 0A010002 C350 C0000250 0035 0A000002 0035 UDP         SYNC       299\n"
	const listed = "IPVS connection entries\n" +
		"pro expire state       source             virtual            destination        origin\n"
	local := "TCP 14:59  ESTABLISHED 10.1.0.1:50000     192.0.2.80:80      10.0.0.1:80        Local\n"
	synced := "UDP 04:59  UDP         10.1.0.2:50000     192.0.2.80:53      10.0.0.2:53        Synced\n"
	require.Equal(t, result{stdout: listed + local + synced}, s.input("", "ipvsadm -L -n -c --origin"))
	require.Equal(t, result{stdout: listed + synced}, s.input("", "ipvsadm -Lnc --origin --client 10.1.0.2"))
	require.Contains(t, s.input("", "ipvsadm -L -c --origin").stdout, " web:http           10.0.0.1:http      Local\n")
	require.Equal(t, `[
{"protocol":"TCP","client":{"address":"10.1.0.1","port":50000},"virtual":{"address":"192.0.2.80","port":80},`+
		`"destination":{"address":"10.0.0.1","port":80},"state":"ESTABLISHED","expires":899,"origin":"local"},
{"protocol":"UDP","client":{"address":"10.1.0.2","port":50000},"virtual":{"address":"192.0.2.80","port":53},`+
		`"destination":{"address":"10.0.0.2","port":53},"state":"UDP","expires":299,"origin":"synced"}
]
`, s.input("", "ipvsadm -L -c --origin --json").stdout)
	require.NotContains(t, s.input("", "ipvsadm -L -c --json").stdout, "origin")

	s.syncTable += "x\n"
	require.Equal(t, "/proc/net/ip_vs_conn_sync: line 4: malformed entry\n", s.input("", "ipvsadm -L -n -c --origin").stderr)
	s.syncTable = head + strings.Repeat("x\n", 11)
	require.Contains(t, s.input("", "ipvsadm -L -c --origin --json").stderr, "/proc/net/ip_vs_conn_sync: more malformed entries: 1\n")
	s.syncTable = ""
	require.Equal(t, result{stderr: "unexpected input from /proc/net/ip_vs_conn_sync\n", code: 1}, s.input("", "ipvsadm -L -c --origin"))
	s.noConnTable = errors.New("x")
	require.Equal(t, result{stderr: "cannot open file /proc/net/ip_vs_conn_sync\n", code: 1}, s.input("", "ipvsadm -L -c --origin"))
}
