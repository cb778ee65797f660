// SPDX-License-Identifier: Apache-2.0

package conns

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"net/netip"
	"strconv"
)

// parseColumns reads the entry at the beginning of lines, and returns the rest of
// lines. It is fast, but supports only entries in the kernel's columns and
// without a persistence engine.
func (b *Block) parseColumns(c *Connection, lines []byte) (rest []byte, ok bool) {
	protocol, rest, ok := cutWord(lines)
	if !ok {
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
	state, rest, ok := cutWord(rest[1:])
	if !ok {
		return nil, false
	}
	c.Origin = Unknown
	if b.origin {
		var word []byte
		if word, rest, ok = cutWord(rest[1:]); !ok {
			return nil, false
		}
		if c.Origin, ok = originOf(word); !ok {
			return nil, false
		}
	}
	i, n := 1, int64(0)
	for i < len(rest) && '0' <= rest[i] && rest[i] <= '9' {
		n = n*10 + int64(rest[i]-'0')
		i++
	}
	if i == 1 || i > 1+maxDigits || i == len(rest) || rest[i] != '\n' {
		return nil, false
	}
	c.Protocol, c.State = text(protocol), text(state)
	c.setExpires(n)
	c.Engine, c.EngineData = "", ""
	return rest[i:], true
}

// cutWord returns the first word of a line, and the rest from the last of the
// blanks after it.
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

// parseFields reads the entry of a line, which ends at a NUL, if any, like a string
// in C.
func (b *Block) parseFields(c *Connection, line []byte) (ok bool) {
	line, _, _ = bytes.Cut(line, []byte{0})
	next := func() (field []byte) {
		field, line = cutField(line)
		return field
	}
	c.Protocol = text(next())
	for _, a := range [...]*netip.AddrPort{&c.Client, &c.Virtual, &c.Destination} {
		if addr, port := next(), next(); !parseAddrPort(a, addr, port) {
			return false
		}
	}
	c.State, c.Origin = text(next()), Unknown
	if b.origin {
		if c.Origin, ok = originOf(next()); !ok {
			return false
		}
	}
	// Saturates at 64 bits, as C's strtol does.
	seconds, err := strconv.ParseInt(string(next()), 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return false
	}
	c.setExpires(seconds)
	c.Engine, c.EngineData = text(next()), text(next())
	return true
}

// originOf returns the origin for the kernel's word.
func originOf(word []byte) (Origin, bool) {
	switch string(word) {
	case "LOCAL":
		return Local, true
	case "SYNC":
		return Synced, true
	}
	return Unknown, false
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
	return c == ' ' || '\t' <= c && c <= '\r'
}

// The width of the kernel's columns.
const (
	ipv4Width = len("0A000001")
	ipv6Width = len("2001:0db8:0000:0000:0000:0000:0000:0001")
	portWidth = len("0050")
	maxDigits = len("999999999999999999") // of a number that fits in 64 bits
)

// cutColumns reads an address and a port, each with a blank before it, and returns what
// follows them, which begins with a blank.
func cutColumns(a *netip.AddrPort, line []byte) (rest []byte, ok bool) {
	var addr netip.Addr
	width := ipv4Width
	switch {
	case hasColumns(line, ipv4Width):
		addr, ok = columnIPv4(line[1:])
	case hasColumns(line, ipv6Width):
		width = ipv6Width
		addr, ok = columnIPv6(line[1:])
	default:
		return nil, false
	}
	port := hex16(line[1+width+1:])
	*a = netip.AddrPortFrom(addr, uint16(port))
	return line[1+width+1+portWidth:], ok && port>>16 == allDigits
}

// hasColumns reports whether a line has blanks around an address of that width and a port.
func hasColumns(line []byte, width int) bool {
	end := 1 + width + 1 + portWidth
	return len(line) > end && line[0] == ' ' && line[1+width] == ' ' && line[end] == ' '
}

func columnIPv4(b []byte) (netip.Addr, bool) {
	high, low := hex16(b), hex16(b[4:])
	return netip.AddrFrom4([4]byte{byte(high >> 8), byte(high), byte(low >> 8), byte(low)}), high&low>>16 == allDigits
}

func columnIPv6(b []byte) (netip.Addr, bool) {
	var addr [16]byte
	for i := range 8 {
		group := hex16(b[5*i:])
		if group>>16 != allDigits || i > 0 && b[5*i-1] != ':' {
			return netip.Addr{}, false
		}
		binary.BigEndian.PutUint16(addr[2*i:], uint16(group))
	}
	return netip.AddrFrom16(addr), true
}

const (
	digit     = 1 << 16 // marks a digit in hexDigits
	allDigits = 0x1111  // the marks of four digits
)

// hexDigits holds the values of the hexadecimal digits.
var hexDigits = [256]uint32{
	'0': digit, '1': digit | 1, '2': digit | 2, '3': digit | 3, '4': digit | 4,
	'5': digit | 5, '6': digit | 6, '7': digit | 7, '8': digit | 8, '9': digit | 9,
	'A': digit | 10, 'B': digit | 11, 'C': digit | 12, 'D': digit | 13, 'E': digit | 14, 'F': digit | 15,
	'a': digit | 10, 'b': digit | 11, 'c': digit | 12, 'd': digit | 13, 'e': digit | 14, 'f': digit | 15,
}

// hex16 reads four hexadecimal digits. The number has [allDigits] above its 16 bits
// if they are digits.
func hex16(b []byte) uint32 {
	// The last first: it is the only one whose index need be checked.
	return hexDigits[b[3]] | hexDigits[b[2]]<<4 | hexDigits[b[1]]<<8 | hexDigits[b[0]]<<12
}

// parseAddrPort reads an address, eight hexadecimal digits for IPv4 or eight
// groups of four for IPv6, and a port of four.
func parseAddrPort(a *netip.AddrPort, addr, port []byte) bool {
	p, ok := parseUint(port, 16, math.MaxUint16)
	if !ok {
		return false
	}
	if bytes.IndexByte(addr, ':') == -1 {
		n, ok := parseUint(addr, 16, math.MaxUint32)
		*a = netip.AddrPortFrom(netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}), uint16(p))
		return ok
	}
	var b [16]byte
	for i := range 8 {
		group, rest, more := bytes.Cut(addr, []byte{':'})
		n, ok := parseUint(group, 16, math.MaxUint16)
		if !ok || more != (i < 7) {
			return false
		}
		binary.BigEndian.PutUint16(b[2*i:], uint16(n))
		addr = rest
	}
	*a = netip.AddrPortFrom(netip.AddrFrom16(b), uint16(p))
	return true
}

// parseUint reads a number without allocating a string.
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
