package ipvsnl

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"github.com/mdlayher/netlink"
)

// A Batch is changes that are sent together: many requests in one system call,
// to which the kernel replies only for those that it refuses.
// It takes them in order, and one that fails does not keep it from the next.
//
// A Batch is empty again once it was sent. It is not safe for concurrent use.
type Batch struct {
	client  *Client
	enc     encoder
	changes []change
	queued  []netlink.Message // room for what is sent
}

// A change is one request of a batch.
type change struct {
	op         Op
	start, end int   // of the request in the encoder's buffer
	err        error // why there is no request
}

// A Failure is a change of a batch that the kernel refused or that could not be
// asked for.
type Failure struct {
	// Index is the change's place in the batch, from 0.
	Index int

	// Err is an *Error, as the client's method for the change would return it.
	Err error
}

// An InDoubtError says that a batch broke off. The changes before Index are
// done, unless they are among the failures; of the others it is not known.
type InDoubtError struct {
	Index int
	Err   error
}

// Error says from where on a batch is in doubt, and why.
func (e *InDoubtError) Error() string {
	return fmt.Sprintf("ipvs: change %d of the batch and later ones are in doubt: %v", e.Index, e.Err)
}

// Unwrap returns e.Err.
func (e *InDoubtError) Unwrap() error { return e.Err }

// maxChunk is how many requests are sent at once. If the kernel refuses them
// all, its replies still fit into a socket's buffer of the usual size.
const maxChunk = 128

// Batch returns an empty batch.
func (c *Client) Batch() *Batch { return &Batch{client: c} }

// Len returns how many changes the batch has.
func (b *Batch) Len() int { return len(b.changes) }

// AddService queues what [Client.AddService] does.
func (b *Batch) AddService(s Service) {
	b.add(OpAddService, b.enc.wholeService(cmdNewService, &s))
}

// SetService queues what [Client.SetService] does.
func (b *Batch) SetService(s Service) {
	b.add(OpSetService, b.enc.wholeService(cmdSetService, &s))
}

// DeleteService queues what [Client.DeleteService] does.
func (b *Batch) DeleteService(key ServiceKey) {
	b.add(OpDeleteService, b.enc.aboutService(cmdDelService, &key))
}

// AddDestination queues what [Client.AddDestination] does.
func (b *Batch) AddDestination(key ServiceKey, d Destination) {
	b.add(OpAddDestination, b.enc.wholeDest(cmdNewDest, &key, &d))
}

// SetDestination queues what [Client.SetDestination] does.
func (b *Batch) SetDestination(key ServiceKey, d Destination) {
	b.add(OpSetDestination, b.enc.wholeDest(cmdSetDest, &key, &d))
}

// DeleteDestination queues what [Client.DeleteDestination] does.
func (b *Batch) DeleteDestination(key ServiceKey, addr netip.AddrPort) {
	b.add(OpDeleteDestination, b.enc.aboutDest(cmdDelDest, &key, addr))
}

// StartDaemon queues what [Client.StartDaemon] does.
func (b *Batch) StartDaemon(d Daemon) {
	b.add(OpStartDaemon, b.enc.daemonRequest(cmdNewDaemon, &d, whole))
}

// StopDaemon queues what [Client.StopDaemon] does.
func (b *Batch) StopDaemon(d Daemon) {
	b.add(OpStopDaemon, b.enc.daemonRequest(cmdDelDaemon, &d, byKey))
}

// SetTimeouts queues what [Client.SetTimeouts] does.
func (b *Batch) SetTimeouts(t Timeouts) {
	b.enc.timeoutsRequest(cmdSetConfig, &t)
	b.add(OpSetTimeouts, nil)
}

// Zero queues what [Client.Zero] does.
func (b *Batch) Zero() { b.add(OpZero, bare(&b.enc, cmdZero)) }

// ZeroService queues what [Client.ZeroService] does.
func (b *Batch) ZeroService(key ServiceKey) {
	b.add(OpZeroService, b.enc.aboutService(cmdZero, &key))
}

// Flush queues what [Client.Flush] does.
func (b *Batch) Flush() { b.add(OpFlush, bare(&b.enc, cmdFlush)) }

// add adds the change whose request has just been built, or could not be.
func (b *Batch) add(op Op, err error) {
	start := 0
	if n := len(b.changes); n > 0 {
		start = b.changes[n-1].end
	}
	if err != nil {
		b.enc.buf = b.enc.buf[:start]
	}
	b.changes = append(b.changes, change{op, start, len(b.enc.buf), err})
}

// Send has the kernel make the changes, in order, and empties the batch. It
// returns those that failed. If it breaks off, because replies were lost or ctx was
// cancelled, the error is an *[InDoubtError]; any other error says that nothing was
// sent.
func (b *Batch) Send(ctx context.Context) ([]Failure, error) {
	defer b.reset()
	failures, asked := b.partition()
	if len(asked) == 0 {
		return failures, nil
	}
	begun, done := false, 0
	err := b.client.use(ctx, func(s *socket) error {
		begun = true
		for chunk := range slices.Chunk(asked, maxChunk) {
			refused, err := b.send(s, chunk)
			failures = append(failures, refused...)
			if err != nil {
				return err
			}
			done += len(chunk)
		}
		return nil
	})
	slices.SortFunc(failures, func(x, y Failure) int { return x.Index - y.Index })
	switch {
	case err == nil:
		return failures, nil
	case !begun:
		return failures, fail(b.changes[asked[0]].op, err)
	}
	return failures, &InDoubtError{Index: asked[done], Err: err}
}

// partition returns the changes that there is no request for, as failures, and the places of
// the others.
func (b *Batch) partition() (failures []Failure, asked []int) {
	asked = make([]int, 0, len(b.changes))
	for i := range b.changes {
		if c := &b.changes[i]; c.err != nil {
			failures = append(failures, Failure{i, fail(c.op, c.err)})
		} else {
			asked = append(asked, i)
		}
	}
	return failures, asked
}

// send sends the requests for some changes and returns those that the kernel
// refused. It asks for no other replies.
func (b *Batch) send(s *socket, changes []int) ([]Failure, error) {
	b.queued = b.queued[:0]
	for _, i := range changes {
		c := &b.changes[i]
		b.queued = append(b.queued, s.message(netlink.Request, b.enc.buf[c.start:c.end]))
	}
	if len(changes) > 1 {
		s.shortenReplies()
	}
	var failures []Failure
	err := s.submit(b.queued, func(i int, err error) {
		if err != nil {
			failures = append(failures, Failure{changes[i], fail(b.changes[changes[i]].op, err)})
		}
	})
	return failures, err
}

// reset empties the batch.
func (b *Batch) reset() {
	b.enc.reset()
	clear(b.changes) // drops the errors
	b.changes = b.changes[:0]
}

// shortenReplies asks the kernel not to send requests back with its replies. Where
// it cannot, they take more room.
func (s *socket) shortenReplies() {
	if !s.short {
		s.short = true
		_ = s.conn.SetOption(netlink.CapAcknowledge, true)
	}
}
