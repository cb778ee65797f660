package main

import (
	"errors"
	"fmt"
	"slices"
	"syscall"

	"github.com/ipvsadm-go/ipvsadm/internal/simulation"
	"github.com/ipvsadm-go/ipvsadm/internal/visible"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/format"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/reconcile"
)

// errNoServices keeps a file that is empty, or input that did not come, from clearing the table.
var errNoServices = errors.New("no rule has a service, but the table does: to clear it, have -C among the rules")

// maxPlans is how often a replacement is planned while something else changes the table.
const maxPlans = 5

// replace runs -R --replace: it makes the table what the commands that stdin has would make of
// an empty one, with as few changes as that takes. A dry run prints these instead.
func (a *app) replace(dryRun bool) int {
	var wanted model.Model
	if _, code := a.readChecked(wanted.Run); code != exitDone {
		return code
	}
	if dryRun {
		return a.showPlan(&wanted)
	}
	unlock, err := a.lock()
	if err != nil {
		return a.notLocked(err)
	}
	defer unlock()
	stop, applied := make(chan syscall.Signal, 1), make(chan int, 1)
	return a.untilSignal(func() int {
		code := a.carryOut(&wanted, stop)
		applied <- code
		return code
	}, func(s syscall.Signal) int {
		stop <- s
		if code := <-applied; code == exitDone {
			return code // the last changes had been sent
		}
		return exitSignal + int(s)
	})
}

func (a *app) writeChanges(changes []reconcile.Change) error {
	for i := range changes {
		if err := a.write(format.AppendChange(a.stdout.AvailableBuffer(), &changes[i])); err != nil {
			return err
		}
	}
	return nil
}

// showPlan prints what there is to change.
func (a *app) showPlan(wanted *model.Model) int {
	_, changes, err := a.plan(wanted)
	if err != nil {
		return a.cannotPlan(err)
	}
	code, _ := a.printed(a.writeChanges(changes))
	return code
}

// carryOut makes the table what is wanted. If something else changes what is to be edited
// or deleted, it plans anew.
func (a *app) carryOut(wanted *model.Model, stop <-chan syscall.Signal) int {
	var before []reconcile.Change // those of earlier plans
	for n := 1; ; n++ {
		current, changes, err := a.plan(wanted)
		if err != nil {
			return a.cannotPlan(err)
		}
		err = reconcile.ApplyTo(a.ctx, a.client, current, changes, unlessStopped(stop))
		if err == nil {
			return exitDone
		}
		if n == maxPlans || !errors.As(err, new(*reconcile.OutdatedError)) {
			return a.reportFailed(err, changes, before)
		}
		before = append(before, changes...)
	}
}

// cannotPlan says why a replacement cannot be planned.
func (a *app) cannotPlan(err error) int {
	a.complain(message(err))
	if errors.Is(err, errNoServices) {
		return flags.ExitFault
	}
	return exitChange
}

// plan reads the table and returns it and what there is to change. Timeouts and sync daemons
// are looked at only if the commands speak of them.
func (a *app) plan(wanted *model.Model) (current reconcile.Table, changes []reconcile.Change, err error) {
	current, err = a.readStable()
	if err != nil {
		return nil, nil, err
	}
	if len(current) > 0 && !wanted.Services {
		return nil, nil, errNoServices
	}
	changes, err = reconcile.Plan(current, wanted.Table())
	if err != nil {
		return nil, nil, err
	}
	changes, err = a.planSettings(changes, wanted)
	return current, changes, err
}

// planSettings adds what there is to change about timeouts and sync daemons.
func (a *app) planSettings(changes []reconcile.Change, wanted *model.Model) ([]reconcile.Change, error) {
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
	running, err := collect(nil, a.client.Daemons(a.ctx))
	if err != nil {
		return nil, err
	}
	stop, start := reconcile.PlanDaemons(running, wanted.Daemons)
	return slices.Concat(stop, changes, start), nil
}

// A stoppedError says that a signal has kept changes, from one on, from being sent.
type stoppedError struct {
	signal syscall.Signal
	index  int
}

func (e *stoppedError) Error() string { return stopped(e.signal) }

// unlessStopped keeps changes from being sent once stop has a signal.
func unlessStopped(stop <-chan syscall.Signal) reconcile.Option {
	return reconcile.Before(func(i int) error {
		select {
		case s := <-stop:
			return &stoppedError{s, i}
		default:
			return nil
		}
	})
}

// reportFailed reports changes that failed by their rules. Before them, others may have been
// made.
func (a *app) reportFailed(err error, changes, before []reconcile.Change) int {
	var failures reconcile.Failures
	var outdated *reconcile.OutdatedError
	var doubt *ipvsnl.InDoubtError
	var unsent *stoppedError
	failed, isOutdated, inDoubt := errors.As(err, &failures), errors.As(err, &outdated), errors.As(err, &doubt)
	for _, f := range failures {
		a.complain(rule(&f.Change) + ": " + message(f.Err))
		if f.Change.Op == ipvsnl.OpStartDaemon {
			a.startAgain(slices.Concat(before, changes), f.Change.Daemon.State)
		}
	}
	if errors.Is(err, reconcile.ErrKept) {
		a.complain(reconcile.ErrKept.Error())
	}
	switch {
	case errors.As(err, &unsent):
		a.complain(fmt.Sprintf("%s%d of %d changes are done, nothing was sent from this one on: %s",
			stopped(unsent.signal), unsent.index, len(changes), rule(&changes[unsent.index])))
		a.startStopped(slices.Concat(before, changes[:unsent.index]), changes[unsent.index:])
	case inDoubt:
		a.complain(rule(&changes[doubt.Index]) + ": this change and later ones are in doubt: " + message(doubt.Err))
	case isOutdated:
		a.complain(outdatedMessage(outdated))
		a.startStopped(slices.Concat(before, changes), changes)
	case !failed:
		a.complain(message(err))
	}
	return exitChange
}

// outdatedMessage says what something else keeps changing.
func outdatedMessage(e *reconcile.OutdatedError) string {
	why := "something else keeps changing this"
	if e.Err != nil {
		why = message(e.Err)
	}
	return rule(&e.Change) + ": " + why + "; what was to be changed after it is as it was"
}

// startStopped starts the sync daemons again that changes have stopped, if others were to start them.
func (a *app) startStopped(made, left []reconcile.Change) {
	for i := range left {
		if left[i].Op == ipvsnl.OpStartDaemon {
			a.startAgain(made, left[i].Daemon.State)
		}
	}
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

// rule returns a change as a line of rules for a message.
func rule(c *reconcile.Change) string {
	b := format.AppendChange(nil, c)
	return visible.Text(string(b[:len(b)-1]))
}
