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

// A wantedTable is what lines of rules create from an empty table.
type wantedTable struct {
	entries  reconcile.Table // in the order of the lines
	timeouts ipvsnl.Timeouts // 0 where lines set none

	// services reports whether lines mention services, even if only to clear them. If not, an
	// empty table may not be intended.
	services bool

	// daemons are the sync daemons that lines mention; nil for one that is stopped.
	daemons map[ipvsnl.DaemonState]*ipvsnl.Daemon
}

// A wantedLines runs lines of rules on a table in memory, which takes far more memory than
// what they create.
type wantedLines struct {
	director simulation.Director
	mentions wantedTable // the services and daemons of the lines
}

// add makes the change of a line. If a kernel with the same table would refuse it, the
// error is the kernel's answer.
func (w *wantedLines) add(c *flags.Command) error {
	if err := onlyChanges(c); err != nil {
		return err
	}
	switch c.Change.Op {
	case ipvsnl.OpZero, ipvsnl.OpZeroService:
		return errZero
	case ipvsnl.OpStopDaemon:
		if _, named := w.mentions.daemons[c.Change.Daemon.State]; !named {
			w.mentions.setDaemon(c.Change.Daemon.State, nil) // it may be running
			return nil
		}
	}
	if err := w.director.Make(&c.Change); err != nil {
		return refused(&c.Change, err)
	}
	switch c.Change.Op {
	case ipvsnl.OpAddService, ipvsnl.OpEnsureService, ipvsnl.OpFlush:
		w.mentions.services = true
	case ipvsnl.OpStartDaemon:
		d := c.Change.Daemon
		w.mentions.setDaemon(d.State, &d)
	case ipvsnl.OpStopDaemon:
		w.mentions.setDaemon(c.Change.Daemon.State, nil)
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

// table returns what the lines create.
func (w *wantedLines) table() *wantedTable {
	all := w.mentions
	all.timeouts = w.director.Timeouts
	for s := range w.director.Services {
		e := reconcile.Entry{Service: s.Service}
		for d := range s.Destinations {
			e.Destinations = append(e.Destinations, d.Destination)
		}
		all.entries = append(all.entries, e)
	}
	return &all
}
