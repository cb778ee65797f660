// Package model works out what table commands lead to, without a kernel.
package model

import (
	"errors"
	"net/netip"
	"syscall"

	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/reconcile"
)

// ErrNoChange is the error of a command that only prints something.
var ErrNoChange = errors.New("not a command that changes anything")

// errZero is the error of a command that zeroes counters, which no table has.
var errZero = errors.New("counters live on and cannot be zeroed here")

// A Model is what commands have made of an empty table. The zero Model is one without
// commands.
type Model struct {
	services ordered[ipvsnl.ServiceKey, *service]

	// Services says whether commands speak of services, if only to clear them. If not, that the
	// table is empty may not be meant.
	Services bool

	// Timeouts are those that were set, 0 for those that were not.
	Timeouts ipvsnl.Timeouts

	// Daemons are the sync daemons that commands speak of, nil for one that is stopped.
	Daemons map[ipvsnl.DaemonState]*ipvsnl.Daemon
}

type service struct {
	ipvsnl.Service
	destinations ordered[netip.AddrPort, ipvsnl.Destination]
}

// run are the commands that a model knows.
var run = map[flags.Action]func(*Model, *flags.Command) error{
	flags.AddService:    (*Model).addService,
	flags.EditService:   (*Model).editService,
	flags.DeleteService: (*Model).deleteService,
	flags.AddServer:     (*Model).addServer,
	flags.EditServer:    (*Model).editServer,
	flags.DeleteServer:  (*Model).deleteServer,
	flags.Clear:         (*Model).clear,
	flags.Zero:          func(*Model, *flags.Command) error { return errZero },
	flags.SetTimeouts:   (*Model).setTimeouts,
	flags.StartDaemon:   (*Model).startDaemon,
	flags.StopDaemon:    (*Model).stopDaemon,
}

// Run makes the change that a command asks for. One that a kernel of the same table would refuse
// changes nothing and has the error that the kernel would give, an *ipvsnl.Error.
func (m *Model) Run(c *flags.Command) error {
	f := run[c.Action]
	if f == nil {
		return ErrNoChange
	}
	return f(m, c)
}

// Table returns the services with their destinations, in the order in which they were added.
func (m *Model) Table() reconcile.Table {
	t := make(reconcile.Table, 0, len(m.services.index))
	for s := range m.services.all {
		e := reconcile.Entry{Service: s.Service, Destinations: make([]ipvsnl.Destination, 0, len(s.destinations.index))}
		for d := range s.destinations.all {
			e.Destinations = append(e.Destinations, d)
		}
		t = append(t, e)
	}
	return t
}

func refuse(op ipvsnl.Op, number syscall.Errno) error {
	return &ipvsnl.Error{Op: op, Err: number}
}

func (m *Model) addService(c *flags.Command) error {
	if !m.services.add(c.Service.ServiceKey, &service{Service: c.Service}) {
		return refuse(ipvsnl.OpAddService, syscall.EEXIST)
	}
	m.Services = true
	return nil
}

func (m *Model) editService(c *flags.Command) error {
	s := m.services.get(c.Service.ServiceKey)
	if s == nil {
		return refuse(ipvsnl.OpSetService, syscall.ESRCH)
	}
	(*s).Service = c.Service
	return nil
}

func (m *Model) deleteService(c *flags.Command) error {
	if !m.services.delete(c.Service.ServiceKey) {
		return refuse(ipvsnl.OpDeleteService, syscall.ESRCH)
	}
	return nil
}

func (m *Model) clear(*flags.Command) error {
	m.services = ordered[ipvsnl.ServiceKey, *service]{}
	m.Services = true
	return nil
}

func (m *Model) addServer(c *flags.Command) error {
	const op = ipvsnl.OpAddDestination
	s, err := m.settable(op, c)
	if err != nil {
		return err
	}
	if !s.destinations.add(c.Destination.Addr, c.Destination) {
		return refuse(op, syscall.EEXIST)
	}
	return nil
}

func (m *Model) editServer(c *flags.Command) error {
	const op = ipvsnl.OpSetDestination
	s, err := m.settable(op, c)
	if err != nil {
		return err
	}
	d := s.destinations.get(c.Destination.Addr)
	if d == nil {
		return refuse(op, syscall.ENOENT)
	}
	*d = c.Destination
	return nil
}

func (m *Model) deleteServer(c *flags.Command) error {
	const op = ipvsnl.OpDeleteDestination
	s := m.services.get(c.Service.ServiceKey)
	if s == nil {
		return refuse(op, syscall.ESRCH)
	}
	if !(*s).destinations.delete(c.Destination.Addr) {
		return refuse(op, syscall.ENOENT)
	}
	return nil
}

// settable returns the service of a destination that is to be added or changed, if the
// kernel would take the destination's values.
func (m *Model) settable(op ipvsnl.Op, c *flags.Command) (*service, error) {
	s := m.services.get(c.Service.ServiceKey)
	switch d := &c.Destination; {
	case s == nil:
		return nil, refuse(op, syscall.ESRCH)
	case isMixed(&(*s).Service, d) && m.syncs():
		return nil, refuse(op, syscall.EINVAL)
	case d.LowerThreshold > d.UpperThreshold:
		return nil, refuse(op, syscall.ERANGE)
	}
	return *s, nil
}

func (m *Model) setTimeouts(c *flags.Command) error {
	set := func(to *uint32, seconds uint32) {
		if seconds != 0 {
			*to = seconds
		}
	}
	set(&m.Timeouts.TCP, c.Timeouts.TCP)
	set(&m.Timeouts.TCPFin, c.Timeouts.TCPFin)
	set(&m.Timeouts.UDP, c.Timeouts.UDP)
	return nil
}

func (m *Model) startDaemon(c *flags.Command) error {
	if m.Daemons[c.Daemon.State] != nil {
		return refuse(ipvsnl.OpStartDaemon, syscall.EEXIST)
	}
	for s := range m.services.all {
		for d := range s.destinations.all {
			if isMixed(&s.Service, &d) {
				return refuse(ipvsnl.OpStartDaemon, syscall.EINVAL)
			}
		}
	}
	d := c.Daemon
	m.setDaemon(c, &d)
	return nil
}

// stopDaemon stops a daemon. The first command that speaks of a state may do so, for such a daemon may run.
func (m *Model) stopDaemon(c *flags.Command) error {
	if d, named := m.Daemons[c.Daemon.State]; named && d == nil {
		return refuse(ipvsnl.OpStopDaemon, syscall.ESRCH)
	}
	m.setDaemon(c, nil)
	return nil
}

func (m *Model) setDaemon(c *flags.Command, d *ipvsnl.Daemon) {
	if m.Daemons == nil {
		m.Daemons = map[ipvsnl.DaemonState]*ipvsnl.Daemon{}
	}
	m.Daemons[c.Daemon.State] = d
}

// syncs says whether a sync daemon runs.
func (m *Model) syncs() bool {
	for _, d := range m.Daemons {
		if d != nil {
			return true
		}
	}
	return false
}

// isMixed says whether a destination is of another family than its service, which sync
// daemons have no messages for.
func isMixed(s *ipvsnl.Service, d *ipvsnl.Destination) bool {
	return ipvsnl.FamilyOf(d.Addr.Addr()) != s.Family
}
