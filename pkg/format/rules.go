// SPDX-License-Identifier: Apache-2.0

package format

import (
	"net/netip"
	"time"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/words"
)

// serviceRule is the rule that adds a service, with the options that a save writes.
func serviceRule(o *Options, b []byte, s *ipvsnl.ServiceState) []byte {
	b = o.appendServiceOption(append(b, "-A "...), &s.Service.Key)
	b = appendServiceSettings(b, &s.Service)
	if f := s.Service.SchedulerFlags; f != 0 {
		b = words.AppendSchedulerFlags(append(b, " -b "...), s.Service.Scheduler, f)
	}
	return b
}

// appendServiceSettings appends the options of a service, except its scheduler
// flags.
func appendServiceSettings(b []byte, s *ipvsnl.Service) []byte {
	b = append(append(b, " -s "...), s.Scheduler...)
	if p := &s.Persistence; p.Timeout != 0 {
		b = appendSeconds(append(b, " -p "...), p.Timeout)
		if p.Mask != (ipvsnl.Mask{}) {
			b = appendMask(append(b, " -M "...), s)
		}
	}
	if s.Persistence.Engine != "" {
		b = append(append(b, " --pe "...), s.Persistence.Engine...)
	}
	if s.OnePacket {
		b = append(b, " -o"...)
	}
	return b
}

// destinationRule is the rule that adds a destination.
func destinationRule(o *Options, b []byte, s *ipvsnl.ServiceState, d *ipvsnl.DestinationState) []byte {
	b = o.appendDestinationOptions(append(b, "-a "...), &s.Service.Key, d.Destination.Addr)
	return o.appendDestinationSettings(b, &d.Destination)
}

// appendDestinationOptions appends the options that identify a destination.
func (o *Options) appendDestinationOptions(b []byte, k *ipvsnl.ServiceKey, a netip.AddrPort) []byte {
	b = o.appendServiceOption(b, k)
	return appendAddrPort(append(b, " -r "...), a, k.Protocol, o.Names)
}

// appendDestinationSettings appends the other options of a destination.
func (o *Options) appendDestinationSettings(b []byte, d *ipvsnl.Destination) []byte {
	b = append(append(b, ' '), words.ForwardingOf(d.Forwarding).Option...)
	b = appendWeight(append(b, " -w "...), d)
	if d.Forwarding == ipvsnl.Tunnel {
		b = words.AppendTunnel(append(b, ' '), d)
	}
	if o.Thresholds {
		b = appendNonzero(b, " -x ", d.UpperThreshold)
		b = appendNonzero(b, " -y ", d.LowerThreshold)
	}
	return b
}

// appendServiceOption appends the option that identifies a service.
func (o *Options) appendServiceOption(b []byte, k *ipvsnl.ServiceKey) []byte {
	if k.Mark == 0 {
		b = append(append(b, words.ProtocolOf(k.Protocol).Option...), ' ')
		return appendAddrPort(b, k.Addr, k.Protocol, o.Names)
	}
	b = appendUint(append(b, "-f "...), uint64(k.Mark))
	if k.IPv6 {
		b = append(b, " -6"...)
	}
	return b
}

// AppendTimeoutsRule appends the rule that sets timeouts.
func AppendTimeoutsRule(b []byte, t *ipvsnl.Timeouts) []byte {
	b = append(b, "--set"...)
	for _, timeout := range [...]time.Duration{t.TCP, t.TCPFin, t.UDP} {
		b = appendSeconds(append(b, ' '), timeout)
	}
	return append(b, '\n')
}

// AppendDaemonRule appends the rule that starts a sync daemon. It leaves to the
// kernel what the daemon does not specify.
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
