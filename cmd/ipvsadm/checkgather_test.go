// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/check"
	"github.com/ipvsadm-go/ipvsadm/internal/probe"
	"github.com/ipvsadm-go/ipvsadm/internal/rtnetlink"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// gatherer returns a checker of a director that has something of each kind.
func gatherer() (*checker, *testSurroundings) {
	at, addr := netip.MustParseAddrPort, netip.MustParseAddr
	around := &testSurroundings{
		sysctls: map[string]string{"net/ipv4/conf/front/rp_filter": "1", "net/ipv4/vs/conn_lfactor": "4"},
		proc: map[string]string{
			"raw": "  sl  local_address\n\n   1: 0100007F:0001 00000000:0000 07\n  58: 00000000:0070 00000000:0000 07\n",
			"tcp": "  sl  local_address rem_address st\n   0: 00000000:0016 00000000:0000 0A\n   1: 00000000:0017 00000000:0000\n",
			"udp": "  sl  local_address rem_address st\n   0: 00000000:0045 00000000:0000 01\n   1: 00000000:0035 00000000:0000 07\n",
			"netstat": "IpExt: IPReversePathFilter\nIpExt: 77\n\nTcpExt: IPReversePathFilter\nTcpExt:\nTcpExt: SyncookiesSent IPReversePathFilter TCPAbort\n" +
				"TcpExt: 5 12 9\n",
		},
		conns: connLine("SYN_RECV", "0A000001", 30) +
			"TCP CB007102 0000 C0000250 0050 0A000001 0050 NONE            300\n", // a template
		locals: []string{"192.0.2.80", "10.0.0.5"},
		links: []check.Link{
			{Name: "lo", Index: 1, Up: true, Running: true, Loopback: true},
			{Name: "front", Index: 3, Up: true, Running: true, MAC: make([]byte, 6),
				Prefixes: []netip.Prefix{netip.MustParsePrefix("192.0.2.1/24"), netip.MustParsePrefix("192.0.2.80/32")}},
		},
		neighbour: []rtnetlink.Neighbour{
			{Addr: addr("10.0.0.1"), Link: 2, State: unix.NUD_REACHABLE, MAC: "02:00:00:00:00:01"},
			{Addr: addr("10.0.0.2"), Link: 2, State: unix.NUD_INCOMPLETE, Age: 6000},
			{Addr: addr("10.0.0.3"), Link: 2, State: unix.NUD_FAILED, Age: 6001},
			{Addr: addr("10.0.0.4"), Link: 2, State: unix.NUD_NONE},
			{Addr: addr("10.0.0.9"), Link: 2, State: unix.NUD_STALE},
		},
		rules: check.Rulesets{Read: true, Rules: []check.Rule{{Mark: 7}}},
		heard: []bool{true, false},
	}
	k := &checker{around: around, finWait: 2 * time.Minute}
	k.facts.Services = []check.Service{
		{Key: check.Key{Protocol: "TCP", Addr: at("192.0.2.80:80")}, Servers: []check.Server{
			{Addr: at("10.0.0.1:80"), Active: 1}, {Addr: at("10.0.0.2:80")}, {Addr: at("10.0.0.3:80")}, {Addr: at("10.0.0.4:80")}, {Addr: at("10.0.0.5:80")}}},
		{Key: check.Key{Protocol: "UDP", Addr: at("192.0.2.80:53")}},
		{Key: check.Key{Protocol: "TCP", Addr: at("[2001:db8::1]:80"), IPv6: true}},
		{Key: check.Key{Mark: 7}, Servers: []check.Server{{Addr: at("10.0.0.1:0")}}},
	}
	k.facts.Daemons = []check.Daemon{{Master: true, Interface: "front"}, {Interface: "gone"}}
	k.groups = []probe.Group{{ID: 1}, {ID: 2}}
	return k, around
}

// everything are all kinds of facts.
const everything = check.Probes<<1 - 1

// All that checks look at is gathered.
func TestGather(t *testing.T) {
	at, addr := netip.MustParseAddrPort, netip.MustParseAddr
	k, around := gatherer()
	want := k.facts
	want.Services = append([]check.Service(nil), want.Services...)
	want.Links, want.Firewall = around.links, around.rules
	to := func(a string) *check.Route { return &check.Route{Kind: check.Unicast, Link: 2, Next: addr(a)} }
	here := func(a string) *check.Route { return &check.Route{Kind: check.Here, Link: 1, Next: addr(a)} }
	want.Routes = map[netip.Addr]*check.Route{
		addr("192.0.2.80"): here("192.0.2.80"), addr("10.0.0.5"): here("10.0.0.5"), addr("2001:db8::1"): to("2001:db8::1"),
		addr("10.0.0.1"): to("10.0.0.1"), addr("10.0.0.2"): to("10.0.0.2"), addr("10.0.0.3"): to("10.0.0.3"), addr("10.0.0.4"): to("10.0.0.4"),
		addr("203.0.113.1"): {Kind: check.Unicast, Link: 2, Gateway: true, Next: addr("10.0.0.254")},
	}
	want.Backs = map[netip.Addr][]check.Route{}
	for range check.Outside() {
		want.Backs[addr("192.0.2.80")] = append(want.Backs[addr("192.0.2.80")], *want.Routes[addr("203.0.113.1")])
	}
	around.tables = []rtnetlink.Local{{To: netip.MustParsePrefix("0.0.0.0/0"), Table: 100}}
	want.Locals = []check.Local{{To: netip.MustParsePrefix("0.0.0.0/0"), Table: 100}}
	want.Neighbours = map[check.Hop]check.Neighbour{
		{Addr: addr("10.0.0.1"), Link: 2}: {State: check.Reachable, MAC: "02:00:00:00:00:01"},
		{Addr: addr("10.0.0.2"), Link: 2}: {State: check.Incomplete},
		{Addr: addr("10.0.0.3"), Link: 2}: {State: check.Failed, Old: true},
		{Addr: addr("10.0.0.4"), Link: 2}: {},
	}
	want.Conns = map[check.Path]*check.Counts{
		{Protocol: "TCP", Virtual: at("192.0.2.80:80"), Server: at("10.0.0.1:80")}: {
			Half: 1, Stale: 1, HalfIdle: 30 * time.Second, Client: addr("203.0.113.1"), Virtual: addr("192.0.2.80")},
	}
	want.Listeners = []check.Listener{{Protocol: "TCP", Addr: at("0.0.0.0:22")}, {Protocol: "UDP", Addr: at("0.0.0.0:53")}}
	want.Listening, want.Grows, want.Standby, want.Filtered = true, true, true, 12
	want.Probed, want.Stuck = true, true
	want.Claims = []check.Claim{{Addr: addr("192.0.2.80"), MAC: "02:00:00:00:00:11", Link: "front"}}
	want.Daemons = []check.Daemon{{Master: true, Interface: "front", Heard: true}, {Interface: "gone"}}
	k.gather(everything, true)
	ignore := cmpopts.IgnoreFields(check.Facts{}, "Sysctl")
	diff := func() string {
		return cmp.Diff(want, k.facts, ignore, cmpopts.IgnoreUnexported(check.Facts{}), cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
			cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b }), cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }))
	}
	require.Empty(t, diff())
	require.Equal(t, []probe.Group{{ID: 1, Index: 3}, {ID: 2}}, around.groups)
	require.Zero(t, around.open, "all files are closed")
	for name, times := range around.reads {
		require.Equal(t, 1, times, name)
	}
}

// Facts that are not needed are not gathered, and those of another table are not with rules.
func TestGatherNoMore(t *testing.T) {
	for _, c := range []struct {
		needs check.Needs
		rules bool
		probe bool
		calls []string
		asked int // addresses
	}{
		{check.Connections, false, true, []string{"connections"}, 0},
		{check.Connections | check.Schedulers, true, true, []string{"schedulers", "engines"}, 0},
		{check.Schedulers, false, true, nil, 0},
		{check.VirtualRoutes, false, true, []string{"locals"}, 2},
		{check.ServerRoutes, false, true, nil, 5},
		{check.Daemons, false, true, nil, 0},
		{check.Probes, false, false, nil, 0},
		{check.Probes, false, true, []string{"counters", "arp"}, 0},
		{check.Probes | check.Daemons, false, true, []string{"counters", "arp", "sync"}, 0},
		{check.Listeners | check.ServerRoutes, false, true, []string{"tcp", "tcp6", "udp", "udp6"}, 5},
		{check.Listeners, false, true, nil, 0},
		{check.Totals, false, true, []string{"netstat"}, 0},
		{check.Links | check.VirtualRoutes, false, true, []string{"links", "locals"}, 2},
		{check.Links | check.VirtualRoutes | check.Totals, false, true, []string{"links", "locals", "netstat"}, 10},
	} {
		k, around := gatherer()
		k.facts.Rules = c.rules
		k.gather(c.needs, c.probe)
		require.ElementsMatch(t, c.calls, around.calls, "%d", c.needs)
		asked := 0
		for _, questions := range around.asked {
			asked += len(questions)
		}
		require.Equal(t, c.asked, asked, "%d", c.needs)
	}
	k, around := gatherer()
	k.facts.Services = nil
	k.gather(check.Firewall, false)
	require.Empty(t, around.calls)
}

// Each kind of facts that cannot be read is named.
func TestGatherUnread(t *testing.T) {
	k, around := gatherer()
	around.unread = unix.EPERM
	k.facts.Daemons = nil
	k.facts.Daemons = []check.Daemon{{Master: true, Interface: "front"}, {Interface: "gone"}}
	k.gather(everything, true)
	var names []string
	for _, u := range k.facts.Unseen {
		require.Equal(t, message(unix.EPERM), u.Why)
		names = append(names, u.What)
	}
	require.Equal(t, []string{"the connection table", "network interfaces", "routes", "neighbours", "the rules of nftables", "answers to ARP", "sync messages",
		"/proc/net/ip_vs_stats"}, names)
	require.False(t, k.facts.Probed)
	require.False(t, k.facts.Stuck)
	k, around = gatherer()
	around.unread, k.facts.Rules = unix.EPERM, true
	k.gather(check.Schedulers, false)
	require.Equal(t, []check.Unseen{{What: "some of the kernel's modules", Why: message(unix.EPERM)}}, k.facts.Unseen)
	require.Empty(t, k.facts.Schedulers)
	k, around = gatherer()
	around.tables, around.unreadTables = nil, unix.EPERM
	k.gather(check.VirtualRoutes, false)
	require.Equal(t, []check.Unseen{{What: "routes", Why: message(unix.EPERM)}}, k.facts.Unseen)
	k, around = gatherer()
	around.procError, around.proc["tcp"] = unix.EIO, ""
	k.gather(check.Listeners|check.ServerRoutes, false)
	require.False(t, k.facts.Listening)
	k, around = gatherer()
	around.conns = ""
	around.unread = unix.ENOENT
	k.gather(check.Connections, false)
	require.Empty(t, k.facts.Unseen, "no table is an empty one")
}

// Counters only have to grow while connections are established.
func TestGatherGrown(t *testing.T) {
	k, around := gatherer()
	around.grown = true
	k.gather(check.Probes, true)
	require.False(t, k.facts.Stuck)
	k, around = gatherer()
	k.facts.Services[0].Servers[0].Active = 0
	k.gather(check.Probes, true)
	require.NotContains(t, around.calls, "counters")
	require.False(t, k.facts.Stuck)
}

// Local routes of other tables are only asked for if a virtual address needs one.
func TestGatherLocals(t *testing.T) {
	k, around := gatherer()
	around.locals = append(around.locals, "2001:db8::1")
	k.gather(check.VirtualRoutes|check.ServerRoutes, false)
	require.NotContains(t, around.calls, "locals")
}

// Another director may take over where something speaks VRRP, or a backup sync daemon runs.
func TestGatherStandby(t *testing.T) {
	const vrrp = "  58: 00000000:0070 00000000:0000 07\n"
	backup, master := []check.Daemon{{}}, []check.Daemon{{Master: true}}
	for _, c := range []struct {
		raw, raw6 string
		daemons   []check.Daemon
		want      bool
	}{
		{},
		{daemons: master},
		{daemons: backup, want: true},
		{daemons: append(backup, master...), want: true},
		{raw: "head\n" + vrrp, want: true},
		{raw6: "head\n" + vrrp, want: true},
		{raw: "head\n" + vrrp, raw6: "head\n" + "  58: 00000000:003A\n", want: true},
		{raw: "head\n\n  58:\n", raw6: "  58: 00000000:0170\n"},
		{raw: "  58: 00000000:0070\n", want: true},
	} {
		k, around := gatherer()
		around.proc = map[string]string{"raw": c.raw, "raw6": c.raw6}
		k.facts.Daemons = c.daemons
		k.gather(check.Director, false)
		require.Equal(t, c.want, k.facts.Standby, "%+v", c)
	}
}

// A file of which only a part can be read is told from a whole one.
func TestGatherBrokenOff(t *testing.T) {
	k, around := gatherer()
	around.readError = unix.EIO
	_, err := k.read("raw")
	require.ErrorIs(t, err, unix.EIO)
	require.ErrorIs(t, k.sockets("tcp", "TCP", "0A"), unix.EIO)
	require.Zero(t, around.open)
}

// What the kernel says about itself counts, too.
func TestCheckKernel(t *testing.T) {
	s := newChecked(t)
	s.do(t, "ipvsadm --set 0 77 0", "ipvsadm --start-daemon backup --mcast-interface eth0 --syncid 3")
	client, err := s.open(t.Context(), nil)
	require.NoError(t, err)
	defer client.Close()
	k := &checker{tables: func(c *ipvsnl.Client) *tableReader { return newTableReader(c, nil, &flags.Listing{Numeric: true}) }}
	require.NoError(t, k.kernel(t.Context(), client, &flags.Command{}))
	info, err := client.Info(t.Context())
	require.NoError(t, err)
	require.NotZero(t, info.ConnTableSize)
	require.Equal(t, int(info.ConnTableSize), k.facts.Buckets)
	require.Equal(t, 77*time.Second, k.finWait)
	require.Len(t, k.facts.Services, 1)
	require.True(t, k.facts.Services[0].Quiet)
	require.Equal(t, []check.Daemon{{Interface: "eth0", SyncID: 3}}, k.facts.Daemons)
	require.Equal(t, []probe.Group{{Addr: netip.MustParseAddr("224.0.0.81"), Port: 8848, ID: 3}}, k.groups)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, k.kernel(ctx, client, &flags.Command{}), context.Canceled)
}

// Servers and sync daemons of rules are checked as those of the kernel.
func TestCheckWanted(t *testing.T) {
	s := newChecked(t)
	s.around.locals = append(s.around.locals, "10.0.0.5")
	var discard bytes.Buffer
	require.NotZero(t, s.run([]string{"ipvsadm", "--check"}, nil, &full{err: unix.ENOSPC}, &discard))
	dir, err := os.Open(t.TempDir())
	require.NoError(t, err)
	defer dir.Close()
	require.Zero(t, s.run([]string{"ipvsadm", "--check"}, dir, &discard, &discard), "a directory does not hold rules")
	got := s.input("-A -t 192.0.2.80:80 -s rr\n-a -t 192.0.2.80:80 -r 10.0.0.5:81 -m\n--start-daemon master --mcast-interface eth8\n"+
		"--start-daemon backup --mcast-interface eth9\n", "ipvsadm --check")
	require.NotContains(t, got.stdout, "eth8", "only files are read")
	file := filepath.Join(t.TempDir(), "rules")
	require.NoError(t, os.WriteFile(file, []byte("-A -t 192.0.2.80:80 -s rr\n-a -t 192.0.2.80:80 -r 10.0.0.5:81 -m\n"+
		"--start-daemon master --mcast-interface eth8\n--start-daemon backup --mcast-interface eth9\n"), 0o600))
	in, err := os.Open(file)
	require.NoError(t, err)
	defer in.Close()
	var stdout, stderr bytes.Buffer
	require.Equal(t, 1, s.run([]string{"ipvsadm", "--check"}, in, &stdout, &stderr))
	require.Empty(t, stderr.String())
	require.Contains(t, stdout.String(), "10.0.0.5:81: 10.0.0.5 is the director itself, where nothing listens at 10.0.0.5:81 [listener]\n")
	require.Contains(t, stdout.String(), "the interface of the sync daemon master, eth8, is gone [sync]\n")
	require.Contains(t, stdout.String(), "the interface of the sync daemon backup, eth9, is gone [sync]\n")
}

// ARP asks on interfaces of the network, or else on the one that has the address, each address once.
func TestQuestions(t *testing.T) {
	a, mac := netip.MustParseAddr("192.0.2.80"), []byte{2, 0, 0, 0, 0, 1}
	single, network := netip.MustParsePrefix("192.0.2.80/32"), netip.MustParsePrefix("192.0.2.1/24")
	usable := func(index uint32, p netip.Prefix) check.Link {
		return check.Link{Index: index, Up: true, Running: true, MAC: mac, Prefixes: []netip.Prefix{p}}
	}
	ask := func(links ...check.Link) (indexes []int) {
		k := &checker{}
		k.facts.Services = []check.Service{
			{Key: check.Key{Protocol: "TCP", Addr: netip.AddrPortFrom(a, 80)}},
			{Key: check.Key{Protocol: "UDP", Addr: netip.AddrPortFrom(a, 53)}},
			{Key: check.Key{Mark: 1}},
			{Key: check.Key{Protocol: "TCP", Addr: netip.MustParseAddrPort("[2001:db8::1]:80"), IPv6: true}},
			{Key: check.Key{Protocol: "TCP", Addr: netip.MustParseAddrPort("192.0.2.81:80")}}, // on another director
			{Key: check.Key{Protocol: "TCP", Addr: netip.MustParseAddrPort("192.0.2.82:80")}}, // not asked about
		}
		k.facts.Routes = map[netip.Addr]*check.Route{a: {Kind: check.Here}, netip.MustParseAddr("2001:db8::1"): {Kind: check.Here},
			netip.MustParseAddr("192.0.2.81"): {Kind: check.Unicast}}
		k.facts.Links = links
		for _, q := range k.questions() {
			require.Equal(t, a, q.Addr)
			require.Equal(t, mac, q.On.MAC)
			indexes = append(indexes, q.On.Index)
		}
		return indexes
	}
	require.Equal(t, []int{1, 3}, ask(usable(1, network), usable(2, single), usable(3, network)))
	require.Equal(t, []int{2}, ask(usable(2, single), usable(3, netip.MustParsePrefix("10.0.0.1/8"))))
	for _, change := range []func(*check.Link){
		func(l *check.Link) { l.Up = false },
		func(l *check.Link) { l.Running = false },
		func(l *check.Link) { l.NoARP = true },
		func(l *check.Link) { l.Loopback = true },
		func(l *check.Link) { l.MAC = mac[:4] },
		func(l *check.Link) { l.Prefixes = nil },
	} {
		l := usable(1, network)
		change(&l)
		require.Empty(t, ask(l), "%+v", l)
	}
}

// The kernel's answers about routes.
func TestRouteTo(t *testing.T) {
	a, gateway := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.254")
	for _, c := range []struct {
		answer rtnetlink.Route
		want   check.Route
	}{
		{rtnetlink.Route{Type: unix.RTN_UNICAST, Link: 2, Source: gateway, MTU: 1400, Learnt: true},
			check.Route{Kind: check.Unicast, Link: 2, Next: a, Source: gateway, MTU: 1400, Learnt: true}},
		{rtnetlink.Route{Type: unix.RTN_UNICAST, Gateway: gateway}, check.Route{Kind: check.Unicast, Gateway: true, Next: gateway}},
		{rtnetlink.Route{Type: unix.RTN_LOCAL}, check.Route{Kind: check.Here, Next: a}},
		{rtnetlink.Route{Type: unix.RTN_BROADCAST}, check.Route{Kind: check.Elsewhere, Next: a}},
		{rtnetlink.Route{Errno: unix.EINVAL}, check.Route{Kind: check.NoRoute, Reason: "one of type blackhole takes its place"}},
		{rtnetlink.Route{Errno: unix.EACCES}, check.Route{Kind: check.NoRoute, Reason: "one of type prohibit takes its place"}},
		{rtnetlink.Route{Errno: unix.ENETUNREACH}, check.Route{Kind: check.NoRoute, Reason: "Network is unreachable"}},
	} {
		require.Equal(t, c.want, routeTo(a, &c.answer))
	}
}

// Sockets and services are in hexadecimal numbers; what else there may be is left out.
func TestHexAddresses(t *testing.T) {
	for word, want := range map[string]string{
		"C0000250:0050": "192.0.2.80:80", "C0000250:FFFF": "192.0.2.80:65535", "[2001:0db8:0000:0000:0000:0000:0000:0001]:01BB": "[2001:db8::1]:443",
		"C0000250": "", "0050": "", ":0050": "", "C0000250:0G": "", "C0000250:10000": "", "C00002:0050": "", "C000025G:0050": "", "[2001]:0050": "",
	} {
		a, ok := hexAddr(word)
		require.Equal(t, want != "", ok, word)
		if ok {
			require.Equal(t, want, a.String())
		}
	}
	local := binary.NativeEndian.AppendUint32(nil, 0xC0000250) // as the kernel prints a word of the network
	require.Equal(t, local, func() []byte { b := []byte{0xC0, 0, 2, 0x50}; hostOrder(b); return b }())
	seven := []byte{1, 2, 3, 4, 5, 6, 7}
	hostOrder(seven)
	require.Equal(t, append(binary.NativeEndian.AppendUint32(nil, 0x01020304), 5, 6, 7), seven)
	for word, want := range map[string]string{hexOf(local) + ":FFFF": "192.0.2.80:65535", hexOf(local): "", hexOf(local) + ":10000": "", "0G:0050": "", "0102:0050": ""} {
		a, ok := socketAddr(word)
		require.Equal(t, want != "", ok, word)
		if ok {
			require.Equal(t, want, a.String())
		}
	}
}

// The file that everybody may read has services and servers; lines that are none are left out.
func TestServicesOf(t *testing.T) {
	at := netip.MustParseAddrPort
	require.Equal(t, []check.Service{
		{Key: check.Key{Protocol: "TCP", Addr: at("192.0.2.80:80")}, Scheduler: "rr", Persistent: true, Servers: []check.Server{
			{Addr: at("10.0.0.1:80"), Method: check.Masq, Weight: 4294967295, Active: 2, Inactive: 3},
			{Addr: at("10.0.0.2:80"), Method: check.Tunnel},
			{Addr: at("10.0.0.3:80"), Method: check.Direct},
		}},
		{Key: check.Key{Mark: 4294967295}, Scheduler: "wlc"},
		{Key: check.Key{Mark: 1, IPv6: true}, Scheduler: "rr", Servers: []check.Server{{Addr: at("[2001:db8::12]:0"), Method: check.Direct, Weight: 1}}},
		{Key: check.Key{Mark: 17, IPv6: true}, Scheduler: "rr", Servers: []check.Server{{Addr: at("[2001:db8::11]:0"), Method: check.Direct, Weight: 1}}},
	}, servicesOf("IP Virtual Server version 1.2.1 (size=4096)\n  -> 0A000001:0050      Masq    1 0 0\n"+
		"TCP  C0000250:0050 rr  persistent 360 FFFFFFFF\n  -> 0A000001:0050      Masq    4294967295 2 3\n  -> 0A000002:0050 Tunnel 0 0 0\n"+
		"  -> 0A000003:0050 Route 0 0 0\n  -> 0A000004:0050 Route 0 0\n  -> 0A000004:0050 Route 4294967296 0 0\n  -> 0A000004:0050 Route 0 x 0\n"+
		"  -> broken Route 0 0 0\n\nFWM  FFFFFFFF wlc\nFWM  100000000 wlc\nFWM 0G wlc\nFWM 1\nTCP broken rr\nFWM  00000001 rr\n  -> [2001:0db8:0000:0000:0000:0000:0000:0012]:0000 Route 1 0 0\nFWM  00000011 rr\n"+
		"  -> [2001:0db8:0000:0000:0000:0000:0000:0011]:0000 Route 1 0 0\n"))
	require.Equal(t, 4096, bucketsOf("IP Virtual Server version 1.2.1 (size=4096)\n"))
	require.Zero(t, bucketsOf("nothing\n(size=4)\n"))
}

// What the kernel says of services and servers is what checks look at.
func TestServiceOf(t *testing.T) {
	key := ipvsnl.ServiceKey{Protocol: ipvsnl.TCP, Addr: netip.MustParseAddrPort("192.0.2.80:80")}
	at := netip.MustParseAddrPort("10.0.0.1:80")
	s := &ipvsnl.Service{Key: key, Scheduler: "mh", Persistence: ipvsnl.Persistence{Timeout: time.Second, Engine: "sip"}}
	states := []ipvsnl.DestinationState{{
		Destination: ipvsnl.Destination{Addr: at, Weight: 1, UpperThreshold: 2, LowerThreshold: 3, Forwarding: ipvsnl.Masquerade},
		ActiveConns: 4, InactiveConns: 5, PersistentConns: 6, Stats: ipvsnl.Stats{InPkts: 7, OutPkts: 8},
	}}
	want := []check.Server{{Addr: at, Method: check.Masq, Weight: 1, Upper: 2, Lower: 3, Active: 4, Inactive: 5, Templates: 6, InPkts: 7, OutPkts: 8}}
	for _, c := range []struct {
		destination ipvsnl.Destination
		want        check.Server
	}{
		{ipvsnl.Destination{Forwarding: ipvsnl.Route}, check.Server{Method: check.Direct}},
		{ipvsnl.Destination{Forwarding: ipvsnl.Local}, check.Server{}},
		{ipvsnl.Destination{Forwarding: ipvsnl.Tunnel}, check.Server{Method: check.Tunnel, Tunnel: "ipip"}},
		{ipvsnl.Destination{Forwarding: ipvsnl.Tunnel, TunnelType: ipvsnl.GUE, TunnelPort: 6080}, check.Server{Method: check.Tunnel, Tunnel: "gue", TunnelPort: 6080, Headers: 12}},
		{ipvsnl.Destination{Forwarding: ipvsnl.Tunnel, TunnelType: ipvsnl.GUE, TunnelFlags: ipvsnl.TunnelChecksum}, check.Server{Method: check.Tunnel, Tunnel: "gue", Headers: 12}},
		{ipvsnl.Destination{Forwarding: ipvsnl.Tunnel, TunnelType: ipvsnl.GUE, TunnelFlags: ipvsnl.TunnelRemoteChecksum}, check.Server{Method: check.Tunnel, Tunnel: "gue", Headers: 20}},
		{ipvsnl.Destination{Forwarding: ipvsnl.Tunnel, TunnelType: ipvsnl.GRE}, check.Server{Method: check.Tunnel, Tunnel: "gre", Headers: 4}},
		{ipvsnl.Destination{Forwarding: ipvsnl.Tunnel, TunnelType: ipvsnl.GRE, TunnelFlags: ipvsnl.TunnelChecksum}, check.Server{Method: check.Tunnel, Tunnel: "gre", Headers: 8}},
		{ipvsnl.Destination{Forwarding: ipvsnl.Tunnel, TunnelType: ipvsnl.GRE, TunnelFlags: ipvsnl.TunnelRemoteChecksum}, check.Server{Method: check.Tunnel, Tunnel: "gre", Headers: 4}},
	} {
		states = append(states, ipvsnl.DestinationState{Destination: c.destination})
		want = append(want, c.want)
	}
	require.Equal(t, check.Service{Key: checkKey(key), Scheduler: "mh", Engine: "sip", Persistent: true, Servers: want}, serviceOf(s, states))
	s.Persistence.Timeout = 0
	require.False(t, serviceOf(s, nil).Persistent)
}

// A group has the kernel's defaults.
func TestGroupOf(t *testing.T) {
	require.Equal(t, probe.Group{Addr: netip.MustParseAddr("224.0.0.81"), Port: 8848, ID: 3}, groupOf(&ipvsnl.Daemon{SyncID: 3}))
	require.Equal(t, probe.Group{Addr: netip.MustParseAddr("ff02::81"), Port: 1}, groupOf(&ipvsnl.Daemon{Group: netip.MustParseAddr("ff02::81"), Port: 1}))
}
