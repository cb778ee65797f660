package format

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
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

func (names) Port(port uint16, p ipvsnl.Protocol) string {
	if port == 80 && p == ipvsnl.TCP {
		return "http"
	}
	return ""
}

func service(p ipvsnl.Protocol, addr string, change func(s *ipvsnl.Service)) *ipvsnl.Service {
	s := &ipvsnl.Service{ServiceKey: ipvsnl.AddrKey(p, netip.MustParseAddrPort(addr)), Scheduler: "wlc", Netmask: 1<<32 - 1}
	if s.Family == ipvsnl.IPv6 {
		s.Netmask = 128
	}
	if change != nil {
		change(s)
	}
	return s
}

func mark(n uint32, f ipvsnl.Family) *ipvsnl.Service {
	s := &ipvsnl.Service{ServiceKey: ipvsnl.MarkKey(n, f), Scheduler: "wlc", Netmask: 1<<32 - 1}
	if f == ipvsnl.IPv6 {
		s.Netmask = 128
	}
	return s
}

var everything = func(s *ipvsnl.Service) {
	s.Scheduler = "rr"
	s.Flags = ipvsnl.FlagPersistent | ipvsnl.FlagOnePacket | ipvsnl.FlagSched1 | ipvsnl.FlagSched3
	s.Timeout, s.Netmask, s.Engine = 5, 0xffffff00, "sip"
}

// What is wanted here was printed by ipvsadm 1.31.
func TestServices(t *testing.T) {
	tests := []struct {
		name    string
		service *ipvsnl.Service
		plain   string
		rule    string
		label   string // what counters follow
	}{
		{"tcp", service(ipvsnl.TCP, "1.2.3.4:80", nil),
			"TCP  1.2.3.4:80 wlc", "-A -t 1.2.3.4:80 -s wlc", "TCP  1.2.3.4:80                  "},
		{"sctp persistent", service(ipvsnl.SCTP, "1.2.3.4:80", func(s *ipvsnl.Service) {
			s.Flags, s.Timeout = ipvsnl.FlagPersistent, 360
		}), "SCTP 1.2.3.4:80 wlc persistent 360", "-A --sctp-service 1.2.3.4:80 -s wlc -p 360", "SCTP 1.2.3.4:80                  "},
		{"everything", service(ipvsnl.UDP, "1.2.3.4:83", everything),
			"UDP  1.2.3.4:83 rr (flag-1,flag-3) persistent 5 mask 255.255.255.0 pe sip ops",
			"-A -u 1.2.3.4:83 -s rr -p 5 -M 255.255.255.0 --pe sip -o -b flag-1,flag-3", "UDP  1.2.3.4:83                  "},
		{"engine without persistence", service(ipvsnl.TCP, "1.2.3.4:90", func(s *ipvsnl.Service) { s.Engine = "sip" }),
			"TCP  1.2.3.4:90 wlc", "-A -t 1.2.3.4:90 -s wlc --pe sip", "TCP  1.2.3.4:90                  "},
		{"a flag sh has no name for", service(ipvsnl.TCP, "1.2.3.4:81", func(s *ipvsnl.Service) {
			s.Scheduler, s.Flags = "sh", ipvsnl.FlagSched3
		}), "TCP  1.2.3.4:81 sh ()", "-A -t 1.2.3.4:81 -s sh -b ", "TCP  1.2.3.4:81                  "},
		{"mh", service(ipvsnl.TCP, "1.2.3.4:87", func(s *ipvsnl.Service) {
			s.Scheduler, s.Flags = "mh", ipvsnl.FlagSched1|ipvsnl.FlagSched2
		}), "TCP  1.2.3.4:87 mh (mh-fallback,mh-port)", "-A -t 1.2.3.4:87 -s mh -b mh-fallback,mh-port", "TCP  1.2.3.4:87                  "},
		{"IPv6", service(ipvsnl.TCP, "[2001:db8:1111:2222:3333:4444:5555:6666]:8080", func(s *ipvsnl.Service) {
			s.Flags, s.Timeout, s.Netmask = ipvsnl.FlagPersistent, 5, 64
		}), "TCP  [2001:db8:1111:2222:3333:4444:5555:6666]:8080 wlc persistent 5 mask 64",
			"-A -t [2001:db8:1111:2222:3333:4444:5555:6666]:8080 -s wlc -p 5 -M 64",
			"TCP  [2001:db8:1111:2222:3333:4444:5555:6666]:8080"},
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
				if got := string(o.AppendService(nil, tt.service)); got != want+"\n" {
					t.Errorf("view %d: got\n%q, want\n%q", view, got, want+"\n")
				}
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
			if got := string(o.AppendService(nil, service(ipvsnl.TCP, addr, nil))); got != want[i]+"\n" {
				t.Errorf("view %d: got\n%q, want\n%q", view, got, want[i])
			}
		}
	}
}

// The ports of a mark's destinations have no names, since it has no protocol.
func TestNamedDestinations(t *testing.T) {
	o := Options{View: Rules, Names: names{}}
	d := destination("10.1.1.2:80", ipvsnl.Route)
	for _, tt := range []struct {
		service *ipvsnl.Service
		want    string
	}{
		{mark(77, ipvsnl.IPv4), "-a -f 77 -r Short.Example.COM:80 -g -w 1\n"},
		{service(ipvsnl.TCP, "10.1.1.2:80", nil), "-a -t Short.Example.COM:http -r Short.Example.COM:http -g -w 1\n"},
	} {
		if got := string(o.AppendDestination(nil, tt.service, d)); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

func destination(addr string, f ipvsnl.Forwarding) *ipvsnl.Destination {
	return &ipvsnl.Destination{Addr: netip.MustParseAddrPort(addr), Forwarding: f, Weight: 1}
}

func tunnelTo(addr string, t ipvsnl.TunnelType, port uint16, f ipvsnl.TunnelFlags) *ipvsnl.Destination {
	d := destination(addr, ipvsnl.Tunnel)
	d.TunnelType, d.TunnelPort, d.TunnelFlags = t, port, f
	return d
}

func TestDestinations(t *testing.T) {
	heavy := destination("1.1.1.7:80", ipvsnl.Masquerade)
	heavy.Weight, heavy.UpperThreshold, heavy.LowerThreshold = 1<<31-1, 20, 10
	heavy.ActiveConns, heavy.InactConns, heavy.PersistConns = 3, 4, 5
	tests := []struct {
		name        string
		destination *ipvsnl.Destination
		want        map[View]string
	}{
		{"masquerading", heavy, map[View]string{
			Plain:          "  -> 1.1.1.7:80                   Masq    2147483647 3          4         ",
			Thresholds:     "  -> 1.1.1.7:80                   20         10         3          4         ",
			PersistentConn: "  -> 1.1.1.7:80                   2147483647 5           3          4         ",
			TunnelInfo:     "  -> 1.1.1.7:80                   Masq    n/a           2147483647 3          4         ",
			Stats:          "  -> 1.1.1.7:80                          0        0        0        0        0",
			Rate:           "  -> 1.1.1.7:80                          0        0        0        0        0",
			Rules:          "-a -t 1.2.3.4:80 -r 1.1.1.7:80 -m -w 2147483647",
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
				if got := string(o.AppendDestination(nil, s, tt.destination)); got != want+"\n" {
					t.Errorf("view %d: got\n%q, want\n%q", view, got, want+"\n")
				}
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
				if got := string(o.AppendService(nil, s)); got != label+strings.Repeat(want, 5)+"\n" {
					t.Errorf("%d exact %v view %d: got %q", tt.n, exact, view, got)
				}
				// A destination's rates of connections and packets are never rounded.
				row := strings.Repeat(want, 5)
				if view == Rate {
					row = strings.Repeat(tt.exact, 3) + strings.Repeat(want, 2)
				}
				if got := string(o.AppendDestination(nil, s, d)); got != "  -> 1.1.1.1:1                   "+row+"\n" {
					t.Errorf("%d exact %v view %d: got %q", tt.n, exact, view, got)
				}
			}
		}
	}
}

func TestHeads(t *testing.T) {
	for view := Plain; view <= TunnelInfo; view++ {
		o := Options{View: view}
		got := string(o.AppendHead(nil))
		if view == Rules {
			if got != "" {
				t.Errorf("rules have the head %q", got)
			}
			continue
		}
		if !strings.HasPrefix(got, "Prot LocalAddress:Port ") || !strings.Contains(got, "\n  -> RemoteAddress:Port") {
			t.Errorf("view %d has the head %q", view, got)
		}
	}
	if got, want := string(AppendVersion(nil, ipvsnl.Info{Version: 0x010201, ConnTableSize: 4096})),
		"IP Virtual Server version 1.2.1 (size=4096)\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
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
	} {
		if got := string(appendAddr(nil, netip.MustParseAddr(addr))); got != want {
			t.Errorf("%s: got %q, want %q", addr, got, want)
		}
	}
}

func TestState(t *testing.T) {
	if got, want := string(AppendTimeouts(nil, ipvsnl.Timeouts{TCP: 900, TCPFin: 120, UDP: 300})),
		"Timeout (tcp tcpfin udp): 900 120 300\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	d := ipvsnl.Daemon{State: ipvsnl.Backup, Interface: "lo", SyncID: 7, MaxLen: 1024,
		Group: netip.MustParseAddr("ff02::1:2"), Port: 9000, TTL: 5}
	if got, want := string(AppendDaemon(nil, d)),
		"backup sync daemon (mcast=lo, syncid=7, maxlen=1024, group=ff02::1:2, port=9000, ttl=5)\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSettingRules(t *testing.T) {
	for _, tt := range []struct{ got, want []byte }{
		{AppendTimeoutsRule(nil, &ipvsnl.Timeouts{TCP: 900, TCPFin: 120, UDP: 300}), []byte("--set 900 120 300\n")},
		{AppendDaemonRule(nil, &ipvsnl.Daemon{State: ipvsnl.Backup, Interface: "lo", SyncID: 7, MaxLen: 1024,
			Group: netip.MustParseAddr("ff02::1:2"), Port: 9000, TTL: 5}),
			[]byte("--start-daemon backup --mcast-interface lo --syncid 7 --sync-maxlen 1024 --mcast-group ff02::1:2 --mcast-port 9000 --mcast-ttl 5\n")},
		// Of a kernel that does not tell more.
		{AppendDaemonRule(nil, &ipvsnl.Daemon{State: ipvsnl.Master, Interface: "lo"}), []byte("--start-daemon master --mcast-interface lo --syncid 0\n")},
	} {
		if string(tt.got) != string(tt.want) {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
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
		d.UpperThreshold, d.LowerThreshold = tt.upper, tt.lower
		if got := string(o.AppendDestination(nil, s, d)); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

func TestConnections(t *testing.T) {
	entry := func(protocol, client, virtual, destination, state string, expires int64, engine, data string) *Connection {
		return &Connection{Protocol: []byte(protocol), Client: netip.MustParseAddrPort(client),
			Virtual: netip.MustParseAddrPort(virtual), Destination: netip.MustParseAddrPort(destination),
			State: []byte(state), Expires: expires, Engine: []byte(engine), EngineData: []byte(data)}
	}
	plain := ConnectionTable{}
	engines := ConnectionTable{Engines: true}
	named := ConnectionTable{Names: names{}}
	for _, tt := range []struct {
		table *ConnectionTable
		entry *Connection
		want  string
	}{
		{&plain, entry("TCP", "127.0.0.1:50000", "10.0.0.1:80", "10.0.0.2:8080", "ESTABLISHED", 899, "", ""),
			"TCP 14:59  ESTABLISHED 127.0.0.1:50000    10.0.0.1:80        10.0.0.2:8080\n"},
		{&plain, entry("TCP", "127.0.0.1:50000", "10.0.0.1:80", "10.0.0.2:8080", "ESTABLISHED", 1000000, "", ""),
			"TCP 16666:40 ESTABLISHED 127.0.0.1:50000    10.0.0.1:80        10.0.0.2:8080\n"},
		{&plain, entry("SCTP", "10.10.10.10:1", "10.0.0.1:80", "10.0.0.2:80", "NONE", 9, "sip", "x"),
			"SCTP 00:09  NONE        10.10.10.10:1      10.0.0.1:80        10.0.0.2:80\n"},
		{&engines, entry("UDP", "10.10.10.10:5060", "10.0.0.1:5060", "10.0.0.2:5060", "UDP", 299, "sip", "abc@example.com"),
			"UDP 04:59  UDP         10.10.10.10:5060   10.0.0.1:5060      10.0.0.2:5060    sip                abc@example.com\n"},
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
		{&named, entry("IP", "10.10.10.10:80", "0.0.0.1:80", "10.0.0.2:80", "NONE", 60, "", ""),
			"IP  01:00  NONE        10.10.10.10:80     0.0.0.1:80         10.0.0.2:80\n"},
	} {
		if got := string(tt.table.AppendConnection(nil, tt.entry)); got != tt.want {
			t.Errorf("got\n%q, want\n%q", got, tt.want)
		}
	}
	if got, want := string(engines.AppendHead(nil)), "IPVS connection entries\n"+
		"pro expire state       source             virtual            destination        pe name          pe_data\n"; got != want {
		t.Errorf("got head %q, want %q", got, want)
	}
	if got, want := string(plain.AppendHead(nil)), "IPVS connection entries\n"+
		"pro expire state       source             virtual            destination\n"; got != want {
		t.Errorf("got head %q, want %q", got, want)
	}
}
