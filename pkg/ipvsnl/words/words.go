// SPDX-License-Identifier: Apache-2.0

// Package words defines the words that the command line and the listings share:
// whatever one of them writes and the other reads is defined here, once.
package words

import (
	"strconv"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// A Protocol is how a transport protocol is written.
type Protocol struct {
	Protocol ipvsnl.Protocol
	Option   string // names a service of that protocol in rules: "-t"
	Name     string // in listings: "TCP"
	Services string // in /etc/services: "tcp"
}

// Protocols are all the transport protocols of services.
var Protocols = []Protocol{
	{ipvsnl.TCP, "-t", "TCP", "tcp"},
	{ipvsnl.UDP, "-u", "UDP", "udp"},
	{ipvsnl.SCTP, "--sctp-service", "SCTP", "sctp"},
}

// ProtocolOf returns the words for p, or the zero Protocol if it has none.
func ProtocolOf(p ipvsnl.Protocol) Protocol {
	for _, row := range Protocols {
		if row.Protocol == p {
			return row
		}
	}
	return Protocol{}
}

// Schedulers are those of Linux, with a blank between, whether the running kernel has them or not; Engine is its only
// persistence engine.
const (
	Schedulers = "rr wrr lc wlc lblc lblcr dh sh sed nq fo ovf mh twos"
	Engine     = "sip"
)

// A Forwarding is how a forwarding method is written.
type Forwarding struct {
	Method ipvsnl.Forwarding
	Option string // "-m"
	Name   string // in listings: "Masq"
}

// Forwardings are all forwarding methods that a destination can have. Those that
// cannot be requested have the option that comes closest.
var Forwardings = []Forwarding{
	{ipvsnl.Masquerade, "-m", "Masq"},
	{ipvsnl.Local, "-g", "Local"},
	{ipvsnl.Tunnel, "-i", "Tunnel"},
	{ipvsnl.Route, "-g", "Route"},
	{ipvsnl.Bypass, "-g", "Bypass"},
}

// ForwardingOf returns the words for m, or the zero Forwarding if it has none.
func ForwardingOf(m ipvsnl.Forwarding) Forwarding {
	for _, row := range Forwardings {
		if row.Method == m {
			return row
		}
	}
	return Forwarding{}
}

// A TunnelType is how a tunnel type is written.
type TunnelType struct {
	Type     ipvsnl.TunnelType
	Name     string // "gue"
	Port     bool   // whether it has a port
	Checksum bool   // whether the checksum can be chosen
}

// TunnelTypes are all the tunnel types.
var TunnelTypes = []TunnelType{
	{Type: ipvsnl.IPIP, Name: "ipip"},
	{Type: ipvsnl.GUE, Name: "gue", Port: true, Checksum: true},
	{Type: ipvsnl.GRE, Name: "gre", Checksum: true},
}

// TunnelTypeOf returns the words for t, or the zero TunnelType if it has none.
func TunnelTypeOf(t ipvsnl.TunnelType) TunnelType {
	for _, row := range TunnelTypes {
		if row.Type == t {
			return row
		}
	}
	return TunnelType{Type: t}
}

// A TunnelChecksum is how the checksum of a tunnel is written.
type TunnelChecksum struct {
	Flags  ipvsnl.TunnelFlags
	Option string // "--tun-csum"
	Name   string // in listings: "+c"
}

// TunnelChecksums are the choices of checksum. The first one is for a tunnel
// without a flag.
var TunnelChecksums = []TunnelChecksum{
	{0, "--tun-nocsum", "-c"},
	{ipvsnl.TunnelChecksum, "--tun-csum", "+c"},
	{ipvsnl.TunnelRemoteChecksum, "--tun-remcsum", "r+c"},
}

// TunnelChecksumOf returns the words for the first flag that is set in f.
func TunnelChecksumOf(f ipvsnl.TunnelFlags) TunnelChecksum {
	for _, row := range TunnelChecksums[1:] {
		if f&row.Flags != 0 {
			return row
		}
	}
	return TunnelChecksums[0]
}

// AppendTunnel appends the options of a destination's tunnel: "--tun-type gue --tun-port 6080 --tun-nocsum".
func AppendTunnel(b []byte, d *ipvsnl.Destination) []byte {
	t := TunnelTypeOf(d.TunnelType)
	b = append(append(b, "--tun-type "...), t.Name...)
	if t.Port {
		b = strconv.AppendUint(append(b, " --tun-port "...), uint64(d.TunnelPort), 10)
	}
	if t.Checksum {
		b = append(append(b, ' '), TunnelChecksumOf(d.TunnelFlags).Option...)
	}
	return b
}

// A SchedulerFlag is the name of a scheduler flag.
type SchedulerFlag struct {
	Scheduler string // the scheduler that uses this name; empty for any
	Flag      ipvsnl.SchedulerFlags
	Name      string
}

// SchedulerFlags are all the names of scheduler flags, those of one scheduler
// in the order in which they are written.
var SchedulerFlags = []SchedulerFlag{
	{"sh", ipvsnl.SchedulerFlag1, "sh-fallback"},
	{"sh", ipvsnl.SchedulerFlag2, "sh-port"},
	{"mh", ipvsnl.SchedulerFlag1, "mh-fallback"},
	{"mh", ipvsnl.SchedulerFlag2, "mh-port"},
	{"", ipvsnl.SchedulerFlag1, "flag-1"},
	{"", ipvsnl.SchedulerFlag2, "flag-2"},
	{"", ipvsnl.SchedulerFlag3, "flag-3"},
}

// SchedulerFlagOf returns the scheduler's own name for a flag or, without one,
// the general name.
func SchedulerFlagOf(scheduler string, flag ipvsnl.SchedulerFlags) (name string) {
	for _, row := range SchedulerFlags {
		switch {
		case row.Flag != flag:
		case row.Scheduler == scheduler:
			return row.Name
		case row.Scheduler == "":
			name = row.Name
		}
	}
	return name
}

// AppendSchedulerFlags appends the scheduler's names of the flags that are set,
// separated by commas. A scheduler with its own
// names does not show flags without one.
func AppendSchedulerFlags(b []byte, scheduler string, flags ipvsnl.SchedulerFlags) []byte {
	owner := ""
	for _, row := range SchedulerFlags {
		if row.Scheduler == scheduler {
			owner = scheduler
		}
	}
	first := true
	for _, row := range SchedulerFlags {
		if row.Scheduler != owner || flags&row.Flag == 0 {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		b = append(b, row.Name...)
		first = false
	}
	return b
}
