// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"slices"
	"sort"
	"sync"

	"github.com/ipvsadm-go/ipvsadm/pkg/format"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/columns"
)

// A layout formats a table.
type layout = format.Layout

// A tableWriter writes services with their destinations.
type tableWriter struct {
	con     *console
	layout  layout
	colored bool
}

// A fitting layout has to be shown everything before anything is appended.
type fitting interface {
	FitService(s *ipvsnl.ServiceState)
	FitDestination(s *ipvsnl.ServiceState, d *ipvsnl.DestinationState)
}

// table writes services, in order or, if a column is given, by descending
// value.
func (w *tableWriter) table(ctx context.Context, r *tableReader, services listing, by *columns.Column) error {
	var err error
	if f, ok := w.layout.(fitting); ok {
		err = w.fitted(ctx, r, services, by, f)
	} else {
		err = w.streamed(ctx, r, services, by)
	}
	if err != nil {
		return err
	}
	w.con.write(w.layout.AppendEnd(nil))
	return nil
}

// headed is a listing before whose first service, or its end, the head is written.
func (w *tableWriter) headed(services listing) listing {
	return func(yield func(*ipvsnl.ServiceState, error) bool) {
		head := sync.OnceFunc(func() { w.con.write(w.layout.AppendHead(nil)) })
		for s, err := range services {
			if err == nil {
				head()
			}
			if !yield(s, err) {
				return
			}
		}
		head()
	}
}

// errLost is the error of a listing that ends because its output is lost.
var errLost = errors.New("the output is lost")

func (w *tableWriter) service(s *ipvsnl.ServiceState, destinations []ipvsnl.DestinationState) error {
	more := w.line(w.layout.AppendService(w.con.room(), s), format.ServiceColor(len(destinations)))
	for i := 0; more && i < len(destinations); i++ {
		d := &destinations[i]
		more = w.line(w.layout.AppendDestination(w.con.room(), s, d), format.DestinationColor(d))
	}
	if !w.con.write(w.layout.AppendServiceEnd(w.con.room())) { // an error stays
		return errLost
	}
	return nil
}

// line writes a line, in its colour if there are to be any.
func (w *tableWriter) line(text []byte, c format.Color) (more bool) {
	if w.colored {
		text = c.Paint(text)
	}
	return w.con.write(text)
}

// An entry is a service with its destinations.
type entry struct {
	service      *ipvsnl.ServiceState
	destinations []ipvsnl.DestinationState
}

// entries reads everything, by descending value of a column, if one is given: services, and
// the destinations of each. Equal values keep their order.
func entries(ctx context.Context, r *tableReader, services listing, by *columns.Column) ([]entry, error) {
	var all []entry
	err := r.each(ctx, services, func(s *ipvsnl.ServiceState, d []ipvsnl.DestinationState) error {
		d = slices.Clone(d)
		if by != nil {
			sortHighestFirst(d, by.Destination)
		}
		all = append(all, entry{s, d})
		return nil
	})
	if err == nil && by != nil {
		sortHighestFirst(all, func(e *entry) uint64 { return by.Service(e.service, e.destinations) })
	}
	return all, err
}

// streamed writes the head, and then the services as they are read or, by a column, once
// everything is read.
func (w *tableWriter) streamed(ctx context.Context, r *tableReader, services listing, by *columns.Column) error {
	services = w.headed(services)
	if by == nil {
		return r.each(ctx, services, w.service)
	}
	all, err := entries(ctx, r, services, by)
	if err != nil {
		return err
	}
	w.entries(all)
	return nil
}

// fitted writes the head and the services in a layout that has to be shown them first.
func (w *tableWriter) fitted(ctx context.Context, r *tableReader, services listing, by *columns.Column, f fitting) error {
	all, err := entries(ctx, r, services, by)
	if err != nil {
		return err
	}
	for _, e := range all {
		f.FitService(e.service)
		for i := range e.destinations {
			f.FitDestination(e.service, &e.destinations[i])
		}
	}
	w.con.write(w.layout.AppendHead(nil))
	w.entries(all)
	return nil
}

func (w *tableWriter) entries(all []entry) {
	for _, e := range all {
		if w.service(e.service, e.destinations) != nil {
			break
		}
	}
}

func sortHighestFirst[T any](s []T, figure func(*T) uint64) {
	sort.SliceStable(s, func(i, j int) bool { return figure(&s[i]) > figure(&s[j]) })
}
