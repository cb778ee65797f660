// SPDX-License-Identifier: Apache-2.0

// Package schedulers finds the schedulers that the running kernel has or can load, among its modules.
package schedulers

import (
	"cmp"
	"errors"
	"io/fs"
	"slices"
	"sort"
	"strings"
)

// A State is where a scheduler is.
type State string

// The states.
const (
	Loaded   State = "loaded"   // its module is in the kernel
	BuiltIn  State = "built-in" // it is part of the kernel
	Loadable State = "loadable" // its module is in a file
)

// A Scheduler is a scheduler of the running kernel.
type Scheduler struct {
	Name  string
	State State
	File  string // the module's file, if the scheduler is Loadable
}

// A System is where the modules of a kernel are described.
type System struct {
	Release string // of the kernel, as "uname -r" prints it
	Read    func(name string) ([]byte, error)
}

// List returns the schedulers, ordered by name. An error is about the first source that could not be read;
// the schedulers are then those of the others.
func (s System) List() (all []Scheduler, missing error) { return s.list(isScheduler) }

// Engines returns the persistence engines in the same way.
func (s System) Engines() (names []string, missing error) {
	all, missing := s.list(isEngine)
	for i := range all {
		names = append(names, strings.TrimPrefix(all[i].Name, enginePrefix))
	}
	return names, missing
}

// State returns where a scheduler is: as the first source says that has it, and nothing if none does.
func (s System) State(scheduler string) State {
	for _, source := range s.sources() {
		text, _ := s.Read(source.file)
		for line := range strings.Lines(string(text)) {
			if name, ok := nameOf(moduleIn(line)); ok && name == scheduler {
				return source.state
			}
		}
	}
	return ""
}

// A source is a file in which modules are listed.
type source struct {
	file  string
	state State
}

// sources are in the order in which they are to be believed.
func (s System) sources() []source {
	return []source{
		{"/proc/modules", Loaded},
		{s.dir() + "modules.builtin", BuiltIn},
		{s.dir() + "modules.dep", Loadable},
	}
}

// dir is where the kernel's modules are.
func (s System) dir() string { return "/lib/modules/" + s.Release + "/" }

// moduleIn returns the module that a line of a source is about.
func moduleIn(line string) string {
	module, _, _ := strings.Cut(strings.TrimSpace(line), " ")
	return strings.TrimSuffix(module, ":")
}

// list returns those modules of IPVS whose names, without their common prefix, belong.
func (s System) list(belongs func(name string) bool) (all []Scheduler, missing error) {
	// A scheduler is as the first source says that has it.
	for _, source := range s.sources() {
		text, err := s.Read(source.file)
		// A kernel without loadable modules has no list of those it has loaded.
		if source.state == Loaded && errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		missing = cmp.Or(missing, err)
		for line := range strings.Lines(string(text)) {
			module := moduleIn(line)
			name, ok := nameOf(module)
			if !ok || !belongs(name) || slices.ContainsFunc(all, func(s Scheduler) bool { return s.Name == name }) {
				continue
			}
			found := Scheduler{Name: name, State: source.state}
			if source.state == Loadable {
				found.File = within(s.dir(), module)
			}
			all = append(all, found)
		}
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].Name < all[j].Name })
	return all, missing
}

// nameOf returns the name of the scheduler or engine that is in a module, which is given by its name or file. The kernel
// itself finds the module of a scheduler by this rule.
func nameOf(module string) (name string, ok bool) {
	module = module[strings.LastIndexByte(module, '/')+1:]
	module, _, _ = strings.Cut(module, ".")
	name, ok = strings.CutPrefix(strings.ReplaceAll(module, "-", "_"), "ip_vs_")
	return name, ok && name != ""
}

const enginePrefix = "pe_"

func isScheduler(name string) bool { return name != "ftp" && !isEngine(name) }

func isEngine(name string) bool { return strings.HasPrefix(name, enginePrefix) }

// within returns the path of a file that is named relative to a directory, unless its name is a path already.
func within(dir, file string) string {
	if strings.HasPrefix(file, "/") {
		return file
	}
	return dir + file
}
