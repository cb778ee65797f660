// SPDX-License-Identifier: Apache-2.0

package firewall

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/check"
)

// attr returns an attribute of bytes, of text, of a number, or of other attributes.
func attr(kind int, values ...any) []byte {
	var value []byte
	for _, v := range values {
		switch v := v.(type) {
		case []byte:
			value = append(value, v...)
		case string:
			value = append(append(value, v...), 0)
		case int:
			value = binary.BigEndian.AppendUint32(value, uint32(v))
		}
	}
	b := binary.NativeEndian.AppendUint16(nil, uint16(4+len(value)))
	b = append(binary.NativeEndian.AppendUint16(b, uint16(kind)), value...)
	return append(b, make([]byte, (4-len(value)%4)%4)...)
}

func join(parts ...[]byte) (all []byte) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// expr returns an expression.
func expr(name string, attributes ...[]byte) []byte {
	return attr(1, attr(unix.NFTA_EXPR_NAME, name), attr(unix.NFTA_EXPR_DATA, join(attributes...)))
}

func data(kind int, value []byte) []byte { return attr(kind, attr(unix.NFTA_DATA_VALUE, value)) }

func host(n uint32) []byte { return binary.NativeEndian.AppendUint32(nil, n) }

func metaTo(register, key int) []byte {
	return expr("meta", attr(unix.NFTA_META_DREG, register), attr(unix.NFTA_META_KEY, key))
}

func meta(key int) []byte { return metaTo(1, key) }

func compare(register, op int, value ...byte) []byte {
	return expr("cmp", attr(unix.NFTA_CMP_SREG, register), attr(unix.NFTA_CMP_OP, op), data(unix.NFTA_CMP_DATA, value))
}

func is(value ...byte) []byte    { return compare(1, unix.NFT_CMP_EQ, value...) }
func isNot(value ...byte) []byte { return compare(1, unix.NFT_CMP_NEQ, value...) }

func payloadTo(register, base, offset, size int) []byte {
	return expr("payload", attr(unix.NFTA_PAYLOAD_DREG, register), attr(unix.NFTA_PAYLOAD_BASE, base), attr(unix.NFTA_PAYLOAD_OFFSET, offset),
		attr(unix.NFTA_PAYLOAD_LEN, size))
}

func network(offset, size int) []byte {
	return payloadTo(1, unix.NFT_PAYLOAD_NETWORK_HEADER, offset, size)
}
func transport(offset, size int) []byte {
	return payloadTo(1, unix.NFT_PAYLOAD_TRANSPORT_HEADER, offset, size)
}

func ends(code int32) []byte {
	return expr("immediate", attr(unix.NFTA_IMMEDIATE_DREG, unix.NFT_REG_VERDICT),
		attr(unix.NFTA_IMMEDIATE_DATA, attr(unix.NFTA_DATA_VERDICT, attr(unix.NFTA_VERDICT_CODE, binary.BigEndian.AppendUint32(nil, uint32(code))))))
}

func bitwiseOf(from, to int, mask, xor []byte) []byte {
	return expr("bitwise", attr(unix.NFTA_BITWISE_SREG, from), attr(unix.NFTA_BITWISE_DREG, to), attr(unix.NFTA_BITWISE_LEN, len(mask)),
		data(unix.NFTA_BITWISE_MASK, mask), data(unix.NFTA_BITWISE_XOR, xor), attr(6, 0)) // NFTA_BITWISE_OP
}

func bitwise(mask, xor []byte) []byte { return bitwiseOf(1, 1, mask, xor) }

func setMarkTo(register int) []byte {
	return expr("meta", attr(unix.NFTA_META_SREG, register), attr(unix.NFTA_META_KEY, unix.NFT_META_MARK))
}

func constantTo(register int, value []byte) []byte {
	return expr("immediate", attr(unix.NFTA_IMMEDIATE_DREG, register), data(unix.NFTA_IMMEDIATE_DATA, value))
}

func constantIn(value []byte) []byte { return constantTo(1, value) }

// ct returns an expression that reads of a connection, in the direction of the first packet.
func ct(key int) []byte { return expr("ct", attr(1, 1), attr(2, key), attr(3, []byte{0})) }

func lookup(attributes ...[]byte) []byte {
	return expr("lookup", attr(unix.NFTA_LOOKUP_SET, "__set0"), attr(unix.NFTA_LOOKUP_SREG, 1), join(attributes...))
}

// between returns a range of ports.
func between(register, op int, from, to []byte) []byte {
	return expr("range", attr(unix.NFTA_RANGE_SREG, register), attr(unix.NFTA_RANGE_OP, op),
		data(unix.NFTA_RANGE_FROM_DATA, from), data(unix.NFTA_RANGE_TO_DATA, to))
}

func ip(s string) []byte { return netip.MustParseAddr(s).AsSlice() }

var (
	setMark = setMarkTo(1)
	dport   = transport(2, 2)
	ctState = expr("ct", attr(1, 1), attr(2, unix.NFT_CT_STATE))
	toMap   = attr(unix.NFTA_LOOKUP_DREG, 1)
)

// The names are the rules as nft writes them; what is odd about some follows a comma.
func TestRules(t *testing.T) {
	for name, c := range map[string]struct {
		expressions []byte
		want        check.Rule
	}{
		"meta mark set 7": {join(constantIn(host(7)), setMark), check.Rule{Marks: true, Mark: 7, MarkedBit: ^uint32(0)}},
		"meta mark set mark or 4": {join(meta(unix.NFT_META_MARK), bitwise(host(^uint32(4)), host(4)), setMark),
			check.Rule{Marks: true, Mark: 4, MarkedBit: 4}},
		"meta mark set from a map": {join(network(12, 4),
			lookup(toMap), setMark), check.Rule{Marks: true, Narrower: true}},
		"meta mark set something after a constant": {join(constantIn(host(7)), expr("numgen", attr(1, 1)), setMark), check.Rule{Marks: true, Narrower: true}},
		"meta mark set mark and 0xf0 or 4, in two steps": {join(meta(unix.NFT_META_MARK), bitwise(host(0xf0), host(0)), bitwise(host(^uint32(4)), host(4)), setMark),
			check.Rule{Marks: true, Mark: 4, MarkedBit: ^uint32(0xf0)}},
		"meta mark set a constant and a mask": {join(constantIn(host(7)), bitwise(host(3), host(0)), setMark), check.Rule{Marks: true}},
		"meta mark set mark shifted": {join(meta(unix.NFT_META_MARK), expr("bitwise", attr(unix.NFTA_BITWISE_SREG, 1), attr(unix.NFTA_BITWISE_DREG, 1)), setMark),
			check.Rule{Marks: true}},
		"a map of verdicts": {join(dport, lookup(attr(unix.NFTA_LOOKUP_DREG, unix.NFT_REG_VERDICT))),
			check.Rule{Narrower: true, Accepts: true}},
		"queue":               {join(expr("queue")), check.Rule{Accepts: true}},
		"queue, a verdict":    {ends(3), check.Rule{Accepts: true}},
		"return":              {ends(-5), check.Rule{}},
		"oif 3 accept":        {join(meta(unix.NFT_META_OIF), is(host(3)...), ends(1)), check.Rule{OutIndex: 3, Accepts: true}},
		"oifname eth* accept": {join(meta(unix.NFT_META_OIFNAME), is([]byte("eth")...), ends(1)), check.Rule{Out: "eth*", Accepts: true}},
		"ip protocol udp":     {join(network(9, 1), is(17), ends(0)), check.Rule{Protocol: 17, Drops: true}},
		"ct state established": {join(ctState, bitwise(host(2), host(0)), isNot(0, 0, 0, 0), ends(1)),
			check.Rule{Narrower: true, Known: true, Accepts: true}},
		"ct state established or new": {join(ctState, bitwise(host(2|8), host(0)), isNot(0, 0, 0, 0), ends(1)),
			check.Rule{Narrower: true, Accepts: true}},
		"ct state not established": {join(ctState, bitwise(host(2), host(0)), is(0, 0, 0, 0), ends(1)),
			check.Rule{Narrower: true, Accepts: true}},
		"ct state == related": {join(ctState, is(host(4)...), ends(1)), check.Rule{Narrower: true, Known: true, Accepts: true}},
		"ip daddr and 255.0.255.0": {join(network(16, 4), bitwise([]byte{255, 0, 255, 0}, make([]byte, 4)),
			is(10, 0, 0, 0), ends(0)), check.Rule{Narrower: true, Drops: true}},
		"udp dport 6080 drop": {join(meta(unix.NFT_META_L4PROTO), is(17), dport, is(0x17, 0xc0), ends(0)),
			check.Rule{Protocol: 17, Ports: [2]uint16{6080, 6080}, Drops: true}},
		"dport != 6080 accept": {join(dport, isNot(0x17, 0xc0), ends(1)), check.Rule{Narrower: true, Accepts: true}},
		"dport 6000-6999 reject": {join(dport, between(1, unix.NFT_RANGE_EQ, []byte{0x17, 0x70}, []byte{0x1b, 0x57}), expr("reject")),
			check.Rule{Ports: [2]uint16{6000, 6999}, Drops: true}},
		"ip daddr 10.0.0.0/8": {join(network(16, 1), is(10), expr("counter"), ends(0)),
			check.Rule{To: netip.MustParsePrefix("10.0.0.0/8"), Drops: true}},
		"ip daddr 10.0.0.0/12": {join(network(16, 4), bitwise([]byte{255, 240, 0, 0}, make([]byte, 4)),
			is(10, 0, 0, 0), ends(0)), check.Rule{To: netip.MustParsePrefix("10.0.0.0/12"), Drops: true}},
		"ip6 daddr 2001:db8::1": {join(meta(unix.NFT_META_NFPROTO), is(10), network(24, 16),
			is(netip.MustParseAddr("2001:db8::1").AsSlice()...), ends(unix.NFT_JUMP)),
			check.Rule{Version: 10, To: netip.MustParsePrefix("2001:db8::1/128"), Accepts: true}},
		"oifname eth1 masquerade": {join(meta(unix.NFT_META_OIFNAME), is(append([]byte("eth1"), make([]byte, 12)...)...), expr("masq")),
			check.Rule{Out: "eth1", TranslatesFrom: true}},
		"ct original ip daddr 192.0.2.10 snat": {join(expr("ct", attr(1, 1), attr(2, 20), attr(3, []byte{0})), is(192, 0, 2, 10),
			expr("nat", attr(unix.NFTA_NAT_TYPE, unix.NFT_NAT_SNAT))), check.Rule{Virtual: netip.MustParsePrefix("192.0.2.10/32"), TranslatesFrom: true}},
		"ct reply ip daddr 192.0.2.10": {join(expr("ct", attr(1, 1), attr(2, 20), attr(3, []byte{1})), is(192, 0, 2, 10)),
			check.Rule{Narrower: true}},
		"dnat":           {expr("nat", attr(unix.NFTA_NAT_TYPE, unix.NFT_NAT_DNAT)), check.Rule{}},
		"a set":          {join(dport, lookup(), ends(0)), check.Rule{Narrower: true, Drops: true}},
		"limit":          {join(expr("limit"), ends(0)), check.Rule{Narrower: true, Drops: true}},
		"iptables-nft":   {join(expr("match", attr(1, "ipvs"), attr(3, append(make([]byte, 39), 1))), expr("target", attr(1, "MASQUERADE"))), check.Rule{IPVS: true, Narrower: true, TranslatesFrom: true}},
		"MARK":           {expr("target", attr(1, "MARK"), attr(3, join(host(7), host(0xff)))), check.Rule{Marks: true, Mark: 7, MarkedBit: 0xff}},
		"CONNMARK":       {expr("target", attr(1, "CONNMARK"), attr(3, host(0))), check.Rule{Marks: true}},
		"malformed data": {attr(1, []byte{1, 2}), check.Rule{}},

		// Marks.
		"meta mark set meta mark": {join(meta(unix.NFT_META_MARK), setMark), check.Rule{Marks: true}},
		"meta mark set ((meta mark & 0xff ^ 0xf) & 0xfc) ^ 1": {join(meta(unix.NFT_META_MARK), bitwise(host(0xff), host(0xf)), bitwise(host(0xfc), host(1)), setMark),
			check.Rule{Marks: true, Mark: 0xd, MarkedBit: ^uint32(0xfc)}},
		"meta mark set meta mark or 4, in other registers": {join(metaTo(2, unix.NFT_META_MARK), bitwiseOf(2, 3, host(^uint32(4)), host(4)), setMarkTo(3)),
			check.Rule{Marks: true, Mark: 4, MarkedBit: 4}},
		"meta mark set meta mark, masked in two lengths": {join(meta(unix.NFT_META_MARK), bitwise(host(3), host(0)), bitwise([]byte{1, 1}, []byte{0, 0}), setMark),
			check.Rule{Marks: true}},
		"meta mark set meta mark << 4": {join(meta(unix.NFT_META_MARK), expr("bitwise", attr(unix.NFTA_BITWISE_SREG, 1), attr(unix.NFTA_BITWISE_DREG, 1),
			attr(6, 1), data(7, host(4))), setMark), check.Rule{Marks: true}},
		"meta mark set meta mark & 0xff map { 4 : 7 }": {join(meta(unix.NFT_META_MARK), bitwise(host(0xff), host(0)), lookup(toMap), setMark),
			check.Rule{Marks: true, Narrower: true}},
		"meta mark set ct mark & 0xff": {join(ct(unix.NFT_CT_MARK), bitwise(host(0xff), host(0)), setMark), check.Rule{Marks: true}},
		"ct mark set 7 meta mark set 7": {join(constantIn(host(7)), expr("ct", attr(2, unix.NFT_CT_MARK), attr(4, 1)), setMark),
			check.Rule{Marks: true, Mark: 7, MarkedBit: ^uint32(0)}},
		"@th,16,32 set 7 meta mark set 7": {join(constantIn(host(7)), expr("payload", attr(unix.NFTA_PAYLOAD_SREG, 1),
			attr(unix.NFTA_PAYLOAD_BASE, unix.NFT_PAYLOAD_TRANSPORT_HEADER), attr(unix.NFTA_PAYLOAD_OFFSET, 2), attr(unix.NFTA_PAYLOAD_LEN, 4)), setMark),
			check.Rule{Marks: true, Mark: 7, MarkedBit: ^uint32(0)}},
		"meta priority set 7":                       {join(constantIn(host(7)), expr("meta", attr(unix.NFTA_META_SREG, 1), attr(unix.NFTA_META_KEY, unix.NFT_META_PRIORITY))), check.Rule{}},
		"meta mark set 7, by a register of 4 bytes": {join(constantTo(unix.NFT_REG32_00, host(7)), setMarkTo(unix.NFT_REG_1)), check.Rule{Marks: true, Mark: 7, MarkedBit: ^uint32(0)}},
		"meta mark set 7, by the fifth of 4 bytes":  {join(constantTo(unix.NFT_REG32_04, host(7)), setMarkTo(unix.NFT_REG_2)), check.Rule{Marks: true, Mark: 7, MarkedBit: ^uint32(0)}},
		"meta mark set 7, by the last of 16 bytes":  {join(constantTo(unix.NFT_REG_4, host(7)), setMarkTo(unix.NFT_REG32_12)), check.Rule{Marks: true, Mark: 7, MarkedBit: ^uint32(0)}},
		"meta mark set 7, by another register":      {join(constantIn(host(7)), setMarkTo(unix.NFT_REG32_01)), check.Rule{Marks: true}},
		"meta mark set 7, by one that there is not": {join(constantTo(40, host(7)), setMark), check.Rule{Marks: true, Mark: 7, MarkedBit: ^uint32(0)}},
		"meta mark set 7, of two bytes":             {join(constantIn([]byte{7, 0}), setMark), check.Rule{Marks: true}},
		"HMARK":                                     {expr("target", attr(1, "HMARK")), check.Rule{Marks: true}},
		"SET":                                       {expr("target", attr(1, "SET")), check.Rule{Marks: true}},
		"MARK, seven bytes":                         {expr("target", attr(1, "MARK"), attr(3, make([]byte, 7))), check.Rule{Marks: true}},

		// What becomes of a packet.
		"goto other":      {ends(unix.NFT_GOTO), check.Rule{Accepts: true}},
		"continue":        {ends(unix.NFT_CONTINUE), check.Rule{}},
		"log drop":        {join(expr("log"), ends(0)), check.Rule{Drops: true}},
		"last drop":       {join(expr("last"), ends(0)), check.Rule{Drops: true}},
		"notrack accept":  {join(expr("notrack"), ends(1)), check.Rule{Accepts: true}},
		"SNAT":            {expr("target", attr(1, "SNAT")), check.Rule{TranslatesFrom: true}},
		"NETMAP":          {expr("target", attr(1, "NETMAP")), check.Rule{TranslatesFrom: true}},
		"REJECT":          {expr("target", attr(1, "REJECT")), check.Rule{Drops: true}},
		"NFQUEUE":         {expr("target", attr(1, "NFQUEUE")), check.Rule{Accepts: true}},
		"snat, two bytes": {expr("nat", attr(unix.NFTA_NAT_TYPE, []byte{0, 1})), check.Rule{TranslatesFrom: true}},

		// Protocols.
		"meta nfproto ipv4 accept":    {join(meta(unix.NFT_META_NFPROTO), is(2), ends(1)), check.Rule{Version: 2, Accepts: true}},
		"meta nfproto, no data":       {join(meta(unix.NFT_META_NFPROTO), is(), ends(1)), check.Rule{Narrower: true, Accepts: true}},
		"ip protocol icmp accept":     {join(network(9, 1), is(1), ends(1)), check.Rule{Protocol: 1, Accepts: true}},
		"ip protocol != icmp accept":  {join(network(9, 1), isNot(1), ends(1)), check.Rule{Narrower: true, Accepts: true}},
		"ip protocol & 0xf == 1 drop": {join(network(9, 1), bitwise([]byte{0xf}, []byte{0}), is(1), ends(0)), check.Rule{Narrower: true, Drops: true}},
		"ip protocol, no data":        {join(network(9, 1), is(), ends(1)), check.Rule{Narrower: true, Accepts: true}},
		"ip6 nexthdr udp accept":      {join(network(6, 1), is(17), ends(1)), check.Rule{Protocol: 17, Accepts: true}},
		"ip6 nexthdr hopopt drop":     {join(network(6, 1), is(0), ends(0)), check.Rule{Narrower: true, Drops: true}},
		"ip ttl 1 drop":               {join(network(8, 1), is(1), ends(0)), check.Rule{Narrower: true, Drops: true}},
		"ip frag-off 0x4000 drop":     {join(network(6, 2), is(0x40, 0), ends(0)), check.Rule{Narrower: true, Drops: true}},
		"@th,72,8 17 drop":            {join(transport(9, 1), is(17), ends(0)), check.Rule{Narrower: true, Drops: true}},

		// Ports.
		"udp dport 6080 drop, in another register": {join(payloadTo(9, unix.NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2), compare(9, unix.NFT_CMP_EQ, 0x17, 0xc0), ends(0)),
			check.Rule{Ports: [2]uint16{6080, 6080}, Drops: true}},
		"udp dport 6000-6999 drop": {join(dport, compare(1, unix.NFT_CMP_GTE, 0x17, 0x70), compare(1, unix.NFT_CMP_LTE, 0x1b, 0x57), ends(0)),
			check.Rule{Ports: [2]uint16{6000, 6999}, Drops: true}},
		"udp dport <= 6999 udp dport >= 6000 drop": {join(dport, compare(1, unix.NFT_CMP_LTE, 0x1b, 0x57), dport, compare(1, unix.NFT_CMP_GTE, 0x17, 0x70), ends(0)),
			check.Rule{Ports: [2]uint16{6000, 6999}, Drops: true}},
		"udp dport >= 1024 drop": {join(dport, compare(1, unix.NFT_CMP_GTE, 4, 0), ends(0)), check.Rule{Ports: [2]uint16{1024, 65535}, Drops: true}},
		"udp dport <= 1 drop":    {join(dport, compare(1, unix.NFT_CMP_LTE, 0, 1), ends(0)), check.Rule{Ports: [2]uint16{0, 1}, Drops: true}},
		"udp dport < 1024 drop":  {join(dport, compare(1, unix.NFT_CMP_LT, 4, 0), ends(0)), check.Rule{Narrower: true, Drops: true}},
		"udp dport 0 drop":       {join(dport, is(0, 0), ends(0)), check.Rule{Narrower: true, Drops: true}},
		"udp dport >= 1024 udp dport != 6080 drop": {join(dport, compare(1, unix.NFT_CMP_GTE, 4, 0), dport, isNot(0x17, 0xc0), ends(0)),
			check.Rule{Ports: [2]uint16{1024, 65535}, Narrower: true, Drops: true}},
		"udp dport & 0xff == 80":    {join(dport, bitwise([]byte{0, 0xff}, []byte{0, 0}), is(0, 80), ends(0)), check.Rule{Narrower: true, Drops: true}},
		"udp dport, one byte":       {join(dport, is(80), ends(0)), check.Rule{Narrower: true, Drops: true}},
		"udp sport 53 accept":       {join(transport(0, 2), is(0, 53), ends(1)), check.Rule{Narrower: true, Accepts: true}},
		"ip length 80 drop":         {join(network(2, 2), is(0, 80), ends(0)), check.Rule{Narrower: true, Drops: true}},
		"@th,16,32 80 drop":         {join(transport(2, 4), is(0, 0, 0, 80), ends(0)), check.Rule{Narrower: true, Drops: true}},
		"udp dport 80 ct mark 5":    {join(dport, is(0, 80), ct(unix.NFT_CT_MARK), is(host(5)...)), check.Rule{Ports: [2]uint16{80, 80}, Narrower: true}},
		"udp dport 80 skuid 0":      {join(dport, is(0, 80), meta(unix.NFT_META_SKUID), is(host(0)...)), check.Rule{Ports: [2]uint16{80, 80}, Narrower: true}},
		"udp dport 80 udp sport 53": {join(dport, is(0, 80), transport(0, 2), is(0, 53)), check.Rule{Ports: [2]uint16{80, 80}, Narrower: true}},
		"udp dport 6000-6999, in another register": {join(payloadTo(9, unix.NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2), between(9, unix.NFT_RANGE_EQ, []byte{0x17, 0x70}, []byte{0x1b, 0x57})),
			check.Rule{Ports: [2]uint16{6000, 6999}}},
		"udp dport != 6000-6999":         {join(dport, between(1, unix.NFT_RANGE_NEQ, []byte{0x17, 0x70}, []byte{0x1b, 0x57})), check.Rule{Narrower: true}},
		"udp sport 6000-6999":            {join(transport(0, 2), between(1, unix.NFT_RANGE_EQ, []byte{0x17, 0x70}, []byte{0x1b, 0x57})), check.Rule{Narrower: true}},
		"udp dport range, one byte from": {join(dport, between(1, unix.NFT_RANGE_EQ, []byte{1}, []byte{0x1b, 0x57})), check.Rule{Narrower: true}},
		"udp dport range, one byte to":   {join(dport, between(1, unix.NFT_RANGE_EQ, []byte{0x17, 0x70}, []byte{0xff})), check.Rule{Narrower: true}},

		// Addresses.
		"ip daddr 128.0.0.0/1 drop": {join(network(16, 4), bitwise([]byte{128, 0, 0, 0}, make([]byte, 4)), is(128, 0, 0, 0), ends(0)),
			check.Rule{To: netip.MustParsePrefix("128.0.0.0/1"), Drops: true}},
		"@nh,128,8 & 0xf0 == 0x10 drop": {join(network(16, 1), bitwise([]byte{0xf0}, []byte{0}), is(0x10), ends(0)),
			check.Rule{To: netip.MustParsePrefix("16.0.0.0/4"), Drops: true}},
		"ip daddr != 10.0.0.1 drop": {join(network(16, 4), isNot(10, 0, 0, 1), ends(0)), check.Rule{Narrower: true, Drops: true}},
		"ip daddr, five bytes":      {join(network(16, 4), is(10, 0, 0, 1, 0), ends(0)), check.Rule{Narrower: true, Drops: true}},
		"@nh,128,40 0x0a00000100":   {join(network(16, 5), is(10, 0, 0, 1, 0), ends(0)), check.Rule{Narrower: true, Drops: true}},
		"@nh,128,40 & 0xffffff0000 == 0x0a00000000 drop": {join(network(16, 5), bitwise([]byte{255, 255, 255, 0, 0}, make([]byte, 5)), is(10, 0, 0, 0, 0), ends(0)),
			check.Rule{To: netip.MustParsePrefix("10.0.0.0/24"), Drops: true}},
		"ip saddr 10.0.0.1 drop":       {join(network(12, 4), is(10, 0, 0, 1), ends(0)), check.Rule{Narrower: true, Drops: true}},
		"tcp checksum 80 drop":         {join(transport(16, 2), is(0, 80), ends(0)), check.Rule{Narrower: true, Drops: true}},
		"ip6 daddr 2001:db8::/32 drop": {join(network(24, 4), is(0x20, 1, 0xd, 0xb8), ends(0)), check.Rule{To: netip.MustParsePrefix("2001:db8::/32"), Drops: true}},
		"ip6 daddr 2001:db8::/33 drop": {join(network(24, 16), bitwise(ip("ffff:ffff:8000::"), make([]byte, 16)), is(ip("2001:db8::")...), ends(0)),
			check.Rule{To: netip.MustParsePrefix("2001:db8::/33"), Drops: true}},
		"ip6 saddr 2001:db8::1 drop": {join(network(8, 16), is(ip("2001:db8::1")...), ends(0)), check.Rule{Narrower: true, Drops: true}},
		"@th,192,128 1 drop":         {join(transport(24, 16), is(ip("::1")...), ends(0)), check.Rule{Narrower: true, Drops: true}},

		// Interfaces.
		"oifname e* drop":     {join(meta(unix.NFT_META_OIFNAME), is('e'), ends(0)), check.Rule{Out: "e*", Drops: true}},
		"oifname, no data":    {join(meta(unix.NFT_META_OIFNAME), is(), ends(0)), check.Rule{Narrower: true, Drops: true}},
		"oif, two bytes":      {join(meta(unix.NFT_META_OIF), is(3, 0), ends(0)), check.Rule{Narrower: true, Drops: true}},
		"iifname eth1 accept": {join(meta(unix.NFT_META_IIFNAME), is([]byte("eth1")...), ends(1)), check.Rule{Narrower: true, Accepts: true}},

		// Connections.
		"ct state established,invalid accept": {join(ctState, bitwise(host(2|1), host(0)), isNot(0, 0, 0, 0), ends(1)), check.Rule{Narrower: true, Accepts: true}},
		"ct state established ct state new,established accept": {join(ctState, bitwise(host(2), host(0)), isNot(0, 0, 0, 0), ctState, bitwise(host(2|8), host(0)), isNot(0, 0, 0, 0), ends(1)),
			check.Rule{Narrower: true, Known: true, Accepts: true}},
		"ct state != established accept":  {join(ctState, isNot(host(2)...), ends(1)), check.Rule{Narrower: true, Accepts: true}},
		"ct state & 6 != 2 accept":        {join(ctState, bitwise(host(6), host(0)), isNot(host(2)...), ends(1)), check.Rule{Narrower: true, Accepts: true}},
		"ct state established, two bytes": {join(ctState, is(2, 0), ends(1)), check.Rule{Narrower: true, Accepts: true}},
		"ct original ip daddr 192.0.2.0/24 masquerade": {join(ct(unix.NFT_CT_DST_IP), bitwise([]byte{255, 255, 255, 0}, make([]byte, 4)), is(192, 0, 2, 0), expr("masq")),
			check.Rule{Virtual: netip.MustParsePrefix("192.0.2.0/24"), TranslatesFrom: true}},
		"ct original ip6 daddr 2001:db8::1 masquerade": {join(ct(unix.NFT_CT_DST_IP6), is(ip("2001:db8::1")...), expr("masq")),
			check.Rule{Virtual: netip.MustParsePrefix("2001:db8::1/128"), TranslatesFrom: true}},
		"ct original daddr 192.0.2.10 masquerade": {join(ct(unix.NFT_CT_DST), is(192, 0, 2, 10), expr("masq")),
			check.Rule{Virtual: netip.MustParsePrefix("192.0.2.10/32"), TranslatesFrom: true}},
		"ct original daddr 2001:db8::1 masquerade": {join(ct(unix.NFT_CT_DST), is(ip("2001:db8::1")...), expr("masq")),
			check.Rule{Virtual: netip.MustParsePrefix("2001:db8::1/128"), TranslatesFrom: true}},
		"ct original ip saddr 192.0.2.10 masquerade": {join(ct(unix.NFT_CT_SRC_IP), is(192, 0, 2, 10), expr("masq")), check.Rule{Narrower: true, TranslatesFrom: true}},
		"ct daddr, of no direction":                  {join(expr("ct", attr(1, 1), attr(2, unix.NFT_CT_DST_IP)), is(192, 0, 2, 10)), check.Rule{Narrower: true}},
		"ct original proto-dst 80 masquerade":        {join(ct(unix.NFT_CT_PROTO_DST), is(0, 80), expr("masq")), check.Rule{Narrower: true, TranslatesFrom: true}},
	} {
		c.want.Chain = check.Chain{Program: "nft", Family: "inet", Table: "t", Name: "c"}
		got := ruleOf(1, join(attr(unix.NFTA_RULE_TABLE, "t"), attr(unix.NFTA_RULE_CHAIN, "c"), attr(unix.NFTA_RULE_EXPRESSIONS, c.expressions)))
		require.Equal(t, c.want, got, name)
	}
}

func TestChain(t *testing.T) {
	attributes := join(attr(unix.NFTA_CHAIN_TABLE, "t"), attr(unix.NFTA_CHAIN_NAME, "c"), attr(unix.NFTA_CHAIN_TYPE, "filter"),
		attr(unix.NFTA_CHAIN_POLICY, 0), attr(unix.NFTA_CHAIN_HOOK, attr(unix.NFTA_HOOK_HOOKNUM, 3)))
	c, drops := chainOf(2, attributes)
	require.Equal(t, check.Chain{Program: "nft", Family: "ip", Table: "t", Name: "c", Hook: "output"}, c)
	require.True(t, drops)
	_, drops = chainOf(2, join(attributes, attr(unix.NFTA_CHAIN_POLICY, 1)))
	require.False(t, drops)
	_, drops = chainOf(2, join(attributes, attr(unix.NFTA_CHAIN_TYPE, "nat")))
	require.False(t, drops)
}

func TestHooks(t *testing.T) {
	for name, c := range map[string]struct {
		family uint8
		hook   int
		want   check.Chain
	}{
		"ip prerouting":     {2, 0, check.Chain{Family: "ip", Hook: "prerouting"}},
		"ip6 input":         {10, 1, check.Chain{Family: "ip6", Hook: "input"}},
		"inet forward":      {1, 2, check.Chain{Family: "inet", Hook: "forward"}},
		"bridge output":     {7, 3, check.Chain{Family: "bridge", Hook: "output"}},
		"ip postrouting":    {2, 4, check.Chain{Family: "ip", Hook: "postrouting"}},
		"inet ingress":      {1, 5, check.Chain{Family: "inet"}},
		"arp output":        {3, 5, check.Chain{}},
		"a family unknown":  {11, 3, check.Chain{Hook: "output"}},
		"another, far away": {255, 3, check.Chain{Hook: "output"}},
	} {
		c.want.Program = "nft"
		got, _ := chainOf(c.family, attr(unix.NFTA_CHAIN_HOOK, join(attr(unix.NFTA_HOOK_HOOKNUM, c.hook), attr(unix.NFTA_HOOK_PRIORITY, 0))))
		require.Equal(t, c.want, got, name)
	}
}

// conditions are those of an entry of iptables, as the fields of struct ipt_ip or ip6t_ip6.
type conditions struct {
	from, to, fromMask, toMask string
	in, out, inMask, outMask   string
	protocol                   uint16
	flags, inverted            byte
}

// entry returns an entry with a size of addresses, struct ipt_entry or ip6t_entry, and with matches and a target.
func (c conditions) entry(size int, parts ...[]byte) (b []byte) {
	for _, address := range []string{c.from, c.to, c.fromMask, c.toMask} {
		b = append(append(b, address...), make([]byte, size-len(address))...)
	}
	for _, name := range []string{c.in, c.out, c.inMask, c.outMask} {
		b = append(append(b, name...), make([]byte, 16-len(name))...)
	}
	b = binary.NativeEndian.AppendUint16(b, c.protocol)
	if size == 16 {
		b = append(b, 0) // the type of service
	}
	b = aligned(append(b, c.flags, c.inverted), 4)
	b = append(b, 0, 0, 0, 0) // which fields are looked at
	target := len(b)
	b = append(b, make([]byte, 2+2)...)            // the offsets of the target and of the next entry
	b = append(b, 0, 0, 0, 0)                      // where it was come from
	b = append(aligned(b, 8), make([]byte, 16)...) // counters
	for i, p := range parts {
		if i == len(parts)-1 {
			binary.NativeEndian.PutUint16(b[target:], uint16(len(b)))
		}
		b = append(b, p...)
	}
	binary.NativeEndian.PutUint16(b[target+2:], uint16(len(b)))
	return b
}

func aligned(b []byte, n int) []byte { return append(b, make([]byte, (n-len(b)%n)%n)...) }

// part returns a match or target.
func part(name string, info ...byte) []byte {
	b := make([]byte, 32)
	copy(b[2:], name)
	b = aligned(append(b, info...), 8)
	binary.NativeEndian.PutUint16(b, uint16(len(b)))
	return b
}

// Targets.
var (
	toDrop     = part("", host(^uint32(0))...)
	toAccept   = part("", host(^uint32(1))...)
	masquerade = part("MASQUERADE", make([]byte, 24)...)
)

func words(values ...uint16) (b []byte) {
	for _, v := range values {
		b = binary.NativeEndian.AppendUint16(b, v)
	}
	return b
}

// tcp returns a match of source and destination ports, an option, which flags are looked at, those that are set, and what is inverted.
func tcp(fromSource, toSource, from, to uint16, option, mask, flags, inverted byte) []byte {
	return part("tcp", join(words(fromSource, toSource, from, to), []byte{option, mask, flags, inverted})...)
}

func udp(fromSource, toSource, from, to uint16, inverted byte) []byte {
	return part("udp", join(words(fromSource, toSource, from, to), []byte{inverted})...)
}

// ipvs returns a match of a virtual address and port. What is looked at and inverted are XT_IPVS_*.
func ipvs(address, mask []byte, port uint16, inverted, looked byte) []byte {
	b := make([]byte, 40)
	copy(b, address)
	copy(b[16:], mask)
	binary.BigEndian.PutUint16(b[32:], port)
	b[38], b[39] = inverted, looked
	return part("ipvs", b...)
}

// conntrack returns a match of revision 3. What is looked at and inverted are XT_CONNTRACK_*, and states bits of IP_CT_*.
func conntrack(looked, inverted, states uint16) []byte {
	return part("conntrack", join(make([]byte, 146), words(looked, inverted, states), make([]byte, 12))...)
}

// The names are the rules as iptables takes them, or ip6tables after -6; what is odd about some follows a comma.
func TestIptablesRules(t *testing.T) {
	full, full6 := []byte{255, 255, 255, 255}, ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")
	long := conditions{in: "abcdefghijklmno", inMask: strings.Repeat("\xff", 16)}
	for name, c := range map[string]struct {
		entry []byte
		want  check.Rule
	}{
		"-d 10.0.0.0/8 -i eth0 -j DROP": {conditions{to: "\x0a", toMask: "\xff", in: "eth0", inMask: "\xff\xff\xff\xff\xff"}.entry(4, toDrop),
			check.Rule{To: netip.MustParsePrefix("10.0.0.0/8"), Narrower: true, Drops: true}},
		"-d 128.0.0.0/1 -j DROP":       {conditions{to: "\x80", toMask: "\x80"}.entry(4, toDrop), check.Rule{To: netip.MustParsePrefix("128.0.0.0/1"), Drops: true}},
		"-d 64.0.0.0/64.0.0.0 -j DROP": {conditions{to: "\x40", toMask: "\x40"}.entry(4, toDrop), check.Rule{Narrower: true, Drops: true}},
		"-i lo -j ACCEPT":              {conditions{in: "lo", inMask: "\xff\xff\xff"}.entry(4, toAccept), check.Rule{Narrower: true, Accepts: true}},
		"-s 10.0.0.1 -o eth+ -j DROP": {conditions{from: "\x0a\x00\x00\x01", fromMask: "\xff\xff\xff\xff", out: "eth+", outMask: "\xff\xff\xff"}.entry(4, toDrop),
			check.Rule{Narrower: true, Out: "eth*", Drops: true}},
		"-i abcdefghijklmno -o eth+ -j DROP": {conditions{in: long.in, inMask: long.inMask, out: "eth+", outMask: "\xff\xff\xff"}.entry(4, toDrop),
			check.Rule{Narrower: true, Out: "eth*", Drops: true}},
		"-o + -j DROP":             {conditions{out: "+"}.entry(4, toDrop), check.Rule{Out: "*", Drops: true}},
		"-o eth+, the name of one": {conditions{out: "eth+", outMask: "\xff\xff\xff\xff"}.entry(4, toDrop), check.Rule{Out: "eth+", Drops: true}},
		"-i abcdefghijklmno -o abcdefghijklmnop, without an end": {conditions{in: long.in, inMask: long.inMask, out: "abcdefghijklmnop"}.entry(4, toDrop),
			check.Rule{Narrower: true, Out: "abcdefghijklmnop", Drops: true}},
		"! -o eth1 -p udp -j DROP":       {conditions{out: "eth1", outMask: "\xff\xff\xff\xff\xff", protocol: 17, inverted: 2}.entry(4, toDrop), check.Rule{Narrower: true, Drops: true}},
		"-f -j DROP":                     {conditions{flags: 1}.entry(4, toDrop), check.Rule{Narrower: true, Drops: true}},
		"-p udp -g other":                {conditions{flags: 2, protocol: 17}.entry(4, part("", host(1000)...)), check.Rule{Protocol: 17, Accepts: true}},
		"-j other":                       {conditions{}.entry(4, part("", host(0)...)), check.Rule{Accepts: true}},
		"-j RETURN":                      {conditions{}.entry(4, part("", host(^uint32(4))...)), check.Rule{}},
		"-j QUEUE":                       {conditions{}.entry(4, part("", host(^uint32(3))...)), check.Rule{Accepts: true}},
		"-j TRACE":                       {conditions{}.entry(4, part("TRACE")), check.Rule{}},
		"-j, no verdict":                 {conditions{}.entry(4, part("")), check.Rule{Accepts: true}},
		"-m comment --comment x -j DROP": {conditions{}.entry(4, part("comment", make([]byte, 256)...), toDrop), check.Rule{Drops: true}},
		"-m socket -j DROP":              {conditions{}.entry(4, part("socket"), toDrop), check.Rule{Narrower: true, Drops: true}},
		"-m comment --comment x -m socket -j DROP": {conditions{}.entry(4, part("comment", make([]byte, 256)...), part("socket"), toDrop),
			check.Rule{Narrower: true, Drops: true}},

		// Ports.
		"-p tcp --dport 80 -j DROP":    {conditions{protocol: 6}.entry(4, tcp(0, 65535, 80, 80, 0, 0, 0, 0), toDrop), check.Rule{Protocol: 6, Ports: [2]uint16{80, 80}, Drops: true}},
		"-p tcp --dport :1023 -j DROP": {conditions{protocol: 6}.entry(4, tcp(0, 65535, 0, 1023, 0, 0, 0, 0), toDrop), check.Rule{Protocol: 6, Ports: [2]uint16{0, 1023}, Drops: true}},
		"-p tcp --dport 1: -j DROP":    {conditions{protocol: 6}.entry(4, tcp(0, 65535, 1, 65535, 0, 0, 0, 0), toDrop), check.Rule{Protocol: 6, Ports: [2]uint16{1, 65535}, Drops: true}},
		"-p tcp --dport :1 -j DROP":    {conditions{protocol: 6}.entry(4, tcp(0, 65535, 0, 1, 0, 0, 0, 0), toDrop), check.Rule{Protocol: 6, Ports: [2]uint16{0, 1}, Drops: true}},
		"-p tcp --dport 0 -j DROP":     {conditions{protocol: 6}.entry(4, tcp(0, 65535, 0, 0, 0, 0, 0, 0), toDrop), check.Rule{Protocol: 6, Narrower: true, Drops: true}},
		"-p tcp ! --dport 80 -j DROP":  {conditions{protocol: 6}.entry(4, tcp(0, 65535, 80, 80, 0, 0, 0, 2), toDrop), check.Rule{Protocol: 6, Narrower: true, Drops: true}},
		"-p tcp ! --sport 1024 --dport 80 -j DROP": {conditions{protocol: 6}.entry(4, tcp(1024, 1024, 80, 80, 0, 0, 0, 1), toDrop),
			check.Rule{Protocol: 6, Ports: [2]uint16{80, 80}, Narrower: true, Drops: true}},
		"-p tcp --sport 1024: -j DROP":    {conditions{protocol: 6}.entry(4, tcp(1024, 65535, 0, 65535, 0, 0, 0, 0), toDrop), check.Rule{Protocol: 6, Narrower: true, Drops: true}},
		"-p tcp --sport 1: -j DROP":       {conditions{protocol: 6}.entry(4, tcp(1, 65535, 0, 65535, 0, 0, 0, 0), toDrop), check.Rule{Protocol: 6, Narrower: true, Drops: true}},
		"-p tcp --sport :1023 -j DROP":    {conditions{protocol: 6}.entry(4, tcp(0, 1023, 0, 65535, 0, 0, 0, 0), toDrop), check.Rule{Protocol: 6, Narrower: true, Drops: true}},
		"-p tcp ! --tcp-option 1 -j DROP": {conditions{protocol: 6}.entry(4, tcp(0, 65535, 0, 65535, 1, 0, 0, 8), toDrop), check.Rule{Protocol: 6, Narrower: true, Drops: true}},
		"-p tcp --tcp-option 1 --dport 80 -j DROP": {conditions{protocol: 6}.entry(4, tcp(0, 65535, 80, 80, 1, 0, 0, 0), toDrop),
			check.Rule{Protocol: 6, Ports: [2]uint16{80, 80}, Narrower: true, Drops: true}},
		"-p tcp --tcp-flags FIN NONE -j DROP": {conditions{protocol: 6}.entry(4, tcp(0, 65535, 0, 65535, 0, 1, 0, 0), toDrop), check.Rule{Protocol: 6, Narrower: true, Drops: true}},
		"-p tcp -m tcp -j DROP":               {conditions{protocol: 6}.entry(4, tcp(0, 65535, 0, 65535, 0, 0, 0, 0), toDrop), check.Rule{Protocol: 6, Drops: true}},
		"-p udp --sport 53 -j DROP":           {conditions{protocol: 17}.entry(4, udp(53, 53, 0, 65535, 0), toDrop), check.Rule{Protocol: 17, Narrower: true, Drops: true}},
		"-p udp ! --dport 53 -j ACCEPT":       {conditions{protocol: 17}.entry(4, udp(0, 65535, 53, 53, 2), toAccept), check.Rule{Protocol: 17, Narrower: true, Accepts: true}},
		"-p udp ! --sport 53 --dport 53 -j ACCEPT": {conditions{protocol: 17}.entry(4, udp(53, 53, 53, 53, 1), toAccept),
			check.Rule{Protocol: 17, Ports: [2]uint16{53, 53}, Narrower: true, Accepts: true}},
		"-m socket -p udp --dport 53 -j ACCEPT": {conditions{protocol: 17}.entry(4, part("socket"), udp(0, 65535, 53, 53, 0), toAccept),
			check.Rule{Protocol: 17, Ports: [2]uint16{53, 53}, Narrower: true, Accepts: true}},
		"-m socket -p tcp --dport 53 -j ACCEPT": {conditions{protocol: 6}.entry(4, part("socket"), tcp(0, 65535, 53, 53, 0, 0, 0, 0), toAccept),
			check.Rule{Protocol: 6, Ports: [2]uint16{53, 53}, Narrower: true, Accepts: true}},

		// Connections.
		"-m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT": {conditions{}.entry(4, conntrack(1, 0, 2|4), toAccept), check.Rule{Narrower: true, Known: true, Accepts: true}},
		"-m conntrack --ctstate ESTABLISHED,INVALID -j ACCEPT": {conditions{}.entry(4, conntrack(1, 0, 2|1), toAccept), check.Rule{Narrower: true, Accepts: true}},
		"-m conntrack ! --ctstate ESTABLISHED -j ACCEPT":       {conditions{}.entry(4, conntrack(1, 1, 2), toAccept), check.Rule{Narrower: true, Accepts: true}},
		"-m conntrack --ctproto udp -j ACCEPT":                 {conditions{}.entry(4, conntrack(2, 0, 0), toAccept), check.Rule{Narrower: true, Accepts: true}},
		"-m conntrack ! --ctproto udp --ctstate ESTABLISHED -j ACCEPT": {conditions{}.entry(4, conntrack(1|2, 2, 2), toAccept),
			check.Rule{Narrower: true, Known: true, Accepts: true}},
		"-m conntrack --ctstate RELATED -m conntrack --ctstate RELATED,NEW -j ACCEPT": {conditions{}.entry(4, conntrack(1, 0, 4), conntrack(1, 0, 4|8), toAccept),
			check.Rule{Narrower: true, Known: true, Accepts: true}},
		"-m state --state ESTABLISHED,RELATED -j ACCEPT": {conditions{}.entry(4, part("state", host(2|4)...), toAccept), check.Rule{Narrower: true, Known: true, Accepts: true}},
		"-m state --state ESTABLISHED,INVALID -j ACCEPT": {conditions{}.entry(4, part("state", host(2|1)...), toAccept), check.Rule{Narrower: true, Accepts: true}},
		"-m state ! --state NEW -j ACCEPT":               {conditions{}.entry(4, part("state", host(^uint32(8))...), toAccept), check.Rule{Narrower: true, Accepts: true}},
		"-m state --state RELATED -m state --state RELATED,NEW -j ACCEPT": {conditions{}.entry(4, part("state", host(4)...), part("state", host(4|8)...), toAccept),
			check.Rule{Narrower: true, Known: true, Accepts: true}},
		"-m hashlimit --hashlimit-name of 150 letters -j ACCEPT": {conditions{}.entry(4, part("hashlimit", append(bytes.Repeat([]byte("ab"), 75), make([]byte, 200)...)...), toAccept),
			check.Rule{Narrower: true, Accepts: true}},

		// Connections of IPVS.
		"-m ipvs --ipvs -j MASQUERADE":   {conditions{}.entry(4, ipvs(nil, nil, 0, 0, 1), masquerade), check.Rule{Narrower: true, IPVS: true, TranslatesFrom: true}},
		"-m ipvs ! --ipvs -j MASQUERADE": {conditions{}.entry(4, ipvs(nil, nil, 0, 1, 1), masquerade), check.Rule{Narrower: true, TranslatesFrom: true}},
		"-m ipvs --ipvs -m ipvs ! --vport 80 -j MASQUERADE": {conditions{}.entry(4, ipvs(nil, nil, 0, 0, 1), ipvs(nil, nil, 80, 8, 8), masquerade),
			check.Rule{Narrower: true, IPVS: true, TranslatesFrom: true}},
		"-m ipvs --vport 80 -j MASQUERADE": {conditions{}.entry(4, ipvs(nil, nil, 80, 0, 8), masquerade), check.Rule{Narrower: true, IPVS: true, Port: 80, TranslatesFrom: true}},
		"-m ipvs --vaddr 0.0.0.0/0 -j MASQUERADE": {conditions{}.entry(4, ipvs(nil, nil, 0, 0, 4), masquerade),
			check.Rule{Narrower: true, IPVS: true, TranslatesFrom: true}},
		"-m ipvs --vaddr 128.0.0.0/1 -j MASQUERADE": {conditions{}.entry(4, ipvs([]byte{128}, []byte{128}, 0, 0, 4), masquerade),
			check.Rule{Narrower: true, IPVS: true, Virtual: netip.MustParsePrefix("128.0.0.0/1"), TranslatesFrom: true}},
		"-m ipvs --vaddr 10.0.0.1/255.0.0.255 -j MASQUERADE": {conditions{}.entry(4, ipvs([]byte{10, 0, 0, 1}, []byte{255, 0, 0, 255}, 0, 0, 4), masquerade),
			check.Rule{Narrower: true, IPVS: true, TranslatesFrom: true}},
		"-m ipvs --ipvs -j MASQUERADE, with an address and a port": {conditions{}.entry(4, ipvs([]byte{10, 0, 0, 1}, full, 80, 0, 1), masquerade),
			check.Rule{Narrower: true, IPVS: true, TranslatesFrom: true}},
		"-m ipvs, 32 bytes": {conditions{}.entry(4, part("ipvs", make([]byte, 32)...), masquerade), check.Rule{Narrower: true, TranslatesFrom: true}},

		// The other family.
		"-6 -d 2001:db8::/32 -o eth1 -p udp --dport 6080 -j DROP": {conditions{to: "\x20\x01\x0d\xb8", toMask: "\xff\xff\xff\xff", out: "eth1", outMask: "\xff\xff\xff\xff\xff",
			protocol: 17, flags: 1}.entry(16, udp(0, 65535, 6080, 6080, 0), toDrop),
			check.Rule{Protocol: 17, Ports: [2]uint16{6080, 6080}, To: netip.MustParsePrefix("2001:db8::/32"), Out: "eth1", Drops: true}},
		"-6 ! -d 2001:db8::/32 -j ACCEPT": {conditions{to: "\x20\x01\x0d\xb8", toMask: "\xff\xff\xff\xff", inverted: 16}.entry(16, toAccept),
			check.Rule{Narrower: true, Accepts: true}},
		"-6 -s 2001:db8::/32 -j ACCEPT": {conditions{from: "\x20\x01\x0d\xb8", fromMask: "\xff\xff\xff\xff"}.entry(16, toAccept), check.Rule{Narrower: true, Accepts: true}},
		"-6 -s ::1 -d ::1 -j ACCEPT": {conditions{from: string(ip("::1")), fromMask: string(full6), to: string(ip("::1")), toMask: string(full6)}.entry(16, toAccept),
			check.Rule{To: netip.MustParsePrefix("::1/128"), Narrower: true, Accepts: true}},
		"-6 -i lo -j ACCEPT": {conditions{in: "lo", inMask: "\xff\xff\xff"}.entry(16, toAccept), check.Rule{Narrower: true, Accepts: true}},
		"-6 -o eth+ -j DROP": {conditions{out: "eth+", outMask: "\xff\xff\xff"}.entry(16, toDrop), check.Rule{Out: "eth*", Drops: true}},
		"-6 -m ipvs --vaddr 2001:db8::1 --vport 6080 -j MASQUERADE": {conditions{}.entry(16, ipvs(ip("2001:db8::1"), full6, 6080, 0, 4|8), masquerade),
			check.Rule{Narrower: true, IPVS: true, Virtual: netip.MustParsePrefix("2001:db8::1/128"), Port: 6080, TranslatesFrom: true}},
	} {
		f := &ipv4
		if strings.HasPrefix(name, "-6") {
			f = &ipv6
		}
		var got check.Rulesets
		require.NoError(t, f.read("filter", make([]byte, sizeOfInfo), c.entry, &got), name)
		c.want.Chain = check.Chain{Program: f.program, Table: "filter"}
		require.Equal(t, []check.Rule{c.want}, got.Rules, name)
	}
}

// What nft lists of rules of iptables-nft has matches without the head that they have in entries.
func TestMatches(t *testing.T) {
	ports := words(0, 65535, 80, 80)
	vaddr := join(ip("2001:db8::1"), ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), make([]byte, 7), []byte{hasAddr})
	tracked := join(make([]byte, 146), words(1, 0, 2))
	for name, c := range map[string]struct {
		match string
		info  []byte
		want  check.Rule
	}{
		"tcp":                       {"tcp", join(ports, make([]byte, 4)), check.Rule{Ports: [2]uint16{80, 80}}},
		"tcp, one byte less":        {"tcp", join(ports, make([]byte, 3)), check.Rule{Narrower: true}},
		"state":                     {"state", host(2), check.Rule{Narrower: true, Known: true}},
		"state, one byte less":      {"state", host(2)[:3], check.Rule{Narrower: true}},
		"conntrack of revision 1":   {"conntrack", tracked, check.Rule{Narrower: true, Known: true}},
		"conntrack, one byte less":  {"conntrack", tracked[:151], check.Rule{Narrower: true}},
		"ipvs":                      {"ipvs", vaddr, check.Rule{Narrower: true, IPVS: true, Virtual: netip.MustParsePrefix("2001:db8::1/128")}},
		"ipvs, one byte less":       {"ipvs", vaddr[:39], check.Rule{Narrower: true}},
		"a match that is not known": {"owner", make([]byte, 152), check.Rule{Narrower: true}},
	} {
		got := check.Rule{Chain: check.Chain{Family: "ip6"}}
		matchOf(&got, c.match, c.info)
		c.want.Chain = got.Chain
		require.Equal(t, c.want, got, name)
	}
	require.EqualValues(t, drop, verdict(host(^uint32(0))))
	require.EqualValues(t, accept, verdict(make([]byte, 3)), "what is not known may accept")
	require.Equal(t, strings.Repeat("x", 29), named(append([]byte("\x40\x00"+strings.Repeat("x", 29)+"\x01"), 0, 0)), "the revision follows the name")
}

// A malformed table does no harm.
func TestMalformed(t *testing.T) {
	whole := conditions{}.entry(4, part("socket"), toDrop)
	change := func(at int, value uint16) []byte {
		b := bytes.Clone(whole)
		binary.NativeEndian.PutUint16(b[at:], value)
		return b
	}
	const target, next, matches = 88, 90, 112
	for name, b := range map[string][]byte{
		"the next one is itself":            change(next, 0),
		"the next one is in its middle":     change(next, matches),
		"the end is lacking":                whole[:len(whole)-1],
		"all but the conditions is lacking": whole[:matches],
		"the target is in the conditions":   change(target, matches-1),
		"the target is at the start":        change(target, 0),
		"the target is at the end":          change(target, uint16(len(whole))),
		"the target is cut":                 change(target, uint16(len(whole)-31)),
		"the target is beyond the end":      change(target, 60000),
	} {
		require.ErrorIs(t, ipv4.read("filter", make([]byte, sizeOfInfo), b, &check.Rulesets{}), errMalformed, name)
	}
	for name, size := range map[string]uint16{"none": 0, "less than a name": 31, "more than there is": 33, "far more": 60000} {
		var got check.Rulesets
		require.NoError(t, ipv4.read("filter", make([]byte, sizeOfInfo), change(matches, size), &got), name)
		require.Equal(t, []check.Rule{{Chain: check.Chain{Program: "iptables", Table: "filter"}, Drops: true}}, got.Rules, name)
	}
}

func TestIptables(t *testing.T) {
	entries := [][]byte{
		conditions{to: "\x0a", toMask: "\xff\xff\xff", out: "eth1", outMask: "\xff\xff\xff\xff\xff", protocol: 17}.entry(4, // -d 10.0.0.0/24 -o eth1
			udp(0, 65535, 6080, 6081, 0), toDrop), // -p udp --dport 6080:6081 -j DROP
		conditions{fromMask: "\xff"}.entry(4, toAccept), // -s 0.0.0.0/8 -j ACCEPT
		conditions{}.entry(4, ipvs([]byte{192, 0, 2, 10}, []byte{255, 255, 255, 255}, 80, 0, hasAddr|hasPort), masquerade),
		conditions{to: "\x0a", toMask: "\xff\x00\xff", out: "eth+", outMask: "\xff\xff\xff"}.entry(4, part("NFQUEUE")), // -d 10.0.0.0/255.0.255.0 -o eth+
		conditions{to: "\x0a", toMask: "\xff", out: "eth1", protocol: 6, inverted: 1 << 4}.entry(4, toAccept),          // ! -d 10.0.0.0/8 -j ACCEPT
		conditions{}.entry(4, toDrop), // the policy
		conditions{}.entry(4, part("ERROR", []byte("own")...)),
		conditions{}.entry(4, part("MARK", join(host(7), host(0xff))...)),
		conditions{}.entry(4, part("ERROR", []byte("ERROR")...)),
	}
	at := 0
	info := make([]byte, sizeOfInfo)
	binary.NativeEndian.PutUint32(info[tableName:], 1<<3) // OUTPUT
	for _, e := range entries[:5] {
		at += len(e)
	}
	binary.NativeEndian.PutUint32(info[underflow+3*4:], uint32(at))
	var got check.Rulesets
	require.NoError(t, ipv4.read("filter", info, join(entries...), &got))
	out := check.Chain{Program: "iptables", Table: "filter", Name: "OUTPUT", Hook: "output"}
	own := out
	own.Name, own.Hook = "own", ""
	require.Equal(t, check.Rulesets{Drops: []check.Chain{out}, Rules: []check.Rule{
		{Chain: out, Drops: true, Protocol: 17, Ports: [2]uint16{6080, 6081}, To: netip.MustParsePrefix("10.0.0.0/24"), Out: "eth1"},
		{Chain: out, Accepts: true, Narrower: true},
		{Chain: out, IPVS: true, Narrower: true, TranslatesFrom: true, Virtual: netip.MustParsePrefix("192.0.2.10/32"), Port: 80},
		{Chain: out, Narrower: true, Out: "eth*", Accepts: true},
		{Chain: out, Narrower: true, Accepts: true},
		{Chain: own, Marks: true, Mark: 7, MarkedBit: 0xff},
	}}, got)
}

// Nothing is asked of a kernel that has no module for it.
func TestNoModules(t *testing.T) {
	var read []string
	p := Place{Release: "6.1.0", Read: func(name string) ([]byte, error) {
		read = append(read, name)
		if name == "/proc/modules" {
			return []byte("nf_tables_x 1 1 - Live 0x0\nxt_mark 1 ip_tables, Live 0x0\n"), nil
		}
		return nil, fs.ErrNotExist
	}}
	all, missing := p.Rules()
	require.Equal(t, check.Rulesets{Read: true}, all)
	require.Empty(t, missing)
	require.Contains(t, read, "/lib/modules/6.1.0/modules.builtin")
	p.Read = func(name string) ([]byte, error) {
		if name == "/proc/modules" {
			return []byte("ip_tables 1 1 - Live 0x0\n"), nil
		}
		return nil, fs.ErrPermission
	}
	all, missing = p.Rules()
	require.False(t, all.Read)
	require.Equal(t, map[string]error{"the rules of iptables": fs.ErrPermission}, missing)
}

// files returns what reads files that there are.
func files(texts map[string]string) func(name string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		if text, ok := texts[name]; ok {
			return []byte(text), nil
		}
		return nil, fs.ErrNotExist
	}
}

func TestModules(t *testing.T) {
	const builtin = "kernel/net/netfilter/nf_tables.ko\nkernel/net/ipv4/netfilter/ip_tables.ko\n"
	p := Place{Release: "6.1.0", Read: files(map[string]string{"/proc/modules": "ip6_tables 1 1 - Live 0x0\n", "/lib/modules/6.1.0/modules.builtin": builtin})}
	for module, want := range map[string]bool{"ip6_tables": true, "ip_tables": true, "nf_tables": true, "tables": false, "nf": false, "arp_tables": false} {
		require.Equal(t, want, p.has(module), module)
	}
}

func TestNft(t *testing.T) {
	failed := errors.New("failed")
	names := []byte(join(attr(1, "t"), attr(unix.NFTA_CHAIN_NAME, "c")))
	said := map[uint16][]object{
		unix.NFT_MSG_GETTABLE: {{2, join(attr(1, "asleep"), attr(2, 1))}},
		unix.NFT_MSG_GETCHAIN: {{2, join(names, attr(unix.NFTA_CHAIN_HOOK, attr(unix.NFTA_HOOK_HOOKNUM, 3)), attr(unix.NFTA_CHAIN_POLICY, 0))}},
		unix.NFT_MSG_GETRULE: {{2, join(attr(unix.NFTA_RULE_TABLE, "asleep"))},
			{2, join(attr(unix.NFTA_RULE_TABLE, "t"), attr(unix.NFTA_RULE_CHAIN, "c"), attr(unix.NFTA_RULE_EXPRESSIONS, ends(1)))}},
	}
	p := Place{Read: files(map[string]string{"/proc/modules": "nf_tables 1 1 - Live 0x0\n"})}
	for kind := range said {
		all, missing := p.rules(func(asked uint16) ([]object, error) {
			if asked == kind {
				return nil, failed
			}
			return said[asked], nil
		}, nil)
		require.Equal(t, check.Rulesets{}, all, kind)
		require.Equal(t, map[string]error{"the rules of nftables": failed}, missing, kind)
	}
	all, missing := p.rules(func(kind uint16) ([]object, error) { return said[kind], nil }, nil)
	require.Empty(t, missing)
	out := check.Chain{Program: "nft", Family: "ip", Table: "t", Name: "c", Hook: "output"}
	require.Equal(t, check.Rulesets{Read: true, Drops: []check.Chain{out}, Rules: []check.Rule{{Chain: out, Accepts: true}}}, all)
}

// message returns a message of netlink.
func message(kind uint16, data ...byte) []byte {
	b := binary.NativeEndian.AppendUint32(nil, uint32(16+len(data)))
	return aligned(append(append(binary.NativeEndian.AppendUint16(b, kind), make([]byte, 10)...), data...), 4)
}

func TestMessages(t *testing.T) {
	require.Equal(t, join(host(20), words(10<<8|4, 1|0x300), make([]byte, 12)), request(unix.NFT_MSG_GETCHAIN))
	first := object{10, []byte{8}}
	for name, c := range map[string]struct {
		messages []byte
		want     []object
		done     bool
		err      error
	}{
		"nothing":                    {nil, []object{first}, false, nil},
		"two, and others follow":     {join(message(0xa06, 2, 0, 0, 1, 5, 6, 7, 8), message(0xa06, 1, 0, 0, 1)), []object{first, {2, []byte{5, 6, 7, 8}}, {1, []byte{}}}, false, nil},
		"one, and no others":         {join(message(0xa06, 2, 0, 0, 1, 5), message(unix.NLMSG_DONE, 0, 0, 0, 0), message(0xa06, 2, 0, 0, 1)), []object{first, {2, []byte{5}}}, true, nil},
		"too short":                  {join(message(0xa06, 2, 0, 0), message(unix.NLMSG_ERROR, 0, 0, 0)), []object{first}, false, nil},
		"it is not permitted":        {message(unix.NLMSG_ERROR, host(^uint32(0))...), nil, false, unix.EPERM},
		"that it ends is said short": {message(unix.NLMSG_DONE), []object{first}, true, nil},
		"malformed":                  {make([]byte, 16), []object{first}, false, unix.EINVAL},
	} {
		room := append(c.messages, make([]byte, 4)...)
		got, done, err := more([]object{first}, room, len(c.messages))
		require.ErrorIs(t, err, c.err, name)
		require.Equal(t, c.want, got, name)
		require.Equal(t, c.done, done, name)
		clear(room)
		require.Equal(t, c.want, got, "%s: the next messages take the place of these", name)
	}
}

// An answerer answers as the kernel does for one table.
type answerer struct {
	domain, level int
	table         []byte
	fails         int // an option
}

func (a *answerer) ask(domain, level, option int, b []byte) error {
	switch name, _, _ := bytes.Cut(b[:32], []byte{0}); {
	case domain != a.domain || level != a.level || string(name) != "filter":
		return unix.ENOENT
	case option == a.fails:
		return unix.EPERM
	case option == 64 && len(b) == 84: // IPT_SO_GET_INFO, struct ipt_getinfo
		binary.NativeEndian.PutUint32(b[32:], 1<<3)
		binary.NativeEndian.PutUint32(b[36+4*3:], 0)
		binary.NativeEndian.PutUint32(b[56+4*3:], uint32(len(a.table)))
		binary.NativeEndian.PutUint32(b[80:], uint32(len(a.table)))
		return nil
	case option == 65 && binary.NativeEndian.Uint32(b[32:]) == uint32(len(a.table)) && len(b) == 40+len(a.table): // IPT_SO_GET_ENTRIES, struct ipt_get_entries
		copy(b[40:], a.table)
		return nil
	}
	return unix.EINVAL
}

func TestGetEntries(t *testing.T) {
	const modules, names = "/proc/modules", "/proc/thread-self/net/ip_tables_names"
	const loaded = "ip_tables 1 1 - Live 0x0\n"
	table := conditions{}.entry(4, toDrop)
	out := check.Rule{Chain: check.Chain{Program: "iptables", Table: "filter", Name: "OUTPUT", Hook: "output"}, Drops: true}
	for name, c := range map[string]struct {
		files  map[string]string
		kernel answerer
		want   []check.Rule
		err    error
	}{
		"a table":              {map[string]string{modules: loaded, names: "filter\n"}, answerer{table: table}, []check.Rule{out}, nil},
		"none, and no file":    {map[string]string{modules: loaded}, answerer{fails: 64}, nil, nil},
		"none":                 {map[string]string{modules: loaded, names: "\n"}, answerer{fails: 64}, nil, nil},
		"a name of one letter": {map[string]string{modules: loaded, names: "f"}, answerer{}, nil, unix.ENOENT},
		"another":              {map[string]string{modules: loaded, names: "filter\nnat\n"}, answerer{table: table}, []check.Rule{out}, unix.ENOENT},
		"not permitted":        {map[string]string{modules: loaded, names: "filter\n"}, answerer{fails: 64}, nil, unix.EPERM},
		"not the entries":      {map[string]string{modules: loaded, names: "filter\n"}, answerer{fails: 65}, nil, unix.EPERM},
		"malformed":            {map[string]string{modules: loaded, names: "filter\n"}, answerer{table: table[:120]}, nil, errMalformed},
	} {
		if strconv.IntSize != 64 && strings.TrimSpace(c.files[names]) != "" { // the kernel's structs have other sizes there
			c.want, c.err = nil, errWord
		}
		c.kernel.domain, c.kernel.level = unix.AF_INET, unix.IPPROTO_IP
		p := Place{Read: files(c.files)}
		all, missing := p.rules(nil, c.kernel.ask)
		require.ErrorIs(t, missing["the rules of iptables"], c.err, name)
		require.Equal(t, c.err == nil, all.Read, name)
		require.Equal(t, c.want, all.Rules, name)
	}
	p := Place{Read: func(name string) ([]byte, error) {
		if name == names {
			return []byte("filter\n"), fs.ErrPermission
		}
		return []byte(loaded), nil
	}}
	all, missing := p.rules(nil, nil)
	require.Equal(t, check.Rulesets{}, all)
	require.Equal(t, map[string]error{"the rules of iptables": fs.ErrPermission}, missing, "only some of the names were read")
	p = Place{Read: files(map[string]string{modules: "ip6_tables 1 1 - Live 0x0\n", "/proc/thread-self/net/ip6_tables_names": "filter\n"})}
	kernel := answerer{domain: unix.AF_INET6, level: unix.IPPROTO_IPV6, table: conditions{}.entry(16, toDrop)}
	all, missing = p.rules(nil, kernel.ask)
	if strconv.IntSize != 64 {
		require.Equal(t, map[string]error{"the rules of ip6tables": errWord}, missing)
		return
	}
	require.Empty(t, missing)
	out.Program = "ip6tables"
	require.Equal(t, []check.Rule{out}, all.Rules)
}
