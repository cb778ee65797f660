// SPDX-License-Identifier: Apache-2.0

package ipvsnl

import "net/netip"

// A Destination is the configuration of a destination (real server) of a service.
// Destinations can be compared with ==.
type Destination struct {
	// Addr is the address and port of the server, which identify it within its service. Its
	// family may differ from the service's only if Forwarding is Tunnel.
	// (IPVS_DEST_ATTR_ADDR, IPVS_DEST_ATTR_PORT, IPVS_DEST_ATTR_ADDR_FAMILY)
	Addr netip.AddrPort

	// Forwarding is the forwarding method. Its zero value is Masquerade.
	// (IPVS_DEST_ATTR_FWD_METHOD, bits IP_VS_CONN_F_FWD_MASK)
	Forwarding Forwarding

	// Weight is the server's share of the connections, 0 to 2^31-1. With 0, which
	// is not replaced by a default, it receives no new ones.
	// (IPVS_DEST_ATTR_WEIGHT)
	Weight uint32

	// UpperThreshold is the number of connections at which the server receives no new
	// ones, and LowerThreshold, which must not be greater, the number below which it
	// receives them again; 0 for no limit.
	// (IPVS_DEST_ATTR_U_THRESH, IPVS_DEST_ATTR_L_THRESH)
	UpperThreshold uint32
	LowerThreshold uint32

	// TunnelType, TunnelPort and TunnelFlags determine how packets are encapsulated
	// if Forwarding is Tunnel. TunnelPort is the UDP port of a GUE tunnel.
	// (IPVS_DEST_ATTR_TUN_TYPE, IPVS_DEST_ATTR_TUN_PORT, IPVS_DEST_ATTR_TUN_FLAGS)
	TunnelType  TunnelType
	TunnelPort  uint16
	TunnelFlags TunnelFlags
}

// A DestinationState is a destination as the kernel reports it.
type DestinationState struct {
	Destination Destination

	// ActiveConns, InactiveConns and PersistentConns count the server's current
	// connections: established ones, others, and persistence templates.
	// (IPVS_DEST_ATTR_ACTIVE_CONNS, IPVS_DEST_ATTR_INACT_CONNS,
	// IPVS_DEST_ATTR_PERSIST_CONNS)
	ActiveConns     uint32
	InactiveConns   uint32
	PersistentConns uint32

	Stats Stats // IPVS_DEST_ATTR_STATS64, or IPVS_DEST_ATTR_STATS from an old kernel
}

// A Forwarding is a forwarding method: how packets reach a destination.
type Forwarding uint32

// The forwarding methods. Local and Bypass cannot be requested: kernels report
// them for connections, and some for destinations that are local addresses.
const (
	Masquerade Forwarding = 0 // IP_VS_CONN_F_MASQ: network address translation
	Local      Forwarding = 1 // IP_VS_CONN_F_LOCALNODE: the director itself
	Tunnel     Forwarding = 2 // IP_VS_CONN_F_TUNNEL: encapsulated in another packet
	Route      Forwarding = 3 // IP_VS_CONN_F_DROUTE: direct routing, the packet unchanged
	Bypass     Forwarding = 4 // IP_VS_CONN_F_BYPASS: past the balancer
)

// A TunnelType is the encapsulation of a tunnel.
type TunnelType uint8

// The tunnel types. GUE and GRE need Linux 5.3.
const (
	IPIP TunnelType = 0 // IP_VS_CONN_F_TUNNEL_TYPE_IPIP
	GUE  TunnelType = 1 // IP_VS_CONN_F_TUNNEL_TYPE_GUE: generic UDP encapsulation
	GRE  TunnelType = 2 // IP_VS_CONN_F_TUNNEL_TYPE_GRE
)

// TunnelFlags are the options of a tunnel.
type TunnelFlags uint16

// The tunnel flags. Without one, outer headers carry no checksum.
const (
	TunnelChecksum       TunnelFlags = 0x1 // IP_VS_TUNNEL_ENCAP_FLAG_CSUM
	TunnelRemoteChecksum TunnelFlags = 0x2 // IP_VS_TUNNEL_ENCAP_FLAG_REMCSUM: remote checksum offload
)
