// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"io/fs"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/netns"
	"github.com/ipvsadm-go/ipvsadm/internal/visible"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// A runner runs a command line, from its words to its exit code.
type runner struct {
	sys   *system
	con   *console
	names names
	lines *lineParser

	preloader *preloader

	// checked makes a restore check its whole input, clear the table and then run the input.
	checked bool

	// The kernel and the names that the command line works with, once they are open.
	netns  *netns.Namespace
	client *ipvsnl.Client
	info   ipvsnl.Info
}

func newRunner(sys *system, con *console) *runner {
	// Output so far is shown while waiting for names.
	names := sys.names(context.Background(), con.flush)
	r := &runner{
		sys: sys, con: con, names: names, lines: &lineParser{names: names},
		preloader: &preloader{state: sys.scheduler, load: sys.preload},
	}
	con.hints = newHinter(r)
	r.lines.hints = con.hints
	return r
}

// run runs the words of a command line. Some commands need no IPVS; everything else opens it before
// faults in the words are reported. Help and version are printed without IPVS, too, but scripts use their exit code
// to find out whether it exists.
func (r *runner) run(words []string) int {
	ctx := context.Background()
	c, fault := flags.Parse(words, r.names)
	var informed int
	switch {
	case c.Kind == flags.Build:
		return r.con.build()
	case c.Kind == flags.Completion:
		return r.complete(ctx, c.Line)
	case c.Kind == flags.Help || c.Kind == flags.Version:
		informed = r.con.inform(c.Kind)
	case fault == nil && withoutIPVS(&c) != nil:
		return r.runWithoutIPVS(ctx, &c)
	}
	if code := r.open(ctx, c.NetNS); code != exitDone {
		return code
	}
	defer r.close()
	switch {
	case c.Kind == flags.Help || c.Kind == flags.Version:
		return informed
	case fault != nil:
		code, _ := r.con.reject(fault)
		return code
	}
	return r.command(ctx, &c)
}

// withoutIPVS returns what runs a command for which IPVS need not be open, or nil.
func withoutIPVS(c *flags.Command) func(*runner, context.Context, *flags.Command) int {
	switch {
	case c.Kind == flags.Schedulers:
		return (*runner).schedulers
	case c.Kind == flags.Check:
		return (*runner).check
	case c.Kind == flags.Sysctl:
		return (*runner).sysctl
	case c.Restoring == flags.Restoring{DryRun: true}:
		return (*runner).dryRun
	}
	return nil
}

// runWithoutIPVS runs such a command, which still takes a network namespace that exists.
func (r *runner) runWithoutIPVS(ctx context.Context, c *flags.Command) int {
	if code := r.enter(c.NetNS); code != exitDone {
		return code
	}
	defer r.netns.Close()
	return withoutIPVS(c)(r, ctx, c)
}

// enter opens a network namespace.
func (r *runner) enter(word string) (code int) {
	var err error
	if r.netns, err = r.sys.enter(word); err != nil {
		r.con.complain("cannot enter network namespace `" + visible.Text(word) + "': " + message(err) + lookedFor(word, err))
		return flags.ExitFault
	}
	return exitDone
}

// lookedFor says where a network namespace is missing, unless its word is the path.
func lookedFor(word string, err error) string {
	paths := netns.Paths(word)
	if !errors.Is(err, fs.ErrNotExist) || paths[0] == word {
		return ""
	}
	return "; looked for " + visible.Text(strings.Join(paths, ", "))
}

// open opens IPVS in a network namespace.
func (r *runner) open(ctx context.Context, word string) (code int) {
	if code := r.enter(word); code != exitDone {
		return code
	}
	if code := r.connect(ctx); code != exitDone {
		_ = r.netns.Close()
		return code
	}
	return exitDone
}

// connect opens IPVS in the network namespace that has been entered.
func (r *runner) connect(ctx context.Context) (code int) {
	var err error
	if r.client, r.info, err = r.sys.openIPVS(ctx, r.con, r.netns); err != nil {
		r.con.complain("Can't initialize ipvs: " + message(err) + "\n" +
			"Are you sure that IP Virtual Server is built in the kernel or as module?")
		r.con.hints.after(err)
		return exitNoIPVS
	}
	return exitDone
}

func (r *runner) close() {
	_ = r.client.Close()
	_ = r.netns.Close()
}

// command runs a parsed command line.
func (r *runner) command(ctx context.Context, c *flags.Command) int {
	switch c.Kind {
	case flags.Change, flags.Part:
		return r.changer(c).change(ctx, c)
	case flags.Drain:
		return r.drainer(c).drain(ctx)
	case flags.Restore:
		return r.restoreAs(ctx, c)
	}
	if c.Listing.Watch != 0 {
		return r.watcher(c).watch(ctx)
	}
	code, _ := r.show(ctx, c)
	return code
}

// show runs a command that prints something. Ends reports whether it ends a restore.
func (r *runner) show(ctx context.Context, c *flags.Command) (code int, ends bool) {
	switch c.Kind {
	case flags.Help, flags.Version:
		return r.con.inform(c.Kind), true
	case flags.Build:
		return r.con.build(), true
	case flags.Save:
		return r.con.printed(r.saver().save(ctx, c))
	}
	return r.con.printed(r.lister(r.con).list(ctx, c))
}

// restoreAs runs -R with its options.
func (r *runner) restoreAs(ctx context.Context, c *flags.Command) int {
	switch {
	case c.Restoring.Replace:
		return r.replacer(c).run(ctx, c)
	case r.checked:
		return r.restorer(c).restoreChecked(ctx)
	}
	r.con.hints.waits(eachAtOnce)
	return r.restorer(c).restore(ctx)
}
