// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// What belongs to no service comes first, and what a save writes makes the same table.
func TestSaveForms(t *testing.T) {
	s := newTestSystem(t)
	s.restore(t, "-A -f 2\n-A -f 1 -s rr\n-a -f 1 -r 10.0.0.2 -x 9 -y 5\n-a -f 1 -r 10.0.0.1\n"+
		"--start-daemon backup\n--start-daemon master --syncid 3\n")
	const (
		timeouts   = "--set 900 120 300\n"
		daemons    = "--start-daemon master --mcast-interface eth0 --syncid 3 --sync-maxlen 1472 --mcast-group 224.0.0.81 --mcast-port 8848 --mcast-ttl 1\n--start-daemon backup --mcast-interface eth0 --syncid 0 --sync-maxlen 1472 --mcast-group 224.0.0.81 --mcast-port 8848 --mcast-ttl 1\n"
		one        = "-A -f 1 -s rr\n-a -f 1 -r 10.0.0.1:0 -g -w 1\n"
		plain      = "-a -f 1 -r 10.0.0.2:0 -g -w 1\n"
		thresholds = "-a -f 1 -r 10.0.0.2:0 -g -w 1 -x 9 -y 5\n"
		two        = "-A -f 2 -s wlc\n"
	)
	for words, want := range map[string]string{
		"":                           one + plain + two,
		"--thresholds":               one + thresholds + two,
		"--timeout":                  timeouts + one + plain + two,
		"--daemon":                   daemons + one + plain + two,
		"--all":                      timeouts + daemons + one + thresholds + two,
		"--stable":                   one + plain + two,
		"--stable --all":             timeouts + daemons + one + thresholds + two,
		"-f 1":                       one + plain,
		"-f 1 --stable":              one + plain,
		"-f 2 --stable --thresholds": two,
	} {
		require.Equal(t, result{stdout: want}, s.input("", "ipvsadm -S -n "+words), words)
		require.Equal(t, result{stdout: want}, s.input("", "ipvsadm-save -n "+words), words)
	}
	listings := 0
	s.before = func(r request) error {
		if r.command == getDest {
			listings++
		}
		return nil
	}
	s.input("", "ipvsadm -S -n --stable -f 1")
	require.Equal(t, 2, listings, "what was read until two readings agreed is written")
	for _, words := range []string{"-f 3", "-f 3 --stable"} {
		require.Equal(t, result{stderr: "No such service\n", code: 1}, s.input("", "ipvsadm -S -n "+words))
	}
	all := s.input("", "ipvsadm -S -n --all")
	s.do(t, "ipvsadm --stop-daemon master", "ipvsadm --stop-daemon backup")
	require.Equal(t, result{}, s.input(all.stdout, "ipvsadm-restore"))
	require.Equal(t, all, s.input("", "ipvsadm -S -n --all"))
}

// A stable save reads until two readings agree, and says if none do.
func TestSaveStable(t *testing.T) {
	s := newTestSystem(t)
	changing(t, s)
	got := s.input("", "ipvsadm -S -n --stable")
	require.Equal(t, unstable, got.stderr)
	require.Zero(t, got.code)
	require.Contains(t, got.stdout, "-A -f 100 -s wlc\n-A -f 101 -s rr\n")
	require.Empty(t, s.input("", "ipvsadm -S -n").stderr)

	// The writer comes to rest.
	s = newTestSystem(t)
	s.do(t, "ipvsadm -A -f 1")
	other := s.another(t)
	turns := uint32(0)
	s.before = func(r request) error {
		if turns++; r.command != getService || turns > 3 {
			return nil
		}
		return other.Apply(t.Context(), ipvsnl.AddService(ipvsnl.Service{Key: ipvsnl.ServiceKey{Mark: 1 + turns}, Scheduler: "rr"}))
	}
	got = s.input("", "ipvsadm -S -n --stable")
	require.Equal(t, result{stdout: s.saved(t)}, got)
}
