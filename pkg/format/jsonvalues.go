// SPDX-License-Identifier: Apache-2.0

package format

import (
	"net/netip"
	"unicode/utf8"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/words"
)

// appendWord appends a string, unless it is empty.
func appendWord(b []byte, s string) []byte {
	if len(s) == 0 {
		return b
	}
	return appendString(b, s)
}

// appendProtocol appends the name of a transport protocol, if it has one.
func appendProtocol(b []byte, p ipvsnl.Protocol) []byte {
	return appendWord(b, words.ProtocolOf(p).Name)
}

// appendQuotedAddr appends an address, if there is one.
func appendQuotedAddr(b []byte, a netip.Addr) []byte {
	if !a.IsValid() {
		return b
	}
	return append(appendAddr(append(b, '"'), a), '"')
}

// appendFlags appends the names of a service's flags, as an array.
func appendFlags(b []byte, s *ipvsnl.ServiceState) []byte {
	b = append(b, '[')
	first := len(b)
	add := func(set bool, name string) {
		switch {
		case !set:
			return
		case len(b) > first:
			b = append(b, ',')
		}
		b = appendString(b, name)
	}
	add(s.Service.Persistence.Timeout != 0, "persistent")
	add(s.Service.OnePacket, "one_packet")
	for flag := ipvsnl.SchedulerFlag1; flag <= ipvsnl.SchedulerFlag3; flag <<= 1 {
		add(s.Service.SchedulerFlags&flag != 0, words.SchedulerFlagOf(s.Service.Scheduler, flag))
	}
	return append(b, ']')
}

// appendString appends a JSON string, of any bytes.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			b = appendEscaped(append(b, s[:i]...), s[i:])
			return append(b, '"')
		}
	}
	return append(append(b, s...), '"')
}

// appendEscaped appends text as a JSON string has it. Each byte that is not UTF-8
// becomes U+FFFD.
func appendEscaped(b []byte, text string) []byte {
	const digits = "0123456789abcdef"
	for len(text) > 0 {
		c, size := utf8.DecodeRuneInString(text)
		switch {
		case c == utf8.RuneError && size == 1:
			b = append(b, `\ufffd`...)
		case c == '"' || c == '\\':
			b = append(b, '\\', byte(c))
		case c < ' ':
			b = append(b, '\\', 'u', '0', '0', digits[c>>4], digits[c&0xf])
		default:
			b = append(b, text[:size]...)
		}
		text = text[size:]
	}
	return b
}
