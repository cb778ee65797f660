// SPDX-License-Identifier: Apache-2.0

package flags

import (
	"net/netip"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/visible"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/conns"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/words"
)

// A Filter selects connections. The zero Filter selects all; every field that is set
// narrows the selection. Filters can be compared with ==.
type Filter struct {
	Protocol string         // as in the connection table: "TCP"
	Virtual  netip.AddrPort // of the service; port 0 stands for all ports
	Server   netip.AddrPort // of the real server; port 0 stands for all ports
	Client   netip.Prefix
	Family   ipvsnl.Family // of the service; 0 for both
	VIP      netip.Prefix  // of the service's address
}

// Selects reports whether the filter selects a connection. It compares addresses in
// binary: a table may have millions of lines, of which few are wanted.
func (f *Filter) Selects(c *conns.Connection) bool {
	return (f.Protocol == "" || f.Protocol == c.Protocol) &&
		covers(&f.Virtual, &c.Virtual) && covers(&f.Server, &c.Destination) &&
		(!f.Client.IsValid() || f.Client.Contains(c.Client.Addr())) &&
		(f.Family == 0 || f.Family == ipvsnl.FamilyOf(c.Virtual.Addr())) &&
		(!f.VIP.IsValid() || f.VIP.Contains(c.Virtual.Addr()) && c.Protocol != ofMark)
}

// ofMark is the protocol of a mark's templates, which have the mark in place of an address.
const ofMark = "IP"

// covers reports whether an address is the wanted one, if any is wanted.
func covers(want, a *netip.AddrPort) bool {
	return !want.Addr().IsValid() || want.Addr() == a.Addr() && (want.Port() == 0 || want.Port() == a.Port())
}

// filter returns what selects the connections of a listing.
func (p *parser) filter() Filter {
	f := Filter{Server: p.oneServer(), Client: p.client, Family: p.selection.Family, VIP: p.selection.VIP}
	if k := &p.service.Key; p.given.has(optService) {
		f.Protocol, f.Virtual = words.ProtocolOf(k.Protocol).Name, k.Addr
	}
	return f
}

// oneServer returns the address of a real server to select, if there is one.
func (p *parser) oneServer() netip.AddrPort {
	if !p.serverPort {
		return netip.AddrPortFrom(p.server.Addr.Addr(), 0) // not the service's, which masquerading changes
	}
	return p.server.Addr
}

// checkFilter refuses what no connection can be selected by.
func (p *parser) checkFilter() error {
	if p.cmd.Listing.Subject == Connections && p.service.Key.Mark != 0 {
		return fault("'--connection' cannot go with '--fwmark-service': the kernel does not record the mark of a connection")
	}
	return nil
}

func (p *parser) clientIn(w word) (err error) {
	p.client, err = parsePrefix("client", w)
	return err
}

// parsePrefix reads ADDRESS or ADDRESS/LENGTH. Bits after the prefix do not matter.
func parsePrefix(what string, w word) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(w.value)
	if !strings.Contains(w.value, "/") {
		var a netip.Addr
		if a, err = netip.ParseAddr(w.value); err == nil && a.Zone() == "" {
			p = netip.PrefixFrom(a, a.BitLen())
		}
	}
	if err != nil || !p.IsValid() {
		return netip.Prefix{}, fault("illegal " + what + " `" + visible.Text(w.value) + "' specified: it is an address or ADDRESS/LENGTH")
	}
	return p.Masked(), nil
}
