// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"os"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"golang.org/x/sys/unix"
)

// minVersion is the oldest IPVS that the command works with.
const minVersion ipvsnl.Version = 0x010104

// open opens IPVS, loading its module if need be, and asks for its version.
func (a *app) open() error {
	var err error
	a.client, err = ipvsnl.Open(a.ctx, a.netns.options()...)
	if errors.Is(err, ipvsnl.ErrNoIPVS) {
		loadModule()
		a.client, err = ipvsnl.Open(a.ctx, a.netns.options()...)
	}
	if errors.Is(err, ipvsnl.ErrNoIPVS) {
		return noIPVS()
	}
	if err != nil {
		return err
	}
	if a.info, err = a.client.Info(a.ctx); err != nil {
		_ = a.client.Close()
		return err
	}
	if a.info.Version < minVersion {
		a.complain("Warning: IPVS version mismatch: \n" +
			"  Kernel compiled with IPVS version " + a.info.Version.String())
	}
	return nil
}

// loadModule has modprobe load the kernel's module. Whether that worked is seen when
// IPVS is opened again.
func loadModule() {
	p, err := os.StartProcess("/sbin/modprobe", []string{"/sbin/modprobe", "--", "ip_vs"},
		&os.ProcAttr{Files: []*os.File{os.Stdin, os.Stdout, os.Stderr}})
	if err == nil {
		_, _ = p.Wait()
	}
}

// noIPVS returns the error for a kernel without IPVS: not to be root comes first,
// as who may not open a raw socket could not use it anyway.
func noIPVS() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_RAW)
	if err != nil {
		return err
	}
	_ = unix.Close(fd)
	return unix.ENOPROTOOPT
}
