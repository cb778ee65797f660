// SPDX-License-Identifier: Apache-2.0

package firewall

import (
	"bytes"
	"encoding/binary"
	"io/fs"
	"net/netip"
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

func meta(key int) []byte {
	return expr("meta", attr(unix.NFTA_META_DREG, 1), attr(unix.NFTA_META_KEY, key))
}

func cmp(op int, value ...byte) []byte {
	return expr("cmp", attr(unix.NFTA_CMP_SREG, 1), attr(unix.NFTA_CMP_OP, op), data(unix.NFTA_CMP_DATA, value))
}

func payload(base, offset, size int) []byte {
	return expr("payload", attr(unix.NFTA_PAYLOAD_DREG, 1), attr(unix.NFTA_PAYLOAD_BASE, base), attr(unix.NFTA_PAYLOAD_OFFSET, offset),
		attr(unix.NFTA_PAYLOAD_LEN, size))
}

func ends(code int32) []byte {
	return expr("immediate", attr(unix.NFTA_IMMEDIATE_DREG, unix.NFT_REG_VERDICT),
		attr(unix.NFTA_IMMEDIATE_DATA, attr(unix.NFTA_DATA_VERDICT, attr(unix.NFTA_VERDICT_CODE, binary.BigEndian.AppendUint32(nil, uint32(code))))))
}

func bitwise(mask, xor []byte) []byte {
	return expr("bitwise", attr(unix.NFTA_BITWISE_SREG, 1), attr(unix.NFTA_BITWISE_DREG, 1), data(unix.NFTA_BITWISE_MASK, mask), data(unix.NFTA_BITWISE_XOR, xor))
}

var (
	setMark = expr("meta", attr(unix.NFTA_META_SREG, 1), attr(unix.NFTA_META_KEY, unix.NFT_META_MARK))
	dport   = payload(unix.NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2)
	ctState = expr("ct", attr(1, 1), attr(2, 0))
)

func constantIn(value []byte) []byte {
	return expr("immediate", attr(unix.NFTA_IMMEDIATE_DREG, 1), data(unix.NFTA_IMMEDIATE_DATA, value))
}

func TestRules(t *testing.T) {
	for name, c := range map[string]struct {
		expressions []byte
		want        check.Rule
	}{
		"meta mark set 7": {join(constantIn(host(7)), setMark), check.Rule{Marks: true, Mark: 7, MarkedBit: ^uint32(0)}},
		"meta mark set mark or 4": {join(meta(unix.NFT_META_MARK), bitwise(host(^uint32(4)), host(4)), setMark),
			check.Rule{Marks: true, Mark: 4, MarkedBit: 4}},
		"meta mark set from a map": {join(payload(unix.NFT_PAYLOAD_NETWORK_HEADER, 12, 4),
			expr("lookup", attr(unix.NFTA_LOOKUP_SREG, 1), attr(unix.NFTA_LOOKUP_DREG, 1)), setMark), check.Rule{Marks: true, Narrower: true}},
		"meta mark set something after a constant": {join(constantIn(host(7)), expr("numgen", attr(1, 1)), setMark), check.Rule{Marks: true, Narrower: true}},
		"meta mark set mark and 0xf0 or 4, in two steps": {join(meta(unix.NFT_META_MARK), bitwise(host(0xf0), host(0)), bitwise(host(^uint32(4)), host(4)), setMark),
			check.Rule{Marks: true, Mark: 4, MarkedBit: ^uint32(0xf0)}},
		"meta mark set a constant and a mask": {join(constantIn(host(7)), bitwise(host(3), host(0)), setMark), check.Rule{Marks: true}},
		"meta mark set mark shifted": {join(meta(unix.NFT_META_MARK), expr("bitwise", attr(unix.NFTA_BITWISE_SREG, 1), attr(unix.NFTA_BITWISE_DREG, 1)), setMark),
			check.Rule{Marks: true}},
		"a map of verdicts": {join(dport, expr("lookup", attr(unix.NFTA_LOOKUP_SREG, 1), attr(unix.NFTA_LOOKUP_DREG, unix.NFT_REG_VERDICT))),
			check.Rule{Narrower: true, Accepts: true}},
		"queue":               {join(expr("queue")), check.Rule{Accepts: true}},
		"queue, a verdict":    {ends(3), check.Rule{Accepts: true}},
		"return":              {ends(-5), check.Rule{}},
		"oif 3 accept":        {join(meta(unix.NFT_META_OIF), cmp(unix.NFT_CMP_EQ, host(3)...), ends(1)), check.Rule{OutIndex: 3, Accepts: true}},
		"oifname eth* accept": {join(meta(unix.NFT_META_OIFNAME), cmp(unix.NFT_CMP_EQ, []byte("eth")...), ends(1)), check.Rule{Out: "eth*", Accepts: true}},
		"ip protocol udp":     {join(payload(unix.NFT_PAYLOAD_NETWORK_HEADER, 9, 1), cmp(unix.NFT_CMP_EQ, 17), ends(0)), check.Rule{Protocol: 17, Drops: true}},
		"ct state established": {join(ctState, bitwise(host(2), host(0)), cmp(unix.NFT_CMP_NEQ, 0, 0, 0, 0), ends(1)),
			check.Rule{Narrower: true, Known: true, Accepts: true}},
		"ct state established or new": {join(ctState, bitwise(host(2|8), host(0)), cmp(unix.NFT_CMP_NEQ, 0, 0, 0, 0), ends(1)),
			check.Rule{Narrower: true, Accepts: true}},
		"ct state not established": {join(ctState, bitwise(host(2), host(0)), cmp(unix.NFT_CMP_EQ, 0, 0, 0, 0), ends(1)),
			check.Rule{Narrower: true, Accepts: true}},
		"ct state == related": {join(ctState, cmp(unix.NFT_CMP_EQ, host(4)...), ends(1)), check.Rule{Narrower: true, Known: true, Accepts: true}},
		"ip daddr and 255.0.255.0": {join(payload(unix.NFT_PAYLOAD_NETWORK_HEADER, 16, 4), bitwise([]byte{255, 0, 255, 0}, make([]byte, 4)),
			cmp(unix.NFT_CMP_EQ, 10, 0, 0, 0), ends(0)), check.Rule{Narrower: true, Drops: true}},
		"udp dport 6080 drop": {join(meta(unix.NFT_META_L4PROTO), cmp(unix.NFT_CMP_EQ, 17), dport, cmp(unix.NFT_CMP_EQ, 0x17, 0xc0), ends(0)),
			check.Rule{Protocol: 17, Ports: [2]uint16{6080, 6080}, Drops: true}},
		"dport != 6080 accept": {join(dport, cmp(unix.NFT_CMP_NEQ, 0x17, 0xc0), ends(1)), check.Rule{Narrower: true, Accepts: true}},
		"dport 6000-6999 reject": {join(dport, expr("range", attr(1, 1), attr(2, 0), data(3, []byte{0x17, 0x70}), data(4, []byte{0x1b, 0x57})), expr("reject")),
			check.Rule{Ports: [2]uint16{6000, 6999}, Drops: true}},
		"ip daddr 10.0.0.0/8": {join(payload(unix.NFT_PAYLOAD_NETWORK_HEADER, 16, 1), cmp(unix.NFT_CMP_EQ, 10), expr("counter"), ends(0)),
			check.Rule{To: netip.MustParsePrefix("10.0.0.0/8"), Drops: true}},
		"ip daddr 10.0.0.0/12": {join(payload(unix.NFT_PAYLOAD_NETWORK_HEADER, 16, 4), bitwise([]byte{255, 240, 0, 0}, make([]byte, 4)),
			cmp(unix.NFT_CMP_EQ, 10, 0, 0, 0), ends(0)), check.Rule{To: netip.MustParsePrefix("10.0.0.0/12"), Drops: true}},
		"ip6 daddr 2001:db8::1": {join(meta(unix.NFT_META_NFPROTO), cmp(unix.NFT_CMP_EQ, 10), payload(unix.NFT_PAYLOAD_NETWORK_HEADER, 24, 16),
			cmp(unix.NFT_CMP_EQ, netip.MustParseAddr("2001:db8::1").AsSlice()...), ends(unix.NFT_JUMP)),
			check.Rule{Version: 10, To: netip.MustParsePrefix("2001:db8::1/128"), Accepts: true}},
		"oifname eth1 masquerade": {join(meta(unix.NFT_META_OIFNAME), cmp(unix.NFT_CMP_EQ, append([]byte("eth1"), make([]byte, 12)...)...), expr("masq")),
			check.Rule{Out: "eth1", TranslatesFrom: true}},
		"ct original ip daddr 192.0.2.10 snat": {join(expr("ct", attr(1, 1), attr(2, 20), attr(3, []byte{0})), cmp(unix.NFT_CMP_EQ, 192, 0, 2, 10),
			expr("nat", attr(unix.NFTA_NAT_TYPE, unix.NFT_NAT_SNAT))), check.Rule{Virtual: netip.MustParsePrefix("192.0.2.10/32"), TranslatesFrom: true}},
		"ct reply ip daddr 192.0.2.10": {join(expr("ct", attr(1, 1), attr(2, 20), attr(3, []byte{1})), cmp(unix.NFT_CMP_EQ, 192, 0, 2, 10)),
			check.Rule{Narrower: true}},
		"dnat":           {expr("nat", attr(unix.NFTA_NAT_TYPE, unix.NFT_NAT_DNAT)), check.Rule{}},
		"a set":          {join(dport, expr("lookup", attr(unix.NFTA_LOOKUP_SREG, 1)), ends(0)), check.Rule{Narrower: true, Drops: true}},
		"limit":          {join(expr("limit"), ends(0)), check.Rule{Narrower: true, Drops: true}},
		"iptables-nft":   {join(expr("match", attr(1, "ipvs"), attr(3, append(make([]byte, 39), isIPVS))), expr("target", attr(1, "MASQUERADE"))), check.Rule{IPVS: true, Narrower: true, TranslatesFrom: true}},
		"MARK":           {expr("target", attr(1, "MARK"), attr(3, join(host(7), host(0xff)))), check.Rule{Marks: true, Mark: 7, MarkedBit: 0xff}},
		"CONNMARK":       {expr("target", attr(1, "CONNMARK"), attr(3, host(0))), check.Rule{Marks: true}},
		"malformed data": {attr(1, []byte{1, 2}), check.Rule{}},
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

// entry returns an entry of iptables: its conditions, after a change, then matches and a target with their names.
func entry(change func(b []byte), parts ...[]byte) []byte {
	b := make([]byte, ipv4.matches)
	change(b)
	for i, p := range parts {
		if i == len(parts)-1 {
			binary.NativeEndian.PutUint16(b[ipv4.target:], uint16(len(b)))
		}
		b = append(b, p...)
	}
	binary.NativeEndian.PutUint16(b[ipv4.next:], uint16(len(b)))
	return b
}

// part returns a match or target.
func part(name string, info ...byte) []byte {
	b := make([]byte, 32)
	copy(b[2:], name)
	b = append(b, info...)
	b = append(b, make([]byte, (8-len(b)%8)%8)...)
	binary.NativeEndian.PutUint16(b, uint16(len(b)))
	return b
}

func all([]byte) {}

func TestIptables(t *testing.T) {
	udp := join([]byte{0, 0, 0xff, 0xff}, binary.NativeEndian.AppendUint16(nil, 6080), binary.NativeEndian.AppendUint16(nil, 6081), []byte{0})
	binary.NativeEndian.PutUint16(udp[2:], 0xffff)
	vaddr := append(append(append([]byte{192, 0, 2, 10}, make([]byte, 12)...), 255, 255, 255, 255), make([]byte, 20)...)
	vaddr[33], vaddr[39] = 80, hasAddr|hasPort
	others := bytes.Clone(vaddr)
	others[38] = isIPVS // ! --ipvs
	notPort := bytes.Clone(vaddr)
	notPort[38] = hasPort
	entries := [][]byte{
		entry(func(b []byte) { // -d 10.0.0.0/24 -o eth1 -p udp --dport 6080:6081 -j DROP
			copy(b[4:], []byte{10, 0, 0, 0})
			copy(b[12:], []byte{255, 255, 255, 0})
			copy(b[ipv4.out:], "eth1")
			binary.NativeEndian.PutUint16(b[ipv4.protocol:], 17)
		}, part("udp", udp...), part("", host(^uint32(0))...)),
		entry(func(b []byte) { b[8] = 255 }, part("", host(^uint32(1))...)),         // -s 10.0.0.0/8 -j ACCEPT
		entry(all, part("ipvs", vaddr...), part("MASQUERADE", make([]byte, 24)...)), // -m ipvs --vaddr 192.0.2.10 -j MASQUERADE
		entry(all, part("ipvs", others...), part("MASQUERADE", make([]byte, 24)...)),
		entry(all, part("ipvs", notPort...), part("MASQUERADE", make([]byte, 24)...)),
		entry(func(b []byte) { // -d 10.0.0.0/255.0.255.0 -o eth+
			b[4], b[12], b[14] = 10, 255, 255
			copy(b[ipv4.out:], "eth+")
			copy(b[ipv4.out+32:], []byte{255, 255, 255})
		}, part("NFQUEUE")),
		entry(func(b []byte) { // ! -d 10.0.0.0/8 -j ACCEPT
			b[4], b[12], b[ipv4.inverted] = 10, 255, 1<<4
			copy(b[ipv4.out:], "eth1")
			b[ipv4.protocol] = 6
		}, part("", host(^uint32(1))...)),
		entry(all, part("", host(^uint32(0))...)), // the policy
		entry(all, part("ERROR", []byte("own")...)),
		entry(all, part("MARK", join(host(7), host(0xff))...)),
		entry(all, part("ERROR", []byte("ERROR")...)),
	}
	at := 0
	info := make([]byte, sizeOfInfo)
	binary.NativeEndian.PutUint32(info[tableName:], 1<<3) // OUTPUT
	for _, e := range entries[:7] {
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
		{Chain: out, Narrower: true, TranslatesFrom: true},
		{Chain: out, Narrower: true, TranslatesFrom: true},
		{Chain: out, Narrower: true, Out: "eth*", Accepts: true},
		{Chain: out, Narrower: true, Accepts: true},
		{Chain: own, Marks: true, Mark: 7, MarkedBit: 0xff},
	}}, got)
	broken := entry(all, part("", host(0)...))
	binary.NativeEndian.PutUint16(broken[ipv4.next:], 1)
	require.ErrorIs(t, ipv4.read("filter", info, broken, &got), errMalformed)
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
