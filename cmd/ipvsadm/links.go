// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/netns"
	"github.com/ipvsadm-go/ipvsadm/internal/rtnetlink"
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
func readLinks() []link {
	return linksOf(rtnetlink.All(unix.RTM_GETLINK, unix.AF_UNSPEC, unix.SizeofIfInfomsg),
		rtnetlink.All(unix.RTM_GETADDR, unix.AF_UNSPEC, unix.SizeofIfAddrmsg))
}

// linksOf returns interfaces with their addresses.
func linksOf(interfaces, addrs []rtnetlink.Entry) (all []link) {
	for _, e := range interfaces {
		all = append(all, link{name: unix.ByteSliceToString(e.Attributes[unix.IFLA_IFNAME]), index: e.Index()})
	}
	for _, e := range addrs {
		a, ok := e.Addr()
		i := slices.IndexFunc(all, func(l link) bool { return l.index == e.Index() })
		if ok && i >= 0 {
			all[i].addrs = append(all[i].addrs, a)
		}
	}
	return all
}
