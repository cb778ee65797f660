package format

import (
	"github.com/ipvsadm-go/ipvsadm/internal/vocab"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// serviceRule is the rule that adds a service.
func serviceRule(o *Options, b []byte, s *ipvsnl.Service) []byte {
	b = o.appendServiceOption(append(b, "-A "...), s)
	b = appendServiceSettings(b, s, s.Flags&ipvsnl.FlagPersistent != 0)
	if s.Flags&vocab.SchedulerFlagsMask != 0 {
		b = vocab.AppendSchedulerFlags(append(b, " -b "...), s.Scheduler, s.Flags)
	}
	return b
}

// appendServiceSettings appends the options of a service, but for its scheduler's
// flags. masked says whether its mask is of interest.
func appendServiceSettings(b []byte, s *ipvsnl.Service, masked bool) []byte {
	b = append(append(b, " -s "...), s.Scheduler...)
	if s.Flags&ipvsnl.FlagPersistent != 0 {
		b = appendUint(append(b, " -p "...), uint64(s.Timeout))
	}
	if masked && !wholeAddress(s) {
		b = appendMask(append(b, " -M "...), s)
	}
	if s.Engine != "" {
		b = append(append(b, " --pe "...), s.Engine...)
	}
	if s.Flags&ipvsnl.FlagOnePacket != 0 {
		b = append(b, " -o"...)
	}
	return b
}

// destinationRule is the rule that adds a destination.
func destinationRule(o *Options, b []byte, s *ipvsnl.Service, d *ipvsnl.Destination) []byte {
	b = o.appendDestinationOptions(append(b, "-a "...), s, d)
	return o.appendDestinationSettings(b, d)
}

// appendDestinationOptions appends the options that say which destination is meant.
func (o *Options) appendDestinationOptions(b []byte, s *ipvsnl.Service, d *ipvsnl.Destination) []byte {
	b = o.appendServiceOption(b, s)
	return appendAddrPort(append(b, " -r "...), d.Addr, serviceProtocol(s), o.Names)
}

// appendDestinationSettings appends the other options of a destination.
func (o *Options) appendDestinationSettings(b []byte, d *ipvsnl.Destination) []byte {
	b = append(append(b, ' '), vocab.ForwardingOf(d.Forwarding).Option...)
	b = weight(append(b, " -w "...), d)
	if d.Forwarding == ipvsnl.Tunnel {
		b = appendTunnelOptions(b, d)
	}
	if o.Thresholds {
		b = appendNonzero(b, " -x ", d.UpperThreshold)
		b = appendNonzero(b, " -y ", d.LowerThreshold)
	}
	return b
}

func (o *Options) appendServiceOption(b []byte, s *ipvsnl.Service) []byte {
	if s.Mark == 0 {
		b = append(append(b, vocab.ProtocolOf(s.Protocol).Option...), ' ')
		return appendAddrPort(b, s.Addr, s.Protocol, o.Names)
	}
	b = appendUint(append(b, "-f "...), uint64(s.Mark))
	if s.Family == ipvsnl.IPv6 {
		b = append(b, " -6"...)
	}
	return b
}

func appendTunnelOptions(b []byte, d *ipvsnl.Destination) []byte {
	t := vocab.TunnelTypeOf(d.TunnelType)
	b = append(append(b, " --tun-type "...), t.Name...)
	if t.Port {
		b = appendUint(append(b, " --tun-port "...), uint64(d.TunnelPort))
	}
	if t.Checksum {
		b = append(append(b, ' '), vocab.TunnelChecksumOf(d.TunnelFlags).Option...)
	}
	return b
}

// AppendTimeoutsRule appends the rule that sets timeouts.
func AppendTimeoutsRule(b []byte, t *ipvsnl.Timeouts) []byte {
	b = append(b, "--set"...)
	for _, seconds := range [...]uint32{t.TCP, t.TCPFin, t.UDP} {
		b = appendUint(append(b, ' '), uint64(seconds))
	}
	return append(b, '\n')
}

// AppendDaemonRule appends the rule that starts a sync daemon. What the kernel does not
// tell of it is left to the kernel.
func AppendDaemonRule(b []byte, d *ipvsnl.Daemon) []byte {
	b = append(append(b, "--start-daemon "...), d.State.String()...)
	b = append(append(b, " --mcast-interface "...), d.Interface...)
	b = appendUint(append(b, " --syncid "...), uint64(d.SyncID))
	b = appendNonzero(b, " --sync-maxlen ", d.MaxLen)
	if d.Group.IsValid() {
		b = appendAddr(append(b, " --mcast-group "...), d.Group)
	}
	b = appendNonzero(b, " --mcast-port ", d.Port)
	b = appendNonzero(b, " --mcast-ttl ", d.TTL)
	return append(b, '\n')
}

// appendNonzero appends an option with a number, unless that is 0.
func appendNonzero[N uint8 | uint16 | uint32](b []byte, option string, n N) []byte {
	if n == 0 {
		return b
	}
	return appendUint(append(b, option...), uint64(n))
}
