// SPDX-License-Identifier: Apache-2.0

package recipes

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// rootVar begins the names of variables of the environment that hold the directories of scripts/debian-root: alone, that of
// the base, and with a number, those of packages. The bed of kernels puts them into its machines.
const rootVar = "IPVSADM_DEBIAN_ROOT"

// Fetch is for use in TestMain, before kernel.Main: it makes the file systems of the pages' machines. Pages that are run on
// another kernel are left out.
func Fetch(pages []*Page) error {
	if kernel.Inside() {
		return nil
	}
	root, err := kernel.Root()
	if err != nil {
		return err
	}
	made := map[string]bool{}
	for _, p := range pages {
		if !p.isHere() {
			continue
		}
		for _, way := range p.Ways {
			for _, name := range p.Machines() {
				packages, _ := p.Packages(name, way)
				if key := strings.Join(packages, " "); !made[key] {
					made[key] = true
					err = fetch(root, len(made), packages)
				}
				if err != nil {
					return fmt.Errorf("the packages of %s in docs/recipes/%s.md: %w", name, p.Name, err)
				}
			}
		}
	}
	return nil
}

// fetch makes the directories for packages and keeps their names for the test kernel.
func fetch(root string, number int, packages []string) error {
	cmd := exec.Command(filepath.Join(root, "scripts", "debian-root"), packages...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return err
	}
	dirs := strings.Fields(string(out))
	if err := os.Setenv(rootVar, dirs[len(dirs)-1]); err != nil || len(dirs) == 1 {
		return err
	}
	return os.Setenv(fmt.Sprint(rootVar, "_", number), dirs[0])
}

// isHere reports whether the page is run on the kernel that the tests are run on.
func (p *Page) isHere() bool { return p.Kernel == os.Getenv("KERNEL") }

var notInNames = regexp.MustCompile(`[^a-z0-9.+_-]`)

// layers returns the directories that make the file system of a machine, the topmost first.
func (p *Page) layers(t testing.TB, machine, way string) []string {
	t.Helper()
	base := os.Getenv(rootVar)
	require.NotEmpty(t, base)
	packages, product := p.Packages(machine, way)
	layers := []string{base}
	if len(packages) > 0 {
		name := notInNames.ReplaceAllString(strings.Join(packages, "_")+"_", "_")
		layers = []string{filepath.Join(filepath.Dir(base), name), base}
	}
	for _, dir := range layers {
		require.DirExists(t, dir)
	}
	if product {
		dir, err := installed()
		require.NoError(t, err)
		layers = append([]string{dir}, layers...)
	}
	return layers
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
