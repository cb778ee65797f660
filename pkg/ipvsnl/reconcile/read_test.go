package reconcile_test

import (
	"context"
	"slices"
	"testing"

	"github.com/mdlayher/netlink"
	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/reconcile"
)

// twice returns items with those from the third on once more, as a listing has them whose pages overlap.
func twice(_ int, items []netlink.Message) []netlink.Message { return append(items, items[2:]...) }

func keysOf(t reconcile.Table) (keys []ipvsnl.ServiceKey) {
	for i := range t {
		keys = append(keys, t[i].Service.ServiceKey)
	}
	return keys
}

func TestRead(t *testing.T) {
	plain, err := reconcile.Read(t.Context(), new(fake).open(t))
	require.NoError(t, err)
	require.Len(t, plain, len(listing("services"))-1)
	for _, e := range plain {
		require.Len(t, e.Destinations, len(listing("destinations"))-1)
	}
	f := fake{services: twice, destinations: twice}
	table, err := reconcile.Read(t.Context(), f.open(t))
	require.NoError(t, err)
	require.Equal(t, plain, table, "nothing is in it twice")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = reconcile.Read(ctx, new(fake).open(t))
	require.ErrorIs(t, err, context.Canceled)
}

func TestReadStable(t *testing.T) {
	// without returns a change of listings in which those of these numbers lack an item.
	without := func(numbers ...int) func(int, []netlink.Message) []netlink.Message {
		return func(n int, items []netlink.Message) []netlink.Message {
			if slices.Contains(numbers, n) {
				return slices.Delete(items, n%2, n%2+1)
			}
			return items
		}
	}
	interrupted := func(numbers ...int) func(int, []netlink.Message) []netlink.Message {
		return func(n int, items []netlink.Message) []netlink.Message {
			if slices.Contains(numbers, n) {
				items[1].Header.Flags |= netlink.DumpInterrupted
			}
			return items
		}
	}
	services := len(listing("services")) - 1
	for _, c := range []struct {
		name     string
		fake     *fake
		readings int
		unstable bool
		lacks    int
	}{
		{name: "at rest", fake: &fake{}, readings: 2},
		{name: "services twice", fake: &fake{services: twice}, readings: 2},
		{name: "a service is missed", fake: &fake{services: without(0)}, readings: 3},
		{name: "and another", fake: &fake{services: without(0, 1)}, readings: 4},
		{name: "a service goes", fake: &fake{services: without(1, 3, 5)}, readings: 5, unstable: true},
		{name: "at the last moment", fake: &fake{services: without(1)}, readings: 4},
		{name: "the kernel notices", fake: &fake{services: interrupted(0, 2)}, readings: 5},
		{name: "the kernel notices each time", fake: &fake{services: interrupted(1, 3)}, readings: 5, unstable: true},
		{name: "a destination is missed", fake: &fake{destinations: without(1)}, readings: 3},
		{name: "the kernel notices that of destinations", fake: &fake{destinations: interrupted(1)}, readings: 3},
		{name: "always another", fake: &fake{services: without(0, 1, 2, 3, 4)}, readings: 5, unstable: true, lacks: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			table, stable, err := reconcile.ReadStable(t.Context(), c.fake.open(t))
			require.NoError(t, err)
			require.Equal(t, !c.unstable, stable)
			require.Len(t, table, services-c.lacks)
			require.Equal(t, c.readings, c.fake.listed[getService])
		})
	}
}

// TestReadStableCounters has counters go up between readings, which does not make these differ.
func TestReadStableCounters(t *testing.T) {
	f := fake{services: counting, destinations: counting}
	c := f.open(t)
	_, stable, err := reconcile.ReadStable(t.Context(), c)
	require.NoError(t, err)
	require.True(t, stable)
	require.Equal(t, 2, f.listed[getService])
	first, err := reconcile.Read(t.Context(), c)
	require.NoError(t, err)
	second, err := reconcile.Read(t.Context(), c)
	require.NoError(t, err)
	require.NotEqual(t, first, second, "counters have gone up")
}

// counting returns items with counters that have gone up, which come last.
func counting(n int, items []netlink.Message) []netlink.Message {
	for i := range items {
		data := items[i].Data
		data[len(data)-8] = byte(n)
		data[len(data)-1] = byte(n)
	}
	return items
}

// TestReadStableOf reads some services only.
func TestReadStableOf(t *testing.T) {
	all, err := reconcile.Read(t.Context(), new(fake).open(t))
	require.NoError(t, err)
	var f fake
	keys := keysOf(all[1:3])
	table, stable, err := reconcile.ReadStable(t.Context(), f.open(t), keys...)
	require.NoError(t, err)
	require.True(t, stable)
	require.Equal(t, all[1:3], table)
	require.Zero(t, f.listed[getService])
	require.Equal(t, 4, f.listed[getDest])

	_, _, err = reconcile.ReadStable(t.Context(), f.open(t), keys[0], ipvsnl.MarkKey(99, ipvsnl.IPv4))
	require.ErrorIs(t, err, ipvsnl.ErrServiceNotFound)
}
