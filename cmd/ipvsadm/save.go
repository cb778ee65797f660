package main

import (
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/format"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/reconcile"
)

// save runs -S. It reads first and then writes, so that most of what can fail leaves
// no rules that are not whole.
func (a *app) save(c *flags.Command) error {
	rules := &format.Options{View: format.Rules, Names: a.formatNames(&c.Listing), Thresholds: c.Saving.Thresholds}
	w := a.newTableWriter(&c.Listing, rules)
	services, err := w.toSave(c)
	if err != nil {
		return err
	}
	settings, err := a.settings(&c.Saving)
	if err != nil {
		return err
	}
	// They come before the services: the exit code of -R is that of the last rule, and
	// a daemon that runs already must not make it a failure.
	if err := w.write(settings); err != nil {
		return err
	}
	return w.table(services)
}

// toSave returns the services that a save is about. A stable one reads their destinations too.
func (w *tableWriter) toSave(c *flags.Command) ([]ipvsnl.Service, error) {
	if !c.Saving.Stable {
		return w.services(c)
	}
	var keys []ipvsnl.ServiceKey
	if c.OneService {
		keys = append(keys, c.Service.ServiceKey)
	}
	table, err := w.readStable(keys...)
	if err != nil {
		return nil, err
	}
	services := make([]ipvsnl.Service, len(table))
	w.known = make(map[ipvsnl.ServiceKey][]ipvsnl.Destination, len(table))
	for i := range table {
		services[i] = table[i].Service
		w.known[services[i].ServiceKey] = table[i].Destinations
	}
	format.SortServices(services)
	return services, nil
}

// readStable reads the table, or some services of it, until two readings agree. If none do,
// it says so and returns what it has.
func (a *app) readStable(keys ...ipvsnl.ServiceKey) (reconcile.Table, error) {
	table, stable, err := reconcile.ReadStable(a.ctx, a.client, keys...)
	if err == nil && !stable {
		a.complain("warning: the table keeps changing while it is read; what was read last may lack services or real servers")
	}
	return table, err
}

// settings returns the rules of what is not about a service.
func (a *app) settings(s *flags.Saving) (rules []byte, err error) {
	if s.Timeouts {
		t, err := a.client.Timeouts(a.ctx)
		if err != nil {
			return nil, err
		}
		rules = format.AppendTimeoutsRule(rules, &t)
	}
	if s.Daemons {
		daemons, err := collect(nil, a.client.Daemons(a.ctx))
		if err != nil {
			return nil, err
		}
		for i := range daemons {
			rules = format.AppendDaemonRule(rules, &daemons[i])
		}
	}
	return rules, nil
}
