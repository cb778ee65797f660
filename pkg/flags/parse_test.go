// SPDX-License-Identifier: Apache-2.0

package flags

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// names is a Resolver that knows a host and two ports.
type names struct{}

func (names) Addr(host string) (netip.Addr, bool) {
	switch host {
	case "www":
		return netip.MustParseAddr("192.0.2.80"), true
	case "six":
		return netip.MustParseAddr("2001:db8::6"), true
	}
	return netip.Addr{}, false
}

func (names) PortNumber(name, protocol string) (uint16, bool) {
	switch {
	case name == "http" && protocol == "tcp":
		return 80, true
	case name == "tftp" && protocol == "udp":
		return 69, true
	}
	return 0, false
}

// tcp returns the key of the TCP service at an address.
func tcp(addr string) ipvsnl.ServiceKey {
	return ipvsnl.ServiceKey{Protocol: ipvsnl.TCP, Addr: netip.MustParseAddrPort(addr)}
}

// service returns a service as it is before any option but the one that names it, with
// changes.
func service(key ipvsnl.ServiceKey, change func(*ipvsnl.Service)) ipvsnl.Service {
	s := ipvsnl.Service{Key: key, Scheduler: "wlc"}
	if change != nil {
		change(&s)
	}
	return s
}

// server returns a real server as it is before any option but -r, with changes.
func server(addr string, change func(*ipvsnl.Destination)) ipvsnl.Destination {
	d := ipvsnl.Destination{Addr: netip.MustParseAddrPort(addr), Forwarding: ipvsnl.Route, Weight: 1}
	if change != nil {
		change(&d)
	}
	return d
}

func masquerading(d *ipvsnl.Destination) { d.Forwarding = ipvsnl.Masquerade }

// persistent returns persistence for as many seconds.
func persistent(seconds int, mask ipvsnl.Mask) func(*ipvsnl.Service) {
	return func(s *ipvsnl.Service) {
		s.Persistence = ipvsnl.Persistence{Timeout: time.Duration(seconds) * time.Second, Mask: mask}
	}
}

// whole is the mask of a service that tells all clients apart.
var whole ipvsnl.Mask

// TestParseChanges checks that a line of a change makes what the library's functions make, and nothing else.
func TestParseChanges(t *testing.T) {
	for _, tt := range []struct {
		words string
		want  ipvsnl.Change
	}{
		{"-A -t 1.2.3.4:80", ipvsnl.AddService(service(tcp("1.2.3.4:80"), nil))},
		{"--add-service --tcp-service=1.2.3.4:http", ipvsnl.AddService(service(tcp("1.2.3.4:80"), nil))},
		{"-At1.2.3.4:80", ipvsnl.AddService(service(tcp("1.2.3.4:80"), nil))},
		{"-A -t=1.2.3.4:80 --", ipvsnl.AddService(service(tcp("1.2.3.4:80"), nil))},
		{"-A -t www:80 -s= -b=", ipvsnl.AddService(service(tcp("192.0.2.80:80"), nil))},
		{"-A -t 1.2.3.4:0x10", ipvsnl.Change{}},
		{"-A -t 1.2.3.4:~+80", ipvsnl.AddService(service(tcp("1.2.3.4:80"), nil))},
		{"-A -u 1.2.3.4:tftp -o -s rr", ipvsnl.AddService(ipvsnl.Service{
			Key:       ipvsnl.ServiceKey{Protocol: ipvsnl.UDP, Addr: netip.MustParseAddrPort("1.2.3.4:69")},
			Scheduler: "rr", OnePacket: true})},
		{"-A --sctp-service 1.2.3.4:9 --pe sip", ipvsnl.AddService(ipvsnl.Service{
			Key:       ipvsnl.ServiceKey{Protocol: ipvsnl.SCTP, Addr: netip.MustParseAddrPort("1.2.3.4:9")},
			Scheduler: "wlc", Persistence: ipvsnl.Persistence{Engine: "sip"}})},
		{"-A -t 1.2.3.4 -p", ipvsnl.AddService(service(tcp("1.2.3.4:0"), persistent(360, whole)))},
		{"-A -t 1.2.3.4 -p 2678400", ipvsnl.AddService(service(tcp("1.2.3.4:0"), persistent(2678400, whole)))},
		{"-A -t 1.2.3.4 -p 1", ipvsnl.AddService(service(tcp("1.2.3.4:0"), persistent(1, whole)))},
		{"-A -t 1.2.3.4:65535", ipvsnl.AddService(service(tcp("1.2.3.4:65535"), nil))},

		// Masks.
		{"-A -t 1.2 -p 5 -M 255.255.255.0", ipvsnl.AddService(service(tcp("1.0.0.2:0"),
			persistent(5, ipvsnl.Mask4([4]byte{255, 255, 255, 0}))))},
		{"-A -M 255.0.255.0 -t 1.2.3.4 -p 5", ipvsnl.AddService(service(tcp("1.2.3.4:0"),
			persistent(5, ipvsnl.Mask4([4]byte{255, 0, 255, 0}))))},
		{"-A -t 1.2.3.4:80 -p 5 -M 0.0.0.0", ipvsnl.AddService(service(tcp("1.2.3.4:80"), persistent(5, ipvsnl.Mask4([4]byte{}))))},
		{"-A -t 1.2.3.4:80 -p 5 -M 255.255.255.255", ipvsnl.AddService(service(tcp("1.2.3.4:80"), persistent(5, whole)))},
		{"-A -t 1.2.3.4:80 -M 255.255.255.0", ipvsnl.AddService(service(tcp("1.2.3.4:80"), nil))}, // of nothing without -p
		{"-E -t [::1]:80 -M 64", ipvsnl.SetService(service(tcp("[::1]:80"), nil))},
		{"-A -M 24 -t [2001:db8::1]:80 --persistent=7", ipvsnl.AddService(service(tcp("[2001:db8::1]:80"), persistent(7, whole)))},
		{"-A -f 7 -M 255.255.255.0 -6 -p 7", ipvsnl.AddService(service(ipvsnl.ServiceKey{Mark: 7, IPv6: true}, persistent(7, whole)))},
		{"-A -f 7 -6 -M 1 -p 7", ipvsnl.AddService(service(ipvsnl.ServiceKey{Mark: 7, IPv6: true}, persistent(7, ipvsnl.Mask6(1))))},
		{"-A -t [::1]:80 -M 128 -p 7", ipvsnl.AddService(service(tcp("[::1]:80"), persistent(7, whole)))},
		{"-A -f 7 -M 255.255.0.0 -p 7", ipvsnl.AddService(service(ipvsnl.ServiceKey{Mark: 7},
			persistent(7, ipvsnl.Mask4([4]byte{255, 255}))))},
		{"-E -t 2001:db8::1 -M 64 -p -n2", ipvsnl.Change{}}, // -p takes no word that begins with "-"
		{"-E -t 2001:db8::1 -M 64x -p", ipvsnl.SetService(service(tcp("[2001:db8::1]:0"), persistent(360, ipvsnl.Mask6(64))))},
		{"-E -t 2001:db8::1 -M ~+64 -p", ipvsnl.SetService(service(tcp("[2001:db8::1]:0"), persistent(360, ipvsnl.Mask6(64))))},
		{"-E -t 2001:db8::1 -M 64/ -p", ipvsnl.SetService(service(tcp("[2001:db8::1]:0"), persistent(360, ipvsnl.Mask6(64))))},
		{"-E -t 2001:db8::1 -M +64- -p", ipvsnl.SetService(service(tcp("[2001:db8::1]:0"), persistent(360, ipvsnl.Mask6(64))))},
		{"-E -t 2001:db8::1 -M -4294967232 -p", ipvsnl.SetService(service(tcp("[2001:db8::1]:0"), persistent(360, ipvsnl.Mask6(64))))},
		{"-E -t 2001:db8::1 -M 4294967360 -p", ipvsnl.SetService(service(tcp("[2001:db8::1]:0"), persistent(360, ipvsnl.Mask6(64))))},

		// Names and flags, which the kernel keeps a certain length of.
		{"-A -f 7 -6 -s mh -b mh-port,mh-fallback,flag-3", ipvsnl.AddService(ipvsnl.Service{
			Key: ipvsnl.ServiceKey{Mark: 7, IPv6: true}, Scheduler: "mh",
			SchedulerFlags: ipvsnl.SchedulerFlag1 | ipvsnl.SchedulerFlag2 | ipvsnl.SchedulerFlag3})},
		{"-A -f 1 -b ,flag-2,,flag-2,", ipvsnl.AddService(service(ipvsnl.ServiceKey{Mark: 1}, func(s *ipvsnl.Service) {
			s.SchedulerFlags = ipvsnl.SchedulerFlag2
		}))},
		{"-A -f 1 -b flag-1" + strings.Repeat(",", 121) + "flag-2", ipvsnl.AddService(service(ipvsnl.ServiceKey{Mark: 1},
			func(s *ipvsnl.Service) { s.SchedulerFlags = ipvsnl.SchedulerFlag1 }))}, // of which 127 bytes count
		{"-A -f 1 -b " + strings.Repeat(",", 121) + "flag-2", ipvsnl.AddService(service(ipvsnl.ServiceKey{Mark: 1},
			func(s *ipvsnl.Service) { s.SchedulerFlags = ipvsnl.SchedulerFlag2 }))},
		{"-A -f 1 -b " + strings.Repeat(",", 122) + "flag-2", ipvsnl.Change{}},
		{"-A -f 4294967295 -o -s abcdefghijklmnopq", ipvsnl.AddService(ipvsnl.Service{
			Key: ipvsnl.ServiceKey{Mark: 1<<32 - 1}, OnePacket: true, Scheduler: "abcdefghijklmno"})},
		{"-A -f 0x102", ipvsnl.AddService(service(ipvsnl.ServiceKey{Mark: 258}, nil))},
		{"-A -f 0XfFfFfFfF", ipvsnl.AddService(service(ipvsnl.ServiceKey{Mark: 1<<32 - 1}, nil))},
		{"-A -f 0x000000000001", ipvsnl.AddService(service(ipvsnl.ServiceKey{Mark: 1}, nil))},
		{"-A -f 010", ipvsnl.AddService(service(ipvsnl.ServiceKey{Mark: 10}, nil))}, // decimal
		{"-A -f ~+7", ipvsnl.AddService(service(ipvsnl.ServiceKey{Mark: 7}, nil))},
		{"-A -f 1 --pe abcdefghijklmnopq", ipvsnl.AddService(service(ipvsnl.ServiceKey{Mark: 1}, func(s *ipvsnl.Service) {
			s.Persistence.Engine = "abcdefghijklmnop"
		}))},
		{"-A -f 1 --pe abcdefghijklmno", ipvsnl.AddService(service(ipvsnl.ServiceKey{Mark: 1}, func(s *ipvsnl.Service) {
			s.Persistence.Engine = "abcdefghijklmno"
		}))},
		{"--start-daemon master --mcast-interface abcdefghijklmnop", ipvsnl.StartDaemon(
			ipvsnl.Daemon{State: ipvsnl.Master, Interface: "abcdefghijklmno"})},

		{"-D -t 1.2.3.4", ipvsnl.DeleteService(tcp("1.2.3.4:0"))},
		{"-C", ipvsnl.Flush()},

		// Real servers.
		{"-a -t 1.2.3.4:80 -r 10.0.0.1:8080 -m -w 5 -x 20 -y 10", ipvsnl.AddDestination(tcp("1.2.3.4:80"), ipvsnl.Destination{
			Addr: netip.MustParseAddrPort("10.0.0.1:8080"), Forwarding: ipvsnl.Masquerade,
			Weight: 5, UpperThreshold: 20, LowerThreshold: 10})},
		{"-a -t 1.2.3.4:80 -r 10.0.0.1 -w 2147483647 -x 2147483647 -y 0", ipvsnl.AddDestination(tcp("1.2.3.4:80"),
			server("10.0.0.1:80", func(d *ipvsnl.Destination) { d.Weight, d.UpperThreshold = 1<<31-1, 1<<31-1 }))},
		{"-a -t 1.2.3.4:80 -r 10.0.0.1 -w 0 -x 0", ipvsnl.AddDestination(tcp("1.2.3.4:80"),
			server("10.0.0.1:80", func(d *ipvsnl.Destination) { d.Weight = 0 }))},
		{"-a -r 10.0.0.1 -m -t 1.2.3.4:80", ipvsnl.AddDestination(tcp("1.2.3.4:80"), server("10.0.0.1:0", masquerading))}, // named too early
		{"-a -r 10.0.0.1:8080 -t 1.2.3.4:80", ipvsnl.AddDestination(tcp("1.2.3.4:80"), server("10.0.0.1:80", nil))},       // routing keeps the port
		{"-a -f 7 -r 10.0.0.1:http -g", ipvsnl.AddDestination(ipvsnl.ServiceKey{Mark: 7}, server("10.0.0.1:80", nil))},
		{"-a -f 7 -r 10.0.0.1", ipvsnl.AddDestination(ipvsnl.ServiceKey{Mark: 7}, server("10.0.0.1:0", nil))},
		{"-e -t 1.2.3.4:80 -r [2001:db8::1]:8080 -i", ipvsnl.SetDestination(tcp("1.2.3.4:80"),
			server("[2001:db8::1]:80", func(d *ipvsnl.Destination) { d.Forwarding = ipvsnl.Tunnel }))},
		{"-a -t [::1]:80 -r 10.0.0.1 -i --tun-type gue --tun-port 65535 --tun-remcsum", ipvsnl.AddDestination(tcp("[::1]:80"),
			server("10.0.0.1:80", func(d *ipvsnl.Destination) {
				d.Forwarding, d.TunnelType, d.TunnelPort = ipvsnl.Tunnel, ipvsnl.GUE, 65535
				d.TunnelFlags = ipvsnl.TunnelRemoteChecksum
			}))},
		{"-a -t 1.2.3.4:80 -r 10.0.0.1 -i --tun-type gre --tun-nocsum", ipvsnl.AddDestination(tcp("1.2.3.4:80"),
			server("10.0.0.1:80", func(d *ipvsnl.Destination) { d.Forwarding, d.TunnelType = ipvsnl.Tunnel, ipvsnl.GRE }))},
		{"-a -t 1.2.3.4:80 -r 10.0.0.1 -i --tun-type gre --tun-csum", ipvsnl.AddDestination(tcp("1.2.3.4:80"),
			server("10.0.0.1:80", func(d *ipvsnl.Destination) {
				d.Forwarding, d.TunnelType, d.TunnelFlags = ipvsnl.Tunnel, ipvsnl.GRE, ipvsnl.TunnelChecksum
			}))},
		{"-a -t 1.2.3.4:80 -r 10.0.0.1 -i --tun-type ipip", ipvsnl.AddDestination(tcp("1.2.3.4:80"),
			server("10.0.0.1:80", func(d *ipvsnl.Destination) { d.Forwarding = ipvsnl.Tunnel }))},
		{"-d -t 1.2.3.4:80 -r 10.0.0.1", ipvsnl.DeleteDestination(tcp("1.2.3.4:80"), netip.MustParseAddrPort("10.0.0.1:80"))},
		{"-d -t 1.2.3.4:80 -r 10.0.0.1:8080", ipvsnl.DeleteDestination(tcp("1.2.3.4:80"), netip.MustParseAddrPort("10.0.0.1:8080"))},

		// Settings and counters.
		{"--set 1 2 -- 3", ipvsnl.SetTimeouts(ipvsnl.Timeouts{TCP: time.Second, TCPFin: 2 * time.Second, UDP: 3 * time.Second})},
		{"--set 0 2678400 0", ipvsnl.SetTimeouts(ipvsnl.Timeouts{TCPFin: 2678400 * time.Second})},
		{"--start-daemon master", ipvsnl.StartDaemon(ipvsnl.Daemon{State: ipvsnl.Master, Interface: "eth0"})},
		{"--start-daemon=master --mcast-interface=", ipvsnl.StartDaemon(ipvsnl.Daemon{State: ipvsnl.Master, Interface: "eth0"})},
		{"--start-daemon=backup --mcast-interface eth1 --syncid 255 --mcast-group ff02::1 --mcast-port 1 --mcast-ttl 255 --sync-maxlen 65507",
			ipvsnl.StartDaemon(ipvsnl.Daemon{State: ipvsnl.Backup, Interface: "eth1", SyncID: 255, MaxLen: 65507,
				Group: netip.MustParseAddr("ff02::1"), Port: 1, TTL: 255})},
		{"--start-daemon master --mcast-group 224.0.0.1 --mcast-port 65535 --mcast-ttl 1 --sync-maxlen 1 --syncid 0",
			ipvsnl.StartDaemon(ipvsnl.Daemon{State: ipvsnl.Master, Interface: "eth0", MaxLen: 1,
				Group: netip.MustParseAddr("224.0.0.1"), Port: 65535, TTL: 1})},
		{"--stop-daemon backup --syncid 3", ipvsnl.StopDaemon(ipvsnl.Backup)},
		{"--stop-daemon master", ipvsnl.StopDaemon(ipvsnl.Master)},
		{"-Z", ipvsnl.Zero()},
		{"-Z -t 0.0.0.0", ipvsnl.Zero()},
		{"-Z -t [::]:0", ipvsnl.Zero()},
		{"-Z -t 0.0.0.0:80", ipvsnl.ZeroService(tcp("0.0.0.0:80"))},
		{"-Z -t 1.2.3.4", ipvsnl.ZeroService(tcp("1.2.3.4:0"))},
		{"-Z -f 7", ipvsnl.ZeroService(ipvsnl.ServiceKey{Mark: 7})},
		{"-Z -f 7 -6", ipvsnl.ZeroService(ipvsnl.ServiceKey{Mark: 7, IPv6: true})},
	} {
		t.Run(tt.words, func(t *testing.T) {
			got, err := Parse(split(tt.words), names{})
			if tt.want == (ipvsnl.Change{}) {
				require.Error(t, err)
				require.Equal(t, Command{Kind: Change}, got)
				return
			}
			require.NoError(t, err)
			got.Oddities, got.Named = 0, 0 // oddity_test.go is about them
			want := Command{Kind: Change, Change: tt.want}
			if tt.want == ipvsnl.Flush() {
				want.Wait = 60
			}
			require.Equal(t, want, got)
		})
	}
}

// split splits a line into words at blanks. A word ” is empty, and ~ is a blank.
func split(line string) (words []string) {
	for _, w := range strings.Fields(line) {
		words = append(words, strings.NewReplacer("''", "", "~", " ").Replace(w))
	}
	return words
}

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		words string
		want  Command
	}{
		{"", Command{Kind: List}},
		{"-L", Command{Kind: List}},
		{"-Lnc", Command{Kind: List, Listing: Listing{Subject: Connections, Numeric: true}}},
		{"-l --timeout -X", Command{Kind: List, Listing: Listing{Subject: Timeouts, Exact: true}}},
		{"--list --daemon --sort --sort --nosort", Command{Kind: List, Listing: Listing{Subject: Daemons, NoSort: true}}},
		{"-L --stats --rate --thresholds --persistent-conn --tun-info", Command{Kind: List,
			Listing: Listing{Stats: true, Rate: true, Thresholds: true, PersistentConn: true, TunnelInfo: true}}},
		{"-L --wide", Command{Kind: List, Listing: Listing{Wide: true}}},
		{"-L --total --rate", Command{Kind: List, Listing: Listing{Total: true, Rate: true}}},
		{"-L -t 1.2.3.4:80", Command{Kind: List, Service: tcp("1.2.3.4:80"), OneService: true}},
		{"-Ln --watch --rate --sort --sort-by CPS", Command{Kind: List,
			Listing: Listing{Numeric: true, Rate: true, Watch: 2, SortBy: "cps"}}},
		{"-L --watch=1 --sort-by=weight", Command{Kind: List, Listing: Listing{Watch: 1, SortBy: "weight"}}},
		{"-L --watch 86400 -t 1.2.3.4:80", Command{Kind: List, Listing: Listing{Watch: 86400},
			Service: tcp("1.2.3.4:80"), OneService: true}},
		{"-Lj --sort-by active", Command{Kind: List, Listing: Listing{JSON: true, Numeric: true, SortBy: "active"}}},
		{"-L --json -t 1.2.3.4:80 --nosort", Command{Kind: List, Listing: Listing{JSON: true, Numeric: true, NoSort: true},
			Service: tcp("1.2.3.4:80"), OneService: true}},
		{"-Lcjn", Command{Kind: List, Listing: Listing{Subject: Connections, JSON: true, Numeric: true}}},
		{"-Lj --daemon --sort", Command{Kind: List, Listing: Listing{Subject: Daemons, JSON: true, Numeric: true}}},
		{"-L --metrics", Command{Kind: List, Listing: Listing{Metrics: true, Numeric: true}}},
		{"--schedulers --json", Command{Kind: Schedulers, Listing: Listing{JSON: true, Numeric: true}}},
		{"--build", Command{Kind: Build}},
		{"-L --syncid 5 -f 7 -6", Command{Kind: List, Service: ipvsnl.ServiceKey{Mark: 7, IPv6: true}, OneService: true}},

		{"-R", Command{Kind: Restore, Wait: 60}},
		{"-R --replace", Command{Kind: Restore, Wait: 60, Restoring: Restoring{Replace: true}}},
		{"--restore --dry-run --replace", Command{Kind: Restore, Wait: 60, Restoring: Restoring{Replace: true, DryRun: true}}},
		{"-R --wait 0", Command{Kind: Restore, WaitGiven: true}},
		{"-R --only --replace", Command{Kind: Restore, Wait: 60, Restoring: Restoring{Replace: true, Only: true}}},
		{"-R --wait=86400 --replace", Command{Kind: Restore, Wait: 86400, WaitGiven: true, Restoring: Restoring{Replace: true}}},
		{"-C --wait 60", Command{Kind: Change, Change: ipvsnl.Flush(), Wait: 60, WaitGiven: true}},
		{"--netns blue", Command{Kind: List, NetNS: "blue"}},
		{"--netns=blue --", Command{Kind: List, NetNS: "blue"}},
		{"--netns blue -C", Command{Kind: Change, Change: ipvsnl.Flush(), Wait: 60, NetNS: "blue"}},
		{"--netns blue -h", Command{Kind: Help, NetNS: "blue"}},
		{"--netns=blue --version --nothing", Command{Kind: Version, NetNS: "blue"}},
		{"-C --netns blue", Command{Kind: Change, Change: ipvsnl.Flush(), Wait: 60, NetNS: "blue"}},
		{"--set 1 --netns=/proc/7/ns/net 0 0", Command{Kind: Change, NetNS: "/proc/7/ns/net",
			Change: ipvsnl.SetTimeouts(ipvsnl.Timeouts{TCP: time.Second})}},

		{"-S --stable -n", Command{Kind: Save, Listing: Listing{Numeric: true}, Saving: Saving{Stable: true}}},
		{"-Sn", Command{Kind: Save, Listing: Listing{Numeric: true}}},
		{"-S --timeout", Command{Kind: Save, Saving: Saving{Timeouts: true}}},
		{"-S --daemon --thresholds", Command{Kind: Save, Saving: Saving{Thresholds: true, Daemons: true}}},
		{"-S --all --timeout -n", Command{Kind: Save, Listing: Listing{Numeric: true},
			Saving: Saving{Thresholds: true, Timeouts: true, Daemons: true}}},
		{"--save -t 1.2.3.4:80", Command{Kind: Save, Service: tcp("1.2.3.4:80"), OneService: true}},
		{"-S -f 7 -6 --all", Command{Kind: Save, Service: ipvsnl.ServiceKey{Mark: 7, IPv6: true}, OneService: true,
			Saving: Saving{Thresholds: true, Timeouts: true, Daemons: true}}},

		// Help and version are not kept from anything by what follows them.
		{"-h -A", Command{Kind: Help}},
		{"--help", Command{Kind: Help}},
		{"-v foo", Command{Kind: Version}},
		{"-vz", Command{Kind: Version}},
		{"foo --version --netns blue", Command{Kind: Version, NetNS: "blue"}},
		{"-h -L --stats --netns=/x --netns y", Command{Kind: Help, NetNS: "/x"}},
		{"-h --netns= --netns y", Command{Kind: Help}},
		{"-v --nothing --netns blue", Command{Kind: Version}},
		{"-v -s --netns blue", Command{Kind: Version}}, // the name of a scheduler
	} {
		t.Run(tt.words, func(t *testing.T) {
			got, err := Parse(split(tt.words), names{})
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
		})
	}
}

// Every error comes with the kind and the namespace, wherever on the line these are.
func TestParseBesideErrors(t *testing.T) {
	for words, want := range map[string]Command{
		// No command.
		"--":                   {},
		"-nL --netns blue":     {},
		"blue --netns -L":      {NetNS: "-L"},
		"--netns blue -nL":     {NetNS: "blue"},
		"--netns blue foo":     {NetNS: "blue"},
		"--netns blue -z":      {NetNS: "blue"},
		"--netns= -L":          {},
		"--netns a --netns b":  {NetNS: "a"},
		"--netns":              {},
		"--set=1 --netns blue": {},
		"-t x --netns blue":    {},
		"--start-daemon":       {},
		"-z -L --netns blue":   {},

		// The value of the command.
		"--start-daemon mas --netns blue": {Kind: Change, NetNS: "blue"},
		"--stop-daemon -n --netns=blue":   {Kind: Change, NetNS: "blue"},

		// What popt refuses: it looks at nothing after that.
		"-A -p --netns blue --nothing": {Kind: Change, NetNS: "blue"},
		"-A --nothing --netns blue":    {Kind: Change},
		"-Lz --netns blue":             {Kind: List},
		"-Lzc --netns blue":            {Kind: List},
		"-L --numeric=x --netns blue":  {Kind: List},
		"-Ln= --netns blue":            {Kind: List},
		"-S --netns":                   {Kind: Save},
		"-R --netns blue --wait":       {Kind: Restore, NetNS: "blue"},

		// A second command, an option twice, a value at fault, before and after the namespace.
		"-LA --netns blue":                   {Kind: List, NetNS: "blue"},
		"-L --netns blue -A":                 {Kind: List, NetNS: "blue"},
		"-L -n -n --netns blue":              {Kind: List, NetNS: "blue"},
		"-L --netns blue -n -n":              {Kind: List, NetNS: "blue"},
		"-L --netns blue --netns red":        {Kind: List, NetNS: "blue"},
		"-L --netns blue -t x --netns=red":   {Kind: List, NetNS: "blue"},
		"-L --netns= --netns blue":           {Kind: List},
		"-Ln -t x word --netns=-n":           {Kind: List, NetNS: "-n"},
		"-L --watch 0 --nothing --netns red": {Kind: List},
		"-A -t x -s --netns blue":            {Kind: Change}, // the name of a scheduler
		"-L -t x -- --netns blue":            {Kind: List},

		// What can be known only at the end of the line.
		"-L --netns blue word":                 {Kind: List, NetNS: "blue"},
		"foo -Ln --netns blue":                 {Kind: List, NetNS: "blue"},
		"-L -- --netns blue":                   {Kind: List},
		"--set 1 2 --netns blue":               {Kind: Change, NetNS: "blue"},
		"--set 1 2 x --netns blue":             {Kind: Change, NetNS: "blue"},
		"--set 1 2 3 4 --netns blue":           {Kind: Change, NetNS: "blue"},
		"-A -f 1 -b foo --netns blue":          {Kind: Change, NetNS: "blue"},
		"-A --netns blue":                      {Kind: Change, NetNS: "blue"},
		"-S --netns blue --replace":            {Kind: Save, NetNS: "blue"},
		"-L --netns blue -c --timeout":         {Kind: List, NetNS: "blue"},
		"-L --netns blue -c --stats":           {Kind: List, NetNS: "blue"},
		"-A -t 1.2.3.4 --netns blue":           {Kind: Change, NetNS: "blue"},
		"-a -t 1.2.3.4:80 -r ::1 --netns blue": {Kind: Change, NetNS: "blue"},
		"-R --netns blue --replace -n":         {Kind: Restore, NetNS: "blue"},
		"-C --netns blue -n":                   {Kind: Change, NetNS: "blue"},
	} {
		t.Run(words, func(t *testing.T) {
			got, err := Parse(split(words), names{})
			require.Error(t, err)
			require.Equal(t, want, got)
		})
	}
}

func TestParseErrors(t *testing.T) {
	tests := []struct {
		words string // for split
		text  string
	}{
		{"-A", "You need to supply the 'service-address' option for the 'add-service' command"},
		{"-a -t 1.2.3.4:80", "You need to supply the 'real-server' option for the 'add-server' command"},
		{"-A -n", "Illegal 'numeric' option with the 'add-service' command"},
		{"-C --tun-info -n", "Illegal 'numeric' option with the 'flush' command"},
		{"-C --pe sip -o", "Illegal 'ops' option with the 'flush' command"},
		{"-A -t 1.2.3.4:80 -u 1.2.3.4:80", "multiple 'service-address' options specified"},
		{"-a -g -i", "multiple 'forwarding-method' options specified"},
		{"-L -n -n", "multiple 'numeric' options specified"},
		{"-L --netns a --netns b", "multiple 'netns' options specified"},
		{"-L --netns=", "illegal netns specified"},
		{"--netns= -L", "illegal netns specified"},
		{"--netns a -L --netns b", "multiple 'netns' options specified"},
		{"--netns a --netns b -L", "multiple 'netns' options specified"},
		{"-A -t 1.2.3.4:80 --replace", "Illegal 'replace' option with the 'add-service' command"},
		{"-S --dry-run", "Illegal 'dry-run' option with the 'save' command"},
		{"-R --only", "The option 'only' requires the 'replace' option in the 'restore' command"},
		{"-R --dry-run --only", "The option 'only' requires the 'replace' option in the 'restore' command"},
		{"-C --only", "Illegal 'only' option with the 'flush' command"},
		{"-R --dry-run -n", "Illegal 'numeric' option with the 'restore' command"},
		{"-A -t 1.2.3.4:80 --wait 5", "Illegal 'wait' option with the 'add-service' command"},
		{"-L --stable", "Illegal 'stable' option with the 'list' command"},
		{"-C --wait -1", "invalid wait time `-1' specified"},
		{"-R --wait 86401", "invalid wait time `86401' specified"},
		{"-R --wait=5s", "invalid wait time `5s' specified"},
		{"-R --replace --replace", "multiple 'replace' options specified"},
		{"-L foo", "unexpected argument foo"},
		{"-L -- -n", "unexpected argument -n"},
		{"-L ''", "unexpected argument "},
		{"-LA", "invalid option `-LA'"},
		{"-L --start-daemon master", "invalid option `master'"},
		{"-L --start-daemon=master", "invalid option `--start-daemon=master'"},
		{"-L --help", "invalid option `--help'"},
		{"-L --stop-daemon ''", "invalid option `'"},
		{"-L --timeout --daemon", "The option 'daemon' conflicts with the 'timeout' option in the 'list' command"},
		{"-L -c --stats", "options conflicts in the list command"},
		{"-L --daemon --persistent-conn", "options conflicts in the list command"},
		{"-L --daemon --watch 5", "'--watch' and '--daemon' exclude each other: only services and connections can be watched"},
		{"-L -c --sort-by active", "'--sort-by' and '--connection' exclude each other: only services have columns to sort by"},
		{"-L --sort-by active --nosort", "'--sort-by' and '--nosort' exclude each other: one sorts and the other does not"},
		{"-L --watch 0", "invalid watch interval `0' specified"},
		{"-L --watch 86401", "invalid watch interval `86401' specified"},
		{"-L --watch=", "invalid watch interval `' specified"},
		{"-L --watch 0.5", "invalid watch interval `0.5' specified"},
		{"-L --watch word", "invalid watch interval `word' specified"},
		{"-L --watch --watch", "multiple 'watch' options specified"},
		{"-S --watch", "Illegal 'watch' option with the 'save' command"},
		{"-S --sort-by active", "Illegal 'sort-by' option with the 'save' command"},
		{"-L --sort-by port", "unknown column `port'; the columns are: conns inpkts outpkts inbytes outbytes " +
			"cps inpps outpps inbps outbps active inactive weight"},
		{"-L --metrics -j", "'--metrics' and '--json' exclude each other: they are different formats"},
		{"-L --metrics --watch", "'--metrics' and '--watch' exclude each other: whoever collects metrics asks again"},
		{"-L --metrics --exact", "'--metrics' and '--exact' exclude each other: metrics always have all figures"},
		{"-L --metrics --rate", "'--metrics' and '--rate' exclude each other: metrics always have all figures"},
		{"-L --metrics -c", "'--metrics' and '--connection' exclude each other: only services have metrics"},
		{"-L --metrics --sort-by cps", "'--metrics' and '--sort-by' exclude each other: metrics have no columns to sort by"},
		{"-S --metrics", "Illegal 'metrics' option with the 'save' command"},
		{"-L -j --stats", "'--stats' and '--json' exclude each other: JSON always has it"},
		{"-Lcj --stats", "'--stats' and '--json' exclude each other: JSON always has it"},
		{"-L -j --rate", "'--rate' and '--json' exclude each other: JSON always has it"},
		{"-L -j --thresholds", "'--thresholds' and '--json' exclude each other: JSON always has it"},
		{"-Lcj --persistent-conn", "'--persistent-conn' and '--json' exclude each other: JSON always has it"},
		{"-L --tun-info --json", "'--tun-info' and '--json' exclude each other: JSON always has it"},
		{"-L -X --json", "'--exact' and '--json' exclude each other: JSON always has all digits"},
		{"-L --json --syncid 1", "'--syncid' and '--json' exclude each other: JSON always has it"},
		{"-S --stats", "Illegal 'stats' option with the 'save' command"},
		{"-S -c --all", "Illegal 'connection' option with the 'save' command"},
		{"-S --timeout --timeout", "multiple 'timeout' options specified"},
		{"-L --all", "Illegal 'all' option with the 'list' command"},
		{"-S --json", "Illegal 'json' option with the 'save' command"},
		{"-A -t 123", "illegal virtual server address[:port] specified"},
		{"-A -t ''", "illegal virtual server address[:port] specified"},
		{"-A -t six:80", "illegal virtual server address[:port] specified"},
		{"-A -t 1.2.3.4:65536", "illegal virtual server address[:port] specified"},
		{"-A -t 1.2.3.4:tftp", "illegal virtual server address[:port] specified"},
		{"-A -u 1.2.3.4:x", "illegal virtual server address[:port] specified"},
		{"-A --sctp-service 1.2.3.4:x", "illegal virtual server address[:port] specified"},
		{"-A -t [::1", "illegal virtual server address[:port] specified"},
		{"-A -t [::1]", "illegal virtual server address[:port] specified"},
		{"-A -t [::1]x]:80", "illegal virtual server address[:port] specified"},
		{"-A -t [fe80::1%lo]:80", "illegal virtual server address[:port] specified"},
		{"-A -t 1.2.3.4", "Zero port specified for non-persistent service"},
		{"-A -t [1.2.3.4]:80", "Zero port specified for non-persistent service"},
		{"-A -t 1.2.3.4:80 -o", "One-Packet Scheduling is only for UDP virtual services"},
		{"-A -f 0", "invalid fwmark value `0' specified"},
		{"-A -f 4294967296", "invalid fwmark value `4294967296' specified"},
		{"-A -f 0x", "invalid fwmark value `0x' specified"},
		{"-A -f x7", "invalid fwmark value `x7' specified"},
		{"-A -f 1x7", "invalid fwmark value `1x7' specified"},
		{"-A -f 0b1", "invalid fwmark value `0b1' specified"},
		{"-A -f 0x0", "invalid fwmark value `0x0' specified"},
		{"-A -f 0x100000000", "invalid fwmark value `0x100000000' specified"},
		{"-A -f 0x1_0", "invalid fwmark value `0x1_0' specified"},
		{"-A -f 0x+1", "invalid fwmark value `0x+1' specified"},
		{"-A -f +0x1", "invalid fwmark value `+0x1' specified"},
		{"-A -f 0x1/0xff", "invalid fwmark value `0x1/0xff' specified"},
		{"-A -6", "-6 used before -f\n"},
		{"-A -t 1.2.3.4:80 -p 0", "invalid timeout value `0' specified"},
		{"-A -t 1.2.3.4:80 -px", "invalid timeout value `x' specified"},
		{"-A -M x", "illegal virtual server persistent mask specified"},
		{"-A -f 1 -6 -M 0", "illegal ipv6 netmask specified"},
		{"-A -f 1 -6 -M 99999999999999999999", "illegal ipv6 netmask specified"},
		{"-A -f 1 -6 -M 129", "illegal ipv6 netmask specified"},
		{"-A -f 1 -6 -M ''", "illegal ipv6 netmask specified"},
		{"-A -f 1 -6 -M x", "illegal ipv6 netmask specified"},
		{"-A -b , -n", "no scheduler flag in `,'"},
		{"-A -b foo -n", "invalid scheduler flag `foo'"},
		{"-A -b sh-port -s rr", "incompatible scheduler flag `sh-port'"},
		{"-a -r 10.0.0.1:http -t 1.2.3.4:80", "illegal real server address[:port] specified"},
		{"-a -w -1", "illegal weight specified"},
		{"-a -w ~5~", "illegal weight specified"},
		{"-a -w 2147483648", "illegal weight specified"},
		{"-a -w 99999999999999999999", "illegal weight specified"},
		{"-a -x x", "illegal u_threshold specified"},
		{"-a -x 2147483648", "illegal u_threshold specified"},
		{"-a -y 2147483648", "illegal l_threshold specified"},
		{"-a -y x", "illegal l_threshold specified"},
		{"-a --tun-type GRE", "illegal tunnel type specified"},
		{"-a --tun-port 0", "illegal tunnel port specified"},
		{"-a --tun-port 65536", "illegal tunnel port specified"},
		{"-a -t 1.2.3.4:80 -r ::1", "Different address family is allowed only for tunneling servers"},
		{"-a -t 1.2.3.4:80 -r 10.0.0.1 --tun-type ipip", "Tunnel options conflict with forward method"},
		{"-a -t 1.2.3.4:80 -r 10.0.0.1 -m --tun-port 9", "Tunnel options conflict with forward method"},
		{"-a -t 1.2.3.4:80 -r 10.0.0.1 -i --tun-csum", "Illegal 'tun-csum' option with the 'ipip' tunnel type"},
		{"-a -t 1.2.3.4:80 -r 10.0.0.1 -i --tun-type gue", "You need to supply the 'tun-port' option for the 'gue' tunnel type"},
		{"-a -t 1.2.3.4:80 -r 10.0.0.1 -i --tun-type gre --tun-csum --tun-nocsum",
			"The option 'tun-csum' conflicts with the 'tun-nocsum' option in the 'gre' tunnel type"},
		{"-a -t 1.2.3.4:80 -r 10.0.0.1 -i --tun-type gue --tun-port 9 --tun-csum --tun-nocsum",
			"The option 'tun-csum' conflicts with the 'tun-nocsum' option in the 'gue' tunnel type"},
		{"--set 1 2", "--set option requires 3 timeout values"},
		{"--set 1 2 2678401", "invalid timeout value `2678401' specified"},
		{"--set 1 2 3 4", "unexpected argument 4"},
		{"--start-daemon mas", "illegal start-daemon parameter specified"},
		{"--stop-daemon -n", "illegal start_daemon specified"},
		{"--start-daemon master --syncid 256", "illegal syncid specified"},
		{"--start-daemon master --mcast-port 0", "illegal mcast-port specified"},
		{"--start-daemon master --mcast-port 65536", "illegal mcast-port specified"},
		{"--start-daemon master --mcast-ttl 256", "illegal mcast-ttl specified"},
		{"--start-daemon master --mcast-ttl 0", "illegal mcast-ttl specified"},
		{"--start-daemon master --sync-maxlen 65508", "illegal sync-maxlen specified"},
		{"--start-daemon master --mcast-group 1.2.3.4", "invalid IPv4 mcast-group `1.2.3.4'"},
		{"--start-daemon master --mcast-group :", "invalid IPv6 mcast-group `:'"},
		{"--start-daemon master --mcast-group x", "invalid IPv4 mcast-group `x'"},
		{"--start-daemon master --mcast-group 224.0.0.1:80", "invalid IPv6 mcast-group `224.0.0.1:80'"},
		{"--start-daemon master --mcast-group ff02::1%lo", "invalid IPv6 mcast-group `ff02::1%lo'"},
		{"--start-daemon master --mcast-group ::1", "invalid IPv6 mcast-group `::1'"},
		{"--start-daemon master --mcast-group ::ffff:224.0.0.1", "invalid IPv6 mcast-group `::ffff:224.0.0.1'"},
	}
	for _, tt := range tests {
		t.Run(tt.words, func(t *testing.T) {
			checkError(t, tt.words, &Error{Text: tt.text, Exit: ExitFault, Ends: true})
		})
	}
}

// Any two options that exclude each other are named if one of them is ours. Two of ipvsadm's get its message.
func TestListConflicts(t *testing.T) {
	all := commands[list].rules.all()
	ours := set(optJSON, optSortBy, optWatch, optCount, optOrigin, optMarks, optMetrics, optWide, optTotal, optColor)
	conflicts := 0
	for either := range optionCount {
		for or := range either {
			given := set(either, or)
			err := checkConflicts(listConflicts, given)
			if given&^all != 0 || err == nil {
				continue
			}
			conflicts++
			if given&ours == 0 {
				require.EqualError(t, err, "options conflicts in the list command")
				continue
			}
			for _, id := range []optionID{either, or} {
				require.NotNil(t, longOption(optionNames[id]))
				require.Contains(t, err.Error(), "'--"+optionNames[id]+"'")
			}
		}
	}
	require.Equal(t, 51, conflicts)
}

// What popt refuses has another exit code and does not end a restore.
func TestParseRefusals(t *testing.T) {
	for words, text := range map[string]string{
		"-L -z":             "-z: unknown option",
		"-Lnz":              "-Lnz: unknown option",
		"-L -\x00":          "-\x00: unknown option",
		"-L --n":            "--n: unknown option",
		"-L --foo=bar":      "--foo=bar: unknown option",
		"-Ln=3":             "-Ln=3: option does not take an argument",
		"-L --numeric=":     "--numeric=: option does not take an argument",
		"-A -t":             "-t: missing argument",
		"-A --scheduler":    "--scheduler: missing argument",
		"-L --netns":        "--netns: missing argument",
		"--netns":           "--netns: missing argument",
		"-A --start-daemon": "--start-daemon: missing argument",
	} {
		t.Run(words, func(t *testing.T) {
			checkError(t, words, &Error{Text: text, Exit: ExitRefused})
		})
	}
}

func TestParseNoCommand(t *testing.T) {
	for _, words := range []string{"foo", "-n", "-nL", "-- -L", "''", "-", "--foo", "--set=1", "--start-daemon",
		"--netns blue -n", "--netns blue foo", "--netns blue --nothing", "foo --netns blue", "--netns blue -- -L"} {
		t.Run(words, func(t *testing.T) {
			checkError(t, words, &Error{Exit: ExitRefused, Ends: true})
		})
	}
}

func checkError(t *testing.T, line string, want *Error) {
	t.Helper()
	_, err := Parse(split(line), names{})
	var e *Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, want, &Error{Text: e.Text, Exit: e.Exit, Ends: e.Ends}) // fault_test.go has the rest
	require.NotEmpty(t, err.Error())
}

// Parse does not panic. With an error it returns a kind and a namespace at most, and without one a kind, whose change
// alone is set.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"-A\x00-t\x001.2.3.4:80\x00-p", "-a\x00-f\x001\x00-r\x00[::1]:80\x00-i\x00--tun-type=gue", "--set\x001\x002\x003", "-Lnc\x00--",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := Parse(strings.Split(s, "\x00"), names{})
		if err != nil {
			require.IsType(t, &Error{}, err)
			require.Equal(t, Command{Kind: c.Kind, NetNS: c.NetNS}, c)
			return
		}
		require.NotEqual(t, None, c.Kind)
		require.Equal(t, c.Kind == Change || c.Kind == Part || c.Kind == Drain, c.Change.Op != 0)
	})
}

// A word that is obviously no IPv6 address is refused without an allocation.
func TestParseIPv6Quick(t *testing.T) {
	for _, s := range []string{"10.0.0.1", "10.0.0.1:80"} {
		require.Zero(t, testing.AllocsPerRun(10, func() { parseIPv6(s) }), s)
	}
}

func TestCutLast(t *testing.T) {
	for s, want := range map[string][2]string{"a:b:c": {"a:b", "c"}, "a:": {"a", ""}, ":a": {"", "a"}, ":": {"", ""}} {
		before, after, found := cutLast(s, ':')
		require.True(t, found, s)
		require.Equal(t, want, [2]string{before, after}, s)
	}
	before, after, found := cutLast("a", ':')
	require.Equal(t, []any{"a", "", false}, []any{before, after, found})
}
