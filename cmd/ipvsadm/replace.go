package main

import (
	"errors"
	"fmt"
	"slices"
	"syscall"

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
		code, _ := a.printed(a.writeChanges(changes))
		return code
	}
	stop, applied := make(chan syscall.Signal, 1), make(chan int, 1)
	return a.untilSignal(func() int {
		code := a.apply(changes, stop)
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

// A stoppedError says that a signal has kept changes, from one on, from being sent.
type stoppedError struct {
	signal syscall.Signal
	index  int
}

func (e *stoppedError) Error() string { return stopped(e.signal) }

// apply makes changes and reports those that fail by their rules. Once stop has a signal, it sends no more.
func (a *app) apply(changes []reconcile.Change, stop <-chan syscall.Signal) int {
	err := reconcile.Apply(a.ctx, a.client, changes, reconcile.Before(func(i int) error {
		select {
		case s := <-stop:
			return &stoppedError{s, i}
		default:
			return nil
		}
	}))
	if err == nil {
		return exitDone
	}
	var failures reconcile.Failures
	var doubt *ipvsnl.InDoubtError
	var unsent *stoppedError
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
	switch {
	case errors.As(err, &unsent):
		a.complain(fmt.Sprintf("%s%d of %d changes are done, nothing was sent from this one on: %s",
			stopped(unsent.signal), unsent.index, len(changes), rule(&changes[unsent.index])))
		a.startStopped(changes, unsent.index)
	case inDoubt:
		a.complain(rule(&changes[doubt.Index]) + ": this change and later ones are in doubt: " + message(doubt.Err))
	case !failed:
		a.complain(message(err))
	}
	return exitChange
}

// startStopped starts the sync daemons again that changes have stopped, if those from index on were to
// start them.
func (a *app) startStopped(changes []reconcile.Change, index int) {
	for _, c := range changes[index:] {
		if c.Op == ipvsnl.OpStartDaemon {
			a.startAgain(changes[:index], c.Daemon.State)
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

// rule returns a change as a line of rules, without its newline.
func rule(c *reconcile.Change) string {
	b := format.AppendChange(nil, c)
	return string(b[:len(b)-1])
}
