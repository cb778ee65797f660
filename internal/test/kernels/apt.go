// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// keyring is what Debian signs its suites with.
const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"

// An archive is a view of Debian's mirror: some suites, for one architecture. Its state is its own; the machine's is
// left alone.
type archive struct {
	dir     string
	options []string
	fault   error // of the update
}

// openArchive makes an archive in a directory that is empty, or that it has made before.
func openArchive(dir, arch string, suites []string) (*archive, error) {
	for _, name := range []string{"state/lists/partial", "cache/archives/partial"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			return nil, err
		}
	}
	mirrors, err := machineMirrors()
	if err != nil {
		return nil, err
	}
	sources, err := sourceLines(mirrors, suites)
	if err != nil {
		return nil, err
	}
	for name, text := range map[string]string{"sources.list": sources, "status": ""} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return nil, err
		}
	}
	a := &archive{dir: dir}
	for _, option := range []string{
		"Dir::State=" + dir + "/state",
		"Dir::State::status=" + dir + "/status",
		"Dir::Cache=" + dir + "/cache",
		"Dir::Etc::sourcelist=" + dir + "/sources.list",
		"Dir::Etc::sourceparts=/dev/null",
		"Dir::Etc::preferencesparts=/dev/null",
		"APT::Architecture=" + arch,
		"APT::Architectures=" + arch,
		"APT::Install-Recommends=false",
		"APT::Sandbox::User=root", // another user could not write here
		"Acquire::Languages=none",
		"Acquire::Retries=3",
		"Debug::NoLocking=true",
	} {
		a.options = append(a.options, "-o", option)
	}
	a.fault = a.update()
	return a, nil
}

// update reads what the suites have. A mirror may lack one of them, or be in the middle of a change: what is there will
// do, if it has what is looked for.
func (a *archive) update() error {
	_, err := a.run("apt-get", "-qq", "update")
	return err
}

// run runs a program of apt in the archive's directory and returns what it writes.
func (a *archive) run(program string, args ...string) (string, error) {
	return output(a.dir, program, append(slices.Clone(a.options), args...)...)
}

// output runs a program and returns what it writes.
func output(dir, program string, args ...string) (string, error) {
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", program, strings.Join(args, " "), err, bytes.TrimSpace(stderr.Bytes()))
	}
	return string(out), nil
}

// sourceLines are lines for apt, with mirrors by label.
func sourceLines(mirrors map[string]string, suites []string) (string, error) {
	var lines strings.Builder
	for _, suite := range suites {
		label := "Debian"
		if strings.HasSuffix(suite, "-security") {
			label = "Debian-Security"
		}
		if mirrors[label] == "" {
			return "", fmt.Errorf("the sources of apt have no mirror of %s, for the suite %s", label, suite)
		}
		fmt.Fprintf(&lines, "deb [signed-by=%s target=Packages] %s %s main\n", keyring, mirrors[label], suite)
	}
	return lines.String(), nil
}

// machineMirrors are the addresses of the mirrors in the machine's sources, by label.
func machineMirrors() (map[string]string, error) {
	out, err := output("", "apt-get", "indextargets", "--format", "$(LABEL) $(REPO_URI)", "Created-By: Packages")
	if err != nil {
		return nil, err
	}
	mirrors := parseMirrors(out)
	if mirrors["Debian"] == "" {
		return nil, errors.New("the sources of apt have no mirror of Debian, or apt-get update has not been run")
	}
	return mirrors, nil
}

// parseMirrors reads lines of a label and a mirror. The first of a label counts.
func parseMirrors(text string) map[string]string {
	mirrors := make(map[string]string)
	for line := range strings.Lines(text) {
		if label, mirror, ok := strings.Cut(strings.TrimSpace(line), " "); ok && mirrors[label] == "" {
			mirrors[label] = mirror
		}
	}
	return mirrors
}

// withDependencies fetches packages and all that they depend on, and returns the files.
func (a *archive) withDependencies(packages []string) ([]string, error) {
	_, err := a.run("apt-get", append([]string{"-qq", "-y", "--download-only", "install"}, packages...)...)
	if err != nil {
		return nil, errors.Join(a.fault, err)
	}
	return filepath.Glob(a.dir + "/cache/archives/*.deb")
}

// kernelPackages returns the packages of a kernel: the one that depends on it, and those that have its files.
func (a *archive) kernelPackages(image string) ([]string, error) {
	all := []string{image}
	for i := 0; i < len(all); i++ {
		depends, err := a.field(all[i], "Depends")
		if err != nil {
			return nil, errors.Join(a.fault, err)
		}
		for _, name := range kernelDepends(depends) {
			if !slices.Contains(all, name) {
				all = append(all, name)
			}
		}
	}
	return all[1:], nil
}

// kernelDepends are the packages with a kernel's files among what a package depends on.
func kernelDepends(depends string) []string {
	var all []string
	for word := range strings.SplitSeq(depends, ",") {
		name, _, _ := strings.Cut(strings.TrimSpace(word), " ")
		for _, prefix := range []string{"linux-image-", "linux-base-", "linux-binary-", "linux-modules-"} {
			if strings.HasPrefix(name, prefix) {
				all = append(all, name)
			}
		}
	}
	return all
}

// field is a field of a package's description.
func (a *archive) field(name, field string) (string, error) {
	out, err := a.run("apt-cache", "show", "--no-all-versions", name)
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(out) {
		if value, ok := strings.CutPrefix(line, field+": "); ok {
			return strings.TrimSpace(value), nil
		}
	}
	return "", nil
}

// download fetches packages into a directory and returns the files.
func (a *archive) download(dir string, packages []string) ([]string, error) {
	if _, err := output(dir, "apt-get", slices.Concat(a.options, []string{"-qq", "download"}, packages)...); err != nil {
		return nil, err
	}
	return filepath.Glob(dir + "/*.deb")
}
