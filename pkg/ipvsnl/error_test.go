package ipvsnl_test

import (
	"errors"
	"io/fs"
	"syscall"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

func TestErrorMeaning(t *testing.T) {
	sentinels := []error{
		ipvsnl.ErrNoIPVS, ipvsnl.ErrServiceExists, ipvsnl.ErrServiceNotFound, ipvsnl.ErrDestinationExists,
		ipvsnl.ErrDestinationNotFound, ipvsnl.ErrSchedulerNotFound, ipvsnl.ErrDaemonRunning,
		ipvsnl.ErrDaemonNotRunning, ipvsnl.ErrInterfaceNotFound,
	}
	for _, test := range []struct {
		op    ipvsnl.Op
		errno syscall.Errno
		text  string
		want  error // of the package
		kind  error // of the standard library
	}{
		{ipvsnl.OpOpen, syscall.ENOENT, "ipvs: open: the kernel has no IPVS", ipvsnl.ErrNoIPVS, fs.ErrNotExist},
		{ipvsnl.OpOpen, syscall.EPROTONOSUPPORT, "ipvs: open: the kernel has no IPVS", ipvsnl.ErrNoIPVS, fs.ErrNotExist},
		{ipvsnl.OpAddService, syscall.EEXIST, "ipvs: add service: service already exists", ipvsnl.ErrServiceExists, fs.ErrExist},
		{ipvsnl.OpAddService, syscall.ENOENT, "ipvs: add service: scheduler or persistence engine not found", ipvsnl.ErrSchedulerNotFound, fs.ErrNotExist},
		{ipvsnl.OpSetService, syscall.ENOENT, "ipvs: set service: scheduler or persistence engine not found", ipvsnl.ErrSchedulerNotFound, fs.ErrNotExist},
		{ipvsnl.OpService, syscall.ESRCH, "ipvs: get service: no such service", ipvsnl.ErrServiceNotFound, fs.ErrNotExist},
		{ipvsnl.OpSetService, syscall.ESRCH, "ipvs: set service: no such service", ipvsnl.ErrServiceNotFound, fs.ErrNotExist},
		{ipvsnl.OpDeleteService, syscall.ESRCH, "ipvs: delete service: no such service", ipvsnl.ErrServiceNotFound, fs.ErrNotExist},
		{ipvsnl.OpZeroService, syscall.ESRCH, "ipvs: zero service: no such service", ipvsnl.ErrServiceNotFound, fs.ErrNotExist},
		{ipvsnl.OpAddDestination, syscall.ESRCH, "ipvs: add destination: no such service", ipvsnl.ErrServiceNotFound, fs.ErrNotExist},
		{ipvsnl.OpAddDestination, syscall.EEXIST, "ipvs: add destination: destination already exists", ipvsnl.ErrDestinationExists, fs.ErrExist},
		{ipvsnl.OpSetDestination, syscall.ENOENT, "ipvs: set destination: no such destination", ipvsnl.ErrDestinationNotFound, fs.ErrNotExist},
		{ipvsnl.OpDeleteDestination, syscall.ENOENT, "ipvs: delete destination: no such destination", ipvsnl.ErrDestinationNotFound, fs.ErrNotExist},
		{ipvsnl.OpDeleteDestination, syscall.ESRCH, "ipvs: delete destination: no such service", ipvsnl.ErrServiceNotFound, fs.ErrNotExist},
		{ipvsnl.OpStartDaemon, syscall.EEXIST, "ipvs: start daemon: daemon already running", ipvsnl.ErrDaemonRunning, fs.ErrExist},
		{ipvsnl.OpStartDaemon, syscall.ENODEV, "ipvs: start daemon: no such network interface", ipvsnl.ErrInterfaceNotFound, fs.ErrNotExist},
		{ipvsnl.OpStopDaemon, syscall.ESRCH, "ipvs: stop daemon: no daemon running", ipvsnl.ErrDaemonNotRunning, fs.ErrNotExist},
		{ipvsnl.OpFlush, syscall.ENOENT, "ipvs: flush: the kernel has no IPVS", ipvsnl.ErrNoIPVS, fs.ErrNotExist},
		{ipvsnl.OpServices, syscall.ENOENT, "ipvs: list services: the kernel has no IPVS", ipvsnl.ErrNoIPVS, fs.ErrNotExist},
		{ipvsnl.OpFlush, syscall.EPERM, "ipvs: flush: operation not permitted", nil, fs.ErrPermission},
		{ipvsnl.OpFlush, syscall.ESRCH, "ipvs: flush: no such process", nil, nil},
	} {
		err := error(&ipvsnl.Error{Op: test.op, Err: test.errno})
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
