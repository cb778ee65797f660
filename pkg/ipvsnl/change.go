// SPDX-License-Identifier: Apache-2.0

package ipvsnl

import "net/netip"

// A Change is a modification of the kernel's state. The functions in this file create
// changes, and [Client.Apply] applies them.
type Change struct {
	Op          Op          // what to do
	Service     Service     // the service, or that of the destination; only its Key where that is enough
	Destination Destination // the destination; only its Addr where that is enough
	Daemon      Daemon      // the daemon; only its State to stop it
	Timeouts    Timeouts
	Fields      Fields // what to set, where that is not everything
}

// AddService adds a service. If one with the same key exists, the failure matches
// [ErrServiceExists]; if the kernel has no such scheduler or persistence engine,
// [ErrSchedulerNotFound].
func AddService(s Service) Change { return Change{Op: OpAddService, Service: s} }

// SetService gives the service with the same key this configuration; destinations
// and connections are kept. If it does not exist, the failure matches
// [ErrServiceNotFound]; if the kernel has no such scheduler or persistence engine,
// [ErrSchedulerNotFound].
func SetService(s Service) Change { return Change{Op: OpSetService, Service: s} }

// PutService adds a service or, if it exists, does what [SetService] does.
func PutService(s Service) Change { return Change{Op: OpPutService, Service: s} }

// UpdateService sets these fields of the service with the same key and keeps the others.
// The kernel has no such request, so the service is read first; what another program
// changes in between is undone. Failures are those of [SetService].
func UpdateService(s Service, fields Fields) Change {
	return Change{Op: OpUpdateService, Service: s, Fields: fields}
}

// EnsureService adds a service or, if it exists, does what [UpdateService] does. If it is
// as it should be, nothing is sent, so that its scheduler continues where it is. With [AllFields]
// it differs from [PutService] only in this. It succeeds also if another program adds or deletes the
// service meanwhile.
func EnsureService(s Service, fields Fields) Change {
	return Change{Op: OpEnsureService, Service: s, Fields: fields}
}

// DeleteService deletes a service and its destinations. If it does not exist, the
// failure matches [ErrServiceNotFound].
func DeleteService(key ServiceKey) Change {
	return Change{Op: OpDeleteService, Service: Service{Key: key}}
}

// DeleteServiceIfExists does what [DeleteService] does, and nothing if the service
// does not exist.
func DeleteServiceIfExists(key ServiceKey) Change {
	return Change{Op: OpDeleteServiceIfExists, Service: Service{Key: key}}
}

// AddDestination adds a destination to a service. If the service has one with the same
// address, the failure matches [ErrDestinationExists]; if the service does not
// exist, [ErrServiceNotFound].
func AddDestination(key ServiceKey, d Destination) Change {
	return Change{Op: OpAddDestination, Service: Service{Key: key}, Destination: d}
}

// SetDestination gives the service's destination with the same address this
// configuration, all of it: to change only the weight, use [SetWeight].
// If it does not exist, the failure matches [ErrDestinationNotFound]; if the
// service does not exist, [ErrServiceNotFound].
func SetDestination(key ServiceKey, d Destination) Change {
	return Change{Op: OpSetDestination, Service: Service{Key: key}, Destination: d}
}

// PutDestination adds a destination to a service or, if the service has it, does
// what [SetDestination] does.
func PutDestination(key ServiceKey, d Destination) Change {
	return Change{Op: OpPutDestination, Service: Service{Key: key}, Destination: d}
}

// UpdateDestination sets these fields of the service's destination with the same address,
// as [UpdateService] does those of a service. Failures are those of [SetDestination].
func UpdateDestination(key ServiceKey, d Destination, fields Fields) Change {
	return Change{Op: OpUpdateDestination, Service: Service{Key: key}, Destination: d, Fields: fields}
}

// EnsureDestination adds a destination to a service or, if the service has it, updates it, as
// [EnsureService] does a service.
func EnsureDestination(key ServiceKey, d Destination, fields Fields) Change {
	return Change{Op: OpEnsureDestination, Service: Service{Key: key}, Destination: d, Fields: fields}
}

// SetWeight sets the weight of a destination and leaves everything else unchanged: 0 drains
// it. The kernel has no such request, so the destination is read first; what
// another program changes in between is undone. Failures are those of
// [SetDestination].
func SetWeight(key ServiceKey, addr netip.AddrPort, weight uint32) Change {
	return Change{Op: OpSetWeight, Service: Service{Key: key}, Destination: Destination{Addr: addr, Weight: weight}}
}

// DeleteDestination deletes a destination of a service. If it does not exist, the
// failure matches [ErrDestinationNotFound]; if the service does not exist,
// [ErrServiceNotFound].
func DeleteDestination(key ServiceKey, addr netip.AddrPort) Change {
	return Change{Op: OpDeleteDestination, Service: Service{Key: key}, Destination: Destination{Addr: addr}}
}

// DeleteDestinationIfExists does what [DeleteDestination] does, and nothing if the
// destination or the service does not exist.
func DeleteDestinationIfExists(key ServiceKey, addr netip.AddrPort) Change {
	return Change{Op: OpDeleteDestinationIfExists, Service: Service{Key: key}, Destination: Destination{Addr: addr}}
}

// StartDaemon starts a sync daemon. If one is running in its state, the failure matches
// [ErrDaemonRunning]; if the interface does not exist, [ErrInterfaceNotFound].
func StartDaemon(d Daemon) Change { return Change{Op: OpStartDaemon, Daemon: d} }

// StopDaemon stops the sync daemon of a state. If none is running, the failure matches
// [ErrDaemonNotRunning].
func StopDaemon(state DaemonState) Change {
	return Change{Op: OpStopDaemon, Daemon: Daemon{State: state}}
}

// SetTimeouts sets the timeouts that are not 0.
func SetTimeouts(t Timeouts) Change { return Change{Op: OpSetTimeouts, Timeouts: t} }

// Zero zeroes the counters of every service and destination, and the totals.
func Zero() Change { return Change{Op: OpZero} }

// ZeroService zeroes the counters of a service and its destinations. If it does
// not exist, the failure matches [ErrServiceNotFound].
func ZeroService(key ServiceKey) Change {
	return Change{Op: OpZeroService, Service: Service{Key: key}}
}

// Flush deletes every service and destination.
func Flush() Change { return Change{Op: OpFlush} }

// String returns the change as "add destination 10.0.0.1:80 of TCP 192.0.2.1:80".
func (c Change) String() string {
	return describe(c.Op, c.Service.Key, c.Destination.Addr, c.Daemon.State)
}

// describe returns an operation and its subject.
func describe(o Op, key ServiceKey, addr netip.AddrPort, state DaemonState) string {
	switch o.row().of {
	case aService:
		return o.String() + " " + key.String()
	case aDestination:
		return o.String() + " " + addr.String() + " of " + key.String()
	case aDaemon:
		return o.String() + " " + state.String()
	}
	return o.String()
}
