package reconcile_test

import (
	"net/netip"
	"slices"
	"syscall"
	"testing"

	"github.com/mdlayher/netlink"
	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/reconcile"
)

// TestApplyTo applies changes to a table that differs from what they were planned from.
func TestApplyTo(t *testing.T) {
	read, err := reconcile.Read(t.Context(), new(fake).open(t))
	require.NoError(t, err)
	first := &read[0]
	for _, c := range []struct {
		name    string
		wanted  func(*reconcile.Table) // how the wanted table differs from the one that was read; nil if it is the kernel's
		other   func(*reconcile.Table) // how the one that was read differs from the kernel's
		gone    bool                   // the first service has gone since
		refuses syscall.Errno          // of the first change
		sends   []int
		left    ipvsnl.Op // of the change that does not fit
	}{
		{name: "nothing else changes anything", wanted: edit, sends: []int{1}},
		{name: "a service to edit differs", wanted: edit, other: edit, left: ipvsnl.OpSetService},
		{name: "a service to edit has gone", wanted: edit, gone: true, left: ipvsnl.OpSetService},
		{name: "a service goes at that moment", wanted: edit, refuses: syscall.ESRCH, sends: []int{1}, left: ipvsnl.OpSetService},
		{name: "a destination to edit differs", wanted: weigh, other: weigh, left: ipvsnl.OpSetDestination},
		{name: "a destination to edit has gone", wanted: weighNew, other: addDestination, left: ipvsnl.OpSetDestination},
		{name: "a destination goes at that moment", wanted: weigh, refuses: syscall.ENOENT, sends: []int{1}, left: ipvsnl.OpSetDestination},
		{name: "a service to delete", wanted: drop, sends: []int{1}},
		{name: "a service to delete differs", wanted: drop, other: edit, left: ipvsnl.OpDeleteService},
		{name: "a service to delete has another destination", wanted: drop, other: dropDestination, left: ipvsnl.OpDeleteService},
		{name: "a service to delete has gone", wanted: drop, gone: true, refuses: syscall.ESRCH, sends: []int{1}},
		{name: "a destination to delete", wanted: dropDestination, sends: []int{1}},
		{name: "a destination to delete differs", wanted: dropDestination, other: weigh, left: ipvsnl.OpDeleteDestination},
		{name: "a destination to delete has gone", wanted: nil, other: addDestination, refuses: syscall.ENOENT, sends: []int{1}},
		{name: "a new service", wanted: addService, sends: []int{1}},
		{name: "a new service has come", wanted: addService, refuses: syscall.EEXIST, sends: []int{1}, left: ipvsnl.OpAddService},
		{name: "a new destination has come", wanted: addDestination, refuses: syscall.EEXIST, sends: []int{1}, left: ipvsnl.OpAddDestination},
		{name: "the service of a new destination goes", wanted: addDestination, refuses: syscall.ESRCH, sends: []int{1}, left: ipvsnl.OpAddDestination},
		{name: "what nobody edits may differ", wanted: addService, other: edit, sends: []int{1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := fake{refuses: map[int]syscall.Errno{0: c.refuses}}
			if c.gone {
				f.services = func(_ int, items []netlink.Message) []netlink.Message { return items[1:] }
			}
			current, wanted := clone(read), clone(read)
			if c.other != nil {
				c.other(&current)
				wanted = clone(current)
			}
			if c.wanted != nil {
				c.wanted(&wanted)
			} else {
				wanted = clone(read)
			}
			all, err := reconcile.Plan(current, wanted)
			require.NoError(t, err)
			require.Len(t, all, 1)
			err = reconcile.ApplyTo(t.Context(), f.open(t), current, all)
			require.Equal(t, c.sends, f.sends)
			var outdated *reconcile.OutdatedError
			if c.left == 0 {
				require.NoError(t, err)
				return
			}
			require.ErrorAs(t, err, &outdated)
			require.Equal(t, c.left, outdated.Change.Op)
			require.Contains(t, err.Error(), "changed since it was read")
			if c.sends != nil {
				require.ErrorIs(t, err, c.refuses)
			}
			if c.left != ipvsnl.OpAddService {
				require.Equal(t, first.Service.ServiceKey, outdated.Change.Service.ServiceKey)
			}
		})
	}
}

// TestApplyToLater finds that something has changed while earlier changes were made: what was to be deleted stays.
func TestApplyToLater(t *testing.T) {
	f := fake{destinations: func(n int, items []netlink.Message) []netlink.Message {
		if n >= len(listing("services"))-1 {
			return items[1:] // once the whole table has been read
		}
		return items
	}}
	c := f.open(t)
	current, err := reconcile.Read(t.Context(), c)
	require.NoError(t, err)
	wanted := clone(current)
	addService(&wanted)
	drop(&wanted)
	all, err := reconcile.Plan(current, wanted)
	require.NoError(t, err)
	err = reconcile.ApplyTo(t.Context(), c, current, all)
	var outdated *reconcile.OutdatedError
	require.ErrorAs(t, err, &outdated)
	require.Equal(t, ipvsnl.OpDeleteService, outdated.Change.Op)
	require.Equal(t, []int{1}, f.sends)
}

func clone(t reconcile.Table) reconcile.Table {
	t = slices.Clone(t)
	for i := range t {
		t[i].Destinations = slices.Clone(t[i].Destinations)
	}
	return t
}

// What may happen to a table; all but addService happens to the first service.

func edit(t *reconcile.Table)  { (*t)[0].Service.Scheduler += "x" }
func drop(t *reconcile.Table)  { *t = (*t)[1:] }
func weigh(t *reconcile.Table) { (*t)[0].Destinations[0].Weight += 5 }

func addService(t *reconcile.Table) {
	*t = append(*t, reconcile.Entry{Service: ipvsnl.Service{ServiceKey: ipvsnl.MarkKey(99, ipvsnl.IPv4), Scheduler: "rr"}})
}

func addDestination(t *reconcile.Table) {
	d := (*t)[0].Destinations[0]
	d.Addr = netip.MustParseAddrPort("203.0.113.99:99")
	(*t)[0].Destinations = append((*t)[0].Destinations, d)
}

func weighNew(t *reconcile.Table) {
	d := (*t)[0].Destinations
	d[len(d)-1].Weight += 5
}

func dropDestination(t *reconcile.Table) { (*t)[0].Destinations = (*t)[0].Destinations[1:] }
