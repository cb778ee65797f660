// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"net/netip"
	"os"

	"github.com/jsimonetti/rtnetlink/v2"
	"golang.org/x/sys/unix"
)

// surround has the director take packets to the services of a table, and forward those to their real servers. It may be
// called again.
func surround() error {
	for _, name := range []string{"ipv4/ip_forward", "ipv6/conf/all/forwarding"} {
		if err := os.WriteFile("/proc/sys/net/"+name, []byte("1"), 0); err != nil {
			return err
		}
	}
	conn, err := rtnetlink.Dial(nil)
	if err != nil {
		return err
	}
	defer conn.Close()
	for _, r := range []struct {
		to   string
		kind uint8
	}{
		{"10.0.0.0/8", unix.RTN_LOCAL},
		{"20.0.0.0/8", unix.RTN_UNICAST},
		{"2001:db8::/64", unix.RTN_LOCAL},
		{"2001:db8:1::/48", unix.RTN_UNICAST},
	} {
		if err := conn.Route.Replace(routeOverLo(netip.MustParsePrefix(r.to), r.kind)); err != nil {
			return fmt.Errorf("route to %s: %w", r.to, err)
		}
	}
	return nil
}

// routeOverLo returns a route over the loopback interface, which drops what it sends to others.
func routeOverLo(to netip.Prefix, kind uint8) *rtnetlink.RouteMessage {
	const lo = 1
	m := &rtnetlink.RouteMessage{
		Family: unix.AF_INET, DstLength: uint8(to.Bits()), Table: unix.RT_TABLE_MAIN,
		Protocol: unix.RTPROT_STATIC, Scope: unix.RT_SCOPE_LINK, Type: kind,
		Attributes: rtnetlink.RouteAttributes{Dst: to.Addr().AsSlice(), OutIface: lo},
	}
	if to.Addr().Is6() {
		m.Family, m.Scope = unix.AF_INET6, unix.RT_SCOPE_UNIVERSE
	}
	if kind == unix.RTN_LOCAL {
		m.Table, m.Scope = unix.RT_TABLE_LOCAL, unix.RT_SCOPE_HOST
	}
	return m
}
