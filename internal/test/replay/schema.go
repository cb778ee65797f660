// SPDX-License-Identifier: Apache-2.0

// Package replay keeps exchanges with the kernel's IPVS as files, for tests that
// have no kernel: requests and replies, byte by byte.
//
// The files are hex dumps with a comment for each attribute. The numbers in them are
// in little-endian order, whatever kernel they came from; [Load] turns them
// to the order of the machine it runs on. It knows which bytes are numbers from the
// tables in this file, which do not depend on the code under test.
package replay

import "encoding/binary"

// An attr is a netlink attribute: its name in linux/ip_vs.h and what it holds.
type attr struct {
	name string
	unit int             // size of the numbers of the host's byte order that it holds; 1 for none
	nest map[uint16]attr // or the attributes that it holds
}

var commandAttrs = map[uint16]attr{
	1: {name: "IPVS_CMD_ATTR_SERVICE", nest: serviceAttrs},
	2: {name: "IPVS_CMD_ATTR_DEST", nest: destAttrs},
	3: {name: "IPVS_CMD_ATTR_DAEMON", nest: daemonAttrs},
	4: {name: "IPVS_CMD_ATTR_TIMEOUT_TCP", unit: 4},
	5: {name: "IPVS_CMD_ATTR_TIMEOUT_TCP_FIN", unit: 4},
	6: {name: "IPVS_CMD_ATTR_TIMEOUT_UDP", unit: 4},
}

// The reply to IPVS_CMD_GET_INFO has attributes of its own.
var infoAttrs = map[uint16]attr{
	1: {name: "IPVS_INFO_ATTR_VERSION", unit: 4},
	2: {name: "IPVS_INFO_ATTR_CONN_TAB_SIZE", unit: 4},
}

var serviceAttrs = map[uint16]attr{
	1:  {name: "IPVS_SVC_ATTR_AF", unit: 2},
	2:  {name: "IPVS_SVC_ATTR_PROTOCOL", unit: 2},
	3:  {name: "IPVS_SVC_ATTR_ADDR", unit: 1},
	4:  {name: "IPVS_SVC_ATTR_PORT, in network order", unit: 1},
	5:  {name: "IPVS_SVC_ATTR_FWMARK", unit: 4},
	6:  {name: "IPVS_SVC_ATTR_SCHED_NAME", unit: 1},
	7:  {name: "IPVS_SVC_ATTR_FLAGS", unit: 4},
	8:  {name: "IPVS_SVC_ATTR_TIMEOUT", unit: 4},
	9:  {name: "IPVS_SVC_ATTR_NETMASK", unit: maskUnit},
	10: {name: "IPVS_SVC_ATTR_STATS", nest: stats(4)},
	11: {name: "IPVS_SVC_ATTR_PE_NAME", unit: 1},
	12: {name: "IPVS_SVC_ATTR_STATS64", nest: stats(8)},
}

// maskUnit stands for 1 in a service of IPv4, whose mask is an address, and 4 in one
// of IPv6, whose mask is a number.
const maskUnit = -1

var destAttrs = map[uint16]attr{
	1:  {name: "IPVS_DEST_ATTR_ADDR", unit: 1},
	2:  {name: "IPVS_DEST_ATTR_PORT, in network order", unit: 1},
	3:  {name: "IPVS_DEST_ATTR_FWD_METHOD", unit: 4},
	4:  {name: "IPVS_DEST_ATTR_WEIGHT", unit: 4},
	5:  {name: "IPVS_DEST_ATTR_U_THRESH", unit: 4},
	6:  {name: "IPVS_DEST_ATTR_L_THRESH", unit: 4},
	7:  {name: "IPVS_DEST_ATTR_ACTIVE_CONNS", unit: 4},
	8:  {name: "IPVS_DEST_ATTR_INACT_CONNS", unit: 4},
	9:  {name: "IPVS_DEST_ATTR_PERSIST_CONNS", unit: 4},
	10: {name: "IPVS_DEST_ATTR_STATS", nest: stats(4)},
	11: {name: "IPVS_DEST_ATTR_ADDR_FAMILY", unit: 2},
	12: {name: "IPVS_DEST_ATTR_STATS64", nest: stats(8)},
	13: {name: "IPVS_DEST_ATTR_TUN_TYPE", unit: 1},
	14: {name: "IPVS_DEST_ATTR_TUN_PORT, in network order", unit: 1},
	15: {name: "IPVS_DEST_ATTR_TUN_FLAGS", unit: 2},
}

var daemonAttrs = map[uint16]attr{
	1: {name: "IPVS_DAEMON_ATTR_STATE", unit: 4},
	2: {name: "IPVS_DAEMON_ATTR_MCAST_IFN", unit: 1},
	3: {name: "IPVS_DAEMON_ATTR_SYNC_ID", unit: 4},
	4: {name: "IPVS_DAEMON_ATTR_SYNC_MAXLEN", unit: 2},
	5: {name: "IPVS_DAEMON_ATTR_MCAST_GROUP", unit: 1},
	6: {name: "IPVS_DAEMON_ATTR_MCAST_GROUP6", unit: 1},
	7: {name: "IPVS_DAEMON_ATTR_MCAST_PORT", unit: 2},
	8: {name: "IPVS_DAEMON_ATTR_MCAST_TTL", unit: 1},
}

// stats are the counters; those of bytes have 64 bits in either set.
func stats(unit int) map[uint16]attr {
	return map[uint16]attr{
		1:  {name: "IPVS_STATS_ATTR_CONNS", unit: unit},
		2:  {name: "IPVS_STATS_ATTR_INPKTS", unit: unit},
		3:  {name: "IPVS_STATS_ATTR_OUTPKTS", unit: unit},
		4:  {name: "IPVS_STATS_ATTR_INBYTES", unit: 8},
		5:  {name: "IPVS_STATS_ATTR_OUTBYTES", unit: 8},
		6:  {name: "IPVS_STATS_ATTR_CPS", unit: unit},
		7:  {name: "IPVS_STATS_ATTR_INPPS", unit: unit},
		8:  {name: "IPVS_STATS_ATTR_OUTPPS", unit: unit},
		9:  {name: "IPVS_STATS_ATTR_INBPS", unit: unit},
		10: {name: "IPVS_STATS_ATTR_OUTBPS", unit: unit},
		11: {name: "IPVS_STATS_ATTR_PAD", unit: 1},
	}
}

// A visitor is called for each piece of a message, in turn: its bytes, the size of the
// numbers in it, its name and how deep it is nested. Pieces without a name
// belong to the one before.
type visitor func(b []byte, unit int, name string, depth int)

const cmdSetInfo = 14

// Numbers of netlink messages that belong to no family.
const (
	msgError = 2
	msgDone  = 3
)

const (
	headerLen = 16 // of a netlink message
	genlLen   = 4  // of a generic-netlink header
)

// walk visits the pieces of a whole netlink message whose numbers are of order o. A
// visitor may change the bytes it gets.
func walk(b []byte, o binary.ByteOrder, visit visitor) {
	kind := o.Uint16(b[4:])
	walkHeader(b[:headerLen], visit, 0)
	b = b[headerLen:]
	switch kind {
	case msgDone:
		visit(b, 4, "error number", 1)
	case msgError:
		visit(b[:4], 4, "error number", 1)
		walkHeader(b[4:][:headerLen], visit, 1)
		walkGenl(b[4+headerLen:], o, visit, 2)
	default:
		walkGenl(b, o, visit, 1)
	}
}

func walkHeader(b []byte, visit visitor, depth int) {
	visit(b[:4], 4, "length, type, flags, sequence, port id", depth)
	visit(b[4:8], 2, "", depth)
	visit(b[8:], 4, "", depth)
}

func walkGenl(b []byte, o binary.ByteOrder, visit visitor, depth int) {
	if len(b) < genlLen { // an error's copy of the request that was cut
		return
	}
	set := commandAttrs
	if b[0] == cmdSetInfo {
		set = infoAttrs
	}
	visit(b[:genlLen], 1, "command, version", depth)
	walkAttrs(b[genlLen:], o, set, visit, depth)
}

func walkAttrs(b []byte, o binary.ByteOrder, set map[uint16]attr, visit visitor, depth int) {
	v6 := false
	for len(b) >= 4 {
		n, number := int(o.Uint16(b)), o.Uint16(b[2:])&0x3fff
		a := set[number]
		visit(b[:4], 2, a.name, depth)
		end := (n + 3) &^ 3
		payload, padding := b[4:n], b[n:end]
		switch {
		case a.nest != nil:
			walkAttrs(payload, o, a.nest, visit, depth+1)
		case a.unit == maskUnit && !v6:
			visit(payload, 1, "", depth)
		case a.unit == maskUnit:
			visit(payload, 4, "", depth)
		default:
			// IPVS_SVC_ATTR_AF, the first of its set, tells the family.
			v6 = v6 || number == 1 && a.unit == 2 && o.Uint16(payload) == 10
			visit(payload, max(a.unit, 1), "", depth)
		}
		visit(padding, 1, "", depth)
		b = b[end:]
	}
}

// swap reverses the bytes of each number of b.
func swap(b []byte, unit int) {
	for ; len(b) >= unit; b = b[unit:] {
		for i, j := 0, unit-1; i < j; i, j = i+1, j-1 {
			b[i], b[j] = b[j], b[i]
		}
	}
}
