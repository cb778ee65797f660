// SPDX-License-Identifier: Apache-2.0

package main

import (
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/files"
	"github.com/ipvsadm-go/ipvsadm/internal/schedulers"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/format"
)

// listSchedulers runs --schedulers, given how to find them. They are those of the kernel, in every network namespace.
func listSchedulers(con *console, find func() ([]schedulers.Scheduler, error), c *flags.Command) int {
	all, missing := find()
	write := format.AppendSchedulers
	if c.Listing.JSON {
		write = format.AppendSchedulersJSON
	}
	code := con.print(write(nil, all))
	if missing != nil {
		con.complain("there may be more schedulers: " + missing.Error())
		return exitListing
	}
	return code
}

// kernelSchedulers returns the schedulers of the running kernel.
func kernelSchedulers() ([]schedulers.Scheduler, error) { return runningKernel().List() }

// runningKernel returns where the modules of the running kernel are described.
func runningKernel() schedulers.System {
	var name unix.Utsname
	_ = unix.Uname(&name) // always works
	return schedulers.System{Release: unix.ByteSliceToString(name.Release[:]), Read: files.Read}
}
