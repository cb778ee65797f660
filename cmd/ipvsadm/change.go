// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"

	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// A changer makes changes.
type changer struct {
	con    *console
	client *ipvsnl.Client
	apply  func(context.Context, ...ipvsnl.Change) error
	locker *locker
}

// change makes the change of a command. While services are deleted that it does not name, no restore runs.
func (m *changer) change(ctx context.Context, c *flags.Command) int {
	if c.Change.Op == ipvsnl.OpFlush || c.Kind == flags.Part && c.Change.Op == ipvsnl.OpDeleteServiceIfExists {
		unlock, err := m.locker.lock(ctx)
		if err != nil {
			return notLocked(m.con, err)
		}
		defer unlock()
	}
	if c.Kind == flags.Part {
		return m.changePart(ctx, c)
	}
	before := m.con.hints.look(ctx, c)
	if err := m.apply(ctx, c.Change); err != nil {
		m.con.fails(err)
		return exitChange
	}
	m.con.hints.afterSuccess(c, before)
	return exitDone
}

// changePart makes the same change of each selected service.
func (m *changer) changePart(ctx context.Context, c *flags.Command) int {
	services, err := newTableReader(m.client, nil, &flags.Listing{Numeric: true}).list(ctx, c)
	if err != nil {
		m.con.fails(err)
		return exitChange
	}
	changes := make([]ipvsnl.Change, len(services))
	for i := range services {
		changes[i] = c.Change
		changes[i].Service.Key = services[i].Service.Key
	}
	return m.reportPart(m.apply(ctx, changes...))
}

// reportPart reports the changes that failed. A service that is gone needs none.
func (m *changer) reportPart(err error) (code int) {
	var applied *ipvsnl.ApplyError
	if err != nil && !errors.As(err, &applied) {
		m.con.fails(err)
		return exitChange
	}
	if applied == nil {
		return exitDone
	}
	for i := range applied.Failures {
		f := &applied.Failures[i]
		if errors.Is(f.Err, ipvsnl.ErrServiceNotFound) {
			continue
		}
		m.con.complain(f.Change.String() + ": " + message(f.Err))
		m.con.hints.afterFailure(f)
		code = exitChange
	}
	if applied.InDoubt >= 0 {
		m.con.complain(applied.Doubted.String() + ": this change and later ones are in doubt: " + message(applied.Err))
		code = exitChange
	}
	return code
}
