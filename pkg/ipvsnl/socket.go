package ipvsnl

import (
	"context"
	"errors"
	"syscall"
	"time"

	"github.com/mdlayher/netlink"
)

// A socket is a netlink socket and the buffers of what is said on it. It serves
// one exchange at a time.
type socket struct {
	conn   *netlink.Conn
	family netlink.HeaderType
	enc    encoder
	dec    decoder

	// midway is true from a request until its last reply, and so stays true
	// if the exchange breaks: what comes next on the socket is then unknown.
	midway bool

	short bool // whether replies go without the requests that they are to
}

// genlHeader is the length of a generic-netlink header.
const genlHeader = 4

// message returns a request to IPVS.
func (s *socket) message(flags netlink.HeaderFlags, b []byte) netlink.Message {
	return netlink.Message{Header: netlink.Header{Type: s.family, Flags: flags}, Data: b}
}

// exchange sends the request that the encoder holds and calls each with the
// attributes of every reply.
func (s *socket) exchange(flags netlink.HeaderFlags, each func(b []byte) error) error {
	s.midway = true
	req, err := s.conn.Send(s.message(flags, s.enc.buf))
	if err != nil {
		return err
	}
	acked, changed, replies := false, false, 0
	for m, err := range s.conn.ReceiveIter() {
		if err != nil {
			return s.broke(err, &req)
		}
		if err := s.check(&m, &req); err != nil {
			return s.leave(err)
		}
		changed = changed || m.Header.Flags&netlink.DumpInterrupted != 0
		switch m.Header.Type {
		case netlink.Error: // of number 0, or else ReceiveIter had made it an error
			acked = true
		case s.family:
			replies++
			if err := each(m.Data[genlHeader:]); err != nil {
				return s.leave(err)
			}
		}
	}
	if flags == byAck && !acked || flags == byReply && replies == 0 {
		return errNoReply
	}
	s.midway = false
	if changed {
		return ErrChanged
	}
	return nil
}

// exchangeQuiet sends the request that the encoder holds, which the kernel
// acknowledges or not. No netlink family acknowledges what failed with EINTR, and
// that is what IPVS makes of a daemon that is stopped before it first ran. It is
// stopped all the same.
func (s *socket) exchangeQuiet() error {
	var refused error
	err := s.submit([]netlink.Message{s.message(byAck, s.enc.buf)}, func(_ int, err error) { refused = err })
	if err != nil {
		return err
	}
	return refused
}

// submit sends requests in one datagram, and calls outcome with the number and the error
// of each that the kernel acknowledges or refuses. Behind them it sends one that
// does nothing and is always acknowledged, so that it knows when there is nothing
// more to come.
func (s *socket) submit(requests []netlink.Message, outcome func(i int, err error)) error {
	s.midway = true
	end := netlink.Message{Header: netlink.Header{Type: netlink.Noop, Flags: byAck}}
	sent, err := s.conn.SendMessages(append(requests, end))
	if err != nil {
		return err
	}
	for s.midway {
		i, refused, err := s.nextOutcome(sent[0].Header.Sequence)
		switch last := uint32(len(requests)); {
		case err != nil:
			return err
		case i < last:
			outcome(int(i), refused)
		case i == last && refused == nil:
			s.midway = false
		default:
			return errStray
		}
	}
	return nil
}

// nextOutcome reads what became of a request: its number, counted from that of the
// sequence number first, and why the kernel refused it, if so.
func (s *socket) nextOutcome(first uint32) (i uint32, refused, err error) {
	for m, err := range s.conn.ReceiveIter() {
		var oe *netlink.OpError
		switch {
		case err == nil && m.Header.Type == netlink.Error:
			return m.Header.Sequence - first, nil, nil
		case err == nil:
			return 0, nil, errType
		case errors.As(err, &oe) && oe.Sequence != 0:
			return oe.Sequence - first, refusal(err), nil
		}
		return 0, nil, err
	}
	return 0, nil, errNoReply
}

// leave ends an exchange because of err, with replies still to come. It closes the
// socket, or else ReceiveIter would read the rest of a listing that nobody wants.
func (s *socket) leave(err error) error {
	_ = s.conn.Close()
	return err
}

// broke returns why ReceiveIter failed. If the kernel refused the request,
// there is nothing more to come and the socket is good for another exchange.
func (s *socket) broke(err error, req *netlink.Message) error {
	var oe *netlink.OpError
	if !errors.As(err, &oe) || oe.Sequence == 0 {
		return err
	}
	if oe.Sequence != req.Header.Sequence {
		return errStray
	}
	s.midway = req.Header.Flags == byDump
	return refusal(err)
}

// refusal returns the error number if err is one that the kernel sent in a
// reply, and else err, such as that of a system call.
func refusal(err error) error {
	var oe *netlink.OpError
	if errors.As(err, &oe) && isErrno(oe.Err) {
		return oe.Err
	}
	return err
}

// isErrno says whether err is an error number that came in a reply: that of a
// system call is wrapped.
func isErrno(err error) bool {
	_, ok := err.(syscall.Errno)
	return ok
}

// check returns what is wrong with a reply, if anything.
func (s *socket) check(m, req *netlink.Message) error {
	if m.Header.Sequence != req.Header.Sequence || m.Header.PID != 0 && m.Header.PID != req.Header.PID {
		return errStray
	}
	switch m.Header.Type {
	case netlink.Error, netlink.Done, netlink.Noop:
		return nil
	case netlink.Overrun:
		return errOverrun
	case s.family:
		if len(m.Data) < genlHeader {
			return errShort
		}
		return nil
	}
	return errType
}

// watch interrupts what the socket does, now and ever after, once ctx is done. The
// function it returns ends the watch and reports whether it is not too late.
func (s *socket) watch(ctx context.Context) (stop func() bool) {
	if ctx.Done() == nil {
		return unwatched
	}
	return context.AfterFunc(ctx, func() {
		_ = s.conn.SetDeadline(time.Unix(1, 0))
	})
}

func unwatched() bool { return true }
