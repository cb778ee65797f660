package reconcile

import (
	"context"
	"errors"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// An OutdatedError is the error of [ApplyTo] where something else has changed the table
// since it was read.
type OutdatedError struct {
	Change Change // it was not made, nor were those of later groups
	Err    error  // why the kernel refused it; nil if it was not sent
}

// Error says which change does not fit the table any more.
func (e *OutdatedError) Error() string {
	if e.Err != nil {
		return e.Change.String() + ": the table has changed since it was read: " + e.Err.Error()
	}
	return e.Change.String() + ": it has changed since it was read"
}

// Unwrap returns e.Err.
func (e *OutdatedError) Unwrap() error { return e.Err }

// compare reads again what changes edit and delete, and notes the first change of what is
// not as it was.
func (a *applier) compare(ctx context.Context, changes []Change) error {
	now, err := a.readAgain(ctx, changes)
	if err != nil {
		return err
	}
	entries := now.index()
	for i := range changes {
		c := &changes[i]
		key := keyOf(&c.Service)
		if !c.fits(a.current[key], entries[key]) {
			a.outdated = &OutdatedError{Change: *c}
			return nil
		}
	}
	return nil
}

// readAgain reads the services that changes are about, if these edit or delete anything.
func (a *applier) readAgain(ctx context.Context, changes []Change) (Table, error) {
	var t Table
	seen := make(map[ipvsnl.ServiceKey]bool)
	for i := range changes {
		key := keyOf(&changes[i].Service)
		if !changes[i].needsOld() || seen[key] {
			continue
		}
		seen[key] = true
		s, err := a.client.Service(ctx, key)
		if errors.Is(err, ipvsnl.ErrServiceNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		t = append(t, Entry{Service: s})
	}
	_, err := t.readDestinations(ctx, a.client)
	return t, err
}

// needsOld reports whether a change edits or deletes a service or destination.
func (c *Change) needsOld() bool {
	switch c.Op {
	case ipvsnl.OpSetService, ipvsnl.OpDeleteService, ipvsnl.OpSetDestination, ipvsnl.OpDeleteDestination:
		return true
	}
	return false
}

// fits reports whether what a change edits or deletes still is as it was, or is gone where
// it is to be deleted anyway. A service that does not exist is nil.
func (c *Change) fits(was, now *Entry) bool {
	switch c.Op {
	case ipvsnl.OpSetService:
		return was != nil && now != nil && sameService(&was.Service, &now.Service)
	case ipvsnl.OpDeleteService:
		return now == nil || was != nil && was.agrees(now)
	case ipvsnl.OpSetDestination:
		old := was.destination(c.Destination.Addr)
		return old != nil && sameDestination(old, now.destination(c.Destination.Addr))
	case ipvsnl.OpDeleteDestination:
		d := now.destination(c.Destination.Addr)
		return d == nil || sameDestination(d, was.destination(c.Destination.Addr))
	}
	return true
}

// isMoot reports whether the kernel refused a change since it has nothing to do: what it
// deletes or stops is gone.
func (c *Change) isMoot(err error) bool {
	switch c.Op {
	case ipvsnl.OpDeleteService:
		return errors.Is(err, ipvsnl.ErrServiceNotFound)
	case ipvsnl.OpDeleteDestination:
		return errors.Is(err, ipvsnl.ErrServiceNotFound) || errors.Is(err, ipvsnl.ErrDestinationNotFound)
	case ipvsnl.OpStopDaemon:
		return errors.Is(err, ipvsnl.ErrDaemonNotRunning)
	}
	return false
}

// isOutdated reports whether the kernel refused a change since something has come or gone.
func (c *Change) isOutdated(err error) bool {
	switch c.Op {
	case ipvsnl.OpAddService:
		return errors.Is(err, ipvsnl.ErrServiceExists)
	case ipvsnl.OpAddDestination:
		return errors.Is(err, ipvsnl.ErrDestinationExists) || errors.Is(err, ipvsnl.ErrServiceNotFound)
	case ipvsnl.OpSetService:
		return errors.Is(err, ipvsnl.ErrServiceNotFound)
	case ipvsnl.OpSetDestination:
		return errors.Is(err, ipvsnl.ErrDestinationNotFound) || errors.Is(err, ipvsnl.ErrServiceNotFound)
	}
	return false
}
