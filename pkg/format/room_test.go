// SPDX-License-Identifier: Apache-2.0

package format

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/conns"
)

// TestEndpoint compares with what package netip writes.
func TestEndpoint(t *testing.T) {
	for n := range 1 << 16 {
		o := byte(n)
		a := netip.AddrPortFrom(netip.AddrFrom4([4]byte{o, byte(n >> 8), 255 - o, o}), uint16(n))
		if got := appendIPv4Column(nil, a, 0); string(got) != a.String() {
			t.Fatalf("%v is written as %s", a, got)
		}
	}
}

// TestAppendColumns compares lines with those that connections of the same give.
func TestAppendColumns(t *testing.T) {
	var table ConnectionTable
	expires := []uint32{0, 9, 59, 60, 61, 599, 600, 5999, 6000, 59999, 60000, 599999, 600000, 999999}
	ports := []uint16{0, 9, 10, 99, 100, 101, 999, 1000, 1001, 9999, 10000, 10001, 65535}
	for octet := range 256 {
		e := func(i int) conns.Endpoint {
			o := byte(octet)
			return conns.Endpoint{Addr: [...][4]byte{{o, 0, 99, 255}, {10, o, 100, o}, {o, o, o, o}}[i], Port: ports[(octet+i)%len(ports)]}
		}
		for i := range 3 {
			require.Equal(t, addrPort(e(i)).String(), string(appendNumericAddrPort(nil, addrPort(e(i)))))
		}
		for _, protocol := range []string{"TCP", "IP ", "SCTP"} {
			c := conns.Columns{
				Protocol: [4]byte([]byte(protocol + " ")), Client: e(0), Virtual: e(1), Destination: e(2),
				State: [11]byte([]byte("NONE       ")), Expires: expires[octet%len(expires)],
			}
			want := table.AppendConnection([]byte("before\n"), &conns.Connection{
				Protocol: protocol, Client: addrPort(e(0)), Virtual: addrPort(e(1)), Destination: addrPort(e(2)),
				State: "NONE", Expires: time.Duration(c.Expires) * time.Second, RawExpires: int64(c.Expires),
			})
			require.Equal(t, string(want), string(table.AppendColumns([]byte("before\n"), &c)), "%+v", c)
		}
	}
}

func addrPort(e conns.Endpoint) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4(e.Addr), e.Port)
}

// Nothing of what the memory held before is left in a line.
func TestRoom(t *testing.T) {
	dirty := make([]byte, 1000)
	for i := range dirty {
		dirty[i] = 'x'
	}
	c := conns.Columns{Protocol: [4]byte([]byte("TCP ")), State: [11]byte([]byte("ESTABLISHED"))}
	want := fmt.Sprintf("TCP 00:00  ESTABLISHED %-18s %-18s 0.0.0.0:0\n", "0.0.0.0:0", "0.0.0.0:0")
	require.Equal(t, want, string(new(ConnectionTable).AppendColumns(dirty[:0], &c)))
	require.Equal(t, "0.0.0.0:0                   |", string(append(appendIPv4Column(dirty[:0], addrPort(c.Client), destinationWidth), '|')))
	require.Equal(t, "0.0.0.0:0|", string(append(appendIPv4Column(dirty[:3:9][:0], addrPort(c.Client), 0), '|')))
}
