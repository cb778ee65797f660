package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/rulefile"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// maxBatch is how many lines of a restore wait for each other at most.
const maxBatch = 512

// maxIdle is how long a restore may wait for its next line before others may change the
// table: whoever writes the lines may take hours.
const maxIdle = 10 * time.Second

// A restorer runs the lines of rules. Changes are queued and sent together, when
// there are enough of them or no further line is at hand, and while the kernel
// makes them the next lines are read. What they lead to is reported in order all
// the same.
type restorer struct {
	*app
	lines    *rules.Reader
	next     *pending      // what is being queued
	sent     *pending      // what is on its way or has been; used again
	reported chan error    // has a value once all that was sent is reported
	stopped  chan struct{} // closed when nothing more is to be sent
	numbered bool          // whether messages name their lines
	refused  int           // how many lines the kernel has refused
	code     int           // the exit code of the last line

	// Both belong to whoever has the value of reported.
	unlock  func() // lets others change the table; nil if they may
	changed bool   // whether anything has been sent

	// done and begun are the numbers of the last line that has been run and of the last that was sent
	// to be run. Between the two lines are in doubt.
	done, begun atomic.Int64
}

// A pending is lines and the batch of their changes.
type pending struct {
	batch *ipvsnl.Batch
	lines []rules.Line // without their words
}

func (a *app) newRestorer(r io.Reader) *restorer {
	reported := make(chan error, 1)
	reported <- nil
	return &restorer{
		app:      a,
		lines:    rules.NewReader(r),
		next:     &pending{batch: a.client.Batch()},
		sent:     &pending{batch: a.client.Batch()},
		reported: reported,
		stopped:  make(chan struct{}),
	}
}

// restoreAs runs -R with the options that it has.
func (a *app) restoreAs(how flags.Restoring) int {
	switch {
	case how.Replace:
		return a.replace(how.DryRun)
	case how.DryRun:
		return a.dryRun()
	case a.checked:
		return a.restoreChecked()
	}
	return a.restore()
}

// restore runs -R. What the kernel refuses does not keep the next line from
// running; a line at fault ends it. The exit code is that of the last line.
func (a *app) restore() int {
	r := a.newRestorer(a.stdin)
	return a.untilSignal(r.run, r.stop)
}

// run runs the lines and returns the exit code.
func (r *restorer) run() int {
	defer r.letGo()
	err := r.copy()
	switch {
	case errors.As(err, new(*lockedError)):
		return r.notLocked(err)
	case err != nil:
		r.complain(err.Error())
		return exitChange
	case r.numbered && r.refused > 0:
		return exitChange
	}
	return r.code
}

// stop keeps what has not been sent from being sent, waits for the replies to what has, and reports where
// the restore has come to. Lines may be waited for all the while, or a listing be printed.
func (r *restorer) stop(s syscall.Signal) int {
	close(r.stopped)
	<-r.reported // and is never given back, so that nothing else is sent
	_, _ = io.WriteString(r.stderr, stopped(s)+progress(int(r.done.Load()), int(r.begun.Load()), r.numbered)+"\n")
	return exitSignal + int(s)
}

// progress says in words which lines of a restore are done and which were sent at least. The table may
// have been cleared before the first.
func progress(done, begun int, cleared bool) string {
	var b strings.Builder
	switch {
	case done > 0 && cleared:
		fmt.Fprintf(&b, "the table was cleared and lines 1 to %d are done, ", done)
	case done > 0:
		fmt.Fprintf(&b, "lines 1 to %d are done, ", done)
	case begun > 0 && cleared:
		b.WriteString("whether the table was cleared is in doubt, ")
	}
	if begun > done {
		fmt.Fprintf(&b, "lines %d to %d are in doubt, ", done+1, begun)
	}
	fmt.Fprintf(&b, "nothing was sent from line %d on", begun+1)
	return b.String()
}

// copy runs the lines, up to one at fault.
func (r *restorer) copy() error {
	for {
		if !r.lines.Ready() {
			// Who writes the lines may wait for what they do and print.
			if err := r.send(); err != nil {
				return err
			}
		}
		line, err := r.read()
		if errors.Is(err, io.EOF) {
			return r.settle()
		}
		if err != nil {
			return errors.Join(r.settle(), fmt.Errorf("cannot read: %w", err))
		}
		if line.Empty() {
			continue
		}
		if ends, err := r.line(line); ends || err != nil {
			return err
		}
	}
}

// read reads the next line. If that takes long, others may change the table meanwhile.
func (r *restorer) read() (rules.Line, error) {
	if !r.lines.Ready() {
		defer time.AfterFunc(maxIdle, r.letGo).Stop()
	}
	return r.lines.Next()
}

// hold keeps others from changing the table.
func (r *restorer) hold() error {
	if r.unlock != nil {
		return nil
	}
	unlock, err := r.lock()
	switch {
	case err == nil:
		r.unlock, r.changed = unlock, true
	case r.changed:
		err = fmt.Errorf("%v; line %d and later ones were not run", err, r.next.lines[0].Number)
	}
	return err
}

// letGo lets others change the table, once all that was sent is reported.
func (r *restorer) letGo() {
	err := r.await()
	if r.unlock != nil {
		r.unlock()
		r.unlock = nil
	}
	r.reported <- err
}

// line runs a line. It ends says whether the lines behind it are not to be run.
func (r *restorer) line(line rules.Line) (ends bool, err error) {
	c, fault := r.parse(line)
	if queue := changes[c.Action]; fault == nil && queue != nil {
		queue(r.next.batch, &c)
		line.Words = nil
		if !r.numbered {
			line.Text = "" // no message shows it, and it may be long
		}
		if r.next.lines = append(r.next.lines, line); len(r.next.lines) < maxBatch {
			return false, nil
		}
		return false, r.send()
	}
	if err := r.settle(); err != nil {
		return true, err
	}
	if fault != nil {
		r.code, ends = r.reject(fault)
		r.passed(line)
		return ends, nil
	}
	r.code, ends = r.show(&c)
	r.passed(line)
	return ends, nil
}

// passed notes that a line has been run, and all before it.
func (r *restorer) passed(line rules.Line) {
	r.begun.Store(int64(line.Number))
	r.done.Store(int64(line.Number))
}

// parse understands the words of a line, which may ask for anything but another
// restore.
func (r *restorer) parse(line rules.Line) (flags.Command, error) {
	c, err := r.parseLine(line)
	if err == nil {
		err = noRestore(&c)
	}
	return c, err
}

// parseLine understands the words of a line of rules. It is not for a line to say in which
// network namespace a run works or for how long it waits, nor to keep the lines behind it
// waiting.
func (a *app) parseLine(line rules.Line) (flags.Command, error) {
	c, err := flags.Parse(line.Words, a.names)
	switch {
	case err != nil:
	case line.Long:
		err = errLong
	case c.NetNS != "":
		err = illegalInLine("netns")
	case c.Listing.Watch != 0:
		err = illegalInLine("watch")
	case c.WaitGiven:
		err = illegalInLine("wait")
	}
	return c, err
}

// errLong is the error of a line that is too long to be read, and not at fault as far as it was.
var errLong error = &flags.Error{Text: "a line of rules of more than 1 MB", Exit: flags.ExitFault, Ends: true}

func illegalInLine(option string) error {
	return &flags.Error{Text: "Illegal '" + option + "' option in a line of rules", Exit: flags.ExitFault, Ends: true}
}

// settle sends what is queued and returns when all is reported.
func (r *restorer) settle() error {
	if err := r.send(); err != nil {
		return err
	}
	err := r.await()
	r.reported <- err
	return err
}

// await takes from reported what is there once all that was sent is reported. It does not return after
// stop: what becomes of the program is then for stop to say.
func (r *restorer) await() error {
	err := <-r.reported
	select {
	case <-r.stopped:
		r.reported <- err
		select {}
	default:
		return err
	}
}

// send begins to send what is queued, once all before it is reported.
func (r *restorer) send() error {
	if len(r.next.lines) == 0 {
		return nil
	}
	err := r.await()
	if err == nil {
		err = r.hold()
	}
	if err != nil {
		r.reported <- err
		return err
	}
	r.next, r.sent = r.sent, r.next
	p := r.sent
	go func() { r.reported <- r.report(p) }()
	return nil
}

// report sends what is pending and reports what the kernel refuses.
func (r *restorer) report(p *pending) error {
	last := p.lines[len(p.lines)-1]
	r.begun.Store(int64(last.Number))
	failures, err := p.batch.Send(r.ctx)
	r.code = exitDone
	for _, f := range failures {
		text := message(f.Err)
		if r.numbered {
			text = numbered(p.lines[f.Index], text)
		}
		r.complain(text)
		r.refused++
		if f.Index == len(p.lines)-1 {
			r.code = exitChange
		}
	}
	var doubt *ipvsnl.InDoubtError
	if errors.As(err, &doubt) {
		r.done.Store(int64(max(p.lines[doubt.Index].Number-1, 0)))
		return fmt.Errorf("line %d and later ones are in doubt: %s", max(p.lines[doubt.Index].Number, 1), message(doubt.Err))
	}
	if err != nil {
		return errors.New(message(err))
	}
	r.passed(last)
	p.lines = p.lines[:0]
	return nil
}
