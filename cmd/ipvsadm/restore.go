// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/ipvsadm-go/ipvsadm/internal/rules"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// maxBatch is how many lines of a restore wait for each other at most.
const maxBatch = 512

// A restorer runs the lines of rules. Changes are queued and sent together, when
// there are enough of them or no further line is at hand, and while the kernel
// makes them the next lines are read. What they lead to is reported in order all
// the same.
type restorer struct {
	*app
	lines    *rules.Reader
	next     *pending   // what is being queued
	sent     *pending   // what is on its way or has been; used again
	reported chan error // has a value once all that was sent is reported
	numbered bool       // whether messages name their lines
	refused  int        // how many lines the kernel has refused
	code     int        // the exit code of the last line
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
	if err := r.run(); err != nil {
		a.complain(err.Error())
		return exitChange
	}
	return r.code
}

func (r *restorer) run() error {
	for {
		if !r.lines.Ready() {
			// Who writes the lines may wait for what they do and print.
			if err := r.send(); err != nil {
				return err
			}
		}
		line, err := r.lines.Next()
		if errors.Is(err, io.EOF) {
			return r.settle()
		}
		if err != nil {
			return errors.Join(r.settle(), fmt.Errorf("cannot read: %w", err))
		}
		if len(line.Words) == 0 {
			continue
		}
		if ends, err := r.line(line); ends || err != nil {
			return err
		}
	}
}

// line runs a line. It ends says whether the lines behind it are not to be run.
func (r *restorer) line(line rules.Line) (ends bool, err error) {
	c, fault := r.parse(line.Words)
	if queue := changes[c.Action]; fault == nil && queue != nil {
		queue(r.next.batch, &c)
		line.Words = nil
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
		return ends, nil
	}
	r.code, ends = r.show(&c)
	_ = r.stdout.Flush() // its error stays with the writer
	return ends, nil
}

// parse understands the words of a line, which may ask for anything but another
// restore.
func (r *restorer) parse(words []string) (flags.Command, error) {
	c, err := r.parseLine(words)
	if err == nil {
		err = noRestore(&c)
	}
	return c, err
}

// parseLine understands the words of a line of rules. It is not for a line to say in which
// network namespace a run works, nor to keep the lines behind it waiting.
func (a *app) parseLine(words []string) (flags.Command, error) {
	c, err := flags.Parse(words, a.names)
	switch {
	case err != nil:
	case c.NetNS != "":
		err = illegalInLine("netns")
	case c.Listing.Watch != 0:
		err = illegalInLine("watch")
	}
	return c, err
}

func illegalInLine(option string) error {
	return &flags.Error{Text: "Illegal '" + option + "' option in a line of rules", Exit: flags.ExitFault, Ends: true}
}

// settle sends what is queued and returns when all is reported.
func (r *restorer) settle() error {
	if err := r.send(); err != nil {
		return err
	}
	err := <-r.reported
	r.reported <- err
	return err
}

// send begins to send what is queued, once all before it is reported.
func (r *restorer) send() error {
	if len(r.next.lines) == 0 {
		return nil
	}
	if err := <-r.reported; err != nil {
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
		return fmt.Errorf("line %d and later ones are in doubt: %s", max(p.lines[doubt.Index].Number, 1), message(doubt.Err))
	}
	if err != nil {
		return errors.New(message(err))
	}
	p.lines = p.lines[:0]
	return nil
}
