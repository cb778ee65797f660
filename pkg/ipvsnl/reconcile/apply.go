package reconcile

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// A Failure is a change that the kernel refused or that could not be asked for.
type Failure struct {
	Change Change
	Err    error // an *ipvsnl.Error
}

// Error says which change failed and why.
func (f *Failure) Error() string { return f.Change.String() + ": " + f.Err.Error() }

// Unwrap returns f.Err.
func (f *Failure) Unwrap() error { return f.Err }

// Failures are the changes that failed, as the error of [Apply]. errors.Is and
// errors.As look at each of them.
type Failures []*Failure

// Error says which changes failed and why, one on a line.
func (f Failures) Error() string {
	lines := make([]string, len(f))
	for i := range f {
		lines[i] = f[i].Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the failures.
func (f Failures) Unwrap() []error {
	all := make([]error, len(f))
	for i := range f {
		all[i] = f[i]
	}
	return all
}

// ErrKept says that services or destinations were not deleted, nor destinations drained,
// because something else had failed before: what served serves on beside what is new.
var ErrKept = errors.New("nothing was drained or deleted, since other changes failed")

// atOnce is about how many changes are sent at once: as many as a batch puts into one
// datagram.
const atOnce = 128

// Apply has the kernel make changes, in order. One that fails does not keep it from the
// next, but nothing is deleted, and no destination set to weight 0, once something else has
// failed: what was to take their place may not be there. The error then matches [Failures]
// and, where changes were left out, [ErrKept]. The destinations of a service
// that could not be added are not named among the failures. To delete or stop what does
// not exist is no failure.
//
// An Op that is no change is an error before anything is sent. If Apply breaks off,
// because ctx is cancelled or replies are lost, the error also matches
// *[ipvsnl.InDoubtError], whose Index counts in changes.
func Apply(ctx context.Context, c *ipvsnl.Client, changes []Change, options ...Option) error {
	return apply(ctx, &applier{client: c, batch: c.Batch()}, changes, options)
}

// ApplyTo is [Apply] for a table that others may change too: changes edit and delete only
// what still is as current, from which they were planned, has it. Just before some of them
// are sent, what they are about is read again. If it differs, or if the kernel refuses a
// change because something has come or gone, ApplyTo breaks off and the error also
// matches *[OutdatedError]: read the table again, and plan anew.
func ApplyTo(ctx context.Context, c *ipvsnl.Client, current Table, changes []Change, options ...Option) error {
	return apply(ctx, &applier{client: c, batch: c.Batch(), current: current.index()}, changes, options)
}

func apply(ctx context.Context, a *applier, changes []Change, options []Option) error {
	for i := range changes {
		if queue[changes[i].Op] == nil {
			return fmt.Errorf("change %d: %v: %w", i, changes[i].Op, errors.ErrUnsupported)
		}
	}
	a.before = func(int) error { return nil }
	for _, o := range options {
		o(a)
	}
	for done := 0; done < len(changes); {
		next := changes[done:]
		next = next[:together(next)]
		if next[0].withdraws() && a.failed {
			a.kept = ErrKept
		} else if err := a.before(done); err != nil {
			return errors.Join(a.err(), err)
		} else if err := a.submit(ctx, next); err != nil {
			return errors.Join(a.err(), inDoubt(changes, done, err))
		}
		if a.outdated != nil {
			return errors.Join(a.err(), a.outdated)
		}
		done += len(next)
	}
	return a.err()
}

// An Option is an option of [Apply].
type Option func(*applier)

// Before has Apply call f each time before it sends changes, with the index of the first of them. All
// before that one are done. If f returns an error, Apply sends nothing more and its error
// matches that of f: this is how to stop between two changes without leaving any in doubt.
func Before(f func(index int) error) Option { return func(a *applier) { a.before = f } }

// together returns how many of the changes are to be sent at once, so that a service comes
// in the same datagram as its destinations and nothing is withdrawn before it is
// known what became of all else.
func together(changes []Change) int {
	count := 0
	for count < len(changes) && changes[count].withdraws() == changes[0].withdraws() {
		n := unit(changes[count:])
		if count > 0 && count+n > atOnce {
			break
		}
		count += n
	}
	return count
}

// unit returns how many changes belong to the first: a new service's destinations.
func unit(changes []Change) int {
	n := 1
	if changes[0].Op != ipvsnl.OpAddService {
		return n
	}
	for n < len(changes) && changes[n].Op == ipvsnl.OpAddDestination && changes[n].Service.ServiceKey == changes[0].Service.ServiceKey {
		n++
	}
	return n
}

// inDoubt returns the error of changes of which those from first on were sent when err
// broke it off.
func inDoubt(changes []Change, first int, err error) error {
	var doubt *ipvsnl.InDoubtError
	switch {
	case errors.As(err, &doubt):
		first, err = first+doubt.Index, doubt.Err
	case first == 0:
		return err // nothing was sent
	}
	return fmt.Errorf("%v: %w", changes[first], &ipvsnl.InDoubtError{Index: first, Err: err})
}

// An applier sends changes and gathers those that fail.
type applier struct {
	client   *ipvsnl.Client
	batch    *ipvsnl.Batch
	current  map[ipvsnl.ServiceKey]*Entry // what was planned from; nil if that is not to be looked at
	before   func(index int) error
	failures Failures
	failed   bool              // whether anything but a withdrawal has failed
	missing  ipvsnl.ServiceKey // of the last service that could not be added
	kept     error             // ErrKept if withdrawals were left out
	outdated *OutdatedError    // the first change that does not fit the table any more
}

// submit sends changes unless one does not fit the table any more.
func (a *applier) submit(ctx context.Context, changes []Change) error {
	if a.current != nil {
		if err := a.compare(ctx, changes); err != nil || a.outdated != nil {
			return err
		}
	}
	for i := range changes {
		queue[changes[i].Op](a.batch, &changes[i])
	}
	failures, err := a.batch.Send(ctx)
	for _, f := range failures {
		a.fail(changes[f.Index], f.Err)
	}
	return err
}

func (a *applier) fail(c Change, err error) {
	switch {
	case c.isMoot(err):
		return
	case c.Op == ipvsnl.OpAddService:
		a.missing = c.Service.ServiceKey
	case c.Op == ipvsnl.OpAddDestination && c.Service.ServiceKey == a.missing && errors.Is(err, ipvsnl.ErrServiceNotFound):
		return
	}
	if a.current != nil && c.isOutdated(err) {
		if a.outdated == nil {
			a.outdated = &OutdatedError{Change: c, Err: err}
		}
		return
	}
	a.failed = a.failed || !c.withdraws()
	a.failures = append(a.failures, &Failure{c, err})
}

func (a *applier) err() error {
	if len(a.failures) == 0 {
		return nil
	}
	return errors.Join(a.failures, a.kept)
}
