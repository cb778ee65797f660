// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"slices"

	"github.com/ipvsadm-go/ipvsadm/internal/model"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/format"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/reconcile"
)

// errNoServices keeps a file that is empty, or input that did not come, from clearing the table.
var errNoServices = errors.New("no rule has a service, but the table does: to clear it, have -C among the rules")

// replace runs -R --replace: it makes the table what the commands that stdin has would make of
// an empty one, with as few changes as that takes. A dry run prints these instead.
func (a *app) replace(dryRun bool) int {
	var wanted model.Model
	if _, code := a.readChecked(wanted.Run); code != exitDone {
		return code
	}
	changes, err := a.plan(&wanted)
	if err != nil {
		a.complain(message(err))
		if errors.Is(err, errNoServices) {
			return flags.ExitFault
		}
		return exitChange
	}
	if dryRun {
		for i := range changes {
			a.write(format.AppendChange(a.stdout.AvailableBuffer(), &changes[i]))
		}
		return exitDone
	}
	return a.apply(changes)
}

// plan returns what there is to change. Timeouts and sync daemons are looked at only if
// the commands speak of them.
func (a *app) plan(wanted *model.Model) ([]reconcile.Change, error) {
	current, err := reconcile.Read(a.ctx, a.client)
	if err != nil {
		return nil, err
	}
	if len(current) > 0 && !wanted.Services {
		return nil, errNoServices
	}
	changes, err := reconcile.Plan(current, wanted.Table())
	if err != nil {
		return nil, err
	}
	if wanted.Timeouts != (ipvsnl.Timeouts{}) {
		t, err := a.client.Timeouts(a.ctx)
		if err != nil {
			return nil, err
		}
		changes = slices.Concat(reconcile.PlanTimeouts(t, wanted.Timeouts), changes)
	}
	if wanted.Daemons == nil {
		return changes, nil
	}
	running, err := collect(a.client.Daemons(a.ctx))
	if err != nil {
		return nil, err
	}
	stop, start := reconcile.PlanDaemons(running, wanted.Daemons)
	return slices.Concat(stop, changes, start), nil
}

// apply makes changes and reports those that fail by their rules.
func (a *app) apply(changes []reconcile.Change) int {
	err := reconcile.Apply(a.ctx, a.client, changes)
	if err == nil {
		return exitDone
	}
	var failures reconcile.Failures
	var doubt *ipvsnl.InDoubtError
	failed, inDoubt := errors.As(err, &failures), errors.As(err, &doubt)
	for _, f := range failures {
		a.complain(rule(&f.Change) + ": " + message(f.Err))
		if f.Change.Op == ipvsnl.OpStartDaemon {
			a.startAgain(changes, f.Change.Daemon.State)
		}
	}
	if errors.Is(err, reconcile.ErrKept) {
		a.complain(reconcile.ErrKept.Error())
	}
	if inDoubt {
		a.complain(rule(&changes[doubt.Index]) + ": this change and later ones are in doubt: " + message(doubt.Err))
	} else if !failed {
		a.complain(message(err))
	}
	return exitChange
}

// startAgain starts a sync daemon as it ran before changes, if they have stopped it.
func (a *app) startAgain(changes []reconcile.Change, state ipvsnl.DaemonState) {
	for _, c := range changes {
		if c.Op != ipvsnl.OpStopDaemon || c.Daemon.State != state {
			continue
		}
		err := a.client.StartDaemon(a.ctx, c.Daemon)
		if err != nil && !errors.Is(err, ipvsnl.ErrDaemonRunning) {
			c.Op = ipvsnl.OpStartDaemon
			a.complain(rule(&c) + ": " + message(err))
		}
	}
}

// rule returns a change as a line of rules, without its newline.
func rule(c *reconcile.Change) string {
	b := format.AppendChange(nil, c)
	return string(b[:len(b)-1])
}
