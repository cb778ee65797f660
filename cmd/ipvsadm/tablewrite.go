// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"slices"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/columns"
)

// A layout formats a table. Services and destinations are appended in the
// order in which they are written.
type layout interface {
	AppendHead(b []byte) []byte
	AppendService(b []byte, s *ipvsnl.ServiceState) []byte
	AppendDestination(b []byte, s *ipvsnl.ServiceState, d *ipvsnl.DestinationState) []byte
	AppendEnd(b []byte) []byte
}

// A tableWriter writes services with their destinations.
type tableWriter struct {
	con    *console
	layout layout
}

// table writes services, in order or, if a column is given, by descending
// value.
func (w *tableWriter) table(ctx context.Context, r *tableReader, services []ipvsnl.ServiceState, by *columns.Column) error {
	if err := w.con.write(w.layout.AppendHead(nil)); err != nil {
		return err
	}
	var err error
	if by == nil {
		err = r.each(ctx, services, w.service)
	} else {
		err = w.highestFirst(ctx, r, services, by)
	}
	if err != nil {
		return err
	}
	return w.con.write(w.layout.AppendEnd(nil))
}

func (w *tableWriter) service(s *ipvsnl.ServiceState, destinations []ipvsnl.DestinationState) error {
	err := w.con.write(w.layout.AppendService(w.con.room(), s))
	for i := 0; err == nil && i < len(destinations); i++ {
		err = w.con.write(w.layout.AppendDestination(w.con.room(), s, &destinations[i]))
	}
	return err
}

// An entry is a service with its destinations.
type entry struct {
	service      *ipvsnl.ServiceState
	destinations []ipvsnl.DestinationState
}

// highestFirst writes services by descending value of a column, and
// their destinations likewise. Equal values keep their order. It has
// to read everything before it writes anything.
func (w *tableWriter) highestFirst(ctx context.Context, r *tableReader, services []ipvsnl.ServiceState, by *columns.Column) error {
	entries := make([]entry, 0, len(services))
	err := r.each(ctx, services, func(s *ipvsnl.ServiceState, d []ipvsnl.DestinationState) error {
		d = slices.Clone(d)
		sortHighestFirst(d, by.Destination)
		entries = append(entries, entry{s, d})
		return nil
	})
	if err != nil {
		return err
	}
	sortHighestFirst(entries, func(e *entry) uint64 { return by.Service(e.service, e.destinations) })
	for _, e := range entries {
		if err := w.service(e.service, e.destinations); err != nil {
			return err
		}
	}
	return nil
}

func sortHighestFirst[T any](s []T, figure func(*T) uint64) {
	slices.SortStableFunc(s, func(x, y T) int { return cmp.Compare(figure(&y), figure(&x)) })
}
