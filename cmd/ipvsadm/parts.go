// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"io"
	"os"
	"syscall"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/rulefile"
	"github.com/ipvsadm-go/ipvsadm/internal/screen"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
)

// Each part that runs commands is given only what it needs.

func (r *runner) lister(con *console) *lister {
	return newLister(r.sys, con, r.netns, r.client, r.info, r.names)
}

func (r *runner) saver() *saver { return &saver{con: r.con, client: r.client, names: r.names} }

func (r *runner) locker(c *flags.Command) *locker {
	return &locker{
		file:     func() (*os.File, error) { return r.sys.lockFile(r.netns) },
		patience: time.Duration(c.Wait) * time.Second,
		silence:  r.sys.silence,
		complain: r.con.complain,
	}
}

func (r *runner) changer(c *flags.Command) *changer {
	return &changer{con: r.con, client: r.client, apply: r.apply, locker: r.locker(c)}
}

func (r *runner) replacer(c *flags.Command) *replacer {
	return &replacer{
		con: r.con, client: r.client, before: r.preloader.before, parser: r.lines, locker: r.locker(c), patience: r.sys.patience,
		stopped: make(chan syscall.Signal, 1), applied: make(chan int, 1),
	}
}

func (r *runner) drainer(c *flags.Command) *drainer {
	return &drainer{
		con: r.con, client: r.client, deletion: c.Change, how: c.Draining,
		expires: func() bool {
			value, err := r.sys.sysctls(r.netns).Read("expire_quiescent_template")
			return err == nil && value != "0"
		},
		poll:     r.sys.poll,
		status:   newStatusLine(r.con, r.sys.terminal, r.sys.report),
		patience: r.sys.patience,
	}
}

func (r *runner) watcher(c *flags.Command) *watcher {
	place := r.watchPlace(c.NetNS)
	return &watcher{
		con: r.con,
		list: func(ctx context.Context, con *console) error {
			if err := place.follow(ctx); err != nil {
				return err
			}
			return place.lister(con, r.names).list(ctx, c)
		},
		every:      time.Duration(c.Listing.Watch) * time.Second,
		lines:      c.Listing.JSON,
		signals:    make(chan os.Signal, 16),
		pages:      make(chan page, 1),
		isTerminal: r.sys.terminal,
		onScreen:   func(in, out *os.File) *screenWatcher { return newScreenWatcher(r, c, place, in, out) },
	}
}

func (r *runner) restorer(c *flags.Command) *restorer {
	reported, stopped := make(chan error, 1), make(chan struct{})
	reported <- nil
	return &restorer{
		con:      r.con,
		lines:    rulefile.NewReader(screen.Input(r.con.in, stopped)),
		parser:   r.lines,
		client:   r.client,
		apply:    r.apply,
		show:     r.show,
		locker:   r.locker(c),
		patience: r.sys.patience,
		idle:     r.sys.idle,
		next:     &pending{},
		sent:     &pending{},
		reported: reported,
		stopped:  stopped,
	}
}

// dryRun runs -R --dry-run and ipvsadm-restore --dry-run: it only checks lines. A line that
// repeats an earlier one is a fault, although a restore would go on after it.
func (r *runner) dryRun(context.Context, *flags.Command) int {
	accept := noRestore
	if r.checked {
		accept = onlyChanges
	}
	lines := &lineParser{names: r.names, repeats: newRepeats(), hints: r.con.hints}
	return lines.readWhole(r.con, io.Discard, accept)
}

// schedulers runs --schedulers.
func (r *runner) schedulers(_ context.Context, c *flags.Command) int {
	return listSchedulers(r.con, r.sys.schedulers, c)
}

// sysctl runs --sysctl and -S --sysctl.
func (r *runner) sysctl(ctx context.Context, c *flags.Command) int {
	s := &sysctler{con: r.con, dir: r.sys.sysctls(r.netns), machine: r.sys.machine}
	s.load = func(ctx context.Context) (code int) {
		if code = r.connect(ctx); code == exitDone {
			_ = r.client.Close()
		}
		return code
	}
	return s.sysctl(ctx, c)
}
