// SPDX-License-Identifier: Apache-2.0

package flags

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/stretchr/testify/require"
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

func (names) PortNumber(name string, p ipvsnl.Protocol) (uint16, bool) {
	switch {
	case name == "http" && p == ipvsnl.TCP:
		return 80, true
	case name == "tftp" && p == ipvsnl.UDP:
		return 69, true
	}
	return 0, false
}

// wanted returns a Command as it is before any option, with changes.
func wanted(a Action, change func(*Command)) Command {
	c := Command{Action: a}
	c.Service.Family = ipvsnl.IPv4
	c.Service.Netmask = 0xffffffff
	c.Service.Scheduler = "wlc"
	c.Destination.Forwarding = ipvsnl.Route
	c.Destination.Weight = 1
	if a == Restore || a == Clear {
		c.Wait = 60
	}
	change(&c)
	return c
}

// at sets the service to a TCP one at an address.
func at(c *Command, addr string) {
	c.OneService = true
	c.Service.Protocol = ipvsnl.TCP
	c.Service.Addr = netip.MustParseAddrPort(addr)
	if c.Service.Addr.Addr().Is6() {
		c.Service.Family = ipvsnl.IPv6
		c.Service.Netmask = 128
	}
}

func TestParse(t *testing.T) {
	tests := []struct {
		words  string
		action Action
		change func(c *Command)
	}{
		{"-A -t 1.2.3.4:80", AddService, func(c *Command) { at(c, "1.2.3.4:80") }},
		{"--add-service --tcp-service=1.2.3.4:http", AddService, func(c *Command) { at(c, "1.2.3.4:80") }},
		{"-At1.2.3.4:80", AddService, func(c *Command) { at(c, "1.2.3.4:80") }},
		{"-A -t=1.2.3.4:80 --", AddService, func(c *Command) { at(c, "1.2.3.4:80") }},
		{"-A -t www:80 -s= -b=", AddService, func(c *Command) { at(c, "192.0.2.80:80") }},
		{"-A -u 1.2.3.4:tftp -o -s rr", AddService, func(c *Command) {
			at(c, "1.2.3.4:69")
			c.Service.Protocol = ipvsnl.UDP
			c.Service.Flags = ipvsnl.FlagOnePacket
			c.Service.Scheduler = "rr"
		}},
		{"-A --sctp-service 1.2.3.4:9 --pe sip", AddService, func(c *Command) {
			at(c, "1.2.3.4:9")
			c.Service.Protocol = ipvsnl.SCTP
			c.Service.Engine = "sip"
		}},
		{"-A -t 1.2.3.4 -p", AddService, func(c *Command) {
			at(c, "1.2.3.4:0")
			c.Service.Flags, c.Service.Timeout = ipvsnl.FlagPersistent, 360
		}},
		{"-A -t 1.2 -p 5 -M 255.255.255.0", AddService, func(c *Command) {
			at(c, "1.0.0.2:0")
			c.Service.Flags, c.Service.Timeout, c.Service.Netmask = ipvsnl.FlagPersistent, 5, 0xffffff00
		}},
		{"-A -M 24 -t [2001:db8::1]:80 --persistent=7", AddService, func(c *Command) {
			at(c, "[2001:db8::1]:80")
			c.Service.Flags, c.Service.Timeout = ipvsnl.FlagPersistent, 7
		}},
		{"-E -t 2001:db8::1 -M 64 -p -n2", EditService, nil}, // -p takes no word that begins with "-"
		{"-E -t 2001:db8::1 -M 64x -p", EditService, func(c *Command) {
			at(c, "[2001:db8::1]:0")
			c.Service.Flags, c.Service.Timeout, c.Service.Netmask = ipvsnl.FlagPersistent, 360, 64
		}},
		{"-A -f 7 -6 -s mh -b mh-port,mh-fallback,flag-3", AddService, func(c *Command) {
			c.OneService = true
			c.Service.Mark, c.Service.Family, c.Service.Netmask = 7, ipvsnl.IPv6, 128
			c.Service.Scheduler = "mh"
			c.Service.Flags = ipvsnl.FlagSched1 | ipvsnl.FlagSched2 | ipvsnl.FlagSched3
		}},
		{"-A -f 4294967295 -o -s abcdefghijklmnopq", AddService, func(c *Command) {
			c.OneService = true
			c.Service.Mark = 1<<32 - 1
			c.Service.Flags = ipvsnl.FlagOnePacket
			c.Service.Scheduler = "abcdefghijklmno"
		}},
		{"-D -t 1.2.3.4", DeleteService, func(c *Command) { at(c, "1.2.3.4:0") }},
		{"-C", Clear, func(*Command) {}},
		{"-a -t 1.2.3.4:80 -r 10.0.0.1:8080 -m -w 5 -x 20 -y 10", AddServer, func(c *Command) {
			at(c, "1.2.3.4:80")
			c.Destination = ipvsnl.Destination{Addr: netip.MustParseAddrPort("10.0.0.1:8080"),
				Forwarding: ipvsnl.Masquerade, Weight: 5, UpperThreshold: 20, LowerThreshold: 10}
		}},
		{"-a -r 10.0.0.1 -m -t 1.2.3.4:80", AddServer, func(c *Command) { // names the server too early
			at(c, "1.2.3.4:80")
			c.Destination.Addr = netip.MustParseAddrPort("10.0.0.1:0")
			c.Destination.Forwarding = ipvsnl.Masquerade
		}},
		{"-a -r 10.0.0.1:8080 -t 1.2.3.4:80", AddServer, func(c *Command) { // routing keeps the port
			at(c, "1.2.3.4:80")
			c.Destination.Addr = netip.MustParseAddrPort("10.0.0.1:80")
		}},
		{"-a -f 7 -r 10.0.0.1:http -g", AddServer, func(c *Command) {
			c.OneService = true
			c.Service.Mark = 7
			c.Destination.Addr = netip.MustParseAddrPort("10.0.0.1:80")
		}},
		{"-e -t 1.2.3.4:80 -r [2001:db8::1]:8080 -i", EditServer, func(c *Command) {
			at(c, "1.2.3.4:80")
			c.Destination.Addr = netip.MustParseAddrPort("[2001:db8::1]:80")
			c.Destination.Forwarding = ipvsnl.Tunnel
		}},
		{"-a -t 1.2.3.4:80 -r 10.0.0.1 -i --tun-type gue --tun-port 6080 --tun-remcsum", AddServer, func(c *Command) {
			at(c, "1.2.3.4:80")
			c.Destination.Addr = netip.MustParseAddrPort("10.0.0.1:80")
			c.Destination.Forwarding = ipvsnl.Tunnel
			c.Destination.TunnelType, c.Destination.TunnelPort = ipvsnl.GUE, 6080
			c.Destination.TunnelFlags = ipvsnl.TunnelRemoteChecksum
		}},
		{"-a -t 1.2.3.4:80 -r 10.0.0.1 -i --tun-type gre --tun-nocsum", AddServer, func(c *Command) {
			at(c, "1.2.3.4:80")
			c.Destination.Addr = netip.MustParseAddrPort("10.0.0.1:80")
			c.Destination.Forwarding = ipvsnl.Tunnel
			c.Destination.TunnelType = ipvsnl.GRE
		}},
		{"-d -t 1.2.3.4:80 -r 10.0.0.1", DeleteServer, func(c *Command) {
			at(c, "1.2.3.4:80")
			c.Destination.Addr = netip.MustParseAddrPort("10.0.0.1:80")
		}},
		{"--set 1 2 -- 3", SetTimeouts, func(c *Command) { c.Timeouts = ipvsnl.Timeouts{TCP: 1, TCPFin: 2, UDP: 3} }},
		{"--start-daemon master", StartDaemon, func(c *Command) {
			c.Daemon = ipvsnl.Daemon{State: ipvsnl.Master, Interface: "eth0"}
		}},
		{"--start-daemon=master --mcast-interface=", StartDaemon, func(c *Command) {
			c.Daemon = ipvsnl.Daemon{State: ipvsnl.Master, Interface: "eth0"}
		}},
		{"--start-daemon=backup --mcast-interface eth1 --syncid 255 --mcast-group ff02::1 --mcast-port 1 --mcast-ttl 255 --sync-maxlen 65507",
			StartDaemon, func(c *Command) {
				c.Daemon = ipvsnl.Daemon{State: ipvsnl.Backup, Interface: "eth1", SyncID: 255, MaxLen: 65507,
					Group: netip.MustParseAddr("ff02::1"), Port: 1, TTL: 255}
			}},
		{"--start-daemon master --mcast-group 224.0.0.1", StartDaemon, func(c *Command) {
			c.Daemon = ipvsnl.Daemon{State: ipvsnl.Master, Interface: "eth0", Group: netip.MustParseAddr("224.0.0.1")}
		}},
		{"--stop-daemon backup --syncid 3", StopDaemon, func(c *Command) {
			c.Daemon = ipvsnl.Daemon{State: ipvsnl.Backup, SyncID: 3}
		}},
		{"-Z", Zero, func(*Command) {}},
		{"-Z -t 0.0.0.0", Zero, func(c *Command) { at(c, "0.0.0.0:0"); c.OneService = false }},
		{"-Z -t [::]:0", Zero, func(c *Command) {
			at(c, "[::]:0")
			c.Service.Family, c.Service.Netmask, c.OneService = ipvsnl.IPv6, 128, false
		}},
		{"-Z -t 0.0.0.0:80", Zero, func(c *Command) { at(c, "0.0.0.0:80") }},
		{"-Z -f 7", Zero, func(c *Command) { c.OneService, c.Service.Mark = true, 7 }},
		{"-Lnc", List, func(c *Command) { c.Listing = Listing{Subject: Connections, Numeric: true} }},
		{"-l --timeout -X", List, func(c *Command) { c.Listing = Listing{Subject: Timeouts, Exact: true} }},
		{"--list --daemon --sort --sort --nosort", List, func(c *Command) {
			c.Listing = Listing{Subject: Daemons, NoSort: true}
		}},
		{"-L --stats --rate --thresholds --persistent-conn --tun-info", List, func(c *Command) {
			c.Listing = Listing{Stats: true, Rate: true, Thresholds: true, PersistentConn: true, TunnelInfo: true}
		}},
		{"-L -t 1.2.3.4:80", List, func(c *Command) { at(c, "1.2.3.4:80") }},
		{"-Ln --watch --rate --sort --sort-by CPS", List, func(c *Command) {
			c.Listing = Listing{Numeric: true, Rate: true, Watch: 2, SortBy: "cps"}
		}},
		{"-L --watch=1 --sort-by=weight", List, func(c *Command) { c.Listing = Listing{Watch: 1, SortBy: "weight"} }},
		{"-L --watch 86400 -t 1.2.3.4:80", List, func(c *Command) {
			at(c, "1.2.3.4:80")
			c.Listing.Watch = 86400
		}},
		{"-Lj --sort-by active", List, func(c *Command) {
			c.Listing = Listing{JSON: true, Numeric: true, SortBy: "active"}
		}},
		{"-C --netns blue", Clear, func(c *Command) { c.NetNS = "blue" }},
		{"--set 1 --netns=/proc/7/ns/net 2 3", SetTimeouts, func(c *Command) {
			c.NetNS = "/proc/7/ns/net"
			c.Timeouts = ipvsnl.Timeouts{TCP: 1, TCPFin: 2, UDP: 3}
		}},
		{"-L --json -t 1.2.3.4:80 --nosort", List, func(c *Command) {
			at(c, "1.2.3.4:80")
			c.Listing = Listing{JSON: true, Numeric: true, NoSort: true}
		}},
		{"-Lcjn", List, func(c *Command) { c.Listing = Listing{Subject: Connections, JSON: true, Numeric: true} }},
		{"-Lj --daemon --sort", List, func(c *Command) { c.Listing = Listing{Subject: Daemons, JSON: true, Numeric: true} }},
		{"-R", Restore, func(*Command) {}},
		{"-R --replace", Restore, func(c *Command) { c.Restoring.Replace = true }},
		{"--restore --dry-run --replace", Restore, func(c *Command) { c.Restoring = Restoring{Replace: true, DryRun: true} }},
		{"-R --wait 0", Restore, func(c *Command) { c.Wait, c.WaitGiven = 0, true }},
		{"-R --wait=86400 --replace", Restore, func(c *Command) {
			c.Wait, c.WaitGiven, c.Restoring.Replace = 86400, true, true
		}},
		{"-C --wait 60", Clear, func(c *Command) { c.WaitGiven = true }},
		{"-S --stable -n", Save, func(c *Command) { c.Listing.Numeric, c.Saving.Stable = true, true }},
		{"-Sn", Save, func(c *Command) { c.Listing.Numeric = true }},
		{"-S --timeout", Save, func(c *Command) { c.Saving.Timeouts = true }},
		{"-S --daemon --thresholds", Save, func(c *Command) { c.Saving = Saving{Thresholds: true, Daemons: true} }},
		{"-S --all --timeout -n", Save, func(c *Command) {
			c.Listing.Numeric = true
			c.Saving = Saving{Thresholds: true, Timeouts: true, Daemons: true}
		}},
		{"--save -t 1.2.3.4:80", Save, func(c *Command) { at(c, "1.2.3.4:80") }},
		{"-S -f 7 -6 --all", Save, func(c *Command) {
			c.OneService, c.Saving = true, Saving{Thresholds: true, Timeouts: true, Daemons: true}
			c.Service.Mark, c.Service.Family, c.Service.Netmask = 7, ipvsnl.IPv6, 128
		}},
	}
	for _, tt := range tests {
		t.Run(tt.words, func(t *testing.T) {
			got, err := Parse(strings.Fields(tt.words), names{})
			if tt.change == nil {
				if err == nil {
					t.Fatal("no error")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(wanted(tt.action, tt.change), got, cmp.Comparer(equalAddrs), cmp.Comparer(equalAddrPorts)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func equalAddrs(a, b netip.Addr) bool         { return a == b }
func equalAddrPorts(a, b netip.AddrPort) bool { return a == b }

func TestParseNothing(t *testing.T) {
	c, err := Parse(nil, names{})
	if err != nil || c.Action != List || c.Listing != (Listing{}) || c.OneService {
		t.Errorf("got %+v, %v, want a plain listing", c, err)
	}
}

// Help and version are not kept from anything by what follows them.
func TestParseHelp(t *testing.T) {
	for words, want := range map[string]Action{"-h -A": Help, "--help": Help, "-v foo": Version, "-vz": Version} {
		c, err := Parse(strings.Fields(words), names{})
		if err != nil || c.Action != want {
			t.Errorf("%s: got %v, %v, want %v", words, c.Action, err, want)
		}
	}
}

func TestFirst(t *testing.T) {
	for words, want := range map[string]Action{
		"": List, "-h": Help, "-nL": None, "foo -Ln": List, "--": None, "-R": Restore, "--set=1": None, "-t x": None,
	} {
		if got := First(strings.Fields(words)); got != want {
			t.Errorf("%q: got %v, want %v", words, got, want)
		}
	}
}

func TestNetNS(t *testing.T) {
	for words, want := range map[string]string{
		"":                                   "",
		"-L":                                 "",
		"-L --netns blue":                    "blue",
		"-Ln -t x word --netns=-n":           "-n",
		"-A -p --netns blue --nothing":       "blue",
		"-A -s --netns blue":                 "", // the scheduler's name
		"-A --nothing --netns blue":          "",
		"-L -- --netns blue":                 "",
		"-L --netns":                         "",
		"--netns blue -L":                    "",
		"blue --netns -L":                    "",
		"-L --netns blue -t x --netns=red":   "blue",
		"-L --netns= --netns blue":           "",
		"--start-daemon master --netns blue": "blue",
	} {
		if got := NetNS(strings.Fields(words)); got != want {
			t.Errorf("%q: got %q, want %q", words, got, want)
		}
	}
}

func TestParseErrors(t *testing.T) {
	tests := []struct {
		words string // split at blanks; a word '' is empty and ~ stands for a blank
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
		{"-A -t 1.2.3.4:80 --replace", "Illegal 'replace' option with the 'add-service' command"},
		{"-S --dry-run", "Illegal 'dry-run' option with the 'save' command"},
		{"-R --dry-run -n", "Illegal 'numeric' option with the 'restore' command"},
		{"-A -t 1.2.3.4:80 --wait 5", "Illegal 'wait' option with the 'add-service' command"},
		{"-L --stable", "Illegal 'stable' option with the 'list' command"},
		{"-C --wait -1", "invalid time to wait `-1' specified"},
		{"-R --wait 86401", "invalid time to wait `86401' specified"},
		{"-R --wait=5s", "invalid time to wait `5s' specified"},
		{"-R --replace --replace", "multiple 'replace' options specified"},
		{"-L foo", "unexpected argument foo"},
		{"-L -- -n", "unexpected argument -n"},
		{"-L ''", "unexpected argument "},
		{"-LA", "invalid option `-LA'"},
		{"-L --start-daemon master", "invalid option `master'"},
		{"-L --start-daemon=master", "invalid option `--start-daemon=master'"},
		{"-L --help", "invalid option `--help'"},
		{"-L --stop-daemon ''", "invalid option `'"},
		{"-L -c -t 1.2.3.4:80", "The option 'service-address' conflicts with the 'connection' option in the 'list' command"},
		{"-L --timeout --daemon", "The option 'daemon' conflicts with the 'timeout' option in the 'list' command"},
		{"-L -c --stats", "options conflicts in the list command"},
		{"-L --daemon --persistent-conn", "options conflicts in the list command"},
		{"-L -c --watch", "'--watch' and '--connection' exclude each other: only services can be watched"},
		{"-L --daemon --watch 5", "'--watch' and '--daemon' exclude each other: only services can be watched"},
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
		{"-L --sort-by port", "no column `port'; there are: conns inpkts outpkts inbytes outbytes " +
			"cps inpps outpps inbps outbps active inactive weight"},
		{"-L -j --watch", "'--watch' and '--json' exclude each other: a watch is for people to read"},
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
		{"-A -t [::1]", "illegal virtual server address[:port] specified"},
		{"-A -t [::1]x]:80", "illegal virtual server address[:port] specified"},
		{"-A -t [fe80::1%lo]:80", "illegal virtual server address[:port] specified"},
		{"-A -t 1.2.3.4", "Zero port specified for non-persistent service"},
		{"-A -t [1.2.3.4]:80", "Zero port specified for non-persistent service"},
		{"-A -t 1.2.3.4:80 -o", "One-Packet Scheduling is only for UDP virtual services"},
		{"-A -f 0", "invalid fwmark value `0' specified"},
		{"-A -6", "-6 used before -f\n"},
		{"-A -t 1.2.3.4:80 -p 0", "invalid timeout value `0' specified"},
		{"-A -t 1.2.3.4:80 -px", "invalid timeout value `x' specified"},
		{"-A -M x", "illegal virtual server persistent mask specified"},
		{"-A -f 1 -6 -M 0", "illegal ipv6 netmask specified"},
		{"-A -f 1 -6 -M 99999999999999999999", "illegal ipv6 netmask specified"},
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
		{"-a -y x", "illegal l_threshold specified"},
		{"-a --tun-type GRE", "illegal tunnel type specified"},
		{"-a --tun-port 0", "illegal tunnel port specified"},
		{"-a -t 1.2.3.4:80 -r ::1", "Different address family is allowed only for tunneling servers"},
		{"-a -t 1.2.3.4:80 -r 10.0.0.1 --tun-type ipip", "Tunnel options conflict with forward method"},
		{"-a -t 1.2.3.4:80 -r 10.0.0.1 -i --tun-csum", "Illegal 'tun-csum' option with the 'ipip' tunnel type"},
		{"-a -t 1.2.3.4:80 -r 10.0.0.1 -i --tun-type gue", "You need to supply the 'tun-port' option for the 'gue' tunnel type"},
		{"-a -t 1.2.3.4:80 -r 10.0.0.1 -i --tun-type gre --tun-csum --tun-nocsum",
			"The option 'tun-csum' conflicts with the 'tun-nocsum' option in the 'gre' tunnel type"},
		{"--set 1 2", "--set option requires 3 timeout values"},
		{"--set 1 2 2678401", "invalid timeout value `2678401' specified"},
		{"--set 1 2 3 4", "unexpected argument 4"},
		{"--start-daemon mas", "illegal start-daemon parameter specified"},
		{"--stop-daemon -n", "illegal start_daemon specified"},
		{"--start-daemon master --syncid 256", "illegal syncid specified"},
		{"--start-daemon master --mcast-port 0", "illegal mcast-port specified"},
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
			want := &Error{Text: tt.text, Exit: ExitFault, Ends: true}
			checkError(t, tt.words, want)
		})
	}
}

// Any two options that exclude each other are named if one of them is ours. Two of ipvsadm's get its message.
func TestListConflicts(t *testing.T) {
	all := commands[List].rules.takes | commands[List].rules.oneOf
	ours := set(optJSON, optSortBy, optWatch)
	conflicts := 0
	for either := range optionCount {
		for or := range either {
			given := set(either, or)
			err := checkListing(given)
			if given&^all != 0 || err == nil {
				continue
			}
			conflicts++
			if given&ours == 0 {
				require.EqualError(t, err, "options conflicts in the list command")
				continue
			}
			for _, id := range []optionID{either, or} {
				require.NotNil(t, longOptions[optionNames[id]])
				require.Contains(t, err.Error(), "'--"+optionNames[id]+"'")
			}
		}
	}
	require.Equal(t, 26, conflicts)
}

// What popt refuses has another exit code and does not end a restore.
func TestParseRefusals(t *testing.T) {
	for words, text := range map[string]string{
		"-L -z":             "-z: unknown option",
		"-Lnz":              "-Lnz: unknown option",
		"-L --n":            "--n: unknown option",
		"-L --foo=bar":      "--foo=bar: unknown option",
		"-Ln=3":             "-Ln=3: option does not take an argument",
		"-L --numeric=":     "--numeric=: option does not take an argument",
		"-A -t":             "-t: missing argument",
		"-A --scheduler":    "--scheduler: missing argument",
		"-L --netns":        "--netns: missing argument",
		"-A --start-daemon": "--start-daemon: missing argument",
	} {
		t.Run(words, func(t *testing.T) {
			checkError(t, words, &Error{Text: text, Exit: ExitRefused})
		})
	}
}

func TestParseNoCommand(t *testing.T) {
	for _, words := range []string{"foo", "-n", "-nL", "-- -L", "''", "-", "--foo", "--set=1", "--start-daemon"} {
		t.Run(words, func(t *testing.T) {
			checkError(t, words, &Error{Exit: ExitRefused, Ends: true})
		})
	}
}

func checkError(t *testing.T, line string, want *Error) {
	t.Helper()
	var words []string
	for _, w := range strings.Fields(line) {
		words = append(words, strings.NewReplacer("''", "", "~", " ").Replace(w))
	}
	_, err := Parse(words, names{})
	if diff := cmp.Diff(error(want), err); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if err == nil || err.Error() == "" {
		t.Errorf("got error text %v, want some", err)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"-A\x00-t\x001.2.3.4:80\x00-p", "-a\x00-f\x001\x00-r\x00[::1]:80\x00-i\x00--tun-type=gue", "--set\x001\x002\x003", "-Lnc\x00--",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := Parse(strings.Split(s, "\x00"), names{})
		if (err == nil) == (c.Action == None) {
			t.Errorf("got action %v and error %v", c.Action, err)
		}
	})
}
