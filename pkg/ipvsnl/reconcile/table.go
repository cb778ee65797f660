package reconcile

import (
	"context"

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

// readers is how many services have their destinations read at a time.
const readers = 2

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
	for i := range t {
		g.Go(func() error { return t[i].read(ctx, c) })
	}
	return t, g.Wait()
}

// read reads the destinations of the service.
func (e *Entry) read(ctx context.Context, c *ipvsnl.Client) error {
	for d, err := range c.Destinations(ctx, e.Service.ServiceKey) {
		if err != nil {
			return err
		}
		e.Destinations = append(e.Destinations, d)
	}
	return nil
}
