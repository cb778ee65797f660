package ipvsnl

import "net/netip"

// A Family is an address family, as the kernel numbers them.
type Family uint16

// The families of services and destinations.
const (
	IPv4 Family = 2  // AF_INET
	IPv6 Family = 10 // AF_INET6
)

// FamilyOf returns the family of an address: IPv6 for an IPv6 address, IPv4 for
// an IPv4 one and for the zero Addr. An IPv4-mapped IPv6 address is IPv6.
func FamilyOf(a netip.Addr) Family {
	if a.Is6() {
		return IPv6
	}
	return IPv4
}

// A Protocol is the transport protocol of a service, by its IP number.
type Protocol uint16

// The protocols a service can have.
const (
	TCP  Protocol = 6   // IPPROTO_TCP
	UDP  Protocol = 17  // IPPROTO_UDP
	SCTP Protocol = 132 // IPPROTO_SCTP
)

// A ServiceKey says which service is meant. A service is known either by a
// firewall mark and a family, or by a protocol, an address and a port. Keys are
// comparable and hold no pointers that matter, so they can be map keys.
type ServiceKey struct {
	// Mark is the firewall mark whose packets the service takes, 1 to 2^32-1.
	// If it is not zero then Protocol and Addr are not used.
	// (IPVS_SVC_ATTR_FWMARK)
	Mark uint32

	// Family is that of a service known by its mark. Of any other, requests take
	// the family from Addr; replies set it for both. (IPVS_SVC_ATTR_AF)
	Family Family

	// Protocol is the transport protocol. (IPVS_SVC_ATTR_PROTOCOL)
	Protocol Protocol

	// Addr is the virtual address and port. Port 0 takes every port, which
	// the kernel allows for persistent services only.
	// (IPVS_SVC_ATTR_ADDR, IPVS_SVC_ATTR_PORT)
	Addr netip.AddrPort
}

// A Service is a virtual service.
type Service struct {
	ServiceKey

	// Scheduler is the name of the scheduler, 1 to 15 bytes: "wlc", "rr", ...
	// (IPVS_SVC_ATTR_SCHED_NAME)
	Scheduler string

	// Flags holds the service's flags, of which a request sets those in
	// FlagMask; a FlagMask of 0 stands for all of them. (IPVS_SVC_ATTR_FLAGS)
	Flags    ServiceFlags
	FlagMask ServiceFlags

	// Timeout is for how long after its last connection a client of a
	// persistent service stays with its destination, in seconds.
	// (IPVS_SVC_ATTR_TIMEOUT)
	Timeout uint32

	// Netmask is how much of a client's address persistence looks at: for an
	// IPv4 service a mask (255.255.255.0 is 0xffffff00; it need not be
	// contiguous), for an IPv6 service a prefix length, 1 to 128.
	// (IPVS_SVC_ATTR_NETMASK)
	Netmask uint32

	// Engine is the name of the persistence engine, at most 16 bytes; empty for
	// none. (IPVS_SVC_ATTR_PE_NAME)
	Engine string

	// Stats are the service's counters. Requests ignore them.
	// (IPVS_SVC_ATTR_STATS64, or IPVS_SVC_ATTR_STATS of an old kernel)
	Stats Stats
}

// ServiceFlags are the flags of a service.
type ServiceFlags uint32

// The flags of a service. What the scheduler's flags mean is up to the
// scheduler.
const (
	FlagPersistent ServiceFlags = 0x01 // IP_VS_SVC_F_PERSISTENT: clients stay with their destination
	FlagHashed     ServiceFlags = 0x02 // IP_VS_SVC_F_HASHED: set by the kernel
	FlagOnePacket  ServiceFlags = 0x04 // IP_VS_SVC_F_ONEPACKET: schedule each datagram by itself
	FlagSched1     ServiceFlags = 0x08 // IP_VS_SVC_F_SCHED1: sh and mh: fall back to another destination
	FlagSched2     ServiceFlags = 0x10 // IP_VS_SVC_F_SCHED2: sh and mh: hash the source port too
	FlagSched3     ServiceFlags = 0x20 // IP_VS_SVC_F_SCHED3
)

// A Destination is a real server of a service.
type Destination struct {
	// Addr is the server's address and port. Its family is the destination's own
	// and may differ from the service's where the forwarding method is Tunnel.
	// (IPVS_DEST_ATTR_ADDR, IPVS_DEST_ATTR_PORT, IPVS_DEST_ATTR_ADDR_FAMILY)
	Addr netip.AddrPort

	// Forwarding is how packets reach the server.
	// (IPVS_DEST_ATTR_FWD_METHOD, the bits of IP_VS_CONN_F_FWD_MASK)
	Forwarding Forwarding

	// Weight is the server's share, 0 to 2^31-1; one of weight 0 gets no new
	// connections. (IPVS_DEST_ATTR_WEIGHT)
	Weight uint32

	// UpperThreshold is the number of connections at which the server gets no
	// new ones, and LowerThreshold the one below which it gets them again; 0 is
	// no limit. The kernel wants the lower not above the upper.
	// (IPVS_DEST_ATTR_U_THRESH, IPVS_DEST_ATTR_L_THRESH)
	UpperThreshold uint32
	LowerThreshold uint32

	// TunnelType, TunnelPort and TunnelFlags say how packets are wrapped
	// where the forwarding method is Tunnel. The port is the UDP port of a GUE
	// tunnel. (IPVS_DEST_ATTR_TUN_TYPE, IPVS_DEST_ATTR_TUN_PORT,
	// IPVS_DEST_ATTR_TUN_FLAGS)
	TunnelType  TunnelType
	TunnelPort  uint16
	TunnelFlags TunnelFlags

	// ActiveConns, InactConns and PersistConns count the connections the server
	// has now: established ones, others, and persistence templates. Requests
	// ignore them. (IPVS_DEST_ATTR_ACTIVE_CONNS, IPVS_DEST_ATTR_INACT_CONNS,
	// IPVS_DEST_ATTR_PERSIST_CONNS)
	ActiveConns  uint32
	InactConns   uint32
	PersistConns uint32

	// Stats are the destination's counters. Requests ignore them.
	// (IPVS_DEST_ATTR_STATS64, or IPVS_DEST_ATTR_STATS of an old kernel)
	Stats Stats
}

// A Forwarding is the method by which packets reach a destination.
type Forwarding uint32

// The forwarding methods.
const (
	Masquerade Forwarding = 0 // IP_VS_CONN_F_MASQ: network address translation
	Local      Forwarding = 1 // IP_VS_CONN_F_LOCALNODE: the director itself
	Tunnel     Forwarding = 2 // IP_VS_CONN_F_TUNNEL: wrapped in another packet
	Route      Forwarding = 3 // IP_VS_CONN_F_DROUTE: direct routing, the packet as it is
	Bypass     Forwarding = 4 // IP_VS_CONN_F_BYPASS: past the balancer; connections only
)

// A TunnelType is the kind of wrapper of a tunnelled packet.
type TunnelType uint8

// The tunnel types.
const (
	IPIP TunnelType = 0 // IP_VS_CONN_F_TUNNEL_TYPE_IPIP
	GUE  TunnelType = 1 // IP_VS_CONN_F_TUNNEL_TYPE_GUE: generic UDP encapsulation
	GRE  TunnelType = 2 // IP_VS_CONN_F_TUNNEL_TYPE_GRE
)

// TunnelFlags are the options of a tunnel.
type TunnelFlags uint16

// The tunnel flags. Without one, wrapped packets carry no checksum.
const (
	TunnelChecksum       TunnelFlags = 0x1 // IP_VS_TUNNEL_ENCAP_FLAG_CSUM
	TunnelRemoteChecksum TunnelFlags = 0x2 // IP_VS_TUNNEL_ENCAP_FLAG_REMCSUM: remote checksum offload
)

// Stats are the counters of a service or destination since they were last
// zeroed, and its rates, which the kernel estimates every two seconds. In and
// out are as the director sees it: in from the client, out to it.
type Stats struct {
	Conns    uint64 // connections scheduled (IPVS_STATS_ATTR_CONNS)
	InPkts   uint64 // packets in (IPVS_STATS_ATTR_INPKTS)
	OutPkts  uint64 // packets out (IPVS_STATS_ATTR_OUTPKTS)
	InBytes  uint64 // bytes in (IPVS_STATS_ATTR_INBYTES)
	OutBytes uint64 // bytes out (IPVS_STATS_ATTR_OUTBYTES)

	CPS    uint64 // connections a second (IPVS_STATS_ATTR_CPS)
	InPPS  uint64 // packets in a second (IPVS_STATS_ATTR_INPPS)
	OutPPS uint64 // packets out a second (IPVS_STATS_ATTR_OUTPPS)
	InBPS  uint64 // bytes, not bits, in a second (IPVS_STATS_ATTR_INBPS)
	OutBPS uint64 // bytes, not bits, out a second (IPVS_STATS_ATTR_OUTBPS)
}

// Timeouts are how long connections live without a packet, in seconds. In a
// request, 0 leaves a timeout as it is.
type Timeouts struct {
	TCP    uint32 // established TCP connections (IPVS_CMD_ATTR_TIMEOUT_TCP)
	TCPFin uint32 // TCP connections after a FIN (IPVS_CMD_ATTR_TIMEOUT_TCP_FIN)
	UDP    uint32 // UDP (IPVS_CMD_ATTR_TIMEOUT_UDP)
}

// A Daemon is a sync daemon: a kernel thread that multicasts the connection
// table to backup directors, or takes it from a master.
type Daemon struct {
	// State says which of the two it is. (IPVS_DAEMON_ATTR_STATE)
	State DaemonState

	// Interface is the network interface of the multicasts, at most 15
	// bytes. (IPVS_DAEMON_ATTR_MCAST_IFN)
	Interface string

	// SyncID tells groups of directors on one network apart: 0 to 255. A backup
	// with 0 takes every group's messages. (IPVS_DAEMON_ATTR_SYNC_ID)
	SyncID uint32

	// MaxLen is the most bytes a sync message may have; 0 leaves it to the
	// kernel, which goes by the interface's MTU. (IPVS_DAEMON_ATTR_SYNC_MAXLEN)
	MaxLen uint16

	// Group is the multicast address, IPv4 or IPv6; the zero Addr leaves it
	// to the kernel, which takes 224.0.0.81.
	// (IPVS_DAEMON_ATTR_MCAST_GROUP, IPVS_DAEMON_ATTR_MCAST_GROUP6)
	Group netip.Addr

	// Port is the first UDP port of the multicasts; 0 leaves it to the kernel,
	// which takes 8848. (IPVS_DAEMON_ATTR_MCAST_PORT)
	Port uint16

	// TTL is the time to live of the multicasts; 0 leaves it to the
	// kernel, which takes 1. (IPVS_DAEMON_ATTR_MCAST_TTL)
	TTL uint8
}

// A DaemonState is the part a sync daemon plays.
type DaemonState uint32

// The states of a sync daemon.
const (
	Master DaemonState = 1 // IP_VS_STATE_MASTER: sends
	Backup DaemonState = 2 // IP_VS_STATE_BACKUP: receives
)

// Info is what the kernel says of its IPVS.
type Info struct {
	Version       Version // IPVS_INFO_ATTR_VERSION
	ConnTableSize uint32  // hash buckets of the connection table (IPVS_INFO_ATTR_CONN_TAB_SIZE)
}

// A Version is an IPVS version, a byte for each of its three parts: 0x010201 is
// 1.2.1.
type Version uint32
