// SPDX-License-Identifier: Apache-2.0

package recipes

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
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
				packages := p.Packages(name, way)
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
	packages := p.Packages(machine, way)
	layers := []string{base}
	if len(packages) > 0 {
		name := notInNames.ReplaceAllString(strings.Join(packages, "_")+"_", "_")
		layers = []string{filepath.Join(filepath.Dir(base), name), base}
	}
	for _, dir := range layers {
		require.DirExists(t, dir)
	}
	return layers
}
