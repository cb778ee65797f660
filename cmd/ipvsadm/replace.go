// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"syscall"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/visible"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/format"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/reconcile"
)

// errNoServices prevents an empty file, or missing input, from clearing the
// table.
var errNoServices = errors.New("the rules have no service, but the table does: to clear it, add -C to the rules")

// maxPlans is the maximum number of plans for a replacement while something else changes the table.
const maxPlans = 5

// A replacer changes the table into the wanted one, with as few changes as possible.
type replacer struct {
	con      *console
	client   *ipvsnl.Client
	before   func(...ipvsnl.Change) // is called before changes are made
	parser   *lineParser
	locker   *locker
	patience time.Duration // after a signal

	stopped chan syscall.Signal // receives a signal, after which nothing more is sent
	applied chan int            // receives the exit code

	wanted *wantedTable
	scope  []reconcile.Scope // the services that the replacement is about; nil for all
}

// run runs -R --replace. A dry run prints the changes instead.
func (r *replacer) run(ctx context.Context, c *flags.Command) int {
	var lines wantedLines
	accept, scope := lines.add, func() []reconcile.Scope { return nil }
	if c.Restoring.Only {
		part := newPartialLines(&lines)
		accept, scope = part.add, part.scope
	}
	if code := r.parser.readWhole(r.con, io.Discard, accept); code != exitDone {
		return code
	}
	r.wanted, r.scope = lines.table(), scope()
	if c.Restoring.DryRun {
		return r.showPlan(ctx)
	}
	unlock, err := r.locker.lock(ctx)
	if err != nil {
		return notLocked(r.con, err)
	}
	defer unlock()
	return untilSignal(ctx, r.patience, r.apply, r.stop)
}

// apply changes the table into the wanted one.
func (r *replacer) apply(ctx context.Context) int {
	code := r.carryOut(ctx)
	r.applied <- code
	return code
}

// stop prevents further changes from being sent and returns the exit code after a signal.
func (r *replacer) stop(s syscall.Signal) int {
	r.stopped <- s
	if <-r.applied == exitDone {
		return exitDone // the last changes had been sent
	}
	return exitSignal + int(s)
}

// showPlan prints the changes.
func (r *replacer) showPlan(ctx context.Context) int {
	_, changes, err := r.plan(ctx)
	if err != nil {
		return r.cannotPlan(err)
	}
	for i := range changes {
		rule, _ := format.AppendChange(r.con.room(), &changes[i]) // plans have only changes that rules can express
		r.con.write(rule)
	}
	code, _ := r.con.printed(nil)
	return code
}

// carryOut changes the table into the wanted one. If something else changes what is to be edited
// or deleted, it makes a new plan.
func (r *replacer) carryOut(ctx context.Context) int {
	var before []ipvsnl.Change // those of earlier plans
	for n := 1; ; n++ {
		current, changes, err := r.plan(ctx)
		if err != nil {
			return r.cannotPlan(err)
		}
		r.before(changes...)
		err = reconcile.ApplyTo(ctx, r.client, current, changes, r.unlessStopped())
		if err == nil {
			return exitDone
		}
		if n == maxPlans || !errors.As(err, new(*reconcile.OutdatedError)) {
			return r.reportFailed(ctx, err, changes, before)
		}
		before = append(before, changes...)
	}
}

// cannotPlan reports why a replacement cannot be planned.
func (r *replacer) cannotPlan(err error) int {
	r.con.complain(message(err))
	if errors.Is(err, errNoServices) {
		return flags.ExitFault
	}
	return exitChange
}

// plan reads the table and returns it with the changes to make. Timeouts and sync
// daemons are read only if lines mention them.
func (r *replacer) plan(ctx context.Context) (current reconcile.Table, changes []ipvsnl.Change, err error) {
	current, err = readStable(ctx, r.con, r.client, r.scope...)
	if err != nil {
		return nil, nil, err
	}
	if len(current) > 0 && !r.wanted.services {
		return nil, nil, errNoServices
	}
	changes, err = reconcile.Plan(current, r.wanted.entries, r.scope...)
	if err != nil {
		return nil, nil, err
	}
	changes, err = r.planSettings(ctx, changes)
	return current, changes, err
}

// planSettings adds the changes of timeouts and sync daemons.
func (r *replacer) planSettings(ctx context.Context, changes []ipvsnl.Change) ([]ipvsnl.Change, error) {
	if timeouts := r.wanted.timeouts; timeouts != (ipvsnl.Timeouts{}) {
		t, err := r.client.Timeouts(ctx)
		if err != nil {
			return nil, err
		}
		changes = slices.Concat(reconcile.PlanTimeouts(t, timeouts), changes)
	}
	if r.wanted.daemons == nil {
		return changes, nil
	}
	running, err := r.client.Daemons(ctx)
	if err != nil {
		return nil, err
	}
	stop, start := reconcile.PlanDaemons(running, r.wanted.daemons)
	return slices.Concat(stop, changes, start), nil
}

// A stoppedError means that a signal has prevented changes, from one on, from being sent.
type stoppedError struct {
	signal syscall.Signal
	index  int
}

func (e *stoppedError) Error() string { return stopped(e.signal) }

// unlessStopped prevents changes from being sent after a signal.
func (r *replacer) unlessStopped() reconcile.Option {
	return reconcile.Before(func(i int) error {
		select {
		case s := <-r.stopped:
			return &stoppedError{s, i}
		default:
			return nil
		}
	})
}

// reportFailed reports failed changes by their rules. Others may have been made
// before them.
func (r *replacer) reportFailed(ctx context.Context, err error, changes, before []ipvsnl.Change) int {
	var applied *ipvsnl.ApplyError
	var outdated *reconcile.OutdatedError
	var unsent *stoppedError
	if !errors.As(err, &applied) {
		applied = &ipvsnl.ApplyError{InDoubt: -1}
	}
	for i := range applied.Failures {
		f := &applied.Failures[i]
		r.con.complain(rule(&f.Change) + ": " + message(f.Err))
		r.con.hints.afterFailure(f)
		if f.Change.Op == ipvsnl.OpStartDaemon {
			r.startAgain(ctx, slices.Concat(before, changes), f.Change.Daemon.State)
		}
	}
	if errors.Is(err, reconcile.ErrKept) {
		r.con.complain(reconcile.ErrKept.Error())
	}
	switch {
	case errors.As(err, &unsent):
		r.con.complain(fmt.Sprintf("%s%d of %d changes are done, nothing was sent from this one on: %s",
			stopped(unsent.signal), unsent.index, len(changes), rule(&changes[unsent.index])))
		r.startStopped(ctx, slices.Concat(before, changes[:unsent.index]), changes[unsent.index:])
	case applied.InDoubt >= 0:
		r.con.complain(rule(&applied.Doubted) + ": this change and later ones are in doubt: " + message(applied.Err))
	case errors.As(err, &outdated):
		r.con.complain(outdatedMessage(outdated))
		r.startStopped(ctx, slices.Concat(before, changes), changes)
	case len(applied.Failures) == 0:
		r.con.complain(message(err))
	}
	return exitChange
}

// outdatedMessage names the entry that something else keeps changing.
func outdatedMessage(e *reconcile.OutdatedError) string {
	why := "something else keeps changing this"
	if e.Err != nil {
		why = message(e.Err)
	}
	return rule(&e.Change) + ": " + why + "; later changes were not made"
}

// startStopped restarts the sync daemons that were stopped, if their
// replacements could not be started.
func (r *replacer) startStopped(ctx context.Context, made, left []ipvsnl.Change) {
	for i := range left {
		if left[i].Op == ipvsnl.OpStartDaemon {
			r.startAgain(ctx, made, left[i].Daemon.State)
		}
	}
}

// startAgain restarts a sync daemon with its previous options if it was stopped.
func (r *replacer) startAgain(ctx context.Context, changes []ipvsnl.Change, state ipvsnl.DaemonState) {
	for _, c := range changes {
		if c.Op != ipvsnl.OpStopDaemon || c.Daemon.State != state {
			continue
		}
		again := ipvsnl.StartDaemon(c.Daemon)
		err := r.client.Apply(ctx, again)
		if err != nil && !errors.Is(err, ipvsnl.ErrDaemonRunning) {
			r.con.complain(rule(&again) + ": " + message(err))
		}
	}
}

// rule returns a change as a line of rules for a message.
func rule(c *ipvsnl.Change) string {
	b, ok := format.AppendChange(nil, c)
	if !ok {
		return c.String()
	}
	return visible.Text(string(b[:len(b)-1]))
}
