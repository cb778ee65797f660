// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"slices"
	"time"

	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/format"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// listMetrics runs -L --metrics. All figures of a metric stand together, so the table is read before anything is
// written; and once, so that the metrics of a real server belong together.
func (l *lister) listMetrics(ctx context.Context, c *flags.Command) error {
	var m format.Metrics
	if !c.OneService {
		totals, err := l.totals(ctx)
		if err != nil {
			return err
		}
		m.Totals = &totals
	}
	r := newTableReader(l.client, l.names, &c.Listing)
	services, err := r.services(ctx, c)
	if err != nil {
		return err
	}
	err = r.each(ctx, services, func(s *ipvsnl.ServiceState, d []ipvsnl.DestinationState) error {
		m.Services = append(m.Services, format.ServiceMetrics{Service: s, Destinations: slices.Clone(d)})
		return nil
	})
	if err != nil {
		return err
	}
	m.Write(l.con.room, l.con.write)
	return nil
}

// lineTime returns the time of a listing that is a line of JSON, as in a watch; otherwise none.
func lineTime(how *flags.Listing) time.Time {
	if how.Watch == 0 {
		return time.Time{}
	}
	return time.Now()
}
