package format_test

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/format"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/reconcile"
)

func TestAppendChange(t *testing.T) {
	web := ipvsnl.Service{ServiceKey: ipvsnl.AddrKey(ipvsnl.TCP, netip.MustParseAddrPort("192.0.2.1:80")), Scheduler: "sh", Netmask: 1<<32 - 1}
	mark := ipvsnl.Service{ServiceKey: ipvsnl.MarkKey(7, ipvsnl.IPv6), Scheduler: "rr", Netmask: 128}
	server := ipvsnl.Destination{Addr: netip.MustParseAddrPort("10.0.0.1:8080"), Weight: 3}
	limited := ipvsnl.Destination{Addr: netip.MustParseAddrPort("[2001:db8::1]:80"), Forwarding: ipvsnl.Tunnel, TunnelType: ipvsnl.GUE,
		TunnelPort: 6080, TunnelFlags: ipvsnl.TunnelChecksum, UpperThreshold: 9, LowerThreshold: 3}
	with := func(s ipvsnl.Service, change func(*ipvsnl.Service)) ipvsnl.Service {
		change(&s)
		return s
	}
	master := ipvsnl.Daemon{State: ipvsnl.Master, Interface: "lo", SyncID: 5}
	for _, c := range []struct {
		change reconcile.Change
		want   string
	}{
		{reconcile.Change{Op: ipvsnl.OpAddService, Service: web}, "-A -t 192.0.2.1:80 -s sh\n"},
		{reconcile.Change{Op: ipvsnl.OpSetService, Service: mark}, "-E -f 7 -6 -s rr\n"},
		{reconcile.Change{Op: ipvsnl.OpSetService, Service: with(mark, func(s *ipvsnl.Service) {
			s.Flags, s.Timeout, s.Netmask, s.Engine = ipvsnl.FlagPersistent|ipvsnl.FlagOnePacket, 5, 64, "sip"
		})}, "-E -f 7 -6 -s rr -p 5 -M 64 --pe sip -o\n"},
		{reconcile.Change{Op: ipvsnl.OpDeleteService, Service: web}, "-D -t 192.0.2.1:80\n"},
		{reconcile.Change{Op: ipvsnl.OpAddDestination, Service: web, Destination: server}, "-a -t 192.0.2.1:80 -r 10.0.0.1:8080 -m -w 3\n"},
		{reconcile.Change{Op: ipvsnl.OpSetDestination, Service: web, Destination: limited},
			"-e -t 192.0.2.1:80 -r [2001:db8::1]:80 -i -w 0 --tun-type gue --tun-port 6080 --tun-csum -x 9 -y 3\n"},
		{reconcile.Change{Op: ipvsnl.OpDeleteDestination, Service: mark, Destination: server}, "-d -f 7 -6 -r 10.0.0.1:8080\n"},
		{reconcile.Change{Op: ipvsnl.OpSetTimeouts, Timeouts: ipvsnl.Timeouts{TCPFin: 60}}, "--set 0 60 0\n"},
		{reconcile.Change{Op: ipvsnl.OpStartDaemon, Daemon: master}, "--start-daemon master --mcast-interface lo --syncid 5\n"},
		{reconcile.Change{Op: ipvsnl.OpStartDaemon, Daemon: ipvsnl.Daemon{State: ipvsnl.Backup, Interface: "lo", MaxLen: 1400,
			Group: netip.MustParseAddr("ff02::81"), Port: 1, TTL: 2}},
			"--start-daemon backup --mcast-interface lo --syncid 0 --sync-maxlen 1400 --mcast-group ff02::81 --mcast-port 1 --mcast-ttl 2\n"},
		{reconcile.Change{Op: ipvsnl.OpStopDaemon, Daemon: master}, "--stop-daemon master\n"},

		// What a save does not show: a mask without persistence, flags without a name of the scheduler's own.
		{reconcile.Change{Op: ipvsnl.OpAddService, Service: with(web, func(s *ipvsnl.Service) { s.Netmask = 0xffffff00 })},
			"-A -t 192.0.2.1:80 -s sh -M 255.255.255.0\n"},
		{reconcile.Change{Op: ipvsnl.OpAddService, Service: with(web, func(s *ipvsnl.Service) { s.Flags = ipvsnl.FlagSched3 })},
			"-A -t 192.0.2.1:80 -s sh -b flag-3\n"},
		{reconcile.Change{Op: ipvsnl.OpAddService, Service: with(web, func(s *ipvsnl.Service) { s.Flags = ipvsnl.FlagSched2 | ipvsnl.FlagSched3 })},
			"-A -t 192.0.2.1:80 -s sh -b sh-port,flag-3\n"},
		{reconcile.Change{Op: ipvsnl.OpAddService, Service: with(web, func(s *ipvsnl.Service) {
			s.Scheduler, s.Flags = "rr", ipvsnl.FlagSched1|ipvsnl.FlagSched2
		})}, "-A -t 192.0.2.1:80 -s rr -b flag-1,flag-2\n"},
	} {
		got := format.AppendChange([]byte("before\n"), &c.change)
		if string(got) != "before\n"+c.want {
			t.Errorf("got %swant %s", got, c.want)
		}
		sameChange(t, c.change, parseRules(t, got[len("before\n"):])[0])
	}
}

// sameChange checks that a command asks for a change.
func sameChange(t *testing.T, want reconcile.Change, got flags.Command) {
	t.Helper()
	switch want.Op {
	case ipvsnl.OpAddService, ipvsnl.OpSetService:
		if diff := cmp.Diff(want.Service, got.Service, cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); diff != "" {
			t.Errorf("%v: -want +got\n%s", want, diff)
		}
	case ipvsnl.OpAddDestination, ipvsnl.OpSetDestination:
		if got.Destination != want.Destination || got.Service.ServiceKey != want.Service.ServiceKey {
			t.Errorf("got %+v, want %+v", got.Destination, want.Destination)
		}
	case ipvsnl.OpDeleteService, ipvsnl.OpDeleteDestination:
		if got.Service.ServiceKey != want.Service.ServiceKey || got.Destination.Addr != want.Destination.Addr {
			t.Errorf("got %v %v, want %v", got.Service, got.Destination.Addr, want)
		}
	case ipvsnl.OpSetTimeouts:
		if got.Timeouts != want.Timeouts {
			t.Errorf("got %+v, want %+v", got.Timeouts, want.Timeouts)
		}
	case ipvsnl.OpStartDaemon:
		if got.Daemon != want.Daemon {
			t.Errorf("got %+v, want %+v", got.Daemon, want.Daemon)
		}
	}
}
