// SPDX-License-Identifier: Apache-2.0

package firewall

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math/bits"
	"net/netip"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/check"
)

// An expressions follows the expressions of a rule.
type expressions struct {
	rule      check.Rule
	registers [32]value
}

// A value is what is in a register: a constant, or what was read of a packet.
type value struct {
	of   source
	data []byte // of a constant
	mask []byte // which bits of what was read are left; nil for all
	xor  []byte // which of them are then inverted
}

// A source is where a value comes from.
type source uint8

// The sources.
const (
	unknown source = iota
	constant
	protocol
	version
	mark
	port
	daddr  // of IPv4
	daddr6 // of IPv6
	outInterface
	outIndex
	state // of the connection
	asked // the address that a client has asked for
)

// add takes the next expression.
func (e *expressions) add(b []byte) {
	name := ""
	decode(b, func(d *netlink.AttributeDecoder) {
		switch d.Type() {
		case unix.NFTA_EXPR_NAME:
			name = d.String()
		case unix.NFTA_EXPR_DATA:
			e.one(name, attributesOf(d.Bytes()))
		}
	})
	switch name { // some have no data
	case "masq":
		e.rule.TranslatesFrom = true
	case "reject":
		e.rule.Drops = true
	}
}

// An attributes is the attributes of an expression, by their types.
type attributes [unix.NFTA_BITWISE_XOR + 1][]byte

func attributesOf(b []byte) *attributes {
	a := &attributes{}
	decode(b, func(d *netlink.AttributeDecoder) {
		if int(d.Type()) < len(a) {
			a[d.Type()] = d.Bytes()
		}
	})
	return a
}

// number returns an attribute that is a number.
func (a *attributes) number(kind int) uint32 {
	if len(a[kind]) != 4 {
		return 0
	}
	return binary.BigEndian.Uint32(a[kind])
}

// data returns an attribute that is a value.
func (a *attributes) data(kind int) []byte { return attributesOf(a[kind])[unix.NFTA_DATA_VALUE] }

// register returns a register. They overlap: the old ones, of 16 bytes, begin at every fourth of the new ones.
// Register 0, that of verdicts, which also stands for none, is one that no expression reads.
func (e *expressions) register(n uint32) *value {
	if n >= unix.NFT_REG32_00 {
		n -= unix.NFT_REG32_00
	} else {
		n = (n - 1) * 4
	}
	return &e.registers[n%32]
}

func (e *expressions) one(name string, a *attributes) {
	switch name {
	case "meta":
		e.meta(a)
	case "payload":
		e.payload(a)
	case "ct":
		e.conntrack(a)
	case "immediate":
		e.immediate(a)
	case "bitwise":
		e.bitwise(a)
	case "cmp":
		e.compare(a)
	case "range":
		e.between(a)
	case "nat":
		e.rule.TranslatesFrom = a.number(unix.NFTA_NAT_TYPE) == unix.NFT_NAT_SNAT
	case "lookup":
		e.lookup(a)
	case "target":
		targetOf(&e.rule, string(bytes.TrimRight(a[1], "\x00")), a[3])
	case "match":
		matchOf(&e.rule, string(bytes.TrimRight(a[1], "\x00")), a[3])
	case "queue": // to a program, which may accept
		e.rule.Accepts = true
	case "counter", "last", "log", "masq", "reject", "notrack":
	default: // a condition, or something that fills a register
		e.rule.Narrower = true
		e.registers = [32]value{}
	}
}

// lookup takes a set, which is a condition, or a map, which is one as well: it may not have the key. What is in them is not
// read.
func (e *expressions) lookup(a *attributes) {
	e.rule.Narrower = true
	switch to := a[unix.NFTA_LOOKUP_DREG]; {
	case to == nil:
	case a.number(unix.NFTA_LOOKUP_DREG) == unix.NFT_REG_VERDICT:
		e.rule.Accepts = true
	default:
		*e.register(a.number(unix.NFTA_LOOKUP_DREG)) = value{}
	}
}

func (e *expressions) meta(a *attributes) {
	key := a.number(unix.NFTA_META_KEY)
	if a[unix.NFTA_META_SREG] != nil {
		if key == unix.NFT_META_MARK {
			e.marks(e.register(a.number(unix.NFTA_META_SREG)))
		}
		return
	}
	to := e.register(a.number(unix.NFTA_META_DREG))
	*to = value{}
	switch key {
	case unix.NFT_META_L4PROTO:
		to.of = protocol
	case unix.NFT_META_NFPROTO:
		to.of = version
	case unix.NFT_META_MARK:
		to.of = mark
	case unix.NFT_META_OIFNAME:
		to.of = outInterface
	case unix.NFT_META_OIF:
		to.of = outIndex
	}
}

// marks has the rule set the mark to what is in a register. Where bits of the old mark are left, those are free.
func (e *expressions) marks(v *value) {
	r := &e.rule
	r.Marks = true
	switch {
	case v.of == constant && len(v.data) == 4:
		r.Mark, r.MarkedBit = binary.NativeEndian.Uint32(v.data), ^uint32(0)
	case v.of == mark && len(v.mask) == 4:
		r.Mark, r.MarkedBit = binary.NativeEndian.Uint32(v.xor), ^binary.NativeEndian.Uint32(v.mask)
	}
}

func (e *expressions) payload(a *attributes) {
	to := e.register(a.number(unix.NFTA_PAYLOAD_DREG))
	*to = value{}
	base, offset, size := a.number(unix.NFTA_PAYLOAD_BASE), a.number(unix.NFTA_PAYLOAD_OFFSET), a.number(unix.NFTA_PAYLOAD_LEN)
	switch {
	case base == unix.NFT_PAYLOAD_TRANSPORT_HEADER && offset == 2 && size == 2:
		to.of = port
	case base == unix.NFT_PAYLOAD_NETWORK_HEADER && offset == 16:
		to.of = daddr
	case base == unix.NFT_PAYLOAD_NETWORK_HEADER && offset == 24: // of a network, the bytes that its addresses share
		to.of = daddr6
	case base == unix.NFT_PAYLOAD_NETWORK_HEADER && size == 1 && (offset == 9 || offset == 6): // of IPv4 and of IPv6
		to.of = protocol
	}
}

func (e *expressions) conntrack(a *attributes) {
	const dreg, key, direction = 1, 2, 3 // NFTA_CT_DREG and so on
	to := e.register(a.number(dreg))
	*to = value{}
	switch k := a.number(key); {
	case k == unix.NFT_CT_STATE:
		to.of = state
	case len(a[direction]) == 0 || a[direction][0] != 0: // of the answers
	case k == unix.NFT_CT_DST || k == unix.NFT_CT_DST_IP || k == unix.NFT_CT_DST_IP6:
		to.of = asked
	}
}

func (e *expressions) immediate(a *attributes) {
	n := a.number(unix.NFTA_IMMEDIATE_DREG)
	if n != unix.NFT_REG_VERDICT {
		*e.register(n) = value{of: constant, data: a.data(unix.NFTA_IMMEDIATE_DATA)}
		return
	}
	verdict := attributesOf(attributesOf(a[unix.NFTA_IMMEDIATE_DATA])[unix.NFTA_DATA_VERDICT])
	switch code := int32(verdict.number(unix.NFTA_VERDICT_CODE)); {
	case code > 0, code == unix.NFT_JUMP, code == unix.NFT_GOTO: // NF_ACCEPT, or what may accept
		e.rule.Accepts = true
	case code == 0: // NF_DROP
		e.rule.Drops = true
	}
}

func (e *expressions) bitwise(a *attributes) {
	v := *e.register(a.number(unix.NFTA_BITWISE_SREG))
	mask, xor := a.data(unix.NFTA_BITWISE_MASK), a.data(unix.NFTA_BITWISE_XOR)
	switch {
	case v.of == constant, len(mask) == 0, len(mask) != len(xor), v.mask != nil && len(v.mask) != len(mask): // a shift, perhaps
		v = value{}
	case v.mask != nil:
		v.mask, v.xor = both(v.mask, mask), xored(both(v.xor, mask), xor)
	default:
		v.mask, v.xor = mask, xor
	}
	*e.register(a.number(unix.NFTA_BITWISE_DREG)) = v
}

// both returns the bits that two words of the same length have, and xored those that one of them has.
func both(a, b []byte) []byte {
	c := bytes.Clone(a)
	for i := range c {
		c[i] &= b[i]
	}
	return c
}

func xored(a, b []byte) []byte {
	c := bytes.Clone(a)
	for i := range c {
		c[i] ^= b[i]
	}
	return c
}

// compare takes a condition. One that it does not understand makes the rule narrower.
func (e *expressions) compare(a *attributes) {
	v, data, r := e.register(a.number(unix.NFTA_CMP_SREG)), a.data(unix.NFTA_CMP_DATA), &e.rule
	op := a.number(unix.NFTA_CMP_OP)
	if v.of == state {
		r.Narrower = true
		r.Known = r.Known || isKnown(op, v, data)
		return
	}
	switch isAddress := v.of == daddr || v.of == daddr6 || v.of == asked; {
	case v.mask != nil && !isAddress:
		r.Narrower = true
	case v.of == port && len(data) >= 2:
		e.comparePort(op, binary.BigEndian.Uint16(data))
	case op != unix.NFT_CMP_EQ:
		r.Narrower = true
	case v.of == protocol && len(data) >= 1 && data[0] != 0: // 0 stands for all
		r.Protocol = data[0]
	case v.of == version && len(data) >= 1:
		r.Version = data[0]
	case v.of == outInterface && len(data) > 0:
		r.Out = interfaceName(data)
	case v.of == outIndex && len(data) == 4:
		r.OutIndex = binary.NativeEndian.Uint32(data)
	case v.of == asked:
		narrow(r, &r.Virtual, v, data)
	case isAddress:
		narrow(r, &r.To, v, data)
	default:
		r.Narrower = true
	}
}

// comparePort takes a condition of destination ports. nft writes a range as two: from its first port, then to its last.
func (e *expressions) comparePort(op uint32, n uint16) {
	r := &e.rule
	switch op {
	case unix.NFT_CMP_EQ:
		r.Ports = [2]uint16{n, n}
	case unix.NFT_CMP_GTE:
		r.Ports = [2]uint16{n, cmp.Or(r.Ports[1], 0xffff)}
	case unix.NFT_CMP_LTE:
		r.Ports[1] = n
	default:
		r.Narrower = true
	}
	r.Narrower = r.Narrower || r.Ports[1] == 0 // it is about port 0, which stands for all
}

// known are the states of connections that packets have which do not begin one: ESTABLISHED and RELATED.
const known = 1<<1 | 1<<2

// isKnown reports whether a comparison of states leaves connections that are known already.
func isKnown(op uint32, v *value, data []byte) bool {
	bits := data
	if v.mask != nil { // some of these are to be set
		if op != unix.NFT_CMP_NEQ || bytes.Count(data, []byte{0}) < len(data) {
			return false
		}
		bits = v.mask
	} else if op != unix.NFT_CMP_EQ {
		return false
	}
	return len(bits) == 4 && binary.NativeEndian.Uint32(bits)&^known == 0
}

// interfaceName reads the name of an interface. One without an end is what names begin with.
func interfaceName(data []byte) string {
	name, _, whole := bytes.Cut(data, []byte{0})
	if !whole {
		return string(name) + "*"
	}
	return string(name)
}

// narrow takes the network that a comparison is with.
func narrow(r *check.Rule, p *netip.Prefix, v *value, data []byte) {
	var whole [16]byte
	n := copy(whole[:], data)
	length, ok := 8*n, true
	if v.mask != nil {
		length, ok = prefixLength(v.mask)
	}
	size := len(whole)
	if v.of == daddr || v.of == asked && n == 4 {
		size = 4
	}
	a, _ := netip.AddrFromSlice(whole[:size])
	if to := netip.PrefixFrom(a, length); ok && to.IsValid() {
		*p = to
	} else {
		r.Narrower = true
	}
}

// prefixLength returns how many bits a mask begins with, and whether it has no others.
func prefixLength(mask []byte) (n int, ok bool) {
	for _, b := range mask {
		n += bits.OnesCount8(b)
	}
	for i, b := range mask {
		if b != ^byte(0xff>>max(n-8*i, 0)) {
			return n, false
		}
	}
	return n, true
}

func (e *expressions) between(a *attributes) {
	v, from, to := e.register(a.number(unix.NFTA_RANGE_SREG)), a.data(unix.NFTA_RANGE_FROM_DATA), a.data(unix.NFTA_RANGE_TO_DATA)
	if v.of == port && a.number(unix.NFTA_RANGE_OP) == unix.NFT_RANGE_EQ && len(from) >= 2 && len(to) >= 2 {
		e.rule.Ports = [2]uint16{binary.BigEndian.Uint16(from), binary.BigEndian.Uint16(to)}
		return
	}
	e.rule.Narrower = true
}

// targetOf has a rule do what a target of iptables does.
func targetOf(r *check.Rule, name string, info []byte) {
	switch name {
	case "MARK":
		r.Marks = true
		if len(info) >= 8 {
			r.Mark, r.MarkedBit = binary.NativeEndian.Uint32(info), binary.NativeEndian.Uint32(info[4:])
		}
	case "CONNMARK", "HMARK", "SET": // may set any
		r.Marks = true
	case "MASQUERADE", "SNAT", "NETMAP":
		r.TranslatesFrom = true
	case "REJECT":
		r.Drops = true
	case "NFQUEUE": // to a program, which may accept
		r.Accepts = true
	}
}
