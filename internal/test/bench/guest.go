// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// What scripts/bench puts into the guest's file system.
const (
	argsFile   = "/bench/args"    // the arguments, one per line
	modulesDir = "/bench/modules" // the modules, named in the order of loading
)

// The guest's serial lines; the first is the console.
const (
	logLine    = "/dev/ttyS1"
	outputLine = "/dev/ttyS2"
	statusLine = "/dev/ttyS3"
)

// guest is process 1 of a kernel of its own: it makes the system ready, runs the
// benchmark and powers off. Its exit code goes to a serial line; nothing comes there
// if it gets no so far.
func guest() {
	err := boot()
	if err == nil {
		err = runGuest()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
	}
	unix.Sync()
	err = unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF)
	fmt.Fprintln(os.Stderr, "bench: power off:", err)
}

// boot mounts what a system needs and loads the modules.
func boot() error {
	for _, m := range []struct{ kind, dir, options string }{
		{"proc", "/proc", ""},
		{"sysfs", "/sys", ""},
		{"devtmpfs", "/dev", ""},
		{"tmpfs", "/run", ""},
		{"tmpfs", "/tmp", "size=75%"},
	} {
		if err := os.MkdirAll(m.dir, 0o755); err != nil {
			return err
		}
		if err := unix.Mount(m.kind, m.dir, m.kind, 0, m.options); err != nil {
			return fmt.Errorf("mount %s: %w", m.dir, err)
		}
	}
	modules, err := os.ReadDir(modulesDir)
	if err != nil {
		return err
	}
	for _, m := range modules {
		if err := loadModule(filepath.Join(modulesDir, m.Name())); err != nil {
			return fmt.Errorf("module %s: %w", m.Name(), err)
		}
	}
	return os.Setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
}

func loadModule(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	err = unix.FinitModule(int(f.Fd()), "", 0)
	// One for another CPU says so: some of them are loaded for speed alone.
	if errors.Is(err, unix.EEXIST) || errors.Is(err, unix.ENODEV) {
		return nil
	}
	return err
}

// runGuest runs the benchmark, its output to serial lines.
func runGuest() error {
	var lines []*os.File
	for _, path := range []string{logLine, outputLine, statusLine} {
		line, err := openRaw(path)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		lines = append(lines, line)
	}
	log, output, status := lines[0], lines[1], lines[2]
	args, err := os.ReadFile(argsFile)
	if err != nil {
		return err
	}
	code := 0
	if err := run(strings.Split(strings.TrimSuffix(string(args), "\n"), "\n"), output, log); err != nil {
		fmt.Fprintln(log, "bench:", err)
		code = 1
	}
	for _, line := range []*os.File{log, output} {
		if err := drain(line); err != nil {
			return err
		}
	}
	fmt.Fprintln(status, code)
	return drain(status)
}

// openRaw opens a serial line that changes no byte.
func openRaw(path string) (*os.File, error) {
	line, err := os.OpenFile(path, os.O_WRONLY|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	termios, err := unix.IoctlGetTermios(int(line.Fd()), unix.TCGETS)
	if err != nil {
		return nil, err
	}
	termios.Oflag &^= unix.OPOST
	return line, unix.IoctlSetTermios(int(line.Fd()), unix.TCSETS, termios)
}

// drain waits until what was written has gone out.
func drain(line *os.File) error {
	return unix.IoctlSetInt(int(line.Fd()), unix.TCSBRK, 1)
}
