package reconcile

import (
	"context"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// A Table is services with their destinations. Their order is of no account to the
// kernel; that of a wanted table is the order in which they are added.
type Table []Entry

// An Entry is a service and its destinations.
type Entry struct {
	Service      ipvsnl.Service
	Destinations []ipvsnl.Destination
}

// How many services have their destinations read one after the other, and how many at a
// time.
const (
	partSize = 64
	readers  = 2
)

// Read reads the kernel's table. It is that of no one moment: while it is read, others
// may change it.
func Read(ctx context.Context, c *ipvsnl.Client) (Table, error) {
	var t Table
	for s, err := range c.Services(ctx) {
		if err != nil {
			return nil, err
		}
		t = append(t, Entry{Service: s})
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(readers)
	for part := range slices.Chunk(t, partSize) {
		g.Go(func() error { return part.readDestinations(ctx, c) })
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return t, nil
}

// readDestinations reads the destinations of all services.
func (t Table) readDestinations(ctx context.Context, c *ipvsnl.Client) error {
	var room []ipvsnl.Destination // so that each slice takes no more than it needs
	for i := range t {
		room = room[:0]
		for d, err := range c.Destinations(ctx, t[i].Service.ServiceKey) {
			if err != nil {
				return err
			}
			room = append(room, d)
		}
		t[i].Destinations = slices.Clone(room)
	}
	return nil
}
