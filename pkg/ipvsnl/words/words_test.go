// SPDX-License-Identifier: Apache-2.0

package words

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/ipvsnltest"
)

func TestProtocols(t *testing.T) {
	for p, want := range map[ipvsnl.Protocol]Protocol{
		ipvsnl.TCP:  {ipvsnl.TCP, "-t", "TCP", "tcp"},
		ipvsnl.UDP:  {ipvsnl.UDP, "-u", "UDP", "udp"},
		ipvsnl.SCTP: {ipvsnl.SCTP, "--sctp-service", "SCTP", "sctp"},
		0:           {},
		99:          {},
	} {
		require.Equal(t, want, ProtocolOf(p))
	}
}

func TestForwardings(t *testing.T) {
	for m, want := range map[ipvsnl.Forwarding]Forwarding{
		ipvsnl.Masquerade: {ipvsnl.Masquerade, "-m", "Masq"},
		ipvsnl.Local:      {ipvsnl.Local, "-g", "Local"},
		ipvsnl.Tunnel:     {ipvsnl.Tunnel, "-i", "Tunnel"},
		ipvsnl.Route:      {ipvsnl.Route, "-g", "Route"},
		ipvsnl.Bypass:     {ipvsnl.Bypass, "-g", "Bypass"},
		5:                 {},
		7:                 {},
	} {
		require.Equal(t, want, ForwardingOf(m))
	}
}

func TestTunnels(t *testing.T) {
	for tunnel, want := range map[ipvsnl.TunnelType]TunnelType{
		ipvsnl.IPIP: {ipvsnl.IPIP, "ipip", false, false},
		ipvsnl.GUE:  {ipvsnl.GUE, "gue", true, true},
		ipvsnl.GRE:  {ipvsnl.GRE, "gre", false, true},
		9:           {Type: 9},
	} {
		require.Equal(t, want, TunnelTypeOf(tunnel))
	}
	for flags, want := range map[ipvsnl.TunnelFlags]string{
		0:                           "--tun-nocsum -c",
		ipvsnl.TunnelChecksum:       "--tun-csum +c",
		ipvsnl.TunnelRemoteChecksum: "--tun-remcsum r+c",
		3:                           "--tun-csum +c", // the first flag counts
		4:                           "--tun-nocsum -c",
		5:                           "--tun-csum +c",
	} {
		got := TunnelChecksumOf(flags)
		require.Equal(t, want, got.Option+" "+got.Name, "%d", flags)
	}
}

func TestAppendTunnel(t *testing.T) {
	for want, d := range map[string]ipvsnl.Destination{
		"x --tun-type ipip":                              {TunnelPort: 9, TunnelFlags: ipvsnl.TunnelChecksum},
		"x --tun-type gre --tun-csum":                    {TunnelType: ipvsnl.GRE, TunnelPort: 9, TunnelFlags: ipvsnl.TunnelChecksum},
		"x --tun-type gue --tun-port 6080 --tun-nocsum":  {TunnelType: ipvsnl.GUE, TunnelPort: 6080},
		"x --tun-type gue --tun-port 6080 --tun-remcsum": {TunnelType: ipvsnl.GUE, TunnelPort: 6080, TunnelFlags: ipvsnl.TunnelRemoteChecksum},
	} {
		require.Equal(t, want, string(AppendTunnel([]byte("x "), &d)))
	}
}

// A scheduler's own names come before those of every scheduler.
func TestSchedulerFlags(t *testing.T) {
	for _, tt := range []struct {
		scheduler string
		flags     [3]string // what each is called
		shown     [8]string // what a listing shows of every set of them
	}{
		{"sh", [3]string{"sh-fallback", "sh-port", "flag-3"},
			[8]string{"", "sh-fallback", "sh-port", "sh-fallback,sh-port", "", "sh-fallback", "sh-port", "sh-fallback,sh-port"}},
		{"mh", [3]string{"mh-fallback", "mh-port", "flag-3"},
			[8]string{"", "mh-fallback", "mh-port", "mh-fallback,mh-port", "", "mh-fallback", "mh-port", "mh-fallback,mh-port"}},
		{"rr", [3]string{"flag-1", "flag-2", "flag-3"},
			[8]string{"", "flag-1", "flag-2", "flag-1,flag-2", "flag-3", "flag-1,flag-3", "flag-2,flag-3", "flag-1,flag-2,flag-3"}},
		{"", [3]string{"flag-1", "flag-2", "flag-3"},
			[8]string{"", "flag-1", "flag-2", "flag-1,flag-2", "flag-3", "flag-1,flag-3", "flag-2,flag-3", "flag-1,flag-2,flag-3"}},
	} {
		t.Run(tt.scheduler, func(t *testing.T) {
			for i, want := range tt.flags {
				require.Equal(t, want, SchedulerFlagOf(tt.scheduler, ipvsnl.SchedulerFlag1<<i))
			}
			require.Empty(t, SchedulerFlagOf(tt.scheduler, ipvsnl.SchedulerFlag1>>1))
			for set, want := range tt.shown {
				flags := ipvsnl.SchedulerFlag1 * ipvsnl.SchedulerFlags(set)
				require.Equal(t, "("+want, string(AppendSchedulerFlags([]byte("("), tt.scheduler, flags)))
			}
		})
	}
}

// The names of schedulers and of the engine are those that a kernel has.
func TestSchedulers(t *testing.T) {
	c, err := ipvsnltest.New().Open(t.Context())
	require.NoError(t, err)
	defer c.Close()
	names := strings.Fields(Schedulers)
	require.Len(t, names, 14)
	for i, name := range names {
		require.NoError(t, c.Apply(t.Context(), ipvsnl.AddService(ipvsnl.Service{
			Key: ipvsnl.ServiceKey{Mark: uint32(i + 1)}, Scheduler: name, Persistence: ipvsnl.Persistence{Timeout: time.Second, Engine: Engine},
		})), name)
	}
}
