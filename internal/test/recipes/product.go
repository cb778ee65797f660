// SPDX-License-Identifier: Apache-2.0

package recipes

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// ours is the package of this project, theirs the one that it takes the place of. Both read the settings, which stay.
const (
	ours     = "ipvsadm-go"
	theirs   = "ipvsadm"
	settings = "etc/default/ipvsadm"
)

// install installs our package, or puts theirs in its place again. All others have been there from the start: a machine has no
// way to a mirror.
func (m *machine) install(packages []string) error {
	if !slices.Contains(packages, ours) && !(m.ours && slices.Contains(packages, theirs)) {
		return nil
	}
	dir, err := installed()
	if err != nil {
		return err
	}
	if m.ours = slices.Contains(packages, ours); m.ours {
		return m.put(dir)
	}
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		return errors.Join(err, m.reset(name))
	})
}

// put copies our files to the machine.
func (m *machine) put(dir string) error {
	old, err := os.ReadFile(m.path(settings))
	hasOld := err == nil
	if err := copyFiles(dir+"/.", m.path("/")); err != nil || !hasOld {
		return err
	}
	return os.WriteFile(m.path(settings), old, 0o644)
}

// reset makes a file what Debian's packages have it, if they have it.
func (m *machine) reset(name string) error {
	if name == settings {
		return nil
	}
	for _, layer := range m.layers {
		path := filepath.Join(layer, name)
		if _, err := os.Lstat(path); err == nil {
			return copyFiles(path, m.path(name))
		}
	}
	return os.Remove(m.path(name))
}

func copyFiles(from, to string) error {
	if out, err := exec.Command("cp", "-a", "--remove-destination", from, to).CombinedOutput(); err != nil {
		return fmt.Errorf("cp: %w: %s", err, out)
	}
	return nil
}

// installed makes a directory with what our package installs. It goes with the kernel.
var installed = sync.OnceValues(func() (string, error) {
	root, err := kernel.Root()
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "product-")
	if err != nil {
		return "", err
	}
	cmd := exec.Command(filepath.Join(root, "scripts", "install"), "install")
	cmd.Env = append(os.Environ(), "DESTDIR="+dir, "SBINDIR=/usr/sbin", "LIBEXECDIR=/usr/libexec", "MANDIR=/usr/share/man",
		"SYSCONFDIR=/etc", "UNITDIR=/usr/lib/systemd/system", "BASHDIR=/usr/share/bash-completion/completions",
		"ZSHDIR=/usr/share/zsh/vendor-completions", "FISHDIR=/usr/share/fish/vendor_completions.d",
		"LICENSEDIR=/usr/share/doc/ipvsadm-go", "LICENSENAME=copyright", "SERVICE=debian", "PROGRAM="+kernel.Program("ipvsadm"),
		"LICENCES=LICENSE")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("scripts/install: %w: %s", err, out)
	}
	return dir, os.Chmod(dir, 0o755)
})
