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
	if a.Addr().Is6() {
		b = append(appendAddr(append(b, '['), a.Addr()), ']')
	} else {
		b = appendAddr(b, a.Addr())
	}
	return appendUint(append(b, ':'), uint64(a.Port()))
}

// appendAddr appends an address as inet_ntop writes it, which writes the last
// 32 bits of an IPv6 address in dots where the others are zero.
func appendAddr(b []byte, a netip.Addr) []byte {
	if a.Is4() {
		x := a.As4()
		b = append(appendOctet(b, x[0]), '.')
		b = append(appendOctet(b, x[1]), '.')
		b = append(appendOctet(b, x[2]), '.')
		return appendOctet(b, x[3])
	}
	if a.Is6() {
		x := a.As16()
		if binary.BigEndian.Uint64(x[:]) == 0 && binary.BigEndian.Uint32(x[8:]) == 0 && x[12]|x[13] != 0 {
			return netip.AddrFrom4([4]byte(x[12:])).AppendTo(append(b, "::"...))
		}
	}
	return a.AppendTo(b)
}

// octets are all octets in decimal, with three bytes each.
const octets = "" +
	"0  1  2  3  4  5  6  7  8  9  10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 " +
	"32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63 " +
	"64 65 66 67 68 69 70 71 72 73 74 75 76 77 78 79 80 81 82 83 84 85 86 87 88 89 90 91 92 93 94 95 " +
	"96 97 98 99 100101102103104105106107108109110111112113114115116117118119120121122123124125126127" +
	"128129130131132133134135136137138139140141142143144145146147148149150151152153154155156157158159" +
	"160161162163164165166167168169170171172173174175176177178179180181182183184185186187188189190191" +
	"192193194195196197198199200201202203204205206207208209210211212213214215216217218219220221222223" +
	"224225226227228229230231232233234235236237238239240241242243244245246247248249250251252253254255"

// appendOctet appends an octet of an address.
func appendOctet(b []byte, n byte) []byte {
	i, digits := 3*int(n), 1
	if n >= 10 {
		digits++
	}
	if n >= 100 {
		digits++
	}
	return append(b, octets[i], octets[i+1], octets[i+2])[:len(b)+digits]
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
