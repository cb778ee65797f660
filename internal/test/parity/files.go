// SPDX-License-Identifier: Apache-2.0

package parity

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// The files that cases may change. The programs see them through a mount namespace of their own.
const (
	hostsFile    = "/etc/hosts"
	servicesFile = "/etc/services"
	resolvFile   = "/etc/resolv.conf"
	switchFile   = "/etc/nsswitch.conf"
	aliasesFile  = "/etc/host.aliases"    // not there as a rule
	connTable    = "/proc/net/ip_vs_conn" // there only if a case gives it; the kernel's own else
)

// absent stands for a missing file.
const absent = "\x00"

// What the files hold as a rule. Nothing listens at the name server, so that no name is known to it, at
// once. The services are those of the host.
var usual = map[string]string{
	hostsFile:   "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n",
	resolvFile:  "nameserver 127.0.0.3\n",
	switchFile:  "passwd: files\nhosts: files dns\nservices: files\nprotocols: files\n",
	aliasesFile: absent,
}

// kept are the files of /etc that stay as they are on the host.
var kept = []string{servicesFile, "/etc/protocols", "/etc/passwd", "/etc/group", "/etc/ld.so.cache", "/etc/host.conf"}

// files are those of a place.
type files struct {
	root string // where those of /etc and /proc are, as the host sees them
	now  map[string]string
	full map[string]string // what they hold as a rule
}

// newFiles makes the files under root and has the calling thread see those of /etc.
func newFiles(root string) (*files, error) {
	f := &files{root: root, now: make(map[string]string), full: make(map[string]string)}
	for _, dir := range []string{"/etc", "/proc/net"} {
		if err := os.MkdirAll(root+dir, 0o755); err != nil {
			return nil, err
		}
	}
	for _, path := range kept {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		f.full[path] = string(text)
	}
	for path, text := range usual {
		f.full[path] = text
	}
	if err := f.set(nil); err != nil {
		return nil, err
	}
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return nil, err
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return nil, err
	}
	return f, bind(root+"/etc", "/etc")
}

// set makes the files those of a case.
func (f *files) set(changed map[string]string) error {
	for path, text := range f.full {
		if other, ok := changed[path]; ok {
			text = other
		}
		if err := f.write(path, text); err != nil {
			return err
		}
	}
	for path, text := range changed {
		if _, ok := f.full[path]; ok {
			continue
		}
		if path != connTable {
			return fmt.Errorf("cases cannot change %s", path)
		}
		if err := f.write(path, text); err != nil {
			return err
		}
	}
	return nil
}

func (f *files) write(path, text string) error {
	if now, ok := f.now[path]; ok && now == text {
		return nil
	}
	f.now[path] = text
	if text == absent {
		err := os.Remove(filepath.Join(f.root, path))
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		return err
	}
	return os.WriteFile(filepath.Join(f.root, path), []byte(text), 0o644)
}

// withProc runs do with the /proc of cases in place of the thread's.
func (f *files) withProc(do func() error) error {
	if err := bind(f.root+"/proc", "/proc"); err != nil {
		return err
	}
	err := do()
	if down := unix.Unmount("/proc", unix.MNT_DETACH); err == nil {
		err = down
	}
	return err
}

func bind(from, to string) error {
	if err := unix.Mount(from, to, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("mount %s on %s: %w", strings.TrimSpace(from), to, err)
	}
	return nil
}
