// SPDX-License-Identifier: Apache-2.0

package conntab

import (
	"bytes"
	"encoding/binary"
	"math"
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/pkg/format"
)

// parseColumns reads the entry that lines begin with, and returns what follows its
// line. It is quick, but knows only entries in the columns of the kernel and without a
// persistence engine.
func parseColumns(c *format.Connection, lines []byte) (rest []byte, ok bool) {
	if c.Protocol, rest, ok = cutWord(lines); !ok {
		return nil, false
	}
	if rest, ok = cutColumns(&c.Client, rest); !ok {
		return nil, false
	}
	if rest, ok = cutColumns(&c.Virtual, rest); !ok {
		return nil, false
	}
	if rest, ok = cutColumns(&c.Destination, rest); !ok {
		return nil, false
	}
	if c.State, rest, ok = cutWord(rest[1:]); !ok {
		return nil, false
	}
	i, n := 1, uint64(0)
	for i < len(rest) && '0' <= rest[i] && rest[i] <= '9' {
		n = n*10 + uint64(rest[i]-'0')
		i++
	}
	c.Expires, c.Engine, c.EngineData = uint32(n), nil, nil
	ok = 1 < i && i < 1+maxDigits && i < len(rest) && rest[i] == '\n'
	return rest[i:], ok
}

// cutWord returns the word that a line begins with, and the rest from the last of the
// blanks behind it.
func cutWord(line []byte) (word, rest []byte, ok bool) {
	end := 0
	for end < len(line) && line[end] > ' ' {
		end++
	}
	next := end
	for next+1 < len(line) && line[next+1] == ' ' {
		next++
	}
	return line[:end], line[next:], end > 0 && next < len(line) && line[next] == ' '
}

// parseFields reads the entry of a line.
func parseFields(c *format.Connection, line []byte) bool {
	var expires []byte
	c.Protocol, line = cutField(line)
	for _, a := range [...]*netip.AddrPort{&c.Client, &c.Virtual, &c.Destination} {
		var addr, port []byte
		addr, line = cutField(line)
		port, line = cutField(line)
		if !parseAddrPort(a, addr, port) {
			return false
		}
	}
	c.State, line = cutField(line)
	expires, line = cutField(line)
	c.Engine, line = cutField(line)
	c.EngineData, _ = cutField(line)
	n, ok := parseUint(expires, 10, math.MaxUint32)
	c.Expires = uint32(n)
	return ok
}

// cutField returns the first field of a line and what follows it.
func cutField(line []byte) (field, rest []byte) {
	start := 0
	for start < len(line) && isBlank(line[start]) {
		start++
	}
	end := start
	for end < len(line) && !isBlank(line[end]) {
		end++
	}
	return line[start:end], line[end:]
}

func isBlank(c byte) bool {
	return c <= ' ' && (c == ' ' || c == '\t' || c == '\r' || c == '\n')
}

// The width of the kernel's columns.
const (
	ipv4Width = len("0A000001")
	ipv6Width = len("2001:0db8:0000:0000:0000:0000:0000:0001")
	portWidth = len("0050")
	maxDigits = len("999999999") // of a number that surely has no more than 32 bits
)

// cutColumns reads an address and a port, each with a blank before it, and returns what
// follows them, which begins with a blank.
func cutColumns(a *netip.AddrPort, line []byte) (rest []byte, ok bool) {
	width := ipv4Width
	if len(line) > 1+width && line[1+width] != ' ' {
		width = ipv6Width
	}
	end := 1 + width + 1 + portWidth
	if len(line) <= end || line[0] != ' ' || line[1+width] != ' ' || line[end] != ' ' {
		return nil, false
	}
	port, marks := hex16(line[1+width+1:])
	var addr netip.Addr
	if width == ipv4Width {
		addr, ok = columnIPv4(line[1:])
	} else {
		addr, ok = columnIPv6(line[1:])
	}
	*a = netip.AddrPortFrom(addr, port)
	return line[end:], ok && marks != 0
}

func columnIPv4(b []byte) (netip.Addr, bool) {
	high, marks := hex16(b)
	low, lowMarks := hex16(b[4:])
	return netip.AddrFrom4([4]byte{byte(high >> 8), byte(high), byte(low >> 8), byte(low)}), marks&lowMarks != 0
}

func columnIPv6(b []byte) (netip.Addr, bool) {
	var addr [16]byte
	for i := range 8 {
		group, marks := hex16(b[5*i:])
		if marks == 0 || i > 0 && b[5*i-1] != ':' {
			return netip.Addr{}, false
		}
		binary.BigEndian.PutUint16(addr[2*i:], group)
	}
	return netip.AddrFrom16(addr), true
}

// digit marks the hexadecimal digits in their table.
const digit = 0x10

// hexDigits has the values of the hexadecimal digits.
var hexDigits = [256]uint8{
	'0': digit, '1': digit | 1, '2': digit | 2, '3': digit | 3, '4': digit | 4,
	'5': digit | 5, '6': digit | 6, '7': digit | 7, '8': digit | 8, '9': digit | 9,
	'A': digit | 10, 'B': digit | 11, 'C': digit | 12, 'D': digit | 13, 'E': digit | 14, 'F': digit | 15,
	'a': digit | 10, 'b': digit | 11, 'c': digit | 12, 'd': digit | 13, 'e': digit | 14, 'f': digit | 15,
}

// hex16 reads four hexadecimal digits. Marks is digit if they all are.
func hex16(b []byte) (n uint16, marks uint8) {
	_ = b[3]
	x, y, z, w := hexDigits[b[0]], hexDigits[b[1]], hexDigits[b[2]], hexDigits[b[3]]
	return uint16(x)<<12 | uint16(y&0xf)<<8 | uint16(z&0xf)<<4 | uint16(w&0xf), x & y & z & w & digit
}

// parseAddrPort reads an address, eight hexadecimal digits for IPv4 or eight
// groups of four for IPv6, and a port of four.
func parseAddrPort(a *netip.AddrPort, addr, port []byte) bool {
	p, ok := parseUint(port, 16, math.MaxUint16)
	if !ok {
		return false
	}
	if bytes.IndexByte(addr, ':') < 0 {
		n, ok := parseUint(addr, 16, math.MaxUint32)
		*a = netip.AddrPortFrom(netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}), uint16(p))
		return ok
	}
	var b [16]byte
	for i := 0; i < len(b); i += 2 {
		group, rest, more := bytes.Cut(addr, []byte{':'})
		n, ok := parseUint(group, 16, math.MaxUint16)
		if !ok || more != (i < len(b)-2) {
			return false
		}
		b[i], b[i+1] = byte(n>>8), byte(n)
		addr = rest
	}
	*a = netip.AddrPortFrom(netip.AddrFrom16(b), uint16(p))
	return true
}

// parseUint reads a number without making a string of it.
func parseUint(s []byte, base, max uint64) (uint64, bool) {
	var n uint64
	for _, c := range s {
		d := uint64(c - '0')
		if c > '9' {
			d = uint64(c|0x20-'a') + 10
		}
		if d >= base {
			return 0, false
		}
		if n = n*base + d; n > max {
			return 0, false
		}
	}
	return n, len(s) > 0
}
