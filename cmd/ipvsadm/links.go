// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/netns"
)

// A link is a network interface.
type link struct {
	name  string
	addrs []netip.Addr

	index uint32
}

func linkNames(all []link) (names []string) {
	for _, l := range all {
		names = append(names, l.name)
	}
	return names
}

// links returns the network interfaces of a namespace, as far as they can be read. Package net would do the same with
// ten times the code.
func links(ns *netns.Namespace) (all []link) {
	_ = ns.Run(func() error {
		all = readLinks()
		return nil
	})
	return all
}

// readLinks reads the interfaces of the thread's namespace.
func readLinks() (all []link) {
	eachRoute(unix.RTM_GETLINK, unix.SizeofIfInfomsg, func(index uint32, attrs map[uint16][]byte) {
		all = append(all, link{name: unix.ByteSliceToString(attrs[unix.IFLA_IFNAME]), index: index})
	})
	eachRoute(unix.RTM_GETADDR, unix.SizeofIfAddrmsg, func(index uint32, attrs map[uint16][]byte) {
		own := attrs[unix.IFA_LOCAL] // with IPv4; of a tunnel, the other is that of its peer
		if own == nil {
			own = attrs[unix.IFA_ADDRESS]
		}
		a, ok := netip.AddrFromSlice(own)
		i := slices.IndexFunc(all, func(l link) bool { return l.index == index })
		if ok && i >= 0 {
			all[i].addrs = append(all[i].addrs, a)
		}
	})
	return all
}

// eachRoute asks for messages of rtnetlink, and calls f with the index and the attributes of each. Both headers of a
// message that are used here have the index of the interface in their second word.
func eachRoute(ask, header int, f func(index uint32, attrs map[uint16][]byte)) {
	data, err := syscall.NetlinkRIB(ask, unix.AF_UNSPEC)
	if err != nil {
		return
	}
	messages, _ := syscall.ParseNetlinkMessage(data) // those that it understands
	for _, m := range messages {
		if len(m.Data) >= header { // the final message is shorter
			f(binary.NativeEndian.Uint32(m.Data[4:]), attributes(&m))
		}
	}
}

func attributes(m *syscall.NetlinkMessage) map[uint16][]byte {
	all := map[uint16][]byte{}
	attrs, _ := syscall.ParseNetlinkRouteAttr(m)
	for _, a := range attrs {
		all[a.Attr.Type] = a.Value
	}
	return all
}
