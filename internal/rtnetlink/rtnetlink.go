// SPDX-License-Identifier: Apache-2.0

// Package rtnetlink reads network interfaces, addresses, routes and neighbours. It does so with package syscall: a connection
// of package netlink would need two more file descriptors, and make the program larger by a hundredth. Routes and neighbours
// are decoded by github.com/jsimonetti/rtnetlink.
package rtnetlink

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"
)

// An Entry is a link, an address or a route.
type Entry struct {
	Header     []byte            // whose form depends on the kind
	Attributes map[uint16][]byte // by their types
}

// All asks the kernel for all entries of a kind, such as unix.RTM_GETADDR, in the thread's network namespace, and
// returns those of a family, or of all with unix.AF_UNSPEC, whose header is at least that long. What the kernel does not tell,
// or what is malformed, is left out.
func All(kind, family, header int) (entries []Entry) {
	data, err := syscall.NetlinkRIB(kind, family)
	if err != nil {
		return nil
	}
	messages, _ := syscall.ParseNetlinkMessage(data)
	return entriesOf(messages, family, header)
}

func entriesOf(messages []syscall.NetlinkMessage, family, header int) (entries []Entry) {
	for _, m := range messages {
		if len(m.Data) < header || family != syscall.AF_UNSPEC && int(m.Data[0]) != family {
			continue // the final message is shorter
		}
		attributes, err := attributesOf(&m)
		if err != nil {
			continue
		}
		e := Entry{m.Data[:header], make(map[uint16][]byte, len(attributes))}
		for _, a := range attributes {
			e.Attributes[a.Attr.Type] = a.Value
		}
		entries = append(entries, e)
	}
	return entries
}

// Messages reads the messages in a datagram, the first n bytes of a buffer that has room for more.
func Messages(buffer []byte, n int) ([]syscall.NetlinkMessage, error) {
	return syscall.ParseNetlinkMessage(buffer[:n+padding(n)])
}

// padding returns how many bytes are lacking at the end of messages and attributes. Package syscall takes them for granted.
func padding(n int) int { return (4 - n%4) % 4 }

// head returns the length of what precedes the attributes in messages of a kind, or 0 if it is not known.
func head(kind uint16) int {
	switch kind {
	case unix.RTM_NEWLINK:
		return unix.SizeofIfInfomsg
	case unix.RTM_NEWADDR:
		return unix.SizeofIfAddrmsg
	case unix.RTM_NEWROUTE:
		return unix.SizeofRtMsg
	}
	return 0
}

// attributesOf reads the attributes of a message.
func attributesOf(m *syscall.NetlinkMessage) ([]syscall.NetlinkRouteAttr, error) {
	if n := head(m.Header.Type); n == 0 || len(m.Data) < n {
		return nil, unix.EBADMSG
	}
	whole := *m
	whole.Data = append(bytes.Clone(m.Data), make([]byte, padding(len(m.Data)))...)
	return syscall.ParseNetlinkRouteAttr(&whole)
}

// Addr returns the address of an entry of RTM_GETADDR, which is this machine's own.
func (e *Entry) Addr() (netip.Addr, bool) {
	own, ok := e.Attributes[unix.IFA_LOCAL] // with IPv4; of a tunnel, the other is that of its peer
	if !ok {
		own = e.Attributes[unix.IFA_ADDRESS]
	}
	return netip.AddrFromSlice(own)
}

// Index returns the index of the interface of a link or an address, which the headers of both have in their second word.
func (e *Entry) Index() uint32 { return binary.NativeEndian.Uint32(e.Header[4:]) }

// Uint32 returns the number in an attribute, or 0 if there is none.
func (e *Entry) Uint32(kind uint16) uint32 {
	if b := e.Attributes[kind]; len(b) == 4 {
		return binary.NativeEndian.Uint32(b)
	}
	return 0
}
