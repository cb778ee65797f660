// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/ipvsnltest"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/reconcile"
)

func TestPlanTimeouts(t *testing.T) {
	timeouts := func(tcp, fin, udp time.Duration) ipvsnl.Timeouts {
		return ipvsnl.Timeouts{TCP: tcp * time.Second, TCPFin: fin * time.Second, UDP: udp * time.Second}
	}
	current := timeouts(900, 120, 300)
	for _, c := range []struct{ wanted, want ipvsnl.Timeouts }{
		{wanted: timeouts(0, 0, 0)},
		{wanted: current},
		{wanted: timeouts(0, 120, 0)},
		{timeouts(1, 120, 0), timeouts(1, 0, 0)},
		{timeouts(0, 2, 300), timeouts(0, 2, 0)},
		{timeouts(900, 0, 3), timeouts(0, 0, 3)},
		{timeouts(1, 2, 3), timeouts(1, 2, 3)},
	} {
		var want []ipvsnl.Change
		if c.want != (ipvsnl.Timeouts{}) {
			want = []ipvsnl.Change{ipvsnl.SetTimeouts(c.want)}
		}
		require.Equal(t, want, reconcile.PlanTimeouts(current, c.wanted), "%+v", c.wanted)
	}
}

func TestPlanDaemons(t *testing.T) {
	type daemons = map[ipvsnl.DaemonState]*ipvsnl.Daemon
	group, group6 := netip.MustParseAddr("224.0.0.81"), netip.MustParseAddr("ff02::1")
	master := ipvsnl.Daemon{State: ipvsnl.Master, Interface: "lo", SyncID: 5, MaxLen: 1472, Group: group, Port: 8848, TTL: 1}
	backup := ipvsnl.Daemon{State: ipvsnl.Backup, Interface: "lo", MaxLen: 1024, Group: group, Port: 8848, TTL: 1}
	running := []ipvsnl.Daemon{master, backup}
	// with returns a daemon with a change.
	with := func(d ipvsnl.Daemon, change func(*ipvsnl.Daemon)) *ipvsnl.Daemon {
		change(&d)
		return &d
	}
	// maxLen returns a change of the longest message.
	maxLen := func(n uint16) func(*ipvsnl.Daemon) { return func(d *ipvsnl.Daemon) { d.MaxLen = n } }
	short := ipvsnl.Daemon{State: ipvsnl.Master, Interface: "lo", SyncID: 5}
	shortBackup := ipvsnl.Daemon{State: ipvsnl.Backup, Interface: "lo"}
	master6 := *with(master, func(d *ipvsnl.Daemon) { d.Group = group6 })
	type test struct {
		name        string
		current     []ipvsnl.Daemon
		wanted      daemons
		stop, start []ipvsnl.Daemon
	}
	tests := []test{
		{name: "none is named", current: running},
		{name: "as they are", current: running, wanted: daemons{ipvsnl.Master: &short, ipvsnl.Backup: &shortBackup}},
		{name: "in full", current: running, wanted: daemons{ipvsnl.Master: &master, ipvsnl.Backup: &backup}},
		{name: "without a state", current: running, wanted: daemons{ipvsnl.Master: {Interface: "lo", SyncID: 5}, ipvsnl.Backup: {Interface: "lo"}}},
		{name: "short messages of a backup", current: running, wanted: daemons{ipvsnl.Backup: with(shortBackup, maxLen(7))}},
		{name: "long messages of a backup", current: running, wanted: daemons{ipvsnl.Backup: with(shortBackup, maxLen(1025))},
			stop: running[1:], start: []ipvsnl.Daemon{*with(shortBackup, maxLen(1025))}},
		{name: "stopped", current: running, wanted: daemons{ipvsnl.Master: nil}, stop: running[:1]},
		{name: "both stopped", current: running, wanted: daemons{ipvsnl.Backup: nil, ipvsnl.Master: nil}, stop: running},
		{name: "not running", current: running[:1], wanted: daemons{ipvsnl.Backup: nil}},
		{name: "started", current: running[:1], wanted: daemons{ipvsnl.Backup: &shortBackup}, start: []ipvsnl.Daemon{shortBackup}},
		{name: "started without a state", wanted: daemons{ipvsnl.Backup: {Interface: "lo"}}, start: []ipvsnl.Daemon{shortBackup}},
		{name: "the longest messages of an IPv6 group", current: []ipvsnl.Daemon{*with(master6, maxLen(65487))},
			wanted: daemons{ipvsnl.Master: with(*with(short, maxLen(65507)), func(d *ipvsnl.Daemon) { d.Group = group6 })}},
		{name: "the longest messages of an IPv4 group", current: []ipvsnl.Daemon{*with(master, maxLen(65507))},
			wanted: daemons{ipvsnl.Master: with(short, maxLen(65507))}},
	}
	for name, change := range map[string]func(*ipvsnl.Daemon){
		"another interface":  func(d *ipvsnl.Daemon) { d.Interface = "eth0" },
		"another sync id":    func(d *ipvsnl.Daemon) { d.SyncID = 6 },
		"another group":      func(d *ipvsnl.Daemon) { d.Group = group6 },
		"another port":       func(d *ipvsnl.Daemon) { d.Port = 1 },
		"another TTL":        func(d *ipvsnl.Daemon) { d.TTL = 2 },
		"other message size": maxLen(7),
	} {
		changed := with(short, change)
		tests = append(tests, test{name: name, current: running, wanted: daemons{ipvsnl.Master: changed},
			stop: running[:1], start: []ipvsnl.Daemon{*changed}})
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			var wantStop, wantStart []ipvsnl.Change
			for _, d := range c.stop {
				wantStop = append(wantStop, ipvsnl.Change{Op: ipvsnl.OpStopDaemon, Daemon: d})
			}
			for _, d := range c.start {
				wantStart = append(wantStart, ipvsnl.StartDaemon(d))
			}
			stop, start := reconcile.PlanDaemons(c.current, c.wanted)
			require.Equal(t, wantStop, stop)
			require.Equal(t, wantStart, start)
		})
	}
}

// A daemon that runs as it was asked for is left alone, and one that differs is replaced
// by the changes.
func TestApplyDaemons(t *testing.T) {
	c := open(t, ipvsnltest.New())
	first := ipvsnl.Daemon{State: ipvsnl.Master, Interface: "lo", SyncID: 1}
	second := ipvsnl.Daemon{State: ipvsnl.Master, Interface: "lo", SyncID: 2}
	require.NoError(t, c.Apply(t.Context(), ipvsnl.StartDaemon(first)))
	for range 2 {
		running, err := c.Daemons(t.Context())
		require.NoError(t, err)
		stop, start := reconcile.PlanDaemons(running, map[ipvsnl.DaemonState]*ipvsnl.Daemon{ipvsnl.Master: &second})
		require.NoError(t, reconcile.Apply(t.Context(), c, append(stop, start...)))
	}
	running, err := c.Daemons(t.Context())
	require.NoError(t, err)
	require.Len(t, running, 1)
	require.EqualValues(t, 2, running[0].SyncID)
	require.Equal(t, []int{1, 2}, c.sends)
}
