package main

import (
	"cmp"
	"slices"

	"github.com/ipvsadm-go/ipvsadm/internal/vocab"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/format"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// An order is that of services and, within each, of destinations.
type order struct {
	sorted bool          // not as the kernel has them
	by     *vocab.Column // whose highest figures come first; nil for none
}

func listOrder(l *flags.Listing) order {
	return order{sorted: !l.NoSort, by: vocab.ColumnOf(l.SortBy)}
}

// writeHighestFirst writes services with their destinations, those first whose figure in a column
// is highest. Where figures are level the order stays as it is. It has to read them all
// before it writes any.
func (a *app) writeHighestFirst(o *format.Options, services []ipvsnl.Service, in order) error {
	entries := make([]entry, 0, len(services))
	err := a.readEntries(services, o.Names != nil, in.sorted, func(e *entry) {
		destinations := slices.Clone(e.destinations)
		highestFirst(destinations, in.by.Destination)
		entries = append(entries, entry{service: e.service, destinations: destinations})
	})
	if err != nil {
		return err
	}
	highestFirst(entries, func(e *entry) uint64 { return in.by.Service(e.service, e.destinations) })
	for i := range entries {
		a.writeEntry(o, &entries[i])
	}
	return nil
}

func highestFirst[T any](s []T, figure func(*T) uint64) {
	slices.SortStableFunc(s, func(x, y T) int { return cmp.Compare(figure(&y), figure(&x)) })
}
