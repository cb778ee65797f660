// SPDX-License-Identifier: Apache-2.0

package ipvsnl_test

import (
	"errors"
	"io/fs"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// sentinels are the meanings of error numbers.
var sentinels = []error{
	ipvsnl.ErrNoIPVS, ipvsnl.ErrServiceExists, ipvsnl.ErrServiceNotFound, ipvsnl.ErrDestinationExists,
	ipvsnl.ErrDestinationNotFound, ipvsnl.ErrSchedulerNotFound, ipvsnl.ErrDaemonRunning,
	ipvsnl.ErrDaemonNotRunning, ipvsnl.ErrInterfaceNotFound,
}

func TestErrorMeaning(t *testing.T) {
	for _, test := range []struct {
		op    ipvsnl.Op
		errno syscall.Errno
		text  string
		want  error // of the package
		kind  error // of the standard library
	}{
		{ipvsnl.OpOpen, syscall.ENOENT, "ipvs: open: the kernel has no IPVS", ipvsnl.ErrNoIPVS, fs.ErrNotExist},
		{ipvsnl.OpOpen, syscall.EPROTONOSUPPORT, "ipvs: open: the kernel has no IPVS", ipvsnl.ErrNoIPVS, fs.ErrNotExist},
		{ipvsnl.OpAddService, syscall.EEXIST, "ipvs: add service TCP 192.0.2.1:80: service already exists", ipvsnl.ErrServiceExists, fs.ErrExist},
		{ipvsnl.OpAddService, syscall.ENOENT, "ipvs: add service TCP 192.0.2.1:80: scheduler or persistence engine not found", ipvsnl.ErrSchedulerNotFound, fs.ErrNotExist},
		{ipvsnl.OpSetService, syscall.ENOENT, "ipvs: set service TCP 192.0.2.1:80: scheduler or persistence engine not found", ipvsnl.ErrSchedulerNotFound, fs.ErrNotExist},
		{ipvsnl.OpService, syscall.ESRCH, "ipvs: get service TCP 192.0.2.1:80: no such service", ipvsnl.ErrServiceNotFound, fs.ErrNotExist},
		{ipvsnl.OpSetService, syscall.ESRCH, "ipvs: set service TCP 192.0.2.1:80: no such service", ipvsnl.ErrServiceNotFound, fs.ErrNotExist},
		{ipvsnl.OpDeleteService, syscall.ESRCH, "ipvs: delete service TCP 192.0.2.1:80: no such service", ipvsnl.ErrServiceNotFound, fs.ErrNotExist},
		{ipvsnl.OpZeroService, syscall.ESRCH, "ipvs: zero counters of service TCP 192.0.2.1:80: no such service", ipvsnl.ErrServiceNotFound, fs.ErrNotExist},
		{ipvsnl.OpAddDestination, syscall.ESRCH, "ipvs: add destination 10.0.0.1:80 of TCP 192.0.2.1:80: no such service", ipvsnl.ErrServiceNotFound, fs.ErrNotExist},
		{ipvsnl.OpAddDestination, syscall.EEXIST, "ipvs: add destination 10.0.0.1:80 of TCP 192.0.2.1:80: destination already exists", ipvsnl.ErrDestinationExists, fs.ErrExist},
		{ipvsnl.OpSetDestination, syscall.ENOENT, "ipvs: set destination 10.0.0.1:80 of TCP 192.0.2.1:80: no such destination", ipvsnl.ErrDestinationNotFound, fs.ErrNotExist},
		{ipvsnl.OpDeleteDestination, syscall.ENOENT, "ipvs: delete destination 10.0.0.1:80 of TCP 192.0.2.1:80: no such destination", ipvsnl.ErrDestinationNotFound, fs.ErrNotExist},
		{ipvsnl.OpDeleteDestination, syscall.ESRCH, "ipvs: delete destination 10.0.0.1:80 of TCP 192.0.2.1:80: no such service", ipvsnl.ErrServiceNotFound, fs.ErrNotExist},
		{ipvsnl.OpStartDaemon, syscall.EEXIST, "ipvs: start daemon master: daemon already running", ipvsnl.ErrDaemonRunning, fs.ErrExist},
		{ipvsnl.OpStartDaemon, syscall.ENODEV, "ipvs: start daemon master: no such network interface", ipvsnl.ErrInterfaceNotFound, fs.ErrNotExist},
		{ipvsnl.OpStopDaemon, syscall.ESRCH, "ipvs: stop daemon master: daemon not running", ipvsnl.ErrDaemonNotRunning, fs.ErrNotExist},
		{ipvsnl.OpFlush, syscall.ENOENT, "ipvs: flush: the kernel has no IPVS", ipvsnl.ErrNoIPVS, fs.ErrNotExist},
		{ipvsnl.OpServices, syscall.ENOENT, "ipvs: list services: the kernel has no IPVS", ipvsnl.ErrNoIPVS, fs.ErrNotExist},
		{ipvsnl.OpSetTimeouts, syscall.EINVAL, "ipvs: set timeouts: invalid argument", nil, fs.ErrInvalid},
		{ipvsnl.OpAddDestination, syscall.ERANGE, "ipvs: add destination 10.0.0.1:80 of TCP 192.0.2.1:80: value out of range", nil, fs.ErrInvalid},
		{ipvsnl.OpFlush, syscall.EPERM, "ipvs: flush: operation not permitted", nil, fs.ErrPermission},
		{ipvsnl.OpFlush, syscall.ESRCH, "ipvs: flush: no such process", nil, nil},
	} {
		err := error(&ipvsnl.Error{Op: test.op, Service: web, Destination: server.Addr, Daemon: ipvsnl.Master, Err: test.errno})
		if err.Error() != test.text {
			t.Errorf("text %q, want %q", err, test.text)
		}
		if !errors.Is(err, test.errno) {
			t.Errorf("%v is not %v", err, test.errno)
		}
		for _, s := range sentinels {
			if errors.Is(err, s) != (s == test.want) {
				t.Errorf("%v is %v: %t", err, s, errors.Is(err, s))
			}
		}
		for _, kind := range []error{fs.ErrExist, fs.ErrNotExist, fs.ErrPermission, fs.ErrInvalid} {
			if errors.Is(err, kind) != (kind == test.kind) {
				t.Errorf("%v is %v: %t", err, kind, errors.Is(err, kind))
			}
		}
	}
}

// Of each operation, these numbers have a meaning and no others.
func TestErrorMeanings(t *testing.T) {
	type meanings map[syscall.Errno]error
	absent := meanings{syscall.ENOENT: ipvsnl.ErrNoIPVS}
	noService := meanings{syscall.ENOENT: ipvsnl.ErrNoIPVS, syscall.ESRCH: ipvsnl.ErrServiceNotFound}
	for op, want := range map[ipvsnl.Op]meanings{
		ipvsnl.OpOpen:          {syscall.ENOENT: ipvsnl.ErrNoIPVS, syscall.EPROTONOSUPPORT: ipvsnl.ErrNoIPVS},
		ipvsnl.OpNetNS:         {},
		ipvsnl.OpInfo:          absent,
		ipvsnl.OpServices:      absent,
		ipvsnl.OpService:       noService,
		ipvsnl.OpDestinations:  absent,
		ipvsnl.OpDaemons:       absent,
		ipvsnl.OpTimeouts:      absent,
		ipvsnl.OpTotals:        absent,
		ipvsnl.OpAddService:    {syscall.EEXIST: ipvsnl.ErrServiceExists, syscall.ENOENT: ipvsnl.ErrSchedulerNotFound},
		ipvsnl.OpSetService:    {syscall.ENOENT: ipvsnl.ErrSchedulerNotFound, syscall.ESRCH: ipvsnl.ErrServiceNotFound},
		ipvsnl.OpUpdateService: {syscall.ENOENT: ipvsnl.ErrSchedulerNotFound, syscall.ESRCH: ipvsnl.ErrServiceNotFound},
		ipvsnl.OpEnsureService: {syscall.EEXIST: ipvsnl.ErrServiceExists, syscall.ENOENT: ipvsnl.ErrSchedulerNotFound,
			syscall.ESRCH: ipvsnl.ErrServiceNotFound},
		ipvsnl.OpDeleteService:         noService,
		ipvsnl.OpDeleteServiceIfExists: absent,
		ipvsnl.OpAddDestination:        {syscall.ESRCH: ipvsnl.ErrServiceNotFound, syscall.EEXIST: ipvsnl.ErrDestinationExists},
		ipvsnl.OpSetDestination:        {syscall.ESRCH: ipvsnl.ErrServiceNotFound, syscall.ENOENT: ipvsnl.ErrDestinationNotFound},
		ipvsnl.OpSetWeight:             {syscall.ESRCH: ipvsnl.ErrServiceNotFound, syscall.ENOENT: ipvsnl.ErrDestinationNotFound},
		ipvsnl.OpUpdateDestination:     {syscall.ESRCH: ipvsnl.ErrServiceNotFound, syscall.ENOENT: ipvsnl.ErrDestinationNotFound},
		ipvsnl.OpEnsureDestination: {syscall.ESRCH: ipvsnl.ErrServiceNotFound, syscall.EEXIST: ipvsnl.ErrDestinationExists,
			syscall.ENOENT: ipvsnl.ErrDestinationNotFound},
		ipvsnl.OpDeleteDestination:         {syscall.ESRCH: ipvsnl.ErrServiceNotFound, syscall.ENOENT: ipvsnl.ErrDestinationNotFound},
		ipvsnl.OpDeleteDestinationIfExists: {},
		ipvsnl.OpStartDaemon: {syscall.ENOENT: ipvsnl.ErrNoIPVS, syscall.EEXIST: ipvsnl.ErrDaemonRunning,
			syscall.ENODEV: ipvsnl.ErrInterfaceNotFound},
		ipvsnl.OpStopDaemon:  {syscall.ENOENT: ipvsnl.ErrNoIPVS, syscall.ESRCH: ipvsnl.ErrDaemonNotRunning},
		ipvsnl.OpSetTimeouts: absent,
		ipvsnl.OpZero:        absent,
		ipvsnl.OpZeroService: noService,
		ipvsnl.OpFlush:       absent,
		// A put has two requests, so both of their errors are its own.
		ipvsnl.OpPutService: {syscall.EEXIST: ipvsnl.ErrServiceExists, syscall.ENOENT: ipvsnl.ErrSchedulerNotFound,
			syscall.ESRCH: ipvsnl.ErrServiceNotFound},
		ipvsnl.OpPutDestination: {syscall.ESRCH: ipvsnl.ErrServiceNotFound, syscall.EEXIST: ipvsnl.ErrDestinationExists,
			syscall.ENOENT: ipvsnl.ErrDestinationNotFound},
	} {
		for number := range syscall.Errno(150) {
			err := error(&ipvsnl.Error{Op: op, Err: number})
			for _, s := range sentinels {
				require.Equal(t, s == want[number], errors.Is(err, s), "%v is %v", err, s)
			}
			require.Equal(t, number == syscall.EINVAL || number == syscall.ERANGE, errors.Is(err, fs.ErrInvalid), "%v", err)
		}
	}
}

func TestErrorOther(t *testing.T) {
	inner := errors.New("inner")
	err := error(&ipvsnl.Error{Op: ipvsnl.OpInfo, Err: inner})
	if !errors.Is(err, inner) || err.Error() != "ipvs: get info: inner" {
		t.Errorf("error %v", err)
	}
	for _, e := range []*ipvsnl.Error{{}, {Op: 200}, {Op: 200, Err: syscall.ENOENT}} {
		if errors.Is(e, ipvsnl.ErrNoIPVS) {
			t.Errorf("%v is %v", e, ipvsnl.ErrNoIPVS)
		}
	}
	if got := (&ipvsnl.Error{Op: 200}).Error(); got != "ipvs: Op(200)" {
		t.Errorf("text %q", got)
	}
}
