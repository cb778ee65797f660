// SPDX-License-Identifier: Apache-2.0

package ipvsnl_test

import (
	"encoding"
	"encoding/json"
	"fmt"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

func TestStrings(t *testing.T) {
	for _, test := range []struct {
		value fmt.Stringer
		want  string
	}{
		{ipvsnl.Family(1), "Family(1)"},
		{ipvsnl.Protocol(65535), "Protocol(65535)"},
		{ipvsnl.Forwarding(1<<32 - 1), "Forwarding(4294967295)"},
		{ipvsnl.TunnelType(3), "TunnelType(3)"},
		{ipvsnl.DaemonState(0), "DaemonState(0)"},
		{ipvsnl.Version(0x010201), "1.2.1"},
		{ipvsnl.Version(0x01ff00), "1.255.0"},
		{ipvsnl.ServiceKey{Protocol: ipvsnl.TCP, Addr: netip.MustParseAddrPort("192.0.2.1:80")}, "TCP 192.0.2.1:80"},
		{ipvsnl.ServiceKey{Protocol: ipvsnl.SCTP, Addr: netip.MustParseAddrPort("[2001:db8::1]:80")}, "SCTP [2001:db8::1]:80"},
		{ipvsnl.ServiceKey{Mark: 1<<32 - 1}, "mark 4294967295 IPv4"},
		{ipvsnl.ServiceKey{Mark: 1, IPv6: true}, "mark 1 IPv6"},
		{ipvsnl.Op(0), "Op(0)"},
		{ipvsnl.OpOpen, "open"},
		{ipvsnl.OpFlush, "flush"},
		{ipvsnl.OpEnsureDestination + 1, fmt.Sprintf("Op(%d)", uint8(ipvsnl.OpEnsureDestination)+1)},
	} {
		require.Equal(t, test.want, test.value.String())
	}
}

// Text forms are read as they are written, in any case, and numbers too.
func TestText(t *testing.T) {
	for _, test := range []struct {
		value any
		again encoding.TextUnmarshaler
		text  string
		other string // what is also read, if not empty
	}{
		{ipvsnl.IPv4, new(ipvsnl.Family), "IPv4", ""},
		{ipvsnl.IPv6, new(ipvsnl.Family), "IPv6", "ipv6"},
		{ipvsnl.TCP, new(ipvsnl.Protocol), "TCP", "6"},
		{ipvsnl.UDP, new(ipvsnl.Protocol), "UDP", "udp"},
		{ipvsnl.SCTP, new(ipvsnl.Protocol), "SCTP", "Sctp"},
		{ipvsnl.Protocol(65535), new(ipvsnl.Protocol), "65535", "065535"},
		{ipvsnl.Masquerade, new(ipvsnl.Forwarding), "Masquerade", ""},
		{ipvsnl.Local, new(ipvsnl.Forwarding), "Local", ""},
		{ipvsnl.Tunnel, new(ipvsnl.Forwarding), "Tunnel", ""},
		{ipvsnl.Route, new(ipvsnl.Forwarding), "Route", ""},
		{ipvsnl.Bypass, new(ipvsnl.Forwarding), "Bypass", "bypass"},
		{ipvsnl.IPIP, new(ipvsnl.TunnelType), "IPIP", ""},
		{ipvsnl.GUE, new(ipvsnl.TunnelType), "GUE", ""},
		{ipvsnl.GRE, new(ipvsnl.TunnelType), "GRE", "gre"},
		{ipvsnl.TunnelType(255), new(ipvsnl.TunnelType), "255", ""},
		{ipvsnl.Master, new(ipvsnl.DaemonState), "master", "MASTER"},
		{ipvsnl.Backup, new(ipvsnl.DaemonState), "backup", ""},
		{ipvsnl.DaemonState(1<<32 - 1), new(ipvsnl.DaemonState), "4294967295", ""},
		{ipvsnl.Mask{}, new(ipvsnl.Mask), "whole", "/128"},
		{ipvsnl.Mask4([4]byte{255, 0, 255, 0}), new(ipvsnl.Mask), "255.0.255.0", ""},
		{ipvsnl.Mask4([4]byte{}), new(ipvsnl.Mask), "0.0.0.0", ""},
		{ipvsnl.Mask6(64), new(ipvsnl.Mask), "/64", ""},
		{ipvsnl.Mask6(1), new(ipvsnl.Mask), "/1", "/01"},
	} {
		got, err := json.Marshal(test.value)
		require.NoError(t, err)
		require.Equal(t, `"`+test.text+`"`, string(got))
		for _, text := range []string{test.text, test.other} {
			if text == "" {
				continue
			}
			require.NoError(t, test.again.UnmarshalText([]byte(text)))
			require.Equal(t, test.value, reflect.ValueOf(test.again).Elem().Interface(), text)
		}
	}
	whole := ipvsnl.Mask6(64)
	require.NoError(t, whole.UnmarshalText([]byte("whole")))
	require.Equal(t, ipvsnl.Mask{}, whole)
	for text, v := range map[string]encoding.TextUnmarshaler{
		"TCPX": new(ipvsnl.Protocol), "65536": new(ipvsnl.Protocol), "": new(ipvsnl.Forwarding), "256": new(ipvsnl.TunnelType),
		"-1": new(ipvsnl.Family), "4294967296": new(ipvsnl.DaemonState), "/0": new(ipvsnl.Mask), "/129": new(ipvsnl.Mask),
		"/x": new(ipvsnl.Mask), "::1": new(ipvsnl.Mask), "255.255.255": new(ipvsnl.Mask),
	} {
		require.Error(t, v.UnmarshalText([]byte(text)), text)
	}
}

// A mask has one form only, and tells what it was made of.
func TestMask(t *testing.T) {
	require.Equal(t, ipvsnl.Mask{}, ipvsnl.Mask4([4]byte{255, 255, 255, 255}))
	require.Equal(t, ipvsnl.Mask{}, ipvsnl.Mask6(128))
	require.Equal(t, [4]byte{255, 255, 255, 255}, ipvsnl.Mask{}.As4())
	require.Equal(t, 128, ipvsnl.Mask{}.Len6())
	require.Equal(t, [4]byte{1, 2, 3, 4}, ipvsnl.Mask4([4]byte{1, 2, 3, 4}).As4())
	require.Equal(t, 64, ipvsnl.Mask6(64).Len6())
	require.NotEqual(t, ipvsnl.Mask4([4]byte{255, 255, 255, 191}), ipvsnl.Mask6(64))
}

// All of a service and a destination shows, as of any value.
func TestPrinted(t *testing.T) {
	s := ipvsnl.Service{
		Key: ipvsnl.ServiceKey{Mark: 7}, Scheduler: "mh", SchedulerFlags: ipvsnl.SchedulerFlag2, OnePacket: true,
		Persistence: ipvsnl.Persistence{Timeout: time.Minute, Mask: ipvsnl.Mask4([4]byte{255}), Engine: "sip"},
	}
	require.Equal(t, "{mark 7 IPv4 mh 16 true {1m0s 255.0.0.0 sip}}", fmt.Sprint(s))
	d := ipvsnl.Destination{Addr: server.Addr, Forwarding: ipvsnl.Tunnel, Weight: 5, UpperThreshold: 9, LowerThreshold: 3, TunnelType: ipvsnl.GUE, TunnelPort: 6080, TunnelFlags: 1}
	require.Equal(t, "{Addr:10.0.0.1:80 Forwarding:Tunnel Weight:5 UpperThreshold:9 LowerThreshold:3 TunnelType:GUE TunnelPort:6080 TunnelFlags:1}", fmt.Sprintf("%+v", d))
}

func TestFamily(t *testing.T) {
	for key, want := range map[ipvsnl.ServiceKey]ipvsnl.Family{
		{Mark: 1}:             ipvsnl.IPv4,
		{Mark: 1, IPv6: true}: ipvsnl.IPv6,
		web:                   ipvsnl.IPv4,
		{Protocol: ipvsnl.TCP, Addr: netip.MustParseAddrPort("[2001:db8::1]:80")}:      ipvsnl.IPv6,
		{Protocol: ipvsnl.TCP, Addr: netip.MustParseAddrPort("[::ffff:192.0.2.1]:80")}: ipvsnl.IPv6,
		{}: ipvsnl.IPv4,
	} {
		require.Equal(t, want, key.Family(), "%v", key)
	}
}

func TestStatsAdd(t *testing.T) {
	a := ipvsnl.Stats{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	b := ipvsnl.Stats{10, 20, 30, 40, 50, 60, 70, 80, 90, 100}
	require.Equal(t, ipvsnl.Stats{11, 22, 33, 44, 55, 66, 77, 88, 99, 110}, a.Add(b))
}
