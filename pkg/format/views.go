// SPDX-License-Identifier: Apache-2.0

package format

import (
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/words"
)

// Widths of the columns of the table views.
const (
	serviceWidth     = 33 // "TCP  address:port"
	destinationWidth = 28 // "address:port"
	protocolWidth    = 5
	counterWidth     = 9
)

// A view is one row of the table of views.
type view struct {
	head        string
	service     func(o *Options, b []byte, s *ipvsnl.ServiceState) []byte
	destination func(o *Options, b []byte, s *ipvsnl.ServiceState, d *ipvsnl.DestinationState) []byte
	columns     columns // of a destination, instead of a function
}

// The columns of views.
var (
	plainColumns = columns{
		{7, forwardingName, nil},
		{6, weight, weightSum},
		{10, activeConns, activeSum},
		{10, inactConns, inactSum},
	}
	thresholdColumns = columns{
		{10, func(b []byte, d *ipvsnl.DestinationState) []byte {
			return appendUint(b, uint64(d.Destination.UpperThreshold))
		}, nil},
		{10, func(b []byte, d *ipvsnl.DestinationState) []byte {
			return appendUint(b, uint64(d.Destination.LowerThreshold))
		}, nil},
		{10, activeConns, activeSum},
		{10, inactConns, inactSum},
	}
	persistentColumns = columns{
		{9, weight, weightSum},
		{11, func(b []byte, d *ipvsnl.DestinationState) []byte { return appendUint(b, uint64(d.PersistentConns)) }, persistentSum},
		{10, activeConns, activeSum},
		{10, inactConns, inactSum},
	}
	tunnelColumns = columns{
		{7, forwardingName, nil},
		{13, tunnel, nil},
		{6, weight, weightSum},
		{10, activeConns, activeSum},
		{10, inactConns, inactSum},
	}
)

var views = [...]view{
	Plain: {
		head: "Prot LocalAddress:Port Scheduler Flags\n" +
			"  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n",
		service: schedulerLine,
		columns: plainColumns,
	},
	Rules: {
		service:     serviceRule,
		destination: destinationRule,
	},
	Stats: {
		head: "Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes\n" +
			"  -> RemoteAddress:Port\n",
		service: func(o *Options, b []byte, s *ipvsnl.ServiceState) []byte {
			return o.appendCounters(o.appendServiceLabel(b, s, true), &s.Stats)
		},
		destination: func(o *Options, b []byte, s *ipvsnl.ServiceState, d *ipvsnl.DestinationState) []byte {
			return o.appendCounters(o.appendDestinationLabel(b, s, d), &d.Stats)
		},
	},
	Rate: {
		head: "Prot LocalAddress:Port                 CPS    InPPS   OutPPS    InBPS   OutBPS\n" +
			"  -> RemoteAddress:Port\n",
		service: func(o *Options, b []byte, s *ipvsnl.ServiceState) []byte {
			return o.appendRates(o.appendServiceLabel(b, s, true), &s.Stats, o.appendCounter)
		},
		destination: func(o *Options, b []byte, s *ipvsnl.ServiceState, d *ipvsnl.DestinationState) []byte {
			return o.appendRates(o.appendDestinationLabel(b, s, d), &d.Stats, appendExact)
		},
	},
	Thresholds: {
		head: "Prot LocalAddress:Port            Uthreshold Lthreshold ActiveConn InActConn \n" +
			"  -> RemoteAddress:Port\n",
		service: schedulerLine,
		columns: thresholdColumns,
	},
	PersistentConn: {
		head: "Prot LocalAddress:Port            Weight    PersistConn ActiveConn InActConn \n" +
			"  -> RemoteAddress:Port\n",
		service: schedulerLine,
		columns: persistentColumns,
	},
	TunnelInfo: {
		head: "Prot LocalAddress:Port Scheduler Flags\n" +
			"  -> RemoteAddress:Port           Forward TunnelInfo    Weight ActiveConn InActConn\n",
		service: schedulerLine,
		columns: tunnelColumns,
	},
}

// columns are the columns of a destination after its address, each preceded by a blank and
// left-aligned.
type columns []struct {
	width int
	value func(b []byte, d *ipvsnl.DestinationState) []byte
	sum   func(b []byte, s *sums) []byte // nil if there is none
}

func (c columns) line(o *Options, b []byte, s *ipvsnl.ServiceState, d *ipvsnl.DestinationState) []byte {
	b = o.appendDestinationLabel(b, s, d)
	for _, column := range c {
		b = append(b, ' ')
		start := len(b)
		b = pad(column.value(b, d), start, column.width)
	}
	return b
}

func weight(b []byte, d *ipvsnl.DestinationState) []byte { return appendWeight(b, &d.Destination) }

// appendWeight appends a weight as a signed number, as in the kernel.
func appendWeight(b []byte, d *ipvsnl.Destination) []byte {
	return appendInt(b, int64(int32(d.Weight)))
}

func activeConns(b []byte, d *ipvsnl.DestinationState) []byte {
	return appendUint(b, uint64(d.ActiveConns))
}
func inactConns(b []byte, d *ipvsnl.DestinationState) []byte {
	return appendUint(b, uint64(d.InactiveConns))
}

func forwardingName(b []byte, d *ipvsnl.DestinationState) []byte {
	return append(b, words.ForwardingOf(d.Destination.Forwarding).Name...)
}

// tunnel appends the tunnel's type, port and checksum: "gue:6080:+c".
func tunnel(b []byte, s *ipvsnl.DestinationState) []byte {
	d := &s.Destination
	if d.Forwarding != ipvsnl.Tunnel {
		return append(b, "n/a"...)
	}
	t := words.TunnelTypeOf(d.TunnelType)
	b = append(b, t.Name...)
	if t.Port {
		b = appendUint(append(b, ':'), uint64(d.TunnelPort))
	}
	if t.Checksum {
		b = append(append(b, ':'), words.TunnelChecksumOf(d.TunnelFlags).Name...)
	}
	return b
}

// schedulerLine is a service's line in the views that show its scheduler.
func schedulerLine(o *Options, b []byte, state *ipvsnl.ServiceState) []byte {
	return appendDetails(append(o.appendServiceLabel(b, state, false), ' '), state)
}

// appendDetails appends what a service's line has after its address in these views.
func appendDetails(b []byte, state *ipvsnl.ServiceState) []byte {
	s := &state.Service
	b = append(b, s.Scheduler...)
	if s.SchedulerFlags != 0 {
		b = append(b, " ("...)
		b = append(words.AppendSchedulerFlags(b, s.Scheduler, s.SchedulerFlags), ')')
	}
	if p := &s.Persistence; p.Timeout != 0 {
		b = appendSeconds(append(b, " persistent "...), p.Timeout)
		if p.Mask != (ipvsnl.Mask{}) {
			b = appendMask(append(b, " mask "...), s)
		}
		if p.Engine != "" {
			b = append(append(b, " pe "...), p.Engine...)
		}
	}
	if s.OnePacket {
		b = append(b, " ops"...)
	}
	return b
}

// appendServiceLabel appends the beginning of a service's line. That of an IPv4
// service is cut at the column's end; whole fills the column with blanks.
func (o *Options) appendServiceLabel(b []byte, s *ipvsnl.ServiceState, whole bool) []byte {
	start, k := len(b), &s.Service.Key
	if k.Mark != 0 {
		b = appendMarkLabel(b, k)
	} else {
		b = pad(append(b, words.ProtocolOf(k.Protocol).Name...), start, protocolWidth)
		b = appendAddrPort(b, k.Addr, k.Protocol, o.Names)
		b = cutIPv4(b, start, serviceWidth, k.Addr)
	}
	if whole {
		b = pad(b, start, serviceWidth)
	}
	return b
}

// appendMarkLabel appends the beginning of the line of a service with a mark.
func appendMarkLabel(b []byte, k *ipvsnl.ServiceKey) []byte {
	b = pad(append(b, "FWM"...), len(b), protocolWidth)
	b = appendUint(b, uint64(k.Mark))
	if k.IPv6 {
		b = append(b, " IPv6"...)
	}
	return b
}

// appendWholeLabel appends the beginning of a service's line, which is not cut.
func appendWholeLabel(b []byte, k *ipvsnl.ServiceKey, names Names) []byte {
	if k.Mark != 0 {
		return appendMarkLabel(b, k)
	}
	b = pad(append(b, words.ProtocolOf(k.Protocol).Name...), len(b), protocolWidth)
	return appendWholeAddrPort(b, k.Addr, k.Protocol, names)
}

// appendDestinationLabel appends the beginning of a destination's line.
func (o *Options) appendDestinationLabel(b []byte, s *ipvsnl.ServiceState, d *ipvsnl.DestinationState) []byte {
	b = append(b, "  -> "...)
	start, a := len(b), d.Destination.Addr
	// The ports of destinations of a mark may belong to any protocol, so they have no names.
	b = appendColumn(b, a, s.Service.Key.Protocol, o.Names, destinationWidth)
	return cutIPv4(b, start, destinationWidth, a)
}

func (o *Options) appendCounters(b []byte, s *ipvsnl.Stats) []byte {
	for _, n := range [...]uint64{s.Conns, s.InPkts, s.OutPkts, s.InBytes, s.OutBytes} {
		b = o.appendCounter(b, n)
	}
	return b
}

// appendRates appends rates, with a separate form for those of connections and
// packets.
func (o *Options) appendRates(b []byte, s *ipvsnl.Stats, form func([]byte, uint64) []byte) []byte {
	for _, n := range [...]uint64{s.CPS, s.InPPS, s.OutPPS} {
		b = form(b, n)
	}
	return o.appendCounter(o.appendCounter(b, s.InBPS), s.OutBPS)
}

// appendCounter appends a right-aligned counter, in thousands,
// millions, ... if it is large and Exact is not set.
func (o *Options) appendCounter(b []byte, n uint64) []byte {
	if o.Exact {
		return appendExact(b, n)
	}
	for _, unit := range [...]struct {
		below, divisor uint64
		letter         string
	}{
		{1e8, 1, ""},
		{1e9, 1e3, "K"},
		{1e11, 1e6, "M"},
		{1e14, 1e9, "G"},
	} {
		if n < unit.below {
			return append(appendRight(b, n/unit.divisor, counterWidth-len(unit.letter)), unit.letter...)
		}
	}
	return append(appendRight(b, n/1e12, counterWidth-1), 'T')
}

// appendExact appends a counter in full, with at least one blank before it.
func appendExact(b []byte, n uint64) []byte {
	return appendRight(append(b, ' '), n, counterWidth-1)
}
