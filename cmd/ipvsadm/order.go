// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"slices"

	"github.com/ipvsadm-go/ipvsadm/internal/vocab"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// An order is that of services and, within each, of destinations.
type order struct {
	sorted bool          // not as the kernel has them
	by     *vocab.Column // whose highest figures come first; nil for none
}

// An entry is a service with its destinations.
type entry struct {
	service      *ipvsnl.Service
	destinations []ipvsnl.Destination
}

func listOrder(l *flags.Listing) order {
	return order{sorted: !l.NoSort, by: vocab.ColumnOf(l.SortBy)}
}

// writeHighestFirst writes services, those first whose figure in a column is highest, and their
// destinations likewise. Where figures are level the order stays as it is. It has to read them
// all before it writes any.
func (w *tableWriter) writeHighestFirst(services []ipvsnl.Service) error {
	entries := make([]entry, 0, len(services))
	err := w.each(services, func(s *ipvsnl.Service, d []ipvsnl.Destination) {
		d = slices.Clone(d)
		highestFirst(d, w.in.by.Destination)
		entries = append(entries, entry{s, d})
	})
	if err != nil {
		return err
	}
	highestFirst(entries, func(e *entry) uint64 { return w.in.by.Service(e.service, e.destinations) })
	for _, e := range entries {
		w.writeService(e.service, e.destinations)
	}
	return nil
}

func highestFirst[T any](s []T, figure func(*T) uint64) {
	slices.SortStableFunc(s, func(x, y T) int { return cmp.Compare(figure(&y), figure(&x)) })
}
