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

// A restorer runs the command lines that stdin has. Changes are queued and sent
// together, when there are enough of them or no further line is at hand; what
// they lead to is reported in order all the same.
type restorer struct {
	*app
	lines  *rules.Reader
	batch  *ipvsnl.Batch
	queued []int // the numbers of the lines in the batch
	code   int   // the exit code of the last line
}

// restore runs -R. What the kernel refuses does not keep the next line from
// running; a line at fault ends it. The exit code is that of the last line.
func (a *app) restore() int {
	r := &restorer{app: a, lines: rules.NewReader(a.stdin), batch: a.client.Batch()}
	if err := r.run(); err != nil {
		a.complain(err.Error())
		return exitChange
	}
	return r.code
}

func (r *restorer) run() error {
	for {
		if !r.lines.Ready() {
			if err := r.settle(); err != nil {
				return err
			}
			// A pipe may have a reader who waits for what the lines so far print.
			_ = r.stdout.Flush()
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
		queue(r.batch, &c)
		if r.queued = append(r.queued, line.Number); len(r.queued) < maxBatch {
			return false, nil
		}
		return false, r.settle()
	}
	if err := r.settle(); err != nil {
		return true, err
	}
	if fault != nil {
		r.code, ends = r.reject(fault)
		return ends, nil
	}
	r.code, ends = r.show(&c)
	return ends, nil
}

// parse understands the words of a line, which may ask for anything but another
// restore.
func (r *restorer) parse(words []string) (flags.Command, error) {
	if flags.First(words) == flags.Restore {
		return flags.Command{}, flags.NoCommand
	}
	return flags.Parse(words, r.names)
}

// settle sends what is queued and reports what the kernel refused.
func (r *restorer) settle() error {
	if len(r.queued) == 0 {
		return nil
	}
	failures, err := r.batch.Send(r.ctx)
	r.code = exitDone
	for _, f := range failures {
		r.complain(message(f.Err))
		if f.Index == len(r.queued)-1 {
			r.code = exitChange
		}
	}
	var doubt *ipvsnl.InDoubtError
	if errors.As(err, &doubt) {
		return fmt.Errorf("line %d and later ones are in doubt: %s", r.queued[doubt.Index], message(doubt.Err))
	}
	r.queued = r.queued[:0]
	return err
}
