// SPDX-License-Identifier: Apache-2.0

package format

import (
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/internal/jsontext"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/words"
)

// appendWord appends a string, unless it is empty.
func appendWord(b []byte, s string) []byte {
	if len(s) == 0 {
		return b
	}
	return jsontext.AppendString(b, s)
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
		b = jsontext.AppendString(b, name)
	}
	add(s.Service.Persistence.Timeout != 0, "persistent")
	add(s.Service.OnePacket, "one_packet")
	for _, flag := range schedulerFlags {
		add(s.Service.SchedulerFlags&flag != 0, words.SchedulerFlagOf(s.Service.Scheduler, flag))
	}
	return append(b, ']')
}
