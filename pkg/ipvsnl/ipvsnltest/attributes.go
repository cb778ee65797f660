// SPDX-License-Identifier: Apache-2.0

package ipvsnltest

import (
	"bytes"
	"encoding/binary"
)

// A rule is the kernel's requirement for the payload of an attribute (struct
// nla_policy).
type rule struct {
	min, max int  // length in bytes; 0 for no max
	text     bool // at most max bytes and a NUL
	nested   bool // empty, or at least the header of an attribute
}

var (
	number8  = rule{min: 1}
	number16 = rule{min: 2}
	number32 = rule{min: 4}
	nested   = rule{nested: true}
)

func upTo(length int) rule     { return rule{max: length} }
func textUpTo(n int) rule      { return rule{max: n, text: true} }
func (r rule) isIgnored() bool { return r == rule{} }

// A policy holds the rules for attributes, by number.
type policy []rule

// The kernel's policies for the attributes of linux/ip_vs.h.
var (
	commandPolicy = policy{
		1: nested,   // IPVS_CMD_ATTR_SERVICE
		2: nested,   // IPVS_CMD_ATTR_DEST
		3: nested,   // IPVS_CMD_ATTR_DAEMON
		4: number32, // IPVS_CMD_ATTR_TIMEOUT_TCP
		5: number32, // IPVS_CMD_ATTR_TIMEOUT_TCP_FIN
		6: number32, // IPVS_CMD_ATTR_TIMEOUT_UDP
	}
	servicePolicy = policy{
		1:  number16,     // IPVS_SVC_ATTR_AF
		2:  number16,     // IPVS_SVC_ATTR_PROTOCOL
		3:  upTo(16),     // IPVS_SVC_ATTR_ADDR
		4:  number16,     // IPVS_SVC_ATTR_PORT
		5:  number32,     // IPVS_SVC_ATTR_FWMARK
		6:  textUpTo(15), // IPVS_SVC_ATTR_SCHED_NAME
		7:  upTo(8),      // IPVS_SVC_ATTR_FLAGS
		8:  number32,     // IPVS_SVC_ATTR_TIMEOUT
		9:  number32,     // IPVS_SVC_ATTR_NETMASK
		10: nested,       // IPVS_SVC_ATTR_STATS
		11: textUpTo(16), // IPVS_SVC_ATTR_PE_NAME
	}
	destPolicy = policy{
		1:  upTo(16), // IPVS_DEST_ATTR_ADDR
		2:  number16, // IPVS_DEST_ATTR_PORT
		3:  number32, // IPVS_DEST_ATTR_FWD_METHOD
		4:  number32, // IPVS_DEST_ATTR_WEIGHT
		5:  number32, // IPVS_DEST_ATTR_U_THRESH
		6:  number32, // IPVS_DEST_ATTR_L_THRESH
		7:  number32, // IPVS_DEST_ATTR_ACTIVE_CONNS
		8:  number32, // IPVS_DEST_ATTR_INACT_CONNS
		9:  number32, // IPVS_DEST_ATTR_PERSIST_CONNS
		10: nested,   // IPVS_DEST_ATTR_STATS
		11: number16, // IPVS_DEST_ATTR_ADDR_FAMILY
		13: number8,  // IPVS_DEST_ATTR_TUN_TYPE
		14: number16, // IPVS_DEST_ATTR_TUN_PORT
		15: number16, // IPVS_DEST_ATTR_TUN_FLAGS
	}
	daemonPolicy = policy{
		1: number32,      // IPVS_DAEMON_ATTR_STATE
		2: textUpTo(15),  // IPVS_DAEMON_ATTR_MCAST_IFN
		3: number32,      // IPVS_DAEMON_ATTR_SYNC_ID
		4: number16,      // IPVS_DAEMON_ATTR_SYNC_MAXLEN
		5: number32,      // IPVS_DAEMON_ATTR_MCAST_GROUP
		6: rule{min: 16}, // IPVS_DAEMON_ATTR_MCAST_GROUP6
		7: number16,      // IPVS_DAEMON_ATTR_MCAST_PORT
		8: number8,       // IPVS_DAEMON_ATTR_MCAST_TTL
	}
	familyPolicy = policy{
		1: number16,     // CTRL_ATTR_FAMILY_ID
		2: textUpTo(15), // CTRL_ATTR_FAMILY_NAME
	}
)

// attributes are payloads by number. Missing ones are nil.
type attributes [][]byte

// parse returns attributes. Like the kernel, it ignores numbers without a rule
// and trailing bytes that are not an attribute, and of two with the same number uses the
// last. It reports whether all of them follow their rules.
func (p policy) parse(b []byte) (attributes, bool) {
	all := make(attributes, len(p))
	for len(b) >= 4 {
		n := int(binary.NativeEndian.Uint16(b))
		number := int(binary.NativeEndian.Uint16(b[2:]) & 0x3fff) // without flags
		if n < 4 || n > len(b) {
			break
		}
		payload := b[4:n:n]
		b = b[min((n+3)&^3, len(b)):]
		if number >= len(p) || p[number].isIgnored() {
			continue
		}
		if !p[number].allows(payload) {
			return nil, false
		}
		all[number] = payload
	}
	return all, true
}

func (r rule) allows(b []byte) bool {
	switch {
	case r.nested:
		return len(b) == 0 || len(b) >= 4
	case r.text:
		if len(b) > 0 && b[len(b)-1] == 0 {
			return len(b)-1 <= r.max
		}
		return len(b) <= r.max && bytes.IndexByte(b, 0) >= 0
	}
	return len(b) >= r.min && (r.max == 0 || len(b) <= r.max)
}

// has reports whether all of these numbers are present.
func (a attributes) has(numbers ...int) bool {
	for _, n := range numbers {
		if a[n] == nil {
			return false
		}
	}
	return true
}

// The values of attributes. Those of missing attributes are zero.

func (a attributes) u8(number int) uint8 {
	if a[number] == nil {
		return 0
	}
	return a[number][0]
}

func (a attributes) u16(number int) uint16 {
	return binary.NativeEndian.Uint16(a.octets(number, 2))
}

// be16 returns a number in network byte order.
func (a attributes) be16(number int) uint16 {
	return binary.BigEndian.Uint16(a.octets(number, 2))
}

func (a attributes) u32(number int) uint32 {
	return binary.NativeEndian.Uint32(a.octets(number, 4))
}

// text returns a string without its NUL.
func (a attributes) text(number int) string {
	text, _, _ := bytes.Cut(a[number], []byte{0})
	return string(text)
}

// octets returns as many bytes, padded with zeros.
func (a attributes) octets(number, length int) []byte {
	b := make([]byte, length)
	copy(b, a[number])
	return b
}
