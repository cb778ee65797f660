// SPDX-License-Identifier: Apache-2.0

// Package simulation makes changes to a table in memory as the kernel makes
// them, including refusals.
package simulation

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// An Errno is the error number with which the kernel refuses a change.
type Errno uint16

// The numbers, which are those of Linux.
const (
	ENOENT Errno = 2
	ESRCH  Errno = 3
	EEXIST Errno = 17
	ENODEV Errno = 19
	EINVAL Errno = 22
	ERANGE Errno = 34
)

func (e Errno) Error() string { return fmt.Sprintf("errno %d", uint16(e)) }

// A Director is a table with its sync daemons and timeouts. The zero Director is one
// without services.
type Director struct {
	// Schedulers, Engines and Interfaces are the names that exist. If one is nil,
	// all names exist.
	Schedulers, Engines, Interfaces []string

	// OnlyUnicast refuses destinations whose address is not unicast. The kernel makes an
	// exception for its own addresses.
	OnlyUnicast bool

	// Timeouts are the timeouts of connections.
	Timeouts ipvsnl.Timeouts

	services ordered[ipvsnl.ServiceKey, *Service]
	daemons  [2]ipvsnl.Daemon // master and backup; without a State if not running
}

// A Service is a service of a Director, with the state that the kernel would report.
type Service struct {
	ipvsnl.ServiceState
	destinations ordered[netip.AddrPort, *ipvsnl.DestinationState]
}

// Services yields the services in the order in which they were added.
func (d *Director) Services(yield func(*Service) bool) { d.services.all(yield) }

// Service returns the service of a key, or nil.
func (d *Director) Service(key ipvsnl.ServiceKey) *Service { return d.services.get(key) }

// Destinations yields the destinations in the order in which they were added.
func (s *Service) Destinations(yield func(*ipvsnl.DestinationState) bool) { s.destinations.all(yield) }

// NewestDestinations yields the destinations in the kernel's order: the latest
// first.
func (s *Service) NewestDestinations(yield func(*ipvsnl.DestinationState) bool) {
	s.destinations.backward(yield)
}

// Destination returns the destination of an address, or nil.
func (s *Service) Destination(addr netip.AddrPort) *ipvsnl.DestinationState {
	return s.destinations.get(addr)
}

// Daemons returns the running sync daemons, the master first.
func (d *Director) Daemons() []ipvsnl.Daemon {
	var all []ipvsnl.Daemon
	for _, daemon := range d.daemons {
		if daemon.State != 0 {
			all = append(all, daemon)
		}
	}
	return all
}

// makes are the functions that make changes.
var makes = [...]func(*Director, *ipvsnl.Change) error{
	ipvsnl.OpAddService:                (*Director).addService,
	ipvsnl.OpSetService:                (*Director).setService,
	ipvsnl.OpPutService:                (*Director).putService,
	ipvsnl.OpDeleteService:             (*Director).deleteService,
	ipvsnl.OpDeleteServiceIfExists:     (*Director).deleteServiceIfExists,
	ipvsnl.OpAddDestination:            (*Director).addDestination,
	ipvsnl.OpSetDestination:            (*Director).setDestination,
	ipvsnl.OpPutDestination:            (*Director).putDestination,
	ipvsnl.OpSetWeight:                 (*Director).updateDestination,
	ipvsnl.OpDeleteDestination:         (*Director).deleteDestination,
	ipvsnl.OpDeleteDestinationIfExists: (*Director).deleteDestinationIfExists,
	ipvsnl.OpStartDaemon:               (*Director).startDaemon,
	ipvsnl.OpStopDaemon:                (*Director).stopDaemon,
	ipvsnl.OpSetTimeouts:               (*Director).setTimeouts,
	ipvsnl.OpZero:                      (*Director).zero,
	ipvsnl.OpZeroService:               (*Director).zeroService,
	ipvsnl.OpFlush:                     (*Director).flush,
	ipvsnl.OpUpdateService:             (*Director).updateService,
	ipvsnl.OpEnsureService:             (*Director).ensureService,
	ipvsnl.OpUpdateDestination:         (*Director).updateDestination,
	ipvsnl.OpEnsureDestination:         (*Director).ensureDestination,
}

// Make makes a change. If the kernel would refuse it, nothing changes, and the
// error is an [Errno].
func (d *Director) Make(c *ipvsnl.Change) error {
	if int(c.Op) >= len(makes) || makes[c.Op] == nil {
		return EINVAL
	}
	return makes[c.Op](d, c)
}

func (d *Director) deleteServiceIfExists(c *ipvsnl.Change) error {
	return ignore(d.deleteService(c), ESRCH)
}

func (d *Director) deleteDestinationIfExists(c *ipvsnl.Change) error {
	return ignore(d.deleteDestination(c), ESRCH, ENOENT)
}

// ignore returns err, unless it is one of those.
func ignore(err error, ignored ...Errno) error {
	if n, _ := err.(Errno); slices.Contains(ignored, n) {
		return nil
	}
	return err
}

func has(names []string, name string) bool { return names == nil || slices.Contains(names, name) }

// noScheduler is the name that stands for no scheduler.
const noScheduler = "none"

// checkService returns the refusal of a service's configuration.
func (d *Director) checkService(s *ipvsnl.Service) error {
	length := s.Persistence.Mask.Len6()
	switch {
	case s.Scheduler != noScheduler && !has(d.Schedulers, s.Scheduler):
		return ENOENT
	case s.Persistence.Engine != "" && !has(d.Engines, s.Persistence.Engine):
		return ENOENT
	case s.Key.Family() == ipvsnl.IPv6 && (length < 1 || length > 128):
		return EINVAL
	}
	return nil
}

// reported returns a service as the kernel reports it: only persistence has a mask.
func reported(s ipvsnl.Service) ipvsnl.Service {
	if s.Persistence.Timeout == 0 {
		s.Persistence.Mask = ipvsnl.Mask{}
	}
	return s
}

func (d *Director) addService(c *ipvsnl.Change) error {
	if d.services.get(c.Service.Key) != nil {
		return EEXIST
	}
	if err := d.checkService(&c.Service); err != nil {
		return err
	}
	d.services.add(c.Service.Key, &Service{ServiceState: ipvsnl.ServiceState{Service: reported(c.Service)}})
	return nil
}

func (d *Director) setService(c *ipvsnl.Change) error {
	s := d.services.get(c.Service.Key)
	if s == nil {
		return ESRCH
	}
	if err := d.checkService(&c.Service); err != nil {
		return err
	}
	s.Service = reported(c.Service)
	return nil
}

func (d *Director) putService(c *ipvsnl.Change) error {
	if d.services.get(c.Service.Key) == nil {
		return d.addService(c)
	}
	return d.setService(c)
}

func (d *Director) deleteService(c *ipvsnl.Change) error {
	if !d.services.delete(c.Service.Key) {
		return ESRCH
	}
	return nil
}

// checkDestination returns a destination's service, or the refusal of its
// configuration.
func (d *Director) checkDestination(c *ipvsnl.Change) (*Service, error) {
	s, dest := d.services.get(c.Service.Key), &c.Destination
	switch {
	case s == nil:
		return nil, ESRCH
	case isMixed(c.Service.Key, dest.Addr) && (dest.Forwarding != ipvsnl.Tunnel || len(d.Daemons()) > 0):
		return nil, EINVAL
	case dest.Weight > 1<<31-1, dest.LowerThreshold > dest.UpperThreshold:
		return nil, ERANGE
	case dest.TunnelType == ipvsnl.GUE && dest.TunnelPort == 0:
		return nil, EINVAL
	}
	return s, nil
}

func (d *Director) addDestination(c *ipvsnl.Change) error {
	s, err := d.checkDestination(c)
	switch {
	case err != nil:
		return err
	case s.destinations.get(c.Destination.Addr) != nil:
		return EEXIST
	case d.OnlyUnicast && !isUnicast(c.Destination.Addr.Addr()):
		return EINVAL
	}
	s.destinations.add(c.Destination.Addr, &ipvsnl.DestinationState{Destination: c.Destination})
	return nil
}

func (d *Director) setDestination(c *ipvsnl.Change) error {
	s, err := d.checkDestination(c)
	if err != nil {
		return err
	}
	state := s.destinations.get(c.Destination.Addr)
	if state == nil {
		return ENOENT
	}
	state.Destination = c.Destination
	return nil
}

func (d *Director) putDestination(c *ipvsnl.Change) error {
	if err := d.addDestination(c); err != EEXIST {
		return err
	}
	return d.setDestination(c)
}

func (d *Director) deleteDestination(c *ipvsnl.Change) error {
	s := d.services.get(c.Service.Key)
	if s == nil {
		return ESRCH
	}
	if !s.destinations.delete(c.Destination.Addr) {
		return ENOENT
	}
	return nil
}

func (d *Director) startDaemon(c *ipvsnl.Change) error {
	i := c.Daemon.State - 1
	switch {
	case c.Daemon.Group.IsValid() && !c.Daemon.Group.IsMulticast(), d.isMixed():
		return EINVAL
	case !has(d.Interfaces, c.Daemon.Interface):
		return ENODEV
	case i >= ipvsnl.DaemonState(len(d.daemons)):
		return EINVAL
	case d.daemons[i].State != 0:
		return EEXIST
	}
	d.daemons[i] = c.Daemon
	return nil
}

func (d *Director) stopDaemon(c *ipvsnl.Change) error {
	i := c.Daemon.State - 1
	switch {
	case i >= ipvsnl.DaemonState(len(d.daemons)):
		return EINVAL
	case d.daemons[i].State == 0:
		return ESRCH
	}
	d.daemons[i] = ipvsnl.Daemon{}
	return nil
}

// maxTimeout is the longest timeout that any kernel accepts: INT_MAX jiffies, of which
// a second has at least a hundred.
const maxTimeout = (1<<31 - 1) / 100 * time.Second

func (d *Director) setTimeouts(c *ipvsnl.Change) error {
	t := &c.Timeouts
	if t.TCP > maxTimeout || t.TCPFin > maxTimeout || t.UDP > maxTimeout {
		return EINVAL
	}
	d.Timeouts = ipvsnl.Timeouts{
		TCP:    cmp.Or(t.TCP, d.Timeouts.TCP),
		TCPFin: cmp.Or(t.TCPFin, d.Timeouts.TCPFin),
		UDP:    cmp.Or(t.UDP, d.Timeouts.UDP),
	}
	return nil
}

func (d *Director) zero(*ipvsnl.Change) error {
	for s := range d.services.all {
		s.zero()
	}
	return nil
}

func (d *Director) zeroService(c *ipvsnl.Change) error {
	s := d.services.get(c.Service.Key)
	if s == nil {
		return ESRCH
	}
	s.zero()
	return nil
}

func (s *Service) zero() {
	s.Stats = ipvsnl.Stats{}
	for state := range s.destinations.all {
		state.Stats = ipvsnl.Stats{}
	}
}

func (d *Director) flush(*ipvsnl.Change) error {
	d.services = ordered[ipvsnl.ServiceKey, *Service]{}
	return nil
}

// isUnicast reports whether a destination can have an address. A link-local IPv6 address
// is valid only if it is the director's own.
func isUnicast(a netip.Addr) bool {
	if a.Is4() {
		return a != netip.IPv4Unspecified() && a != netip.AddrFrom4([4]byte{255, 255, 255, 255}) && !a.IsMulticast()
	}
	return a != netip.IPv6Unspecified() && !a.IsMulticast() && !a.IsLinkLocalUnicast() && !a.Is4In6()
}

// isMixed reports whether the family of a destination differs from that of its service. Sync
// messages cannot describe such destinations, so sync daemons cannot run at the same time.
func isMixed(key ipvsnl.ServiceKey, addr netip.AddrPort) bool {
	return ipvsnl.FamilyOf(addr.Addr()) != key.Family()
}

func (d *Director) isMixed() bool {
	for s := range d.services.all {
		for state := range s.destinations.all {
			if isMixed(s.Service.Key, state.Destination.Addr) {
				return true
			}
		}
	}
	return false
}
