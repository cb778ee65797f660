// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/files"
	"github.com/ipvsadm-go/ipvsadm/internal/rulefile"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// maxPending is the maximum number of lines of a restore that are gathered.
const maxPending = 512

// A restorer runs lines of rules. Changes are gathered and sent together when there
// are enough of them or no further line is available, and while the kernel makes them the
// next lines are read. Their results are still reported in order.
type restorer struct {
	con    *console
	lines  *rulefile.Reader
	parser *lineParser
	apply  func(context.Context, ...ipvsnl.Change) error
	client *ipvsnl.Client
	show   func(context.Context, *flags.Command) (code int, ends bool)
	locker *locker

	patience time.Duration // after a signal

	// idle is how long the next line is waited for before others may change the table:
	// its input may take hours.
	idle time.Duration

	next     *pending      // lines being gathered
	sent     *pending      // lines being sent, or sent before; reused
	reported chan error    // receives a value once everything sent is reported
	stopped  chan struct{} // closed when nothing more may be sent
	numbered bool          // whether messages include their lines
	refused  int           // how many lines the kernel has refused
	code     int           // the exit code of the last line

	// Both belong to the goroutine that holds the value of reported.
	unlock  func() // releases the lock; nil if it is not held
	changed bool   // whether anything has been sent

	// done is the number of the last line that has been run, and begun of the last
	// that was sent. The lines between them are in doubt. Before clearing the
	// table, which counts as line 0, both are -1.
	done, begun atomic.Int64
}

// A pending holds lines, whose words are no longer valid, and their changes.
type pending struct {
	lines   []rulefile.Line
	changes []ipvsnl.Change
}

func (p *pending) add(line rulefile.Line, c ipvsnl.Change) {
	p.lines, p.changes = append(p.lines, line), append(p.changes, c)
}

func (p *pending) reset() { p.lines, p.changes = p.lines[:0], p.changes[:0] }

// restore runs -R. After a line that the kernel refuses, the next one is
// run; a line with a fault ends the restore. The exit code is that of the last line.
func (r *restorer) restore(ctx context.Context) int {
	return untilSignal(ctx, r.patience, r.run, r.stop)
}

// restoreChecked runs ipvsadm-restore: it replaces the table by its input, but only if no
// line has a fault. Each line that the kernel refuses is reported, and the others
// take effect.
func (r *restorer) restoreChecked(ctx context.Context) int {
	commands := 0
	var input spool
	code := r.parser.readWhole(r.con, &input, func(c *flags.Command) error {
		commands++
		return onlyChanges(c)
	})
	if code == exitDone && commands == 0 {
		code = r.allowEmpty(ctx)
	}
	if code != exitDone {
		return code
	}
	r.lines = rulefile.NewReader(&input)
	r.numbered = true
	r.done.Store(-1)
	r.begun.Store(-1)
	r.next.add(rulefile.Line{Text: "clear the table"}, ipvsnl.Flush())
	return r.restore(ctx)
}

// errNoRules prevents missing input from clearing the table.
var errNoRules = errors.New("the input has no rules, but the table has services: to clear it, use -C")

// allowEmpty refuses input without a command, unless the table has no services.
func (r *restorer) allowEmpty(ctx context.Context) (code int) {
	for _, err := range r.client.EachService(ctx) {
		if err != nil {
			r.con.complain(message(err))
			return exitChange
		}
		r.con.complain(errNoRules.Error())
		return flags.ExitFault
	}
	return exitDone
}

// run runs the lines and returns the exit code.
func (r *restorer) run(ctx context.Context) int {
	defer r.letGo()
	err := r.copy(ctx)
	if r.isStopped() {
		select {} // as stop determines how the program ends
	}
	if err == nil {
		r.con.hints.tell()
	}
	switch {
	case errors.As(err, new(*lockedError)):
		return notLocked(r.con, err)
	case err != nil:
		r.con.complain(err.Error())
		return exitChange
	case r.numbered && r.refused > 0:
		return exitChange
	}
	return r.code
}

// stop prevents further changes from being sent, waits for the replies to those sent,
// and reports the progress of the restore. It may run while the restore waits for lines or
// prints a listing.
func (r *restorer) stop(s syscall.Signal) int {
	close(r.stopped)
	<-r.reported // and is never returned, so that nothing else is sent
	text := stopped(s) + progress(int(r.done.Load()), int(r.begun.Load()), r.numbered) + "\n"
	_, _ = io.WriteString(r.con.err, text) // without a flush, which may block
	return exitSignal + int(s)
}

// progress describes which lines of a restore are done and which were at least
// sent. If clears is true, the table is cleared before the first.
func progress(done, begun int, clears bool) string {
	var b strings.Builder
	switch {
	case done > 0 && clears:
		fmt.Fprintf(&b, "the table was cleared and lines 1 to %d are done, ", done)
	case done > 0:
		fmt.Fprintf(&b, "lines 1 to %d are done, ", done)
	case done == 0 && clears:
		b.WriteString("the table was cleared, ")
	case begun >= 0 && clears:
		b.WriteString("it is unknown whether the table was cleared, ")
	}
	done, begun = max(done, 0), max(begun, 0)
	if begun > done {
		fmt.Fprintf(&b, "lines %d to %d are in doubt, ", done+1, begun)
	}
	fmt.Fprintf(&b, "nothing was sent from line %d on", begun+1)
	return b.String()
}

// copy runs the lines up to the first fault.
func (r *restorer) copy(ctx context.Context) error {
	for {
		if !r.lines.Ready() {
			// The writer of the lines may be waiting for their effects and output.
			if err := r.send(ctx); err != nil {
				return err
			}
		}
		line, err := r.read()
		if errors.Is(err, io.EOF) {
			return r.settle(ctx)
		}
		if err != nil {
			return errors.Join(r.settle(ctx), fmt.Errorf("cannot read: %w", err))
		}
		if line.Empty() {
			continue
		}
		if ends, err := r.line(ctx, line); ends || err != nil {
			return err
		}
	}
}

// read reads the next line. If that takes long, it releases the lock meanwhile, unless
// there are too few descriptors for a timer.
func (r *restorer) read() (rulefile.Line, error) {
	if !r.lines.Ready() && files.HasPoller() {
		defer time.AfterFunc(r.idle, r.letGo).Stop()
	}
	return r.lines.Next()
}

// hold takes the lock.
func (r *restorer) hold(ctx context.Context) error {
	if r.unlock != nil {
		return nil
	}
	unlock, err := r.locker.lock(ctx)
	switch {
	case err == nil:
		r.unlock, r.changed = unlock, true
	case r.changed:
		err = fmt.Errorf("%v; line %d and later ones were not run", err, r.next.lines[0].Number)
	}
	return err
}

// letGo releases the lock once everything sent is reported.
func (r *restorer) letGo() {
	err := r.await()
	if r.unlock != nil {
		r.unlock()
		r.unlock = nil
	}
	r.reported <- err
}

// line runs a line. Ends reports whether the restore ends there.
func (r *restorer) line(ctx context.Context, line rulefile.Line) (ends bool, err error) {
	c, fault := r.parser.parse(line)
	if fault == nil {
		fault = noRestore(&c)
	}
	if fault == nil && c.Kind == flags.Change {
		if r.next.add(line, c.Change); len(r.next.lines) < maxPending {
			return false, nil
		}
		return false, r.send(ctx)
	}
	if err := r.settle(ctx); err != nil {
		return true, err
	}
	if fault != nil {
		r.code, ends = r.con.reject(fault)
	} else {
		shown := c // not c itself, which would cost every change an allocation
		r.code, ends = r.show(ctx, &shown)
	}
	r.passed(line)
	return ends, nil
}

// passed notes that a line has been run, and all before it.
func (r *restorer) passed(line rulefile.Line) {
	r.begun.Store(int64(line.Number))
	r.done.Store(int64(line.Number))
}

// settle sends the gathered lines and returns when all results are reported.
func (r *restorer) settle(ctx context.Context) error {
	_ = r.send(ctx) // whose error await returns, too
	err := r.await()
	r.reported <- err
	return err
}

// await waits until everything sent is reported, and takes the value of reported. It does not return
// after stop, which then determines how the program ends.
func (r *restorer) await() error {
	err := <-r.reported
	if r.isStopped() {
		r.reported <- err
		select {}
	}
	return err
}

// isStopped reports whether stop was called.
func (r *restorer) isStopped() bool {
	select {
	case <-r.stopped:
		return true
	default:
		return false
	}
}

// send starts sending the gathered lines once everything before them is reported.
func (r *restorer) send(ctx context.Context) error {
	if len(r.next.lines) == 0 {
		return nil
	}
	err := r.await()
	if err == nil {
		err = r.hold(ctx)
	}
	if err != nil {
		r.reported <- err
		return err
	}
	r.next, r.sent = r.sent, r.next
	p := r.sent
	go func() { r.reported <- r.report(ctx, p) }()
	return nil
}

// report sends the pending changes and reports refusals.
func (r *restorer) report(ctx context.Context, p *pending) error {
	last := len(p.lines) - 1
	r.begun.Store(int64(p.lines[last].Number))
	err := r.apply(ctx, p.changes...)
	r.code = exitDone
	var e *ipvsnl.ApplyError
	if err != nil && !errors.As(err, &e) {
		return errors.New(message(err)) // nothing was sent
	}
	if e != nil {
		for i := range e.Failures {
			r.refuse(p, &e.Failures[i])
		}
		if e.InDoubt >= 0 {
			number := p.lines[e.InDoubt].Number
			r.done.Store(int64(number - 1))
			return fmt.Errorf("line %d and later ones are in doubt: %s", max(number, 1), message(e.Err))
		}
	}
	r.passed(p.lines[last])
	p.reset()
	return nil
}

// refuse reports a line that the kernel has refused.
func (r *restorer) refuse(p *pending, f *ipvsnl.Failure) {
	text := message(f.Err)
	if r.numbered {
		text = numbered(p.lines[f.Index], text)
	}
	r.con.complain(text)
	r.con.hints.afterFailure(f)
	r.refused++
	if f.Index == len(p.lines)-1 {
		r.code = exitChange
	}
}
