// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/files"
	"github.com/ipvsadm-go/ipvsadm/internal/schedulers"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/format"
)

// schedulers runs --schedulers. They are those of the kernel, in every network namespace.
func (r *runner) schedulers(_ context.Context, c *flags.Command) int {
	all, missing := r.sys.schedulers()
	write := format.AppendSchedulers
	if c.Listing.JSON {
		write = format.AppendSchedulersJSON
	}
	code, _ := r.con.printed(r.con.write(write(nil, all)))
	if missing != nil {
		r.con.complain("there may be more schedulers: " + missing.Error())
		return exitListing
	}
	return code
}

// kernelSchedulers returns the schedulers of the running kernel.
func kernelSchedulers() ([]schedulers.Scheduler, error) {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return nil, err
	}
	return schedulers.System{Release: unix.ByteSliceToString(name.Release[:]), Read: files.Read}.List()
}
