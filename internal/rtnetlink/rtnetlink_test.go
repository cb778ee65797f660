// SPDX-License-Identifier: Apache-2.0

package rtnetlink

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// The loopback interface is there on every machine, with its address in one family.
func TestPlaceAll(t *testing.T) {
	names := map[string]bool{}
	for _, e := range All(unix.RTM_GETLINK, unix.AF_UNSPEC, unix.SizeofIfInfomsg) {
		require.Len(t, e.Header, unix.SizeofIfInfomsg)
		names[unix.ByteSliceToString(e.Attributes[unix.IFLA_IFNAME])] = true
	}
	require.True(t, names["lo"])
	addrs := map[netip.Addr]bool{}
	for _, e := range All(unix.RTM_GETADDR, unix.AF_INET, unix.SizeofIfAddrmsg) {
		a, ok := e.Addr()
		require.True(t, ok)
		require.True(t, a.Is4(), a)
		addrs[a] = true
	}
	require.True(t, addrs[netip.MustParseAddr("127.0.0.1")])
	require.Empty(t, All(unix.RTM_GETADDR, unix.AF_INET, 1<<20))
	require.Empty(t, All(1<<15, unix.AF_UNSPEC, 0), "the kernel knows no such entries")
}

func TestEntry(t *testing.T) {
	own, peer := []byte{192, 0, 2, 1}, []byte{192, 0, 2, 2}
	for _, c := range []struct {
		attributes map[uint16][]byte
		want       string
	}{
		{map[uint16][]byte{unix.IFA_LOCAL: own, unix.IFA_ADDRESS: peer}, "192.0.2.1"},
		{map[uint16][]byte{unix.IFA_ADDRESS: peer}, "192.0.2.2"},
		{map[uint16][]byte{unix.IFA_LOCAL: own[:3]}, "invalid IP"},
	} {
		a, ok := (&Entry{Attributes: c.attributes}).Addr()
		require.Equal(t, c.want, a.String())
		require.Equal(t, a.IsValid(), ok)
	}
	e := &Entry{Attributes: map[uint16][]byte{unix.RTA_OIF: {7, 7, 7, 7}, unix.RTA_PRIORITY: {1}}}
	require.EqualValues(t, 0x07070707, e.Uint32(unix.RTA_OIF))
	require.Zero(t, e.Uint32(unix.RTA_PRIORITY))
	require.Zero(t, e.Uint32(unix.RTA_GATEWAY))
}
