package ipvsnl_test

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

func TestStrings(t *testing.T) {
	for _, test := range []struct {
		value fmt.Stringer
		want  string
	}{
		{ipvsnl.IPv4, "IPv4"},
		{ipvsnl.IPv6, "IPv6"},
		{ipvsnl.Family(1), "Family(1)"},
		{ipvsnl.TCP, "TCP"},
		{ipvsnl.UDP, "UDP"},
		{ipvsnl.SCTP, "SCTP"},
		{ipvsnl.Protocol(65535), "Protocol(65535)"},
		{ipvsnl.Masquerade, "Masquerade"},
		{ipvsnl.Local, "Local"},
		{ipvsnl.Tunnel, "Tunnel"},
		{ipvsnl.Route, "Route"},
		{ipvsnl.Bypass, "Bypass"},
		{ipvsnl.Forwarding(5), "Forwarding(5)"},
		{ipvsnl.Forwarding(1<<32 - 1), "Forwarding(4294967295)"},
		{ipvsnl.IPIP, "IPIP"},
		{ipvsnl.GUE, "GUE"},
		{ipvsnl.GRE, "GRE"},
		{ipvsnl.TunnelType(3), "TunnelType(3)"},
		{ipvsnl.Master, "master"},
		{ipvsnl.Backup, "backup"},
		{ipvsnl.DaemonState(0), "DaemonState(0)"},
		{ipvsnl.Version(0x010201), "1.2.1"},
		{ipvsnl.Version(0x01ff00), "1.255.0"},
		{ipvsnl.AddrKey(ipvsnl.TCP, netip.MustParseAddrPort("192.0.2.1:80")), "TCP 192.0.2.1:80"},
		{ipvsnl.AddrKey(ipvsnl.SCTP, netip.MustParseAddrPort("[2001:db8::1]:80")), "SCTP [2001:db8::1]:80"},
		{ipvsnl.MarkKey(1<<32-1, ipvsnl.IPv4), "mark 4294967295 IPv4"},
		{ipvsnl.MarkKey(1, ipvsnl.IPv6), "mark 1 IPv6"},
		{ipvsnl.ServiceKey{Mark: 1}, "mark 1 IPv4"},
		{ipvsnl.ServiceKey{}, "Protocol(0) invalid AddrPort"},
		{ipvsnl.Op(0), "Op(0)"},
		{ipvsnl.OpOpen, "open"},
		{ipvsnl.OpFlush, "flush"},
		{ipvsnl.OpFlush + 1, "Op(20)"},
	} {
		if got := test.value.String(); got != test.want {
			t.Errorf("%#v: %q, want %q", test.value, got, test.want)
		}
	}
}

func TestKeys(t *testing.T) {
	for _, test := range []struct{ got, want ipvsnl.ServiceKey }{
		{ipvsnl.AddrKey(ipvsnl.TCP, netip.MustParseAddrPort("192.0.2.1:80")),
			ipvsnl.ServiceKey{Family: ipvsnl.IPv4, Protocol: ipvsnl.TCP, Addr: netip.MustParseAddrPort("192.0.2.1:80")}},
		{ipvsnl.AddrKey(ipvsnl.UDP, netip.MustParseAddrPort("[::1]:0")),
			ipvsnl.ServiceKey{Family: ipvsnl.IPv6, Protocol: ipvsnl.UDP, Addr: netip.MustParseAddrPort("[::1]:0")}},
		{ipvsnl.MarkKey(7, ipvsnl.IPv6), ipvsnl.ServiceKey{Family: ipvsnl.IPv6, Mark: 7}},
	} {
		if test.got != test.want {
			t.Errorf("%#v, want %#v", test.got, test.want)
		}
	}
}
