// SPDX-License-Identifier: Apache-2.0

package format

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/schedulers"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/conns"
)

// Parts of lines are appended whole, with names or without.
func TestLabels(t *testing.T) {
	web := netip.MustParseAddrPort("10.1.1.2:80")
	c := &conns.Connection{Protocol: "TCP", Client: web}
	key := &ipvsnl.ServiceKey{Protocol: ipvsnl.TCP, Addr: web}
	for _, tt := range []struct {
		append func([]byte, Names) []byte
		want   string
	}{
		{func(b []byte, n Names) []byte { return AppendServiceLabel(b, key, n) }, "TCP  "},
		{func(b []byte, n Names) []byte { return AppendServerLabel(b, web, ipvsnl.TCP, n) }, "  -> "},
		{func(b []byte, n Names) []byte { return AppendClientLabel(b, c, n) }, "TCP  "},
		{func(b []byte, n Names) []byte { return AppendEnd(b, c, web, n) }, ""},
	} {
		require.Equal(t, "."+tt.want+"10.1.1.2:80", string(tt.append([]byte("."), nil)))
		require.Equal(t, "."+tt.want+"Short.Example.COM:http", string(tt.append([]byte("."), names{})))
	}
	service := &ipvsnl.ServiceState{Service: ipvsnl.Service{Scheduler: "rr", OnePacket: true}}
	require.Equal(t, ".rr ops", string(AppendDetails([]byte("."), service)))
	server := &ipvsnl.DestinationState{Destination: ipvsnl.Destination{Forwarding: ipvsnl.Tunnel, TunnelType: ipvsnl.GUE, TunnelPort: 6080}}
	require.Equal(t, ".gue:6080:-c", string(AppendTunnel([]byte("."), server)))
	require.Equal(t, "Synced", OriginName(conns.Synced))
}

// Schedulers are in a column as wide as the longest name, with what the kernel would load.
func TestSchedulers(t *testing.T) {
	all := []schedulers.Scheduler{{Name: "rr", State: schedulers.Loadable, File: "/lib/ip_vs_rr.ko"}, {Name: "lblcr", State: schedulers.Loaded}}
	require.Equal(t, ".rr    /lib/ip_vs_rr.ko\nlblcr loaded\n", string(AppendSchedulers([]byte("."), all)))
	require.JSONEq(t, `[{"name":"rr","state":"loadable","file":"/lib/ip_vs_rr.ko"},{"name":"lblcr","state":"loaded"}]`,
		string(AppendSchedulersJSON(nil, all)))
}
