// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/stretchr/testify/require"
)

// client returns a client in the namespace.
func client(t *testing.T, n *kernel.Namespace) *ipvsnl.Client {
	t.Helper()
	c, err := ipvsnl.Open(t.Context(), ipvsnl.WithNetNS(n.Path()))
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	return c
}

func must(t *testing.T, err error) {
	t.Helper()
	require.NoError(t, err)
}

func tcp(addr string) ipvsnl.ServiceKey {
	return ipvsnl.ServiceKey{Protocol: ipvsnl.TCP, Addr: netip.MustParseAddrPort(addr)}
}

// TestReferenceReads has the library make a table, and the reference save it.
func TestReferenceReads(t *testing.T) {
	n := kernel.NewNamespace(t)
	c, ctx := client(t, n), t.Context()
	for _, s := range []struct {
		ipvsnl.Service
		dests []ipvsnl.Destination
	}{
		{ipvsnl.Service{Key: tcp("192.0.2.1:80"), Scheduler: "wrr"}, []ipvsnl.Destination{
			{Addr: netip.MustParseAddrPort("198.51.100.1:8080"), Forwarding: ipvsnl.Masquerade, Weight: 7},
			{Addr: netip.MustParseAddrPort("198.51.100.2:80"), Forwarding: ipvsnl.Route},
			{Addr: netip.MustParseAddrPort("198.51.100.3:80"), Forwarding: ipvsnl.Tunnel, Weight: 1,
				TunnelType: ipvsnl.GUE, TunnelPort: 6080, TunnelFlags: ipvsnl.TunnelRemoteChecksum},
			{Addr: netip.MustParseAddrPort("198.51.100.4:80"), Forwarding: ipvsnl.Tunnel, Weight: 1,
				TunnelType: ipvsnl.GRE, TunnelFlags: ipvsnl.TunnelChecksum},
			{Addr: netip.MustParseAddrPort("198.51.100.5:80"), Forwarding: ipvsnl.Tunnel, Weight: 1},
		}},
		{ipvsnl.Service{Key: ipvsnl.ServiceKey{Protocol: ipvsnl.UDP, Addr: netip.MustParseAddrPort("[2001:db8::1]:53")},
			Scheduler: "rr", OnePacket: true}, []ipvsnl.Destination{
			{Addr: netip.MustParseAddrPort("[2001:db8::2]:53"), Forwarding: ipvsnl.Masquerade, Weight: 65535},
		}},
		{ipvsnl.Service{Key: ipvsnl.ServiceKey{Protocol: ipvsnl.SCTP, Addr: netip.MustParseAddrPort("192.0.2.2:0")},
			Scheduler:   "lc",
			Persistence: ipvsnl.Persistence{Timeout: 10 * time.Minute, Mask: ipvsnl.Mask4([4]byte{255, 255, 255, 0})}}, nil},
		{ipvsnl.Service{Key: ipvsnl.ServiceKey{Protocol: ipvsnl.UDP, Addr: netip.MustParseAddrPort("192.0.2.3:5060")},
			Scheduler: "rr", Persistence: ipvsnl.Persistence{Timeout: time.Minute, Engine: "sip"}}, nil},
		{ipvsnl.Service{Key: ipvsnl.ServiceKey{Mark: 5, IPv6: true}, Scheduler: "sh",
			SchedulerFlags: ipvsnl.SchedulerFlag1 | ipvsnl.SchedulerFlag2}, nil},
	} {
		changes := []ipvsnl.Change{ipvsnl.AddService(s.Service)}
		for _, d := range s.dests {
			changes = append(changes, ipvsnl.AddDestination(s.Key, d))
		}
		must(t, c.Apply(ctx, changes...))
	}
	want := `-A -t 192.0.2.1:80 -s wrr
-a -t 192.0.2.1:80 -r 198.51.100.1:8080 -m -w 7
-a -t 192.0.2.1:80 -r 198.51.100.2:80 -g -w 0
-a -t 192.0.2.1:80 -r 198.51.100.3:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-remcsum
-a -t 192.0.2.1:80 -r 198.51.100.4:80 -i -w 1 --tun-type gre --tun-csum
-a -t 192.0.2.1:80 -r 198.51.100.5:80 -i -w 1 --tun-type ipip
-A -u 192.0.2.3:5060 -s rr -p 60 --pe sip
-A -u [2001:db8::1]:53 -s rr -o
-a -u [2001:db8::1]:53 -r [2001:db8::2]:53 -m -w 65535
-A --sctp-service 192.0.2.2:0 -s lc -p 600 -M 255.255.255.0
-A -f 5 -6 -s sh -b sh-fallback,sh-port
`
	require.Empty(t, cmp.Diff(lines(want), lines(n.Ipvsadm(t, kernel.Reference, "-Sn").Stdout)))
}

// lines splits text and sorts it.
func lines(text string) []string { return slices.Sorted(strings.Lines(text)) }

// TestReferenceWrites has the reference make a table, and the library list it.
func TestReferenceWrites(t *testing.T) {
	n := kernel.NewNamespace(t)
	n.IP(t, "link add dummy0 type dummy\nlink set dummy0 up\naddr add 192.0.2.254/24 dev dummy0")
	c, ctx := client(t, n), t.Context()
	for _, line := range []string{
		"-A -t 192.0.2.1:80 -s mh -p 360 -M 255.255.0.0 -b mh-port",
		"-a -t 192.0.2.1:80 -r 198.51.100.1:8080 -m -w 3 -x 20 -y 10",
		"-a -t 192.0.2.1:80 -r [2001:db8::7]:80 -i --tun-type gue --tun-port 1234 --tun-csum",
		"--set 1000 200 300",
	} {
		require.Equal(t, kernel.Result{}, n.Ipvsadm(t, kernel.Reference, strings.Fields(line)...), line)
	}
	want := ipvsnl.Service{
		Key:            tcp("192.0.2.1:80"),
		Scheduler:      "mh",
		SchedulerFlags: ipvsnl.SchedulerFlag2,
		Persistence:    ipvsnl.Persistence{Timeout: 6 * time.Minute, Mask: ipvsnl.Mask4([4]byte{255, 255, 0, 0})},
	}
	if got, err := c.Service(ctx, want.Key); err != nil || got.Service != want {
		t.Errorf("service %+v, %v", got, err)
	}
	wantDests := []ipvsnl.DestinationState{
		{Destination: ipvsnl.Destination{Addr: netip.MustParseAddrPort("[2001:db8::7]:80"), Forwarding: ipvsnl.Tunnel, Weight: 1,
			TunnelType: ipvsnl.GUE, TunnelPort: 1234, TunnelFlags: ipvsnl.TunnelChecksum}},
		{Destination: ipvsnl.Destination{Addr: netip.MustParseAddrPort("198.51.100.1:8080"), Weight: 3, UpperThreshold: 20, LowerThreshold: 10}},
	}
	require.Empty(t, cmp.Diff(wantDests, destinations(t, c, want.Key), comparable))
	wantTimeouts := ipvsnl.Timeouts{TCP: 1000 * time.Second, TCPFin: 200 * time.Second, UDP: 300 * time.Second}
	if got, err := c.Timeouts(ctx); err != nil || got != wantTimeouts {
		t.Errorf("timeouts %+v, %v", got, err)
	}

	// No daemon starts while a destination is of another family than its service.
	must(t, c.Apply(ctx, ipvsnl.Flush()))
	line := "--start-daemon backup --mcast-interface dummy0 --syncid 9 --mcast-group ff05::1 --mcast-port 7 --mcast-ttl 8 --sync-maxlen 1234"
	require.Equal(t, kernel.Result{}, n.Ipvsadm(t, kernel.Reference, strings.Fields(line)...), line)
	wantDaemon := ipvsnl.Daemon{State: ipvsnl.Backup, Interface: "dummy0", SyncID: 9, MaxLen: 1234,
		Group: netip.MustParseAddr("ff05::1"), Port: 7, TTL: 8}
	daemons, err := c.Daemons(ctx)
	must(t, err)
	require.Len(t, daemons, 1)
	require.Equal(t, wantDaemon, daemons[0])
	must(t, c.Apply(ctx, ipvsnl.StopDaemon(ipvsnl.Backup)))
}

func destinations(t *testing.T, c *ipvsnl.Client, key ipvsnl.ServiceKey) []ipvsnl.DestinationState {
	t.Helper()
	all, err := c.Destinations(t.Context(), key)
	must(t, err)
	return all
}

// TestListedAgain checks that a service can be added as it was listed.
func TestListedAgain(t *testing.T) {
	c, ctx := client(t, kernel.NewNamespace(t)), t.Context()
	key := tcp("192.0.2.1:80")
	must(t, c.Apply(ctx, ipvsnl.AddService(ipvsnl.Service{Key: key, Scheduler: "wlc"})))
	s, err := c.Service(ctx, key)
	must(t, err)
	must(t, c.Apply(ctx, ipvsnl.DeleteService(key), ipvsnl.AddService(s.Service)))
	if again, err := c.Service(ctx, key); err != nil || again != s {
		t.Errorf("got %#v, %v, want %#v", again, err, s)
	}
}

// TestLibraryCounters balances datagrams, and checks what is counted of them.
func TestLibraryCounters(t *testing.T) {
	n := kernel.NewNamespace(t)
	n.IP(t, "addr add 192.0.2.1/32 dev lo\naddr add 198.51.100.1/32 dev lo")
	c, ctx := client(t, n), t.Context()
	key := ipvsnl.ServiceKey{Protocol: ipvsnl.UDP, Addr: netip.MustParseAddrPort("192.0.2.1:5000")}
	server := netip.MustParseAddrPort("198.51.100.1:5000")
	must(t, c.Apply(ctx,
		ipvsnl.AddService(ipvsnl.Service{Key: key, Scheduler: "rr", Persistence: ipvsnl.Persistence{Timeout: time.Minute}}),
		ipvsnl.AddDestination(key, ipvsnl.Destination{Addr: server, Weight: 1})))
	n.Do(func() { exchange(t, server.String(), "192.0.2.1:5000", 3) })

	const bytes = 3 * (20 + 8 + 4) // IP, UDP, "ping"
	want := ipvsnl.Stats{Conns: 1, InPkts: 3, OutPkts: 3, InBytes: bytes, OutBytes: bytes}
	// The kernel adds up its counters every two seconds.
	var got ipvsnl.Stats
	for end := time.Now().Add(time.Minute); got.OutPkts < want.OutPkts && time.Now().Before(end); {
		s, err := c.Service(ctx, key)
		must(t, err)
		got = counts(s.Stats)
		time.Sleep(100 * time.Millisecond)
	}
	require.Equal(t, want, got, "service")
	d := destinations(t, c, key)[0]
	require.Equal(t, want, counts(d.Stats), "destination")
	require.Zero(t, d.ActiveConns)
	require.EqualValues(t, 1, d.InactiveConns)
	require.EqualValues(t, 1, d.PersistentConns)

	totals, err := c.Totals(ctx)
	must(t, err)
	require.Equal(t, want, counts(totals), "totals")

	must(t, c.Apply(ctx, ipvsnl.ZeroService(key)))
	s, err := c.Service(ctx, key)
	must(t, err)
	require.Equal(t, ipvsnl.Stats{}, counts(s.Stats), "after they were zeroed")
}

// counts returns the counters without the rates, which go by the clock.
func counts(s ipvsnl.Stats) ipvsnl.Stats {
	return ipvsnl.Stats{Conns: s.Conns, InPkts: s.InPkts, OutPkts: s.OutPkts, InBytes: s.InBytes, OutBytes: s.OutBytes}
}

// exchange sends a server some datagrams by another address, and has it answer each.
func exchange(t *testing.T, server, service string, times int) {
	listener, err := net.ListenPacket("udp", server)
	if err != nil {
		t.Error(err)
		return
	}
	defer listener.Close()
	client, err := net.Dial("udp", service)
	if err != nil {
		t.Error(err)
		return
	}
	defer client.Close()
	deadline := time.Now().Add(time.Minute)
	_ = listener.SetDeadline(deadline)
	_ = client.SetDeadline(deadline)
	for range times {
		if err := ping(listener, client); err != nil {
			t.Error(err)
			return
		}
	}
}

func ping(listener net.PacketConn, client net.Conn) error {
	b := make([]byte, 16)
	if _, err := client.Write([]byte("ping")); err != nil {
		return err
	}
	_, from, err := listener.ReadFrom(b)
	if err != nil {
		return err
	}
	if _, err := listener.WriteTo([]byte("pong"), from); err != nil {
		return err
	}
	_, err = client.Read(b)
	return err
}

// many adds a service of so many destinations that a listing takes several datagrams.
func many(t *testing.T, c *ipvsnl.Client) (key ipvsnl.ServiceKey, count int) {
	key, count = tcp("192.0.2.1:80"), 600
	changes := []ipvsnl.Change{ipvsnl.AddService(ipvsnl.Service{Key: key, Scheduler: "wlc"})}
	for i := range count {
		addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 80)
		changes = append(changes, ipvsnl.AddDestination(key, ipvsnl.Destination{Addr: addr, Weight: uint32(i)}))
	}
	must(t, c.Apply(t.Context(), changes...))
	return key, count
}

// TestLongListing checks that a listing is complete, that operations one at a time need only one
// socket, and that leaving a listing early does no harm.
func TestLongListing(t *testing.T) {
	n := kernel.NewNamespace(t)
	c := client(t, n)
	key, count := many(t, c)
	seen := make(map[ipvsnl.DestinationState]bool)
	for _, d := range destinations(t, c, key) {
		seen[d] = true
	}
	require.Len(t, seen, count)
	require.Equal(t, 1, sockets(t, n))
	for d, err := range c.EachDestination(t.Context(), key) {
		must(t, err)
		must(t, c.Apply(t.Context(), ipvsnl.DeleteDestination(key, d.Destination.Addr)))
		break
	}
	require.Len(t, destinations(t, c, key), count-1)
	require.Equal(t, 1, sockets(t, n))
}

// sockets counts the generic-netlink sockets of the namespace.
func sockets(t *testing.T, n *kernel.Namespace) (count int) {
	t.Helper()
	var table []byte
	var err error
	n.Do(func() { table, err = os.ReadFile("/proc/thread-self/net/netlink") })
	must(t, err)
	for line := range bytes.Lines(table) {
		// Address, protocol, port id; the kernel's own socket has port id 0.
		if f := bytes.Fields(line); len(f) > 2 && string(f[1]) == fmt.Sprint(unix.NETLINK_GENERIC) && string(f[2]) != "0" {
			count++
		}
	}
	return count
}

// TestCancelled checks that a context ends a listing between two datagrams.
func TestCancelled(t *testing.T) {
	n := kernel.NewNamespace(t)
	c := client(t, n)
	key, count := many(t, c)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var seen int
	var last error
	for _, err := range c.EachDestination(ctx, key) {
		if last = err; err == nil {
			seen++
			cancel()
		}
	}
	if seen == 0 || seen == count || !errors.Is(last, context.Canceled) {
		t.Errorf("%d of %d destinations, error %v", seen, count, last)
	}
	require.Zero(t, sockets(t, n))
	require.Len(t, destinations(t, c, key), count)
}

// TestNested lists the destinations of services while these are listed, from several goroutines.
func TestNested(t *testing.T) {
	c, ctx := client(t, kernel.NewNamespace(t)), t.Context()
	const services = 50
	for i := range services {
		key := ipvsnl.ServiceKey{Mark: uint32(i + 1)}
		addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), 0)
		must(t, c.Apply(ctx,
			ipvsnl.AddService(ipvsnl.Service{Key: key, Scheduler: "rr"}),
			ipvsnl.AddDestination(key, ipvsnl.Destination{Addr: addr, Weight: 1})))
	}
	var g errgroup.Group
	for range 3 {
		g.Go(func() error {
			var count int
			for s, err := range c.EachService(ctx) {
				if err != nil {
					return err
				}
				key := s.Service.Key
				for d, err := range c.EachDestination(ctx, key) {
					if want := byte(key.Mark - 1); err != nil || d.Destination.Addr.Addr().As4()[3] != want {
						return fmt.Errorf("%v has %v, %v", key, d.Destination.Addr, err)
					}
					count++
				}
			}
			if count != services {
				return fmt.Errorf("%d destinations", count)
			}
			return nil
		})
	}
	must(t, g.Wait())
}

// TestStopAtOnce stops daemons before they can have run, which the kernel does not acknowledge.
func TestStopAtOnce(t *testing.T) {
	n := kernel.NewNamespace(t)
	c := client(t, n)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, state := range []ipvsnl.DaemonState{ipvsnl.Master, ipvsnl.Backup} {
		d := ipvsnl.Daemon{State: state, Interface: "lo", SyncID: 3}
		for range 3 {
			must(t, c.Apply(ctx, ipvsnl.StartDaemon(d)))
			must(t, c.Apply(ctx, ipvsnl.StopDaemon(state)))
		}
		must(t, c.Apply(ctx, ipvsnl.StartDaemon(d), ipvsnl.StopDaemon(state)))
		require.ErrorIs(t, c.Apply(ctx, ipvsnl.StopDaemon(state)), ipvsnl.ErrDaemonNotRunning, "stopping it again")
	}
	if daemons, err := c.Daemons(ctx); err != nil || len(daemons) > 0 {
		t.Errorf("daemons %+v, %v", daemons, err)
	}
	require.Equal(t, 1, sockets(t, n))
}

// TestRefusedChanges sends more changes than are sent at once, all of which the kernel refuses.
func TestRefusedChanges(t *testing.T) {
	n := kernel.NewNamespace(t)
	c := client(t, n)
	const count = 1000
	var changes []ipvsnl.Change
	for i := range count {
		changes = append(changes, ipvsnl.DeleteService(ipvsnl.ServiceKey{Mark: uint32(i + 1)}))
	}
	var e *ipvsnl.ApplyError
	if err := c.Apply(t.Context(), changes...); !errors.As(err, &e) || len(e.Failures) != count || e.InDoubt != -1 {
		t.Fatalf("want %d failures: %v", count, err)
	}
	for i, f := range e.Failures {
		require.Equal(t, i, f.Index)
		require.ErrorIs(t, f.Err, ipvsnl.ErrServiceNotFound)
	}
	require.Equal(t, 1, sockets(t, n))
}

// TestPermission checks what one gets who may not.
func TestPermission(t *testing.T) {
	n := kernel.NewNamespace(t)
	var dropped, opened, flushed, listed error
	n.Do(func() { // whose thread ends with the test
		none := [2]unix.CapUserData{}
		dropped = unix.Capset(&unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, &none[0])
		var c *ipvsnl.Client
		if c, opened = ipvsnl.Open(t.Context()); opened != nil {
			return
		}
		defer c.Close()
		flushed = c.Apply(t.Context(), ipvsnl.Flush())
		_, listed = c.Services(t.Context())
	})
	if dropped != nil || opened != nil {
		t.Fatalf("dropping capabilities: %v, opening: %v", dropped, opened)
	}
	for _, err := range []error{flushed, listed} {
		require.ErrorIs(t, err, fs.ErrPermission)
		require.ErrorIs(t, err, syscall.EPERM)
	}
}
