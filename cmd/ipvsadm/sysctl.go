// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"syscall"

	"github.com/ipvsadm-go/ipvsadm/internal/sysctls"
	"github.com/ipvsadm-go/ipvsadm/internal/visible"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/format"
)

var (
	errNoSysctls = errors.New("the kernel has no sysctls of IPVS in this network namespace")
	errNoSysctl  = errors.New("the kernel has no such sysctl")
)

// A sysctler runs --sysctl. It does what it can: what fails is reported, and is the exit code at the end.
type sysctler struct {
	con     *console
	dir     sysctlDir
	load    func(context.Context) (code int) // loads the kernel module
	machine func() sysctls.Machine

	names []string // of those that the kernel has
	code  int
}

// sysctl runs --sysctl and -S --sysctl.
func (s *sysctler) sysctl(ctx context.Context, c *flags.Command) int {
	failed := exitListing
	if len(c.Sysctls.Set) > 0 {
		failed = exitChange
	}
	names, err := s.dir.Names()
	if errors.Is(err, fs.ErrNotExist) { // its module creates them
		if code := s.load(ctx); code != exitDone {
			return code
		}
		names, err = s.dir.Names()
	}
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(names) == 0 {
		err = errNoSysctls
	}
	if err != nil {
		s.con.complain(reason(err))
		return failed
	}
	s.names = names
	return s.run(c)
}

func (s *sysctler) run(c *flags.Command) int {
	for _, v := range c.Sysctls.Set {
		if err := s.set(v.Name, v.Value); err != nil {
			s.fail(v.Name, err, exitChange)
		}
	}
	write := format.AppendSysctls
	list := c.Sysctls.List
	switch {
	case c.Sysctls.Save:
		write, list = format.AppendSysctlSettings, s.names
	case c.Listing.JSON:
		write = format.AppendSysctlsJSON
	}
	if len(list) == 0 {
		if len(c.Sysctls.Set) > 0 {
			return s.code
		}
		list = s.names
	}
	if code := s.con.print(write(nil, s.values(list))); code != exitDone {
		return code
	}
	return s.code
}

// fail reports why something could not be done with a sysctl.
func (s *sysctler) fail(name string, err error, code int) {
	s.con.complain(sysctls.Prefix + name + ": " + reason(err))
	s.code = max(s.code, code)
}

// set sets a sysctl and finds out whether the kernel has taken the value: it ignores some that it does not like.
func (s *sysctler) set(name, value string) error {
	if !slices.Contains(s.names, name) {
		return errNoSysctl
	}
	if err := s.dir.Write(name, value); err != nil {
		return errors.New("cannot set it to `" + visible.Text(value) + "': " + reason(err))
	}
	after, err := s.dir.Read(name)
	if err == nil && !sysctls.Is(name, value, after) {
		err = errors.New("the kernel does not take `" + visible.Text(value) + "'; it has " + after)
	}
	return err
}

// values reads sysctls.
func (s *sysctler) values(names []string) (all []sysctls.Value) {
	machine := s.machine()
	machine.First = s.dir.First()
	for _, name := range names {
		if !slices.Contains(s.names, name) {
			s.fail(name, errNoSysctl, exitListing)
			continue
		}
		value, err := s.dir.Read(name)
		if err != nil {
			s.fail(name, err, exitListing)
			continue
		}
		all = append(all, sysctls.NewValue(name, value, machine))
	}
	return all
}

// reason returns the text of an error about a file, without its name.
func reason(err error) string {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return strerror(errno)
	}
	return err.Error()
}
