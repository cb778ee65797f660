// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/files"
	"github.com/ipvsadm-go/ipvsadm/internal/netns"
	"github.com/ipvsadm-go/ipvsadm/internal/sysctls"
)

// A sysctlDir holds the sysctls of IPVS in a network namespace.
type sysctlDir interface {
	Names() ([]string, error) // in order
	Read(name string) (value string, err error)
	Write(name, value string) error
	First() bool // whether the namespace is the one that the system starts with
}

// A procDir is such a directory under /proc. Which namespace's it is depends on the thread that opens it.
type procDir struct {
	path string
	in   *netns.Namespace
}

func (d procDir) Names() (names []string, err error) {
	err = d.in.Run(func() error {
		names, err = files.Names(d.path)
		return err
	})
	return names, err
}

func (d procDir) Read(name string) (value string, err error) {
	err = d.in.Run(func() error {
		text, err := files.Read(filepath.Join(d.path, name))
		value = string(text)
		return err
	})
	return sysctls.Clean(value), err
}

// Write writes a value at once, as the kernel takes it.
func (d procDir) Write(name, value string) error {
	return d.in.Run(func() error {
		f, err := os.OpenFile(filepath.Join(d.path, name), os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		_, err = io.WriteString(f, value+"\n")
		return errors.Join(err, f.Close())
	})
}

// First looks for a sysctl that only the first namespace has.
func (d procDir) First() bool {
	return d.in.Run(func() error {
		_, err := os.Stat(filepath.Join(d.path, "../../core/netdev_budget"))
		return err
	}) == nil
}

// thisMachine returns what defaults of sysctls depend on, without the namespace. What cannot be found out is left out.
func thisMachine() sysctls.Machine {
	var m sysctls.Machine
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) == nil {
		m.Pages = pages(&info, os.Getpagesize())
	}
	text, _ := files.Read("/sys/devices/system/cpu/possible")
	m.CPUs = strings.TrimSpace(string(text))
	return m
}

// pages returns how many pages of memory there are, without those that the kernel cannot always address.
func pages(info *unix.Sysinfo_t, size int) uint64 {
	unit := max(uint64(info.Unit), 1)
	return (uint64(info.Totalram) - uint64(info.Totalhigh)) * unit / uint64(size)
}
