// SPDX-License-Identifier: Apache-2.0

package format

import (
	"net/netip"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/conns"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/words"
)

// serviceFields are the fields of a service before its destinations.
var serviceFields = []field[*ipvsnl.ServiceState]{
	{"protocol", func(b []byte, s *ipvsnl.ServiceState) []byte { // that of a mark is 0
		return appendProtocol(b, s.Service.Key.Protocol)
	}},
	{"address", func(b []byte, s *ipvsnl.ServiceState) []byte { return appendQuotedAddr(b, s.Service.Key.Addr.Addr()) }},
	{"port", func(b []byte, s *ipvsnl.ServiceState) []byte {
		if s.Service.Key.Mark != 0 {
			return b
		}
		return appendUint(b, uint64(s.Service.Key.Addr.Port()))
	}},
	{"mark", func(b []byte, s *ipvsnl.ServiceState) []byte {
		if s.Service.Key.Mark == 0 {
			return b
		}
		return appendUint(b, uint64(s.Service.Key.Mark))
	}},
	{"family", func(b []byte, s *ipvsnl.ServiceState) []byte { return appendWord(b, s.Service.Key.Family().String()) }},
	{"scheduler", func(b []byte, s *ipvsnl.ServiceState) []byte { return appendWord(b, s.Service.Scheduler) }},
	{"flags", appendFlags},
	{"persistence", func(b []byte, s *ipvsnl.ServiceState) []byte {
		if s.Service.Persistence.Timeout == 0 {
			return b
		}
		return appendObject(b, persistenceFields, s)
	}},
	{"engine", func(b []byte, s *ipvsnl.ServiceState) []byte { return appendWord(b, s.Service.Persistence.Engine) }},
	{"counters", func(b []byte, s *ipvsnl.ServiceState) []byte { return appendObject(b, counterFields, &s.Stats) }},
	{"rates", func(b []byte, s *ipvsnl.ServiceState) []byte { return appendObject(b, rateFields, &s.Stats) }},
}

var persistenceFields = []field[*ipvsnl.ServiceState]{
	{"timeout", func(b []byte, s *ipvsnl.ServiceState) []byte { return appendSeconds(b, s.Service.Persistence.Timeout) }},
	{"netmask", func(b []byte, s *ipvsnl.ServiceState) []byte {
		if s.Service.Key.Family() == ipvsnl.IPv6 {
			return b
		}
		return append(appendMask(append(b, '"'), &s.Service), '"')
	}},
	{"prefix_length", func(b []byte, s *ipvsnl.ServiceState) []byte {
		if s.Service.Key.Family() != ipvsnl.IPv6 {
			return b
		}
		return appendMask(b, &s.Service)
	}},
}

var destinationFields = []field[*ipvsnl.DestinationState]{
	{"address", func(b []byte, d *ipvsnl.DestinationState) []byte {
		return appendQuotedAddr(b, d.Destination.Addr.Addr())
	}},
	{"port", func(b []byte, d *ipvsnl.DestinationState) []byte {
		return appendUint(b, uint64(d.Destination.Addr.Port()))
	}},
	{"family", func(b []byte, d *ipvsnl.DestinationState) []byte {
		return appendWord(b, ipvsnl.FamilyOf(d.Destination.Addr.Addr()).String())
	}},
	{"forwarding", func(b []byte, d *ipvsnl.DestinationState) []byte {
		return appendWord(b, words.ForwardingOf(d.Destination.Forwarding).Name)
	}},
	{"weight", weight},
	{"upper_threshold", func(b []byte, d *ipvsnl.DestinationState) []byte {
		return appendUint(b, uint64(d.Destination.UpperThreshold))
	}},
	{"lower_threshold", func(b []byte, d *ipvsnl.DestinationState) []byte {
		return appendUint(b, uint64(d.Destination.LowerThreshold))
	}},
	{"tunnel", func(b []byte, d *ipvsnl.DestinationState) []byte {
		if d.Destination.Forwarding != ipvsnl.Tunnel {
			return b
		}
		return appendObject(b, tunnelFields, d)
	}},
	{"active_connections", activeConns},
	{"inactive_connections", inactConns},
	{"persistent_connections", func(b []byte, d *ipvsnl.DestinationState) []byte { return appendUint(b, uint64(d.PersistentConns)) }},
	{"counters", func(b []byte, d *ipvsnl.DestinationState) []byte { return appendObject(b, counterFields, &d.Stats) }},
	{"rates", func(b []byte, d *ipvsnl.DestinationState) []byte { return appendObject(b, rateFields, &d.Stats) }},
}

var tunnelFields = []field[*ipvsnl.DestinationState]{
	{"type", func(b []byte, d *ipvsnl.DestinationState) []byte {
		return appendWord(b, words.TunnelTypeOf(d.Destination.TunnelType).Name)
	}},
	{"port", func(b []byte, d *ipvsnl.DestinationState) []byte {
		if !words.TunnelTypeOf(d.Destination.TunnelType).Port {
			return b
		}
		return appendUint(b, uint64(d.Destination.TunnelPort))
	}},
	{"checksum", func(b []byte, d *ipvsnl.DestinationState) []byte {
		if !words.TunnelTypeOf(d.Destination.TunnelType).Checksum {
			return b
		}
		// As its option ends.
		return appendWord(b, strings.TrimPrefix(words.TunnelChecksumOf(d.Destination.TunnelFlags).Option, "--tun-"))
	}},
}

var counterFields = []field[*ipvsnl.Stats]{
	{"connections", func(b []byte, s *ipvsnl.Stats) []byte { return appendUint(b, s.Conns) }},
	{"packets_in", func(b []byte, s *ipvsnl.Stats) []byte { return appendUint(b, s.InPkts) }},
	{"packets_out", func(b []byte, s *ipvsnl.Stats) []byte { return appendUint(b, s.OutPkts) }},
	{"bytes_in", func(b []byte, s *ipvsnl.Stats) []byte { return appendUint(b, s.InBytes) }},
	{"bytes_out", func(b []byte, s *ipvsnl.Stats) []byte { return appendUint(b, s.OutBytes) }},
}

var rateFields = []field[*ipvsnl.Stats]{
	{"connections", func(b []byte, s *ipvsnl.Stats) []byte { return appendUint(b, s.CPS) }},
	{"packets_in", func(b []byte, s *ipvsnl.Stats) []byte { return appendUint(b, s.InPPS) }},
	{"packets_out", func(b []byte, s *ipvsnl.Stats) []byte { return appendUint(b, s.OutPPS) }},
	{"bytes_in", func(b []byte, s *ipvsnl.Stats) []byte { return appendUint(b, s.InBPS) }},
	{"bytes_out", func(b []byte, s *ipvsnl.Stats) []byte { return appendUint(b, s.OutBPS) }},
}

var connectionFields = []field[*conns.Connection]{
	{"protocol", func(b []byte, c *conns.Connection) []byte { return appendWord(b, c.Protocol) }},
	{"client", func(b []byte, c *conns.Connection) []byte { return appendObject(b, addrPortFields, &c.Client) }},
	{"virtual", func(b []byte, c *conns.Connection) []byte { return appendObject(b, addrPortFields, &c.Virtual) }},
	{"destination", func(b []byte, c *conns.Connection) []byte { return appendObject(b, addrPortFields, &c.Destination) }},
	{"state", func(b []byte, c *conns.Connection) []byte { return appendWord(b, c.State) }},
	{"expires", func(b []byte, c *conns.Connection) []byte { return appendSeconds(b, c.Expires) }},
	{"engine", func(b []byte, c *conns.Connection) []byte { return appendWord(b, c.Engine) }},
	{"engine_data", func(b []byte, c *conns.Connection) []byte { return appendWord(b, c.EngineData) }},
	{"origin", func(b []byte, c *conns.Connection) []byte {
		if c.Origin == conns.Unknown {
			return b
		}
		return appendWord(b, c.Origin.String())
	}},
}

var addrPortFields = []field[*netip.AddrPort]{
	{"address", func(b []byte, a *netip.AddrPort) []byte { return appendQuotedAddr(b, a.Addr()) }},
	{"port", func(b []byte, a *netip.AddrPort) []byte { return appendUint(b, uint64(a.Port())) }},
}

var daemonFields = []field[*ipvsnl.Daemon]{
	{"state", func(b []byte, d *ipvsnl.Daemon) []byte { return appendWord(b, d.State.String()) }},
	{"interface", func(b []byte, d *ipvsnl.Daemon) []byte { return appendWord(b, d.Interface) }},
	{"syncid", func(b []byte, d *ipvsnl.Daemon) []byte { return appendUint(b, uint64(d.SyncID)) }},
	{"maxlen", func(b []byte, d *ipvsnl.Daemon) []byte { return appendUint(b, uint64(d.MaxLen)) }},
	{"group", func(b []byte, d *ipvsnl.Daemon) []byte { return appendQuotedAddr(b, d.Group) }},
	{"port", func(b []byte, d *ipvsnl.Daemon) []byte { return appendUint(b, uint64(d.Port)) }},
	{"ttl", func(b []byte, d *ipvsnl.Daemon) []byte { return appendUint(b, uint64(d.TTL)) }},
}

var timeoutFields = []field[*ipvsnl.Timeouts]{
	{"tcp", func(b []byte, t *ipvsnl.Timeouts) []byte { return appendSeconds(b, t.TCP) }},
	{"tcp_fin", func(b []byte, t *ipvsnl.Timeouts) []byte { return appendSeconds(b, t.TCPFin) }},
	{"udp", func(b []byte, t *ipvsnl.Timeouts) []byte { return appendSeconds(b, t.UDP) }},
}
