// SPDX-License-Identifier: Apache-2.0

package ipvsnl

import (
	"net/netip"
	"strconv"
	"time"
)

// A ServiceKey identifies a service, either by protocol, address and port or by
// firewall mark. It has only one form: a literal equals the key that a listing
// returns, so keys can be compared with == and used as map keys.
//
//	ServiceKey{Protocol: TCP, Addr: netip.MustParseAddrPort("192.0.2.1:80")}
//	ServiceKey{Mark: 7}
//	ServiceKey{Mark: 7, IPv6: true}
type ServiceKey struct {
	// Protocol is the transport protocol. (IPVS_SVC_ATTR_PROTOCOL)
	Protocol Protocol

	// Addr is the virtual address and port; the address determines the service's
	// family. Port 0 means every port, which only persistent services can
	// have. (IPVS_SVC_ATTR_ADDR, IPVS_SVC_ATTR_PORT, IPVS_SVC_ATTR_AF)
	Addr netip.AddrPort

	// Mark is the firewall mark of the packets that the service handles, 1 to
	// 2^32-1. A key with a mark has neither Protocol nor Addr.
	// (IPVS_SVC_ATTR_FWMARK)
	Mark uint32

	// IPv6 selects the IPv6 packets of a mark. The services of a mark for IPv4 and
	// for IPv6 are different services. Only keys with a mark set it.
	// (IPVS_SVC_ATTR_AF)
	IPv6 bool
}

// Family returns the address family of the service's packets.
func (k ServiceKey) Family() Family {
	if k.IPv6 {
		return IPv6
	}
	return FamilyOf(k.Addr.Addr())
}

// String returns the key as "TCP 192.0.2.1:80" or "mark 7 IPv6".
func (k ServiceKey) String() string {
	if k.Mark != 0 {
		return "mark " + strconv.FormatUint(uint64(k.Mark), 10) + " " + k.Family().String()
	}
	return k.Protocol.String() + " " + k.Addr.String()
}

// A Service is the configuration of a virtual service. Services can be compared
// with ==.
type Service struct {
	Key ServiceKey

	// Scheduler is the name of the scheduler, 1 to 15 bytes: "wlc", "rr", ...
	// The kernel loads its module, ip_vs_NAME. Load those of "lblc" and "lblcr" beforehand:
	// while a network namespace is deleted, Linux 5.10 to 6.12 hangs when it loads them.
	// (IPVS_SVC_ATTR_SCHED_NAME)
	Scheduler string

	// SchedulerFlags are the flags that the scheduler interprets.
	// (IPVS_SVC_ATTR_FLAGS, bits IP_VS_SVC_F_SCHED1 to 3)
	SchedulerFlags SchedulerFlags

	// OnePacket schedules every datagram separately; only UDP services and those of
	// marks can have it. (IPVS_SVC_ATTR_FLAGS, bit IP_VS_SVC_F_ONEPACKET)
	OnePacket bool

	// Persistence keeps clients on their destination. The zero value means none.
	Persistence Persistence
}

// A Persistence determines how clients stay with a destination.
type Persistence struct {
	// Timeout is how long after its last connection a client stays with its
	// destination, in whole seconds up to [MaxTimeout]. A service whose Timeout is
	// 0 is not persistent.
	// (IPVS_SVC_ATTR_TIMEOUT, and IP_VS_SVC_F_PERSISTENT of IPVS_SVC_ATTR_FLAGS)
	Timeout time.Duration

	// Mask is the part of a client's address that counts: clients with equal addresses
	// under it are treated as one. The zero Mask is the whole address, and the only one that a
	// service without persistence can have. (IPVS_SVC_ATTR_NETMASK)
	Mask Mask

	// Engine is the name of the persistence engine, at most 16 bytes: "sip". Empty
	// for none. (IPVS_SVC_ATTR_PE_NAME)
	Engine string
}

// PersistZero is the Timeout of a service that the kernel treats as persistent for
// no time at all: a state that other programs can leave.
const PersistZero time.Duration = -1

// MaxTimeout is the longest timeout that no kernel shortens. Kernels count it in
// 32-bit jiffies, up to 1000 per second.
const MaxTimeout = 4294967 * time.Second

// SchedulerFlags are the flags of a service that its scheduler interprets.
type SchedulerFlags uint32

// The scheduler flags. Only sh and mh, whose names for the first two are
// "fallback" and "port", give them a meaning.
const (
	SchedulerFlag1 SchedulerFlags = 0x08 // IP_VS_SVC_F_SCHED1: fall back to another destination
	SchedulerFlag2 SchedulerFlags = 0x10 // IP_VS_SVC_F_SCHED2: hash the source port too
	SchedulerFlag3 SchedulerFlags = 0x20 // IP_VS_SVC_F_SCHED3

	schedulerFlags = SchedulerFlag1 | SchedulerFlag2 | SchedulerFlag3
)

// A ServiceState is a service as the kernel reports it.
type ServiceState struct {
	Service Service
	Stats   Stats // IPVS_SVC_ATTR_STATS64, or IPVS_SVC_ATTR_STATS from an old kernel
}
