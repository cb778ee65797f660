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

// How many services have their destinations read one after the other, and how many at a
// time.
const (
	partSize = 64
	readers  = 2
)

// maxReadings is how often a table is read that does not stop changing.
const maxReadings = 5

// Read reads the kernel's table, with nothing in it twice. It is that of no one moment:
// while it is read, others may change it. A listing of a table that changes may
// also lack a service that nobody has touched; [ReadStable] finds that out.
func Read(ctx context.Context, c *ipvsnl.Client) (Table, error) {
	t, _, err := read(ctx, c, c.Services(ctx))
	return t, err
}

// ReadStable reads the kernel's table again and again until two readings in a row
// have the same services and destinations with the same settings; counters do not
// matter. After five readings it gives up and returns the last one, and stable is
// false.
//
// With keys it reads only those services. If there is none of a key, the error matches
// [ipvsnl.ErrServiceNotFound].
func ReadStable(ctx context.Context, c *ipvsnl.Client, keys ...ipvsnl.ServiceKey) (t Table, stable bool, err error) {
	comparable := false // whether t is a reading that may be right
	for range maxReadings {
		services := c.Services(ctx)
		if len(keys) > 0 {
			services = servicesOf(ctx, c, keys)
		}
		next, whole, err := read(ctx, c, services)
		if err != nil {
			return nil, false, err
		}
		if whole && comparable && next.agrees(t) {
			return next, true, nil
		}
		t, comparable = next, whole
	}
	return t, false, nil
}

// servicesOf returns an iterator over the services of some keys. An error is the last
// item.
func servicesOf(ctx context.Context, c *ipvsnl.Client, keys []ipvsnl.ServiceKey) iter.Seq2[ipvsnl.Service, error] {
	return func(yield func(ipvsnl.Service, error) bool) {
		for _, key := range keys {
			if s, err := c.Service(ctx, key); !yield(s, err) || err != nil {
				return
			}
		}
	}
}

// read reads services with their destinations, each once. They are whole if the kernel
// did not say that it listed something that changed.
func read(ctx context.Context, c *ipvsnl.Client, services iter.Seq2[ipvsnl.Service, error]) (t Table, whole bool, err error) {
	listed, whole, err := collect(services, nil)
	if err != nil {
		return nil, false, err
	}
	listed = distinct.By(listed, keyOf)
	t = make(Table, len(listed))
	for i := range listed {
		t[i].Service = listed[i]
	}
	steady, err := t.readDestinations(ctx, c)
	return t, whole && steady, err
}

// readDestinations reads the destinations of all services, and reports whether the
// kernel did not say that they changed meanwhile.
func (t Table) readDestinations(ctx context.Context, c *ipvsnl.Client) (whole bool, err error) {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(readers)
	steady := make([]bool, (len(t)+partSize-1)/partSize)
	for i := range steady {
		part := t[i*partSize : min((i+1)*partSize, len(t))]
		g.Go(func() (err error) {
			steady[i], err = part.readPart(ctx, c)
			return err
		})
	}
	err = g.Wait()
	return !slices.Contains(steady, false), err
}

func (t Table) readPart(ctx context.Context, c *ipvsnl.Client) (whole bool, err error) {
	whole = true
	var room []ipvsnl.Destination // so that each slice takes no more than it needs
	for i := range t {
		steady := false
		if room, steady, err = collect(c.Destinations(ctx, t[i].Service.ServiceKey), room[:0]); err != nil {
			return false, err
		}
		whole = whole && steady
		t[i].Destinations = slices.Clone(distinct.By(room, addrOf))
	}
	return whole, nil
}

// collect appends what a listing has. It is whole if the kernel did not say that it
// changed meanwhile.
func collect[T any](items iter.Seq2[T, error], all []T) (_ []T, whole bool, err error) {
	for item, err := range items {
		if errors.Is(err, ipvsnl.ErrChanged) {
			return all, false, nil
		}
		if err != nil {
			return all, false, err
		}
		all = append(all, item)
	}
	return all, true, nil
}

func addrOf(d *ipvsnl.Destination) netip.AddrPort { return d.Addr }
