// SPDX-License-Identifier: Apache-2.0

package ipvsnl

import (
	"net/netip"
	"unsafe"
)

// The tables in this file define how each attribute of linux/ip_vs.h is written and
// read. They work on wire structs, which hold the values of requests and replies.

type wireService struct {
	family    Family
	protocol  Protocol
	addr      [16]byte
	port      uint16
	mark      uint32
	scheduler string
	flags     uint32
	timeout   uint32
	netmask   [4]byte
	engine    string
	stats     []byte
	stats64   []byte
	figures   Stats // what they hold
}

var serviceTable = table[wireService]{
	svcAF:        {kind: kindU16, part: byKey, at: unsafe.Offsetof(wireService{}.family)},
	svcProtocol:  {kind: kindU16, part: byKey, at: unsafe.Offsetof(wireService{}.protocol), omit: hasMark},
	svcAddr:      {kind: kind16Octets, part: byKey, at: unsafe.Offsetof(wireService{}.addr), omit: hasMark},
	svcPort:      {kind: kindBE16, part: byKey, at: unsafe.Offsetof(wireService{}.port), omit: hasMark},
	svcFWMark:    {kind: kindU32, part: byKey, at: unsafe.Offsetof(wireService{}.mark), zero: true},
	svcSchedName: {kind: kindText, part: whole, at: unsafe.Offsetof(wireService{}.scheduler)},
	svcFlags:     {kind: kindFlags, part: whole, at: unsafe.Offsetof(wireService{}.flags)},
	svcTimeout:   {kind: kindU32, part: whole, at: unsafe.Offsetof(wireService{}.timeout)},
	svcNetmask:   {kind: kind4Octets, part: whole, at: unsafe.Offsetof(wireService{}.netmask)},
	svcStats:     {kind: kindNested, reply: true, at: unsafe.Offsetof(wireService{}.stats)},
	svcPEName:    {kind: kindText, part: whole, at: unsafe.Offsetof(wireService{}.engine), zero: true},
	svcStats64:   {kind: kindNested, reply: true, at: unsafe.Offsetof(wireService{}.stats64)},
}

func hasMark(s *wireService) bool { return s.mark != 0 }

type wireDest struct {
	DestinationState // except Destination.Addr
	family           Family
	addr             [16]byte
	port             uint16
	stats            []byte
	stats64          []byte
}

var destTable = table[wireDest]{
	destAddr:         {kind: kind16Octets, part: byKey, at: unsafe.Offsetof(wireDest{}.addr)},
	destPort:         {kind: kindBE16, part: byKey, at: unsafe.Offsetof(wireDest{}.port)},
	destFwdMethod:    {kind: kindU32, part: whole, at: unsafe.Offsetof(wireDest{}.Destination) + unsafe.Offsetof(Destination{}.Forwarding)},
	destWeight:       {kind: kindU32, part: whole, at: unsafe.Offsetof(wireDest{}.Destination) + unsafe.Offsetof(Destination{}.Weight)},
	destUThresh:      {kind: kindU32, part: whole, at: unsafe.Offsetof(wireDest{}.Destination) + unsafe.Offsetof(Destination{}.UpperThreshold)},
	destLThresh:      {kind: kindU32, part: whole, at: unsafe.Offsetof(wireDest{}.Destination) + unsafe.Offsetof(Destination{}.LowerThreshold)},
	destActiveConns:  {kind: kindU32, reply: true, at: unsafe.Offsetof(wireDest{}.ActiveConns)},
	destInactConns:   {kind: kindU32, reply: true, at: unsafe.Offsetof(wireDest{}.InactiveConns)},
	destPersistConns: {kind: kindU32, reply: true, at: unsafe.Offsetof(wireDest{}.PersistentConns)},
	destStats:        {kind: kindNested, reply: true, at: unsafe.Offsetof(wireDest{}.stats)},
	destAddrFamily:   {kind: kindU16, part: byKey, at: unsafe.Offsetof(wireDest{}.family)},
	destStats64:      {kind: kindNested, reply: true, at: unsafe.Offsetof(wireDest{}.stats64)},
	destTunType:      {kind: kindU8, part: whole, at: unsafe.Offsetof(wireDest{}.Destination) + unsafe.Offsetof(Destination{}.TunnelType), zero: true},
	destTunPort:      {kind: kindBE16, part: whole, at: unsafe.Offsetof(wireDest{}.Destination) + unsafe.Offsetof(Destination{}.TunnelPort), zero: true},
	destTunFlags:     {kind: kindU16, part: whole, at: unsafe.Offsetof(wireDest{}.Destination) + unsafe.Offsetof(Destination{}.TunnelFlags), zero: true},
}

type wireDaemon struct {
	Daemon // except SyncID and Group
	syncID uint32
	group  [4]byte
	group6 [16]byte
}

var daemonTable = table[wireDaemon]{
	daemonState:       {kind: kindU32, part: byKey, at: unsafe.Offsetof(wireDaemon{}.State)},
	daemonMcastIfn:    {kind: kindText, part: whole, at: unsafe.Offsetof(wireDaemon{}.Interface)},
	daemonSyncID:      {kind: kindU32, part: byKey, at: unsafe.Offsetof(wireDaemon{}.syncID)},
	daemonSyncMaxLen:  {kind: kindU16, part: whole, at: unsafe.Offsetof(wireDaemon{}.MaxLen), zero: true},
	daemonMcastGroup:  {kind: kind4Octets, part: whole, at: unsafe.Offsetof(wireDaemon{}.group), omit: noGroup},
	daemonMcastGroup6: {kind: kind16Octets, part: whole, at: unsafe.Offsetof(wireDaemon{}.group6), omit: noGroup6},
	daemonMcastPort:   {kind: kindU16, part: whole, at: unsafe.Offsetof(wireDaemon{}.Port), zero: true},
	daemonMcastTTL:    {kind: kindU8, part: whole, at: unsafe.Offsetof(wireDaemon{}.TTL), zero: true},
}

func noGroup(d *wireDaemon) bool  { return !d.Group.Is4() }
func noGroup6(d *wireDaemon) bool { return !d.Group.Is6() }

var statsTable = table[Stats]{
	statsConns:    {kind: kindCount, at: unsafe.Offsetof(Stats{}.Conns)},
	statsInPkts:   {kind: kindCount, at: unsafe.Offsetof(Stats{}.InPkts)},
	statsOutPkts:  {kind: kindCount, at: unsafe.Offsetof(Stats{}.OutPkts)},
	statsInBytes:  {kind: kindCount, at: unsafe.Offsetof(Stats{}.InBytes)},
	statsOutBytes: {kind: kindCount, at: unsafe.Offsetof(Stats{}.OutBytes)},
	statsCPS:      {kind: kindCount, at: unsafe.Offsetof(Stats{}.CPS)},
	statsInPPS:    {kind: kindCount, at: unsafe.Offsetof(Stats{}.InPPS)},
	statsOutPPS:   {kind: kindCount, at: unsafe.Offsetof(Stats{}.OutPPS)},
	statsInBPS:    {kind: kindCount, at: unsafe.Offsetof(Stats{}.InBPS)},
	statsOutBPS:   {kind: kindCount, at: unsafe.Offsetof(Stats{}.OutBPS)},
}

type wireTimeouts struct{ tcp, tcpFin, udp uint32 }

var timeoutsTable = table[wireTimeouts]{
	attrTimeoutTCP:    {kind: kindU32, part: whole, at: unsafe.Offsetof(wireTimeouts{}.tcp)},
	attrTimeoutTCPFin: {kind: kindU32, part: whole, at: unsafe.Offsetof(wireTimeouts{}.tcpFin)},
	attrTimeoutUDP:    {kind: kindU32, part: whole, at: unsafe.Offsetof(wireTimeouts{}.udp)},
}

var infoTable = table[Info]{
	infoVersion:     {kind: kindU32, at: unsafe.Offsetof(Info{}.Version)},
	infoConnTabSize: {kind: kindU32, at: unsafe.Offsetof(Info{}.ConnTableSize)},
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
		return netip.AddrFrom4([4]byte(p[:])), nil // the first four
	case IPv6:
		return netip.AddrFrom16(*p), nil
	}
	return netip.Addr{}, errFamily
}
