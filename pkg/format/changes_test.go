// SPDX-License-Identifier: Apache-2.0

package format_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/pkg/format"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

var (
	web    = ipvsnl.Service{Key: ipvsnl.ServiceKey{Protocol: ipvsnl.TCP, Addr: netip.MustParseAddrPort("192.0.2.1:80")}, Scheduler: "sh"}
	marked = ipvsnl.Service{Key: ipvsnl.ServiceKey{Mark: 7, IPv6: true}, Scheduler: "rr"}
	server = ipvsnl.Destination{Addr: netip.MustParseAddrPort("10.0.0.1:8080"), Weight: 3}
	gue    = ipvsnl.Destination{Addr: netip.MustParseAddrPort("[2001:db8::1]:80"), Forwarding: ipvsnl.Tunnel, TunnelType: ipvsnl.GUE,
		TunnelPort: 6080, TunnelFlags: ipvsnl.TunnelChecksum, UpperThreshold: 9, LowerThreshold: 3}
	master = ipvsnl.Daemon{State: ipvsnl.Master, Interface: "lo", SyncID: 5}
)

// with returns a service with a change.
func with(s ipvsnl.Service, change func(*ipvsnl.Service)) ipvsnl.Service {
	change(&s)
	return s
}

// changes are changes and the rules that make them.
var changes = []struct {
	change ipvsnl.Change
	rule   string
}{
	{ipvsnl.AddService(web), "-A -t 192.0.2.1:80 -s sh\n"},
	{ipvsnl.SetService(marked), "-E -f 7 -6 -s rr\n"},
	{ipvsnl.SetService(with(marked, func(s *ipvsnl.Service) {
		s.OnePacket = true
		s.Persistence = ipvsnl.Persistence{Timeout: 5 * time.Second, Mask: ipvsnl.Mask6(64), Engine: "sip"}
	})), "-E -f 7 -6 -s rr -p 5 -M 64 --pe sip -o\n"},
	{ipvsnl.AddService(with(web, func(s *ipvsnl.Service) {
		s.Persistence = ipvsnl.Persistence{Timeout: 6 * time.Minute, Mask: ipvsnl.Mask4([4]byte{255, 255})}
	})), "-A -t 192.0.2.1:80 -s sh -p 360 -M 255.255.0.0\n"},
	{ipvsnl.DeleteService(web.Key), "-D -t 192.0.2.1:80\n"},
	{ipvsnl.AddDestination(web.Key, server), "-a -t 192.0.2.1:80 -r 10.0.0.1:8080 -m -w 3\n"},
	{ipvsnl.SetDestination(web.Key, gue),
		"-e -t 192.0.2.1:80 -r [2001:db8::1]:80 -i -w 0 --tun-type gue --tun-port 6080 --tun-csum -x 9 -y 3\n"},
	{ipvsnl.DeleteDestination(web.Key, server.Addr), "-d -t 192.0.2.1:80 -r 10.0.0.1:8080\n"},
	{ipvsnl.SetTimeouts(ipvsnl.Timeouts{TCPFin: time.Minute}), "--set 0 60 0\n"},
	{ipvsnl.StartDaemon(master), "--start-daemon master --mcast-interface lo --syncid 5\n"},
	{ipvsnl.StartDaemon(ipvsnl.Daemon{State: ipvsnl.Backup, Interface: "lo", MaxLen: 1400,
		Group: netip.MustParseAddr("ff02::81"), Port: 1, TTL: 2}),
		"--start-daemon backup --mcast-interface lo --syncid 0 --sync-maxlen 1400 --mcast-group ff02::81 --mcast-port 1 --mcast-ttl 2\n"},
	{ipvsnl.StopDaemon(ipvsnl.Master), "--stop-daemon master\n"},
	{ipvsnl.StopDaemon(ipvsnl.Backup), "--stop-daemon backup\n"},
	{ipvsnl.Zero(), "-Z\n"},
	{ipvsnl.ZeroService(marked.Key), "-Z -f 7 -6\n"},
	{ipvsnl.Flush(), "-C\n"},

	// What a save leaves out: flags that the scheduler has no name of its own for.
	{ipvsnl.AddService(with(web, func(s *ipvsnl.Service) { s.SchedulerFlags = ipvsnl.SchedulerFlag3 })),
		"-A -t 192.0.2.1:80 -s sh -b flag-3\n"},
	{ipvsnl.AddService(with(web, func(s *ipvsnl.Service) {
		s.SchedulerFlags = ipvsnl.SchedulerFlag2 | ipvsnl.SchedulerFlag3
	})), "-A -t 192.0.2.1:80 -s sh -b sh-port,flag-3\n"},
	{ipvsnl.AddService(with(web, func(s *ipvsnl.Service) {
		s.Scheduler, s.SchedulerFlags = "rr", ipvsnl.SchedulerFlag1|ipvsnl.SchedulerFlag2
	})), "-A -t 192.0.2.1:80 -s rr -b flag-1,flag-2\n"},
}

// A rule, read again, is the change that it was made of.
func TestAppendChange(t *testing.T) {
	for _, c := range changes {
		t.Run(c.rule, func(t *testing.T) {
			got, ok := format.AppendChange([]byte("before\n"), &c.change)
			require.True(t, ok)
			require.Equal(t, "before\n"+c.rule, string(got))
			require.Equal(t, c.change, parseRules(t, got[len("before\n"):])[0].Change)
		})
	}
}

// A rule cannot leave the decision to the kernel whether there is something to
// delete: it deletes.
func TestAppendIfExists(t *testing.T) {
	for rule, change := range map[string]ipvsnl.Change{
		"-D -f 7 -6\n": ipvsnl.DeleteServiceIfExists(marked.Key),
		"-d -t 192.0.2.1:80 -r [2001:db8::1]:80\n": ipvsnl.DeleteDestinationIfExists(web.Key, gue.Addr),
	} {
		got, ok := format.AppendChange(nil, &change)
		require.True(t, ok)
		require.Equal(t, rule, string(got))
	}
}

// Every operation that there is has a rule above, or is among those that have none.
func TestEveryChange(t *testing.T) {
	ruled := map[ipvsnl.Op]bool{ipvsnl.OpDeleteServiceIfExists: true, ipvsnl.OpDeleteDestinationIfExists: true}
	for _, c := range changes {
		ruled[c.change.Op] = true
	}
	for _, op := range []ipvsnl.Op{
		ipvsnl.OpOpen, ipvsnl.OpNetNS, ipvsnl.OpInfo, ipvsnl.OpServices, ipvsnl.OpService, ipvsnl.OpDestinations,
		ipvsnl.OpDaemons, ipvsnl.OpTimeouts, ipvsnl.OpTotals,
		ipvsnl.OpPutService, ipvsnl.OpPutDestination, ipvsnl.OpSetWeight,
		ipvsnl.OpUpdateService, ipvsnl.OpEnsureService, ipvsnl.OpUpdateDestination, ipvsnl.OpEnsureDestination,
	} {
		ruled[op] = false
	}
	for op := ipvsnl.Op(0); ; op++ {
		want, known := ruled[op]
		require.Equal(t, !strings.HasPrefix(op.String(), "Op("), known, "%v", op)
		c := ipvsnl.Change{Op: op, Service: web, Destination: server, Daemon: master}
		got, ok := format.AppendChange([]byte("before\n"), &c)
		require.Equal(t, want, ok, "%v", op)
		require.Equal(t, want, string(got) != "before\n", "%v", op)
		if op == 255 {
			break
		}
	}
}
