// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"syscall"

	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/reconcile"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/simulation"
)

// errZero is the error of a line that zeroes counters.
var errZero = errors.New("-Z is not allowed with --replace, which keeps counters")

// A wantedTable is the table that lines of rules create from an empty one.
type wantedTable struct {
	director simulation.Director

	// services reports whether lines mention services, even if only to clear them. If not, an
	// empty table may not be intended.
	services bool

	// daemons are the sync daemons that lines mention; nil for one that is stopped.
	daemons map[ipvsnl.DaemonState]*ipvsnl.Daemon
}

// add makes the change of a line. If a kernel with the same table would refuse it, the
// error is the kernel's answer.
func (w *wantedTable) add(c *flags.Command) error {
	if err := onlyChanges(c); err != nil {
		return err
	}
	switch c.Change.Op {
	case ipvsnl.OpZero, ipvsnl.OpZeroService:
		return errZero
	case ipvsnl.OpStopDaemon:
		if _, named := w.daemons[c.Change.Daemon.State]; !named {
			w.setDaemon(c.Change.Daemon.State, nil) // it may be running
			return nil
		}
	}
	if err := w.director.Make(&c.Change); err != nil {
		return refused(&c.Change, err)
	}
	switch c.Change.Op {
	case ipvsnl.OpAddService, ipvsnl.OpEnsureService, ipvsnl.OpFlush:
		w.services = true
	case ipvsnl.OpStartDaemon:
		d := c.Change.Daemon
		w.setDaemon(d.State, &d)
	case ipvsnl.OpStopDaemon:
		w.setDaemon(c.Change.Daemon.State, nil)
	}
	return nil
}

func (w *wantedTable) setDaemon(state ipvsnl.DaemonState, d *ipvsnl.Daemon) {
	if w.daemons == nil {
		w.daemons = map[ipvsnl.DaemonState]*ipvsnl.Daemon{}
	}
	w.daemons[state] = d
}

// refused returns the error of a change that is refused with an error number.
func refused(c *ipvsnl.Change, err error) error {
	var n simulation.Errno
	errors.As(err, &n) // as every error of a director
	return &ipvsnl.Error{
		Op:          c.Op,
		Service:     c.Service.Key,
		Destination: c.Destination.Addr,
		Daemon:      c.Daemon.State,
		Err:         syscall.Errno(n),
	}
}

// table returns the services with their destinations, in the order of their lines.
func (w *wantedTable) table() reconcile.Table {
	var t reconcile.Table
	for s := range w.director.Services {
		e := reconcile.Entry{Service: s.Service}
		for d := range s.Destinations {
			e.Destinations = append(e.Destinations, d.Destination)
		}
		t = append(t, e)
	}
	return t
}
