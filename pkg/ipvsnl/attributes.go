// SPDX-License-Identifier: Apache-2.0

package ipvsnl

import "net/netip"

// The tables in this file define how each attribute of linux/ip_vs.h is written and
// read. They work on wire structs, which hold the values of requests and replies.

type wireService struct {
	family    Family
	protocol  Protocol
	addr      [16]byte
	port      uint16
	mark      uint32
	scheduler string
	flags     wireFlags
	timeout   uint32
	netmask   [4]byte
	engine    string
	stats     []byte
	stats64   []byte
	figures   Stats // what they hold
}

// wireFlags are flags, and which of them a request sets.
type wireFlags struct{ flags, mask uint32 }

var serviceTable = table[wireService]{
	svcAF:        u16(byKey, func(s *wireService) *Family { return &s.family }),
	svcProtocol:  u16(byKey, func(s *wireService) *Protocol { return &s.protocol }).unless(hasMark),
	svcAddr:      octets(byKey, func(s *wireService) []byte { return s.addr[:] }).unless(hasMark),
	svcPort:      be16(byKey, func(s *wireService) *uint16 { return &s.port }).unless(hasMark),
	svcFWMark:    u32(byKey, func(s *wireService) *uint32 { return &s.mark }).optional(),
	svcSchedName: text(whole, func(s *wireService) *string { return &s.scheduler }),
	svcFlags:     flags(whole, func(s *wireService) *wireFlags { return &s.flags }),
	svcTimeout:   u32(whole, func(s *wireService) *uint32 { return &s.timeout }),
	svcNetmask:   octets(whole, func(s *wireService) []byte { return s.netmask[:] }),
	svcStats:     nested(func(s *wireService) *[]byte { return &s.stats }),
	svcPEName:    text(whole, func(s *wireService) *string { return &s.engine }).optional(),
	svcStats64:   nested(func(s *wireService) *[]byte { return &s.stats64 }),
}

func hasMark(s *wireService) bool { return s.mark != 0 }

// flags is struct ip_vs_flags: not attributes within the attribute, but two
// numbers.
func flags[T any](p part, at func(*T) *wireFlags) field[T] {
	first := u32(p, func(v *T) *uint32 { return &at(v).flags })
	second := u32(p, func(v *T) *uint32 { return &at(v).mask })
	return field[T]{
		part: p,
		put:  func(b []byte, v *T) []byte { return second.put(first.put(b, v), v) },
		get: func(p []byte, v *T) error {
			if len(p) != 8 {
				return sizeError(p)
			}
			_ = first.get(p[:4], v)
			return second.get(p[4:], v)
		},
	}
}

type wireDest struct {
	Destination     // except Addr
	family          Family
	addr            [16]byte
	port            uint16
	activeConns     uint32
	inactiveConns   uint32
	persistentConns uint32
	stats           []byte
	stats64         []byte
	figures         Stats // what they hold
}

var destTable = table[wireDest]{
	destAddr:         octets(byKey, func(d *wireDest) []byte { return d.addr[:] }),
	destPort:         be16(byKey, func(d *wireDest) *uint16 { return &d.port }),
	destFwdMethod:    u32(whole, func(d *wireDest) *Forwarding { return &d.Forwarding }),
	destWeight:       u32(whole, func(d *wireDest) *uint32 { return &d.Weight }),
	destUThresh:      u32(whole, func(d *wireDest) *uint32 { return &d.UpperThreshold }),
	destLThresh:      u32(whole, func(d *wireDest) *uint32 { return &d.LowerThreshold }),
	destActiveConns:  u32(replyOnly, func(d *wireDest) *uint32 { return &d.activeConns }),
	destInactConns:   u32(replyOnly, func(d *wireDest) *uint32 { return &d.inactiveConns }),
	destPersistConns: u32(replyOnly, func(d *wireDest) *uint32 { return &d.persistentConns }),
	destStats:        nested(func(d *wireDest) *[]byte { return &d.stats }),
	destAddrFamily:   u16(byKey, func(d *wireDest) *Family { return &d.family }),
	destStats64:      nested(func(d *wireDest) *[]byte { return &d.stats64 }),
	destTunType:      u8(whole, func(d *wireDest) *TunnelType { return &d.TunnelType }).optional(),
	destTunPort:      be16(whole, func(d *wireDest) *uint16 { return &d.TunnelPort }).optional(),
	destTunFlags:     u16(whole, func(d *wireDest) *TunnelFlags { return &d.TunnelFlags }).optional(),
}

type wireDaemon struct {
	Daemon // except SyncID and Group
	syncID uint32
	group  [4]byte
	group6 [16]byte
}

var daemonTable = table[wireDaemon]{
	daemonState:       u32(byKey, func(d *wireDaemon) *DaemonState { return &d.State }),
	daemonMcastIfn:    text(whole, func(d *wireDaemon) *string { return &d.Interface }),
	daemonSyncID:      u32(byKey, func(d *wireDaemon) *uint32 { return &d.syncID }),
	daemonSyncMaxLen:  u16(whole, func(d *wireDaemon) *uint16 { return &d.MaxLen }).optional(),
	daemonMcastGroup:  octets(whole, func(d *wireDaemon) []byte { return d.group[:] }).unless(noGroup),
	daemonMcastGroup6: octets(whole, func(d *wireDaemon) []byte { return d.group6[:] }).unless(noGroup6),
	daemonMcastPort:   u16(whole, func(d *wireDaemon) *uint16 { return &d.Port }).optional(),
	daemonMcastTTL:    u8(whole, func(d *wireDaemon) *uint8 { return &d.TTL }).optional(),
}

func noGroup(d *wireDaemon) bool  { return !d.Group.Is4() }
func noGroup6(d *wireDaemon) bool { return !d.Group.Is6() }

var statsTable = table[Stats]{
	statsConns:    counter(func(s *Stats) *uint64 { return &s.Conns }),
	statsInPkts:   counter(func(s *Stats) *uint64 { return &s.InPkts }),
	statsOutPkts:  counter(func(s *Stats) *uint64 { return &s.OutPkts }),
	statsInBytes:  counter(func(s *Stats) *uint64 { return &s.InBytes }),
	statsOutBytes: counter(func(s *Stats) *uint64 { return &s.OutBytes }),
	statsCPS:      counter(func(s *Stats) *uint64 { return &s.CPS }),
	statsInPPS:    counter(func(s *Stats) *uint64 { return &s.InPPS }),
	statsOutPPS:   counter(func(s *Stats) *uint64 { return &s.OutPPS }),
	statsInBPS:    counter(func(s *Stats) *uint64 { return &s.InBPS }),
	statsOutBPS:   counter(func(s *Stats) *uint64 { return &s.OutBPS }),
}

type wireTimeouts struct{ tcp, tcpFin, udp uint32 }

var timeoutsTable = table[wireTimeouts]{
	attrTimeoutTCP:    u32(whole, func(t *wireTimeouts) *uint32 { return &t.tcp }),
	attrTimeoutTCPFin: u32(whole, func(t *wireTimeouts) *uint32 { return &t.tcpFin }),
	attrTimeoutUDP:    u32(whole, func(t *wireTimeouts) *uint32 { return &t.udp }),
}

var infoTable = table[Info]{
	infoVersion:     u32(replyOnly, func(i *Info) *Version { return &i.Version }),
	infoConnTabSize: u32(replyOnly, func(i *Info) *uint32 { return &i.ConnTableSize }),
}

// putAddr writes an address in the kernel's form: 16 bytes, of which an IPv4 address
// fills the first four.
func putAddr(p *[16]byte, a netip.Addr) {
	if a.Is4() {
		four := a.As4()
		copy(p[:], four[:])
		return
	}
	*p = a.As16()
}

// getAddr is putAddr's reverse.
func getAddr(p *[16]byte, f Family) (netip.Addr, error) {
	switch f {
	case IPv4:
		return netip.AddrFrom4([4]byte(p[:4])), nil
	case IPv6:
		return netip.AddrFrom16(*p), nil
	}
	return netip.Addr{}, errFamily
}
