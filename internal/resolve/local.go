// SPDX-License-Identifier: Apache-2.0

package resolve

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"net/netip"
	"slices"
	"syscall"

	"github.com/mdlayher/netlink"
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
	return dump(unix.RTM_GETADDR, ipv6, func(data []byte) (l local, ok bool) {
		if len(data) < unix.SizeofIfAddrmsg {
			return l, false
		}
		flags, scope := data[2], data[3]
		if flags&unix.IFA_F_DEPRECATED != 0 || scope >= unix.RT_SCOPE_HOST {
			return l, false
		}
		l.scope, l.index = scope, binary.NativeEndian.Uint32(data[4:8])
		var other netip.Addr // the far end of a point-to-point link
		err := attributes(data[unix.SizeofIfAddrmsg:], func(kind uint16, value []byte) {
			switch kind {
			case unix.IFA_LOCAL:
				l.addr, _ = netip.AddrFromSlice(value)
			case unix.IFA_ADDRESS:
				other, _ = netip.AddrFromSlice(value)
			}
		})
		if !l.addr.IsValid() {
			l.addr = other
		}
		return l, err == nil && l.addr.IsValid()
	})
}

// localGateways returns the gateways of the default routes, the preferred first.
func localGateways(ipv6 bool) []netip.Addr {
	return dump(unix.RTM_GETROUTE, ipv6, func(data []byte) (l local, ok bool) {
		if len(data) < unix.SizeofRtMsg || data[1] != 0 || data[2] != 0 || data[4] != unix.RT_TABLE_MAIN || data[7] != unix.RTN_UNICAST {
			return l, false
		}
		err := attributes(data[unix.SizeofRtMsg:], func(kind uint16, value []byte) {
			switch {
			case kind == unix.RTA_GATEWAY:
				l.addr, _ = netip.AddrFromSlice(value)
			case kind == unix.RTA_PRIORITY && len(value) == 4:
				l.metric = binary.NativeEndian.Uint32(value)
			case kind == unix.RTA_OIF && len(value) == 4:
				l.index = binary.NativeEndian.Uint32(value)
			}
		})
		return l, err == nil && l.addr.IsValid()
	})
}

// dump asks the kernel for all entries of a kind and family, and returns the addresses of those that
// read accepts, in order. It does so with package syscall: a connection of package netlink would need two more
// file descriptors, and make the program larger by a fiftieth.
func dump(kind int, ipv6 bool, read func(data []byte) (local, bool)) []netip.Addr {
	family := unix.AF_INET
	if ipv6 {
		family = unix.AF_INET6
	}
	entries, err := syscall.NetlinkRIB(kind, family)
	if err != nil {
		return nil
	}
	messages, err := syscall.ParseNetlinkMessage(entries)
	if err != nil {
		return nil
	}
	var all []local
	for _, m := range messages {
		if len(m.Data) == 0 || int(m.Data[0]) != family {
			continue
		}
		if l, ok := read(m.Data); ok {
			all = append(all, l)
		}
	}
	slices.SortFunc(all, func(a, b local) int {
		return cmp.Or(cmp.Compare(a.scope, b.scope), cmp.Compare(a.metric, b.metric), cmp.Compare(a.index, b.index),
			bytes.Compare(a.addr.AsSlice(), b.addr.AsSlice()))
	})
	addrs := make([]netip.Addr, len(all))
	for i, l := range all {
		addrs[i] = l.addr
	}
	return addrs
}

// attributes calls read for each attribute of a message.
func attributes(data []byte, read func(kind uint16, value []byte)) error {
	d, err := netlink.NewAttributeDecoder(data)
	if err != nil {
		return err
	}
	for d.Next() {
		read(d.Type(), d.Bytes())
	}
	return d.Err()
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
