// SPDX-License-Identifier: Apache-2.0

package firewall

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"syscall"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/check"
	"github.com/ipvsadm-go/ipvsadm/internal/rtnetlink"
)

// An object is a table, chain or rule of nftables: its family, and its attributes.
type object struct {
	family     uint8
	attributes []byte
}

// A dumper returns all objects of a kind.
type dumper func(kind uint16) ([]object, error)

// dump is the dumper that asks the kernel.
func dump(kind uint16) (all []object, err error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_NETFILTER)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	defer unix.Close(fd)
	_ = unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 3}) // the kernel answers at once
	if err := unix.Sendto(fd, request(kind), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return nil, os.NewSyscallError("sendto", err)
	}
	room := make([]byte, 1<<16+4)
	for done := false; !done; {
		n, _, err := unix.Recvfrom(fd, room[:1<<16], 0)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return nil, os.NewSyscallError("recvfrom", err)
		}
		if all, done, err = more(all, room, n); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// request returns the message that asks for all objects of a kind, with a nfgenmsg, of all families.
func request(kind uint16) []byte {
	b := make([]byte, unix.SizeofNlMsghdr+4)
	binary.NativeEndian.PutUint32(b, uint32(len(b)))
	binary.NativeEndian.PutUint16(b[4:], unix.NFNL_SUBSYS_NFTABLES<<8|kind)
	binary.NativeEndian.PutUint16(b[6:], unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
	return b
}

// more adds the objects in the first n bytes of a buffer of messages, and reports whether no others follow.
func more(all []object, buffer []byte, n int) (_ []object, done bool, err error) {
	messages, err := rtnetlink.Messages(buffer, n)
	for i := range messages {
		m := &messages[i]
		switch {
		case m.Header.Type == unix.NLMSG_DONE:
			return all, true, nil
		case len(m.Data) < 4:
		case m.Header.Type == unix.NLMSG_ERROR:
			return nil, false, syscall.Errno(-int32(binary.NativeEndian.Uint32(m.Data)))
		default:
			all = append(all, object{m.Data[0], bytes.Clone(m.Data[4:])})
		}
	}
	return all, false, err
}

var families = [...]string{1: "inet", 2: "ip", 5: "netdev", 7: "bridge", 10: "ip6"} // NFPROTO_*

func familyName(n uint8) string {
	if int(n) < len(families) {
		return families[n]
	}
	return ""
}

var hooks = [...]string{"prerouting", "input", "forward", "output", "postrouting"} // NF_INET_*

// objects are those of nftables.
type objects struct{ tables, chains, rules []object }

// nft reads the rules of nftables.
func nft(dump dumper, all *check.Rulesets) error {
	o, err := dumpAll(dump)
	if err == nil {
		o.read(all)
	}
	return err
}

func dumpAll(dump dumper) (o objects, err error) {
	if o.tables, err = dump(unix.NFT_MSG_GETTABLE); err != nil {
		return o, err
	}
	if o.chains, err = dump(unix.NFT_MSG_GETCHAIN); err != nil {
		return o, err
	}
	o.rules, err = dump(unix.NFT_MSG_GETRULE)
	return o, err
}

// read reads what is in tables that are not dormant.
func (o *objects) read(all *check.Rulesets) {
	dormant := map[check.Chain]bool{} // by chains of which only the table is known
	for i := range o.tables {
		if t, is := tableOf(&o.tables[i]); is {
			dormant[t] = true
		}
	}
	isDormant := func(c check.Chain) bool {
		return dormant[check.Chain{Program: c.Program, Family: c.Family, Table: c.Table}]
	}
	chains := map[check.Chain]check.Chain{} // those with a hook, by the same without it
	for i := range o.chains {
		c, drops := chainOf(o.chains[i].family, o.chains[i].attributes)
		if c.Hook == "" || isDormant(c) {
			continue
		}
		bare := c
		bare.Hook = ""
		chains[bare] = c
		if drops && c.Hook == "output" {
			all.Drops = append(all.Drops, c)
		}
	}
	for i := range o.rules {
		r := ruleOf(o.rules[i].family, o.rules[i].attributes)
		if isDormant(r.Chain) {
			continue
		}
		if c, ok := chains[r.Chain]; ok {
			r.Chain = c
		}
		all.Rules = append(all.Rules, r)
	}
}

// tableOf reads a table, and reports whether it is dormant.
func tableOf(o *object) (t check.Chain, dormant bool) {
	const name, flags, flagDormant = 1, 2, 1 // NFTA_TABLE_NAME and so on
	t = check.Chain{Program: "nft", Family: familyName(o.family)}
	decode(o.attributes, func(d *netlink.AttributeDecoder) {
		switch d.Type() {
		case name:
			t.Table = d.String()
		case flags:
			dormant = d.Uint32()&flagDormant != 0
		}
	})
	return t, dormant
}

// decode calls each for all attributes.
func decode(b []byte, each func(d *netlink.AttributeDecoder)) {
	d, err := netlink.NewAttributeDecoder(b)
	if err != nil {
		return
	}
	d.ByteOrder = binary.BigEndian
	for d.Next() {
		each(d)
	}
}

// chainOf reads a chain, and reports whether it drops what no rule accepts.
func chainOf(family uint8, attributes []byte) (c check.Chain, drops bool) {
	c = check.Chain{Program: "nft", Family: familyName(family)}
	kind := ""
	decode(attributes, func(d *netlink.AttributeDecoder) {
		switch d.Type() {
		case unix.NFTA_CHAIN_TABLE:
			c.Table = d.String()
		case unix.NFTA_CHAIN_NAME:
			c.Name = d.String()
		case unix.NFTA_CHAIN_TYPE:
			kind = d.String()
		case unix.NFTA_CHAIN_POLICY:
			drops = d.Uint32() == 0 // NF_DROP
		case unix.NFTA_CHAIN_HOOK:
			decode(d.Bytes(), func(d *netlink.AttributeDecoder) {
				if d.Type() == unix.NFTA_HOOK_HOOKNUM {
					if n := d.Uint32(); int(n) < len(hooks) {
						c.Hook = hooks[n]
					}
				}
			})
		}
	})
	return c, drops && kind != "nat"
}

// ruleOf reads a rule.
func ruleOf(family uint8, attributes []byte) check.Rule {
	e := expressions{rule: check.Rule{Chain: check.Chain{Program: "nft", Family: familyName(family)}}}
	decode(attributes, func(d *netlink.AttributeDecoder) {
		switch d.Type() {
		case unix.NFTA_RULE_TABLE:
			e.rule.Table = d.String()
		case unix.NFTA_RULE_CHAIN:
			e.rule.Name = d.String()
		case unix.NFTA_RULE_EXPRESSIONS:
			decode(d.Bytes(), func(d *netlink.AttributeDecoder) { e.add(d.Bytes()) })
		}
	})
	return e.rule
}
