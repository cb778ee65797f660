// SPDX-License-Identifier: Apache-2.0

package resolve

import (
	"context"
	"net/netip"
	"strings"
)

// myhostname resolves this machine's own names, as described in nss-myhostname(8).
type myhostname struct {
	hostName  string
	addresses func(ipv6 bool) []netip.Addr
	gateways  func(ipv6 bool) []netip.Addr
	outbound  func(gateway netip.Addr) (netip.Addr, bool)
}

func newMyhostname() *myhostname {
	return &myhostname{hostName: hostName(), addresses: localAddresses, gateways: localGateways, outbound: outboundAddress}
}

// addrOf returns the IPv4 address of a name of this machine.
func (m *myhostname) addrOf(_ context.Context, host string) (netip.Addr, status) {
	name := strings.TrimSuffix(lower(host), ".")
	switch {
	case isLocalhost(name):
		return netip.AddrFrom4([4]byte{127, 0, 0, 1}), success
	case name == "_gateway":
		return firstOf(m.gateways(false))
	case name == "_outbound":
		for _, gateway := range m.gateways(false) {
			if a, ok := m.outbound(gateway); ok {
				return a, success
			}
		}
	case m.hostName != "" && strings.TrimSuffix(host, ".") == m.hostName:
		if a, s := firstOf(m.addresses(false)); s == success {
			return a, s
		}
		return netip.AddrFrom4([4]byte{127, 0, 0, 2}), success
	}
	return netip.Addr{}, notFound
}

// isLocalhost reports whether a lower-case name always refers to the machine itself.
func isLocalhost(name string) bool {
	name = strings.TrimSuffix(name, ".localdomain")
	return name == "localhost" || strings.HasSuffix(name, ".localhost")
}

func firstOf(addrs []netip.Addr) (netip.Addr, status) {
	if len(addrs) == 0 {
		return netip.Addr{}, notFound
	}
	return addrs[0], success
}

// nameOf returns the name of an address of this machine or of its gateway.
func (m *myhostname) nameOf(_ context.Context, a netip.Addr) (string, status) {
	switch a {
	case netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback():
		return "localhost", success
	case netip.AddrFrom4([4]byte{127, 0, 0, 2}):
		return m.hostName, success
	}
	for _, local := range m.addresses(a.Is6()) {
		if local == a {
			return m.hostName, success
		}
	}
	for _, gateway := range m.gateways(a.Is6()) {
		if gateway == a {
			return "_gateway", success
		}
	}
	return "", notFound
}
