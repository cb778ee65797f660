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
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/netns"
	"github.com/ipvsadm-go/ipvsadm/pkg/format"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/conns"
)

// newConnected returns a system with services and connections of all sorts.
func newConnected(t *testing.T) *testSystem {
	s := newTestSystem(t)
	s.restore(t, "-A -t 192.0.2.80:80\n-a -t 192.0.2.80:80 -r 10.0.0.1 -m\n-a -t 192.0.2.80:80 -r 10.0.0.2:8080 -m\n"+
		"-A -u 192.0.2.80:53\n-a -u 192.0.2.80:53 -r 10.0.0.1 -m\n"+
		"-A -t 192.0.2.81 -p\n-a -t 192.0.2.81 -r 10.0.0.3:0 -m\n-a -t 192.0.2.81 -r 10.0.0.4:22 -m\n"+
		"-A -t [2001:db8::80]:80\n-a -t [2001:db8::80]:80 -r [2001:db8::1]:80 -m\n-A -f 7\n-a -f 7 -r 10.0.0.9 -m\n")
	s.connTable = emptyTable +
		"TCP 0A010001 C350 C0000250 0050 0A000001 0050 ESTABLISHED     899\n" +
		"TCP 0A010001 C351 C0000250 0050 0A000001 0050 ESTABLISHED     899\n" +
		"TCP 0A010002 C350 C0000250 0050 0A000002 1F90 TIME_WAIT       119\n" +
		"TCP 0A010003 C350 C0000250 0050 0A000005 0050 ESTABLISHED     899\n" + // of a real server that is gone
		"UDP 0A010001 C350 C0000250 0035 0A000001 0035 UDP             299\n" +
		"UDP 0A010001 C350 C0000250 0050 0A000001 0050 UDP             299\n" + // not of the TCP service
		"TCP 0A010001 C352 C0000251 0016 0A000003 0016 ESTABLISHED     899\n" +
		"TCP 0A010001 C353 C0000251 0017 0A000003 0017 ESTABLISHED     899\n" +
		"TCP 0A010001 C354 C0000251 0017 0A000004 0016 ESTABLISHED     899\n" +
		"TCP 0A010001 0000 C0000251 0000 0A000003 0000 NONE            359\n" +
		"TCP 2001:0db8:0000:0000:0000:0000:0000:0099 C350 2001:0db8:0000:0000:0000:0000:0000:0080 0050 " +
		"2001:0db8:0000:0000:0000:0000:0000:0001 0050 SYN_RECV         59\n" +
		"TCP 0A010001 C355 C0000263 01BB 0A000009 01BB ESTABLISHED     899\n" +
		"TCP 0A010001 C355 C0000264 0050 0A000009 0050 ESTABLISHED     899\n" +
		"IP  0A010001 0000 00000007 0000 0A000009 0000 NONE            359\n"
	return s
}

func TestFilteredConnections(t *testing.T) {
	s := newConnected(t)
	for words, want := range map[string]string{
		"":                                "1 2 3 4 5 6 7 8 9 10 11 12 13 14",
		"-t 192.0.2.80:80":                "1 2 3 4",
		"-t 192.0.2.80":                   "1 2 3 4",
		"-u 192.0.2.80":                   "5 6",
		"-u 192.0.2.80:53":                "5",
		"--sctp-service 192.0.2.80:80":    "",
		"-t [2001:db8::80]:80":            "11",
		"-r 10.0.0.1":                     "1 2 5 6",
		"-r 10.0.0.2:8080":                "3",
		"-t 192.0.2.80:80 -r 10.0.0.2":    "3",
		"-t 192.0.2.80:80 -r 10.0.0.2:80": "",
		"--client 10.1.0.2":               "3",
		"--client 10.1.0.2/31":            "3 4",
		"--client ::/0":                   "11",
		"--client 10.0.0.0/8 -r 10.0.0.9": "12 13 14",
	} {
		lines := strings.SplitAfter(s.connTable, "\n")
		part := lines[0]
		for n := range strings.FieldsSeq(want) {
			part += lines[atoi(t, n)]
		}
		for _, form := range []string{"-n", "", "--json", "--count", "--count -n", "--count --json", "-n --persistent-conn"} {
			expected := expect(t, s, part, "ipvsadm -L -c "+form)
			require.Equal(t, expected, s.input("", "ipvsadm -L -c "+form+" "+words), "%s %s", form, words)
		}
	}
	require.Equal(t, result{stderr: "'--connection' cannot go with '--fwmark-service': the kernel does not record the mark of a connection\n", code: 2},
		s.input("", "ipvsadm -L -c -f 7"))
}

// expect returns the listing of another connection table.
func expect(t *testing.T, s *testSystem, connTable, line string) result {
	t.Helper()
	whole := s.connTable
	defer func() { s.connTable = whole }()
	s.connTable = connTable
	got := s.input("", line)
	require.Zero(t, got.code, line)
	return got
}

func atoi(t *testing.T, s string) (n int) {
	t.Helper()
	_, err := fmt.Sscan(s, &n)
	require.NoError(t, err)
	return n
}

// Connections are counted by what is in the table of services, if it is there.
func TestCount(t *testing.T) {
	s := newConnected(t)
	s.connTable += "ESP 0A010001 01F4 C0000250 01F4 0A000001 01F4 NONE            359\n" // by an old kernel
	require.Equal(t, `Prot LocalAddress:Port  Conns ESTABLISHED NONE SYN_RECV TIME_WAIT UDP
  -> RemoteAddress:Port
TCP  192.0.2.80:80          4           3    0        0         1   0
  -> 10.0.0.1:80            2           2    0        0         0   0
  -> 10.0.0.2:8080          1           0    0        0         1   0
  -> 10.0.0.5:80            1           1    0        0         0   0
TCP  192.0.2.81:0           4           3    1        0         0   0
  -> 10.0.0.3:0             3           2    1        0         0   0
  -> 10.0.0.4:22            1           1    0        0         0   0
TCP  192.0.2.99:443         1           1    0        0         0   0
  -> 10.0.0.9:443           1           1    0        0         0   0
TCP  192.0.2.100:80         1           1    0        0         0   0
  -> 10.0.0.9:80            1           1    0        0         0   0
UDP  192.0.2.80:53          1           0    0        0         0   1
  -> 10.0.0.1:53            1           0    0        0         0   1
UDP  192.0.2.80:80          1           0    0        0         0   1
  -> 10.0.0.1:80            1           0    0        0         0   1
TCP  [2001:db8::80]:80      1           0    0        1         0   0
  -> [2001:db8::1]:80       1           0    0        1         0   0
FWM  7                      1           0    1        0         0   0
  -> 10.0.0.9:0             1           0    1        0         0   0
other                       1           0    1        0         0   0
`, s.input("", "ipvsadm -L -n -c --count").stdout)
	named := s.input("", "ipvsadm -L -c --count").stdout
	require.Contains(t, named, "TCP  web:http ")
	require.Contains(t, named, "  -> 10.0.0.1:http ")

	got := s.input("", "ipvsadm -L -c --count --json -t 192.0.2.81 -r 10.0.0.3")
	require.Equal(t, result{stdout: `[
{"protocol":"TCP","address":"192.0.2.81","port":0,"family":"IPv4","connections":3,"states":{"ESTABLISHED":2,"NONE":1},` +
		`"destinations":[{"address":"10.0.0.3","port":0,"connections":3,"states":{"ESTABLISHED":2,"NONE":1}}]}
]
`}, got)
	s.connTable = emptyTable
	require.Equal(t, result{stdout: "Prot LocalAddress:Port  Conns\n  -> RemoteAddress:Port\n"}, s.input("", "ipvsadm -L -c --count"))
	require.Equal(t, result{stdout: "[\n]\n"}, s.input("", "ipvsadm -L -c --count --json"))
}

// What is not in the table of services is counted by its addresses up to a limit, and from there
// on together.
func TestCountBounded(t *testing.T) {
	c := &counter{
		table:  map[ipvsnl.ServiceKey]map[netip.AddrPort]bool{},
		counts: map[place]*format.States{}, recent: map[ends]*format.States{},
	}
	key := ipvsnl.ServiceKey{Protocol: ipvsnl.TCP, Addr: netip.MustParseAddrPort("192.0.2.1:80")}
	known := netip.MustParseAddrPort("10.0.0.1:80")
	c.table[key] = map[netip.AddrPort]bool{known: true}
	connection := &conns.Connection{Protocol: "TCP", State: "ESTABLISHED", Destination: known}
	const extra = 10
	c.add(&conns.Connection{Protocol: "ESP", State: "ESTABLISHED"})
	clear(c.recent)
	for round := 1; round <= 2; round++ {
		for n := range maxPlaces + extra {
			connection.Virtual = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)}), 80)
			c.add(connection)
			require.LessOrEqual(t, len(c.recent), maxRecent)
			require.True(t, round > 1 || len(c.recent) == n%maxRecent+1, n)
		}
		connection.Virtual = key.Addr
		c.add(connection)
		require.Len(t, c.counts, maxPlaces+2)
		require.Equal(t, format.States{{State: "ESTABLISHED", Count: uint64(round)}}, *c.counts[place{key, known}])
		all := c.sorted()
		require.Len(t, all, maxPlaces+2)
		require.Equal(t, format.ServiceCount{States: format.States{{State: "ESTABLISHED", Count: uint64(1 + round*extra)}}}, all[len(all)-1])
	}
}

// A count appends nothing before its end.
func TestCountAppends(t *testing.T) {
	l := &countLayout{counter: counter{counts: map[place]*format.States{}, recent: map[ends]*format.States{}}}
	require.Equal(t, "x", string(l.AppendHead([]byte("x"))))
	require.Equal(t, "x", string(l.AppendConnection([]byte("x"), &conns.Connection{})))
}

// A table of many blocks is counted whole, and without names.
func TestCountMany(t *testing.T) {
	s := newTestSystem(t)
	s.restore(t, "-A -t 192.0.2.80:80\n-a -t 192.0.2.80:80 -r 10.0.0.1 -m\n")
	var table strings.Builder
	table.WriteString(emptyTable)
	for n := range 20000 {
		line, _ := connection(n)
		table.WriteString(line)
	}
	s.connTable = table.String()
	var all []struct {
		Connections int
		States      map[string]int
	}
	p := new(prefetcher)
	s.names = func(context.Context, func()) names { return p }
	got := s.input("", "ipvsadm -L -c --count --json")
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &all))
	require.Len(t, all, 1)
	require.Equal(t, 20000, all[0].Connections)
	require.Equal(t, map[string]int{"ESTABLISHED": 20000}, all[0].States)
	require.Contains(t, s.input("", "ipvsadm -L -c --count").stdout, " 20000\n")
	require.Empty(t, p.addrs)
}

// What is broken is reported after the counts; without a table there is nothing to count by.
func TestCountFails(t *testing.T) {
	s := newConnected(t)
	s.connTable += "x\nx\n"
	output, code := s.both(nil, "ipvsadm -L -n -c --count -u 192.0.2.80:53")
	require.Equal(t, `Prot LocalAddress:Port  Conns UDP
  -> RemoteAddress:Port
UDP  192.0.2.80:53          1   1
  -> 10.0.0.1:53            1   1
/proc/net/ip_vs_conn: line 16: malformed entry
/proc/net/ip_vs_conn: line 17: malformed entry
`, output)
	require.Equal(t, 1, code)

	line, _ := connection(1)
	s.connections = func(*netns.Namespace, string) (io.ReadCloser, error) {
		return io.NopCloser(io.MultiReader(strings.NewReader(emptyTable+line), iotest.ErrReader(errors.New("worn out")))), nil
	}
	require.Equal(t, result{stderr: "worn out\n", code: 1}, s.input("", "ipvsadm -L -c --count"))
	s.breakReading(getDest)
	require.Equal(t, result{stderr: "Cannot list destinations: netlink send: broken\n", code: 1}, s.input("", "ipvsadm -L -c --count"))
	s.breakReading(getService)
	const unlisted = "Cannot list services: netlink send: broken\n"
	require.Equal(t, result{stderr: unlisted, code: 1}, s.input("", "ipvsadm -L -c --count"))
	withDescriptors(t, 1, func() {
		require.Equal(t, result{stderr: unlisted, code: 1}, s.input("", "ipvsadm -L -c --count"))
	})
}

// Connections and their counts can be watched.
func TestWatchConnections(t *testing.T) {
	s := newConnected(t)
	for _, words := range []string{"-L -n -c --client 10.1.0.2", "-L -n -c --count"} {
		page := s.input("", "ipvsadm "+words).stdout
		out := &raising{}
		require.Zero(t, s.run(strings.Fields("ipvsadm "+words+" --watch 1"), nil, out, out))
		require.Equal(t, page+"\n", out.String())
	}
}

// A raising writer keeps what is written, and raises a signal after it.
type raising struct{ strings.Builder }

func (r *raising) Write(b []byte) (int, error) {
	defer raiseSignal(15)
	return r.Builder.Write(b)
}
