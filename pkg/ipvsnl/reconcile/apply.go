// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"errors"
	"fmt"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// An Applier makes changes, as an [ipvsnl.Client] does. If not all are made, the error
// is or wraps an *[ipvsnl.ApplyError]; any other error means that none was.
type Applier interface {
	Apply(ctx context.Context, changes ...ipvsnl.Change) error
}

var _ Applier = (*ipvsnl.Client)(nil)

// A ReadApplier reads the table and changes it.
type ReadApplier interface {
	Reader
	Applier
}

// An Option changes what [Apply] and [ApplyTo] do.
type Option func(*applier)

// Before makes Apply call f each time before it sends changes, with the index of the first of
// them; all changes before it are done. If f returns an error, nothing more is sent, and
// the error of Apply matches it, so f can stop between two changes without leaving any in
// doubt.
func Before(f func(index int) error) Option { return func(a *applier) { a.before = f } }

// Apply makes the changes of a plan, in order. If one fails, the next ones
// are still made, except those that delete a service or a destination or set a
// weight to 0: these are skipped once anything else has failed, because what was to take
// their place may be missing. Deleting or stopping something that does not exist is not
// a failure.
//
// The error contains everything that went wrong, for errors.Is and errors.As:
//
//   - an *[ipvsnl.ApplyError] has the changes that failed and says, if the connection
//     broke off, from which one on the outcome is in doubt. Destinations of a service that
//     could not be added are not among its failures.
//   - a *[KeptError] has the changes that were skipped. It matches [ErrKept].
//   - an *[OutdatedError] comes from [ApplyTo].
//   - the error that the function of [Before] returned.
//
// Any other error means that nothing was sent, such as the error for a change that plans
// never contain, which matches errors.ErrUnsupported.
func Apply(ctx context.Context, c Applier, changes []ipvsnl.Change, options ...Option) error {
	return apply(ctx, &applier{client: c}, changes, options)
}

// ApplyTo is [Apply] for a table that others may also change. It edits and deletes only
// entries that are still as in current, the table from which the changes were planned: just before
// it sends changes, it reads again the entries that they edit or delete. If these differ, or if the
// kernel refuses a change because something was added or deleted meanwhile, ApplyTo stops,
// and the error matches *[OutdatedError]: read the table again, and make another plan.
func ApplyTo(ctx context.Context, c ReadApplier, current Table, changes []ipvsnl.Change, options ...Option) error {
	return apply(ctx, &applier{client: c, reader: c, current: current.index()}, changes, options)
}

// An applier sends changes and records their outcomes.
type applier struct {
	client  Applier
	reader  Reader                       // nil if the table need not be read again
	current map[ipvsnl.ServiceKey]*Entry // the table from which the changes were planned
	before  func(index int) error        // nil for none

	result  ipvsnl.ApplyError
	failed  bool              // whether anything but a withdrawal has failed
	missing ipvsnl.ServiceKey // of the last service that could not be added
	kept    []ipvsnl.Change   // withdrawals that were skipped
	stop    error             // why nothing more may be sent
}

func apply(ctx context.Context, a *applier, changes []ipvsnl.Change, options []Option) error {
	for i := range changes {
		if !isPlanned(&changes[i]) {
			return fmt.Errorf("change %d of the plan: %v: %w", i, changes[i], errors.ErrUnsupported)
		}
	}
	for _, o := range options {
		o(a)
	}
	a.result.InDoubt = -1
	for done := 0; done < len(changes) && a.stop == nil && a.result.InDoubt < 0; {
		next := changes[done:]
		next = next[:together(next)]
		if withdraws(&next[0]) && a.failed {
			a.kept = append(a.kept, next...)
		} else if err := a.next(ctx, done, next); err != nil {
			if done == 0 {
				return err
			}
			a.doubt(done, &next[0], err)
		}
		done += len(next)
	}
	return a.err()
}

// next sends the next changes, unless there is a reason to stop. An error means
// that it stopped before it sent any.
func (a *applier) next(ctx context.Context, first int, changes []ipvsnl.Change) error {
	if a.before != nil {
		if a.stop = a.before(first); a.stop != nil {
			return nil
		}
	}
	if a.reader != nil {
		if err := a.compare(ctx, changes); err != nil || a.stop != nil {
			return err
		}
	}
	return a.send(ctx, first, changes)
}

// send sends changes, the first of which has the index first.
func (a *applier) send(ctx context.Context, first int, changes []ipvsnl.Change) error {
	err := a.client.Apply(ctx, changes...)
	var e *ipvsnl.ApplyError
	if !errors.As(err, &e) {
		return err
	}
	for _, f := range e.Failures {
		f.Index += first
		a.fail(f)
	}
	if e.InDoubt >= 0 {
		a.doubt(first+e.InDoubt, &e.Doubted, e.Err)
	}
	return nil
}

// doubt records the change from which on the outcome is in doubt.
func (a *applier) doubt(index int, c *ipvsnl.Change, err error) {
	var e *ipvsnl.Error
	if errors.As(err, &e) && e.Op == c.Op {
		err = e.Err // the change is named already
	}
	a.result.InDoubt, a.result.Doubted, a.result.Err = index, *c, err
	a.stop = nil // another plan would not help
}

// fail records a failed change, unless the failure can be ignored.
func (a *applier) fail(f ipvsnl.Failure) {
	c := &f.Change
	switch {
	case isMoot(c, f.Err):
		return
	case c.Op == ipvsnl.OpAddService:
		a.missing = c.Service.Key
	case c.Op == ipvsnl.OpAddDestination && c.Service.Key == a.missing && errors.Is(f.Err, ipvsnl.ErrServiceNotFound):
		return
	}
	if a.reader != nil && isOutdated(c, f.Err) {
		if a.stop == nil {
			a.stop = &OutdatedError{Change: *c, Err: f.Err}
		}
		return
	}
	a.failed = a.failed || !withdraws(c)
	a.result.Failures = append(a.result.Failures, f)
}

// err returns the error of Apply.
func (a *applier) err() error {
	var errs []error
	if len(a.result.Failures) > 0 || a.result.InDoubt >= 0 {
		errs = append(errs, &a.result)
	}
	if len(a.kept) > 0 {
		errs = append(errs, &KeptError{a.kept})
	}
	if a.stop != nil {
		errs = append(errs, a.stop)
	}
	if len(errs) == 1 {
		return errs[0]
	}
	return errors.Join(errs...)
}

// atOnce is the number of changes sent at once: as many as a client puts into one
// datagram.
const atOnce = 128

// together returns how many of the changes to send at once. A service is sent with
// its destinations, and withdrawals wait until the outcome of everything else is known.
func together(changes []ipvsnl.Change) int {
	withdrawn := withdraws(&changes[0])
	count := unit(changes)
	for count < len(changes) && withdraws(&changes[count]) == withdrawn {
		n := unit(changes[count:])
		if count+n > atOnce {
			break
		}
		count += n
	}
	return count
}

// unit returns how many changes belong together, counting the first: a new service and its
// destinations do.
func unit(changes []ipvsnl.Change) int {
	n := 1
	if changes[0].Op != ipvsnl.OpAddService {
		return n
	}
	for n < len(changes) && changes[n].Op == ipvsnl.OpAddDestination && changes[n].Service.Key == changes[0].Service.Key {
		n++
	}
	return n
}
