// SPDX-License-Identifier: Apache-2.0

package ipvsnltest

import (
	"encoding/binary"
	"net/netip"
	"time"

	"github.com/mdlayher/netlink"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// encoded returns the payload of a message: the generic-netlink header and the
// attributes.
func encoded(command, version byte, ae *netlink.AttributeEncoder) []byte {
	b, err := ae.Encode()
	if err != nil {
		panic(err) // only attributes that are too long, which these never are
	}
	return append([]byte{command, version, 0, 0}, b...)
}

func encodeInfo(i *ipvsnl.Info) *netlink.AttributeEncoder {
	ae := netlink.NewAttributeEncoder()
	ae.Uint32(1, uint32(i.Version)) // IPVS_INFO_ATTR_VERSION
	ae.Uint32(2, i.ConnTableSize)   // IPVS_INFO_ATTR_CONN_TAB_SIZE
	return ae
}

func encodeTimeouts(t *ipvsnl.Timeouts) *netlink.AttributeEncoder {
	ae := netlink.NewAttributeEncoder()
	ae.Uint32(4, uint32(t.TCP/time.Second))    // IPVS_CMD_ATTR_TIMEOUT_TCP
	ae.Uint32(5, uint32(t.TCPFin/time.Second)) // IPVS_CMD_ATTR_TIMEOUT_TCP_FIN
	ae.Uint32(6, uint32(t.UDP/time.Second))    // IPVS_CMD_ATTR_TIMEOUT_UDP
	return ae
}

func encodeService(state *ipvsnl.ServiceState) *netlink.AttributeEncoder {
	ae := netlink.NewAttributeEncoder()
	s, k := &state.Service, &state.Service.Key
	ae.Nested(1, func(ae *netlink.AttributeEncoder) error { // IPVS_CMD_ATTR_SERVICE
		ae.Uint16(1, uint16(k.Family())) // IPVS_SVC_ATTR_AF
		if k.Mark != 0 {
			ae.Uint32(5, k.Mark) // IPVS_SVC_ATTR_FWMARK
		} else {
			ae.Uint16(2, uint16(k.Protocol))         // IPVS_SVC_ATTR_PROTOCOL
			ae.Bytes(3, union(k.Addr.Addr()))        // IPVS_SVC_ATTR_ADDR
			ae.Bytes(4, networkOrder(k.Addr.Port())) // IPVS_SVC_ATTR_PORT
		}
		ae.String(6, s.Scheduler) // IPVS_SVC_ATTR_SCHED_NAME
		if s.Persistence.Engine != "" {
			ae.String(11, s.Persistence.Engine) // IPVS_SVC_ATTR_PE_NAME
		}
		flags := flagHashed | flagsOf(s)
		timeout := uint32(max(0, s.Persistence.Timeout) / time.Second)
		// IPVS_SVC_ATTR_FLAGS, with a mask of all
		ae.Bytes(7, binary.NativeEndian.AppendUint32(binary.NativeEndian.AppendUint32(nil, flags), ^uint32(0)))
		ae.Uint32(8, timeout) // IPVS_SVC_ATTR_TIMEOUT
		ae.Bytes(9, netmask(s))
		ae.Nested(10, encodeStats32(&state.Stats)) // IPVS_SVC_ATTR_STATS
		ae.Nested(12, encodeStats64(&state.Stats)) // IPVS_SVC_ATTR_STATS64
		return nil
	})
	return ae
}

// flagsOf returns the configured bits of IPVS_SVC_ATTR_FLAGS of a service.
func flagsOf(s *ipvsnl.Service) uint32 {
	flags := uint32(s.SchedulerFlags)
	if s.OnePacket {
		flags |= flagOnePacket
	}
	if s.Persistence.Timeout != 0 {
		flags |= flagPersistent
	}
	return flags
}

// netmask returns IPVS_SVC_ATTR_NETMASK: an IPv4 address or an IPv6 prefix length.
func netmask(s *ipvsnl.Service) []byte {
	if s.Key.Family() == ipvsnl.IPv6 {
		return binary.NativeEndian.AppendUint32(nil, uint32(s.Persistence.Mask.Len6()))
	}
	m := s.Persistence.Mask.As4()
	return m[:]
}

func encodeDestination(state *ipvsnl.DestinationState) *netlink.AttributeEncoder {
	ae := netlink.NewAttributeEncoder()
	d := &state.Destination
	ae.Nested(2, func(ae *netlink.AttributeEncoder) error { // IPVS_CMD_ATTR_DEST
		ae.Bytes(1, union(d.Addr.Addr()))                     // IPVS_DEST_ATTR_ADDR
		ae.Bytes(2, networkOrder(d.Addr.Port()))              // IPVS_DEST_ATTR_PORT
		ae.Uint32(3, uint32(d.Forwarding))                    // IPVS_DEST_ATTR_FWD_METHOD
		ae.Uint32(4, d.Weight)                                // IPVS_DEST_ATTR_WEIGHT
		ae.Uint8(13, uint8(d.TunnelType))                     // IPVS_DEST_ATTR_TUN_TYPE
		ae.Bytes(14, networkOrder(d.TunnelPort))              // IPVS_DEST_ATTR_TUN_PORT
		ae.Uint16(15, uint16(d.TunnelFlags))                  // IPVS_DEST_ATTR_TUN_FLAGS
		ae.Uint32(5, d.UpperThreshold)                        // IPVS_DEST_ATTR_U_THRESH
		ae.Uint32(6, d.LowerThreshold)                        // IPVS_DEST_ATTR_L_THRESH
		ae.Uint32(7, state.ActiveConns)                       // IPVS_DEST_ATTR_ACTIVE_CONNS
		ae.Uint32(8, state.InactiveConns)                     // IPVS_DEST_ATTR_INACT_CONNS
		ae.Uint32(9, state.PersistentConns)                   // IPVS_DEST_ATTR_PERSIST_CONNS
		ae.Uint16(11, uint16(ipvsnl.FamilyOf(d.Addr.Addr()))) // IPVS_DEST_ATTR_ADDR_FAMILY
		ae.Nested(10, encodeStats32(&state.Stats))            // IPVS_DEST_ATTR_STATS
		ae.Nested(12, encodeStats64(&state.Stats))            // IPVS_DEST_ATTR_STATS64
		return nil
	})
	return ae
}

func encodeDaemon(daemon *ipvsnl.Daemon) *netlink.AttributeEncoder {
	ae := netlink.NewAttributeEncoder()
	d := running(*daemon)
	ae.Nested(3, func(ae *netlink.AttributeEncoder) error { // IPVS_CMD_ATTR_DAEMON
		ae.Uint32(1, uint32(d.State))  // IPVS_DAEMON_ATTR_STATE
		ae.String(2, d.Interface)      // IPVS_DAEMON_ATTR_MCAST_IFN
		ae.Uint32(3, uint32(d.SyncID)) // IPVS_DAEMON_ATTR_SYNC_ID
		ae.Uint16(4, d.MaxLen)         // IPVS_DAEMON_ATTR_SYNC_MAXLEN
		ae.Uint16(7, d.Port)           // IPVS_DAEMON_ATTR_MCAST_PORT
		ae.Uint8(8, d.TTL)             // IPVS_DAEMON_ATTR_MCAST_TTL
		if d.Group.Is6() {
			ae.Bytes(6, d.Group.AsSlice()) // IPVS_DAEMON_ATTR_MCAST_GROUP6
		} else {
			ae.Bytes(5, d.Group.AsSlice()) // IPVS_DAEMON_ATTR_MCAST_GROUP
		}
		return nil
	})
	return ae
}

// running returns a daemon with the kernel's defaults for what a request omits.
func running(d ipvsnl.Daemon) ipvsnl.Daemon {
	if !d.Group.IsValid() {
		d.Group = netip.AddrFrom4([4]byte{224, 0, 0, 81})
	}
	if d.Port == 0 {
		d.Port = 8848
	}
	if d.TTL == 0 {
		d.TTL = 1
	}
	headers := 28 // of IPv4 and UDP
	if d.Group.Is6() {
		headers = 48
	}
	shortest, mtu := 1, 1500
	if d.State == ipvsnl.Backup {
		shortest = 1024
		if d.Interface == "lo" {
			mtu = 65535
		}
	}
	if d.MaxLen == 0 {
		d.MaxLen = uint16(mtu - headers)
	}
	d.MaxLen = uint16(min(max(int(d.MaxLen), shortest), 65535-headers))
	return d
}

// figures returns counters and rates in the order of their attributes
// (IPVS_STATS_ATTR_*), from 1.
func figures(s *ipvsnl.Stats) [10]uint64 {
	return [10]uint64{s.Conns, s.InPkts, s.OutPkts, s.InBytes, s.OutBytes, s.CPS, s.InPPS, s.OutPPS, s.InBPS, s.OutBPS}
}

// encodeStats32 encodes the old counters: of 32 bits, except for bytes.
func encodeStats32(s *ipvsnl.Stats) func(*netlink.AttributeEncoder) error {
	return func(ae *netlink.AttributeEncoder) error {
		for i, n := range figures(s) {
			if i == 3 || i == 4 {
				ae.Uint64(uint16(i+1), n)
			} else {
				ae.Uint32(uint16(i+1), uint32(n))
			}
		}
		return nil
	}
}

func encodeStats64(s *ipvsnl.Stats) func(*netlink.AttributeEncoder) error {
	return func(ae *netlink.AttributeEncoder) error {
		for i, n := range figures(s) {
			ae.Uint64(uint16(i+1), n)
		}
		return nil
	}
}

// union returns an address as union nf_inet_addr: 16 bytes, of which an IPv4 address uses
// the first four.
func union(a netip.Addr) []byte {
	b := make([]byte, 16)
	copy(b, a.AsSlice())
	return b
}

func networkOrder(n uint16) []byte { return binary.BigEndian.AppendUint16(nil, n) }
