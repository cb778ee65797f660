// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

const drainRules = `-A -t 192.0.2.1:80 -s wlc
-a -t 192.0.2.1:80 -r 10.0.0.1:8080 -m -w 3 -x 9 -y 4
-a -t 192.0.2.1:80 -r 10.0.0.2:80 -i -w 2 --tun-type gue --tun-port 6080
-A -u 192.0.2.1:53 -s rr -o
-a -u 192.0.2.1:53 -r 10.0.0.1:53 -m
-A -f 7 -s rr -p 60
-a -f 7 -r 10.0.0.1:0 -m
`

// A drained is a system with connections that end at certain readings.
type drained struct {
	*testSystem
	readings int
	at       map[int]func() // what happens before a reading of servers, from 1; the first is that for the weight
}

func newDrained(t *testing.T) *drained {
	s := &drained{testSystem: newTestSystem(t), at: map[int]func(){}}
	s.restore(t, drainRules)
	s.inMemory = &testSysctls{values: map[string]string{"expire_quiescent_template": "0"}}
	s.before = func(r request) error {
		if r.command == getDest {
			s.readings++
			if f := s.at[s.readings]; f != nil {
				f()
			}
		}
		return nil
	}
	return s
}

var (
	drainWeb  = ipvsnl.ServiceKey{Protocol: ipvsnl.TCP, Addr: netip.MustParseAddrPort("192.0.2.1:80")}
	drainDNS  = ipvsnl.ServiceKey{Protocol: ipvsnl.UDP, Addr: netip.MustParseAddrPort("192.0.2.1:53")}
	drainMark = ipvsnl.ServiceKey{Mark: 7}
)

// has sets the connections of a server.
func (s *drained) has(t *testing.T, key ipvsnl.ServiceKey, server string, active, inactive, templates uint32) {
	require.True(t, s.director.SetDestination(key, netip.MustParseAddrPort(server), func(d *ipvsnl.DestinationState) {
		d.ActiveConns, d.InactiveConns, d.PersistentConns = active, inactive, templates
	}))
}

// A server gets weight 0 and nothing else, and goes with its last connection.
func TestDrain(t *testing.T) {
	s := newDrained(t)
	s.has(t, drainWeb, "10.0.0.1:8080", 2, 5, 7)
	s.has(t, drainWeb, "10.0.0.2:80", 9, 9, 9)
	weighed := ""
	s.at[3] = func() { s.has(t, drainWeb, "10.0.0.1:8080", 1, 5, 7) }
	s.at[4] = func() {
		for d := range s.another(t).EachDestination(t.Context(), drainWeb) {
			if d.Destination.Addr.Port() == 8080 {
				weighed = strings.TrimSpace(rule(&ipvsnl.Change{Op: ipvsnl.OpSetDestination, Service: ipvsnl.Service{Key: drainWeb}, Destination: d.Destination}))
			}
		}
	}
	s.at[6] = func() { s.has(t, drainWeb, "10.0.0.1:8080", 0, 5, 7) } // which do not count
	require.Equal(t, result{stderr: "10.0.0.1:8080: 2 connections left\n"},
		s.input("", "ipvsadm -d -t 192.0.2.1:80 -r 10.0.0.1:8080 --drain"))
	require.Equal(t, 7, s.readings, "the last is confirmed")
	require.Equal(t, "-e -t 192.0.2.1:80 -r 10.0.0.1:8080 -m -w 0 -x 9 -y 4", weighed)
	require.NotContains(t, s.saved(t), "10.0.0.1:8080")
	require.Contains(t, s.saved(t), "-a -t 192.0.2.1:80 -r 10.0.0.2:80 -i -w 2 --tun-type gue --tun-port 6080")
}

// Lines are written when something changes, but not too often.
func TestDrainLines(t *testing.T) {
	s := newDrained(t)
	s.report = 0
	s.has(t, drainWeb, "10.0.0.1:8080", 2, 0, 0)
	s.at[4] = func() { s.has(t, drainWeb, "10.0.0.1:8080", 1, 0, 0) }
	s.at[6] = func() { s.has(t, drainWeb, "10.0.0.1:8080", 0, 0, 0) }
	require.Equal(t, result{stderr: "10.0.0.1:8080: 2 connections left\n10.0.0.1:8080: 1 connection left\n"},
		s.input("", "ipvsadm -d -t 192.0.2.1:80 -r 10.0.0.1:8080 --drain=9"))

	s = newDrained(t)
	s.report = 0
	s.has(t, drainMark, "10.0.0.1:0", 0, 0, 2)
	s.at[4] = func() { s.has(t, drainMark, "10.0.0.1:0", 0, 0, 1) }
	s.at[6] = func() { s.has(t, drainMark, "10.0.0.1:0", 0, 0, 0) }
	require.Equal(t, result{stderr: waits + "10.0.0.1:0: 0 connections and 2 templates left\n10.0.0.1:0: 0 connections and 1 template left\n"},
		s.input("", "ipvsadm -d -f 7 -r 10.0.0.1 --drain"))
}

// On a terminal, nothing is left in place.
func TestDrainTerminal(t *testing.T) {
	keyboard, terminal := openTerminal(t)
	s := newDrained(t)
	s.has(t, drainWeb, "10.0.0.1:8080", 1, 0, 0)
	s.at[3] = func() { s.has(t, drainWeb, "10.0.0.1:8080", 0, 0, 0) }
	require.Zero(t, s.run(strings.Fields("ipvsadm -d -t 192.0.2.1:80 -r 10.0.0.1:8080 --drain"), nil, io.Discard, terminal))
	_, err := terminal.WriteString(".")
	require.NoError(t, err)
	requireShown(t, "\r\x1b[K10.0.0.1:8080: 1 connection left\r\x1b[K.", keyboard)
}

// Nor is it where the deletion fails.
func TestDrainTerminalFails(t *testing.T) {
	keyboard, terminal := openTerminal(t)
	s := newDrained(t)
	s.has(t, drainWeb, "10.0.0.1:8080", 1, 0, 0)
	s.at[3] = func() {
		s.has(t, drainWeb, "10.0.0.1:8080", 0, 0, 0)
		s.director.Refuse(func(ipvsnl.Change) int { return int(unix.ENOMEM) })
	}
	require.Equal(t, exitChange, s.run(strings.Fields("ipvsadm -d -t 192.0.2.1:80 -r 10.0.0.1:8080 --drain"), nil, io.Discard, terminal))
	requireShown(t, "\r\x1b[K10.0.0.1:8080: 1 connection left\r\x1b[KMemory allocation problem\r\n", keyboard)
}

const waits = "persistence templates are waited for, because net.ipv4.vs.expire_quiescent_template is 0\n"

// Of UDP and marks, inactive connections count; of persistent services templates, unless they expire.
func TestDrainCounts(t *testing.T) {
	const dns, mark = "ipvsadm -d -u 192.0.2.1:53 -r 10.0.0.1:53 --drain 0", "ipvsadm -d -f 7 -r 10.0.0.1 --drain 0"
	const late = " after 0 seconds and stays at weight 0\n"
	for _, tt := range []struct {
		line                        string
		active, inactive, templates uint32
		expires                     string
		unread                      error
		want                        result
	}{
		{line: dns, inactive: 3, expires: "0", want: result{stderr: "10.0.0.1:53: 3 connections left\n10.0.0.1:53 still has 3 connections" + late, code: 1}},
		{line: dns, templates: 3, expires: "0"},
		{line: mark, active: 1, inactive: 2, templates: 1, expires: "0",
			want: result{stderr: waits + "10.0.0.1:0: 3 connections and 1 template left\n10.0.0.1:0 still has 3 connections and 1 template" + late, code: 1}},
		{line: mark, templates: 2, unread: unix.ENOENT, want: result{stderr: waits + "10.0.0.1:0: 0 connections and 2 templates left\n" +
			"10.0.0.1:0 still has 0 connections and 2 templates" + late, code: 1}},
		{line: mark, templates: 3, expires: "1"},
		{line: mark, inactive: 1, templates: 3, expires: "1",
			want: result{stderr: "10.0.0.1:0: 1 connection left\n10.0.0.1:0 still has 1 connection" + late, code: 1}},
	} {
		s := newDrained(t)
		s.inMemory.values["expire_quiescent_template"] = tt.expires
		s.inMemory.read = map[string]error{"expire_quiescent_template": tt.unread}
		s.has(t, drainDNS, "10.0.0.1:53", tt.active, tt.inactive, tt.templates)
		s.has(t, drainMark, "10.0.0.1:0", tt.active, tt.inactive, tt.templates)
		require.Equal(t, tt.want, s.input("", tt.line), "%+v", tt)
		rules := s.saved(t)
		left := strings.Contains(rules, "-a -u") && strings.Contains(rules, "-a -f")
		require.Equal(t, tt.want.code != 0, left, "%+v", tt)
		if left {
			require.Contains(t, rules, "-m -w 0\n")
		}
	}
}

// When the time is up, the server stays, or goes by force.
func TestDrainExpires(t *testing.T) {
	s := newDrained(t)
	s.has(t, drainWeb, "10.0.0.1:8080", 1, 0, 0)
	const left = "10.0.0.1:8080: 1 connection left\n"
	require.Equal(t, result{stderr: left + "10.0.0.1:8080 still has 1 connection after 0 seconds and stays at weight 0\n", code: 1},
		s.input("", "ipvsadm -d -t 192.0.2.1:80 -r 10.0.0.1:8080 --drain 0"))
	require.Contains(t, s.saved(t), "-r 10.0.0.1:8080 -m -w 0 -x 9 -y 4\n")
	require.Equal(t, result{stderr: left + "10.0.0.1:8080 is deleted with 1 connection after 0 seconds\n"},
		s.input("", "ipvsadm -d -t 192.0.2.1:80 -r 10.0.0.1:8080 --drain=0 --force"))
	require.NotContains(t, s.saved(t), "10.0.0.1:8080")
}

// A service goes with the last connection of all its servers.
func TestDrainService(t *testing.T) {
	s := newDrained(t)
	s.report = 0
	s.has(t, drainWeb, "10.0.0.1:8080", 1, 0, 0)
	s.has(t, drainWeb, "10.0.0.2:80", 1, 0, 0)
	weights := ""
	s.at[5] = func() { s.has(t, drainWeb, "10.0.0.1:8080", 0, 0, 0) }
	s.at[7] = func() {
		for d := range s.another(t).EachDestination(t.Context(), drainWeb) {
			weights += itoa(int(d.Destination.Weight))
		}
		s.has(t, drainWeb, "10.0.0.2:80", 0, 0, 0)
	}
	require.Equal(t, result{stderr: "TCP 192.0.2.1:80: 2 connections left\nTCP 192.0.2.1:80: 1 connection left\n"},
		s.input("", "ipvsadm -D -t 192.0.2.1:80 --drain"))
	require.Equal(t, "00", weights)
	require.NotContains(t, s.saved(t), "192.0.2.1:80")
	s.do(t, "ipvsadm -A -f 9", "ipvsadm -D -f 9 --drain") // without servers
	require.NotContains(t, s.saved(t), "-f 9")
	s.do(t, "ipvsadm -D -f 7 --drain --ensure")
	require.NotContains(t, s.saved(t), "-f 7")
}

// What something else deletes meanwhile is done; what it puts back into service stays.
func TestDrainOthers(t *testing.T) {
	const server, service = "ipvsadm -d -t 192.0.2.1:80 -r 10.0.0.1:8080 --drain", "ipvsadm -D -t 192.0.2.1:80 --drain"
	addr := netip.MustParseAddrPort("10.0.0.1:8080")
	for _, tt := range []struct {
		line   string
		change ipvsnl.Change
		want   result
		left   string // in the rules
		early  bool   // happens before the weights are set
	}{
		{server, ipvsnl.DeleteDestination(drainWeb, addr), result{}, "10.0.0.2:80 -i -w 2", false},
		{server, ipvsnl.DeleteService(drainWeb), result{}, "", false},
		{service, ipvsnl.DeleteService(drainWeb), result{}, "", false},
		{service, ipvsnl.Flush(), result{}, "", false},
		{server, ipvsnl.SetWeight(drainWeb, addr, 5), result{
			stderr: "something else has set the weight of 10.0.0.1:8080 to 5: nothing is deleted, other weights stay at 0\n", code: 1},
			"10.0.0.1:8080 -m -w 5", false},
		{service, ipvsnl.SetWeight(drainWeb, addr, 5), result{
			stderr: "something else has set the weight of 10.0.0.1:8080 to 5: nothing is deleted, other weights stay at 0\n", code: 1},
			"10.0.0.2:80 -i -w 0", false},
		{server, ipvsnl.SetWeight(drainWeb, netip.MustParseAddrPort("10.0.0.2:80"), 5), result{}, "10.0.0.2:80 -i -w 5", false},
		{service, ipvsnl.DeleteDestination(drainWeb, addr), result{}, "", true},
		{service, ipvsnl.DeleteService(drainWeb), result{}, "", true},
	} {
		s := newDrained(t)
		s.report = time.Hour
		s.has(t, drainWeb, addr.String(), 1, 0, 0)
		other := s.another(t)
		when := 5
		if tt.early {
			when = 2
		} else if tt.line == service {
			tt.want.stderr = "TCP 192.0.2.1:80: 1 connection left\n" + tt.want.stderr
		} else {
			tt.want.stderr = "10.0.0.1:8080: 1 connection left\n" + tt.want.stderr
		}
		s.at[when] = func() {
			require.NoError(t, other.Apply(t.Context(), tt.change))
			s.director.SetDestination(drainWeb, addr, func(d *ipvsnl.DestinationState) { d.ActiveConns = 0 })
		}
		require.Equal(t, tt.want, s.input("", tt.line), "%+v", tt)
		require.Contains(t, s.saved(t), tt.left, "%+v", tt)
	}
}

// A server that something else has deleted is not deleted again: it may be back, with connections.
func TestDrainGone(t *testing.T) {
	s := newDrained(t)
	require.NoError(t, s.another(t).Apply(t.Context(), ipvsnl.DeleteDestination(drainMark, netip.MustParseAddrPort("10.0.0.1:0"))))
	s.before = func(r request) error {
		require.NotEqual(t, byte(delDest), r.command)
		return nil
	}
	s.do(t, "ipvsadm -d -f 7 -r 10.0.0.1 --drain --ensure")
}

func TestDrainRefusals(t *testing.T) {
	s := newDrained(t)
	for line, want := range map[string]result{
		"ipvsadm -d -f 8 -r 10.0.0.1 --drain":          {stderr: "Service not defined\n", code: 255},
		"ipvsadm -d -f 7 -r 10.0.0.9 --drain":          {stderr: "No such destination\n", code: 255},
		"ipvsadm -D -f 8 --drain":                      {stderr: "No such service\n", code: 255},
		"ipvsadm -d -f 8 -r 10.0.0.1 --drain --ensure": {},
		"ipvsadm -d -f 7 -r 10.0.0.9 --drain --ensure": {},
		"ipvsadm -D -f 8 --drain --ensure":             {},
		"ipvsadm -d -f 7 -r 10.0.0.1 --force":          {stderr: "The option 'force' requires the 'drain' option in the 'delete-server' command\n", code: 2},
		"ipvsadm -D -f 7 --force":                      {stderr: "The option 'force' requires the 'drain' option in the 'delete-service' command\n", code: 2},
		"ipvsadm -D -f 7 --force --drain":              {stderr: "The option 'force' requires the seconds of the 'drain' option\n", code: 2},
		"ipvsadm -D -f 7 --drain 2678401":              {stderr: "invalid drain time `2678401' specified\n", code: 2},
		"ipvsadm -e -f 7 -r 10.0.0.1 --drain":          {stderr: "Illegal 'drain' option with the 'edit-server' command\n", code: 2},
	} {
		require.Equal(t, want, s.input("", line), line)
	}
	for _, line := range []string{"ipvsadm -R", "ipvsadm-restore", replaceLine} {
		got := s.input("-D -f 7 --drain\n", line)
		require.Equal(t, 2, got.code)
		require.Contains(t, got.stderr, "Illegal 'drain' option in a line of rules\n")
	}
	require.Contains(t, s.saved(t), "-a -f 7 -r 10.0.0.1:0 -m -w 1\n")

	// What the kernel refuses later ends it, too.
	s.director.Refuse(func(c ipvsnl.Change) int {
		if c.Op == ipvsnl.OpDeleteDestination {
			return int(unix.EPERM)
		}
		return 0
	})
	require.Equal(t, result{stderr: "Permission denied (you must be root)\n", code: 255}, s.input("", "ipvsadm -d -f 7 -r 10.0.0.1 --drain"))
	s.has(t, drainMark, "10.0.0.1:0", 1, 0, 0)
	require.Equal(t, result{stderr: "10.0.0.1:0: 1 connection left\n10.0.0.1:0 is deleted with 1 connection after 0 seconds\n" +
		"Permission denied (you must be root)\n", code: 255}, s.input("", "ipvsadm -d -f 7 -r 10.0.0.1 --drain 0 --force"))
}

// What is deleted in the last moment is done; a socket may break at any time.
func TestDrainBroken(t *testing.T) {
	for _, line := range []string{"ipvsadm -d -f 7 -r 10.0.0.1 --drain", "ipvsadm -D -f 7 --drain"} {
		s := newDrained(t)
		s.director.Refuse(func(c ipvsnl.Change) int {
			switch c.Op {
			case ipvsnl.OpDeleteService:
				return int(unix.ESRCH)
			case ipvsnl.OpDeleteDestination:
				return int(unix.ENOENT)
			}
			return 0
		})
		require.Equal(t, result{}, s.input("", line))

		for broken := 1; ; broken++ {
			s := newDrained(t)
			requests := 0
			s.before = func(r request) error {
				if r.command != getInfo {
					requests++
				}
				if requests == broken {
					return errBroken
				}
				return nil
			}
			got := s.input("", line)
			if requests < broken {
				require.Equal(t, result{}, got)
				break
			}
			require.Equal(t, 255, got.code)
			require.Contains(t, got.stderr, "broken\n")
		}
	}
}

// A signal leaves the server at weight 0, and this is said.
func TestDrainStopped(t *testing.T) {
	s := newDrained(t)
	s.poll = time.Hour
	s.has(t, drainWeb, "10.0.0.1:8080", 3, 0, 0)
	s.at[2] = func() { go raiseSignal(unix.SIGINT) }
	require.Equal(t, result{
		stderr: "10.0.0.1:8080: 3 connections left\nstopped by a signal (interrupt): 10.0.0.1:8080 stays at weight 0 with 3 connections\n",
		code:   exitSignal + int(unix.SIGINT),
	}, s.input("", "ipvsadm -d -t 192.0.2.1:80 -r 10.0.0.1:8080 --drain"))
	require.Contains(t, s.saved(t), "-r 10.0.0.1:8080 -m -w 0 -x 9 -y 4\n")
}
