package format

import (
	"net/netip"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/vocab"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// serviceFields are those of a service before its destinations.
var serviceFields = []field[ipvsnl.Service]{
	{"protocol", func(b []byte, s *ipvsnl.Service) []byte {
		if s.Mark != 0 {
			return b
		}
		return appendWord(b, vocab.ProtocolOf(s.Protocol).Name)
	}},
	{"address", func(b []byte, s *ipvsnl.Service) []byte {
		if s.Mark != 0 {
			return b
		}
		return appendQuotedAddr(b, s.Addr.Addr())
	}},
	{"port", func(b []byte, s *ipvsnl.Service) []byte {
		if s.Mark != 0 {
			return b
		}
		return appendUint(b, uint64(s.Addr.Port()))
	}},
	{"mark", func(b []byte, s *ipvsnl.Service) []byte {
		if s.Mark == 0 {
			return b
		}
		return appendUint(b, uint64(s.Mark))
	}},
	{"family", func(b []byte, s *ipvsnl.Service) []byte { return appendWord(b, s.Family.String()) }},
	{"scheduler", func(b []byte, s *ipvsnl.Service) []byte { return appendWord(b, s.Scheduler) }},
	{"flags", appendFlags},
	{"persistence", func(b []byte, s *ipvsnl.Service) []byte {
		if s.Flags&ipvsnl.FlagPersistent == 0 {
			return b
		}
		return appendObject(b, persistenceFields, s)
	}},
	{"engine", func(b []byte, s *ipvsnl.Service) []byte { return appendWord(b, s.Engine) }},
	{"counters", func(b []byte, s *ipvsnl.Service) []byte { return appendObject(b, counterFields, &s.Stats) }},
	{"rates", func(b []byte, s *ipvsnl.Service) []byte { return appendObject(b, rateFields, &s.Stats) }},
}

var persistenceFields = []field[ipvsnl.Service]{
	{"timeout", func(b []byte, s *ipvsnl.Service) []byte { return appendUint(b, uint64(s.Timeout)) }},
	{"netmask", func(b []byte, s *ipvsnl.Service) []byte {
		if s.Family == ipvsnl.IPv6 {
			return b
		}
		return append(appendMask(append(b, '"'), s), '"')
	}},
	{"prefix_length", func(b []byte, s *ipvsnl.Service) []byte {
		if s.Family != ipvsnl.IPv6 {
			return b
		}
		return appendMask(b, s)
	}},
}

var destinationFields = []field[ipvsnl.Destination]{
	{"address", func(b []byte, d *ipvsnl.Destination) []byte { return appendQuotedAddr(b, d.Addr.Addr()) }},
	{"port", func(b []byte, d *ipvsnl.Destination) []byte { return appendUint(b, uint64(d.Addr.Port())) }},
	{"family", func(b []byte, d *ipvsnl.Destination) []byte {
		return appendWord(b, ipvsnl.FamilyOf(d.Addr.Addr()).String())
	}},
	{"forwarding", func(b []byte, d *ipvsnl.Destination) []byte {
		return appendWord(b, vocab.ForwardingOf(d.Forwarding).Name)
	}},
	{"weight", weight},
	{"upper_threshold", func(b []byte, d *ipvsnl.Destination) []byte { return appendUint(b, uint64(d.UpperThreshold)) }},
	{"lower_threshold", func(b []byte, d *ipvsnl.Destination) []byte { return appendUint(b, uint64(d.LowerThreshold)) }},
	{"tunnel", func(b []byte, d *ipvsnl.Destination) []byte {
		if d.Forwarding != ipvsnl.Tunnel {
			return b
		}
		return appendObject(b, tunnelFields, d)
	}},
	{"active_connections", activeConns},
	{"inactive_connections", inactConns},
	{"persistent_connections", func(b []byte, d *ipvsnl.Destination) []byte { return appendUint(b, uint64(d.PersistConns)) }},
	{"counters", func(b []byte, d *ipvsnl.Destination) []byte { return appendObject(b, counterFields, &d.Stats) }},
	{"rates", func(b []byte, d *ipvsnl.Destination) []byte { return appendObject(b, rateFields, &d.Stats) }},
}

var tunnelFields = []field[ipvsnl.Destination]{
	{"type", func(b []byte, d *ipvsnl.Destination) []byte {
		return appendWord(b, vocab.TunnelTypeOf(d.TunnelType).Name)
	}},
	{"port", func(b []byte, d *ipvsnl.Destination) []byte {
		if !vocab.TunnelTypeOf(d.TunnelType).Port {
			return b
		}
		return appendUint(b, uint64(d.TunnelPort))
	}},
	{"checksum", func(b []byte, d *ipvsnl.Destination) []byte {
		if !vocab.TunnelTypeOf(d.TunnelType).Checksum {
			return b
		}
		// As its option ends.
		return appendWord(b, strings.TrimPrefix(vocab.TunnelChecksumOf(d.TunnelFlags).Option, "--tun-"))
	}},
}

var counterFields = []field[ipvsnl.Stats]{
	{"connections", func(b []byte, s *ipvsnl.Stats) []byte { return appendUint(b, s.Conns) }},
	{"packets_in", func(b []byte, s *ipvsnl.Stats) []byte { return appendUint(b, s.InPkts) }},
	{"packets_out", func(b []byte, s *ipvsnl.Stats) []byte { return appendUint(b, s.OutPkts) }},
	{"bytes_in", func(b []byte, s *ipvsnl.Stats) []byte { return appendUint(b, s.InBytes) }},
	{"bytes_out", func(b []byte, s *ipvsnl.Stats) []byte { return appendUint(b, s.OutBytes) }},
}

var rateFields = []field[ipvsnl.Stats]{
	{"connections", func(b []byte, s *ipvsnl.Stats) []byte { return appendUint(b, s.CPS) }},
	{"packets_in", func(b []byte, s *ipvsnl.Stats) []byte { return appendUint(b, s.InPPS) }},
	{"packets_out", func(b []byte, s *ipvsnl.Stats) []byte { return appendUint(b, s.OutPPS) }},
	{"bytes_in", func(b []byte, s *ipvsnl.Stats) []byte { return appendUint(b, s.InBPS) }},
	{"bytes_out", func(b []byte, s *ipvsnl.Stats) []byte { return appendUint(b, s.OutBPS) }},
}

var connectionFields = []field[Connection]{
	{"protocol", func(b []byte, c *Connection) []byte { return appendWord(b, c.Protocol) }},
	{"client", func(b []byte, c *Connection) []byte { return appendObject(b, addrPortFields, &c.Client) }},
	{"virtual", func(b []byte, c *Connection) []byte { return appendObject(b, addrPortFields, &c.Virtual) }},
	{"destination", func(b []byte, c *Connection) []byte { return appendObject(b, addrPortFields, &c.Destination) }},
	{"state", func(b []byte, c *Connection) []byte { return appendWord(b, c.State) }},
	{"expires", func(b []byte, c *Connection) []byte { return appendUint(b, c.left()) }},
	{"engine", func(b []byte, c *Connection) []byte { return appendWord(b, c.Engine) }},
	{"engine_data", func(b []byte, c *Connection) []byte { return appendWord(b, c.EngineData) }},
}

var addrPortFields = []field[netip.AddrPort]{
	{"address", func(b []byte, a *netip.AddrPort) []byte { return appendQuotedAddr(b, a.Addr()) }},
	{"port", func(b []byte, a *netip.AddrPort) []byte { return appendUint(b, uint64(a.Port())) }},
}

var daemonFields = []field[ipvsnl.Daemon]{
	{"state", func(b []byte, d *ipvsnl.Daemon) []byte { return appendWord(b, d.State.String()) }},
	{"interface", func(b []byte, d *ipvsnl.Daemon) []byte { return appendWord(b, d.Interface) }},
	{"syncid", func(b []byte, d *ipvsnl.Daemon) []byte { return appendUint(b, uint64(d.SyncID)) }},
	{"maxlen", func(b []byte, d *ipvsnl.Daemon) []byte { return appendUint(b, uint64(d.MaxLen)) }},
	{"group", func(b []byte, d *ipvsnl.Daemon) []byte { return appendQuotedAddr(b, d.Group) }},
	{"port", func(b []byte, d *ipvsnl.Daemon) []byte { return appendUint(b, uint64(d.Port)) }},
	{"ttl", func(b []byte, d *ipvsnl.Daemon) []byte { return appendUint(b, uint64(d.TTL)) }},
}

var timeoutFields = []field[ipvsnl.Timeouts]{
	{"tcp", func(b []byte, t *ipvsnl.Timeouts) []byte { return appendUint(b, uint64(t.TCP)) }},
	{"tcp_fin", func(b []byte, t *ipvsnl.Timeouts) []byte { return appendUint(b, uint64(t.TCPFin)) }},
	{"udp", func(b []byte, t *ipvsnl.Timeouts) []byte { return appendUint(b, uint64(t.UDP)) }},
}
