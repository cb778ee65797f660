// SPDX-License-Identifier: Apache-2.0

package ipvsnltest_test

import (
	"context"
	"fmt"
	"io/fs"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"github.com/mdlayher/netlink"
	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/test/replay/cases"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/ipvsnltest"
)

var (
	web = ipvsnl.Service{
		Key:       ipvsnl.ServiceKey{Protocol: ipvsnl.TCP, Addr: netip.MustParseAddrPort("192.0.2.1:80")},
		Scheduler: "wlc",
	}
	server = ipvsnl.Destination{Addr: netip.MustParseAddrPort("10.0.0.1:80"), Weight: 1}
)

// open returns a client of the director.
func open(t testing.TB, d *ipvsnltest.Director) *ipvsnl.Client {
	t.Helper()
	c, err := d.Open(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	return c
}

// TestCases runs the operations that were recorded from a kernel, in the same order.
// What comes of each has to be the same.
func TestCases(t *testing.T) {
	c := open(t, ipvsnltest.New())
	for _, op := range cases.All {
		t.Run(op.Name, func(t *testing.T) {
			got, err := op.Run(t.Context(), c)
			require.ErrorIs(t, err, op.Err)
			require.Equal(t, op.Want, got)
		})
	}
}

// TestRequests sends what package ipvsnl would not.
func TestRequests(t *testing.T) {
	socket, err := ipvsnltest.New().Dial()
	require.NoError(t, err)
	conn, err := cases.Dial(socket)
	require.NoError(t, err)
	for _, r := range cases.Requests {
		t.Run(r.Name, func(t *testing.T) {
			answer, errno, err := conn.Send(r)
			require.NoError(t, err)
			require.Equal(t, r.Errno, errno)
			if r.Flags&netlink.Dump != 0 {
				require.Len(t, answer, r.Replies)
			}
		})
	}
}

func TestRefuse(t *testing.T) {
	d := ipvsnltest.New()
	c := open(t, d)
	d.Refuse(func(c ipvsnl.Change) int {
		if c.Op == ipvsnl.OpAddDestination && c.Destination.Addr == server.Addr {
			return int(syscall.ENOMEM)
		}
		return 0
	})
	other := server
	other.Addr = netip.MustParseAddrPort("10.0.0.2:80")
	changes := []ipvsnl.Change{
		ipvsnl.AddService(web), ipvsnl.AddDestination(web.Key, server), ipvsnl.AddDestination(web.Key, other)}
	err := c.Apply(t.Context(), changes...)
	var e *ipvsnl.ApplyError
	require.ErrorAs(t, err, &e)
	require.Len(t, e.Failures, 1)
	require.Equal(t, changes[1], e.Failures[0].Change)
	require.ErrorIs(t, err, syscall.ENOMEM)

	destinations, err := c.Destinations(t.Context(), web.Key)
	require.NoError(t, err)
	require.Equal(t, []ipvsnl.DestinationState{{Destination: other}}, destinations)

	d.Refuse(nil)
	require.NoError(t, c.Apply(t.Context(), changes[1]))
}

// TestRefuseFirst refuses what the kernel would refuse for another reason.
func TestRefuseFirst(t *testing.T) {
	d := ipvsnltest.New()
	d.Refuse(func(ipvsnl.Change) int { return int(syscall.EPERM) })
	err := open(t, d).Apply(t.Context(), ipvsnl.AddDestination(web.Key, server))
	require.ErrorIs(t, err, syscall.EPERM)
}

// TestRefusePut shows which changes a director sees of one that the kernel does not
// know.
func TestRefusePut(t *testing.T) {
	d := ipvsnltest.New()
	c := open(t, d)
	var seen []ipvsnl.Op
	d.Refuse(func(c ipvsnl.Change) int {
		seen = append(seen, c.Op)
		return 0
	})
	require.NoError(t, c.Apply(t.Context(), ipvsnl.PutService(web)))
	require.Equal(t, []ipvsnl.Op{ipvsnl.OpAddService, ipvsnl.OpSetService}, seen)
}

func TestUnload(t *testing.T) {
	d := ipvsnltest.New()
	c := open(t, d)
	d.Unload(true)
	_, err := d.Open(t.Context())
	require.ErrorIs(t, err, ipvsnl.ErrNoIPVS)
	_, err = c.Services(t.Context())
	require.ErrorIs(t, err, ipvsnl.ErrNoIPVS)
	require.ErrorIs(t, c.Apply(t.Context(), ipvsnl.Flush()), ipvsnl.ErrNoIPVS)
	d.Unload(false)
	_, err = c.Services(t.Context())
	require.NoError(t, err)
}

func TestSetState(t *testing.T) {
	d := ipvsnltest.New()
	c := open(t, d)
	counters := ipvsnl.Stats{Conns: 1 << 40, InPkts: 2, OutPkts: 3, InBytes: 4, OutBytes: 5, CPS: 6, InPPS: 7, OutPPS: 8, InBPS: 9, OutBPS: 10}
	require.False(t, d.SetService(web.Key, func(*ipvsnl.ServiceState) { t.Error("called") }))
	require.False(t, d.SetDestination(web.Key, server.Addr, func(*ipvsnl.DestinationState) { t.Error("called") }))
	require.NoError(t, c.Apply(t.Context(), ipvsnl.AddService(web)))
	require.False(t, d.SetDestination(web.Key, server.Addr, func(*ipvsnl.DestinationState) { t.Error("called") }))
	require.NoError(t, c.Apply(t.Context(), ipvsnl.AddDestination(web.Key, server)))

	require.True(t, d.SetService(web.Key, func(s *ipvsnl.ServiceState) { s.Stats = counters }))
	require.True(t, d.SetDestination(web.Key, server.Addr, func(s *ipvsnl.DestinationState) {
		s.ActiveConns, s.InactiveConns, s.PersistentConns, s.Stats = 1, 2, 3, counters
	}))
	s, err := c.Service(t.Context(), web.Key)
	require.NoError(t, err)
	require.Equal(t, ipvsnl.ServiceState{Service: web, Stats: counters}, s)
	destinations := func() []ipvsnl.DestinationState {
		all, err := c.Destinations(t.Context(), web.Key)
		require.NoError(t, err)
		return all
	}
	want := ipvsnl.DestinationState{Destination: server, ActiveConns: 1, InactiveConns: 2, PersistentConns: 3, Stats: counters}
	require.Equal(t, []ipvsnl.DestinationState{want}, destinations())

	// A change of the configuration leaves the state, and zeroing the connections.
	require.NoError(t, c.Apply(t.Context(), ipvsnl.SetWeight(web.Key, server.Addr, 0)))
	want.Destination.Weight = 0
	require.Equal(t, []ipvsnl.DestinationState{want}, destinations())
	require.NoError(t, c.Apply(t.Context(), ipvsnl.ZeroService(web.Key)))
	want.Stats = ipvsnl.Stats{}
	require.Equal(t, []ipvsnl.DestinationState{want}, destinations())
}

func TestSetNames(t *testing.T) {
	d := ipvsnltest.New()
	c := open(t, d)
	d.SetSchedulers("rr")
	require.ErrorIs(t, c.Apply(t.Context(), ipvsnl.AddService(web)), ipvsnl.ErrSchedulerNotFound)
	d.SetSchedulers()
	require.ErrorIs(t, c.Apply(t.Context(), ipvsnl.AddService(web)), ipvsnl.ErrSchedulerNotFound)
	d.SetSchedulers("rr", "wlc")
	require.NoError(t, c.Apply(t.Context(), ipvsnl.AddService(web)))

	daemon := ipvsnl.Daemon{State: ipvsnl.Master, Interface: "eth1"}
	require.ErrorIs(t, c.Apply(t.Context(), ipvsnl.StartDaemon(daemon)), ipvsnl.ErrInterfaceNotFound)
	d.SetInterfaces("eth1")
	require.NoError(t, c.Apply(t.Context(), ipvsnl.StartDaemon(daemon)))

	d.SetInfo(ipvsnl.Info{Version: 0x010300, ConnTableSize: 1 << 20})
	info, err := c.Info(t.Context())
	require.NoError(t, err)
	require.Equal(t, ipvsnl.Info{Version: 0x010300, ConnTableSize: 1 << 20}, info)
}

// TestListings has tables of more than one part.
func TestListings(t *testing.T) {
	d := ipvsnltest.New()
	c := open(t, d)
	var changes []ipvsnl.Change
	const n = 300
	for i := range n {
		s := web
		s.Key.Addr = netip.AddrPortFrom(web.Key.Addr.Addr(), uint16(1000+i))
		server := server
		server.Addr = netip.AddrPortFrom(server.Addr.Addr(), uint16(1000+i))
		changes = append(changes, ipvsnl.AddService(s), ipvsnl.AddDestination(changesKey(changes, s), server))
	}
	require.NoError(t, c.Apply(t.Context(), changes...))
	services, err := c.Services(t.Context())
	require.NoError(t, err)
	require.Len(t, services, n)
	first := services[0].Service.Key
	destinations, err := c.Destinations(t.Context(), first)
	require.NoError(t, err)
	require.Len(t, destinations, n)
	require.Equal(t, uint16(1000+n-1), destinations[0].Destination.Addr.Port()) // the newest

	// As in the kernel, the next part begins after as many as were sent: when what
	// was sent is deleted meanwhile, the listing misses as much.
	other := open(t, d)
	seen := 0
	for s, err := range c.EachService(t.Context()) {
		require.NoError(t, err)
		require.NoError(t, other.Apply(t.Context(), ipvsnl.DeleteService(s.Service.Key)))
		seen++
	}
	require.Less(t, seen, n)
	rest, err := c.Services(t.Context())
	require.NoError(t, err)
	require.Len(t, rest, n-seen)
}

// changesKey returns the key of the first service that changes add, or that of s.
func changesKey(changes []ipvsnl.Change, s ipvsnl.Service) ipvsnl.ServiceKey {
	if len(changes) > 0 {
		return changes[0].Service.Key
	}
	return s.Key
}

// TestClose has a read that waits, and then one after the end.
func TestClose(t *testing.T) {
	conn, err := ipvsnltest.New().Dial()
	require.NoError(t, err)
	failed := make(chan error)
	go func() {
		_, err := conn.Read(make([]byte, 1))
		failed <- err
	}()
	require.NoError(t, conn.Close())
	require.ErrorIs(t, <-failed, fs.ErrClosed)
	_, err = conn.Write(nil)
	require.ErrorIs(t, err, fs.ErrClosed)
}

// TestConcurrent has clients at work at the same time.
func TestConcurrent(t *testing.T) {
	d := ipvsnltest.New()
	done := make(chan error)
	const clients = 8
	for i := range clients {
		c := open(t, d)
		go func() { done <- work(t.Context(), c, uint32(i+1)) }()
	}
	for range clients {
		require.NoError(t, <-done)
	}
}

func work(ctx context.Context, c *ipvsnl.Client, mark uint32) error {
	key := ipvsnl.ServiceKey{Mark: mark}
	for range 20 {
		err := c.Apply(ctx,
			ipvsnl.AddService(ipvsnl.Service{Key: key, Scheduler: "rr", Persistence: ipvsnl.Persistence{Timeout: time.Minute}}),
			ipvsnl.AddDestination(key, server),
			ipvsnl.SetWeight(key, server.Addr, 2))
		if err != nil {
			return err
		}
		if all, err := c.Destinations(ctx, key); err != nil || len(all) != 1 || all[0].Destination.Weight != 2 {
			return fmt.Errorf("%v, %w", all, err)
		}
		if err := c.Apply(ctx, ipvsnl.DeleteService(key)); err != nil {
			return err
		}
	}
	return nil
}
