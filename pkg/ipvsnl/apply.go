// SPDX-License-Identifier: Apache-2.0

package ipvsnl

import (
	"context"
	"fmt"
	"strings"

	"github.com/mdlayher/netlink"
)

// Apply makes the kernel apply changes, in order: one or any number of them, in as
// few datagrams as possible. A change that fails does not prevent the next ones
// from being made. Invalid changes, whose failures match fs.ErrInvalid, are not sent.
//
// If any change failed, or the outcome of some is unknown, the error is an *[ApplyError].
// Any other error means that nothing was sent.
//
// After the context ends, nothing more is sent.
func (c *Client) Apply(ctx context.Context, changes ...Change) error {
	if len(changes) == 0 {
		return nil
	}
	a := applier{changes: changes, mapped: c.mapped}
	err := c.use(ctx, func(s *socket) error {
		defer c.changed(changes)
		return a.run(ctx, s)
	})
	switch {
	case err == nil && len(a.failures) == 0:
		return nil
	case err == nil:
		return &ApplyError{Failures: a.failures, InDoubt: -1}
	case a.done == 0 && !a.sent:
		return changes[0].fail(err)
	}
	return &ApplyError{Failures: a.failures, InDoubt: a.done, Doubted: changes[a.done], Err: err}
}

// An ApplyError reports the outcome of changes that were not all made.
type ApplyError struct {
	// Failures are the changes that failed, in order. The others before InDoubt were
	// made.
	Failures []Failure

	// InDoubt is the index of the first change whose outcome is unknown; the outcomes of
	// all later ones are unknown, too. It is -1 if all are known.
	InDoubt int
	Doubted Change // the change at InDoubt
	Err     error  // why it is in doubt
}

// A Failure is a change that the kernel refused, or that was not sent.
type Failure struct {
	Index  int // the index of the change among those applied
	Change Change
	Err    error // an *Error
}

// Error returns a line for each failure, and one for the changes in doubt.
func (e *ApplyError) Error() string {
	var lines []string
	for i := range e.Failures {
		lines = append(lines, e.Failures[i].Err.Error())
	}
	if e.InDoubt >= 0 {
		lines = append(lines, fmt.Sprintf("ipvs: %v: this change and later ones are in doubt: %v", e.Doubted, e.Err))
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the errors of the failures, and the reason why changes are in doubt.
func (e *ApplyError) Unwrap() []error {
	var all []error
	for i := range e.Failures {
		all = append(all, e.Failures[i].Err)
	}
	if e.Err != nil {
		all = append(all, e.Err)
	}
	return all
}

// maxChunk is the maximum number of requests sent at once. If the kernel refuses them all,
// its replies still fit into a socket buffer of the usual size.
const maxChunk = 128

// An applier makes changes on one socket.
type applier struct {
	changes  []Change
	mapped   bool // addresses may be IPv4-mapped
	done     int  // the number of changes whose outcome is known
	sent     bool // whether changes after those have been sent
	failures []Failure

	outdated []Failure // of merging changes, which are made again

	asked    []asked // the requests of a chunk
	messages []netlink.Message
}

// asked is a request that has been built: the index of its change, and its position in the
// encoder's buffer.
type asked struct {
	change     int
	start, end int
	ignore     errnos
	outdated   errnos // refusals after which the change is merged again
}

func (a *applier) run(ctx context.Context, s *socket) error {
	for a.done < len(a.changes) {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := a.next(s)
		if err != nil {
			return err
		}
		if err := a.send(s); err != nil {
			return err
		}
		if err := a.mergeAgain(ctx, s); err != nil {
			return err
		}
		a.done += n
	}
	return nil
}

// next builds the requests of the next chunk and returns how many changes it has.
func (a *applier) next(s *socket) (n int, err error) {
	s.enc.reset()
	s.enc.mapped = a.mapped
	a.asked = a.asked[:0]
	rest := a.changes[a.done:]
	if rest[0].Op.row().merges {
		return a.merge(s, a.done)
	}
	for n < len(rest) && len(a.asked) < maxChunk && !rest[n].Op.row().merges {
		a.build(&s.enc, a.done+n, &rest[n])
		n++
	}
	return n, nil
}

// build builds the requests of a change. If it is invalid, it has none.
func (a *applier) build(e *encoder, index int, c *Change) {
	requests := c.Op.row().requests
	if requests == nil {
		a.fail(index, errOp)
		return
	}
	for i := range requests {
		r, at := &requests[i], len(e.buf)
		if err := r.build(e, r.cmd, c); err != nil {
			a.fail(index, err) // of the first request, which is the strictest
			return
		}
		a.asked = append(a.asked, asked{change: index, start: at, end: len(e.buf), ignore: r.ignore})
	}
}

// send sends the requests of a chunk and collects the failures.
func (a *applier) send(s *socket) error {
	if len(a.asked) == 0 {
		return nil
	}
	a.messages = a.messages[:0]
	for _, r := range a.asked {
		a.messages = append(a.messages, s.message(netlink.Request, s.enc.buf[r.start:r.end]))
	}
	if len(a.messages) > 1 {
		s.shortenReplies()
	}
	err := s.submit(a.messages, func(i int, err error) {
		switch r := &a.asked[i]; {
		case err == nil || r.ignore.has(err):
		case r.outdated.has(err):
			a.outdated = append(a.outdated, Failure{Index: r.change, Err: err})
		default:
			a.fail(r.change, err)
		}
	})
	a.sent = err != nil
	return err
}

// fail records that a change failed, once: the first reason counts. Chunks and
// replies arrive in order, except for invalid changes.
func (a *applier) fail(index int, err error) {
	at := len(a.failures)
	for at > 0 && a.failures[at-1].Index > index {
		at--
	}
	if at > 0 && a.failures[at-1].Index == index {
		return
	}
	c := &a.changes[index]
	a.failures = append(a.failures, Failure{})
	copy(a.failures[at+1:], a.failures[at:])
	a.failures[at] = Failure{Index: index, Change: *c, Err: c.fail(err)}
}

// fail returns err as the failure of the change.
func (c *Change) fail(err error) error {
	e := &Error{Op: c.Op, Err: err}
	switch c.Op.row().of {
	case aService:
		e.Service = c.Service.Key
	case aDestination:
		e.Service, e.Destination = c.Service.Key, c.Destination.Addr
	case aDaemon:
		e.Daemon = c.Daemon.State
	}
	return e
}
