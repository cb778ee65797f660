// SPDX-License-Identifier: Apache-2.0

package golden

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// isolate gives a case its own network and mounts: an empty table, the loopback
// interface, and names of its own. The namespaces belong to the thread; it is
// never unlocked, so it and they end with the case.
func isolate(env *testscript.Env) error {
	etc, err := filepath.Abs(filepath.Join(cases, "etc"))
	if err != nil {
		return err
	}
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET | unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("enter new namespaces: %w", err)
	}
	env.Defer(kernel.Flush)
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("keep mounts private: %w", err)
	}
	if err := unix.Mount(etc, "/etc", "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("bind /etc: %w", err)
	}
	return upLoopback()
}

// upLoopback brings the loopback interface up; without any interface up the
// kernel holds every address for a broadcast one.
func upLoopback() error {
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("bring lo up: %w", err)
	}
	defer unix.Close(s)
	ifr, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	ifr.SetUint16(unix.IFF_UP)
	if err := unix.IoctlIfreq(s, unix.SIOCSIFFLAGS, ifr); err != nil {
		return fmt.Errorf("bring lo up: %w", err)
	}
	return nil
}

// bindFile puts the file name in the place of target.
func bindFile(name, target string) error {
	if err := unix.Mount(name, target, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("bind %s to %s: %w", name, target, err)
	}
	return nil
}

// setConnTable makes table what every program reads from
// /proc/net/ip_vs_conn. /proc/net is different for each process, so nothing can
// be bound there; a /proc that holds this one file can.
func setConnTable(table []byte) error {
	const name = "/proc/net/ip_vs_conn"
	if _, err := os.Stat("/proc/self"); err == nil {
		if err := unix.Mount("tmpfs", "/proc", "tmpfs", 0, ""); err != nil {
			return fmt.Errorf("mount over /proc: %w", err)
		}
		if err := os.Mkdir("/proc/net", 0o755); err != nil {
			return err
		}
	}
	return os.WriteFile(name, table, 0o644)
}
