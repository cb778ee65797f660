// SPDX-License-Identifier: Apache-2.0

package simulation_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/format"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/simulation"
)

// noNames knows no names.
type noNames struct{}

func (noNames) Addr(string) (netip.Addr, bool)           { return netip.Addr{}, false }
func (noNames) PortNumber(string, string) (uint16, bool) { return 0, false }

// run makes the changes of command lines and returns those that are refused, with their error numbers.
func run(t *testing.T, d *simulation.Director, lines string) (refused string) {
	t.Helper()
	for line := range strings.Lines(lines) {
		c, err := flags.Parse(strings.Fields(line), noNames{})
		require.NoError(t, err, line)
		if err := d.Make(&c.Change); err != nil {
			refused += fmt.Sprintf("%s: %v\n", strings.TrimSpace(line), err)
		}
	}
	return refused
}

// table returns the table, daemons and timeouts as rules.
func table(d *simulation.Director) string {
	var b []byte
	o := format.Options{View: format.Rules, Thresholds: true}
	for s := range d.Services {
		b = o.AppendService(b, &s.ServiceState)
		for state := range s.Destinations {
			b = o.AppendDestination(b, &s.ServiceState, state)
		}
	}
	for _, daemon := range d.Daemons() {
		b = format.AppendDaemonRule(b, &daemon)
	}
	if d.Timeouts != (ipvsnl.Timeouts{}) {
		b = format.AppendTimeoutsRule(b, &d.Timeouts)
	}
	return string(b)
}

func TestRules(t *testing.T) {
	for _, c := range []struct {
		name, lines, refused, want string
	}{
		{name: "nothing"},
		{
			name: "add",
			lines: `-A -t 192.0.2.1:80 -s rr
-a -t 192.0.2.1:80 -r 10.0.0.2 -m -x 7 -y 3
-a -t 192.0.2.1:80 -r 10.0.0.1 -m
-A -f 1`,
			want: `-A -t 192.0.2.1:80 -s rr
-a -t 192.0.2.1:80 -r 10.0.0.2:80 -m -w 1 -x 7 -y 3
-a -t 192.0.2.1:80 -r 10.0.0.1:80 -m -w 1
-A -f 1 -s wlc
`,
		},
		{
			name: "edit",
			lines: `-A -t 192.0.2.1:80 -s rr -p 5
-a -t 192.0.2.1:80 -r 10.0.0.2 -m -x 7
-E -t 192.0.2.1:80 -s sh -b sh-port
-e -t 192.0.2.1:80 -r 10.0.0.2 -i`,
			want: `-A -t 192.0.2.1:80 -s sh -b sh-port
-a -t 192.0.2.1:80 -r 10.0.0.2:80 -i -w 1 --tun-type ipip
`,
		},
		{
			name: "delete, and add again at the end",
			lines: `-A -f 1
-a -f 1 -r 10.0.0.1
-a -f 1 -r 10.0.0.2
-A -f 2
-d -f 1 -r 10.0.0.1
-a -f 1 -r 10.0.0.1
-D -f 2
-A -f 3
-A -f 2`,
			want: `-A -f 1 -s wlc
-a -f 1 -r 10.0.0.2:0 -g -w 1
-a -f 1 -r 10.0.0.1:0 -g -w 1
-A -f 3 -s wlc
-A -f 2 -s wlc
`,
		},
		{
			name:  "a service that comes back has no real servers",
			lines: "-A -f 1\n-a -f 1 -r 10.0.0.1\n-D -f 1\n-A -f 1",
			want:  "-A -f 1 -s wlc\n",
		},
		{
			name:  "clear",
			lines: "-A -f 1\n-C\n-A -f 1 -s rr\n-A -f 2\n-C",
		},
		{
			name:  "marks of two families, ports of two protocols",
			lines: "-A -f 1\n-A -f 1 -6\n-A -t 192.0.2.1:80\n-A -u 192.0.2.1:80\n-D -f 1",
			want:  "-A -f 1 -6 -s wlc\n-A -t 192.0.2.1:80 -s wlc\n-A -u 192.0.2.1:80 -s wlc\n",
		},
		{
			name:    "services that are not as they should be",
			lines:   "-E -f 1\n-D -f 1\n-Z -f 1\n-A -f 1\n-A -f 1 -s rr",
			refused: "-E -f 1: errno 3\n-D -f 1: errno 3\n-Z -f 1: errno 3\n-A -f 1 -s rr: errno 17\n",
			want:    "-A -f 1 -s wlc\n",
		},
		{
			name: "real servers that are not as they should be",
			lines: `-a -f 1 -r 10.0.0.1
-e -f 1 -r 10.0.0.1
-d -f 1 -r 10.0.0.1
-A -f 1
-e -f 1 -r 10.0.0.1
-d -f 1 -r 10.0.0.1
-a -f 1 -r 10.0.0.1
-a -f 1 -r 10.0.0.1 -w 5
-a -f 1 -r 10.0.0.2 -y 1
-a -f 1 -r 10.0.0.2 -x 2 -y 2
-e -f 1 -r 10.0.0.1 -x 1 -y 2`,
			refused: `-a -f 1 -r 10.0.0.1: errno 3
-e -f 1 -r 10.0.0.1: errno 3
-d -f 1 -r 10.0.0.1: errno 3
-e -f 1 -r 10.0.0.1: errno 2
-d -f 1 -r 10.0.0.1: errno 2
-a -f 1 -r 10.0.0.1 -w 5: errno 17
-a -f 1 -r 10.0.0.2 -y 1: errno 34
-e -f 1 -r 10.0.0.1 -x 1 -y 2: errno 34
`,
			want: "-A -f 1 -s wlc\n-a -f 1 -r 10.0.0.1:0 -g -w 1\n-a -f 1 -r 10.0.0.2:0 -g -w 1 -x 2 -y 2\n",
		},
		{
			name:  "timeouts",
			lines: "--set 1 2 3\n--set 0 5 0\n--set 7 0 0\n--set 0 0 9",
			want:  "--set 7 5 9\n",
		},
		{
			name: "daemons",
			lines: `--stop-daemon master
--start-daemon backup --mcast-interface lo --syncid 7
--start-daemon master --mcast-interface lo
--start-daemon master
--stop-daemon backup
--stop-daemon backup`,
			refused: "--stop-daemon master: errno 3\n--start-daemon master: errno 17\n--stop-daemon backup: errno 3\n",
			want:    "--start-daemon master --mcast-interface lo --syncid 0\n",
		},
		{
			name: "the master comes first",
			lines: `--start-daemon backup --mcast-interface lo --syncid 7
--start-daemon master --mcast-interface lo`,
			want: `--start-daemon master --mcast-interface lo --syncid 0
--start-daemon backup --mcast-interface lo --syncid 7
`,
		},
		{
			name: "no daemon with a real server of another family",
			lines: `-A -f 1
-a -f 1 -r 2001:db8::1 -i
--start-daemon master
-d -f 1 -r 2001:db8::1
--start-daemon master
-a -f 1 -r 2001:db8::1 -i
--stop-daemon master
-a -f 1 -r 2001:db8::1 -i`,
			refused: "--start-daemon master: errno 22\n-a -f 1 -r 2001:db8::1 -i: errno 22\n",
			want:    "-A -f 1 -s wlc\n-a -f 1 -r [2001:db8::1]:0 -i -w 1 --tun-type ipip\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			var d simulation.Director
			require.Equal(t, c.refused, run(t, &d, c.lines))
			require.Equal(t, c.want, table(&d))
		})
	}
}

var (
	web        = ipvsnl.Service{Key: ipvsnl.ServiceKey{Protocol: ipvsnl.TCP, Addr: netip.MustParseAddrPort("192.0.2.1:80")}, Scheduler: "rr"}
	realServer = ipvsnl.Destination{Addr: netip.MustParseAddrPort("10.0.0.1:80"), Weight: 1, UpperThreshold: 9}
)

// director returns a director with a service and a destination.
func director(t *testing.T) *simulation.Director {
	t.Helper()
	d := new(simulation.Director)
	for _, c := range []ipvsnl.Change{ipvsnl.AddService(web), ipvsnl.AddDestination(web.Key, realServer)} {
		require.NoError(t, d.Make(&c))
	}
	return d
}

// The changes that no command line makes.
func TestMakeOthers(t *testing.T) {
	sed := web
	sed.Scheduler = "sed"
	heavy := realServer
	heavy.Weight, heavy.Forwarding = 7, ipvsnl.Route
	other := ipvsnl.ServiceKey{Mark: 7}
	elsewhere := netip.MustParseAddrPort("10.0.0.2:80")
	second := ipvsnl.Destination{Addr: elsewhere}
	const before = "-A -t 192.0.2.1:80 -s rr\n-a -t 192.0.2.1:80 -r 10.0.0.1:80 -m -w 1 -x 9\n"
	for _, tt := range []struct {
		name   string
		change ipvsnl.Change
		err    error
		want   string
	}{
		{"put a service that exists", ipvsnl.PutService(sed), nil, strings.Replace(before, "rr", "sed", 1)},
		{"put a new service", ipvsnl.PutService(ipvsnl.Service{Key: other, Scheduler: "rr"}), nil, before + "-A -f 7 -s rr\n"},
		{"put a destination that exists", ipvsnl.PutDestination(web.Key, heavy), nil,
			strings.Replace(before, "-m -w 1", "-g -w 7", 1)},
		{"put a new destination", ipvsnl.PutDestination(web.Key, second), nil, before + "-a -t 192.0.2.1:80 -r 10.0.0.2:80 -m -w 0\n"},
		{"put a destination of no service", ipvsnl.PutDestination(other, realServer), simulation.ESRCH, before},
		{"put a destination out of range", ipvsnl.PutDestination(web.Key, ipvsnl.Destination{Addr: elsewhere, Weight: 1 << 31}),
			simulation.ERANGE, before},
		{"put a destination of another family", ipvsnl.PutDestination(web.Key, ipvsnl.Destination{Addr: netip.MustParseAddrPort("[::1]:80")}),
			simulation.EINVAL, before},
		{"delete if it exists", ipvsnl.DeleteServiceIfExists(web.Key), nil, ""},
		{"delete if it exists, and it does not", ipvsnl.DeleteServiceIfExists(other), nil, before},
		{"delete a destination if it exists", ipvsnl.DeleteDestinationIfExists(web.Key, realServer.Addr), nil, "-A -t 192.0.2.1:80 -s rr\n"},
		{"delete a destination if it exists, and it does not", ipvsnl.DeleteDestinationIfExists(web.Key, elsewhere), nil, before},
		{"delete a destination if it exists, of no service", ipvsnl.DeleteDestinationIfExists(other, realServer.Addr), nil, before},
		{"set a weight", ipvsnl.SetWeight(web.Key, realServer.Addr, 0), nil, strings.Replace(before, "-w 1", "-w 0", 1)},
		{"set the largest weight", ipvsnl.SetWeight(web.Key, realServer.Addr, 1<<31-1), nil, strings.Replace(before, "-w 1", "-w 2147483647", 1)},
		{"set a weight out of range", ipvsnl.SetWeight(web.Key, realServer.Addr, 1<<31), simulation.ERANGE, before},
		{"set a weight of no service", ipvsnl.SetWeight(other, realServer.Addr, 1), simulation.ESRCH, before},
		{"set a weight of no destination", ipvsnl.SetWeight(web.Key, elsewhere, 1), simulation.ENOENT, before},
		{"start a daemon of no state", ipvsnl.StartDaemon(ipvsnl.Daemon{Interface: "lo"}), simulation.EINVAL, before},
		{"start a daemon of another state", ipvsnl.StartDaemon(ipvsnl.Daemon{State: 3, Interface: "lo"}), simulation.EINVAL, before},
		{"stop a daemon of no state", ipvsnl.StopDaemon(0), simulation.EINVAL, before},
		{"stop a daemon of another state", ipvsnl.StopDaemon(3), simulation.EINVAL, before},
		{"what is not a change", ipvsnl.Change{Op: ipvsnl.OpServices}, simulation.EINVAL, before},
		{"nothing", ipvsnl.Change{}, simulation.EINVAL, before},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := director(t)
			err := d.Make(&tt.change)
			if tt.err == nil {
				require.NoError(t, err)
			}
			require.Equal(t, tt.err, err)
			require.Equal(t, tt.want, table(d))
		})
	}
}

// Every operation of a change is made.
func TestEveryChange(t *testing.T) {
	for op := ipvsnl.OpAddService; op <= ipvsnl.OpFlush; op++ {
		d := director(t)
		c := ipvsnl.Change{Op: op, Service: web, Destination: realServer, Daemon: ipvsnl.Daemon{State: ipvsnl.Master, Interface: "lo"}}
		require.NotEqual(t, simulation.EINVAL, d.Make(&c), "%v", op)
	}
}

// Only names that there are can be used, if these are given.
func TestNames(t *testing.T) {
	d := director(t)
	d.Schedulers, d.Engines, d.Interfaces = []string{"rr", "wlc"}, []string{"sip"}, []string{"lo", "eth0"}
	const refused = `-A -f 1 -s nosuch: errno 2
-A -f 1 --pe nosuch: errno 2
-E -t 192.0.2.1:80 -s nosuch: errno 2
-E -t 192.0.2.1:80 --pe nosuch: errno 2
-E -f 2 -s nosuch: errno 3
-A -t 192.0.2.1:80 -s nosuch: errno 17
--start-daemon master --mcast-interface eth1: errno 19
`
	lines := ""
	for line := range strings.Lines(refused) {
		words, _, _ := strings.Cut(line, ":  ")
		lines += words[:strings.LastIndex(words, ": ")] + "\n"
	}
	require.Equal(t, refused, run(t, d, lines+"-A -f 1 --pe sip\n--start-daemon backup"))
	put := ipvsnl.PutService(ipvsnl.Service{Key: ipvsnl.ServiceKey{Mark: 3}, Scheduler: "nosuch"})
	require.Equal(t, simulation.ENOENT, d.Make(&put))
	require.Equal(t, "-A -t 192.0.2.1:80 -s rr\n-a -t 192.0.2.1:80 -r 10.0.0.1:80 -m -w 1 -x 9\n"+
		"-A -f 1 -s wlc --pe sip\n--start-daemon backup --mcast-interface eth0 --syncid 0\n", table(d))
}

// Counters are zeroed, and nothing else of a state.
func TestZero(t *testing.T) {
	for name, tt := range map[string]struct {
		change ipvsnl.Change
		want   [2]uint64 // what is left of each service's counters
	}{
		"all":            {ipvsnl.Zero(), [2]uint64{0, 0}},
		"one":            {ipvsnl.ZeroService(web.Key), [2]uint64{0, 5}},
		"nothing":        {ipvsnl.SetService(web), [2]uint64{5, 5}},
		"no destination": {ipvsnl.SetDestination(web.Key, realServer), [2]uint64{5, 5}},
	} {
		t.Run(name, func(t *testing.T) {
			d := director(t)
			require.Empty(t, run(t, d, "-A -f 1\n-a -f 1 -r 10.0.0.1"))
			keys := []ipvsnl.ServiceKey{web.Key, {Mark: 1}}
			addrs := []netip.AddrPort{realServer.Addr, netip.MustParseAddrPort("10.0.0.1:0")}
			for i, key := range keys {
				d.Service(key).Stats = ipvsnl.Stats{Conns: 5, OutBPS: 6}
				state := d.Service(key).Destination(addrs[i])
				state.Stats, state.ActiveConns = ipvsnl.Stats{Conns: 5}, 4
			}
			require.NoError(t, d.Make(&tt.change))
			for i, key := range keys {
				require.Equal(t, tt.want[i], d.Service(key).Stats.Conns)
				state := d.Service(key).Destination(addrs[i])
				require.Equal(t, tt.want[i], state.Stats.Conns)
				require.EqualValues(t, 4, state.ActiveConns)
			}
		})
	}
}

// What does not exist is nil, and iterators stop when they are told.
func TestLookUp(t *testing.T) {
	d := director(t)
	require.Empty(t, run(t, d, "-A -f 1\n-a -t 192.0.2.1:80 -r 10.0.0.2"))
	require.Nil(t, d.Service(ipvsnl.ServiceKey{Mark: 2}))
	require.Nil(t, d.Service(ipvsnl.ServiceKey{Mark: 1}).Destination(realServer.Addr))
	require.Nil(t, d.Service(web.Key).Destination(netip.MustParseAddrPort("10.0.0.3:80")))
	for s := range d.Services {
		require.Equal(t, web, s.Service)
		for state := range s.Destinations {
			require.Equal(t, realServer, state.Destination)
			break
		}
		break
	}
}
