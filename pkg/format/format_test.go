// SPDX-License-Identifier: Apache-2.0

package format

import (
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/conns"
)

// names gives every address and port of a few a name.
type names struct{}

func (names) Host(a netip.Addr) string {
	switch a.String() {
	case "10.1.1.1":
		return "averyveryveryverylonghostname.with.a.long.domain.example.com"
	case "2001:db8::7":
		return "averyveryveryverylonghostname6.with.a.long.domain.example.com.more.and.more"
	case "10.1.1.2":
		return "Short.Example.COM"
	}
	return ""
}

func (names) Port(port uint16, protocol string) string {
	switch protocol {
	case "tcp":
		if port == 80 {
			return "http"
		}
	case "udp", "sctp":
	default:
		panic("a port of no protocol has no name")
	}
	return ""
}

func service(p ipvsnl.Protocol, addr string, change func(s *ipvsnl.Service)) *ipvsnl.ServiceState {
	s := ipvsnl.Service{Key: ipvsnl.ServiceKey{Protocol: p, Addr: netip.MustParseAddrPort(addr)}, Scheduler: "wlc"}
	if change != nil {
		change(&s)
	}
	return &ipvsnl.ServiceState{Service: s}
}

func mark(n uint32, f ipvsnl.Family) *ipvsnl.ServiceState {
	key := ipvsnl.ServiceKey{Mark: n, IPv6: f == ipvsnl.IPv6}
	return &ipvsnl.ServiceState{Service: ipvsnl.Service{Key: key, Scheduler: "wlc"}}
}

// persistent returns persistence for as many seconds.
func persistent(seconds int, mask ipvsnl.Mask) ipvsnl.Persistence {
	return ipvsnl.Persistence{Timeout: time.Duration(seconds) * time.Second, Mask: mask}
}

// whole is the mask of a service that tells all clients apart.
var whole ipvsnl.Mask

// everything sets all that a service can have.
func everything(s *ipvsnl.Service) {
	s.Scheduler, s.SchedulerFlags = "rr", ipvsnl.SchedulerFlag1|ipvsnl.SchedulerFlag3
	s.OnePacket = true
	s.Persistence = persistent(5, ipvsnl.Mask4([4]byte{255, 255, 255, 0}))
	s.Persistence.Engine = "sip"
}

// These lines were printed by ipvsadm 1.31.
func TestServices(t *testing.T) {
	tests := []struct {
		name    string
		service *ipvsnl.ServiceState
		plain   string
		rule    string
		label   string // what counters follow
	}{
		{"tcp", service(ipvsnl.TCP, "1.2.3.4:80", nil),
			"TCP  1.2.3.4:80 wlc", "-A -t 1.2.3.4:80 -s wlc", "TCP  1.2.3.4:80                  "},
		{"sctp persistent", service(ipvsnl.SCTP, "1.2.3.4:80", func(s *ipvsnl.Service) { s.Persistence = persistent(360, whole) }), "SCTP 1.2.3.4:80 wlc persistent 360", "-A --sctp-service 1.2.3.4:80 -s wlc -p 360", "SCTP 1.2.3.4:80                  "},
		{"everything", service(ipvsnl.UDP, "1.2.3.4:83", everything),
			"UDP  1.2.3.4:83 rr (flag-1,flag-3) persistent 5 mask 255.255.255.0 pe sip ops",
			"-A -u 1.2.3.4:83 -s rr -p 5 -M 255.255.255.0 --pe sip -o -b flag-1,flag-3", "UDP  1.2.3.4:83                  "},
		{"engine without persistence", service(ipvsnl.TCP, "1.2.3.4:90", func(s *ipvsnl.Service) { s.Persistence.Engine = "sip" }),
			"TCP  1.2.3.4:90 wlc", "-A -t 1.2.3.4:90 -s wlc --pe sip", "TCP  1.2.3.4:90                  "},
		{"a flag sh has no name for", service(ipvsnl.TCP, "1.2.3.4:81", func(s *ipvsnl.Service) {
			s.Scheduler, s.SchedulerFlags = "sh", ipvsnl.SchedulerFlag3
		}), "TCP  1.2.3.4:81 sh ()", "-A -t 1.2.3.4:81 -s sh -b ", "TCP  1.2.3.4:81                  "},
		{"mh", service(ipvsnl.TCP, "1.2.3.4:87", func(s *ipvsnl.Service) {
			s.Scheduler, s.SchedulerFlags = "mh", ipvsnl.SchedulerFlag1|ipvsnl.SchedulerFlag2
		}), "TCP  1.2.3.4:87 mh (mh-fallback,mh-port)", "-A -t 1.2.3.4:87 -s mh -b mh-fallback,mh-port", "TCP  1.2.3.4:87                  "},
		{"IPv6", service(ipvsnl.TCP, "[2001:db8:1111:2222:3333:4444:5555:6666]:8080", func(s *ipvsnl.Service) {
			s.Persistence = persistent(5, ipvsnl.Mask6(64))
		}), "TCP  [2001:db8:1111:2222:3333:4444:5555:6666]:8080 wlc persistent 5 mask 64",
			"-A -t [2001:db8:1111:2222:3333:4444:5555:6666]:8080 -s wlc -p 5 -M 64",
			"TCP  [2001:db8:1111:2222:3333:4444:5555:6666]:8080"},
		{"persistent for no time at all", service(ipvsnl.TCP, "1.2.3.4:80", func(s *ipvsnl.Service) {
			s.Persistence.Timeout = ipvsnl.PersistZero
		}), "TCP  1.2.3.4:80 wlc persistent 0", "-A -t 1.2.3.4:80 -s wlc -p 0", "TCP  1.2.3.4:80                  "},
		{"all clients as one", service(ipvsnl.TCP, "1.2.3.4:80", func(s *ipvsnl.Service) {
			s.Persistence = persistent(1, ipvsnl.Mask4([4]byte{}))
		}), "TCP  1.2.3.4:80 wlc persistent 1 mask 0.0.0.0", "-A -t 1.2.3.4:80 -s wlc -p 1 -M 0.0.0.0", "TCP  1.2.3.4:80                  "},
		{"mark", mark(123456789, ipvsnl.IPv4), "FWM  123456789 wlc", "-A -f 123456789 -s wlc", "FWM  123456789                   "},
		{"IPv6 mark", mark(2, ipvsnl.IPv6), "FWM  2 IPv6 wlc", "-A -f 2 -6 -s wlc", "FWM  2 IPv6                      "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for view, want := range map[View]string{
				Plain: tt.plain, Thresholds: tt.plain, PersistentConn: tt.plain, TunnelInfo: tt.plain, Rules: tt.rule,
				Stats: tt.label + "        0        0        0        0        0",
				Rate:  tt.label + "        0        0        0        0        0",
			} {
				o := Options{View: view}
				require.Equal(t, want+"\n", string(o.AppendService(nil, tt.service)), "view %d", view)
			}
		})
	}
}

func TestNamedServices(t *testing.T) {
	for view, want := range map[View][]string{
		Plain: {"TCP  averyveryveryverylonghostnam wlc", "TCP  [averyveryveryverylonghostname6.with.a.long.domain.example. wlc",
			"TCP  Short.Example.COM:http wlc"},
		Rules: {"-A -t averyveryveryverylonghostname.with.a.long.domain.example.co -s wlc",
			"-A -t [averyveryveryverylonghostname6.with.a.long.domain.example. -s wlc", "-A -t Short.Example.COM:http -s wlc"},
	} {
		for i, addr := range []string{"10.1.1.1:8080", "[2001:db8::7]:8080", "10.1.1.2:80"} {
			o := Options{View: view, Names: names{}}
			require.Equal(t, want[i]+"\n", string(o.AppendService(nil, service(ipvsnl.TCP, addr, nil))), "view %d", view)
		}
	}
}

func TestNamedDestinationLabels(t *testing.T) {
	o := Options{Names: names{}}
	for addr, want := range map[string]string{
		"10.1.1.1:8080":      "  -> averyveryveryverylonghostnam Route   1      0          0         \n",
		"10.1.1.2:80":        "  -> Short.Example.COM:http       Route   1      0          0         \n",
		"[2001:db8::7]:8080": "  -> [averyveryveryverylonghostname6.with.a.long.domain.example. Route   1      0          0         \n",
	} {
		require.Equal(t, want, string(o.AppendDestination(nil, service(ipvsnl.TCP, "1.2.3.4:80", nil), destination(addr, ipvsnl.Route))))
	}
}

// The ports of a mark's destinations have no names, since it has no protocol.
func TestNamedDestinations(t *testing.T) {
	o := Options{View: Rules, Names: names{}}
	d := destination("10.1.1.2:80", ipvsnl.Route)
	for _, tt := range []struct {
		service *ipvsnl.ServiceState
		want    string
	}{
		{mark(77, ipvsnl.IPv4), "-a -f 77 -r Short.Example.COM:80 -g -w 1\n"},
		{service(ipvsnl.TCP, "10.1.1.2:80", nil), "-a -t Short.Example.COM:http -r Short.Example.COM:http -g -w 1\n"},
	} {
		require.Equal(t, tt.want, string(o.AppendDestination(nil, tt.service, d)))
	}
}

func destination(addr string, f ipvsnl.Forwarding) *ipvsnl.DestinationState {
	return &ipvsnl.DestinationState{Destination: ipvsnl.Destination{Addr: netip.MustParseAddrPort(addr), Forwarding: f, Weight: 1}}
}

func tunnelTo(addr string, t ipvsnl.TunnelType, port uint16, f ipvsnl.TunnelFlags) *ipvsnl.DestinationState {
	d := destination(addr, ipvsnl.Tunnel)
	d.Destination.TunnelType, d.Destination.TunnelPort, d.Destination.TunnelFlags = t, port, f
	return d
}

// heavy returns a destination that has a figure in each column.
func heavy() *ipvsnl.DestinationState {
	d := destination("1.1.1.7:80", ipvsnl.Masquerade)
	d.Destination.Weight, d.Destination.UpperThreshold, d.Destination.LowerThreshold = 1<<31-1, 20, 10
	d.ActiveConns, d.InactiveConns, d.PersistentConns = 3, 4, 5
	return d
}

func TestDestinations(t *testing.T) {
	negative := destination("1.1.1.8:80", ipvsnl.Masquerade)
	negative.Destination.Weight = 1<<32 - 1
	tests := []struct {
		name        string
		destination *ipvsnl.DestinationState
		want        map[View]string
	}{
		{"masquerading", heavy(), map[View]string{
			Plain:          "  -> 1.1.1.7:80                   Masq    2147483647 3          4         ",
			Thresholds:     "  -> 1.1.1.7:80                   20         10         3          4         ",
			PersistentConn: "  -> 1.1.1.7:80                   2147483647 5           3          4         ",
			TunnelInfo:     "  -> 1.1.1.7:80                   Masq    n/a           2147483647 3          4         ",
			Stats:          "  -> 1.1.1.7:80                          0        0        0        0        0",
			Rate:           "  -> 1.1.1.7:80                          0        0        0        0        0",
			Rules:          "-a -t 1.2.3.4:80 -r 1.1.1.7:80 -m -w 2147483647",
		}},
		{"a weight that the kernel takes for -1", negative, map[View]string{
			Plain: "  -> 1.1.1.8:80                   Masq    -1     0          0         ",
			Rules: "-a -t 1.2.3.4:80 -r 1.1.1.8:80 -m -w -1",
		}},
		{"local", destination("127.0.0.1:80", ipvsnl.Local), map[View]string{
			Plain: "  -> 127.0.0.1:80                 Local   1      0          0         ",
			Rules: "-a -t 1.2.3.4:80 -r 127.0.0.1:80 -g -w 1",
		}},
		{"IPv6", destination("[2001:db8:1111:2222:3333:4444:5555:6666]:80", ipvsnl.Route), map[View]string{
			Plain: "  -> [2001:db8:1111:2222:3333:4444:5555:6666]:80 Route   1      0          0         ",
			Stats: "  -> [2001:db8:1111:2222:3333:4444:5555:6666]:80        0        0        0        0        0",
		}},
		{"ipip", tunnelTo("[::1]:80", ipvsnl.IPIP, 0, 0), map[View]string{
			TunnelInfo: "  -> [::1]:80                     Tunnel  ipip          1      0          0         ",
			Rules:      "-a -t 1.2.3.4:80 -r [::1]:80 -i -w 1 --tun-type ipip",
		}},
		{"gue", tunnelTo("1.1.1.11:80", ipvsnl.GUE, 6080, 0), map[View]string{
			TunnelInfo: "  -> 1.1.1.11:80                  Tunnel  gue:6080:-c   1      0          0         ",
			Rules:      "-a -t 1.2.3.4:80 -r 1.1.1.11:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-nocsum",
		}},
		{"gue remcsum", tunnelTo("1.1.1.13:80", ipvsnl.GUE, 6080, ipvsnl.TunnelRemoteChecksum), map[View]string{
			TunnelInfo: "  -> 1.1.1.13:80                  Tunnel  gue:6080:r+c  1      0          0         ",
			Rules:      "-a -t 1.2.3.4:80 -r 1.1.1.13:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-remcsum",
		}},
		{"gre", tunnelTo("1.1.1.15:80", ipvsnl.GRE, 0, ipvsnl.TunnelChecksum), map[View]string{
			TunnelInfo: "  -> 1.1.1.15:80                  Tunnel  gre:+c        1      0          0         ",
			Rules:      "-a -t 1.2.3.4:80 -r 1.1.1.15:80 -i -w 1 --tun-type gre --tun-csum",
		}},
		{"of kinds to come", tunnelTo("1.1.1.15:80", 9, 0, 0), map[View]string{
			TunnelInfo: "  -> 1.1.1.15:80                  Tunnel                1      0          0         ",
		}},
		{"of methods to come", destination("1.1.1.15:80", 7), map[View]string{
			Plain: "  -> 1.1.1.15:80                          1      0          0         ",
		}},
	}
	s := service(ipvsnl.TCP, "1.2.3.4:80", nil)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for view, want := range tt.want {
				o := Options{View: view}
				require.Equal(t, want+"\n", string(o.AppendDestination(nil, s, tt.destination)), "view %d", view)
			}
		})
	}
}

func TestCounters(t *testing.T) {
	tests := []struct {
		n              uint64
		rounded, exact string
	}{
		{0, "        0", "        0"},
		{99999999, " 99999999", " 99999999"},
		{100000000, "  100000K", " 100000000"},
		{999999999, "  999999K", " 999999999"},
		{1000000000, "    1000M", " 1000000000"},
		{99999999999, "   99999M", " 99999999999"},
		{100000000000, "     100G", " 100000000000"},
		{99999999999999, "   99999G", " 99999999999999"},
		{100000000000000, "     100T", " 100000000000000"},
		{18446744073709551615, "18446744T", " 18446744073709551615"},
	}
	for _, tt := range tests {
		s := mark(1, ipvsnl.IPv4)
		s.Stats = ipvsnl.Stats{Conns: tt.n, InPkts: tt.n, OutPkts: tt.n, InBytes: tt.n, OutBytes: tt.n,
			CPS: tt.n, InPPS: tt.n, OutPPS: tt.n, InBPS: tt.n, OutBPS: tt.n}
		d := destination("1.1.1.1:1", ipvsnl.Route)
		d.Stats = s.Stats
		for _, exact := range []bool{false, true} {
			want, label := tt.rounded, "FWM  1                           "
			if exact {
				want = tt.exact
			}
			for _, view := range []View{Stats, Rate} {
				o := Options{View: view, Exact: exact}
				require.Equal(t, label+strings.Repeat(want, 5)+"\n", string(o.AppendService(nil, s)), "%d exact %v view %d", tt.n, exact, view)
				// A destination's rates of connections and packets are never rounded.
				row := strings.Repeat(want, 5)
				if view == Rate {
					row = strings.Repeat(tt.exact, 3) + strings.Repeat(want, 2)
				}
				require.Equal(t, "  -> 1.1.1.1:1                   "+row+"\n", string(o.AppendDestination(nil, s, d)),
					"%d exact %v view %d", tt.n, exact, view)
			}
		}
	}
}

// Each column of counters and rates has the figure of its name.
func TestCounterColumns(t *testing.T) {
	s, d := mark(1, ipvsnl.IPv4), destination("1.1.1.1:1", ipvsnl.Route)
	s.Stats = ipvsnl.Stats{Conns: 1, InPkts: 2, OutPkts: 3, InBytes: 4, OutBytes: 5, CPS: 6, InPPS: 7, OutPPS: 8, InBPS: 9, OutBPS: 10}
	d.Stats = s.Stats
	for view, want := range map[View]string{
		Stats: "        1        2        3        4        5\n",
		Rate:  "        6        7        8        9       10\n",
	} {
		o := Options{View: view}
		require.Equal(t, "FWM  1                           "+want, string(o.AppendService(nil, s)))
		require.Equal(t, "  -> 1.1.1.1:1                   "+want, string(o.AppendDestination(nil, s, d)))
	}
}

func TestHeads(t *testing.T) {
	for view := Plain; view <= TunnelInfo; view++ {
		o := Options{View: view}
		got := string(o.AppendHead(nil))
		if view == Rules {
			require.Empty(t, got)
			continue
		}
		require.Regexp(t, `^Prot LocalAddress:Port .*\n  -> RemoteAddress:Port.*\n$`, got)
		require.Equal(t, "before", string(o.AppendServiceEnd(o.AppendEnd([]byte("before")))))
	}
	require.Equal(t, "IP Virtual Server version 1.2.1 (size=4096)\n",
		string(AppendVersion(nil, ipvsnl.Info{Version: 0x010201, ConnTableSize: 4096})))
}

func TestAddresses(t *testing.T) {
	for addr, want := range map[string]string{
		"::":                "::",
		"::1":               "::1",
		"::1:0":             "::0.1.0.0",
		"::1.2.3.4":         "::1.2.3.4",
		"::ffff:1.2.3.4":    "::ffff:1.2.3.4",
		"1:0:0:2::3":        "1:0:0:2::3",
		"1:0:2:3:4:5:6:7":   "1:0:2:3:4:5:6:7",
		"1.2.3.4":           "1.2.3.4",
		"2001:db8::1:0:0:1": "2001:db8::1:0:0:1",
		"0:0:0:0:0:1:0:0":   "::1:0:0",
		"::1:0:0:0:0":       "0:0:0:1::",
	} {
		require.Equal(t, want, string(appendAddr(nil, netip.MustParseAddr(addr))))
	}
}

// An address is written as netip writes it, except for what inet_ntop has in dots.
func TestOctets(t *testing.T) {
	for n := range 256 {
		addr := netip.AddrFrom4([4]byte{byte(n), byte(255 - n), 0, byte(n)})
		require.Equal(t, addr.String(), string(appendAddr(nil, addr)))
	}
}

func TestNumbers(t *testing.T) {
	numbers := []uint64{math.MaxUint32, math.MaxUint32 + 1, math.MaxUint32 + 2, math.MaxUint64}
	for power, i := uint64(1), 0; i < 20; power, i = power*10, i+1 {
		numbers = append(numbers, power-1, power, power+1, power+power/10*5)
	}
	for _, n := range numbers {
		require.Equal(t, strconv.FormatUint(n, 10), string(appendUint(nil, n)))
		require.Equal(t, fmt.Sprintf("x%21d", n), string(appendRight([]byte("x"), n, 21)))
	}
	for n := range uint64(101_000) {
		if got := appendUint(nil, n); string(got) != strconv.FormatUint(n, 10) {
			t.Fatalf("%d: got %s", n, got)
		}
	}
}

func TestPad(t *testing.T) {
	for width := range len(blanks) + 1 {
		require.Equal(t, "x"+fmt.Sprintf("%-*s", width, "ab"), string(pad([]byte("xab"), 1, width)))
	}
}

var timeouts = ipvsnl.Timeouts{TCP: 900 * time.Second, TCPFin: 120 * time.Second, UDP: 300 * time.Second}

var backup = ipvsnl.Daemon{State: ipvsnl.Backup, Interface: "lo", SyncID: 7, MaxLen: 1024,
	Group: netip.MustParseAddr("ff02::1:2"), Port: 9000, TTL: 5}

func TestState(t *testing.T) {
	require.Equal(t, "Timeout (tcp tcpfin udp): 900 120 300\n", string(AppendTimeouts(nil, timeouts)))
	require.Equal(t, "backup sync daemon (mcast=lo, syncid=7, maxlen=1024, group=ff02::1:2, port=9000, ttl=5)\n",
		string(AppendDaemon(nil, backup)))
	// A kernel that does not report more.
	require.Equal(t, "master sync daemon (mcast=lo, syncid=0, maxlen=0, group=, port=0, ttl=0)\n",
		string(AppendDaemon(nil, ipvsnl.Daemon{State: ipvsnl.Master, Interface: "lo"})))
}

func TestSettingRules(t *testing.T) {
	require.Equal(t, "--set 900 120 300\n", string(AppendTimeoutsRule(nil, &timeouts)))
	require.Equal(t, "--start-daemon backup --mcast-interface lo --syncid 7 --sync-maxlen 1024 --mcast-group ff02::1:2 "+
		"--mcast-port 9000 --mcast-ttl 5\n", string(AppendDaemonRule(nil, &backup)))
	// A kernel that does not report more.
	require.Equal(t, "--start-daemon master --mcast-interface lo --syncid 0\n",
		string(AppendDaemonRule(nil, &ipvsnl.Daemon{State: ipvsnl.Master, Interface: "lo"})))
}

func TestThresholdRules(t *testing.T) {
	o := Options{View: Rules, Thresholds: true}
	s := service(ipvsnl.TCP, "1.2.3.4:80", nil)
	for _, tt := range []struct {
		upper, lower uint32
		want         string
	}{
		{0, 0, "-a -t 1.2.3.4:80 -r 1.1.1.1:80 -i -w 1 --tun-type ipip\n"},
		{20, 0, "-a -t 1.2.3.4:80 -r 1.1.1.1:80 -i -w 1 --tun-type ipip -x 20\n"},
		{20, 10, "-a -t 1.2.3.4:80 -r 1.1.1.1:80 -i -w 1 --tun-type ipip -x 20 -y 10\n"},
	} {
		d := tunnelTo("1.1.1.1:80", ipvsnl.IPIP, 0, 0)
		d.Destination.UpperThreshold, d.Destination.LowerThreshold = tt.upper, tt.lower
		require.Equal(t, tt.want, string(o.AppendDestination(nil, s, d)))
	}
}

func TestConnections(t *testing.T) {
	entry := func(protocol, client, virtual, destination, state string, expires int64, engine, data string) *conns.Connection {
		return &conns.Connection{Protocol: protocol, Client: netip.MustParseAddrPort(client),
			Virtual: netip.MustParseAddrPort(virtual), Destination: netip.MustParseAddrPort(destination),
			State: state, RawExpires: expires, Engine: engine, EngineData: data}
	}
	plain := ConnectionTable{}
	engines := ConnectionTable{Engines: true}
	named := ConnectionTable{Names: names{}}
	origins := ConnectionTable{Origins: true}
	from := func(o conns.Origin, destination string) *conns.Connection {
		c := entry("TCP", "10.10.10.10:1", "10.0.0.1:80", destination, "NONE", 60, "", "")
		c.Origin = o
		return c
	}
	for _, tt := range []struct {
		table *ConnectionTable
		entry *conns.Connection
		want  string
	}{
		{&plain, entry("TCP", "127.0.0.1:50000", "10.0.0.1:80", "10.0.0.2:8080", "ESTABLISHED", 899, "", ""),
			"TCP 14:59  ESTABLISHED 127.0.0.1:50000    10.0.0.1:80        10.0.0.2:8080\n"},
		{&plain, entry("TCP", "127.0.0.1:50000", "10.0.0.1:80", "10.0.0.2:8080", "ESTABLISHED", 100*60+59, "", ""),
			"TCP 100:59 ESTABLISHED 127.0.0.1:50000    10.0.0.1:80        10.0.0.2:8080\n"},
		{&plain, entry("TCP", "127.0.0.1:50000", "10.0.0.1:80", "10.0.0.2:8080", "ESTABLISHED", 1000000, "", ""),
			"TCP 16666:40 ESTABLISHED 127.0.0.1:50000    10.0.0.1:80        10.0.0.2:8080\n"},
		{&plain, entry("TCP", "10.10.10.10:1", "10.0.0.1:80", "10.0.0.2:80", "NONE", 9*60+10, "", ""),
			"TCP 09:10  NONE        10.10.10.10:1      10.0.0.1:80        10.0.0.2:80\n"},
		{&plain, entry("TCP", "10.10.10.10:1", "10.0.0.1:80", "10.0.0.2:80", "NONE", 99*60+59, "", ""),
			"TCP 99:59  NONE        10.10.10.10:1      10.0.0.1:80        10.0.0.2:80\n"},
		{&plain, entry("SCTP", "10.10.10.10:1", "10.0.0.1:80", "10.0.0.2:80", "NONE", 9, "sip", "x"),
			"SCTP 00:09  NONE        10.10.10.10:1      10.0.0.1:80        10.0.0.2:80\n"},
		{&engines, entry("UDP", "10.10.10.10:5060", "10.0.0.1:5060", "10.0.0.2:5060", "UDP", 299, "sip", "abc@example.com"),
			"UDP 04:59  UDP         10.10.10.10:5060   10.0.0.1:5060      10.0.0.2:5060    sip                abc@example.com\n"},
		{&engines, entry("UDP", "10.10.10.10:5060", "10.0.0.1:5060", "10.0.0.2:5060", "UDP", 299, "sip", "x"),
			"UDP 04:59  UDP         10.10.10.10:5060   10.0.0.1:5060      10.0.0.2:5060    sip                x\n"},
		{&plain, entry("TCP", "[::1.0.0.1]:1", "10.0.0.1:80", "10.0.0.2:80", "NONE", 60, "", ""),
			"TCP 01:00  NONE        [::1.0.0.1]:1      10.0.0.1:80        10.0.0.2:80\n"},
		{&engines, entry("UDP", "10.10.10.10:5060", "10.0.0.1:5060", "10.0.0.2:5060", "UDP", 299, "", ""),
			"UDP 04:59  UDP         10.10.10.10:5060   10.0.0.1:5060      10.0.0.2:5060\n"},
		{&engines, entry("UDP", "10.10.10.10:5060", "10.0.0.1:5060", "10.0.0.2:5060", "UDP", 299, "sip", ""),
			"UDP 04:59  UDP         10.10.10.10:5060   10.0.0.1:5060      10.0.0.2:5060\n"},
		{&plain, entry("TCP", "10.10.10.10:1", "10.0.0.1:80", "10.0.0.2:80", "NONE", 73786976294838206, "", ""),
			"TCP 13171233:02 NONE        10.10.10.10:1      10.0.0.1:80        10.0.0.2:80\n"},
		{&plain, entry("TCP", "10.10.10.10:1", "10.0.0.1:80", "10.0.0.2:80", "NONE", -1, "", ""),
			"TCP 71582788:15 NONE        10.10.10.10:1      10.0.0.1:80        10.0.0.2:80\n"},
		{&named, entry("TCP", "[2001:db8::9]:80", "10.1.1.2:80", "10.0.0.2:80", "NONE", 60, "", ""),
			"TCP 01:00  NONE        [2001:db8::9]:http Short.Example.COM:http 10.0.0.2:http\n"},
		{&origins, from(conns.Local, "10.0.0.2:80"), "TCP 01:00  NONE        10.10.10.10:1      10.0.0.1:80        10.0.0.2:80        Local\n"},
		{&origins, from(conns.Synced, "[2001:db8::9]:8080"),
			"TCP 01:00  NONE        10.10.10.10:1      10.0.0.1:80        [2001:db8::9]:8080 Synced\n"},
		{&origins, from(conns.Unknown, "10.0.0.2:80"), "TCP 01:00  NONE        10.10.10.10:1      10.0.0.1:80        10.0.0.2:80        Unknown\n"},
		{&plain, from(conns.Local, "10.0.0.2:80"), "TCP 01:00  NONE        10.10.10.10:1      10.0.0.1:80        10.0.0.2:80\n"},
		{&named, entry("IP", "10.10.10.10:80", "0.0.0.1:80", "10.0.0.2:80", "NONE", 60, "", ""),
			"IP  01:00  NONE        10.10.10.10:80     0.0.0.1:80         10.0.0.2:80\n"},
	} {
		require.Equal(t, tt.want, string(tt.table.AppendConnection(nil, tt.entry)))
	}
	require.Equal(t, "IPVS connection entries\n"+
		"pro expire state       source             virtual            destination        pe name          pe_data\n",
		string(engines.AppendHead(nil)))
	require.Equal(t, "IPVS connection entries\n"+
		"pro expire state       source             virtual            destination        origin\n", string(origins.AppendHead(nil)))
	require.Equal(t, "IPVS connection entries\n"+
		"pro expire state       source             virtual            destination\n", string(plain.AppendHead(nil)))
	require.Equal(t, "before", string(plain.AppendEnd([]byte("before"))))
}
