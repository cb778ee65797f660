// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/mdlayher/netlink"

	"github.com/ipvsadm-go/ipvsadm/internal/test/replay"
)

// A Request is one that package ipvsnl would not send, or not in this form, and what
// a kernel answers.
type Request struct {
	Name    string
	Command uint8
	Attrs   []byte
	Flags   netlink.HeaderFlags // netlink.Dump for a listing
	Errno   uint16              // 0 for success
	Replies int                 // how many messages a listing has
}

// The commands of linux/ip_vs.h (IPVS_CMD_*).
const (
	newService = iota + 1
	setService
	delService
	getService
	newDest
	setDest
	delDest
	getDest
	newDaemon
	delDaemon
	getDaemon
	setConfig
	getConfig
	setInfo
	getInfo
	zero
	flush
)

// The error numbers of the answers.
const (
	enoent       = 2
	esrch        = 3
	eexist       = 17
	enodev       = 19
	einval       = 22
	erange       = 34
	eopnotsupp   = 95
	eafnosupport = 97
)

// An attr is a netlink attribute.
type attr struct {
	number  uint16
	payload []byte
}

// wire returns attributes as they are in a message.
func wire(attrs ...attr) []byte {
	var b []byte
	for _, a := range attrs {
		b = binary.NativeEndian.AppendUint16(b, uint16(4+len(a.payload)))
		b = binary.NativeEndian.AppendUint16(b, a.number)
		b = append(b, a.payload...)
		for len(b)%4 != 0 {
			b = append(b, 0)
		}
	}
	return b
}

func u16(n uint16) []byte  { return binary.NativeEndian.AppendUint16(nil, n) }
func u32(n uint32) []byte  { return binary.NativeEndian.AppendUint32(nil, n) }
func be16(n uint16) []byte { return binary.BigEndian.AppendUint16(nil, n) }

// addr returns an address in as many bytes as union nf_inet_addr has.
func addr(b ...byte) []byte { return append(b, make([]byte, 16-len(b))...) }

// edit returns attributes with others in the place of those of the same number, or
// after them. One whose payload is nil is left out.
func edit(attrs []attr, edits []attr) []attr {
	attrs = slices.Clone(attrs)
	for _, e := range edits {
		at := slices.IndexFunc(attrs, func(a attr) bool { return a.number == e.number })
		switch {
		case at < 0:
			attrs = append(attrs, e)
		case e.payload == nil:
			attrs = slices.Delete(attrs, at, at+1)
		default:
			attrs[at] = e
		}
	}
	return attrs
}

// service returns the attribute of TCP 192.0.2.1:80, with edits.
func aService(edits ...attr) attr {
	return attr{1, wire(edit([]attr{
		{1, u16(2)},              // IPVS_SVC_ATTR_AF
		{2, u16(6)},              // IPVS_SVC_ATTR_PROTOCOL
		{3, addr(192, 0, 2, 1)},  // IPVS_SVC_ATTR_ADDR
		{4, be16(80)},            // IPVS_SVC_ATTR_PORT
		{6, []byte("wlc\x00")},   // IPVS_SVC_ATTR_SCHED_NAME
		{7, make([]byte, 8)},     // IPVS_SVC_ATTR_FLAGS
		{8, u32(0)},              // IPVS_SVC_ATTR_TIMEOUT
		{9, u32(math.MaxUint32)}, // IPVS_SVC_ATTR_NETMASK
	}, edits)...)}
}

// aService6 returns the attribute of TCP [2001:db8::1]:80, with edits.
func aService6(edits ...attr) attr {
	return aService(append([]attr{
		{1, u16(10)}, {3, addr(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)}, {9, u32(128)}}, edits...)...)
}

// dest returns the attribute of 10.0.0.1:80, with edits.
func aDest(edits ...attr) attr {
	return attr{2, wire(edit([]attr{
		{1, addr(10, 0, 0, 1)}, // IPVS_DEST_ATTR_ADDR
		{2, be16(80)},          // IPVS_DEST_ATTR_PORT
		{3, u32(0)},            // IPVS_DEST_ATTR_FWD_METHOD
		{4, u32(1)},            // IPVS_DEST_ATTR_WEIGHT
		{5, u32(0)},            // IPVS_DEST_ATTR_U_THRESH
		{6, u32(0)},            // IPVS_DEST_ATTR_L_THRESH
		{11, u16(2)},           // IPVS_DEST_ATTR_ADDR_FAMILY
	}, edits)...)}
}

// daemon returns the attribute of a master on lo, with edits.
func aDaemon(edits ...attr) attr {
	return attr{3, wire(edit([]attr{
		{1, u32(1)},           // IPVS_DAEMON_ATTR_STATE
		{2, []byte("lo\x00")}, // IPVS_DAEMON_ATTR_MCAST_IFN
		{3, u32(0)},           // IPVS_DAEMON_ATTR_SYNC_ID
	}, edits)...)}
}

// without leaves an attribute out.
func without(number uint16) attr { return attr{number, nil} }

// Requests are in the order in which a kernel gets them, one table being between
// them all.
var Requests = []Request{
	{Name: "command 0", Command: 0, Errno: eopnotsupp},
	{Name: "command 18", Command: 18, Errno: eopnotsupp},
	{Name: "command of replies", Command: setInfo, Errno: eopnotsupp},
	{Name: "info as a listing", Command: getInfo, Flags: netlink.Dump, Errno: eopnotsupp},
	{Name: "destinations not as a listing", Command: getDest, Attrs: wire(aService()), Errno: eopnotsupp},
	{Name: "daemons not as a listing", Command: getDaemon, Errno: eopnotsupp},
	{Name: "change as a listing", Command: newService, Attrs: wire(aService()), Flags: netlink.Dump, Errno: eopnotsupp},

	{Name: "service: none", Command: newService, Errno: einval},
	{Name: "service: empty", Command: newService, Attrs: wire(attr{1, nil}), Errno: einval},
	{Name: "service: a byte", Command: newService, Attrs: wire(attr{1, []byte{1}}), Errno: erange},
	{Name: "service: no family", Command: newService, Attrs: wire(aService(without(1))), Errno: einval},
	{Name: "service: no protocol", Command: newService, Attrs: wire(aService(without(2))), Errno: einval},
	{Name: "service: no address", Command: newService, Attrs: wire(aService(without(3))), Errno: einval},
	{Name: "service: no port", Command: newService, Attrs: wire(aService(without(4))), Errno: einval},
	{Name: "service: no scheduler", Command: newService, Attrs: wire(aService(without(6))), Errno: einval},
	{Name: "service: no flags", Command: newService, Attrs: wire(aService(without(7))), Errno: einval},
	{Name: "service: no timeout", Command: newService, Attrs: wire(aService(without(8))), Errno: einval},
	{Name: "service: no netmask", Command: newService, Attrs: wire(aService(without(9))), Errno: einval},
	{Name: "service: unknown family", Command: newService, Attrs: wire(aService(attr{1, u16(1)})), Errno: eafnosupport},
	{Name: "service: family cut", Command: newService, Attrs: wire(aService(attr{1, []byte{2}})), Errno: einval},
	{Name: "service: address too long", Command: newService, Attrs: wire(aService(attr{3, make([]byte, 17)})), Errno: einval},
	{Name: "service: scheduler empty", Command: newService, Attrs: wire(aService(attr{6, []byte{0}})), Errno: enoent},
	{Name: "service: scheduler without NUL", Command: newService, Attrs: wire(aService(attr{6, []byte("rr")})), Errno: einval},
	{Name: "service: scheduler of 16 bytes", Command: newService, Attrs: wire(aService(attr{6, []byte("0123456789abcdef\x00")})), Errno: einval},
	{Name: "service: scheduler of 15 bytes", Command: newService, Attrs: wire(aService(attr{6, []byte("0123456789abcde\x00")})), Errno: enoent},
	{Name: "service: flags too long", Command: newService, Attrs: wire(aService(attr{7, make([]byte, 9)})), Errno: einval},
	{Name: "service: timeout cut", Command: newService, Attrs: wire(aService(attr{8, u16(1)})), Errno: einval},
	{Name: "service: engine unknown", Command: newService, Attrs: wire(aService(attr{11, []byte("nosuch\x00")})), Errno: enoent},
	{Name: "service: engine of 16 bytes", Command: newService, Attrs: wire(aService(attr{11, []byte("0123456789abcdef\x00")})), Errno: enoent},
	{Name: "service: engine of 17 bytes", Command: newService, Attrs: wire(aService(attr{11, []byte("0123456789abcdefg\x00")})), Errno: einval},
	{Name: "service: prefix length 0", Command: newService, Attrs: wire(aService6(attr{9, u32(0)})), Errno: einval},
	{Name: "service: prefix length 129", Command: newService, Attrs: wire(aService6(attr{9, u32(129)})), Errno: einval},
	{Name: "service: unknown scheduler and prefix length 0", Command: newService,
		Attrs: wire(aService6(attr{9, u32(0)}, attr{6, []byte("nosuch\x00")})), Errno: enoent},
	{Name: "service", Command: newService, Attrs: wire(aService())},
	{Name: "service: exists, with an unknown scheduler", Command: newService,
		Attrs: wire(aService(attr{6, []byte("nosuch\x00")})), Errno: eexist},
	{Name: "service: IPv6", Command: newService, Attrs: wire(aService6())},
	{Name: "service: address of 4 bytes", Command: newService, Attrs: wire(aService(attr{3, []byte{192, 0, 2, 2}}))},
	{Name: "service: flags of 4 bytes", Command: newService, Attrs: wire(aService(attr{3, addr(192, 0, 2, 3)}, attr{7, u32(1)}))},
	{Name: "service: scheduler none", Command: newService, Attrs: wire(aService(attr{3, addr(192, 0, 2, 4)}, attr{6, []byte("none\x00")}))},
	{Name: "service: scheduler with more after its NUL", Command: newService,
		Attrs: wire(aService(attr{3, addr(192, 0, 2, 5)}, attr{6, []byte("rr\x00x")}))},
	{Name: "service: protocol 99", Command: newService, Attrs: wire(aService(attr{2, u16(99)}))},
	{Name: "service: port 0", Command: newService, Attrs: wire(aService(attr{4, be16(0)}))},
	{Name: "service: mark", Command: newService, Attrs: wire(aService(attr{5, u32(7)}, without(2), without(3), without(4)))},
	{Name: "service: mark again, with an address", Command: newService, Attrs: wire(aService(attr{5, u32(7)})), Errno: eexist},
	{Name: "service: mark of IPv6", Command: newService, Attrs: wire(aService6(attr{5, u32(7)}))},
	{Name: "service: mark 0", Command: newService, Attrs: wire(aService(attr{5, u32(0)}, without(2), without(3), without(4)))},
	{Name: "service: mark 0, by address", Command: getService, Attrs: wire(aService(attr{3, addr()}, attr{4, be16(0)}))},
	{Name: "service: attributes cut", Command: newService, Attrs: append(wire(aService()), 8, 0, 0), Errno: eexist},
	{Name: "service: attribute longer than the message", Command: newService, Attrs: append(wire(aService()), 80, 0, 4, 0), Errno: eexist},
	{Name: "service: attribute of no length", Command: newService, Attrs: append([]byte{0, 0, 1, 0}, wire(aService())...), Errno: einval},
	{Name: "service: attribute 99", Command: newService, Attrs: wire(attr{99, u16(1)}, aService()), Errno: eexist},
	{Name: "service: twice, the last counts", Command: getService, Attrs: wire(aService(attr{3, addr(192, 0, 2, 9)}), aService())},
	{Name: "all services", Command: getService, Flags: netlink.Dump, Replies: 11},

	{Name: "set service: missing, with an unknown scheduler", Command: setService,
		Attrs: wire(aService(attr{3, addr(192, 0, 2, 9)}, attr{6, []byte("nosuch\x00")})), Errno: esrch},
	{Name: "set service: unknown scheduler", Command: setService, Attrs: wire(aService(attr{6, []byte("nosuch\x00")})), Errno: enoent},
	{Name: "set service: unknown engine", Command: setService, Attrs: wire(aService(attr{11, []byte("nosuch\x00")})), Errno: enoent},
	{Name: "set service: prefix length 0", Command: setService, Attrs: wire(aService6(attr{9, u32(0)})), Errno: einval},
	{Name: "set service: no netmask", Command: setService, Attrs: wire(aService(without(9))), Errno: einval},
	{Name: "set service: missing, no netmask", Command: setService,
		Attrs: wire(aService(attr{3, addr(192, 0, 2, 9)}, without(9))), Errno: einval},
	{Name: "get service: none", Command: getService, Errno: einval},
	{Name: "get service: missing", Command: getService, Attrs: wire(aService(attr{3, addr(192, 0, 2, 9)})), Errno: esrch},
	{Name: "get service: unknown family", Command: getService, Attrs: wire(aService(attr{1, u16(1)})), Errno: eafnosupport},
	{Name: "delete service: none", Command: delService, Errno: einval},
	{Name: "delete service: missing", Command: delService, Attrs: wire(aService(attr{3, addr(192, 0, 2, 9)})), Errno: esrch},
	{Name: "zero: missing", Command: zero, Attrs: wire(aService(attr{3, addr(192, 0, 2, 9)})), Errno: esrch},
	{Name: "zero: empty", Command: zero, Attrs: wire(attr{1, nil}), Errno: einval},
	{Name: "zero", Command: zero},

	{Name: "destination: none", Command: newDest, Attrs: wire(aService()), Errno: einval},
	{Name: "destination: no service", Command: newDest, Attrs: wire(aDest()), Errno: einval},
	{Name: "destination: missing service", Command: newDest, Attrs: wire(aService(attr{3, addr(192, 0, 2, 9)}), aDest(without(1))), Errno: esrch},
	{Name: "destination: no address", Command: newDest, Attrs: wire(aService(), aDest(without(1))), Errno: einval},
	{Name: "destination: no port", Command: newDest, Attrs: wire(aService(), aDest(without(2))), Errno: einval},
	{Name: "destination: no method", Command: newDest, Attrs: wire(aService(), aDest(without(3))), Errno: einval},
	{Name: "destination: no weight", Command: newDest, Attrs: wire(aService(), aDest(without(4))), Errno: einval},
	{Name: "destination: no upper threshold", Command: newDest, Attrs: wire(aService(), aDest(without(5))), Errno: einval},
	{Name: "destination: no lower threshold", Command: newDest, Attrs: wire(aService(), aDest(without(6))), Errno: einval},
	{Name: "destination: unknown family", Command: newDest, Attrs: wire(aService(), aDest(attr{11, u16(1)})), Errno: eafnosupport},
	{Name: "destination: weight cut", Command: newDest, Attrs: wire(aService(), aDest(attr{4, u16(1)})), Errno: einval},
	{Name: "destination: weight of 1<<31", Command: newDest, Attrs: wire(aService(), aDest(attr{4, u32(1 << 31)})), Errno: erange},
	{Name: "destination: thresholds", Command: newDest, Attrs: wire(aService(), aDest(attr{5, u32(1)}, attr{6, u32(2)})), Errno: erange},
	{Name: "destination: lower threshold alone", Command: newDest, Attrs: wire(aService(), aDest(attr{6, u32(2)})), Errno: erange},
	{Name: "destination: GUE without a port", Command: newDest,
		Attrs: wire(aService(), aDest(attr{3, u32(2)}, attr{13, []byte{1}})), Errno: einval},
	{Name: "destination: GUE without a port, masqueraded", Command: newDest,
		Attrs: wire(aService(), aDest(attr{13, []byte{1}})), Errno: einval},
	{Name: "destination: 0.0.0.0", Command: newDest, Attrs: wire(aService(), aDest(attr{1, addr()})), Errno: einval},
	{Name: "destination: 0.0.0.1", Command: newDest, Attrs: wire(aService(), aDest(attr{1, addr(0, 0, 0, 1)}))},
	{Name: "destination: broadcast", Command: newDest, Attrs: wire(aService(), aDest(attr{1, addr(255, 255, 255, 255)})), Errno: einval},
	{Name: "destination: multicast", Command: newDest, Attrs: wire(aService(), aDest(attr{1, addr(224, 0, 0, 1)})), Errno: einval},
	{Name: "destination: 240.0.0.1", Command: newDest, Attrs: wire(aService(), aDest(attr{1, addr(240, 0, 0, 1)}))},
	{Name: "destination: 127.0.0.1", Command: newDest, Attrs: wire(aService(), aDest(attr{1, addr(127, 0, 0, 1)}))},
	{Name: "destination: [::]", Command: newDest, Attrs: wire(aService6(), aDest(attr{1, addr()}, attr{11, u16(10)})), Errno: einval},
	{Name: "destination: [::1]", Command: newDest, Attrs: wire(aService6(), aDest(attr{1, addr(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)}, attr{11, u16(10)}))},
	{Name: "destination: [ff02::1]", Command: newDest,
		Attrs: wire(aService6(), aDest(attr{1, addr(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)}, attr{11, u16(10)})), Errno: einval},
	{Name: "destination: [fe80::1]", Command: newDest,
		Attrs: wire(aService6(), aDest(attr{1, addr(0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)}, attr{11, u16(10)})), Errno: einval},
	{Name: "destination: IPv4-mapped", Command: newDest,
		Attrs: wire(aService6(), aDest(attr{1, addr(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1)}, attr{11, u16(10)})), Errno: einval},
	{Name: "destination: [::10.0.0.1]", Command: newDest,
		Attrs: wire(aService6(), aDest(attr{1, addr(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 1)}, attr{11, u16(10)}))},
	{Name: "destination: [fec0::1]", Command: newDest,
		Attrs: wire(aService6(), aDest(attr{1, addr(0xfe, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)}, attr{11, u16(10)}))},
	{Name: "destination: other family, masqueraded", Command: newDest, Attrs: wire(aService6(), aDest()), Errno: einval},
	{Name: "destination: other family, routed", Command: newDest, Attrs: wire(aService6(), aDest(attr{3, u32(3)})), Errno: einval},
	{Name: "destination: method of more than 3 bits", Command: newDest, Attrs: wire(aService(), aDest(attr{1, addr(10, 0, 0, 9)}, attr{3, u32(0x103)}))},
	{Name: "destination: method 7", Command: newDest, Attrs: wire(aService(), aDest(attr{1, addr(10, 0, 0, 10)}, attr{3, u32(7)}))},
	{Name: "destination", Command: newDest, Attrs: wire(aService(), aDest())},
	{Name: "destination: exists", Command: newDest, Attrs: wire(aService(), aDest()), Errno: eexist},
	{Name: "destination: exists, with a weight of 1<<31", Command: newDest, Attrs: wire(aService(), aDest(attr{4, u32(1 << 31)})), Errno: erange},
	{Name: "destination: no family", Command: newDest, Attrs: wire(aService6(), aDest(without(11), attr{1, addr(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2)}))},
	{Name: "destination: address of 4 bytes", Command: newDest, Attrs: wire(aService(), aDest(attr{1, []byte{10, 0, 0, 2}}))},
	{Name: "set destination: missing", Command: setDest, Attrs: wire(aService(), aDest(attr{1, addr(10, 0, 0, 99)})), Errno: enoent},
	{Name: "set destination: missing, not unicast", Command: setDest, Attrs: wire(aService(), aDest(attr{1, addr()})), Errno: enoent},
	{Name: "set destination: missing, other family, masqueraded", Command: setDest, Attrs: wire(aService6(), aDest()), Errno: einval},
	{Name: "set destination: weight of 1<<31", Command: setDest, Attrs: wire(aService(), aDest(attr{4, u32(1 << 31)})), Errno: erange},
	{Name: "set destination: missing, weight of 1<<31", Command: setDest,
		Attrs: wire(aService(), aDest(attr{1, addr(10, 0, 0, 99)}, attr{4, u32(1 << 31)})), Errno: erange},
	{Name: "set destination: thresholds", Command: setDest, Attrs: wire(aService(), aDest(attr{6, u32(2)})), Errno: erange},
	{Name: "set destination: GUE without a port", Command: setDest, Attrs: wire(aService(), aDest(attr{13, []byte{1}})), Errno: einval},
	{Name: "set destination: GUE", Command: setDest, Attrs: wire(aService(), aDest(attr{3, u32(2)}, attr{13, []byte{1}}, attr{14, be16(6080)}))},
	{Name: "set destination: no weight", Command: setDest, Attrs: wire(aService(), aDest(without(4))), Errno: einval},
	{Name: "set destination: tunnel type 9", Command: setDest, Attrs: wire(aService(), aDest(attr{3, u32(2)}, attr{13, []byte{9}}))},
	{Name: "delete destination: no port", Command: delDest, Attrs: wire(aService(), aDest(without(2))), Errno: einval},
	{Name: "delete destination: missing", Command: delDest, Attrs: wire(aService(), aDest(attr{1, addr(10, 0, 0, 99)})), Errno: enoent},
	{Name: "delete destination: other family", Command: delDest, Attrs: wire(aService6(), aDest()), Errno: enoent},
	{Name: "delete destination: unknown family", Command: delDest, Attrs: wire(aService(), aDest(attr{11, u16(1)})), Errno: eafnosupport},
	{Name: "delete destination: missing service", Command: delDest, Attrs: wire(aService(attr{3, addr(192, 0, 2, 9)}), aDest()), Errno: esrch},
	{Name: "all destinations", Command: getDest, Flags: netlink.Dump, Attrs: wire(aService()), Replies: 7},
	{Name: "all destinations of a missing service", Command: getDest, Flags: netlink.Dump, Attrs: wire(aService(attr{3, addr(192, 0, 2, 9)}))},
	{Name: "all destinations of no service", Command: getDest, Flags: netlink.Dump},
	{Name: "all destinations of an empty service", Command: getDest, Flags: netlink.Dump, Attrs: wire(attr{1, nil})},
	{Name: "all destinations of an unknown family", Command: getDest, Flags: netlink.Dump, Attrs: wire(aService(attr{1, u16(1)}))},

	{Name: "timeouts", Command: setConfig, Attrs: wire(attr{4, u32(2147483)})},
	{Name: "timeouts: none", Command: setConfig},
	{Name: "timeouts: cut", Command: setConfig, Attrs: wire(attr{4, u16(1)}), Errno: erange},
	{Name: "timeouts: TCP too long", Command: setConfig, Attrs: wire(attr{4, u32(21474837)}), Errno: einval},
	{Name: "timeouts: FIN too long", Command: setConfig, Attrs: wire(attr{5, u32(21474837)}), Errno: einval},
	{Name: "timeouts: UDP too long", Command: setConfig, Attrs: wire(attr{6, u32(math.MaxUint32)}), Errno: einval},

	{Name: "daemon: none", Command: newDaemon, Errno: einval},
	{Name: "daemon: no state", Command: newDaemon, Attrs: wire(aDaemon(without(1))), Errno: einval},
	{Name: "daemon: no interface", Command: newDaemon, Attrs: wire(aDaemon(without(2))), Errno: einval},
	{Name: "daemon: no id", Command: newDaemon, Attrs: wire(aDaemon(without(3))), Errno: einval},
	{Name: "daemon: state 0", Command: newDaemon, Attrs: wire(aDaemon(attr{1, u32(0)})), Errno: einval},
	{Name: "daemon: state 3", Command: newDaemon, Attrs: wire(aDaemon(attr{1, u32(3)})), Errno: einval},
	{Name: "daemon: state 3 on no interface", Command: newDaemon, Attrs: wire(aDaemon(attr{1, u32(3)}, attr{2, []byte("nosuch\x00")})), Errno: enodev},
	{Name: "daemon: interface of 16 bytes", Command: newDaemon, Attrs: wire(aDaemon(attr{2, []byte("0123456789abcdef\x00")})), Errno: einval},
	{Name: "daemon: interface empty", Command: newDaemon, Attrs: wire(aDaemon(attr{2, []byte{0}})), Errno: enodev},
	{Name: "daemon: group not multicast", Command: newDaemon, Attrs: wire(aDaemon(attr{5, []byte{10, 0, 0, 1}})), Errno: einval},
	{Name: "daemon: IPv6 group not multicast", Command: newDaemon, Attrs: wire(aDaemon(attr{6, addr(0x20, 1)})), Errno: einval},
	{Name: "daemon: group not multicast, on no interface", Command: newDaemon,
		Attrs: wire(aDaemon(attr{2, []byte("nosuch\x00")}, attr{5, []byte{10, 0, 0, 1}})), Errno: einval},
	{Name: "daemon: none to stop", Command: delDaemon, Errno: einval},
	{Name: "daemon: no state to stop", Command: delDaemon, Attrs: wire(aDaemon(without(1))), Errno: einval},
	{Name: "daemon: state 3 to stop", Command: delDaemon, Attrs: wire(aDaemon(attr{1, u32(3)})), Errno: einval},
	{Name: "daemon: not running", Command: delDaemon, Attrs: wire(aDaemon()), Errno: esrch},
	{Name: "daemon", Command: newDaemon, Attrs: wire(aDaemon())},
	{Name: "daemon: runs, on no interface", Command: newDaemon, Attrs: wire(aDaemon(attr{2, []byte("nosuch\x00")})), Errno: enodev},
	{Name: "daemon: runs", Command: newDaemon, Attrs: wire(aDaemon()), Errno: eexist},
	{Name: "all daemons", Command: getDaemon, Flags: netlink.Dump, Replies: 1},
	{Name: "destination: other family, tunnelled, with a daemon", Command: newDest, Attrs: wire(aService6(), aDest(attr{3, u32(2)})), Errno: einval},
	{Name: "daemon: stop", Command: delDaemon, Attrs: wire(attr{3, wire(attr{1, u32(1)})})},
	{Name: "destination: other family, tunnelled", Command: newDest, Attrs: wire(aService6(), aDest(attr{3, u32(2)}))},
	{Name: "set destination: other family, masqueraded", Command: setDest, Attrs: wire(aService6(), aDest()), Errno: einval},
	{Name: "daemon: with another family", Command: newDaemon, Attrs: wire(aDaemon()), Errno: einval},
	{Name: "daemon: with another family, on no interface", Command: newDaemon,
		Attrs: wire(aDaemon(attr{2, []byte("nosuch\x00")})), Errno: einval},
	{Name: "delete destination: the other family", Command: delDest, Attrs: wire(aService6(), aDest())},
	{Name: "daemon: no other family left", Command: newDaemon, Attrs: wire(aDaemon())},
	{Name: "daemon: stop again", Command: delDaemon, Attrs: wire(aDaemon())},
	{Name: "flush", Command: flush},
	{Name: "no services", Command: getService, Flags: netlink.Dump},
}

// A Conn is a connection to a kernel, or what answers as one.
type Conn struct {
	conn     io.ReadWriter
	family   uint16
	sequence uint32
}

// Dial looks for the IPVS family.
func Dial(conn io.ReadWriter) (*Conn, error) {
	const controller, getFamily = 16, 3 // GENL_ID_CTRL, CTRL_CMD_GETFAMILY
	c := &Conn{conn: conn, family: controller}
	lookUp := Request{Command: getFamily, Attrs: wire(attr{2, []byte("IPVS\x00")})}
	answer, errno, err := c.Send(lookUp)
	if err != nil || errno != 0 || len(answer) == 0 {
		return nil, fmt.Errorf("no IPVS: errno %d, %w", errno, err)
	}
	family, ok := find(answer[0][20:], 1) // CTRL_ATTR_FAMILY_ID
	if !ok {
		return nil, errors.New("IPVS has no number")
	}
	c.family = binary.NativeEndian.Uint16(family)
	return c, nil
}

// find returns the payload of the attribute of a number.
func find(b []byte, number uint16) ([]byte, bool) {
	for len(b) >= 4 {
		n := int(binary.NativeEndian.Uint16(b))
		if n < 4 || n > len(b) {
			break
		}
		if binary.NativeEndian.Uint16(b[2:]) == number {
			return b[4:n], true
		}
		b = b[min((n+3)&^3, len(b)):]
	}
	return nil, false
}

// Send sends a request and returns the messages of the answer, and the error number
// that ends it. Any request other than a listing is followed by one that does nothing,
// since a kernel that stops a sync daemon which has not run yet does not answer at all.
func (c *Conn) Send(r Request) (answer [][]byte, errno uint16, err error) {
	listing := r.Flags&netlink.Dump != 0
	c.sequence++
	b := r.Message(c.family, c.sequence)
	if !listing {
		for len(b)%4 != 0 {
			b = append(b, 0)
		}
		c.sequence++
		b = append(b, message(uint16(netlink.Noop), netlink.Acknowledge, c.sequence, nil)...)
	}
	if _, err := c.conn.Write(b); err != nil {
		return nil, 0, err
	}
	for {
		b := make([]byte, 1<<16)
		n, err := c.conn.Read(b)
		if err != nil {
			return answer, 0, err
		}
		for _, m := range replay.Messages(b[:n]) {
			switch netlink.HeaderType(binary.NativeEndian.Uint16(m[4:])) {
			case netlink.Error, netlink.Done:
				if number := uint16(-int32(binary.NativeEndian.Uint32(m[16:]))); number != 0 {
					errno = number
				}
				if listing || binary.NativeEndian.Uint32(m[8:]) == c.sequence {
					return answer, errno, nil
				}
			default:
				answer = append(answer, m)
			}
		}
	}
}

// Message returns the request as it is on the wire.
func (r Request) Message(family uint16, sequence uint32) []byte {
	return message(family, r.Flags, sequence, append([]byte{r.Command, 1, 0, 0}, r.Attrs...))
}

// message returns a netlink message.
func message(kind uint16, flags netlink.HeaderFlags, sequence uint32, data []byte) []byte {
	b := binary.NativeEndian.AppendUint32(nil, uint32(16+len(data)))
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = binary.NativeEndian.AppendUint16(b, uint16(flags|netlink.Request))
	b = binary.NativeEndian.AppendUint32(b, sequence)
	return append(append(b, 0, 0, 0, 0), data...)
}
