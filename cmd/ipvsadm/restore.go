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
// there are enough of them or no further line is at hand; what they lead to is
// reported in order all the same.
type restorer struct {
	*app
	lines    *rules.Reader
	batch    *ipvsnl.Batch
	queued   []rules.Line // those in the batch, without their words
	numbered bool         // whether messages name their lines
	refused  int          // how many lines the kernel has refused
	code     int          // the exit code of the last line
}

func (a *app) newRestorer(r io.Reader) *restorer {
	return &restorer{app: a, lines: rules.NewReader(r), batch: a.client.Batch()}
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
		line.Words = nil
		if r.queued = append(r.queued, line); len(r.queued) < maxBatch {
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
		text := message(f.Err)
		if r.numbered {
			text = numbered(r.queued[f.Index], text)
		}
		r.complain(text)
		r.refused++
		if f.Index == len(r.queued)-1 {
			r.code = exitChange
		}
	}
	var doubt *ipvsnl.InDoubtError
	if errors.As(err, &doubt) {
		return fmt.Errorf("line %d and later ones are in doubt: %s", r.queued[doubt.Index].Number, message(doubt.Err))
	}
	r.queued = r.queued[:0]
	return err
}
