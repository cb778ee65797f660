// SPDX-License-Identifier: Apache-2.0

package ipvsnltest

import (
	"encoding/binary"
	"net/netip"
	"time"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// The bits of IPVS_SVC_ATTR_FLAGS (IP_VS_SVC_F_*).
const (
	flagPersistent = 0x01
	flagHashed     = 0x02
	flagOnePacket  = 0x04
	flagsScheduler = 0x38
)

// part is how much of a service or a destination a request must contain.
type part bool

const (
	key   part = false
	whole part = true
)

// readKey reads the key of the service in IPVS_CMD_ATTR_SERVICE.
func readKey(command attributes) (a attributes, k ipvsnl.ServiceKey, number int) {
	if command[1] == nil {
		return nil, k, einval
	}
	a, ok := servicePolicy.parse(command[1])
	if !ok || !a.has(1) || !a.has(5) && !a.has(2, 3, 4) {
		return nil, k, einval
	}
	f := ipvsnl.Family(a.u16(1))
	switch mark := a.u32(5); {
	case f != ipvsnl.IPv4 && f != ipvsnl.IPv6:
		return nil, k, eafnosupport
	case mark != 0:
		return a, ipvsnl.ServiceKey{Mark: mark, IPv6: f == ipvsnl.IPv6}, 0
	case a.has(5): // mark 0 is TCP with no address
		return a, ipvsnl.ServiceKey{Protocol: ipvsnl.TCP, Addr: addrPort(make([]byte, 16), f, 0)}, 0
	}
	return a, ipvsnl.ServiceKey{Protocol: ipvsnl.Protocol(a.u16(2)), Addr: addrPort(a.octets(3, 16), f, a.be16(4))}, 0
}

// readService reads the configuration of a service that may exist.
func (d *Director) readService(a attributes, k ipvsnl.ServiceKey) (s ipvsnl.Service, number int) {
	if !a.has(6, 7, 8, 9) {
		return s, einval
	}
	b := a.octets(7, 8)
	flags, mask := binary.NativeEndian.Uint32(b), binary.NativeEndian.Uint32(b[4:])
	flags &= mask
	if existing := d.table.Service(k); existing != nil {
		flags |= flagsOf(&existing.Service) &^ mask
	}
	s = ipvsnl.Service{
		Key:            k,
		Scheduler:      a.text(6),
		SchedulerFlags: ipvsnl.SchedulerFlags(flags & flagsScheduler),
		OnePacket:      flags&flagOnePacket != 0,
		Persistence:    ipvsnl.Persistence{Engine: a.text(11)},
	}
	if flags&flagPersistent != 0 {
		s.Persistence.Timeout = seconds(a.u32(8))
		if s.Persistence.Timeout == 0 {
			s.Persistence.Timeout = ipvsnl.PersistZero
		}
	}
	if k.Family() == ipvsnl.IPv6 {
		s.Persistence.Mask = ipvsnl.Mask6(int(a.u32(9)))
	} else {
		s.Persistence.Mask = ipvsnl.Mask4([4]byte(a.octets(9, 4)))
	}
	return s, 0
}

// readDest reads IPVS_CMD_ATTR_DEST. Without a family, the address has that of its
// service.
func readDest(command attributes, f ipvsnl.Family, p part) (d ipvsnl.Destination, number int) {
	if command[2] == nil {
		return d, einval
	}
	a, ok := destPolicy.parse(command[2])
	if !ok || !a.has(1, 2) || p == whole && !a.has(3, 4, 5, 6) {
		return d, einval
	}
	if own := ipvsnl.Family(a.u16(11)); own != 0 {
		f = own
	}
	if f != ipvsnl.IPv4 && f != ipvsnl.IPv6 {
		return d, eafnosupport
	}
	return ipvsnl.Destination{
		Addr:           addrPort(a.octets(1, 16), f, a.be16(2)),
		Forwarding:     ipvsnl.Forwarding(a.u32(3) & 7),
		Weight:         a.u32(4),
		UpperThreshold: a.u32(5),
		LowerThreshold: a.u32(6),
		TunnelType:     ipvsnl.TunnelType(a.u8(13)),
		TunnelPort:     a.be16(14),
		TunnelFlags:    ipvsnl.TunnelFlags(a.u16(15)),
	}, 0
}

// readDaemon reads IPVS_CMD_ATTR_DAEMON, with at least the attributes with these
// numbers.
func readDaemon(command attributes, needs ...int) (d ipvsnl.Daemon, number int) {
	if command[3] == nil {
		return d, einval
	}
	a, ok := daemonPolicy.parse(command[3])
	if !ok || !a.has(needs...) {
		return d, einval
	}
	d = ipvsnl.Daemon{
		State:     ipvsnl.DaemonState(a.u32(1)),
		Interface: a.text(2),
		SyncID:    uint8(a.u32(3)),
		MaxLen:    a.u16(4),
		Port:      a.u16(7),
		TTL:       a.u8(8),
	}
	switch {
	case a.has(5):
		d.Group = netip.AddrFrom4([4]byte(a.octets(5, 4)))
	case a.has(6):
		d.Group = netip.AddrFrom16([16]byte(a.octets(6, 16)))
	}
	return d, 0
}

func readTimeouts(command attributes) ipvsnl.Timeouts {
	return ipvsnl.Timeouts{TCP: seconds(command.u32(4)), TCPFin: seconds(command.u32(5)), UDP: seconds(command.u32(6))}
}

func seconds(n uint32) time.Duration { return time.Duration(n) * time.Second }

// addrPort returns an address of union nf_inet_addr.
func addrPort(b []byte, f ipvsnl.Family, port uint16) netip.AddrPort {
	if f == ipvsnl.IPv6 {
		return netip.AddrPortFrom(netip.AddrFrom16([16]byte(b)), port)
	}
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[:4])), port)
}
