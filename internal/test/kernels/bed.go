// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernels/frame"
)

// boots is how often a machine that hangs is booted.
const boots = 3

// A bed is where machines are run.
type bed struct {
	ctx    context.Context
	module *module
	dir    string // where we were started
	fresh  bool   // fetch again what is in the cache
	core   bool   // only the golden cases
	short  bool   // only what all machines do
	again  string // if set, the names of the jobs to run alone, with commas between
	run    string // if set, the end-to-end tests to run alone
	logs   string // the directory for what the jobs write
	log    io.Writer
	runs   []*run
}

// A run is what became of a machine.
type run struct {
	*machine
	kernel  *kernel
	root    string
	boot    time.Duration
	took    time.Duration
	busy    time.Duration // how long processors have worked
	hangs   int           // boots that came to nothing
	results []*result
	err     error
}

// files fetches a machine's kernel and root, unless that has been done.
func (b *bed) files(m *machine) (k *kernel, root string, err error) {
	dir, err := cached("kernel-"+m.name, wanted, b.fresh, func(dir string) error {
		fmt.Fprintf(b.log, "%s: fetching %s of %s for %s\n", m.name, m.image, strings.Join(m.suites, ", "), m.arch.name)
		a, err := openArchive(filepath.Join(cacheDir(), "apt", m.arch.name+"-"+m.suites[0]), m.arch.name, m.suites)
		if err != nil {
			return err
		}
		return fetchKernel(a, m, dir)
	})
	if err != nil {
		return nil, "", err
	}
	if k, err = readKernel(dir); err != nil {
		return nil, "", err
	}
	dir, err = cached("root-"+m.arch.name, rootPackages, b.fresh, func(dir string) error {
		fmt.Fprintf(b.log, "%s: fetching a root of %s for %s\n", m.name, m.arch.suite, m.arch.name)
		a, err := openArchive(filepath.Join(cacheDir(), "apt", m.arch.name+"-"+m.arch.suite+"-root"), m.arch.name, []string{m.arch.suite})
		if err != nil {
			return err
		}
		debs, err := a.withDependencies(rootPackages)
		if err != nil {
			return err
		}
		t, err := newRoot(debs)
		if err != nil {
			return err
		}
		return t.save(dir + "/root.cpio")
	})
	return k, dir + "/root.cpio", err
}

// save writes the tree to a file.
func (t tree) save(name string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(t.cpio(f), f.Close())
}

// attemptAll runs the machines, so many at once: one mostly keeps one processor busy.
func (b *bed) attemptAll(atOnce int) {
	var all errgroup.Group
	all.SetLimit(atOnce)
	for _, r := range b.runs {
		if r.err != nil {
			continue
		}
		all.Go(func() error {
			r.err = b.attempt(r)
			fmt.Fprintf(b.log, "%s: %.0f s, of processors %.0f s\n", r.name, r.took.Seconds(), r.busy.Seconds())
			return nil // each machine has its own
		})
	}
	_ = all.Wait()
}

// attempt runs a machine's jobs.
func (b *bed) attempt(r *run) error {
	work, err := os.MkdirTemp("", "ipvsadm-kernels-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	todo, err := b.jobs(r.tier)
	if err != nil {
		return err
	}
	t := make(tree)
	if err := b.module.addTests(t, r.arch, todo, work); err != nil {
		return err
	}
	list := frame.Jobs{Modules: r.kernel.load()}
	for i := range todo {
		list.Jobs = append(list.Jobs, todo[i].framed())
	}
	err = b.boots(r, func() error {
		r.results = nil
		for _, j := range todo {
			r.results = append(r.results, &result{job: j})
		}
		start := time.Now()
		return b.boot(r, work, t, list, func(f frame.Frame) error {
			if f.Kind == frame.Hello {
				fmt.Fprintf(b.log, "%s: Linux %s boots in %.0f s\n", r.name, f.Text, r.boot.Seconds())
				start = time.Now()
				return nil
			}
			if f.Job >= len(r.results) {
				return fmt.Errorf("a frame for job %d", f.Job)
			}
			return b.follow(r, r.results[f.Job], f, &start)
		})
	})
	if err == nil && b.again != "" {
		r.results, err = withEarlier(r.results, toDo(r.tier, false), b.logsOf(r.machine))
	}
	return err
}

// boots calls boot again if the machine hangs.
func (b *bed) boots(r *run, boot func() error) (err error) {
	for r.hangs = 0; r.hangs < boots; r.hangs++ {
		if err = boot(); !errors.Is(err, errHangs) {
			return err
		}
		fmt.Fprintf(b.log, "%s: %v\n", r.name, err)
	}
	return err
}

// jobs are those to do.
func (b *bed) jobs(t tier) ([]job, error) {
	if b.short {
		t = short
	}
	todo := toDo(t, b.core)
	names := b.again
	if b.run != "" {
		names = "end to end"
	}
	if names == "" {
		return todo, nil
	}
	var chosen []job
	for name := range strings.SplitSeq(names, ",") {
		i := slices.IndexFunc(todo, func(j job) bool { return j.name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no job %q to do", name)
		}
		j := todo[i]
		if b.run != "" {
			j.args = []string{"-test.run=" + b.run}
		}
		chosen = append(chosen, j)
	}
	return chosen, nil
}

// boot boots a machine once, with the files of t and the jobs, and calls each for what comes from it.
func (b *bed) boot(r *run, work string, t tree, list frame.Jobs, each func(frame.Frame) error) error {
	if err := b.complete(t, r, work, list); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(work, "boot-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	initramfs := dir + "/initramfs"
	if err := join(initramfs, r.root, t); err != nil {
		return err
	}
	start := time.Now()
	r.busy, err = boot(b.ctx, r.machine, r.kernel.image, initramfs, dir, func(f frame.Frame) error {
		if f.Kind == frame.Hello {
			r.boot = time.Since(start)
		}
		return each(f)
	})
	r.took = time.Since(start)
	return err
}

// logsOf is the directory for what a machine's jobs write: another one for part of a job, whose results are not those of all.
func (b *bed) logsOf(m *machine) string {
	if b.run != "" {
		return filepath.Join(b.logs, m.name, "run")
	}
	return filepath.Join(b.logs, m.name)
}

// follow takes what a machine sends for a job.
func (b *bed) follow(m *run, r *result, f frame.Frame, start *time.Time) error {
	switch f.Kind {
	case frame.Stdout, frame.Stderr:
		r.output.Write(f.Text)
		return r.append(b.logsOf(m.machine), f.Text)
	case frame.Exit:
		code, err := strconv.Atoi(string(f.Text))
		if err != nil {
			return err
		}
		r.code, r.ended, r.took = code, true, time.Since(*start)
		*start = time.Now()
		s := r.score()
		fmt.Fprintf(b.log, "%s: %s: %d pass, %d fail, in %.0f s\n", m.name, r.name, s.same, len(s.differ), r.took.Seconds())
	}
	return nil
}

// complete adds to the tests' files what belongs to a boot.
func (b *bed) complete(t tree, r *run, work string, list frame.Jobs) error {
	if _, ok := t["init"]; !ok {
		if err := r.kernel.addModules(t); err != nil {
			return err
		}
		to := work + "/guest"
		if err := b.module.build(r.arch, append(append([]string{"build", "-o", to}, flags...), "./internal/test/kernels/guest")...); err != nil {
			return err
		}
		if err := t.copy("init", 0o755, to); err != nil {
			return err
		}
	}
	list.Now = time.Now()
	text, err := json.Marshal(list)
	if err != nil {
		return err
	}
	t.write(strings.TrimPrefix(frame.JobsFile, "/"), 0o644, string(text))
	return nil
}

// join writes an archive and the files of a tree one after the other, as the kernel reads them.
func join(name, root string, t tree) error {
	to, err := os.Create(name)
	if err != nil {
		return err
	}
	from, err := os.Open(root)
	if err == nil {
		_, err = io.Copy(to, from)
		from.Close()
	}
	if err == nil {
		err = t.cpio(to)
	}
	return errors.Join(err, to.Close())
}
