// SPDX-License-Identifier: Apache-2.0

package ipvsnltest

import (
	"encoding/binary"
	"net/netip"
	"time"

	"github.com/mdlayher/netlink"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// The bits of IPVS_SVC_ATTR_FLAGS (IP_VS_SVC_F_*).
const (
	flagPersistent = 0x01
	flagHashed     = 0x02
	flagOnePacket  = 0x04
	flagsScheduler = 0x38
)

// A request is the attributes of a request.
type request struct {
	service  *service
	dest     *ipvsnl.Destination
	daemon   *ipvsnl.Daemon
	timeouts ipvsnl.Timeouts
}

// A service is the attributes of IPVS_CMD_ATTR_SERVICE.
type service struct {
	family    ipvsnl.Family
	protocol  ipvsnl.Protocol
	addr      []byte
	port      uint16
	mark      uint32
	scheduler string
	flags     []byte
	timeout   *uint32
	netmask   []byte
	engine    string
}

// decode reads the attributes of a request.
func decode(b []byte) (*request, error) {
	ad, err := netlink.NewAttributeDecoder(b)
	if err != nil {
		return nil, err
	}
	r := &request{}
	dest := []byte(nil)
	for ad.Next() {
		switch ad.Type() {
		case 1: // IPVS_CMD_ATTR_SERVICE
			r.service = &service{}
			ad.Nested(r.service.decode)
		case 2: // IPVS_CMD_ATTR_DEST
			dest = ad.Bytes()
		case 3: // IPVS_CMD_ATTR_DAEMON
			r.daemon = &ipvsnl.Daemon{}
			ad.Nested(func(ad *netlink.AttributeDecoder) error { return decodeDaemon(ad, r.daemon) })
		case 4: // IPVS_CMD_ATTR_TIMEOUT_TCP
			r.timeouts.TCP = seconds(ad.Uint32())
		case 5: // IPVS_CMD_ATTR_TIMEOUT_TCP_FIN
			r.timeouts.TCPFin = seconds(ad.Uint32())
		case 6: // IPVS_CMD_ATTR_TIMEOUT_UDP
			r.timeouts.UDP = seconds(ad.Uint32())
		}
	}
	if err := ad.Err(); err != nil {
		return nil, err
	}
	if dest == nil {
		return r, nil
	}
	r.dest, err = r.decodeDest(dest)
	return r, err
}

func seconds(n uint32) time.Duration { return time.Duration(n) * time.Second }

func (s *service) decode(ad *netlink.AttributeDecoder) error {
	for ad.Next() {
		switch ad.Type() {
		case 1: // IPVS_SVC_ATTR_AF
			s.family = ipvsnl.Family(ad.Uint16())
		case 2: // IPVS_SVC_ATTR_PROTOCOL
			s.protocol = ipvsnl.Protocol(ad.Uint16())
		case 3: // IPVS_SVC_ATTR_ADDR
			s.addr = ad.Bytes()
		case 4: // IPVS_SVC_ATTR_PORT
			s.port = bigEndian(ad)
		case 5: // IPVS_SVC_ATTR_FWMARK
			s.mark = ad.Uint32()
		case 6: // IPVS_SVC_ATTR_SCHED_NAME
			s.scheduler = ad.String()
		case 7: // IPVS_SVC_ATTR_FLAGS
			s.flags = ad.Bytes()
		case 8: // IPVS_SVC_ATTR_TIMEOUT
			n := ad.Uint32()
			s.timeout = &n
		case 9: // IPVS_SVC_ATTR_NETMASK
			s.netmask = ad.Bytes()
		case 11: // IPVS_SVC_ATTR_PE_NAME
			s.engine = ad.String()
		}
	}
	return ad.Err()
}

// identified reports whether the attributes identify a service.
func (s *service) identified() bool {
	if s.mark != 0 {
		return s.family == ipvsnl.IPv4 || s.family == ipvsnl.IPv6
	}
	_, ok := addrPort(s.addr, s.family, s.port)
	return ok && s.protocol != 0
}

// whole reports whether the attributes are those of a whole service.
func (s *service) whole() bool {
	if s.scheduler == "" || len(s.flags) != 8 || s.timeout == nil || len(s.netmask) != 4 {
		return false
	}
	length := binary.NativeEndian.Uint32(s.netmask)
	return s.family != ipvsnl.IPv6 || 1 <= length && length <= 128
}

func (s *service) key() ipvsnl.ServiceKey {
	if s.mark != 0 {
		return ipvsnl.ServiceKey{Mark: s.mark, IPv6: s.family == ipvsnl.IPv6}
	}
	a, _ := addrPort(s.addr, s.family, s.port)
	return ipvsnl.ServiceKey{Protocol: s.protocol, Addr: a}
}

// service returns what the attributes describe.
func (s *service) service() ipvsnl.Service {
	out := ipvsnl.Service{Key: s.key(), Scheduler: s.scheduler}
	out.Persistence.Engine = s.engine
	if !s.whole() {
		return out
	}
	flags := binary.NativeEndian.Uint32(s.flags)
	out.OnePacket = flags&flagOnePacket != 0
	out.SchedulerFlags = ipvsnl.SchedulerFlags(flags & flagsScheduler)
	if flags&flagPersistent == 0 {
		return out
	}
	out.Persistence.Timeout = seconds(*s.timeout)
	if *s.timeout == 0 {
		out.Persistence.Timeout = ipvsnl.PersistZero
	}
	if s.family == ipvsnl.IPv6 {
		out.Persistence.Mask = ipvsnl.Mask6(int(binary.NativeEndian.Uint32(s.netmask)))
	} else {
		out.Persistence.Mask = ipvsnl.Mask4([4]byte(s.netmask))
	}
	return out
}

// decodeDest reads the attributes of IPVS_CMD_ATTR_DEST. The address of one without a
// family is of its service's.
func (r *request) decodeDest(b []byte) (*ipvsnl.Destination, error) {
	ad, err := netlink.NewAttributeDecoder(b)
	if err != nil {
		return nil, err
	}
	var (
		d    ipvsnl.Destination
		addr []byte
		port uint16
		f    ipvsnl.Family
	)
	if r.service != nil {
		f = r.service.family
	}
	for ad.Next() {
		switch ad.Type() {
		case 1: // IPVS_DEST_ATTR_ADDR
			addr = ad.Bytes()
		case 2: // IPVS_DEST_ATTR_PORT
			port = bigEndian(ad)
		case 3: // IPVS_DEST_ATTR_FWD_METHOD
			d.Forwarding = ipvsnl.Forwarding(ad.Uint32() & 7)
		case 4: // IPVS_DEST_ATTR_WEIGHT
			d.Weight = ad.Uint32()
		case 5: // IPVS_DEST_ATTR_U_THRESH
			d.UpperThreshold = ad.Uint32()
		case 6: // IPVS_DEST_ATTR_L_THRESH
			d.LowerThreshold = ad.Uint32()
		case 11: // IPVS_DEST_ATTR_ADDR_FAMILY
			f = ipvsnl.Family(ad.Uint16())
		case 13: // IPVS_DEST_ATTR_TUN_TYPE
			d.TunnelType = ipvsnl.TunnelType(ad.Uint8())
		case 14: // IPVS_DEST_ATTR_TUN_PORT
			d.TunnelPort = bigEndian(ad)
		case 15: // IPVS_DEST_ATTR_TUN_FLAGS
			d.TunnelFlags = ipvsnl.TunnelFlags(ad.Uint16())
		}
	}
	d.Addr, _ = addrPort(addr, f, port)
	return &d, ad.Err()
}

func decodeDaemon(ad *netlink.AttributeDecoder, d *ipvsnl.Daemon) error {
	for ad.Next() {
		switch ad.Type() {
		case 1: // IPVS_DAEMON_ATTR_STATE
			d.State = ipvsnl.DaemonState(ad.Uint32())
		case 2: // IPVS_DAEMON_ATTR_MCAST_IFN
			d.Interface = ad.String()
		case 3: // IPVS_DAEMON_ATTR_SYNC_ID
			d.SyncID = uint8(ad.Uint32())
		case 4: // IPVS_DAEMON_ATTR_SYNC_MAXLEN
			d.MaxLen = ad.Uint16()
		case 5, 6: // IPVS_DAEMON_ATTR_MCAST_GROUP, IPVS_DAEMON_ATTR_MCAST_GROUP6
			d.Group, _ = netip.AddrFromSlice(ad.Bytes())
		case 7: // IPVS_DAEMON_ATTR_MCAST_PORT
			d.Port = ad.Uint16()
		case 8: // IPVS_DAEMON_ATTR_MCAST_TTL
			d.TTL = ad.Uint8()
		}
	}
	return ad.Err()
}

// bigEndian returns a number in network byte order.
func bigEndian(ad *netlink.AttributeDecoder) uint16 {
	b := ad.Bytes()
	if len(b) != 2 {
		return 0
	}
	return binary.BigEndian.Uint16(b)
}
