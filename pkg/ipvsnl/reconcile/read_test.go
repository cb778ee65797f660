// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/ipvsnltest"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/reconcile"
)

// three is a table of three services that have three destinations each.
var three = reconcile.Table{
	mark(1, "rr", server(1, 1), server(2, 1), server(3, 1)),
	mark(2, "sh", server(1, 1), server(2, 1), server(3, 1)),
	{Service: fullService, Destinations: []ipvsnl.Destination{fullDestination, server(1, 1), server(2, 0)}},
}

// errBroken breaks a listing off.
var errBroken = errors.New("broken")

// twice returns a listing with all but the first once more, as one has them whose parts
// overlap.
func twice[T any](_ int, all []T) ([]T, error) { return append(all, all[1:]...), nil }

// without returns a change of listings in which those of these numbers lack an item.
func without[T any](numbers ...int) func(int, []T) ([]T, error) {
	return func(n int, all []T) ([]T, error) {
		if slices.Contains(numbers, n) {
			return slices.Delete(all, n%2, n%2+1), nil
		}
		return all, nil
	}
}

// ending returns a change of listings in which those of these numbers end with err.
func ending[T any](err error, numbers ...int) func(int, []T) ([]T, error) {
	return func(n int, all []T) ([]T, error) {
		if slices.Contains(numbers, n) {
			return all, err
		}
		return all, nil
	}
}

// reversed returns every second listing in the opposite order.
func reversed[T any](n int, all []T) ([]T, error) {
	if n%2 == 1 {
		slices.Reverse(all)
	}
	return all, nil
}

func TestRead(t *testing.T) {
	c := open(t, newDirector(t, three))
	table, err := reconcile.Read(t.Context(), c)
	require.NoError(t, err)
	requireTable(t, three, table)

	c.services, c.destinations = twice, twice
	table, err = reconcile.Read(t.Context(), c)
	require.NoError(t, err)
	requireTable(t, three, table, "nothing is in it twice")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = reconcile.Read(ctx, c)
	require.ErrorIs(t, err, context.Canceled)
}

func TestReadEmpty(t *testing.T) {
	c := open(t, ipvsnltest.New())
	table, stable, err := reconcile.ReadStable(t.Context(), c)
	require.NoError(t, err)
	require.True(t, stable)
	require.Empty(t, table)
	require.Equal(t, 2, c.listed)
}

// Each service of a large table, which several readers share, has its own destinations.
func TestReadLarge(t *testing.T) {
	var large reconcile.Table
	for n := range uint32(500) {
		large = append(large, mark(n+1, "rr", server(byte(n), n), server(byte(n+1), n)))
	}
	c := open(t, newDirector(t, large))
	table, err := reconcile.Read(t.Context(), c)
	require.NoError(t, err)
	requireTable(t, large, table)
	for _, e := range table {
		require.Equal(t, len(e.Destinations), cap(e.Destinations), "no more memory than needed")
	}

	c.destinations, c.listedOf = ending[ipvsnl.DestinationState](ipvsnl.ErrChanged, 499), 0
	table, err = reconcile.Read(t.Context(), c)
	require.ErrorIs(t, err, ipvsnl.ErrChanged)
	requireTable(t, large, table)

	c.destinations, c.listedOf = ending[ipvsnl.DestinationState](errBroken, 250), 0
	table, err = reconcile.Read(t.Context(), c)
	require.ErrorIs(t, err, errBroken)
	require.Nil(t, table)
	require.Less(t, c.listedOf, 500, "the other reader ends")
}

// A crowd has something happen in each listing of destinations.
type crowd struct {
	*client
	inside func()
}

func (c crowd) EachDestination(ctx context.Context, key ipvsnl.ServiceKey) iter.Seq2[ipvsnl.DestinationState, error] {
	c.inside()
	return c.client.EachDestination(ctx, key)
}

// Two readers share a table, and no more, as each takes a socket.
func TestReadAtOnce(t *testing.T) {
	var table reconcile.Table
	for n := range uint32(500) {
		table = append(table, mark(n+1, "rr"))
	}
	var running atomic.Int32
	two := make(chan struct{})
	meet := sync.OnceFunc(func() {
		time.Sleep(10 * time.Millisecond) // others may come now
		close(two)
	})
	_, err := reconcile.Read(t.Context(), crowd{open(t, newDirector(t, table)), func() {
		n := running.Add(1)
		defer running.Add(-1)
		if n == 2 {
			meet()
		}
		if n > 2 {
			t.Errorf("%d listings at once", n)
		}
		<-two
	}})
	require.NoError(t, err)
}

// A table that changed while it was listed is returned with the error that says so.
func TestReadChanged(t *testing.T) {
	first := &ipvsnl.Error{Op: ipvsnl.OpServices, Err: ipvsnl.ErrChanged}
	second := &ipvsnl.Error{Op: ipvsnl.OpDestinations, Err: ipvsnl.ErrChanged}
	c := open(t, newDirector(t, three))
	for _, test := range []struct {
		services, destinations error
		want                   error
	}{
		{services: first, want: first},
		{destinations: second, want: second},
		{services: first, destinations: second, want: first},
	} {
		c.listed, c.listedOf = 0, 0
		c.services = ending[ipvsnl.ServiceState](test.services, 0)
		c.destinations = ending[ipvsnl.DestinationState](test.destinations, 0)
		table, err := reconcile.Read(t.Context(), c)
		require.Same(t, test.want, err)
		requireTable(t, three, table)
	}
}

// What the client itself changes while it reads is noticed.
func TestReadOwnChange(t *testing.T) {
	c := open(t, newDirector(t, three))
	c.destinations = func(n int, all []ipvsnl.DestinationState) ([]ipvsnl.DestinationState, error) { return all, nil }
	scope := reconcile.Within(func(ipvsnl.ServiceKey) bool {
		require.NoError(t, c.Client.Apply(t.Context(), ipvsnl.PutService(mark(9, "rr").Service)))
		return true
	})
	table, err := reconcile.Read(t.Context(), c, scope)
	require.ErrorIs(t, err, ipvsnl.ErrChanged)
	requireTable(t, three[:1], table)
}

func TestReadBroken(t *testing.T) {
	for _, c := range []*client{
		{services: ending[ipvsnl.ServiceState](errBroken, 0)},
		{destinations: ending[ipvsnl.DestinationState](errBroken, 1)},
	} {
		c.Client = open(t, newDirector(t, three)).Client
		table, err := reconcile.Read(t.Context(), c)
		require.Equal(t, errBroken, err)
		require.Nil(t, table)

		c.listed, c.listedOf = 0, 0
		table, stable, err := reconcile.ReadStable(t.Context(), c)
		require.Equal(t, errBroken, err)
		require.Nil(t, table)
		require.False(t, stable)
	}
}

func TestReadStable(t *testing.T) {
	type services = ipvsnl.ServiceState
	type destinations = ipvsnl.DestinationState
	for _, c := range []struct {
		name     string
		client   *client
		readings int
		unstable bool
		lacks    int
	}{
		{name: "at rest", client: &client{}, readings: 2},
		{name: "in another order", client: &client{services: reversed[services], destinations: reversed[destinations]}, readings: 2},
		{name: "services twice", client: &client{services: twice[services]}, readings: 2},
		{name: "a service is missed", client: &client{services: without[services](0)}, readings: 3},
		{name: "and another", client: &client{services: without[services](0, 1)}, readings: 4},
		{name: "a service goes", client: &client{services: without[services](1, 3, 5)}, readings: 5, unstable: true},
		{name: "at the last moment", client: &client{services: without[services](1)}, readings: 4},
		{name: "only the last two agree", client: &client{services: without[services](0, 1, 2)}, readings: 5},
		{name: "the kernel notices", client: &client{services: ending[services](ipvsnl.ErrChanged, 0, 2)}, readings: 5},
		{name: "the kernel notices each time", client: &client{services: ending[services](ipvsnl.ErrChanged, 1, 3)}, readings: 5, unstable: true},
		{name: "a destination is missed", client: &client{destinations: without[destinations](1)}, readings: 3},
		{name: "the kernel notices that of destinations", client: &client{destinations: ending[destinations](ipvsnl.ErrChanged, 1)}, readings: 3},
		{name: "always another", client: &client{services: without[services](0, 1, 2, 3, 4)}, readings: 5, unstable: true, lacks: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.client.Client = open(t, newDirector(t, three)).Client
			table, stable, err := reconcile.ReadStable(t.Context(), c.client)
			require.NoError(t, err)
			require.Equal(t, !c.unstable, stable)
			require.Len(t, table, len(three)-c.lacks)
			require.Equal(t, c.readings, c.client.listed)
		})
	}
}

// Two readings differ in anything that is configured, and in nothing else.
func TestReadStableDiffers(t *testing.T) {
	key := three[0].Service.Key
	heavier := func(weight uint32) ipvsnl.Change { return ipvsnl.SetWeight(key, three[0].Destinations[2].Addr, weight) }
	for _, c := range []struct {
		name     string
		meddle   func(t *testing.T, d *ipvsnltest.Director, other *client)
		readings int
	}{
		{"a scheduler", func(t *testing.T, _ *ipvsnltest.Director, other *client) {
			require.NoError(t, other.Apply(t.Context(), ipvsnl.SetService(mark(1, "mh").Service)))
		}, 3},
		{"a weight", func(t *testing.T, _ *ipvsnltest.Director, other *client) {
			require.NoError(t, other.Apply(t.Context(), heavier(9)))
		}, 3},
		{"one destination for another", func(t *testing.T, _ *ipvsnltest.Director, other *client) {
			require.NoError(t, other.Apply(t.Context(), ipvsnl.DeleteDestination(key, server(3, 1).Addr), ipvsnl.AddDestination(key, server(4, 1))))
		}, 3},
		{"another destination", func(t *testing.T, _ *ipvsnltest.Director, other *client) {
			require.NoError(t, other.Apply(t.Context(), ipvsnl.AddDestination(key, server(4, 1))))
		}, 3},
		{"one service for another", func(t *testing.T, _ *ipvsnltest.Director, other *client) {
			require.NoError(t, other.Apply(t.Context(), ipvsnl.DeleteService(key), ipvsnl.AddService(mark(9, "rr").Service)))
		}, 3},
		{"counters", func(t *testing.T, d *ipvsnltest.Director, _ *client) {
			require.True(t, d.SetService(key, func(s *ipvsnl.ServiceState) { s.Stats.InPkts = 7 }))
			require.True(t, d.SetDestination(key, three[0].Destinations[0].Addr, func(s *ipvsnl.DestinationState) {
				s.ActiveConns, s.InactiveConns, s.PersistentConns, s.Stats.InPkts = 1, 2, 3, 4
			}))
		}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDirector(t, three)
			r, other := open(t, d), open(t, d)
			r.services = func(n int, all []ipvsnl.ServiceState) ([]ipvsnl.ServiceState, error) {
				if n == 1 { // the second reading
					c.meddle(t, d, other)
					all, err := other.Services(t.Context())
					require.NoError(t, err)
					return all, nil
				}
				return all, nil
			}
			table, stable, err := reconcile.ReadStable(t.Context(), r)
			require.NoError(t, err)
			require.True(t, stable)
			require.Equal(t, c.readings, r.listed)
			requireTable(t, read(t, d), table)
		})
	}
}

// What a scope leaves out need not be stable, and what it names need not exist.
func TestReadStableOnly(t *testing.T) {
	c := open(t, newDirector(t, three))
	keys := []ipvsnl.ServiceKey{three[2].Service.Key, {Mark: 9}, three[0].Service.Key}
	table, stable, err := reconcile.ReadStable(t.Context(), c, reconcile.Only(keys...))
	require.NoError(t, err)
	require.True(t, stable)
	requireTable(t, reconcile.Table{three[2], three[0]}, table, "in the order of the keys")
	require.Zero(t, c.listed)
	require.Equal(t, 6, c.asked)
	require.Equal(t, 4, c.listedOf)
}
