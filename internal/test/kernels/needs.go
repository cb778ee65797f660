// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"os/exec"
)

// need installs the Debian packages whose programs are missing on this computer, as scripts do.
func (m *module) need(of []*run) error {
	pairs := []string{"depmod=kmod", "xz=xz-utils", "zstd=zstd", keyring + "=debian-archive-keyring"}
	for _, r := range of {
		pairs = append(pairs, r.arch.qemu+"="+r.arch.pkg)
	}
	script := `fail() { echo "$*" >&2; exit 1; }; . scripts/needs.sh; need "$@"`
	cmd := exec.Command("bash", append([]string{"-c", script, "bash"}, pairs...)...)
	cmd.Dir, cmd.Stderr = m.dir, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("install %v: %w", pairs, err)
	}
	return nil
}
