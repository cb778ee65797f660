// SPDX-License-Identifier: Apache-2.0

package conns

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const columnsLine = "TCP 0A800001 C350 0A00FF01 0050 C0A80002 1F90 ESTABLISHED     899\n"

func (e Endpoint) String() string {
	return netip.AddrPortFrom(netip.AddrFrom4(e.Addr), e.Port).String()
}

func TestReadColumns(t *testing.T) {
	for line, want := range map[string]string{
		columnsLine: "TCP |10.128.0.1:50000 10.0.255.1:80 192.168.0.2:8080|ESTABLISHED|899",
		"UDP 0a800001 c350 0A00FF01 0035 C0A80002 0035 UDP               0\n":  "UDP |10.128.0.1:50000 10.0.255.1:53 192.168.0.2:53|UDP        |0",
		"IP  0A800001 0000 0000000A 0000 C0A80002 0000 NONE         999999\n":  "IP  |10.128.0.1:0 0.0.0.10:0 192.168.0.2:0|NONE       |999999",
		"SCTP 0A800001 C350 0A00FF01 0050 C0A80002 1F90 C-ECHOED          1\n": "SCTP|10.128.0.1:50000 10.0.255.1:80 192.168.0.2:8080|C-ECHOED   |1",
		"X   0A800001 C350 0A00FF01 0050 C0A80002 1F90 !                 1\n":  "X   |10.128.0.1:50000 10.0.255.1:80 192.168.0.2:8080|!          |1",
	} {
		b := Block{lines: []byte(line + "x"), line: 7}
		var c Columns
		require.True(t, b.ReadColumns(&c), line)
		got := fmt.Sprintf("%s|%v %v %v|%s|%d", c.Protocol, c.Client, c.Virtual, c.Destination, c.State, c.Expires)
		require.Equal(t, want, got)
		require.Equal(t, "x", string(b.lines))
		require.Equal(t, 8, b.line)
	}
}

// Other entries are left to Read, as they are.
func TestReadColumnsOfOthers(t *testing.T) {
	for _, line := range []string{
		"",
		"TCP",
		"TCP\n",
		strings.TrimSuffix(columnsLine, "\n"),
		strings.Replace(columnsLine, "    899\n", "1000000\n", 1),
		strings.Replace(columnsLine, "    899\n", "     89\n", 1)[1:],
		strings.Replace(columnsLine, "\n", " sip data\n", 1),
		strings.Replace(columnsLine, "899", "   ", 1),
		strings.Replace(columnsLine, "ESTABLISHED", "           ", 1),
		"TCP 2001:0db8:0000:0000:0000:0000:0000:0001 C350 0A00FF01 0050 C0A80002 1F90 ESTABLISHED     899\n",
	} {
		b := Block{lines: []byte(line), line: 7}
		require.False(t, b.ReadColumns(new(Columns)), line)
		require.Equal(t, line, string(b.lines))
		require.Equal(t, 7, b.line)
	}
	b := Block{lines: []byte(columnsLine), origin: true}
	require.False(t, b.ReadColumns(new(Columns)))
}

// Whatever a line is like, ReadColumns reads what Read reads, or nothing, and nothing is left of what was read before.
func TestReadColumnsAsRead(t *testing.T) {
	for _, whole := range []string{columnsLine, "SCTP 0A800001 C350 0A00FF01 0050 C0A80002 1F90 NONE           1234\n"} {
		read := 0
		for at := range len(whole) {
			for _, other := range []byte(" \t\n\x000189ABFGafgz/:@`\xa0") {
				line := []byte(whole + columnsLine)
				line[at] = other
				b := Block{lines: line}
				quick := b
				var c Columns
				if !quick.ReadColumns(&c) {
					continue
				}
				read++
				var want Connection
				require.NoError(t, b.Read(&want), "%q", line)
				require.Equal(t, b.lines, quick.lines, "%q", line)
				require.Equal(t, b.line, quick.line)
				require.Equal(t, want, connectionOf(&c), "%q", line)
				require.True(t, quick.ReadColumns(&c))
				require.NoError(t, b.Read(&want))
				require.Equal(t, want, connectionOf(&c), "%q", line)
			}
		}
		require.Greater(t, read, 400)
	}
}

func connectionOf(c *Columns) Connection {
	addr := func(e Endpoint) netip.AddrPort { return netip.AddrPortFrom(netip.AddrFrom4(e.Addr), e.Port) }
	got := Connection{
		Protocol: strings.TrimRight(string(c.Protocol[:]), " "),
		Client:   addr(c.Client), Virtual: addr(c.Virtual), Destination: addr(c.Destination),
		State: strings.TrimRight(string(c.State[:]), " "),
	}
	got.setExpires(int64(c.Expires))
	return got
}

func BenchmarkReadColumns(b *testing.B) {
	for b.Loop() {
		block := Block{lines: []byte(tables["IPv4"])}
		var c Columns
		for range lines {
			if !block.ReadColumns(&c) {
				b.Fatal("not in columns")
			}
		}
	}
}
