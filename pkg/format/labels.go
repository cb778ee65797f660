// SPDX-License-Identifier: Apache-2.0

package format

import (
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/conns"
)

// What follows appends parts of lines, of which nothing is cut. Names may be nil.

// AppendServiceLabel appends the beginning of a service's line: "TCP  192.0.2.1:80".
func AppendServiceLabel(b []byte, k *ipvsnl.ServiceKey, names Names) []byte {
	return appendWholeLabel(b, k, names)
}

// AppendServerLabel appends the beginning of the line of a destination, of a service with that protocol:
// "  -> 198.51.100.1:80".
func AppendServerLabel(b []byte, a netip.AddrPort, protocol ipvsnl.Protocol, names Names) []byte {
	return appendWholeAddrPort(append(b, "  -> "...), a, protocol, names)
}

// AppendClientLabel appends the beginning of the line of a connection: "TCP  203.0.113.1:40000".
func AppendClientLabel(b []byte, c *conns.Connection, names Names) []byte {
	return AppendEnd(appendLeft(b, c.Protocol, protocolWidth), c, c.Client, names)
}

// AppendEnd appends an end of a connection: "192.0.2.1:80".
func AppendEnd(b []byte, c *conns.Connection, a netip.AddrPort, names Names) []byte {
	var protocol ipvsnl.Protocol
	if names != nil {
		protocol = portProtocol(c.Protocol)
	}
	return appendWholeAddrPort(b, a, protocol, names)
}

// AppendDetails appends the scheduler of a service, and what belongs to it: "rr persistent 360".
func AppendDetails(b []byte, s *ipvsnl.ServiceState) []byte { return appendDetails(b, s) }

// AppendTunnel appends the tunnel of a destination: "gue:6080:+c".
func AppendTunnel(b []byte, d *ipvsnl.DestinationState) []byte { return tunnel(b, d) }

// OriginName returns the name of an origin in listings: "Synced".
func OriginName(o conns.Origin) string { return originNames[o] }
