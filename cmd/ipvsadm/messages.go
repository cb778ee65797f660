// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// messages are the texts for errors of the library, some of them for
// some operations only. The first matching row applies.
var messages = []struct {
	err  error
	ops  []ipvsnl.Op // nil for all
	text string
}{
	{ipvsnl.ErrServiceExists, nil, "Service already exists"},
	{ipvsnl.ErrSchedulerNotFound, nil, "Scheduler or persistence engine not found"},
	{ipvsnl.ErrNotNetNS, nil, ipvsnl.ErrNotNetNS.Error()},
	{ipvsnl.ErrServiceNotFound, []ipvsnl.Op{ipvsnl.OpAddDestination, ipvsnl.OpSetDestination, ipvsnl.OpDeleteDestination,
		ipvsnl.OpUpdateDestination, ipvsnl.OpEnsureDestination, ipvsnl.OpSetWeight}, "Service not defined"},
	{ipvsnl.ErrServiceNotFound, nil, "No such service"},
	{ipvsnl.ErrDestinationExists, nil, "Destination already exists"},
	{ipvsnl.ErrDestinationNotFound, nil, "No such destination"},
	{ipvsnl.ErrDaemonRunning, nil, "Daemon has already run"},
	{ipvsnl.ErrDaemonNotRunning, nil, "No daemon is running"},
	{syscall.EPERM, nil, "Permission denied (you must be root)"},
	{syscall.EINVAL, nil, "Invalid operation.  Possibly wrong module version, address not unicast, ..."},
	{syscall.ENOMEM, nil, "Memory allocation problem"},
	{syscall.EOPNOTSUPP, nil, "Operation not supported with IPv6"},
	{syscall.EAFNOSUPPORT, nil, "Operation not supported with specified address family"},
	{syscall.EMSGSIZE, nil, "Module is wrong version"},
}

// message returns the text that is printed for an error.
func message(err error) string {
	var e *ipvsnl.Error
	isOp := errors.As(err, &e)
	for _, m := range messages {
		if errors.Is(err, m.err) && (m.ops == nil || isOp && slices.Contains(m.ops, e.Op)) {
			return m.text
		}
	}
	var errno syscall.Errno
	var applied *ipvsnl.ApplyError
	switch {
	case isOp && e.Op == ipvsnl.OpTotals: // which are in a file that the error names
		return "Cannot " + e.Op.String() + ": " + e.Err.Error()
	case errors.As(err, &errno):
		return strerror(errno)
	case errors.As(err, &applied) && applied.InDoubt >= 0:
		return "It is unknown whether this was done: " + applied.Err.Error()
	case isOp:
		return "Cannot " + e.Op.String() + ": " + e.Err.Error()
	}
	return err.Error()
}

// strerror returns the text of an error number as in C, where it begins with a
// capital.
func strerror(e syscall.Errno) string {
	text := e.Error()
	if strings.HasPrefix(text, "errno ") {
		return "Unknown error " + strconv.Itoa(int(e))
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
