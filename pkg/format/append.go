// SPDX-License-Identifier: Apache-2.0

package format

import (
	"encoding/binary"
	"net/netip"
	"strconv"
	"time"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/words"
)

// addrPortWidth is the length to which "address:port" is cut.
const addrPortWidth = 59

// appendUint appends a number, with a fast path for small ones.
func appendUint(b []byte, n uint64) []byte {
	switch u := uint32(n); {
	case n >= 100_000:
		return strconv.AppendUint(b, n, 10)
	case u >= 10_000:
		return append(b, '0'+byte(u/10_000), '0'+byte(u/1000%10), '0'+byte(u/100%10), '0'+byte(u/10%10), '0'+byte(u%10))
	case u >= 1000:
		return append(b, '0'+byte(u/1000), '0'+byte(u/100%10), '0'+byte(u/10%10), '0'+byte(u%10))
	case u >= 100:
		return append(b, '0'+byte(u/100), '0'+byte(u/10%10), '0'+byte(u%10))
	case u >= 10:
		return append(b, '0'+byte(u/10), '0'+byte(u%10))
	default:
		return append(b, '0'+byte(u))
	}
}

func appendInt(b []byte, n int64) []byte { return strconv.AppendInt(b, n, 10) }

// appendRight appends a right-aligned number.
func appendRight(b []byte, n uint64, width int) []byte {
	var digits [20]byte
	d := appendUint(digits[:0], n)
	b = pad(b, len(b), width-len(d))
	return append(b, d...)
}

// blanks are as wide as the widest column. A few of them are appended faster, because
// the compiler knows their number.
const (
	blanks    = "                                 "
	fewBlanks = "        "
)

// pad appends blanks until the text that begins at start has the width.
func pad(b []byte, start, width int) []byte {
	switch missing := max(0, start+width-len(b)); {
	case missing <= len(fewBlanks):
		return append(b, fewBlanks...)[:len(b)+missing]
	default:
		return append(b, blanks[:missing]...)
	}
}

// cut shortens the text that begins at start to the width.
func cut(b []byte, start, width int) []byte {
	return b[:min(len(b), start+width)]
}

// cutIPv4 cuts as cut does, but only for an IPv4 address; IPv6 pushes its
// line to the right.
func cutIPv4(b []byte, start, width int, a netip.AddrPort) []byte {
	if a.Addr().Is6() {
		return b
	}
	return cut(b, start, width)
}

// appendAddrPort appends "address:port", with names if there are any. Without a
// protocol, a port has no name.
func appendAddrPort(b []byte, a netip.AddrPort, protocol ipvsnl.Protocol, names Names) []byte {
	if names == nil {
		return appendNumericAddrPort(b, a)
	}
	start := len(b)
	return cut(appendWholeAddrPort(b, a, protocol, names), start, addrPortWidth)
}

// appendWholeAddrPort does the same without cutting.
func appendWholeAddrPort(b []byte, a netip.AddrPort, protocol ipvsnl.Protocol, names Names) []byte {
	if names == nil {
		return appendNumericAddrPort(b, a)
	}
	brackets := a.Addr().Is6()
	if brackets {
		b = append(b, '[')
	}
	if host := names.Host(a.Addr()); host != "" {
		b = append(b, host...)
	} else {
		b = appendAddr(b, a.Addr())
	}
	if brackets {
		b = append(b, ']')
	}
	b = append(b, ':')
	port := ""
	if protocol != 0 {
		port = names.Port(a.Port(), words.ProtocolOf(protocol).Services)
	}
	if port != "" {
		b = append(b, port...)
	} else {
		b = appendUint(b, uint64(a.Port()))
	}
	return b
}

// appendNumericAddrPort appends a numeric "address:port", which is never so long that it
// would have to be cut.
func appendNumericAddrPort(b []byte, a netip.AddrPort) []byte {
	if a.Addr().Is4() {
		return appendIPv4Column(b, a, 0)
	}
	b = append(b, '[')
	b = append(appendAddr(b, a.Addr()), ']')
	return appendUint(append(b, ':'), uint64(a.Port()))
}

// appendColumn appends what appendAddrPort does, and blanks up to a width, which is at most that of a
// destination.
func appendColumn(b []byte, a netip.AddrPort, protocol ipvsnl.Protocol, names Names, width int) []byte {
	if names == nil && a.Addr().Is4() {
		return appendIPv4Column(b, a, width)
	}
	start := len(b)
	return pad(appendAddrPort(b, a, protocol, names), start, width)
}

// appendIPv4Column does so with numbers.
func appendIPv4Column(b []byte, a netip.AddrPort, width int) []byte {
	b, room := roomFor(b)
	n := room.endpoint(0, a.Addr().As4(), a.Port())
	return b[:len(b)+max(n, width)]
}

// appendAddr appends an address as inet_ntop writes it, which writes the last
// 32 bits of an IPv6 address in dots where the others are zero.
func appendAddr(b []byte, a netip.Addr) []byte {
	if a.Is6() {
		x := a.As16()
		if binary.BigEndian.Uint64(x[:]) == 0 && binary.BigEndian.Uint32(x[8:]) == 0 && x[12]|x[13] != 0 {
			return netip.AddrFrom4([4]byte(x[12:])).AppendTo(append(b, "::"...))
		}
	}
	return a.AppendTo(b)
}

// appendMask appends the mask of a persistent service.
func appendMask(b []byte, s *ipvsnl.Service) []byte {
	m := s.Persistence.Mask
	if s.Key.Family() == ipvsnl.IPv6 {
		return appendUint(b, uint64(uint32(m.Len6()))) // of 32 bits in the kernel, and an int may have no more
	}
	return netip.AddrFrom4(m.As4()).AppendTo(b)
}

// appendSeconds appends a timeout. That of ipvsnl.PersistZero is 0.
func appendSeconds(b []byte, d time.Duration) []byte {
	return appendUint(b, uint64(d/time.Second))
}
