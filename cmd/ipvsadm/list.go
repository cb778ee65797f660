// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/format"
)

// list runs -L in all its forms.
func (a *app) list(c *flags.Command) error {
	switch c.Listing.Subject {
	case flags.Connections:
		return a.listConnections(&c.Listing)
	case flags.Timeouts:
		return a.listTimeouts(&c.Listing)
	case flags.Daemons:
		return a.listDaemons(&c.Listing)
	}
	if !c.OneService && !c.Listing.JSON {
		a.write(format.AppendVersion(nil, a.info))
	}
	services, err := a.services(c)
	if err != nil {
		return err
	}
	return a.newTableWriter(&c.Listing, a.listLayout(&c.Listing)).table(services)
}

// listLayout returns what a listing of the table is to look like.
func (a *app) listLayout(l *flags.Listing) layout {
	if l.JSON {
		return new(format.JSON)
	}
	return &format.Options{View: view(l), Exact: l.Exact, Names: a.formatNames(l)}
}

// view returns how a listing of the table is to look. The first word in this
// order wins.
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

// formatNames returns where a listing gets its names from, nil for numbers.
func (a *app) formatNames(l *flags.Listing) format.Names {
	if l.Numeric {
		return nil
	}
	return a.names
}

func (a *app) listTimeouts(l *flags.Listing) error {
	t, err := a.client.Timeouts(a.ctx)
	if err != nil {
		return err
	}
	if l.JSON {
		a.write(format.AppendTimeoutsJSON(nil, &t))
	} else {
		a.write(format.AppendTimeouts(nil, t))
	}
	return nil
}

func (a *app) listDaemons(l *flags.Listing) error {
	daemons, err := collect(a.client.Daemons(a.ctx))
	if err != nil {
		return err
	}
	if l.JSON {
		a.write(format.AppendDaemonsJSON(nil, daemons))
		return nil
	}
	for _, d := range daemons {
		a.write(format.AppendDaemon(nil, d))
	}
	return nil
}

// write writes to stdout. An error stays with the buffered writer and is reported
// when it is flushed in the end.
func (a *app) write(b []byte) { _, _ = a.stdout.Write(b) }
