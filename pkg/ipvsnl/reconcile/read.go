// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"errors"
	"iter"
	"net/netip"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/ipvsadm-go/ipvsadm/internal/distinct"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// A Reader reads the table, as an [ipvsnl.Client] does. It must be safe for concurrent
// use.
type Reader interface {
	EachService(ctx context.Context) iter.Seq2[ipvsnl.ServiceState, error]
	EachDestination(ctx context.Context, key ipvsnl.ServiceKey) iter.Seq2[ipvsnl.DestinationState, error]
	Service(ctx context.Context, key ipvsnl.ServiceKey) (ipvsnl.ServiceState, error)
}

var _ Reader = (*ipvsnl.Client)(nil)

// The destinations of partSize services are read sequentially, and readers of
// these parts run concurrently.
const (
	partSize = 64
	readers  = 2
)

// maxReadings is the maximum number of readings of a table that keeps changing.
const maxReadings = 5

// Read reads the table, each service and destination once. Reading takes time, so
// the result may or may not include concurrent changes.
//
// If the table is known to have changed while it was listed, the result is returned
// with an error that matches [ipvsnl.ErrChanged]: unchanged services may be
// missing. Old kernels do not notice changes, but [ReadStable] does.
func Read(ctx context.Context, r Reader, scope ...Scope) (Table, error) {
	t, changed, err := readServices(ctx, r, scope)
	if err != nil {
		return nil, err
	}
	later, err := t.readDestinations(ctx, r)
	if err != nil {
		return nil, err
	}
	if changed == nil {
		changed = later
	}
	return t, changed
}

// ReadStable reads the table until two consecutive readings agree on all services and
// destinations, and reports whether any did. After five readings it returns the last
// one.
func ReadStable(ctx context.Context, r Reader, scope ...Scope) (t Table, stable bool, err error) {
	whole := false // whether t is complete
	for range maxReadings {
		next, err := Read(ctx, r, scope...)
		changed := errors.Is(err, ipvsnl.ErrChanged)
		if err != nil && !changed {
			return nil, false, err
		}
		if whole && !changed && next.agrees(t) {
			return next, true, nil
		}
		t, whole = next, !changed
	}
	return t, false, nil
}

// readServices returns the services in the scope, without their destinations. Changed
// is the error, if any, that reports a change while they were listed.
func readServices(ctx context.Context, r Reader, in intersection) (t Table, changed, err error) {
	for s, err := range in.services(ctx, r) {
		if errors.Is(err, ipvsnl.ErrChanged) {
			changed = err
			break
		}
		if err != nil {
			return nil, nil, err
		}
		if in.contains(s.Service.Key) {
			t = append(t, Entry{Service: s.Service})
		}
	}
	return distinct.By(t, func(e *Entry) ipvsnl.ServiceKey { return e.Service.Key }), changed, nil
}

// readDestinations reads the destinations of all services.
func (t Table) readDestinations(ctx context.Context, r Reader) (changed, err error) {
	parts := slices.Collect(slices.Chunk(t, partSize))
	changes := make([]error, len(parts))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(readers)
	for i, part := range parts {
		g.Go(func() (err error) {
			changes[i], err = part.readPart(ctx, r)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	for _, changed := range changes {
		if changed != nil {
			return changed, nil
		}
	}
	return nil, nil
}

func (t Table) readPart(ctx context.Context, r Reader) (changed, err error) {
	var buf []ipvsnl.Destination // reused, so that each entry's slice is as long as it needs to be
	for i := range t {
		buf = buf[:0]
		for d, err := range r.EachDestination(ctx, t[i].Service.Key) {
			if errors.Is(err, ipvsnl.ErrChanged) {
				changed = err
				break
			}
			if err != nil {
				return nil, err
			}
			buf = append(buf, d.Destination)
		}
		each := distinct.By(buf, func(d *ipvsnl.Destination) netip.AddrPort { return d.Addr })
		t[i].Destinations = append([]ipvsnl.Destination(nil), each...)
	}
	return changed, nil
}
