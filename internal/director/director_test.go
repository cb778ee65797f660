// SPDX-License-Identifier: Apache-2.0

package director

import (
	"encoding/binary"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/check"
	"github.com/ipvsadm-go/ipvsadm/internal/rtnetlink"
)

// Interfaces have their addresses, and what checks look at.
func TestLinks(t *testing.T) {
	header := func(index, flags uint32) []byte {
		b := make([]byte, unix.SizeofIfInfomsg)
		binary.NativeEndian.PutUint32(b[4:], index)
		binary.NativeEndian.PutUint32(b[8:], flags)
		return b
	}
	kind := func(name string) []byte {
		b := binary.NativeEndian.AppendUint16(nil, uint16(unix.SizeofRtAttr+len(name)+1))
		return append(append(binary.NativeEndian.AppendUint16(b, unix.IFLA_INFO_KIND), name...), 0)
	}
	number := func(n uint32) []byte { return binary.NativeEndian.AppendUint32(nil, n) }
	entries := []rtnetlink.Entry{
		{Header: header(1, unix.IFF_UP|unix.IFF_RUNNING|unix.IFF_LOOPBACK), Attributes: map[uint16][]byte{unix.IFLA_IFNAME: []byte("lo\x00"), unix.IFLA_MTU: number(65536)}},
		{Header: header(7, unix.IFF_UP|unix.IFF_MULTICAST), Attributes: map[uint16][]byte{unix.IFLA_IFNAME: []byte("br0\x00"), unix.IFLA_LINKINFO: kind("bridge"), unix.IFLA_ADDRESS: {2, 0, 0, 0, 0, 1}}},
		{Header: header(9, unix.IFF_NOARP), Attributes: map[uint16][]byte{unix.IFLA_IFNAME: []byte("d0\x00"), unix.IFLA_LINKINFO: kind("dummy")}},
		{Header: header(10, 0), Attributes: map[uint16][]byte{unix.IFLA_LINKINFO: kind("bridge")[2:]}},
	}
	addr := func(index uint32, bits byte, a ...byte) rtnetlink.Entry {
		h := header(index, 0)[:unix.SizeofIfAddrmsg]
		h[1] = bits
		return rtnetlink.Entry{Header: h, Attributes: map[uint16][]byte{unix.IFA_LOCAL: a}}
	}
	got := links(entries, []rtnetlink.Entry{addr(7, 24, 192, 0, 2, 1), addr(8, 8, 10, 0, 0, 1), addr(7, 32, 192, 0, 2, 80), addr(7, 8)})
	require.Equal(t, []check.Link{
		{Name: "lo", Index: 1, Up: true, Running: true, Loopback: true, MTU: 65536},
		{Name: "br0", Index: 7, Up: true, Multicast: true, Bridge: true, MAC: []byte{2, 0, 0, 0, 0, 1},
			Prefixes: []netip.Prefix{netip.MustParsePrefix("192.0.2.1/24"), netip.MustParsePrefix("192.0.2.80/32")}},
		{Name: "d0", Index: 9, NoARP: true},
		{Index: 10},
	}, got)
}
