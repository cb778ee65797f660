// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/ipvsnltest"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/reconcile"
)

// Error numbers of Linux.
const (
	eperm  = 1
	enoent = 2
	esrch  = 3
	eexist = 17
)

const keptText = "some changes failed, so nothing was deleted or drained"

func TestApply(t *testing.T) {
	before := reconcile.Table{mark(1, "wlc", server(1, 1)), mark(2, "wlc")}
	after := reconcile.Table{mark(1, "rr"), mark(3, "rr", server(1, 1), server(2, 1)), mark(4, "rr")}
	withdrawals := []ipvsnl.Change{
		ipvsnl.DeleteDestination(ipvsnl.ServiceKey{Mark: 1}, server(1, 1).Addr),
		ipvsnl.DeleteService(ipvsnl.ServiceKey{Mark: 2}),
	}
	for _, c := range []struct {
		name     string
		refuses  map[string]int
		sends    []int
		failures []int // the indices of the changes that failed
		err      string
		is       []error
		isNot    []error
		kept     bool
	}{
		{name: "all is well", sends: []int{5, 2}},
		{
			name:     "a service is refused, and so are its destinations",
			refuses:  map[string]int{"add service mark 3 IPv4": enoent},
			sends:    []int{5},
			failures: []int{0},
			err:      "ipvs: add service mark 3 IPv4: scheduler or persistence engine not found\n" + keptText,
			is:       []error{ipvsnl.ErrSchedulerNotFound, syscall.ENOENT},
			isNot:    []error{ipvsnl.ErrServiceNotFound},
			kept:     true,
		},
		{
			name: "a service is refused, and its destinations are for another reason",
			refuses: map[string]int{
				"add service mark 3 IPv4":                   enoent,
				"add destination 10.0.0.2:0 of mark 3 IPv4": eperm,
			},
			sends:    []int{5},
			failures: []int{0, 2},
			err: "ipvs: add service mark 3 IPv4: scheduler or persistence engine not found\n" +
				"ipvs: add destination 10.0.0.2:0 of mark 3 IPv4: operation not permitted\n" + keptText,
			is:    []error{fs.ErrPermission},
			isNot: []error{ipvsnl.ErrServiceNotFound},
			kept:  true,
		},
		{
			name: "others",
			refuses: map[string]int{
				"add destination 10.0.0.2:0 of mark 3 IPv4": eexist,
				"set service mark 1 IPv4":                   esrch,
			},
			sends:    []int{5},
			failures: []int{2, 4},
			err: "ipvs: add destination 10.0.0.2:0 of mark 3 IPv4: destination already exists\n" +
				"ipvs: set service mark 1 IPv4: no such service\n" + keptText,
			is:   []error{ipvsnl.ErrServiceNotFound, ipvsnl.ErrDestinationExists},
			kept: true,
		},
		{
			name:     "a destination lacks its service, which another has deleted",
			refuses:  map[string]int{"add destination 10.0.0.1:0 of mark 3 IPv4": esrch},
			sends:    []int{5},
			failures: []int{1},
			err:      "ipvs: add destination 10.0.0.1:0 of mark 3 IPv4: no such service\n" + keptText,
			kept:     true,
		},
		{
			name:     "a deletion is refused",
			refuses:  map[string]int{"delete destination 10.0.0.1:0 of mark 1 IPv4": eperm},
			sends:    []int{5, 2},
			failures: []int{5},
			err:      "ipvs: delete destination 10.0.0.1:0 of mark 1 IPv4: operation not permitted",
			is:       []error{syscall.EPERM},
		},
		{
			name: "what is to be deleted is gone",
			refuses: map[string]int{
				"delete destination 10.0.0.1:0 of mark 1 IPv4": enoent,
				"delete service mark 2 IPv4":                   esrch,
			},
			sends: []int{5, 2},
		},
		{
			name:    "and its service with it",
			refuses: map[string]int{"delete destination 10.0.0.1:0 of mark 1 IPv4": esrch},
			sends:   []int{5, 2},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDirector(t, before)
			refuse(d, c.refuses)
			client := open(t, d)
			changes := plan(t, before, after)
			err := reconcile.Apply(t.Context(), client, changes)
			require.Equal(t, c.sends, client.sends)
			if c.err == "" {
				require.NoError(t, err)
				return
			}
			require.EqualError(t, err, c.err)
			for _, target := range c.is {
				require.ErrorIs(t, err, target)
			}
			for _, target := range c.isNot {
				require.NotErrorIs(t, err, target)
			}
			var e *ipvsnl.ApplyError
			require.ErrorAs(t, err, &e)
			require.Equal(t, -1, e.InDoubt)
			var indices []int
			for _, f := range e.Failures {
				indices = append(indices, f.Index)
				require.Equal(t, changes[f.Index], f.Change)
			}
			require.Equal(t, c.failures, indices)
			var kept *reconcile.KeptError
			require.Equal(t, c.kept, errors.As(err, &kept))
			require.Equal(t, c.kept, errors.Is(err, reconcile.ErrKept))
			if c.kept {
				require.Equal(t, withdrawals, kept.Changes)
			}
		})
	}
}

// What was there is replaced by what is wanted, and nothing is sent the second time.
func TestApplyAll(t *testing.T) {
	wanted := reconcile.Table{full, mark(1, "wlc", server(3, 0), server(1, 0)), mark(4, "rr")}
	d := newDirector(t, reconcile.Table{mark(2, "rr"), mark(1, "rr", server(1, 1), server(2, 1))})
	c := open(t, d)
	for range 2 {
		require.NoError(t, reconcile.Apply(t.Context(), c, plan(t, read(t, d), wanted)))
	}
	require.Equal(t, []int{6, 3}, c.sends)
	requireTable(t, reconcile.Table{mark(1, "wlc", server(1, 0), server(3, 0)), full, wanted[2]}, read(t, d))
}

// A destination keeps its weight if what was to take its place is missing.
func TestApplyDrain(t *testing.T) {
	before := reconcile.Table{mark(1, "wlc", server(1, 1), server(2, 1))}
	after := reconcile.Table{mark(1, "wlc", server(1, 0), server(3, 1))}
	for _, c := range []struct {
		name    string
		refuses map[string]int
		sends   []int
		kept    bool
	}{
		{"all is well", nil, []int{1, 2}, false},
		{"the new destination is refused", map[string]int{"add destination 10.0.0.3:0 of mark 1 IPv4": eperm}, []int{1}, true},
		{"the drain is refused", map[string]int{"set destination 10.0.0.1:0 of mark 1 IPv4": enoent}, []int{1, 2}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDirector(t, before)
			refuse(d, c.refuses)
			client := open(t, d)
			err := reconcile.Apply(t.Context(), client, plan(t, before, after))
			require.Equal(t, c.refuses != nil, err != nil)
			require.Equal(t, c.kept, errors.Is(err, reconcile.ErrKept))
			require.Equal(t, c.sends, client.sends)
		})
	}
}

// Withdrawals are left out after a failure, wherever they stand.
func TestApplyKeptAmong(t *testing.T) {
	d := newDirector(t, reconcile.Table{mark(1, "rr"), mark(2, "rr"), mark(3, "rr", server(1, 1))})
	c := open(t, d)
	key := func(mark uint32) ipvsnl.ServiceKey { return ipvsnl.ServiceKey{Mark: mark} }
	changes := []ipvsnl.Change{
		ipvsnl.DeleteService(key(9)), // moot
		ipvsnl.SetService(mark(8, "rr").Service),
		ipvsnl.DeleteService(key(1)),
		ipvsnl.AddService(mark(4, "rr").Service),
		ipvsnl.SetDestination(key(3), server(1, 0)),
	}
	err := reconcile.Apply(t.Context(), c, changes)
	var kept *reconcile.KeptError
	require.ErrorAs(t, err, &kept)
	require.Equal(t, []ipvsnl.Change{changes[2], changes[4]}, kept.Changes)
	require.Equal(t, []int{1, 1, 1}, c.sends)
	requireTable(t, reconcile.Table{mark(1, "rr"), mark(2, "rr"), mark(3, "rr", server(1, 1)), mark(4, "rr")}, read(t, d))
}

// A service is sent in one datagram with its destinations, as long as they fit into one.
func TestApplyTogether(t *testing.T) {
	var wanted reconcile.Table
	for i, n := range []int{100, 26, 0, 1, 126, 127, 130} {
		e := mark(uint32(i+1), "rr")
		for j := range n {
			e.Destinations = append(e.Destinations, server(byte(j), 1))
		}
		wanted = append(wanted, e)
	}
	d := ipvsnltest.New()
	var count []int
	c, err := ipvsnl.Open(t.Context(), ipvsnl.WithDial(func() (io.ReadWriteCloser, error) {
		conn, err := d.Dial()
		return datagrams{conn, &count}, err
	}))
	require.NoError(t, err)
	defer c.Close()
	count = nil // without what opening the client takes
	require.NoError(t, reconcile.Apply(t.Context(), c, plan(t, nil, wanted)))
	for i := range count {
		count[i]-- // the request for an acknowledgement
	}
	require.Equal(t, []int{101 + 27, 1 + 2, 127, 128, 128, 3}, count)
	requireTable(t, wanted, read(t, d))
}

// Destinations of services that exist, and edits, are sent as many at a time as fit.
func TestApplyTogetherOthers(t *testing.T) {
	before, after := reconcile.Table{}, reconcile.Table{}
	for i := range uint32(300) {
		before = append(before, mark(i+1, "rr"))
		after = append(after, mark(i+1, "sh", server(1, 1)))
	}
	c := open(t, newDirector(t, before))
	require.NoError(t, reconcile.Apply(t.Context(), c, plan(t, before, after)))
	require.Equal(t, []int{128, 128, 128, 128, 88}, c.sends)
	c.sends = nil
	require.NoError(t, reconcile.Apply(t.Context(), c, plan(t, after, nil)))
	require.Equal(t, []int{128, 128, 44}, c.sends)
}

// A new service is sent with its own destinations only, and destinations of one that exists need not be sent together.
func TestApplyTogetherUnits(t *testing.T) {
	old := mark(1000, "rr")
	var services []reconcile.Entry
	for i := range uint32(100) {
		services = append(services, mark(i+1, "rr"))
	}
	for _, c := range []struct {
		services     []reconcile.Entry
		destinations int
		sends        []int
	}{
		{services, 40, []int{128, 12}},
		{nil, 130, []int{128, 2}},
	} {
		grown := mark(1000, "rr")
		for i := range c.destinations {
			grown.Destinations = append(grown.Destinations, server(byte(i), 1))
		}
		client := open(t, newDirector(t, reconcile.Table{old}))
		changes := plan(t, reconcile.Table{old}, append(slices.Clip(c.services), grown))
		require.NoError(t, reconcile.Apply(t.Context(), client, changes))
		require.Equal(t, c.sends, client.sends)
	}
}

// A deletion that fails does not keep others from being made.
func TestApplyDeletionFails(t *testing.T) {
	var table reconcile.Table
	for i := range uint32(200) {
		table = append(table, mark(i+1, "rr"))
	}
	d := newDirector(t, table)
	refuse(d, map[string]int{"delete service mark 1 IPv4": eperm})
	c := open(t, d)
	err := reconcile.Apply(t.Context(), c, plan(t, table, nil))
	require.EqualError(t, err, "ipvs: delete service mark 1 IPv4: operation not permitted")
	require.Equal(t, []int{128, 72}, c.sends)
	requireTable(t, table[:1], read(t, d))
}

// An Applier other than a client counts what is in doubt from the first change it gets.
type applierFunc func(changes []ipvsnl.Change) error

func (f applierFunc) Apply(_ context.Context, changes ...ipvsnl.Change) error { return f(changes) }

func TestApplyInDoubt(t *testing.T) {
	wanted := reconcile.Table{}
	for i := range uint32(300) {
		wanted = append(wanted, mark(i+1, "rr"))
	}
	changes := append(plan(t, nil, wanted), ipvsnl.DeleteService(ipvsnl.ServiceKey{Mark: 999}))
	calls := 0
	err := reconcile.Apply(t.Context(), applierFunc(func(part []ipvsnl.Change) error {
		if calls++; calls == 1 {
			return nil
		}
		require.Equal(t, changes[128:256], part)
		return fmt.Errorf("wrapped: %w", &ipvsnl.ApplyError{
			Failures: []ipvsnl.Failure{{Index: 3, Change: part[3], Err: fs.ErrPermission}, {Index: 5, Change: part[5], Err: fs.ErrExist}},
			InDoubt:  10, Doubted: part[10], Err: io.ErrUnexpectedEOF,
		})
	}), changes)
	require.Equal(t, 2, calls)
	require.Equal(t, &ipvsnl.ApplyError{
		Failures: []ipvsnl.Failure{{Index: 131, Change: changes[131], Err: fs.ErrPermission}, {Index: 133, Change: changes[133], Err: fs.ErrExist}},
		InDoubt:  138, Doubted: changes[138], Err: io.ErrUnexpectedEOF,
	}, err)
	require.EqualError(t, err, "permission denied\nfile already exists\n"+
		"ipvs: add service mark 139 IPv4: this change and later ones are in doubt: unexpected EOF")

	// The first of all is in doubt.
	doubt := &ipvsnl.ApplyError{InDoubt: 0, Doubted: changes[0], Err: io.EOF}
	calls = 0
	err = reconcile.Apply(t.Context(), applierFunc(func([]ipvsnl.Change) error {
		calls++
		return doubt
	}), changes)
	require.Equal(t, doubt, err)
	require.Equal(t, 1, calls)
}

// A context that ends leaves what was not sent in doubt, if anything was sent.
func TestApplyCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	d := ipvsnltest.New()
	refuse(d, map[string]int{"add service mark 1 IPv4": eperm})
	var wanted reconcile.Table
	for i := range uint32(300) {
		wanted = append(wanted, mark(i+1, "rr"))
	}
	changes := plan(t, nil, wanted)
	c := open(t, d)
	c.before = func(n int) {
		if n == 1 {
			cancel()
		}
	}
	err := reconcile.Apply(ctx, c, changes)
	require.EqualError(t, err, "ipvs: add service mark 1 IPv4: operation not permitted\n"+
		"ipvs: add service mark 129 IPv4: this change and later ones are in doubt: context canceled")
	var e *ipvsnl.ApplyError
	require.ErrorAs(t, err, &e)
	require.Equal(t, 128, e.InDoubt)
	require.Equal(t, changes[128], e.Doubted)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, syscall.EPERM)
	require.Len(t, c.sends, 2)

	err = reconcile.Apply(ctx, c, changes)
	require.ErrorIs(t, err, context.Canceled)
	require.False(t, errors.As(err, &e), "nothing was sent")
}

// What plans do not have is refused before anything is sent.
func TestApplyUnplanned(t *testing.T) {
	service := mark(1, "rr").Service
	for _, c := range []ipvsnl.Change{
		{}, {Op: ipvsnl.OpServices}, ipvsnl.Flush(), ipvsnl.Zero(), ipvsnl.PutService(service), ipvsnl.DeleteServiceIfExists(service.Key),
	} {
		client := open(t, ipvsnltest.New())
		err := reconcile.Apply(t.Context(), client, []ipvsnl.Change{ipvsnl.AddService(service), c})
		require.ErrorIs(t, err, errors.ErrUnsupported)
		require.EqualError(t, err, "change 1 of the plan: "+c.String()+": unsupported operation")
		require.Nil(t, client.sends)
	}
}

// Timeouts and daemons are changed with the rest; a daemon that is to be stopped need not
// run.
func TestApplySettings(t *testing.T) {
	c := open(t, ipvsnltest.New())
	changes := []ipvsnl.Change{
		ipvsnl.StopDaemon(ipvsnl.Master),
		ipvsnl.SetTimeouts(ipvsnl.Timeouts{TCP: 1e9}),
		ipvsnl.AddService(mark(1, "rr").Service),
		ipvsnl.StartDaemon(ipvsnl.Daemon{State: ipvsnl.Backup, Interface: "lo"}),
	}
	require.NoError(t, reconcile.Apply(t.Context(), c, changes))
	require.Equal(t, []int{4}, c.sends)
	require.ErrorIs(t, reconcile.Apply(t.Context(), c, changes[3:]), ipvsnl.ErrDaemonRunning)
}

// Changes that are no longer to be sent are not in doubt, and what failed before is
// still reported.
func TestApplyBefore(t *testing.T) {
	before := reconcile.Table{mark(1, "wlc"), mark(2, "wlc"), mark(3, "wlc")}
	after := reconcile.Table{mark(1, "rr"), mark(2, "rr")}
	for i := range uint32(300) {
		after = append(after, mark(i+10, "rr"))
	}
	changes := plan(t, before, after)
	errStop := errors.New("stop")
	for _, stopAt := range []int{0, 2} {
		d := newDirector(t, before)
		refuse(d, map[string]int{"add service mark 10 IPv4": enoent})
		c := open(t, d)
		var indices []int
		err := reconcile.Apply(t.Context(), c, changes, reconcile.Before(func(index int) error {
			require.Len(t, c.sends, len(indices))
			if indices = append(indices, index); len(indices) > stopAt {
				return errStop
			}
			return nil
		}))
		require.ErrorIs(t, err, errStop)
		require.Len(t, c.sends, stopAt)
		require.Equal(t, []int{0, 128, 256}[:stopAt+1], indices)
		var e *ipvsnl.ApplyError
		require.Equal(t, stopAt > 0, errors.As(err, &e))
		if stopAt > 0 {
			require.Equal(t, -1, e.InDoubt)
			require.ErrorIs(t, err, ipvsnl.ErrSchedulerNotFound)
		}
	}
}

// The function of Before is not called for what is left out.
func TestApplyBeforeKept(t *testing.T) {
	d := newDirector(t, reconcile.Table{mark(1, "rr")})
	refuse(d, map[string]int{"add service mark 2 IPv4": eperm})
	var indices []int
	err := reconcile.Apply(t.Context(), open(t, d), plan(t, read(t, d), reconcile.Table{mark(2, "rr")}), reconcile.Before(func(index int) error {
		indices = append(indices, index)
		return nil
	}))
	require.ErrorIs(t, err, reconcile.ErrKept)
	require.Equal(t, []int{0}, indices)
}

func TestApplyNothing(t *testing.T) {
	require.NoError(t, reconcile.Apply(t.Context(), applierFunc(func([]ipvsnl.Change) error { return errBroken }), nil))
	require.Equal(t, errBroken, reconcile.Apply(t.Context(), applierFunc(func([]ipvsnl.Change) error { return errBroken }),
		slices.Repeat([]ipvsnl.Change{ipvsnl.StopDaemon(ipvsnl.Master)}, 300)))
}
