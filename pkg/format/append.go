package format

import (
	"encoding/binary"
	"net/netip"
	"strconv"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// addrPortWidth is where "address:port" is cut.
const addrPortWidth = 59

func appendUint(b []byte, n uint64) []byte { return strconv.AppendUint(b, n, 10) }
func appendInt(b []byte, n int64) []byte   { return strconv.AppendInt(b, n, 10) }

// appendRight appends a number to the right of a width.
func appendRight(b []byte, n uint64, width int) []byte {
	var digits [20]byte
	d := appendUint(digits[:0], n)
	b = pad(b, len(b), width-len(d))
	return append(b, d...)
}

// blanks are as many as the widest column has.
const blanks = "                                 "

// pad appends blanks until what begins at start has the width.
func pad(b []byte, start, width int) []byte {
	if missing := width - (len(b) - start); missing > 0 {
		b = append(b, blanks[:missing]...)
	}
	return b
}

// cut shortens what begins at start to the width.
func cut(b []byte, start, width int) []byte {
	return b[:min(len(b), start+width)]
}

// cutIPv4 cuts as cut does, but only what holds an IPv4 address; IPv6 pushes its
// line to the right.
func cutIPv4(b []byte, start, width int, a netip.AddrPort) []byte {
	if a.Addr().Is6() {
		return b
	}
	return cut(b, start, width)
}

// serviceProtocol is the protocol by which the ports of a service's destinations have
// names. A service with a mark may have any, so those have none.
func serviceProtocol(s *ipvsnl.Service) ipvsnl.Protocol {
	if s.Mark != 0 {
		return 0
	}
	return s.Protocol
}

// appendAddrPort appends "address:port", with names if there are any.
func appendAddrPort(b []byte, a netip.AddrPort, protocol ipvsnl.Protocol, names Names) []byte {
	start := len(b)
	var host, port string
	if names != nil {
		host = names.Host(a.Addr())
		if protocol != 0 {
			port = names.Port(a.Port(), protocol)
		}
	}
	if a.Addr().Is6() {
		b = append(b, '[')
	}
	if host != "" {
		b = append(b, host...)
	} else {
		b = appendAddr(b, a.Addr())
	}
	if a.Addr().Is6() {
		b = append(b, ']')
	}
	b = append(b, ':')
	if port != "" {
		b = append(b, port...)
	} else {
		b = appendUint(b, uint64(a.Port()))
	}
	return cut(b, start, addrPortWidth)
}

// appendAddr appends an address as inet_ntop writes it, which writes the last
// 32 bits of an IPv6 address in dots where the others are zero.
func appendAddr(b []byte, a netip.Addr) []byte {
	if a.Is6() && !a.Is4In6() {
		x := a.As16()
		if binary.BigEndian.Uint64(x[:]) == 0 && binary.BigEndian.Uint32(x[8:]) == 0 && x[12]|x[13] != 0 {
			return netip.AddrFrom4([4]byte(x[12:])).AppendTo(append(b, "::"...))
		}
	}
	return a.AppendTo(b)
}

// wholeAddress says whether persistence looks at the whole address of a client.
func wholeAddress(s *ipvsnl.Service) bool {
	if s.Family == ipvsnl.IPv6 {
		return s.Netmask == 128
	}
	return s.Netmask == 1<<32-1
}

func appendMask(b []byte, s *ipvsnl.Service) []byte {
	if s.Family == ipvsnl.IPv6 {
		return appendUint(b, uint64(s.Netmask))
	}
	var a [4]byte
	binary.BigEndian.PutUint32(a[:], s.Netmask)
	return netip.AddrFrom4(a).AppendTo(b)
}
