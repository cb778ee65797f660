// SPDX-License-Identifier: Apache-2.0

package resolve

import (
	"cmp"
	"encoding/binary"
	"net/netip"
	"sort"

	"github.com/ipvsadm-go/ipvsadm/internal/rtnetlink"
	"golang.org/x/sys/unix"
)

// A local is an address of this machine or of its gateway, with its sort keys.
type local struct {
	addr   netip.Addr
	scope  uint8
	metric uint32
	index  uint32
}

// localAddresses returns the addresses of this machine that are visible to others, those with the widest scope first.
func localAddresses(ipv6 bool) []netip.Addr {
	var all []local
	for _, e := range rtnetlink.All(unix.RTM_GETADDR, familyOf(ipv6), unix.SizeofIfAddrmsg) {
		flags, scope := e.Header[2], e.Header[3]
		addr, ok := e.Addr()
		if ok && flags&unix.IFA_F_DEPRECATED == 0 && scope < unix.RT_SCOPE_HOST {
			all = append(all, local{addr: addr, scope: scope, index: binary.NativeEndian.Uint32(e.Header[4:])})
		}
	}
	return inOrder(all)
}

// localGateways returns the gateways of the default routes, the preferred first.
func localGateways(ipv6 bool) []netip.Addr {
	var all []local
	for _, e := range rtnetlink.All(unix.RTM_GETROUTE, familyOf(ipv6), unix.SizeofRtMsg) {
		h := e.Header
		isDefault := h[1] == 0 && h[2] == 0 && h[4] == unix.RT_TABLE_MAIN && h[7] == unix.RTN_UNICAST
		if addr, ok := netip.AddrFromSlice(e.Attributes[unix.RTA_GATEWAY]); ok && isDefault {
			all = append(all, local{addr: addr, metric: e.Uint32(unix.RTA_PRIORITY), index: e.Uint32(unix.RTA_OIF)})
		}
	}
	return inOrder(all)
}

func familyOf(ipv6 bool) int {
	if ipv6 {
		return unix.AF_INET6
	}
	return unix.AF_INET
}

// inOrder returns the addresses, those first that others should use.
func inOrder(all []local) []netip.Addr {
	sort.SliceStable(all, func(i, j int) bool {
		a, b := &all[i], &all[j]
		return cmp.Or(cmp.Compare(a.scope, b.scope), cmp.Compare(a.metric, b.metric), cmp.Compare(a.index, b.index),
			a.addr.Compare(b.addr)) < 0
	})
	addrs := make([]netip.Addr, len(all))
	for i, l := range all {
		addrs[i] = l.addr
	}
	return addrs
}

// outboundAddress returns the source address of packets to another address.
func outboundAddress(to netip.Addr) (netip.Addr, bool) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return netip.Addr{}, false
	}
	defer unix.Close(fd)
	if err := unix.Connect(fd, &unix.SockaddrInet4{Port: 53, Addr: to.As4()}); err != nil {
		return netip.Addr{}, false
	}
	sa, err := unix.Getsockname(fd)
	from, ok := sa.(*unix.SockaddrInet4)
	if err != nil || !ok {
		return netip.Addr{}, false
	}
	return netip.AddrFrom4(from.Addr), true
}
