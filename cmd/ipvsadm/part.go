// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"

	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// changePart makes the same change of each selected service.
func (r *runner) changePart(ctx context.Context, c *flags.Command) int {
	if c.Change.Op == ipvsnl.OpDeleteServiceIfExists {
		unlock, err := r.locker(c).lock(ctx)
		if err != nil {
			return notLocked(r.con, err)
		}
		defer unlock()
	}
	services, err := newTableReader(r.client, r.names, &flags.Listing{Numeric: true}).list(ctx, c)
	if err != nil {
		r.con.complain(message(err))
		return exitChange
	}
	changes := make([]ipvsnl.Change, len(services))
	for i := range services {
		changes[i] = c.Change
		changes[i].Service.Key = services[i].Service.Key
	}
	return r.reportPart(r.client.Apply(ctx, changes...))
}

// reportPart reports the changes that failed. A service that is gone needs none.
func (r *runner) reportPart(err error) (code int) {
	var applied *ipvsnl.ApplyError
	if err != nil && !errors.As(err, &applied) {
		r.con.complain(message(err))
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
		r.con.complain(f.Change.String() + ": " + message(f.Err))
		code = exitChange
	}
	if applied.InDoubt >= 0 {
		r.con.complain(applied.Doubted.String() + ": this change and later ones are in doubt: " + message(applied.Err))
		code = exitChange
	}
	return code
}
