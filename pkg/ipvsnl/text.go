// SPDX-License-Identifier: Apache-2.0

package ipvsnl

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// A Family is an address family, by the kernel's number.
type Family uint16

// The families of services and destinations.
const (
	IPv4 Family = 2  // AF_INET
	IPv6 Family = 10 // AF_INET6
)

// FamilyOf returns the family of an address: IPv6 for an IPv6 address, including an
// IPv4-mapped one, and otherwise IPv4.
func FamilyOf(a netip.Addr) Family {
	if a.Is6() {
		return IPv6
	}
	return IPv4
}

// A Protocol is the transport protocol of a service, by its IP number.
type Protocol uint16

// The protocols that a service can have.
const (
	TCP  Protocol = 6   // IPPROTO_TCP
	UDP  Protocol = 17  // IPPROTO_UDP
	SCTP Protocol = 132 // IPPROTO_SCTP
)

// A name is the text form of a value. A value without a name is written as its
// number.
type name[V number] struct {
	value V
	text  string
}

type number interface{ ~uint8 | ~uint16 | ~uint32 }

var (
	familyNames      = []name[Family]{{IPv4, "IPv4"}, {IPv6, "IPv6"}}
	protocolNames    = []name[Protocol]{{TCP, "TCP"}, {UDP, "UDP"}, {SCTP, "SCTP"}}
	forwardingNames  = []name[Forwarding]{{Masquerade, "Masquerade"}, {Local, "Local"}, {Tunnel, "Tunnel"}, {Route, "Route"}, {Bypass, "Bypass"}}
	tunnelTypeNames  = []name[TunnelType]{{IPIP, "IPIP"}, {GUE, "GUE"}, {GRE, "GRE"}}
	daemonStateNames = []name[DaemonState]{{Master, "master"}, {Backup, "backup"}}
)

// String returns "IPv4" or "IPv6".
func (f Family) String() string { return format("Family", familyNames, f) }

// String returns "TCP", "UDP" or "SCTP".
func (p Protocol) String() string { return format("Protocol", protocolNames, p) }

// String returns "Masquerade", "Local", "Tunnel", "Route" or "Bypass".
func (f Forwarding) String() string { return format("Forwarding", forwardingNames, f) }

// String returns "IPIP", "GUE" or "GRE".
func (t TunnelType) String() string { return format("TunnelType", tunnelTypeNames, t) }

// String returns "master" or "backup".
func (s DaemonState) String() string { return format("DaemonState", daemonStateNames, s) }

// MarshalText returns the family's name or, if it has none, its number.
func (f Family) MarshalText() ([]byte, error) { return marshal(familyNames, f), nil }

// MarshalText returns the protocol's name or, if it has none, its number.
func (p Protocol) MarshalText() ([]byte, error) { return marshal(protocolNames, p), nil }

// MarshalText returns the method's name or, if it has none, its number.
func (f Forwarding) MarshalText() ([]byte, error) { return marshal(forwardingNames, f), nil }

// MarshalText returns the type's name or, if it has none, its number.
func (t TunnelType) MarshalText() ([]byte, error) { return marshal(tunnelTypeNames, t), nil }

// MarshalText returns the state's name or, if it has none, its number.
func (s DaemonState) MarshalText() ([]byte, error) { return marshal(daemonStateNames, s), nil }

// UnmarshalText reads a name, in any case, or a number.
func (f *Family) UnmarshalText(text []byte) error {
	return unmarshal("address family", familyNames, f, text)
}

// UnmarshalText reads a name, in any case, or a number.
func (p *Protocol) UnmarshalText(text []byte) error {
	return unmarshal("protocol", protocolNames, p, text)
}

// UnmarshalText reads a name, in any case, or a number.
func (f *Forwarding) UnmarshalText(text []byte) error {
	return unmarshal("forwarding method", forwardingNames, f, text)
}

// UnmarshalText reads a name, in any case, or a number.
func (t *TunnelType) UnmarshalText(text []byte) error {
	return unmarshal("tunnel type", tunnelTypeNames, t, text)
}

// UnmarshalText reads a name, in any case, or a number.
func (s *DaemonState) UnmarshalText(text []byte) error {
	return unmarshal("state of a sync daemon", daemonStateNames, s, text)
}

// format returns a value's name, or kind and number: "Protocol(99)".
func format[V number](kind string, names []name[V], v V) string {
	for _, n := range names {
		if n.value == v {
			return n.text
		}
	}
	return kind + "(" + strconv.FormatUint(uint64(v), 10) + ")"
}

func marshal[V number](names []name[V], v V) []byte {
	for _, n := range names {
		if n.value == v {
			return []byte(n.text)
		}
	}
	return strconv.AppendUint(nil, uint64(v), 10)
}

func unmarshal[V number](what string, names []name[V], v *V, text []byte) error {
	for _, n := range names {
		if strings.EqualFold(n.text, string(text)) {
			*v = n.value
			return nil
		}
	}
	n, err := strconv.ParseUint(string(text), 10, 64)
	if err != nil || uint64(V(n)) != n {
		return fmt.Errorf("unknown %s %q", what, text)
	}
	*v = V(n)
	return nil
}
