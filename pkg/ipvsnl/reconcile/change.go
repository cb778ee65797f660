// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"errors"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// isPlanned reports whether plans can contain a change.
func isPlanned(c *ipvsnl.Change) bool {
	switch c.Op {
	case ipvsnl.OpAddService, ipvsnl.OpSetService, ipvsnl.OpDeleteService,
		ipvsnl.OpAddDestination, ipvsnl.OpSetDestination, ipvsnl.OpDeleteDestination,
		ipvsnl.OpSetTimeouts, ipvsnl.OpStartDaemon, ipvsnl.OpStopDaemon:
		return true
	}
	return false
}

// withdraws reports whether a change takes away what serves clients: a service, a
// destination, or a destination's weight.
func withdraws(c *ipvsnl.Change) bool {
	switch c.Op {
	case ipvsnl.OpDeleteService, ipvsnl.OpDeleteDestination:
		return true
	case ipvsnl.OpSetDestination:
		return c.Destination.Weight == 0
	}
	return false
}

// replaces reports whether a change edits or deletes a service or destination.
func replaces(c *ipvsnl.Change) bool {
	switch c.Op {
	case ipvsnl.OpSetService, ipvsnl.OpDeleteService, ipvsnl.OpSetDestination, ipvsnl.OpDeleteDestination:
		return true
	}
	return false
}

// fits reports whether the entry that a change edits or deletes is unchanged or, for a
// deletion, gone. An entry that does not exist is nil.
func fits(c *ipvsnl.Change, was, now *Entry) bool {
	addr := c.Destination.Addr
	switch c.Op {
	case ipvsnl.OpSetService:
		return isSame(was.service(), now.service())
	case ipvsnl.OpDeleteService:
		return now == nil || was.agrees(now)
	case ipvsnl.OpSetDestination:
		return isSame(was.destination(addr), now.destination(addr))
	case ipvsnl.OpDeleteDestination:
		d := now.destination(addr)
		return d == nil || isSame(was.destination(addr), d)
	}
	return true
}

// isMoot reports whether the kernel refused a change because what it deletes or stops
// is gone.
func isMoot(c *ipvsnl.Change, err error) bool {
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

// isOutdated reports whether the kernel refused a change because something was added or
// deleted since the table was read.
func isOutdated(c *ipvsnl.Change, err error) bool {
	switch c.Op {
	case ipvsnl.OpAddService:
		return errors.Is(err, ipvsnl.ErrServiceExists)
	case ipvsnl.OpAddDestination:
		return errors.Is(err, ipvsnl.ErrServiceNotFound) || errors.Is(err, ipvsnl.ErrDestinationExists)
	case ipvsnl.OpSetService:
		return errors.Is(err, ipvsnl.ErrServiceNotFound)
	case ipvsnl.OpSetDestination:
		return errors.Is(err, ipvsnl.ErrServiceNotFound) || errors.Is(err, ipvsnl.ErrDestinationNotFound)
	}
	return false
}
