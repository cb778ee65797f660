package names

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
)

// nameServers are those that the system asks.
type nameServers struct{ resolver *net.Resolver }

// addrOf asks for an IPv4 address of a host.
func (n *nameServers) addrOf(ctx context.Context, host string) (netip.Addr, status) {
	addrs, err := n.resolver.LookupNetIP(ctx, "ip4", host)
	for _, a := range addrs {
		if a = a.Unmap(); a.Is4() {
			return a, success
		}
	}
	return netip.Addr{}, statusOf(err)
}

// nameOf asks for the name of an address.
func (n *nameServers) nameOf(ctx context.Context, a netip.Addr) (string, status) {
	// There is an error even if only some of the names are no good.
	names, err := n.resolver.LookupAddr(ctx, queried(a).String())
	if len(names) > 0 {
		return strings.TrimSuffix(names[0], "."), success
	}
	return "", statusOf(err)
}

func statusOf(err error) status {
	var e *net.DNSError
	if errors.As(err, &e) && e.IsNotFound {
		return notFound
	}
	return unavail
}

// queried returns the address that name servers are asked for. As in the C library, an IPv6 address that
// holds an IPv4 one stands for that.
func queried(a netip.Addr) netip.Addr {
	b := a.As16()
	if a.Is6() && a != netip.IPv6Loopback() && [12]byte(b[:12]) == [12]byte{} {
		return netip.AddrFrom4([4]byte(b[12:]))
	}
	return a.Unmap()
}
