// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/format"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/reconcile"
)

// A saver runs -S.
type saver struct {
	con    *console
	client *ipvsnl.Client
	names  names
}

// save runs -S. It reads first and then writes, so that most of what can fail leaves no
// incomplete rules.
func (s *saver) save(ctx context.Context, c *flags.Command) error {
	r := newTableReader(s.client, s.names, &c.Listing)
	services, err := s.services(ctx, c, r)
	if err != nil {
		return err
	}
	settings, err := s.settings(ctx, &c.Saving)
	if err != nil {
		return err
	}
	// They precede the services: the exit code of -R is that of the last rule, and a
	// daemon that is already running must not make it a failure.
	s.con.write(settings)
	w := &tableWriter{con: s.con, layout: &format.Options{
		View:       format.Rules,
		Names:      formatNames(s.names, &c.Listing),
		Thresholds: c.Saving.Thresholds,
	}}
	if c.Listing.Numeric {
		return w.table(ctx, r, services, nil)
	}
	return s.named(ctx, w, r, services)
}

// named writes rules with names, and reports whether these can be restored.
func (s *saver) named(ctx context.Context, w *tableWriter, r *tableReader, services listing) error {
	rules := newSingleRules(w.layout)
	w.layout = rules
	if err := w.table(ctx, r, services, nil); err != nil {
		return err
	}
	rules.warn(s.con)
	return nil
}

// services returns the services to save. A stable save reads their destinations too.
func (s *saver) services(ctx context.Context, c *flags.Command, r *tableReader) (listing, error) {
	if !c.Saving.Stable {
		all, err := r.list(ctx, c)
		return listed(all), err
	}
	var scope []reconcile.Scope
	switch {
	case c.OneService:
		scope = append(scope, reconcile.Only(c.Service))
	case c.Selection != flags.Selection{}:
		scope = append(scope, reconcile.Within(c.Selection.Contains))
	}
	table, err := readStable(ctx, s.con, s.client, scope...)
	if err != nil {
		return nil, err
	}
	if c.OneService && len(table) == 0 {
		all, err := r.list(ctx, c) // to report that it does not exist
		return listed(all), err
	}
	services := make([]*ipvsnl.ServiceState, len(table))
	r.known = make(map[ipvsnl.ServiceKey][]ipvsnl.DestinationState, len(table))
	for i := range table {
		services[i] = &ipvsnl.ServiceState{Service: table[i].Service}
		for _, d := range table[i].Destinations {
			key := table[i].Service.Key
			r.known[key] = append(r.known[key], ipvsnl.DestinationState{Destination: d})
		}
	}
	return listed(format.SortServices(services)), nil
}

// readStable reads the table, or a part of it, until two readings agree. If none do, it
// prints a warning and returns the last one.
func readStable(ctx context.Context, con *console, client *ipvsnl.Client, scope ...reconcile.Scope) (reconcile.Table, error) {
	table, stable, err := reconcile.ReadStable(ctx, client, scope...)
	if err == nil && !stable {
		con.complain("warning: the table keeps changing while it is read; the output may lack services or real servers")
	}
	return table, err
}

// settings returns the rules for timeouts and sync daemons.
func (s *saver) settings(ctx context.Context, how *flags.Saving) (rules []byte, err error) {
	if how.Timeouts {
		t, err := s.client.Timeouts(ctx)
		if err != nil {
			return nil, err
		}
		rules = format.AppendTimeoutsRule(rules, &t)
	}
	if how.Daemons {
		daemons, err := s.client.Daemons(ctx)
		if err != nil {
			return nil, err
		}
		for i := range daemons {
			rules = format.AppendDaemonRule(rules, &daemons[i])
		}
	}
	return rules, nil
}
