// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// A module is the one whose tests are run.
type module struct {
	dir   string
	gocmd string
}

// build compiles packages for an architecture.
func (m *module) build(a *arch, args ...string) error {
	cmd := exec.Command(m.gocmd, args...)
	cmd.Dir = m.dir
	cmd.Env = append(append(os.Environ(), "GOOS=linux", "CGO_ENABLED=0"), a.goenv...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go %s for %s: %w\n%s", strings.Join(args, " "), a.name, err, out)
	}
	return nil
}

// flags keep programs small.
var flags = []string{"-trimpath", "-buildvcs=false", "-ldflags=-s -w"}

// addTests builds what an architecture's machines run, and puts it into a tree with the module's files.
func (m *module) addTests(t tree, a *arch, jobs []job, work string) error {
	if err := m.addProgram(t, a, work, "ipvsadm", "./cmd/ipvsadm"); err != nil {
		return err
	}
	if err := m.addServer(t, a, work); err != nil {
		return err
	}
	var packages []string
	for _, j := range jobs {
		if path := "./internal/test/" + j.pkg; !slices.Contains(packages, path) {
			packages = append(packages, path)
		}
	}
	if err := m.build(a, slices.Concat([]string{"test", "-c", "-o", work + "/"}, flags, packages)...); err != nil {
		return err
	}
	for _, path := range packages {
		name := filepath.Base(path) + ".test"
		if err := t.copy(tests+"/"+name, 0o755, filepath.Join(work, name)); err != nil {
			return err
		}
	}
	return m.addSources(t, sources)
}

// addProgram builds a program and puts it into a tree.
func (m *module) addProgram(t tree, a *arch, work, name, path string, args ...string) error {
	to := filepath.Join(work, name)
	if err := m.build(a, slices.Concat([]string{"build", "-o", to}, flags, args, []string{path})...); err != nil {
		return err
	}
	return t.copy(programs+"/"+name, 0o755, to)
}

// addServer builds our program as the generated cases use it: it takes call after call.
func (m *module) addServer(t tree, a *arch, work string) error {
	overlay := filepath.Join(work, "overlay.json")
	text, err := json.Marshal(map[string]map[string]string{"Replace": {
		filepath.Join(m.dir, "cmd/ipvsadm/serve.go"): filepath.Join(m.dir, "internal/test/parity/testdata/serve.go"),
	}})
	if err == nil {
		err = os.WriteFile(overlay, text, 0o644)
	}
	if err != nil {
		return err
	}
	return m.addProgram(t, a, work, "ipvsadm-server", "./cmd/ipvsadm", "-overlay", overlay)
}

// addSources puts the module's files into a directory of a tree.
func (m *module) addSources(t tree, dir string) error {
	out, err := output(m.dir, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	if err != nil {
		return err
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(out, "\x00"), "\x00") {
		info, err := os.Lstat(filepath.Join(m.dir, name))
		if err != nil || !info.Mode().IsRegular() {
			continue // deleted, or a link
		}
		from, mode := filepath.Join(m.dir, name), uint32(info.Mode().Perm())
		if err := t.copy(filepath.Join(dir, name), mode, from); err != nil {
			return err
		}
		if golden, ok := strings.CutPrefix(name, "testdata/golden/"); ok {
			if err := t.copy(filepath.Join(recorded, golden), mode, from); err != nil {
				return err
			}
		}
	}
	return nil
}
