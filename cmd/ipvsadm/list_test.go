// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"io"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// newListed returns a system with two services that have counters.
func newListed(t *testing.T) *testSystem {
	s := newTestSystem(t)
	s.restore(t, "-A -f 1 -s rr\n-a -f 1 -r 10.0.0.1 -w 3\n-a -f 1 -r 10.0.0.2 -x 9 -y 5\n-a -f 1 -r 10.0.0.3 -i\n-A -f 2\n-a -f 2 -r 10.0.0.9\n")
	for mark := uint32(1); mark <= 2; mark++ {
		key := ipvsnl.ServiceKey{Mark: mark}
		require.True(t, s.director.SetService(key, func(s *ipvsnl.ServiceState) { s.Stats = ipvsnl.Stats{Conns: uint64(100 * mark), CPS: uint64(7 * mark)} }))
		for i, addr := range []string{"10.0.0.1:0", "10.0.0.2:0", "10.0.0.3:0", "10.0.0.9:0"} {
			s.director.SetDestination(key, netip.MustParseAddrPort(addr), func(d *ipvsnl.DestinationState) {
				d.Stats.Conns = []uint64{20, 50, 30, 200}[i]
				d.ActiveConns, d.InactiveConns, d.PersistentConns = uint32(i), 11, 12
			})
		}
	}
	return s
}

// Each view has its columns.
func TestViews(t *testing.T) {
	s := newListed(t)
	const first = "IP Virtual Server version 1.2.1 (size=4096)\n"
	const plain = first +
		"Prot LocalAddress:Port Scheduler Flags\n" +
		"  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n" +
		"FWM  1 rr\n" +
		"  -> 10.0.0.1:0                   Route   3      0          11        \n" +
		"  -> 10.0.0.2:0                   Route   1      1          11        \n" +
		"  -> 10.0.0.3:0                   Tunnel  1      2          11        \n" +
		"FWM  2 wlc\n" +
		"  -> 10.0.0.9:0                   Route   1      3          11        \n"
	for words, want := range map[string]string{
		"": plain,
		"--stats": first +
			"Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes\n" +
			"  -> RemoteAddress:Port\n" +
			"FWM  1                                 100        0        0        0        0\n" +
			"  -> 10.0.0.1:0                         20        0        0        0        0\n" +
			"  -> 10.0.0.2:0                         50        0        0        0        0\n" +
			"  -> 10.0.0.3:0                         30        0        0        0        0\n" +
			"FWM  2                                 200        0        0        0        0\n" +
			"  -> 10.0.0.9:0                        200        0        0        0        0\n",
		"--stats --sort-by conns": first +
			"Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes\n" +
			"  -> RemoteAddress:Port\n" +
			"FWM  2                                 200        0        0        0        0\n" +
			"  -> 10.0.0.9:0                        200        0        0        0        0\n" +
			"FWM  1                                 100        0        0        0        0\n" +
			"  -> 10.0.0.2:0                         50        0        0        0        0\n" +
			"  -> 10.0.0.3:0                         30        0        0        0        0\n" +
			"  -> 10.0.0.1:0                         20        0        0        0        0\n",
		"--sort-by weight": plain,
		"--stats --rate --thresholds -f 2": "Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes\n" +
			"  -> RemoteAddress:Port\n" +
			"FWM  2                                 200        0        0        0        0\n" +
			"  -> 10.0.0.9:0                        200        0        0        0        0\n",
	} {
		require.Empty(t, cmp.Diff(result{stdout: want}, s.input("", "ipvsadm -L -n "+words), cmp.AllowUnexported(result{})), words)
	}
	for words, head := range map[string]string{
		"--rate":                  "Prot LocalAddress:Port                 CPS    InPPS   OutPPS    InBPS   OutBPS\n",
		"--rate --thresholds":     "Prot LocalAddress:Port                 CPS    InPPS   OutPPS    InBPS   OutBPS\n",
		"--thresholds":            "Prot LocalAddress:Port            Uthreshold Lthreshold ActiveConn InActConn \n",
		"--thresholds --tun-info": "Prot LocalAddress:Port            Uthreshold Lthreshold ActiveConn InActConn \n",
		"--persistent-conn":       "Prot LocalAddress:Port            Weight    PersistConn ActiveConn InActConn \n",
		"--tun-info":              "Prot LocalAddress:Port Scheduler Flags\n",
	} {
		got := s.input("", "ipvsadm -L -n "+words)
		require.Zero(t, got.code)
		lines := strings.SplitAfter(got.stdout, "\n")
		require.Equal(t, head, lines[1], words)
		if words == "--tun-info" {
			require.Contains(t, got.stdout, "10.0.0.3:0                   Tunnel  ipip          1      2          11        \n")
		}
	}
	require.True(t, s.director.SetService(ipvsnl.ServiceKey{Mark: 1}, func(s *ipvsnl.ServiceState) { s.Stats.Conns = 123456789012 }))
	require.Contains(t, s.input("", "ipvsadm -L -n --stats").stdout, " 123G ")
	require.Contains(t, s.input("", "ipvsadm -L -n --stats --exact").stdout, " 123456789012 ")
}

// A listing is in order unless it is asked for as the kernel has it.
func TestSorted(t *testing.T) {
	s := newTestSystem(t)
	s.restore(t, "-A -f 2\n-a -f 2 -r 10.0.0.1\n-a -f 2 -r 10.0.0.2\n-A -f 1\n")
	marks := func(line string) (all []string) {
		for line := range strings.Lines(s.input("", line).stdout) {
			if words := strings.Fields(line); words[0] == "FWM" || words[0] == "->" && words[1] != "RemoteAddress:Port" {
				all = append(all, words[1])
			}
		}
		return all
	}
	require.Equal(t, []string{"1", "2", "10.0.0.1:0", "10.0.0.2:0"}, marks("ipvsadm -L -n"))
	require.Equal(t, []string{"2", "10.0.0.2:0", "10.0.0.1:0", "1"}, marks("ipvsadm -L -n --nosort"))
}

func TestNumeric(t *testing.T) {
	s := newTestSystem(t)
	s.restore(t, "-A -t web:http\n")
	require.Contains(t, s.input("", "ipvsadm -L").stdout, "TCP  web:http wlc\n")
	require.Contains(t, s.input("", "ipvsadm -L -n").stdout, "TCP  192.0.2.80:80 wlc\n")
	require.Equal(t, "-A -t web:http -s wlc\n", s.input("", "ipvsadm -S").stdout)
	require.Equal(t, "-A -t 192.0.2.80:80 -s wlc\n", s.input("", "ipvsadm -S -n").stdout)
}

// Names are asked for ahead of the lines that have them, unless numbers are to be shown.
func TestPrefetch(t *testing.T) {
	s := newTestSystem(t)
	s.restore(t, "-A -t 192.0.2.1:80\n-a -t 192.0.2.1:80 -r 10.0.0.1\n-A -f 7\n-a -f 7 -r 10.0.0.2\n")
	s.connTable = emptyTable + "TCP 0A000063 C002 C0000201 0050 0A000001 0050 ESTABLISHED 899\nbroken\n"
	var mu sync.Mutex
	asked := map[string]bool{}
	s.names = func(context.Context, func()) names {
		return prefetched{seen: func(a netip.Addr) {
			mu.Lock()
			defer mu.Unlock()
			asked[a.String()] = true
		}}
	}
	for _, c := range []struct {
		words string
		want  []string
	}{
		{"-L -n", nil},
		{"-S -n", nil},
		{"-L -n -c", nil},
		{"-L", []string{"192.0.2.1", "10.0.0.1", "10.0.0.2"}},
		{"-L --sort-by conns", []string{"192.0.2.1", "10.0.0.1", "10.0.0.2"}},
		{"-L -c", []string{"10.0.0.99", "192.0.2.1", "10.0.0.1"}},
	} {
		asked = map[string]bool{}
		s.input("", "ipvsadm "+c.words)
		// A part may be printed before all its names are asked for.
		require.Eventually(t, func() bool {
			mu.Lock()
			defer mu.Unlock()
			return len(asked) == len(c.want)
		}, waiting, polling)
		for _, a := range c.want {
			require.True(t, asked[a], a)
		}
	}
}

// prefetched resolves names, and records the addresses announced to it.
type prefetched struct {
	testNames
	seen func(netip.Addr)
}

func (p prefetched) Prefetch(a netip.Addr) { p.seen(a) }

// What waits for a name shows what is known until then.
func TestWaitingShows(t *testing.T) {
	s := newTestSystem(t)
	s.restore(t, "-A -f 7\n-A -u 192.0.2.1:53\n")
	var out safeBuffer
	s.names = func(_ context.Context, waiting func()) names {
		return slowNames{wait: func() {
			waiting()
			require.Equal(t, head, out.String())
		}}
	}
	require.Zero(t, s.run([]string{"ipvsadm"}, nil, &out, &out))
	require.Equal(t, head+"UDP  192.0.2.1:53 wlc\nFWM  7 wlc\n", out.String())
}

type slowNames struct {
	testNames
	wait func()
}

func (n slowNames) Host(netip.Addr) string {
	n.wait()
	return ""
}

func TestListJSON(t *testing.T) {
	s := newListed(t)
	for _, words := range []string{"", "-f 1", "--sort-by conns", "--timeout", "--daemon"} {
		got := s.input("", "ipvsadm -L --json "+words)
		require.Empty(t, got.stderr)
		require.True(t, json.Valid([]byte(got.stdout)), got.stdout)
	}
	require.Contains(t, s.input("", "ipvsadm -L --json --timeout").stdout, "900")
	s.do(t, "ipvsadm --start-daemon backup --syncid 77")
	require.Contains(t, s.input("", "ipvsadm -L --json --daemon").stdout, "77")
	require.NotContains(t, s.input("", "ipvsadm -L --json -f 2").stdout, "10.0.0.1")
}

func TestListSettings(t *testing.T) {
	s := newTestSystem(t)
	require.Equal(t, result{stdout: "Timeout (tcp tcpfin udp): 900 120 300\n"}, s.input("", "ipvsadm -L --timeout"))
	require.Equal(t, result{}, s.input("", "ipvsadm -L --daemon"))
	s.do(t, "ipvsadm --start-daemon master --syncid 1", "ipvsadm --start-daemon backup --mcast-interface lo", "ipvsadm --set 1 0 3")
	require.Equal(t, result{stdout: "master sync daemon (mcast=eth0, syncid=1, maxlen=1472, group=224.0.0.81, port=8848, ttl=1)\n" +
		"backup sync daemon (mcast=lo, syncid=0, maxlen=65507, group=224.0.0.81, port=8848, ttl=1)\n"}, s.input("", "ipvsadm -L --daemon"))
	require.Equal(t, result{stdout: "Timeout (tcp tcpfin udp): 1 120 3\n"}, s.input("", "ipvsadm -L --timeout"))
}

// A listing ends where the kernel stops replying.
func TestListBreaks(t *testing.T) {
	for words, c := range map[string]struct {
		command byte
		want    result
	}{
		"-L -n":                   {getService, result{stdout: "IP Virtual Server version 1.2.1 (size=4096)\n", stderr: "Cannot list services: netlink send: broken\n"}},
		"-L -n -f 1":              {getService, result{stderr: "Cannot get service: netlink send: broken\n"}},
		"-L -n --sort-by conns":   {getDest, result{stdout: head, stderr: "Cannot list destinations: netlink send: broken\n"}},
		"-L -n --timeout":         {getConfig, result{stderr: "Cannot get timeouts: netlink send: broken\n"}},
		"-L -n --daemon":          {getDaemon, result{stderr: "Cannot list daemons: netlink send: broken\n"}},
		"-S -n":                   {getService, result{stderr: "Cannot list services: netlink send: broken\n"}},
		"-S -n --stable":          {getService, result{stderr: "Cannot list services: netlink send: broken\n"}},
		"-S -n --thresholds":      {getDest, result{stderr: "Cannot list destinations: netlink send: broken\n"}},
		"-S -n --timeout":         {getConfig, result{stderr: "Cannot get timeouts: netlink send: broken\n"}},
		"-S -n --daemon":          {getDaemon, result{stderr: "Cannot list daemons: netlink send: broken\n"}},
		"-S -n --stable --daemon": {getDest, result{stderr: "Cannot list destinations: netlink send: broken\n"}},
	} {
		s := newListed(t)
		s.breakReading(c.command)
		c.want.code = exitListing
		require.Equal(t, c.want, s.input("", "ipvsadm "+words), words)
	}
	s := newListed(t)
	s.breakReading(getDest)
	require.Equal(t, result{stdout: head, stderr: "Cannot list destinations: netlink send: broken\n", code: 1}, s.input("", "ipvsadm -L -n"))
	number := 0
	s.before = func(r request) error {
		if r.command == getDest {
			if number++; number == 2 {
				return errBroken
			}
		}
		return nil
	}
	got := s.input("", "ipvsadm -L -n")
	require.Equal(t, 1, got.code)
	require.Contains(t, got.stdout, "FWM  1 rr\n")
	require.NotContains(t, got.stdout, "FWM  2")
	require.Equal(t, "Cannot list destinations: netlink send: broken\n", got.stderr)
	s.breakReading(getInfo)
	got = s.input("", "ipvsadm -L -n")
	require.Equal(t, 2, got.code)
	require.Equal(t, "", got.stdout)
	require.Contains(t, got.stderr, "Can't initialize ipvs: Cannot get info: netlink send: broken\n")
}

// Where sockets are short, readers share one; where there is none at all, the listing
// fails.
func TestListFewSockets(t *testing.T) {
	s := newTestSystem(t)
	s.restore(t, services(1, 200))
	want := s.input("", "ipvsadm -L -n")
	for _, errno := range []error{unix.EMFILE, unix.ENFILE} {
		dialed := 0
		s.dial = func() (io.ReadWriteCloser, error) {
			if dialed++; dialed > 1 {
				return nil, os.NewSyscallError("socket", errno)
			}
			return s.director.Dial()
		}
		require.Equal(t, want, s.input("", "ipvsadm -L -n"))
	}
	s.dial = s.director.Dial
	s.before = func(r request) error {
		if r.command == getDest {
			return os.NewSyscallError("send", unix.EMFILE)
		}
		return nil
	}
	require.Equal(t, result{stdout: head, stderr: "Too many open files\n", code: 1}, s.input("", "ipvsadm -L -n"))
}

// A table of any size is listed in order, with the destinations of each service.
func TestListLarge(t *testing.T) {
	s := newTestSystem(t)
	var rules strings.Builder
	var want strings.Builder
	want.WriteString(head)
	for mark := range 500 {
		m := netip.AddrFrom4([4]byte{10, 0, byte(mark >> 8), byte(mark)}).String()
		n := itoa(mark + 1)
		rules.WriteString("-A -f " + n + "\n-a -f " + n + " -r " + m + "\n")
		want.WriteString("FWM  " + n + " wlc\n  -> " + (m + ":0" + strings.Repeat(" ", 28))[:28] + " Route   1      0          0         \n")
	}
	s.restore(t, rules.String())
	require.Equal(t, result{stdout: want.String()}, s.input("", "ipvsadm -L -n"))
	require.Equal(t, result{stdout: want.String()}, s.input("", "ipvsadm -L -n --sort-by conns"))
}

// A change to the table during a listing is not an error.
func TestListChanges(t *testing.T) {
	s := newTestSystem(t)
	s.restore(t, services(1, 3))
	r := newRunner(&s.system, newConsole("ipvsadm", nil, io.Discard, io.Discard))
	require.Zero(t, r.open(t.Context(), ""))
	defer r.close()
	var got []ipvsnl.ServiceState
	for s, err := range r.client.EachService(t.Context()) {
		require.NoError(t, err)
		got = append(got, s)
		break
	}
	all := 0
	for s, err := range held(func(yield func(ipvsnl.ServiceState, error) bool) {
		_ = yield(got[0], nil) && yield(ipvsnl.ServiceState{}, ipvsnl.ErrChanged)
	}) {
		require.NoError(t, err)
		require.Equal(t, got[0], *s)
		all++
	}
	require.Equal(t, 1, all)
	for range held(r.client.EachService(t.Context())) {
		break // as one may
	}
}

// Listings that have the same service twice, as one may that changes meanwhile, show it
// once.
func TestTableReaderSeen(t *testing.T) {
	r := newTableReader(nil, testNames{}, &flags.Listing{Numeric: true})
	require.Nil(t, r.seen)
	require.True(t, r.sorted)
	r = newTableReader(nil, testNames{}, &flags.Listing{NoSort: true})
	require.NotNil(t, r.seen)
	require.False(t, r.sorted)
}
