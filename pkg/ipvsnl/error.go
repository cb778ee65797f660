// SPDX-License-Identifier: Apache-2.0

package ipvsnl

import (
	"errors"
	"io/fs"
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/internal/netns"
)

// An Error is the failure of an operation.
type Error struct {
	// Op is the operation that failed.
	Op Op

	// Service is the service concerned, if the operation was about a service or
	// one of its destinations; Destination is that destination.
	Service     ServiceKey
	Destination netip.AddrPort

	// Daemon is the state of the sync daemon concerned, if any.
	Daemon DaemonState

	// Err is the reason. After a refusal, it is the syscall.Errno that the
	// kernel sent.
	Err error
}

// Meanings of the kernel's error numbers, for errors.Is. An [Error] matches one
// of these according to its operation and number.
var (
	// ErrNoIPVS means that the kernel has no IPVS: its module is not loaded.
	ErrNoIPVS error = &meaning{"the kernel has no IPVS", fs.ErrNotExist}

	// ErrServiceExists means that a service with this key exists.
	ErrServiceExists error = &meaning{"service already exists", fs.ErrExist}

	// ErrServiceNotFound means that the service does not exist. The services of a
	// mark for IPv4 and for IPv6 are different services.
	ErrServiceNotFound error = &meaning{"no such service", fs.ErrNotExist}

	// ErrDestinationExists means that the service has a destination with this address.
	ErrDestinationExists error = &meaning{"destination already exists", fs.ErrExist}

	// ErrDestinationNotFound means that the service has no such destination.
	ErrDestinationNotFound error = &meaning{"no such destination", fs.ErrNotExist}

	// ErrSchedulerNotFound means that the kernel has no such scheduler, or no such
	// persistence engine; it does not report which.
	ErrSchedulerNotFound error = &meaning{"scheduler or persistence engine not found", fs.ErrNotExist}

	// ErrDaemonRunning means that a sync daemon of this state is running.
	ErrDaemonRunning error = &meaning{"daemon already running", fs.ErrExist}

	// ErrDaemonNotRunning means that no sync daemon of this state is running.
	ErrDaemonNotRunning error = &meaning{"daemon not running", fs.ErrNotExist}

	// ErrInterfaceNotFound means that the network interface does not exist.
	ErrInterfaceNotFound error = &meaning{"no such network interface", fs.ErrNotExist}

	errInvalidArgument error = &meaning{"invalid argument", fs.ErrInvalid}
	errOutOfRange      error = &meaning{"value out of range", fs.ErrInvalid}
)

// Problems with replies and their source. The outcome of
// the operation is unknown.
var (
	// ErrChanged means that the table changed while it was listed. The listing, which is
	// still returned, may lack items and contain some twice. Only new kernels notice
	// changes by others, so a listing without this error may have the same problem.
	ErrChanged = errors.New("the table changed while it was listed")

	// ErrOverrun means that replies were lost because the socket buffer was full.
	ErrOverrun = errors.New("replies were lost")

	// ErrMalformed means that a reply does not have the form that kernels send.
	ErrMalformed = errors.New("malformed reply")

	// ErrNamespace means that a thread outside the client's network namespace
	// requested an operation, and that the client cannot enter its namespace.
	ErrNamespace = errors.New("the thread is not in the network namespace of the client")

	errAttrs    error = &meaning{"malformed reply: not attributes", ErrMalformed}
	errFamily   error = &meaning{"malformed reply: unknown address family", ErrMalformed}
	errShort    error = &meaning{"malformed reply: shorter than its header", ErrMalformed}
	errStray    error = &meaning{"malformed reply: to another request", ErrMalformed}
	errType     error = &meaning{"malformed reply: of another netlink family", ErrMalformed}
	errNoReply  error = &meaning{"malformed reply: none", ErrMalformed}
	errFamilyID error = &meaning{"malformed reply: no number for the netlink family", ErrMalformed}

	// ErrNotNetNS means that the file given to [WithNetNS] is not a network namespace.
	ErrNotNetNS = netns.ErrNot
)

// meanings are the meanings of error numbers as the outcome of operations.
var meanings = []struct {
	ops    opSet
	number errno
	err    error
}{
	{setOf(OpOpen), enoent, ErrNoIPVS},
	{setOf(OpOpen), eprotonosupport, ErrNoIPVS}, // a kernel without generic netlink
	// After IPVS has been opened, ENOENT means that its module has been unloaded.
	{setOf(OpInfo, OpServices, OpService, OpDestinations, OpDeleteService, OpDeleteServiceIfExists, OpDaemons, OpStartDaemon,
		OpStopDaemon, OpTimeouts, OpTotals, OpSetTimeouts, OpZero, OpZeroService, OpFlush), enoent, ErrNoIPVS},
	{setOf(OpAddService, OpPutService, OpEnsureService), eexist, ErrServiceExists},
	{setOf(OpAddService, OpSetService, OpPutService, OpUpdateService, OpEnsureService), enoent, ErrSchedulerNotFound},
	{setOf(OpService, OpSetService, OpPutService, OpUpdateService, OpEnsureService, OpDeleteService, OpZeroService), esrch,
		ErrServiceNotFound},
	{setOf(OpAddDestination, OpSetDestination, OpPutDestination, OpUpdateDestination, OpEnsureDestination, OpSetWeight,
		OpDeleteDestination), esrch, ErrServiceNotFound},
	{setOf(OpAddDestination, OpPutDestination, OpEnsureDestination), eexist, ErrDestinationExists},
	{setOf(OpSetDestination, OpPutDestination, OpUpdateDestination, OpEnsureDestination, OpSetWeight, OpDeleteDestination),
		enoent, ErrDestinationNotFound},
	{setOf(OpStartDaemon), eexist, ErrDaemonRunning},
	{setOf(OpStartDaemon), enodev, ErrInterfaceNotFound},
	{setOf(OpStopDaemon), esrch, ErrDaemonNotRunning},
	{allOps, einval, errInvalidArgument},
	{allOps, erange, errOutOfRange},
}

// Error returns the operation, the service and destination, and the reason.
func (e *Error) Error() string {
	why := e.Err
	if m := e.meaning(); m != nil {
		why = m
	}
	s := "ipvs: " + describe(e.Op, e.Service, e.Destination, e.Daemon)
	if why != nil {
		s += ": " + why.Error()
	}
	return s
}

// Unwrap returns e.Err.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is the meaning of the error number for the operation.
func (e *Error) Is(target error) bool {
	m := e.meaning()
	return m != nil && errors.Is(m, target)
}

// meaning returns the meaning of the error number for the operation, or nil.
func (e *Error) meaning() error {
	number := numberOf(e.Err)
	for _, m := range meanings {
		if m.number == number && m.ops.has(e.Op) {
			return m.err
		}
	}
	return nil
}

// A meaning is one of the package's own errors, and the corresponding kind of error
// in the standard library.
type meaning struct {
	text string
	kind error
}

func (m *meaning) Error() string { return m.text }
func (m *meaning) Unwrap() error { return m.kind }

// An opSet is a set of operations, a bit each.
type opSet uint32

const allOps = ^opSet(0)

func setOf(ops ...Op) opSet {
	var s opSet
	for _, o := range ops {
		s |= 1 << o
	}
	return s
}

func (s opSet) has(o Op) bool { return s&(1<<o) != 0 }
