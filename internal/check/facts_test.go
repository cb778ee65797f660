// SPDX-License-Identifier: Apache-2.0

package check

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A service takes the connections of its protocol, address and port, and with port 0, those of all ports.
func TestServiceTakes(t *testing.T) {
	dns := netip.AddrPortFrom(vip, 53)
	for _, tt := range []struct {
		path      Path
		port, all bool
	}{
		{Path{Protocol: "UDP", Virtual: dns}, true, true},
		{Path{Protocol: "UDP", Virtual: netip.AddrPortFrom(vip, 54)}, false, true},
		{Path{Protocol: "TCP", Virtual: dns}, false, false},
		{Path{Protocol: "UDP", Virtual: netip.AddrPortFrom(client, 53)}, false, false},
	} {
		require.Equal(t, tt.port, (&Service{Key: Key{Protocol: "UDP", Addr: dns}}).takes(&tt.path), tt.path)
		require.Equal(t, tt.all, (&Service{Key: Key{Protocol: "UDP", Addr: netip.AddrPortFrom(vip, 0)}}).takes(&tt.path), tt.path)
	}
}

// Of connections that have ended, the last one counts, whichever path it is on.
func TestCounts(t *testing.T) {
	idle := func(seconds ...time.Duration) (c Counts) {
		for _, s := range seconds {
			c.End(s * time.Second)
		}
		return c
	}
	require.Equal(t, Counts{Ended: 1, EndedIdle: 5 * time.Second}, idle(5))
	require.Equal(t, Counts{Ended: 3, EndedIdle: 3 * time.Second}, idle(5, 3, 4))

	ended, other := idle(5), idle(7, 4)
	half := Counts{Half: 2, Stale: 1, Client: client, Virtual: vip, HalfIdle: 9 * time.Second}
	later := Counts{Half: 1, Client: rs1, Virtual: vip6, HalfIdle: 2 * time.Second}
	established := Counts{Established: 3, Others: 2, Client: rs2, Virtual: vip}
	sum := Counts{}
	for _, step := range []struct {
		add  Counts
		want Counts
	}{
		{ended, ended},
		{half, Counts{Half: 2, Stale: 1, Client: client, Virtual: vip, HalfIdle: 9 * time.Second, Ended: 1, EndedIdle: 5 * time.Second}},
		{other, Counts{Half: 2, Stale: 1, Client: client, Virtual: vip, HalfIdle: 9 * time.Second, Ended: 3, EndedIdle: 4 * time.Second}},
		{established, Counts{Half: 2, Stale: 1, Established: 3, Others: 2, Client: client, Virtual: vip, HalfIdle: 9 * time.Second,
			Ended: 3, EndedIdle: 4 * time.Second}},
		{later, Counts{Half: 3, Stale: 1, Established: 3, Others: 2, Client: rs1, Virtual: vip6, HalfIdle: 9 * time.Second,
			Ended: 3, EndedIdle: 4 * time.Second}},
	} {
		sum.add(&step.add)
		require.Equal(t, step.want, sum)
	}
}

// An interface has its addresses, and reaches the others of their networks.
func TestLinkAddresses(t *testing.T) {
	l := &working().Links[1]
	for _, tt := range []struct {
		addr         string
		has, reaches bool
	}{
		{"192.0.2.1", true, true},
		{"192.0.2.10", true, true},
		{"192.0.2.2", false, true},
		{"2001:db8:1::10", true, false},
		{"198.51.100.1", false, false},
	} {
		a := netip.MustParseAddr(tt.addr)
		require.Equal(t, tt.has, l.Has(a), a)
		require.Equal(t, tt.reaches, l.Reaches(a), a)
	}
}

// A socket of IPv6 takes IPv4 as well, unless it has an address.
func TestListens(t *testing.T) {
	for _, tt := range []struct {
		protocol, socket string
		ipv4, ipv6       bool
	}{
		{"TCP", "0.0.0.0:80", true, false},
		{"TCP", "[::]:80", true, true},
		{"TCP", "192.0.2.10:80", true, false},
		{"TCP", "[::ffff:192.0.2.10]:80", true, false},
		{"TCP", "[2001:db8:1::10]:80", false, true},
		{"TCP", "127.0.0.1:80", false, false},
		{"TCP", "[::]:81", false, false},
		{"UDP", "[::]:80", false, false},
	} {
		f := &Facts{Listeners: []Listener{{tt.protocol, netip.MustParseAddrPort(tt.socket)}}}
		require.Equal(t, tt.ipv4, f.listens("TCP", web.Addr), tt)
		require.Equal(t, tt.ipv6, f.listens("TCP", web6.Addr), tt)
	}
	f := &Facts{Listeners: []Listener{{"UDP", netip.MustParseAddrPort("[::]:80")}}}
	require.True(t, f.listens("", web.Addr), "of a mark")
}

// Clients in other networks are far from each other, in the network for benchmarks.
func TestOutside(t *testing.T) {
	var all []string
	for _, a := range Outside() {
		all = append(all, a.String())
	}
	require.Equal(t, []string{"198.18.0.1", "198.18.1.17", "198.18.2.33", "198.18.3.49", "198.18.4.65", "198.18.5.81", "198.18.6.97", "198.18.7.113"}, all)
}
