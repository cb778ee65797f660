// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"context"
	"errors"
	"io/fs"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/reconcile"
)

// A deletion that the kernel refuses has failed: another plan would not help.
func TestApplyToRefused(t *testing.T) {
	d := newDirector(t, three)
	current := read(t, d)
	changes := plan(t, current, current[1:])
	refuse(d, map[string]int{changes[0].String(): 1})
	err := reconcile.ApplyTo(t.Context(), open(t, d), current, changes)
	require.ErrorIs(t, err, fs.ErrPermission)
	require.ErrorAs(t, err, new(*ipvsnl.ApplyError))
	require.False(t, errors.As(err, new(*reconcile.OutdatedError)))
}

// Another program changes the table after it was read, before what is to be edited is
// read again or after that.
func TestApplyTo(t *testing.T) {
	one, two := three[0].Service.Key, three[1].Service.Key
	at := server(1, 1).Addr
	edit := ipvsnl.SetService(mark(1, "mh").Service)
	add := ipvsnl.AddService(mark(9, "rr").Service)
	addTo := ipvsnl.AddDestination(one, server(9, 1))
	weigh := ipvsnl.SetWeight(one, at, 5)

	// What is wanted of a table like three. All but the last happens to the first service.
	editIt := func(t reconcile.Table) reconcile.Table { t[0].Service.Scheduler = "sed"; return t }
	dropIt := func(t reconcile.Table) reconcile.Table { return t[1:] }
	addToIt := func(t reconcile.Table) reconcile.Table {
		t[0].Destinations = append(t[0].Destinations, server(9, 7))
		return t
	}
	weighIt := func(t reconcile.Table) reconcile.Table { t[0].Destinations[0].Weight = 7; return t }
	drainIt := func(t reconcile.Table) reconcile.Table { t[0].Destinations[0].Weight = 0; return t }
	dropOf := func(t reconcile.Table) reconcile.Table { t[0].Destinations = t[0].Destinations[1:]; return t }
	addOne := func(t reconcile.Table) reconcile.Table { return append(t, mark(9, "rr")) }

	for _, c := range []struct {
		name   string
		wanted func(reconcile.Table) reconcile.Table
		other  []ipvsnl.Change // by another program, before
		late   []ipvsnl.Change // and after
		left   ipvsnl.Op       // of the change that does not fit, 0 if all fit
		why    error           // the kernel's reason, nil if nothing is sent
	}{
		{name: "nothing else changes anything", wanted: editIt},
		{name: "a service to edit differs", wanted: editIt, other: []ipvsnl.Change{edit}, left: ipvsnl.OpSetService},
		{name: "a service to edit has gone", wanted: editIt, other: []ipvsnl.Change{ipvsnl.DeleteService(one)}, left: ipvsnl.OpSetService},
		{name: "a service to edit goes late", wanted: editIt, late: []ipvsnl.Change{ipvsnl.DeleteService(one)}, left: ipvsnl.OpSetService, why: ipvsnl.ErrServiceNotFound},
		{name: "a service to edit has other destinations", wanted: editIt, other: []ipvsnl.Change{addTo, weigh}},

		{name: "a destination to edit", wanted: weighIt},
		{name: "a destination to edit differs", wanted: weighIt, other: []ipvsnl.Change{weigh}, left: ipvsnl.OpSetDestination},
		{name: "a destination to edit has gone", wanted: weighIt, other: []ipvsnl.Change{ipvsnl.DeleteDestination(one, at)}, left: ipvsnl.OpSetDestination},
		{name: "its service has gone", wanted: weighIt, other: []ipvsnl.Change{ipvsnl.DeleteService(one)}, left: ipvsnl.OpSetDestination},
		{name: "a destination to edit goes late", wanted: weighIt, late: []ipvsnl.Change{ipvsnl.DeleteDestination(one, at)}, left: ipvsnl.OpSetDestination, why: ipvsnl.ErrDestinationNotFound},
		{name: "its service goes late", wanted: weighIt, late: []ipvsnl.Change{ipvsnl.DeleteService(one)}, left: ipvsnl.OpSetDestination, why: ipvsnl.ErrServiceNotFound},
		{name: "its service differs", wanted: weighIt, other: []ipvsnl.Change{edit, addTo}},
		{name: "a destination to drain differs", wanted: drainIt, other: []ipvsnl.Change{weigh}, left: ipvsnl.OpSetDestination},
		{name: "a destination to drain goes late", wanted: drainIt, late: []ipvsnl.Change{ipvsnl.DeleteDestination(one, at)}, left: ipvsnl.OpSetDestination, why: ipvsnl.ErrDestinationNotFound},

		{name: "a service to delete", wanted: dropIt},
		{name: "a service to delete differs", wanted: dropIt, other: []ipvsnl.Change{edit}, left: ipvsnl.OpDeleteService},
		{name: "a service to delete has one more destination", wanted: dropIt, other: []ipvsnl.Change{addTo}, left: ipvsnl.OpDeleteService},
		{name: "a service to delete has another destination", wanted: dropIt, other: []ipvsnl.Change{addTo, ipvsnl.DeleteDestination(one, at)}, left: ipvsnl.OpDeleteService},
		{name: "a service to delete has a heavier destination", wanted: dropIt, other: []ipvsnl.Change{weigh}, left: ipvsnl.OpDeleteService},
		{name: "a service to delete has them in another order", wanted: dropIt,
			other: []ipvsnl.Change{ipvsnl.DeleteDestination(one, at), ipvsnl.AddDestination(one, server(1, 1))}},
		{name: "a service to delete has gone", wanted: dropIt, other: []ipvsnl.Change{ipvsnl.DeleteService(one)}},
		{name: "a service to delete goes late", wanted: dropIt, late: []ipvsnl.Change{ipvsnl.DeleteService(one)}},

		{name: "a destination to delete", wanted: dropOf},
		{name: "a destination to delete differs", wanted: dropOf, other: []ipvsnl.Change{weigh}, left: ipvsnl.OpDeleteDestination},
		{name: "a destination to delete has gone", wanted: dropOf, other: []ipvsnl.Change{ipvsnl.DeleteDestination(one, at)}},
		{name: "a destination to delete has gone with its service", wanted: dropOf, other: []ipvsnl.Change{ipvsnl.DeleteService(one)}},
		{name: "a destination to delete goes late", wanted: dropOf, late: []ipvsnl.Change{ipvsnl.DeleteDestination(one, at)}},

		{name: "a new service", wanted: addOne},
		{name: "a new service has come", wanted: addOne, other: []ipvsnl.Change{add}, left: ipvsnl.OpAddService, why: ipvsnl.ErrServiceExists},
		{name: "a new destination", wanted: addToIt},
		{name: "a new destination has come", wanted: addToIt, other: []ipvsnl.Change{addTo}, left: ipvsnl.OpAddDestination, why: ipvsnl.ErrDestinationExists},
		{name: "the service of a new destination has gone", wanted: addToIt, other: []ipvsnl.Change{ipvsnl.DeleteService(one)}, left: ipvsnl.OpAddDestination, why: ipvsnl.ErrServiceNotFound},

		{name: "what nobody edits differs", wanted: addOne, other: []ipvsnl.Change{edit, ipvsnl.DeleteService(two)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDirector(t, three)
			other, mine := open(t, d), open(t, d)
			current := read(t, d)
			changes := plan(t, current, c.wanted(clone(current)))
			require.Len(t, changes, 1)
			require.NoError(t, other.Apply(t.Context(), c.other...))
			mine.before = func(int) { require.NoError(t, other.Apply(t.Context(), c.late...)) }
			differs := read(t, d)

			err := reconcile.ApplyTo(t.Context(), mine, current, changes)
			require.Zero(t, mine.listed, "only what is to be edited is read again")
			require.LessOrEqual(t, mine.asked, 1)
			if c.left == 0 {
				require.NoError(t, err)
				require.Equal(t, []int{1}, mine.sends)
				return
			}
			var outdated *reconcile.OutdatedError
			require.ErrorAs(t, err, &outdated)
			require.Equal(t, c.left, outdated.Change.Op)
			require.Equal(t, changes[0], outdated.Change)
			require.False(t, errors.As(err, new(*ipvsnl.ApplyError)), "it did not fail")
			if c.why == nil {
				require.NoError(t, outdated.Err)
				require.EqualError(t, err, changes[0].String()+": it has changed since it was read")
				require.Empty(t, mine.sends)
				requireTable(t, differs, read(t, d))
				return
			}
			require.ErrorIs(t, err, c.why)
			require.EqualError(t, err, "the table has changed since it was read: "+outdated.Err.Error())
			require.Equal(t, []int{1}, mine.sends)
		})
	}
}

// Of changes that do not fit, the first is reported; those before it stay made, those
// sent later are not made.
func TestApplyToLater(t *testing.T) {
	d := newDirector(t, three)
	other, mine := open(t, d), open(t, d)
	current := read(t, d)
	wanted := append(clone(current)[2:], mark(8, "rr"), mark(9, "rr"))
	changes := plan(t, current, wanted)
	require.Equal(t, []string{"add service mark 8 IPv4 rr", "add service mark 9 IPv4 rr", "delete service mark 1 IPv4", "delete service mark 2 IPv4"}, texts(changes))
	mine.before = func(int) {
		require.NoError(t, other.Apply(t.Context(), ipvsnl.AddDestination(three[1].Service.Key, server(9, 1))))
	}
	err := reconcile.ApplyTo(t.Context(), mine, current, changes)
	require.Equal(t, &reconcile.OutdatedError{Change: changes[3]}, err)
	require.Equal(t, []int{2}, mine.sends)
	require.Equal(t, 2, mine.asked)
}

// Both of two changes of one datagram fail for being outdated: the first is reported.
func TestApplyToFirst(t *testing.T) {
	d := newDirector(t, three)
	other, mine := open(t, d), open(t, d)
	current := read(t, d)
	changes := plan(t, current, append(clone(current), mark(8, "rr", server(1, 1)), mark(9, "rr"), mark(10, "nosuch")))
	require.NoError(t, other.Apply(t.Context(), ipvsnl.AddService(mark(8, "sh").Service), ipvsnl.AddService(mark(9, "sh").Service)))
	err := reconcile.ApplyTo(t.Context(), mine, current, changes)
	var outdated *reconcile.OutdatedError
	require.ErrorAs(t, err, &outdated)
	require.Equal(t, changes[0], outdated.Change)
	var e *ipvsnl.ApplyError
	require.ErrorAs(t, err, &e, "another failed for itself")
	require.Len(t, e.Failures, 1)
	require.Equal(t, 3, e.Failures[0].Index)
	require.NotErrorIs(t, err, reconcile.ErrKept)
}

// A service that differs in several changes is read again once for those sent together.
func TestApplyToReadsOnce(t *testing.T) {
	d := newDirector(t, three)
	mine := open(t, d)
	current := read(t, d)
	wanted := clone(current)
	wanted[0].Service.Scheduler = "mh"
	wanted[0].Destinations[0].Weight, wanted[0].Destinations[1].Weight = 8, 9
	wanted[0].Destinations[2].Weight = 0
	wanted[1].Destinations = append(wanted[1].Destinations, server(9, 1))
	require.NoError(t, reconcile.ApplyTo(t.Context(), mine, current, plan(t, current, wanted)))
	require.Equal(t, []int{4, 1}, mine.sends)
	require.Equal(t, 2, mine.asked)
	require.Equal(t, 2, mine.listedOf)
	requireTable(t, wanted, read(t, d))
}

// If what is to be edited cannot be read again, nothing of it is sent.
func TestApplyToUnread(t *testing.T) {
	d := newDirector(t, three)
	current := read(t, d)
	wanted := append(clone(current)[1:], mark(9, "rr"))

	mine := open(t, d)
	mine.destinations = ending[ipvsnl.DestinationState](errBroken, 0)
	changes := plan(t, current, wanted)
	err := reconcile.ApplyTo(t.Context(), mine, current, changes)
	var e *ipvsnl.ApplyError
	require.ErrorAs(t, err, &e)
	require.Equal(t, &ipvsnl.ApplyError{InDoubt: 1, Doubted: changes[1], Err: errBroken}, e)
	require.Equal(t, []int{1}, mine.sends)

	mine = open(t, d)
	mine.destinations = ending[ipvsnl.DestinationState](errBroken, 0)
	require.Equal(t, errBroken, reconcile.ApplyTo(t.Context(), mine, current, changes[1:]))
	require.Empty(t, mine.sends)

	// The reading of a context that has ended names what it is about.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err = reconcile.ApplyTo(ctx, open(t, d), current, changes[1:])
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorContains(t, err, "get service mark 1 IPv4")
}

// A listing that the kernel says has changed counts by what it has.
func TestApplyToChanged(t *testing.T) {
	d := newDirector(t, three)
	current := read(t, d)
	mine := open(t, d)
	mine.destinations = ending[ipvsnl.DestinationState](ipvsnl.ErrChanged, 0)
	require.NoError(t, reconcile.ApplyTo(t.Context(), mine, current, plan(t, current, three[1:])))
	requireTable(t, three[1:], read(t, d))
}

// If the outcome is in doubt, it does not matter what is outdated: another plan would not
// help.
func TestApplyToInDoubt(t *testing.T) {
	d := newDirector(t, three)
	changes := []ipvsnl.Change{ipvsnl.AddService(mark(1, "rr").Service), ipvsnl.AddService(mark(9, "rr").Service)}
	mine := doubtful{client: open(t, d)}
	mine.err = &ipvsnl.ApplyError{
		Failures: []ipvsnl.Failure{{Index: 0, Change: changes[0], Err: ipvsnl.ErrServiceExists}},
		InDoubt:  1, Doubted: changes[1], Err: fs.ErrClosed,
	}
	err := reconcile.ApplyTo(t.Context(), mine, three, changes)
	require.Equal(t, &ipvsnl.ApplyError{InDoubt: 1, Doubted: changes[1], Err: fs.ErrClosed}, err)
}

// A doubtful makes no changes, and returns an error.
type doubtful struct {
	*client
	err error
}

func (d doubtful) Apply(context.Context, ...ipvsnl.Change) error { return d.err }
