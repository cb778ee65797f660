// SPDX-License-Identifier: Apache-2.0

package ipvsnl

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// A Mask selects the part of a client's address that persistence uses. The zero
// Mask selects the whole address, for both families. Masks can be compared with ==.
type Mask struct {
	// ignored is the part that the mask does not select, so that zero is the whole address: the
	// bits of an IPv4 address, or the number of bits of an IPv6 address.
	ignored uint32
	ipv6    bool // false for the whole address
}

// Mask4 returns an IPv4 mask: Mask4([4]byte{255, 255, 255, 0}) keeps the clients of
// a /24 network together. It need not be contiguous, and 0.0.0.0 treats all
// clients as one.
func Mask4(mask [4]byte) Mask { return Mask{ignored: ^binary.BigEndian.Uint32(mask[:])} }

// Mask6 returns the IPv6 mask of a prefix length, 1 to 128.
func Mask6(length int) Mask {
	m := Mask{ignored: uint32(128 - length)}
	m.ipv6 = m.ignored != 0
	return m
}

// As4 returns the mask as that of an IPv4 service.
func (m Mask) As4() [4]byte {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], ^m.ignored)
	return b
}

// Len6 returns the mask's prefix length as that of an IPv6 service.
func (m Mask) Len6() int { return int(128 - m.ignored) }

// fits reports whether the mask is valid for the family.
func (m Mask) fits(f Family) bool {
	switch {
	case m == Mask{}:
		return true
	case m.ipv6:
		return f == IPv6 && m.ignored < 128
	}
	return f == IPv4
}

// String returns an IPv4 mask as "255.255.255.0", an IPv6 one as "/64" and the
// whole address as "whole".
func (m Mask) String() string {
	switch {
	case m == Mask{}:
		return "whole"
	case m.ipv6:
		return "/" + strconv.Itoa(m.Len6())
	}
	return netip.AddrFrom4(m.As4()).String()
}

// MarshalText returns what String does.
func (m Mask) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads what MarshalText returns.
func (m *Mask) UnmarshalText(text []byte) error {
	s := string(text)
	if s == "whole" {
		*m = Mask{}
		return nil
	}
	if length, ok := strings.CutPrefix(s, "/"); ok {
		n, err := strconv.Atoi(length)
		if err != nil || n < 1 || n > 128 {
			return fmt.Errorf("mask %q: not a prefix length from 1 to 128", s)
		}
		*m = Mask6(n)
		return nil
	}
	a, err := netip.ParseAddr(s)
	if err != nil || !a.Is4() {
		return fmt.Errorf("mask %q: neither an IPv4 mask nor a prefix length", s)
	}
	*m = Mask4(a.As4())
	return nil
}
