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
}

// genlHeader is the length of a generic-netlink header.
const genlHeader = 4

// exchange sends the request that the encoder holds and calls each with the
// attributes of every reply. An error leaves the socket in the midst of the
// exchange: it cannot serve another.
func (s *socket) exchange(flags netlink.HeaderFlags, each func(b []byte) error) error {
	req, err := s.conn.Send(netlink.Message{
		Header: netlink.Header{Type: s.family, Flags: flags},
		Data:   s.enc.buf,
	})
	if err != nil {
		return err
	}
	acked, replies := false, 0
	for m, err := range s.conn.ReceiveIter() {
		if err == nil {
			err = s.check(&m, &req)
		}
		if err == nil {
			switch m.Header.Type {
			case netlink.Error: // of number 0, or else ReceiveIter had made it an error
				acked = true
			case s.family:
				replies++
				err = each(m.Data[genlHeader:])
			}
		}
		if err != nil {
			return s.abandon(err, &req)
		}
	}
	if flags == byAck && !acked || flags == byReply && replies == 0 {
		return errNoReply
	}
	return nil
}

// abandon ends an exchange because of err. The socket is closed first, or else
// ReceiveIter would read all of a listing that nobody wants.
func (s *socket) abandon(err error, req *netlink.Message) error {
	_ = s.conn.Close()
	var oe *netlink.OpError
	if errors.As(err, &oe) && oe.Sequence != 0 && oe.Sequence != req.Header.Sequence {
		return errStray
	}
	return refusal(err)
}

// refusal returns the error number if err is one that the kernel sent in a
// reply, and else err, such as that of a system call.
func refusal(err error) error {
	var oe *netlink.OpError
	if errors.As(err, &oe) {
		if errno, ok := oe.Err.(syscall.Errno); ok {
			return errno
		}
	}
	return err
}

// check returns what is wrong with a reply, if anything.
func (s *socket) check(m, req *netlink.Message) error {
	switch {
	case m.Header.Sequence != req.Header.Sequence,
		m.Header.PID != 0 && m.Header.PID != req.Header.PID:
		return errStray
	case m.Header.Flags&netlink.DumpInterrupted != 0:
		return errChanged
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

// watch interrupts what the socket does once ctx is done. The function it
// returns ends the watch and reports whether the socket was left alone.
func (s *socket) watch(ctx context.Context) (stop func() bool) {
	if ctx.Done() == nil {
		return unwatched
	}
	return context.AfterFunc(ctx, func() {
		_ = s.conn.SetDeadline(time.Unix(1, 0))
	})
}

func unwatched() bool { return true }
