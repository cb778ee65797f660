// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// environment is that of all jobs.
var environment = []string{
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	"HOME=/root", "TMPDIR=/tmp", "LANG=C.UTF-8", "IPVSADM_KERNEL=1", "IPVSADM_KERNEL_BIN=/bed/bin",
}

// mounts mounts what a system needs. The root is a file system in memory.
func mounts() error {
	for _, m := range []struct{ kind, dir string }{
		{"proc", "/proc"},
		{"sysfs", "/sys"},
		{"devtmpfs", "/dev"},
		{"devpts", "/dev/pts"},
		{"tmpfs", "/dev/shm"},
	} {
		if err := os.MkdirAll(m.dir, 0o755); err != nil {
			return err
		}
		if err := unix.Mount(m.kind, m.dir, m.kind, 0, ""); err != nil {
			return fmt.Errorf("mount %s: %w", m.dir, err)
		}
	}
	for _, link := range []struct{ to, from string }{
		{"/proc/self/fd", "/dev/fd"},
		{"fd/0", "/dev/stdin"},
		{"fd/1", "/dev/stdout"},
		{"fd/2", "/dev/stderr"},
	} {
		if err := os.Symlink(link.to, link.from); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
	}
	return nil
}

// setUp makes the system what tests expect.
func setUp(modules []string) error {
	if err := unix.Sethostname([]byte("director")); err != nil {
		return err
	}
	for _, words := range [][]string{
		append([]string{"modprobe", "-a"}, modules...),
		{"ip", "link", "set", "lo", "up"},
		{"ldconfig"},
	} {
		cmd := exec.Command("/usr/sbin/"+words[0], words[1:]...)
		if words[0] == "ip" {
			cmd.Path = "/bin/ip"
		}
		cmd.Env = environment
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%v: %w: %s", words, err, out)
		}
	}
	return nil
}

// openPort opens the line to whoever watches the machine.
func openPort() (*os.File, error) {
	for range 300 {
		if ports, _ := filepath.Glob("/dev/vport*p1"); len(ports) > 0 {
			return os.OpenFile(ports[0], os.O_WRONLY, 0)
		}
		time.Sleep(100 * time.Millisecond)
	}
	return nil, errors.New("no virtio port")
}
