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
		return a.listTimeouts()
	case flags.Daemons:
		return a.listDaemons()
	}
	o := &format.Options{View: view(&c.Listing), Exact: c.Listing.Exact, Names: a.formatNames(&c.Listing)}
	if c.OneService {
		return a.listService(o, c.Service.ServiceKey, listOrder(&c.Listing))
	}
	a.write(format.AppendVersion(nil, a.info))
	return a.listServices(o, listOrder(&c.Listing))
}

// save runs -S.
func (a *app) save(c *flags.Command) error {
	return a.listServices(&format.Options{View: format.Rules, Names: a.formatNames(&c.Listing)}, listOrder(&c.Listing))
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

func (a *app) listTimeouts() error {
	t, err := a.client.Timeouts(a.ctx)
	if err != nil {
		return err
	}
	a.write(format.AppendTimeouts(nil, t))
	return nil
}

func (a *app) listDaemons() error {
	for d, err := range a.client.Daemons(a.ctx) {
		if err != nil {
			return err
		}
		a.write(format.AppendDaemon(nil, d))
	}
	return nil
}

// write writes to stdout. An error stays with the buffered writer and is reported
// when it is flushed in the end.
func (a *app) write(b []byte) { _, _ = a.stdout.Write(b) }
