package ipvsnl

import (
	"net/netip"
	"strconv"
)

// AddrKey returns the key of the service of a protocol, address and port.
func AddrKey(p Protocol, addr netip.AddrPort) ServiceKey {
	return ServiceKey{Family: FamilyOf(addr.Addr()), Protocol: p, Addr: addr}
}

// MarkKey returns the key of the service of a firewall mark. A family of 0 is IPv4.
func MarkKey(mark uint32, f Family) ServiceKey {
	if f == 0 {
		f = IPv4
	}
	return ServiceKey{Mark: mark, Family: f}
}

// String returns the key as "TCP 192.0.2.1:80" or "mark 7 IPv6". A [Service], which
// embeds its key, prints as that.
func (k ServiceKey) String() string {
	if k.Mark != 0 {
		return "mark " + strconv.FormatUint(uint64(k.Mark), 10) + " " + k.family().String()
	}
	return k.Protocol.String() + " " + k.Addr.String()
}

// String returns "IPv4" or "IPv6".
func (f Family) String() string {
	switch f {
	case IPv4:
		return "IPv4"
	case IPv6:
		return "IPv6"
	}
	return number("Family", f)
}

// String returns "TCP", "UDP" or "SCTP".
func (p Protocol) String() string {
	switch p {
	case TCP:
		return "TCP"
	case UDP:
		return "UDP"
	case SCTP:
		return "SCTP"
	}
	return number("Protocol", p)
}

// String returns "Masquerade", "Local", "Tunnel", "Route" or "Bypass".
func (f Forwarding) String() string {
	names := [...]string{"Masquerade", "Local", "Tunnel", "Route", "Bypass"}
	if int64(f) < int64(len(names)) {
		return names[f]
	}
	return number("Forwarding", f)
}

// String returns "IPIP", "GUE" or "GRE".
func (t TunnelType) String() string {
	switch t {
	case IPIP:
		return "IPIP"
	case GUE:
		return "GUE"
	case GRE:
		return "GRE"
	}
	return number("TunnelType", t)
}

// String returns "master" or "backup".
func (s DaemonState) String() string {
	switch s {
	case Master:
		return "master"
	case Backup:
		return "backup"
	}
	return number("DaemonState", s)
}

// String returns the version as "1.2.1".
func (v Version) String() string {
	part := func(shift int) string { return strconv.Itoa(int(v >> shift & 0xff)) }
	return part(16) + "." + part(8) + "." + part(0)
}

// number is what a value without a name is called.
func number[V ~uint8 | ~uint16 | ~uint32](kind string, v V) string {
	return kind + "(" + strconv.FormatUint(uint64(v), 10) + ")"
}
