// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/check"
	"github.com/ipvsadm-go/ipvsadm/internal/netns"
	"github.com/ipvsadm-go/ipvsadm/internal/probe"
	"github.com/ipvsadm-go/ipvsadm/internal/rtnetlink"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/conns"
)

// testSurroundings are those of a director on which everything works: all addresses of services are its own, and all servers
// are on one network.
type testSurroundings struct {
	sysctls map[string]string
	proc    map[string]string
	conns   string
	locals  []string // its own addresses
	links   []check.Link
	asked   [][]rtnetlink.Question
	unread  error

	sysctlError, procError error // rather than what does not exist
	readError              error // at the end of files
	tables                 []rtnetlink.Local
	unreadTables           error
	rules                  check.Rulesets
	heard                  []bool
	grown                  bool
	reads                  map[string]int // how often a sysctl was read
	open                   int            // files that are not closed
	neighbour              []rtnetlink.Neighbour
	mu                     sync.Mutex // some are called at the same time
	calls                  []string
	groups                 []probe.Group
}

func (s *testSurroundings) call(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, name)
}

func (s *testSurroundings) Sysctl(name string) (string, error) {
	if s.reads == nil {
		s.reads = map[string]int{}
	}
	s.reads[name]++
	value, ok := s.sysctls[name]
	if !ok {
		return "", cmp.Or(s.sysctlError, fs.ErrNotExist)
	}
	return value, nil
}

func (s *testSurroundings) Proc(name string) (io.ReadCloser, error) {
	s.call(name)
	text, ok := s.proc[name]
	if !ok {
		return nil, cmp.Or(s.procError, fs.ErrNotExist)
	}
	return s.file(text), nil
}

// A testFile counts as open until it is closed.
type testFile struct {
	io.Reader
	open *int
}

func (f *testFile) Close() error {
	*f.open--
	return nil
}

func (s *testSurroundings) file(text string) io.ReadCloser {
	s.open++
	if s.readError != nil {
		return &testFile{io.MultiReader(strings.NewReader(text), iotest.ErrReader(s.readError)), &s.open}
	}
	return &testFile{strings.NewReader(text), &s.open}
}

func (s *testSurroundings) Connections() (io.ReadCloser, error) {
	s.call("connections")
	if s.unread != nil {
		return nil, s.unread
	}
	return s.file(emptyTable + s.conns), nil
}

func (s *testSurroundings) Links() ([]check.Link, error) {
	s.call("links")
	return s.links, s.unread
}

func (s *testSurroundings) Routes(questions []rtnetlink.Question) ([]rtnetlink.Route, error) {
	s.asked = append(s.asked, questions)
	routes := make([]rtnetlink.Route, len(questions))
	for i := range questions {
		a := questions[i].To
		routes[i] = rtnetlink.Route{Type: unix.RTN_UNICAST, Link: 2}
		if a.Is4() && !netip.MustParsePrefix("10.0.0.0/8").Contains(a) {
			routes[i] = rtnetlink.Route{Type: unix.RTN_UNICAST, Link: 2, Gateway: netip.MustParseAddr("10.0.0.254")}
		}
		for _, own := range s.locals {
			if a == netip.MustParseAddr(own) {
				routes[i] = rtnetlink.Route{Type: unix.RTN_LOCAL, Link: 1}
			}
		}
	}
	return routes, s.unread
}

func (s *testSurroundings) Locals() ([]rtnetlink.Local, error) {
	s.call("locals")
	return s.tables, cmp.Or(s.unreadTables, s.unread)
}

func (s *testSurroundings) Neighbours() ([]rtnetlink.Neighbour, error) {
	s.call("neighbours")
	return s.neighbour, s.unread
}

func (s *testSurroundings) Firewall() (all check.Rulesets, missing map[string]error) {
	s.call("firewall")
	if s.unread != nil {
		return all, map[string]error{"the rules of nftables": s.unread}
	}
	if s.rules.Rules != nil {
		return s.rules, nil
	}
	return check.Rulesets{Read: true}, nil
}

func (s *testSurroundings) Claims(questions []probe.Question) (all []probe.Answer, err error) {
	s.call("arp")
	for _, q := range questions {
		all = append(all, probe.Answer{Addr: q.Addr, Index: q.On.Index, MAC: "02:00:00:00:00:11"})
	}
	return all, s.unread
}

func (s *testSurroundings) Heard(groups []probe.Group) ([]bool, error) {
	s.call("sync")
	s.groups = groups
	if s.heard != nil {
		return s.heard, s.unread
	}
	return make([]bool, len(groups)), s.unread
}

func (s *testSurroundings) Grown() (bool, error) {
	s.call("counters")
	return s.grown, s.unread
}

func (s *testSurroundings) Schedulers() ([]string, error) {
	s.call("schedulers")
	return []string{"rr", "wlc"}, s.unread
}

func (s *testSurroundings) Engines() ([]string, error) {
	s.call("engines")
	return []string{"sip"}, nil
}

// newChecked returns a system with a service of two servers.
func newChecked(t *testing.T) *testSystem {
	s := newTestSystem(t)
	s.around.locals = []string{"192.0.2.80"}
	s.around.links = []check.Link{{Name: "eth0", Index: 2, Up: true, Running: true, MTU: 1500, MAC: make([]byte, 6), Multicast: true,
		Prefixes: []netip.Prefix{netip.MustParsePrefix("10.0.0.99/8"), netip.MustParsePrefix("192.0.2.80/32")}}}
	s.around.sysctls = map[string]string{"net/ipv4/ip_forward": "1", "net/ipv4/vs/drop_packet": "0"}
	s.restore(t, "-A -t web:http -s rr\n-a -t web:http -r 10.0.0.1:80 -m\n-a -t web:http -r 10.0.0.2:80 -m\n")
	return s
}

func TestCheckWorks(t *testing.T) {
	s := newChecked(t)
	require.Equal(t, result{stdout: "1 service, 2 real servers: 0 broken, 0 doubtful, 0 notes\n"}, s.input("", "ipvsadm --check"))
	require.Equal(t, result{stdout: "[\n]\n"}, s.input("", "ipvsadm --check --json"))
	require.Zero(t, s.loads)
	s = newTestSystem(t)
	require.Equal(t, result{stdout: "0 services, 0 real servers: 0 broken, 0 doubtful, 0 notes\n"}, s.input("", "ipvsadm --check"))
}

// Findings are printed with numbers, for which no name is looked up, and as JSON; the exit code is 1.
func TestCheckFinds(t *testing.T) {
	s := newChecked(t)
	s.around.sysctls["net/ipv4/ip_forward"] = "0"
	const text = "net.ipv4.ip_forward is 0, so that the director drops the answers of masqueraded servers [forwarding]\n" +
		"  sysctl -w net.ipv4.ip_forward=1\n1 service, 2 real servers: 1 broken, 0 doubtful, 0 notes\n"
	for _, words := range []string{"--check", "--check -n", "--check -t web:http", "--check=forwarding"} {
		require.Equal(t, result{stdout: "broken: TCP 192.0.2.80:80 -> 10.0.0.1:80 and 1 more: " + text, code: 1}, s.input("", "ipvsadm "+words), words)
	}
	require.Equal(t, result{stdout: "[\n" + `{"check":"forwarding","severity":"broken","subjects":[` +
		`{"protocol":"TCP","address":"192.0.2.80","port":80,"family":"IPv4","destination":{"address":"10.0.0.1","port":80}},` +
		`{"protocol":"TCP","address":"192.0.2.80","port":80,"family":"IPv4","destination":{"address":"10.0.0.2","port":80}}],` +
		`"text":"net.ipv4.ip_forward is 0, so that the director drops the answers of masqueraded servers",` +
		`"remedy":"sysctl -w net.ipv4.ip_forward=1"}` + "\n]\n", code: 1}, s.input("", "ipvsadm --check -j"))
	require.Zero(t, s.input("", "ipvsadm --check=address").code)
}

// Findings about other services are left out, and these are not counted.
func TestCheckOneService(t *testing.T) {
	s := newChecked(t)
	s.do(t, "ipvsadm -A -f 7 -s rr")
	require.Equal(t, 1, s.input("", "ipvsadm --check").code)
	got := s.input("", "ipvsadm --check -j -f 7")
	require.Equal(t, 1, got.code)
	require.Equal(t, 1, strings.Count(got.stdout, `"mark":7,`+`"family":"IPv4"}],"text":"the service has no server"`), got.stdout)
	require.Equal(t, result{stdout: "1 service, 2 real servers: 0 broken, 0 doubtful, 0 notes\n"}, s.input("", "ipvsadm --check -t 192.0.2.80:80"))
	require.Equal(t, result{stderr: "No such service\n", code: 1}, s.input("", "ipvsadm --check -f 8"))
}

// Rules are read from a file, and from nothing else.
func TestCheckRules(t *testing.T) {
	s := newChecked(t)
	const rules = "-A -t 192.0.2.80:80 -s nosuch\n-a -t 192.0.2.80:80 -r 10.0.0.1 -m -x 1 -y 3\n-D -f 9\n-a -f 9 -r 10.0.0.1 -y 3\n"
	const found = "broken: FWM 9: line 3: -D -f 9: No such service [rules]\n" +
		"broken: FWM 9 -> 10.0.0.1:0: line 4: -a -f 9 -r 10.0.0.1 -y 3: Service not defined [rules]\n" +
		"broken: TCP 192.0.2.80:80 -> 10.0.0.1:80: line 2: the lower threshold, 3, is above the upper one, 1: write -y 1 or less, or -x 3 or more [thresholds]\n" +
		"broken: TCP 192.0.2.80:80: the kernel neither has the scheduler nosuch nor can load it; there are rr wlc [module]\n" +
		"rules, 1 service, 0 real servers: 4 broken, 0 doubtful, 0 notes\n"
	const works = "1 service, 2 real servers: 0 broken, 0 doubtful, 0 notes\n"
	file := filepath.Join(t.TempDir(), "rules")
	require.NoError(t, os.WriteFile(file, []byte(rules), 0o600))
	open := func(name string) *os.File {
		f, err := os.Open(name)
		require.NoError(t, err)
		t.Cleanup(func() { f.Close() })
		return f
	}
	part, empty := open(file), filepath.Join(t.TempDir(), "empty")
	_, err := part.Read(make([]byte, 1))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	pipe, writer, err := os.Pipe()
	require.NoError(t, err)
	defer writer.Close()
	defer pipe.Close()
	for name, c := range map[string]struct {
		stdin io.Reader
		want  string
	}{
		"a file":         {open(file), found},
		"part of a file": {part, works},
		"an empty file":  {open(empty), works},
		"/dev/null":      {open(os.DevNull), works},
		"an open pipe":   {pipe, works},
		"closed":         {nil, works},
	} {
		output, _ := s.both(c.stdin, "ipvsadm --check")
		require.Equal(t, c.want, output, name)
	}
	require.NoError(t, os.WriteFile(file, []byte("-A -f 1 -s rr\n-L\n-A -f 0\n"), 0o600))
	output, code := s.both(open(file), "ipvsadm --check")
	require.Equal(t, "line 2: -L: the command changes nothing\nline 3: -A -f 0: invalid fwmark value `0' specified\n", output)
	require.Equal(t, 2, code)
}

// Without the right to use IPVS, the file that everybody may read has the table.
func TestCheckWithoutRoot(t *testing.T) {
	s := newChecked(t)
	s.open = refuseToOpen(unix.EPERM)
	s.around.proc = map[string]string{"ip_vs": "IP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port Scheduler Flags\n" +
		"  -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n" +
		"TCP  C0000250:0050 rr  persistent 360 FFFFFFFF\n  -> 0A000001:0050      Masq    0      0          0         \n" +
		"FWM  00000007 rr \n  -> 0A000002:0000      Route   1      0          0         \n" +
		"TCP  [2001:0db8:0000:0000:0000:0000:0000:0001]:01BB wlc \n" +
		"  -> [2001:0db8:0000:0000:0000:0000:0000:0011]:01BB      Tunnel  1      0          0         \n"}
	s.around.locals = append(s.around.locals, "2001:db8::1")
	s.around.unread = unix.EPERM
	const unread = "note: thresholds, counters, types of tunnels and sync daemons could not be looked at: Permission denied (you must be root) [unseen]\n" +
		"note: the connection table could not be looked at: Permission denied (you must be root) [unseen]\n" +
		"note: network interfaces could not be looked at: Permission denied (you must be root) [unseen]\n" +
		"note: routes could not be looked at: Permission denied (you must be root) [unseen]\n" +
		"note: neighbours could not be looked at: Permission denied (you must be root) [unseen]\n" +
		"note: the rules of nftables could not be looked at: Permission denied (you must be root) [unseen]\n"
	require.Equal(t, result{code: 1, stdout: "broken: TCP 192.0.2.80:80: all servers have weight 0 [no-weight]\n" +
		"  ipvsadm -e --keep -t 192.0.2.80:80 -r 10.0.0.1:80 -w 1\n" + unread +
		"3 services, 3 real servers: 1 broken, 0 doubtful, 6 notes\n"}, s.input("", "ipvsadm --check"))
	require.Equal(t, result{stderr: "No such service\n", code: 1}, s.input("", "ipvsadm --check -f 8"))
	require.Equal(t, 0, s.input("", "ipvsadm --check -f 7").code)
	s.around.proc["ip_vs"] = "IP Virtual Server version 1.2.1 (size=2)\nFWM  00000008 rr \n" +
		"  -> [2001:0db8:0000:0000:0000:0000:0000:0011]:0000      Route   1      16         16        \n"
	require.Equal(t, result{stderr: "No such service\n", code: 1}, s.input("", "ipvsadm --check -f 8"))
	require.Contains(t, s.input("", "ipvsadm --check -f 8 -6").stdout, "doubtful: the connection table has 2 buckets for 32 connections")
	s.open = refuseToOpen(unix.EACCES)
	require.Equal(t, 1, s.input("", "ipvsadm --check -f 8 -6").code)
	s.around.proc = nil
	require.Equal(t, result{stderr: "Can't initialize ipvs: Protocol not available\n", code: 2}, s.input("", "ipvsadm --check"))
	s.open = refuseToOpen(ipvsnl.ErrNoIPVS)
	require.Equal(t, result{stderr: "Can't initialize ipvs: Protocol not available\n", code: 2}, s.input("", "ipvsadm --check"))
	require.Zero(t, s.loads, "nothing is loaded")
}

// Each address is asked about once, and only what a check needs is looked at.
func TestCheckAsksOnce(t *testing.T) {
	s := newChecked(t)
	s.do(t, "ipvsadm -A -u 192.0.2.80:53 -s rr", "ipvsadm -a -u 192.0.2.80:53 -r 10.0.0.1:53 -m")
	require.Zero(t, s.input("", "ipvsadm --check").code)
	require.Len(t, s.around.asked, 1)
	require.ElementsMatch(t, []rtnetlink.Question{{To: netip.MustParseAddr("192.0.2.80")}, {To: netip.MustParseAddr("10.0.0.1")},
		{To: netip.MustParseAddr("10.0.0.2")}}, s.around.asked[0])
	// Those who have a strict reverse path filter ask for more.
	s.around.asked, s.around.links = nil, append(s.around.links, check.Link{Name: "eth1", Index: 3, Up: true, Running: true,
		Prefixes: []netip.Prefix{netip.MustParsePrefix("192.0.2.80/32")}})
	s.around.links[0].Prefixes = s.around.links[0].Prefixes[:1]
	s.around.sysctls["net/ipv4/conf/eth1/rp_filter"] = "1"
	require.Contains(t, s.input("", "ipvsadm --check=rp-filter").stdout, "note: TCP 192.0.2.80:80 and 1 more: "+
		"the strict reverse path filter of eth1 drops clients to which eth0 leads [rp-filter]\n")
	require.Len(t, s.around.asked, 3)
	require.Equal(t, []rtnetlink.Question{{To: check.Outside()[0], From: netip.MustParseAddr("192.0.2.80")}}, s.around.asked[1])
	require.Len(t, s.around.asked[2], len(check.Outside())-1)
	s.around.asked, s.around.sysctls["net/ipv4/conf/eth1/rp_filter"] = nil, "2"
	require.Contains(t, s.input("", "ipvsadm --check=rp-filter").stdout, " 0 notes\n")
	require.Len(t, s.around.asked, 1)
	s.around.sysctls["net/ipv4/conf/eth0/rp_filter"], s.around.links[1].Prefixes = "1", nil
	s.around.links[0].Prefixes = append(s.around.links[0].Prefixes, netip.MustParsePrefix("192.0.2.80/32"))
	require.Contains(t, s.input("", "ipvsadm --check=rp-filter").stdout, " 0 notes\n")
	require.Len(t, s.around.asked, 3, "eth0 leads to the first client")
	for name, want := range map[string][]string{
		"no-weight":  nil,
		"defence":    nil,
		"deleted":    {"connections", "raw", "raw6"},
		"forwarding": {"links"},
		"mark":       {"firewall"},
	} {
		s.around.calls = nil
		require.Zero(t, s.input("", "ipvsadm --check="+name).code)
		require.Equal(t, want, s.around.calls, name)
	}
}

// What is read of /proc and the connection table counts.
func TestCheckGathers(t *testing.T) {
	s := newChecked(t)
	s.around.sysctls["net/ipv4/vs/expire_nodest_conn"] = "0"
	s.around.conns = connLine("SYN_RECV", "0A000001", 30) + connLine("ESTABLISHED", "0A000009", 800)
	s.around.neighbour = []rtnetlink.Neighbour{
		{Addr: netip.MustParseAddr("10.0.0.1"), Link: 3, State: unix.NUD_FAILED},
		{Addr: netip.MustParseAddr("10.0.0.2"), Link: 3, State: unix.NUD_FAILED, Age: 6001},
		{Addr: netip.MustParseAddr("10.0.0.2"), Link: 2, State: unix.NUD_FAILED, Age: 6000},
	}
	got := s.input("", "ipvsadm --check")
	require.Equal(t, result{code: 1, stdout: "broken: TCP 192.0.2.80:80 -> 10.0.0.2:80: 10.0.0.2 does not answer ARP [neighbour]\n" +
		"  ipvsadm -e --keep -t 192.0.2.80:80 -r 10.0.0.2:80 -w 0\n" +
		"doubtful: TCP 192.0.2.80:80 -> 10.0.0.1:80: connections to 10.0.0.1 stay in SYN_RECV: it sends no answer through the director, " +
		"which has to be on its way to the client [answers]\n" +
		"doubtful: net.ipv4.vs.expire_nodest_conn is 0, so that whoever has a connection to 10.0.0.9, which is in no service, waits: there is 1 [deleted]\n" +
		"  sysctl -w net.ipv4.vs.expire_nodest_conn=1\n" +
		"1 service, 2 real servers: 1 broken, 2 doubtful, 0 notes\n"}, got)
	s.around.neighbour, s.around.conns = nil, ""
	s.do(t, "ipvsadm -a -t web:http -r 127.0.0.1:8080 -m")
	s.around.locals = append(s.around.locals, "127.0.0.1")
	require.Contains(t, s.input("", "ipvsadm --check").stdout, "nothing listens at 127.0.0.1:8080 [listener]")
	local := []byte{127, 0, 0, 1}
	hostOrder(local)
	s.around.proc = map[string]string{"tcp": "  sl  local_address rem_address   st\n   0: " + hexOf(local) + ":1F90 00000000:0000 0A\n"}
	require.Zero(t, s.input("", "ipvsadm --check").code)
	s.around.locals, s.around.links[0].Prefixes = s.around.locals[1:], s.around.links[0].Prefixes[:1]
	require.Contains(t, s.input("", "ipvsadm --check").stdout, "broken: TCP 192.0.2.80:80: 192.0.2.80 is on no interface")
	s.around.tables = []rtnetlink.Local{{To: netip.MustParsePrefix("192.0.2.0/24"), Table: 100}}
	require.Equal(t, result{stdout: "note: TCP 192.0.2.80:80: 192.0.2.80 is on no interface, but a local route in table 100 leads to it, " +
		"which is for packets that a rule sends there [address]\n1 service, 3 real servers: 0 broken, 0 doubtful, 1 note\n"},
		s.input("", "ipvsadm --check=address"))
	s.around.tables = nil
	s.around.proc["raw"] = "  sl  local_address\n 112: 00000000:0070 00000000:0000 07\n"
	require.Equal(t, 0, s.input("", "ipvsadm --check").code)
}

// Connections are counted by what services name, however many addresses and ports clients choose.
func TestCheckPaths(t *testing.T) {
	at := netip.MustParseAddrPort
	pathOf := pathsOf([]check.Service{
		{Key: check.Key{Protocol: "TCP", Addr: at("192.0.2.80:0")}, Servers: []check.Server{{Addr: at("10.0.0.1:0")}}},
		{Key: check.Key{Protocol: "TCP", Addr: at("192.0.2.80:443")}, Servers: []check.Server{{Addr: at("10.0.0.1:8443")}}},
		{Key: check.Key{Mark: 7}, Servers: []check.Server{{Addr: at("10.0.0.2:0")}}},
	})
	for _, c := range []struct{ virtual, server, wantVirtual, wantServer string }{
		{"192.0.2.80:443", "10.0.0.1:8443", "192.0.2.80:443", "10.0.0.1:8443"},
		{"192.0.2.80:22", "10.0.0.1:22", "192.0.2.80:0", "10.0.0.1:0"},
		{"198.51.100.1:80", "10.0.0.2:80", "invalid AddrPort", "10.0.0.2:0"},
		{"192.0.2.80:443", "10.0.0.3:8443", "192.0.2.80:443", "10.0.0.3:0"},
	} {
		p := pathOf(&conns.Connection{Protocol: "TCP", Virtual: at(c.virtual), Destination: at(c.server)})
		require.Equal(t, []string{"TCP", c.wantVirtual, c.wantServer}, []string{p.Protocol, p.Virtual.String(), p.Server.String()}, c)
	}
}

// How long connections have been idle follows from the timeouts of the kernel, of which one can be set.
func TestCheckCounts(t *testing.T) {
	k, counts := &checker{finWait: 30 * time.Second}, &check.Counts{}
	client, virtual := netip.MustParseAddrPort("203.0.113.1:4000"), netip.MustParseAddrPort("192.0.2.80:80")
	for _, row := range []struct {
		state   string
		expires time.Duration
	}{
		{"SYN_RECV", 59 * time.Second}, {"SYN_RECV", 58 * time.Second}, {"SYN_RECV", 40 * time.Second}, {"SYN_RECV", 50 * time.Second},
		{"TIME_WAIT", 100 * time.Second}, {"FIN_WAIT", 25 * time.Second}, {"TIME_WAIT", 110 * time.Second},
		{"ESTABLISHED", 0}, {"UDP", 0}, {"CLOSE", 0},
	} {
		k.count(counts, &conns.Connection{State: row.state, Expires: row.expires, Client: client, Virtual: virtual})
	}
	last := &check.Counts{}
	k.count(last, &conns.Connection{State: "TIME_WAIT", Expires: 117 * time.Second})
	require.Equal(t, &check.Counts{Ended: 1, EndedIdle: 3 * time.Second}, last)
	require.Equal(t, &check.Counts{Half: 4, Stale: 3, HalfIdle: 20 * time.Second, Ended: 3, EndedIdle: 5 * time.Second, Established: 2, Others: 1,
		Client: client.Addr(), Virtual: virtual.Addr()}, counts)
}

// What cannot be read is said once, and what does not exist is not missed.
func TestCheckUnseen(t *testing.T) {
	s := newChecked(t)
	s.around.sysctlError = unix.EACCES
	s.around.procError = unix.EIO
	s.around.conns = "TCP broken\n"
	got := s.input("", "ipvsadm --check")
	require.Equal(t, result{stdout: "note: the whole connection table could not be looked at: line 2: malformed entry [unseen]\n" +
		"note: some sysctls could not be looked at: Permission denied [unseen]\n" +
		"note: /proc/net/raw could not be looked at: Input/output error [unseen]\n" +
		"note: /proc/net/raw6 could not be looked at: Input/output error [unseen]\n" +
		"note: /proc/net/netstat could not be looked at: Input/output error [unseen]\n" +
		"1 service, 2 real servers: 0 broken, 0 doubtful, 5 notes\n"}, got)
	s.around.locals = append(s.around.locals, "10.0.0.1")
	require.Contains(t, s.input("", "ipvsadm --check=listener").stdout, "note: listening programs could not be looked at: Input/output error [unseen]\n")
}

// Listening sockets of TCP come first, so that what follows is not read.
func TestCheckSockets(t *testing.T) {
	s := newChecked(t)
	s.do(t, "ipvsadm -A -u 192.0.2.80:53 -s rr", "ipvsadm -a -u 192.0.2.80:53 -r 10.0.0.5:53 -m", "ipvsadm -a -t web:http -r 10.0.0.5:81 -m")
	s.around.locals = append(s.around.locals, "10.0.0.5")
	line := func(port, state string) string { return " 0: 00000000:" + port + " 00000000:0000 " + state + " 0\n" }
	s.around.proc = map[string]string{
		"tcp": "  sl  local_address 0A 0A\n" + line("0050", "0A") + line("1234", "01") + line("0051", "0A"),
		"udp": "  sl  local_address 0A 0A\n" + line("1234", "01") + line("0035", "07"),
	}
	got := s.input("", "ipvsadm --check=listener")
	require.Contains(t, got.stdout, "nothing listens at 10.0.0.5:81 [listener]")
	require.Contains(t, got.stdout, ": 1 broken, ")
	s.around.proc["tcp"] = "head\n" + line("0051", "0A")
	require.Zero(t, s.input("", "ipvsadm --check=listener").code)
}

// connLine returns a line of the connection table.
func connLine(state, server string, expires int) string {
	line := "TCP CB007101 9C40 C0000250 0050 " + server + " 0050 " + (state + "           ")[:11] + " "
	return line + ("      " + itoa(expires))[len(itoa(expires)):] + "\n"
}

func hexOf(b []byte) string {
	const digits = "0123456789ABCDEF"
	var text []byte
	for _, c := range b {
		text = append(text, digits[c>>4], digits[c&15])
	}
	return string(text)
}

// A line of rules cannot check.
func TestCheckInRules(t *testing.T) {
	s := newTestSystem(t)
	require.Equal(t, result{stderr: "Illegal 'check' option in a line of rules\n", code: 2}, s.input("--check\n", "ipvsadm -R"))
	require.Contains(t, s.input("", "ipvsadm --check=nosuch").stderr, "unknown check `nosuch'; the checks are: address link")
	require.Equal(t, 2, s.input("", "ipvsadm --check=nosuch").code)
	var stderr bytes.Buffer
	require.Equal(t, 255, s.run([]string{"ipvsadm", "--probe"}, nil, io.Discard, &stderr))
}

// refuseToOpen returns an opening of IPVS that fails.
func refuseToOpen(err error) func(context.Context, *netns.Namespace) (*ipvsnl.Client, error) {
	return func(context.Context, *netns.Namespace) (*ipvsnl.Client, error) { return nil, err }
}

// Only with --probe is the network asked.
func TestCheckProbes(t *testing.T) {
	s := newChecked(t)
	s.do(t, "ipvsadm --start-daemon master --mcast-interface eth0 --syncid 3")
	require.Zero(t, s.input("", "ipvsadm --check").code)
	require.NotContains(t, s.around.calls, "arp")
	require.NotContains(t, s.around.calls, "sync")
	require.Contains(t, s.input("", "ipvsadm --check=arp --probe").stdout, "[arp]\n")
	require.NotContains(t, s.around.calls, "sync", "which takes seconds")
	s.around.neighbour = []rtnetlink.Neighbour{{Addr: netip.MustParseAddr("10.0.0.2"), Link: 2, State: unix.NUD_STALE, MAC: "02:00:00:00:00:11"}}
	require.Equal(t, result{code: 1, stdout: "broken: TCP 192.0.2.80:80: 02:00:00:00:00:11 on eth0 answers ARP for 192.0.2.80: it is the server 10.0.0.2 [arp]\n" +
		"  on 10.0.0.2: sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2\n" +
		"note: no other director sends sync messages with ID 3; one that only runs a backup never does [sync-peer]\n" +
		"1 service, 2 real servers: 1 broken, 0 doubtful, 1 note\n"}, s.input("", "ipvsadm --check --probe"))
	require.NotContains(t, s.around.calls, "counters", "nobody is connected")
	groups := []probe.Group{{Addr: netip.MustParseAddr("224.0.0.81"), Port: 8848, Index: 2, ID: 3}}
	require.Equal(t, groups, s.around.groups)
	s.around.groups = nil
	require.Contains(t, s.input("", "ipvsadm --check=sync-peer --probe").stdout, "[sync-peer]\n")
	require.Equal(t, groups, s.around.groups)
	s.around.unread = unix.EPERM
	require.Contains(t, s.input("", "ipvsadm --check --probe").stdout, "note: sync messages could not be looked at")
}
