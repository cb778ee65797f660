package ipvsnl

import (
	"errors"
	"io/fs"
	"syscall"
)

// An Error is the failure of an operation.
type Error struct {
	// Op is the operation that failed.
	Op Op

	// Err is why. Where the kernel refused, it is the syscall.Errno the kernel
	// sent.
	Err error
}

// What the kernel means by its error numbers, for errors.Is. An [Error] matches
// one of these by its operation and number.
var (
	// ErrNoIPVS says that the kernel has no IPVS: its module is not loaded, or is no
	// longer.
	ErrNoIPVS error = &meaning{"the kernel has no IPVS", fs.ErrNotExist}

	// ErrServiceExists says that there is such a service already.
	ErrServiceExists error = &meaning{"service already exists", fs.ErrExist}

	// ErrServiceNotFound says that there is no such service.
	ErrServiceNotFound error = &meaning{"no such service", fs.ErrNotExist}

	// ErrDestinationExists says that the service has such a destination already.
	ErrDestinationExists error = &meaning{"destination already exists", fs.ErrExist}

	// ErrDestinationNotFound says that the service has no such destination.
	ErrDestinationNotFound error = &meaning{"no such destination", fs.ErrNotExist}

	// ErrSchedulerNotFound says that the kernel has no such scheduler or no such
	// persistence engine; it does not say which.
	ErrSchedulerNotFound error = &meaning{"scheduler or persistence engine not found", fs.ErrNotExist}

	// ErrDaemonRunning says that a sync daemon of that state runs already.
	ErrDaemonRunning error = &meaning{"daemon already running", fs.ErrExist}

	// ErrDaemonNotRunning says that no sync daemon of that state runs.
	ErrDaemonNotRunning error = &meaning{"no daemon running", fs.ErrNotExist}

	// ErrInterfaceNotFound says that the director has no such network interface.
	ErrInterfaceNotFound error = &meaning{"no such network interface", fs.ErrNotExist}
)

// ErrChanged says that the table changed while it was listed. It follows all that the
// kernel listed, which may lack items or have some twice. Only new kernels notice, so a
// listing without this error may be no better.
var ErrChanged = errors.New("the table changed while it was listed")

// meanings says what an error number means as the outcome of an operation.
var meanings = []struct {
	ops   opSet
	errno syscall.Errno
	err   error
}{
	{setOf(OpOpen), syscall.ENOENT, ErrNoIPVS},
	{setOf(OpOpen), syscall.EPROTONOSUPPORT, ErrNoIPVS}, // a kernel without generic netlink
	{setOf(OpInfo, OpServices, OpService, OpDestinations, OpDeleteService, OpDaemons, OpStartDaemon, OpStopDaemon,
		OpTimeouts, OpSetTimeouts, OpZero, OpZeroService, OpFlush), syscall.ENOENT, ErrNoIPVS}, // those to which ENOENT is not an answer
	{setOf(OpAddService), syscall.EEXIST, ErrServiceExists},
	{setOf(OpAddService, OpSetService), syscall.ENOENT, ErrSchedulerNotFound},
	{setOf(OpService, OpSetService, OpDeleteService, OpZeroService), syscall.ESRCH, ErrServiceNotFound},
	{setOf(OpAddDestination, OpSetDestination, OpDeleteDestination), syscall.ESRCH, ErrServiceNotFound},
	{setOf(OpAddDestination), syscall.EEXIST, ErrDestinationExists},
	{setOf(OpSetDestination, OpDeleteDestination), syscall.ENOENT, ErrDestinationNotFound},
	{setOf(OpStartDaemon), syscall.EEXIST, ErrDaemonRunning},
	{setOf(OpStartDaemon), syscall.ENODEV, ErrInterfaceNotFound},
	{setOf(OpStopDaemon), syscall.ESRCH, ErrDaemonNotRunning},
}

// Error says what failed and why.
func (e *Error) Error() string {
	why := e.Err
	if m := e.meaning(); m != nil {
		why = m
	}
	s := "ipvs: " + e.Op.String()
	if why != nil {
		s += ": " + why.Error()
	}
	return s
}

// Unwrap returns e.Err.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is what the error number means for the operation.
func (e *Error) Is(target error) bool {
	m := e.meaning()
	return m != nil && errors.Is(m, target)
}

// meaning returns what the error number means for the operation, or nil.
func (e *Error) meaning() error {
	var errno syscall.Errno
	if !errors.As(e.Err, &errno) {
		return nil
	}
	for _, m := range meanings {
		if m.errno == errno && m.ops.has(e.Op) {
			return m.err
		}
	}
	return nil
}

// A meaning is one of the package's own errors, and the standard library's kind
// of error that it is.
type meaning struct {
	text string
	kind error
}

func (m *meaning) Error() string { return m.text }
func (m *meaning) Unwrap() error { return m.kind }

// An opSet is a set of operations, a bit each.
type opSet uint32

func setOf(ops ...Op) opSet {
	var s opSet
	for _, o := range ops {
		s |= 1 << o
	}
	return s
}

func (s opSet) has(o Op) bool { return s&(1<<o) != 0 }

// fail returns err as the failure of op, or nil.
func fail(op Op, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Op: op, Err: err}
}
