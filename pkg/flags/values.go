// SPDX-License-Identifier: Apache-2.0

package flags

import (
	"encoding/binary"
	"net/netip"
	"strconv"
	"strings"
)

// The masks that take a whole address in.
const (
	wholeIPv4 = 1<<32 - 1
	wholeIPv6 = 128
)

const blanks = " \t\n\v\f\r" // what C's isspace knows

// parseNumber reads a whole number as C's strtol does in base 10, to the
// end of the word: blanks and a sign may stand before it.
func parseNumber(s string, min, max int64) (int64, bool) {
	s = strings.TrimLeft(s, blanks)
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n >= min && n <= max
}

// leadingNumber reads a number as C's atoi does: whatever follows is dropped, and
// what is none is 0.
func leadingNumber(s string) int {
	s = strings.TrimLeft(s, blanks)
	end := 0
	for end < len(s) && (isDigit(s[end]) || end == 0 && (s[0] == '+' || s[0] == '-')) {
		end++
	}
	n, err := strconv.ParseInt(s[:end], 10, 64)
	if err != nil && n == 0 {
		return 0
	}
	return int(int32(n)) // atoi cuts what strtol gives it
}

func parseTimeout(s string, min int64) (uint32, error) {
	n, ok := parseNumber(s, min, maxTimeout)
	if !ok {
		return 0, fault("invalid timeout value `" + s + "' specified")
	}
	return uint32(n), nil
}

// address reads "host", "host:port", "[IPv6]:port" or a bare IPv6 address. given
// says whether there was a port.
func (p *parser) address(s string) (addr netip.Addr, port uint16, given, ok bool) {
	if allDigits(s) {
		return netip.Addr{}, 0, false, false
	}
	host, name, given := s, "", false
	if strings.HasPrefix(s, "[") {
		if host, name, given = strings.Cut(s[1:], "]:"); !given || strings.Contains(host, "]") {
			return netip.Addr{}, 0, false, false
		}
	}
	addr, isIPv6 := parseIPv6(host)
	if !isIPv6 {
		// A port in brackets counts only behind an IPv6 address.
		host, name, given = cutLast(host, ':')
		n, ok := p.ipv4(host)
		if !ok {
			return netip.Addr{}, 0, false, false
		}
		addr = ipv4Addr(n)
	}
	if given {
		port, ok = p.port(name)
		return addr, port, true, ok
	}
	return addr, 0, false, true
}

func (p *parser) port(s string) (uint16, bool) {
	if n, ok := parseNumber(s, 0, maxPort); ok {
		return uint16(n), true
	}
	return p.resolver.PortNumber(s, p.protocol)
}

// ipv4 reads an IPv4 address, or looks it up by name.
func (p *parser) ipv4(s string) (uint32, bool) {
	if n, ok := parseIPv4(s); ok {
		return n, true
	}
	addr, ok := p.resolver.Addr(s)
	if !ok || !addr.Is4() {
		return 0, false
	}
	b := addr.As4()
	return binary.BigEndian.Uint32(b[:]), true
}

// parseIPv4 reads an IPv4 address as C's inet_aton does: one to four numbers,
// decimal, octal or hexadecimal, of which the last fills the bytes that are left.
// A blank ends the address, and what follows it does not count.
func parseIPv4(s string) (uint32, bool) {
	var addr uint64
	for part := 0; part < 4; part++ {
		n, rest, ok := leadingCNumber(s)
		if !ok {
			return 0, false
		}
		if strings.HasPrefix(rest, ".") && part < 3 {
			if n > 255 {
				return 0, false
			}
			addr |= n << (24 - 8*part)
			s = rest[1:]
			continue
		}
		if rest != "" && !strings.ContainsRune(blanks, rune(rest[0])) {
			return 0, false
		}
		return uint32(addr | n), n <= wholeIPv4>>(8*part)
	}
	return 0, false
}

// leadingCNumber reads the number that a word begins with as C writes numbers, 0 for
// octal and 0x for hexadecimal.
func leadingCNumber(s string) (n uint64, rest string, ok bool) {
	if s == "" || !isDigit(s[0]) {
		return 0, s, false
	}
	base := 10
	switch {
	case len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x' && digitIn(s[2], 16):
		base, s = 16, s[2:]
	case s[0] == '0':
		base = 8
	}
	end := 0
	for end < len(s) && digitIn(s[end], base) {
		end++
	}
	n, err := strconv.ParseUint(s[:end], base, 32)
	return n, s[end:], err == nil
}

func digitIn(c byte, base int) bool {
	switch {
	case isDigit(c):
		return int(c-'0') < base
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return base == 16
	}
	return false
}

// parseIPv6 reads an IPv6 address without a zone.
func parseIPv6(s string) (netip.Addr, bool) {
	if strings.Count(s, ":") < 2 { // most words: spares the making of an error
		return netip.Addr{}, false
	}
	addr, err := netip.ParseAddr(s)
	return addr, err == nil && addr.Is6() && addr.Zone() == ""
}

// parseGroup reads a multicast address, without names, and says of which family it
// is or, if it is none, would be.
func parseGroup(s string) (addr netip.Addr, family string, ok bool) {
	family = "IPv4"
	if strings.Contains(s, ":") {
		family = "IPv6"
	}
	addr, err := netip.ParseAddr(s)
	// To the kernel, an IPv4-mapped address is no multicast address.
	return addr, family, err == nil && addr.Zone() == "" && addr.IsMulticast() && !addr.Is4In6()
}

func ipv4Addr(n uint32) netip.Addr {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], n)
	return netip.AddrFrom4(b)
}

func addrPort(addr netip.Addr, port uint16) netip.AddrPort {
	return netip.AddrPortFrom(addr, port)
}

// cutLast cuts s around the last sep.
func cutLast(s string, sep byte) (before, after string, found bool) {
	if i := strings.LastIndexByte(s, sep); i >= 0 {
		return s[:i], s[i+1:], true
	}
	return s, "", false
}

func allDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
