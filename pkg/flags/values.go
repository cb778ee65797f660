// SPDX-License-Identifier: Apache-2.0

package flags

import (
	"encoding/binary"
	"net/netip"
	"strconv"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/inet"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/words"
)

const blanks = " \t\n\v\f\r" // as C's isspace

// parseNumber reads a whole number as C's strtol does in base 10, to the
// end of the word: blanks and a sign may precede it.
func parseNumber(s string, min, max int64) (int64, bool) {
	s = strings.TrimLeft(s, blanks)
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n >= min && n <= max
}

// parseMark reads a firewall mark: a number, or one in hexadecimal as iptables writes it, which ipvsadm refuses.
func parseMark(s string) (uint32, bool) {
	if n, ok := parseNumber(s, 1, maxMark); ok {
		return uint32(n), true
	}
	digits, ok := strings.CutPrefix(strings.ToLower(s), "0x")
	n, err := strconv.ParseUint(digits, 16, 32)
	return uint32(n), ok && err == nil && n > 0
}

// leadingNumber reads a number as C's atoi does: whatever follows is ignored, and
// anything else is 0.
func leadingNumber(s string) int {
	s = strings.TrimLeft(s, blanks)
	end := 0
	for end < len(s) && (isDigit(s[end]) || end == 0 && (s[0] == '+' || s[0] == '-')) {
		end++
	}
	n, _ := strconv.ParseInt(s[:end], 10, 64) // with an error it is 0, or the nearest number
	return int(int32(n))                      // atoi truncates the result of strtol
}

func parseTimeout(s string, min int64) (uint32, error) {
	n, ok := parseNumber(s, min, maxTimeout)
	if !ok {
		return 0, faultOf("invalid timeout value `"+s+"' specified", BadValue, s, rangeOf(min, maxTimeout))
	}
	return uint32(n), nil
}

// An address is where a service or a real server is.
type address struct {
	netip.Addr
	port  uint16
	given bool // whether there was a port
}

// A blame says which part of an address is at fault.
type blame struct {
	fault Fault
	word  string
	want  string
}

// none reports whether nothing is at fault.
func (b blame) none() bool { return b.fault == Unexplained }

// address reads "host", "host:port", "[IPv6]:port" or a bare IPv6 address.
func (p *parser) address(s string) (address, blame) {
	if allDigits(s) {
		return address{}, blame{NoAddress, s, ""}
	}
	var a address
	whole, name := s, ""
	if strings.HasPrefix(s, "[") {
		if whole, name, a.given = strings.Cut(s[1:], "]:"); !a.given || strings.Contains(whole, "]") {
			return address{}, blame{Brackets, s, ""}
		}
	}
	var ok bool
	if a.Addr, ok = parseIPv6(whole); !ok {
		// A port after brackets counts only if they contain an IPv6 address.
		var host string
		host, name, a.given = cutLast(whole, ':')
		if a.Addr, ok = p.ipv4(host); !ok {
			return address{}, blameHost(whole, host)
		}
	}
	if a.given {
		if a.port, ok = p.port(name); !ok {
			return address{}, blame{NoPort, name, words.ProtocolOf(p.protocol).Services}
		}
	}
	return a, blame{}
}

// blameHost blames what is neither an address nor a host: if it has several colons, it is meant to be an IPv6 address.
func blameHost(whole, host string) blame {
	if strings.Count(whole, ":") > 1 {
		return blame{NoIPv6, whole, ""}
	}
	return blame{NoHost, host, ""}
}

func (p *parser) port(s string) (uint16, bool) {
	if n, ok := parseNumber(s, 0, maxPort); ok {
		return uint16(n), true
	}
	return p.resolver.PortNumber(s, words.ProtocolOf(p.protocol).Services)
}

// ipv4 reads an IPv4 address, or looks it up by name.
func (p *parser) ipv4(s string) (netip.Addr, bool) {
	if n, ok := inet.Aton(s); ok {
		return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, n))), true
	}
	addr, ok := p.resolver.Addr(s)
	return addr, ok && addr.Is4()
}

// parseIPv6 reads an IPv6 address without a zone.
func parseIPv6(s string) (netip.Addr, bool) {
	if strings.Count(s, ":") < 2 { // most words: avoids allocating an error
		return netip.Addr{}, false
	}
	addr, _ := netip.ParseAddr(s) // not Is6 with an error
	return addr, addr.Is6() && addr.Zone() == ""
}

// parseGroup reads a numeric multicast address and returns the family that it
// has or, if it is not one, would have.
func parseGroup(s string) (addr netip.Addr, family string, ok bool) {
	family = "IPv4"
	if strings.Contains(s, ":") {
		family = "IPv6"
	}
	addr, _ = netip.ParseAddr(s) // not multicast with an error
	// To the kernel, an IPv4-mapped address is not a multicast address.
	return addr, family, addr.Zone() == "" && addr.IsMulticast() && !addr.Is4In6()
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
