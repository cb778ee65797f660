package main

import (
	"errors"
	"io"
	"os"

	"github.com/ipvsadm-go/ipvsadm/internal/conntab"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/format"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
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
		return a.listService(o, c.Service.ServiceKey, !c.Listing.NoSort)
	}
	a.write(format.AppendVersion(nil, a.info))
	return a.listServices(o, !c.Listing.NoSort)
}

// save runs -S.
func (a *app) save(c *flags.Command) error {
	return a.listServices(&format.Options{View: format.Rules, Names: a.formatNames(&c.Listing)}, true)
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

func (a *app) listServices(o *format.Options, sorted bool) error {
	var services []ipvsnl.Service
	for s, err := range a.client.Services(a.ctx) {
		if err != nil {
			return err
		}
		services = append(services, s)
	}
	if sorted {
		format.SortServices(services)
	}
	a.write(o.AppendHead(nil))
	for i := range services {
		if err := a.listDestinations(o, &services[i], sorted); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) listService(o *format.Options, key ipvsnl.ServiceKey, sorted bool) error {
	s, err := a.client.Service(a.ctx, key)
	if err != nil {
		return err
	}
	a.write(o.AppendHead(nil))
	return a.listDestinations(o, &s, sorted)
}

// listDestinations writes a service and its destinations.
func (a *app) listDestinations(o *format.Options, s *ipvsnl.Service, sorted bool) error {
	var destinations []ipvsnl.Destination
	for d, err := range a.client.Destinations(a.ctx, s.ServiceKey) {
		if err != nil {
			return err
		}
		destinations = append(destinations, d)
	}
	if sorted {
		format.SortDestinations(destinations)
	}
	a.write(o.AppendService(a.stdout.AvailableBuffer(), s))
	for i := range destinations {
		a.write(o.AppendDestination(a.stdout.AvailableBuffer(), s, &destinations[i]))
	}
	return nil
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

// listConnections writes the connection table as it is read. Lines that are no
// entries are reported and make it fail in the end.
func (a *app) listConnections(l *flags.Listing) error {
	f, err := os.Open(conntab.Path)
	if err != nil {
		return errors.New("cannot open file " + conntab.Path)
	}
	defer f.Close()
	r := conntab.NewReader(f)
	if err := r.Head(); err != nil {
		return errors.New("unexpected input from " + conntab.Path)
	}
	t := &format.ConnectionTable{Engines: l.PersistentConn, Names: a.formatNames(l)}
	a.write(t.AppendHead(nil))
	return a.copyConnections(t, r)
}

func (a *app) copyConnections(t *format.ConnectionTable, r *conntab.Reader) error {
	var broken error
	var c conntab.Connection
	for {
		err := r.Read(&c)
		var lineError *conntab.LineError
		switch {
		case errors.Is(err, io.EOF):
			return broken
		case errors.As(err, &lineError):
			if broken != nil {
				a.complain(message(broken))
			}
			broken = errors.New(conntab.Path + ": " + lineError.Error())
		case err != nil:
			return err
		default:
			a.write(t.AppendConnection(a.stdout.AvailableBuffer(), &c))
		}
	}
}

// write writes to stdout. An error stays with the buffered writer and is reported
// when it is flushed in the end.
func (a *app) write(b []byte) { _, _ = a.stdout.Write(b) }
