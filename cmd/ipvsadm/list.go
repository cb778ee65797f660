// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"io"

	"github.com/ipvsadm-go/ipvsadm/internal/netns"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/format"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/columns"
)

// A lister runs -L.
type lister struct {
	con         *console
	client      *ipvsnl.Client
	info        ipvsnl.Info
	names       names
	terminal    func(stream any) bool
	connections func(file string) (io.ReadCloser, error)    // opens the connection table, with origins or without
	totals      func(context.Context) (ipvsnl.Stats, error) // returns the totals of the namespace
	rows        *watchRows                                  // takes what is listed, if not nil
}

// newLister returns a lister of what a client sees in a namespace.
func newLister(sys *system, con *console, ns *netns.Namespace, client *ipvsnl.Client, info ipvsnl.Info, names names) *lister {
	return &lister{con: con, client: client, info: info, names: names, terminal: sys.terminal,
		connections: func(file string) (io.ReadCloser, error) { return sys.connections(ns, file) },
		totals:      func(ctx context.Context) (ipvsnl.Stats, error) { return sys.totals(ctx, client) }}
}

// list runs -L in all its forms.
func (l *lister) list(ctx context.Context, c *flags.Command) error {
	switch c.Listing.Subject {
	case flags.Connections:
		return l.listConnections(ctx, c)
	case flags.Timeouts:
		return l.listTimeouts(ctx, &c.Listing)
	case flags.Daemons:
		return l.listDaemons(ctx, &c.Listing)
	}
	if c.Listing.Metrics {
		return l.listMetrics(ctx, c)
	}
	layout, err := l.tableLayout(ctx, c)
	if err != nil {
		return err
	}
	if !c.OneService && !c.Listing.JSON {
		l.con.write(format.AppendVersion(nil, l.info))
	}
	r := newTableReader(l.client, l.names, &c.Listing)
	services, err := r.services(ctx, c)
	if err != nil {
		return err
	}
	w := &tableWriter{con: l.con, layout: layout, colored: l.colored(&c.Listing)}
	return w.table(ctx, r, services, columns.ByName(c.Listing.SortBy))
}

// tableLayout returns what a listing of the table is given to: a layout, with sums if it is to have them, or the rows of a
// watch, which always have.
func (l *lister) tableLayout(ctx context.Context, c *flags.Command) (layout, error) {
	if l.rows != nil {
		return l.rows.table, nil
	}
	return l.withTotals(ctx, c, l.layout(&c.Listing))
}

// layout returns the layout of a listing of the table.
func (l *lister) layout(how *flags.Listing) summable {
	if how.JSON {
		return &format.JSON{Time: lineTime(how)}
	}
	if how.Wide {
		return format.NewWide(format.Options{View: view(how), Names: formatNames(l.names, how)})
	}
	return &format.Options{View: view(how), Exact: how.Exact, Names: formatNames(l.names, how)}
}

// view returns the view of a listing of the table. The first option in this order wins.
func view(l *flags.Listing) format.View {
	switch {
	case l.Stats:
		return format.Stats
	case l.Rate:
		return format.Rate
	case l.Thresholds:
		return format.Thresholds
	case l.PersistentConn:
		return format.PersistentConn
	case l.TunnelInfo:
		return format.TunnelInfo
	}
	return format.Plain
}

// formatNames returns the source of names for a listing, or nil for numbers.
func formatNames(n names, l *flags.Listing) format.Names {
	if l.Numeric {
		return nil
	}
	return n
}

func (l *lister) listTimeouts(ctx context.Context, how *flags.Listing) error {
	t, err := l.client.Timeouts(ctx)
	if err != nil {
		return err
	}
	if how.JSON {
		l.con.write(format.AppendTimeoutsJSON(nil, &t))
	} else {
		l.con.write(format.AppendTimeouts(nil, t))
	}
	return nil
}

func (l *lister) listDaemons(ctx context.Context, how *flags.Listing) error {
	daemons, err := l.client.Daemons(ctx)
	if err != nil {
		return err
	}
	if how.JSON {
		l.con.write(format.AppendDaemonsJSON(nil, daemons))
		return nil
	}
	for _, d := range daemons {
		l.con.write(format.AppendDaemon(nil, d))
	}
	return nil
}
