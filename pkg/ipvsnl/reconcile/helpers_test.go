// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"context"
	"encoding/binary"
	"io"
	"iter"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/ipvsnltest"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/reconcile"
)

// mark returns an entry for the services of a mark.
func mark(mark uint32, scheduler string, destinations ...ipvsnl.Destination) reconcile.Entry {
	return reconcile.Entry{
		Service:      ipvsnl.Service{Key: ipvsnl.ServiceKey{Mark: mark}, Scheduler: scheduler},
		Destinations: destinations,
	}
}

// server returns a destination: 10.0.0.n.
func server(n byte, weight uint32) ipvsnl.Destination {
	return ipvsnl.Destination{Addr: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, n}), 0), Forwarding: ipvsnl.Route, Weight: weight}
}

// additions returns the changes that make an empty table that one.
func additions(table reconcile.Table) (changes []ipvsnl.Change) {
	for _, e := range table {
		changes = append(changes, ipvsnl.AddService(e.Service))
		for _, d := range e.Destinations {
			changes = append(changes, ipvsnl.AddDestination(e.Service.Key, d))
		}
	}
	return changes
}

// newDirector returns a director that lists that table: destinations added last come
// first.
func newDirector(t testing.TB, table reconcile.Table) *ipvsnltest.Director {
	t.Helper()
	d := ipvsnltest.New()
	table = clone(table)
	for i := range table {
		slices.Reverse(table[i].Destinations)
	}
	require.NoError(t, open(t, d).Apply(context.Background(), additions(table)...))
	return d
}

// open returns a client of the director that runs hooks.
func open(t testing.TB, d *ipvsnltest.Director) *client {
	t.Helper()
	c, err := d.Open(context.Background())
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	return &client{Client: c}
}

// refuse has the director refuse the changes of those texts with error numbers.
func refuse(d *ipvsnltest.Director, numbers map[string]int) {
	d.Refuse(func(c ipvsnl.Change) int { return numbers[c.String()] })
}

// A client counts, and can have something else happen before it does what it is asked.
type client struct {
	*ipvsnl.Client

	// before is called before changes are made, with the number of times that others
	// were before.
	before func(n int)

	// services and destinations are called when a listing has been read, with its number
	// from 0. They return what it is to have instead, and the error at its end.
	services     func(n int, all []ipvsnl.ServiceState) ([]ipvsnl.ServiceState, error)
	destinations func(n int, all []ipvsnl.DestinationState) ([]ipvsnl.DestinationState, error)

	sends            []int // how many changes there were each time
	listed, listedOf int   // how many listings there were
	asked            int   // how many services were asked for

	mu sync.Mutex // for what EachDestination uses
}

func (c *client) Apply(ctx context.Context, changes ...ipvsnl.Change) error {
	if c.before != nil {
		c.before(len(c.sends))
	}
	c.sends = append(c.sends, len(changes))
	return c.Client.Apply(ctx, changes...)
}

func (c *client) Service(ctx context.Context, key ipvsnl.ServiceKey) (ipvsnl.ServiceState, error) {
	c.asked++
	return c.Client.Service(ctx, key)
}

func (c *client) EachService(ctx context.Context) iter.Seq2[ipvsnl.ServiceState, error] {
	c.listed++
	return altered(c.Client.EachService(ctx), c.listed-1, c.services)
}

func (c *client) EachDestination(ctx context.Context, key ipvsnl.ServiceKey) iter.Seq2[ipvsnl.DestinationState, error] {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.listedOf++
	return altered(c.Client.EachDestination(ctx, key), c.listedOf-1, c.destinations)
}

// altered returns a listing as alter, if it is not nil, makes it.
func altered[T any](listing iter.Seq2[T, error], n int, alter func(int, []T) ([]T, error)) iter.Seq2[T, error] {
	if alter == nil {
		return listing
	}
	return func(yield func(T, error) bool) {
		var all []T
		for item, err := range listing {
			if err != nil {
				yield(item, err)
				return
			}
			all = append(all, item)
		}
		all, err := alter(n, all)
		for _, item := range all {
			if !yield(item, nil) {
				return
			}
		}
		var zero T
		if err != nil {
			yield(zero, err)
		}
	}
}

// datagrams counts the requests in each datagram that a connection writes.
type datagrams struct {
	io.ReadWriteCloser
	count *[]int
}

func (d datagrams) Write(b []byte) (int, error) {
	n := 0
	for rest := b; len(rest) > 0; n++ {
		rest = rest[(binary.NativeEndian.Uint32(rest)+3)&^3:]
	}
	*d.count = append(*d.count, n)
	return d.ReadWriteCloser.Write(b)
}

// texts returns changes as text.
func texts(changes []ipvsnl.Change) (all []string) {
	for _, c := range changes {
		s := c.String()
		switch c.Op {
		case ipvsnl.OpAddService, ipvsnl.OpSetService:
			s += " " + c.Service.Scheduler
		case ipvsnl.OpAddDestination, ipvsnl.OpSetDestination:
			s += " " + strconv.Itoa(int(c.Destination.Weight))
		}
		all = append(all, s)
	}
	return all
}

// plan returns the changes from one table to another.
func plan(t testing.TB, current, wanted reconcile.Table, scope ...reconcile.Scope) []ipvsnl.Change {
	t.Helper()
	changes, err := reconcile.Plan(current, wanted, scope...)
	require.NoError(t, err)
	return changes
}

// read returns the director's table.
func read(t testing.TB, d *ipvsnltest.Director) reconcile.Table {
	t.Helper()
	table, err := reconcile.Read(context.Background(), open(t, d))
	require.NoError(t, err)
	return table
}

func clone(table reconcile.Table) reconcile.Table {
	table = slices.Clone(table)
	for i := range table {
		table[i].Destinations = slices.Clone(table[i].Destinations)
	}
	return table
}

// requireTable fails the test unless got is the wanted table, with the services in
// the same order. That of destinations tells only which was added last.
func requireTable(t testing.TB, want, got reconcile.Table, why ...any) {
	t.Helper()
	diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.EquateComparable(netip.AddrPort{}, ipvsnl.Mask{}),
		cmpopts.SortSlices(func(a, b ipvsnl.Destination) int { return a.Addr.Compare(b.Addr) }))
	require.Empty(t, diff, why...)
}
