// SPDX-License-Identifier: Apache-2.0

package ipvsnl

import (
	"context"
	"encoding/binary"
	"errors"
	"iter"

	"github.com/mdlayher/netlink"
)

// A reply is the way in which the kernel answers a request to read.
type reply netlink.HeaderFlags

const (
	byReply = reply(netlink.Request)                // one message
	byDump  = reply(netlink.Request | netlink.Dump) // messages up to a "done"
)

// A socket is a netlink socket with its buffers. It serves one
// exchange at a time.
type socket struct {
	conn      *netlink.Conn
	datagrams *datagrams // those of conn
	transport transport
	family    netlink.HeaderType
	enc       encoder
	dec       decoder

	// midway is true from a request until its last reply, and stays true if the
	// exchange fails: the next message on the socket is then unknown.
	midway bool

	short bool // replies do not include the requests

	closing func(transport) // is called before the transport is closed
}

// close closes the socket. It may be called again.
func (s *socket) close() error {
	if s.closing == nil {
		return nil
	}
	s.closing(s.transport)
	s.closing = nil
	return s.conn.Close()
}

// genlHeader is the length of a generic-netlink header.
const genlHeader = 4

// firstFamily is the least number of a generic-netlink family (NLMSG_MIN_TYPE).
const firstFamily = 0x10

// message returns a request to IPVS.
func (s *socket) message(flags netlink.HeaderFlags, b []byte) netlink.Message {
	return netlink.Message{Header: netlink.Header{Type: s.family, Flags: flags}, Data: b}
}

// exchange sends the request that the encoder holds and calls each with the
// attributes of every reply.
func (s *socket) exchange(how reply, each func(b []byte) error) error {
	s.midway = true
	req, err := s.conn.Send(s.message(netlink.HeaderFlags(how), s.enc.buf))
	if err != nil {
		return err
	}
	a := answer{}
	for more := true; more; more = a.multi && !a.done {
		if err := s.receive(&a, &req, each); err != nil {
			return err
		}
	}
	if how == byReply && a.replies == 0 {
		return errNoReply
	}
	s.midway = false
	if a.changed {
		return ErrChanged
	}
	return nil
}

// An answer is what the kernel sends for a request, so far.
type answer struct {
	replies int
	multi   bool // whether there is a message that marks the end
	done    bool // whether it has come
	changed bool // whether the kernel noticed a change of what it lists
}

// receive reads a datagram of an answer. It does without the iterators of package netlink,
// which allocate memory for every message: there are as many as destinations.
func (s *socket) receive(a *answer, req *netlink.Message, each func(b []byte) error) error {
	b, err := s.datagrams.read()
	if err != nil {
		return err
	}
	for len(b) > 0 && !a.done {
		var m netlink.Message
		if m, b, err = cutMessage(b); err != nil {
			return err
		}
		if m.Header.Type == netlink.Error || m.Header.Type == netlink.Done && len(m.Data) > 0 {
			if err := outcome(m); err != nil {
				return s.broke(err, req)
			}
		}
		if err := s.check(&m, req); err != nil {
			return s.leave(err)
		}
		multi := m.Header.Flags&netlink.Multi != 0
		a.multi, a.done = a.multi || multi, multi && m.Header.Type == netlink.Done
		a.changed = a.changed || m.Header.Flags&netlink.DumpInterrupted != 0
		if m.Header.Type != s.family {
			continue
		}
		a.replies++
		if err := each(m.Data[genlHeader:]); err != nil {
			return s.leave(err)
		}
	}
	return nil
}

// outcome returns the error in a message that has room for one.
func outcome(m netlink.Message) error {
	if len(m.Data) >= 4 && binary.NativeEndian.Uint32(m.Data) == 0 {
		return nil
	}
	_, err := netlink.NewConn(&single{m: m}, 0).Receive()
	return err
}

// A single is a netlink.Socket that receives one message.
type single struct {
	netlink.Socket
	m netlink.Message
}

func (s *single) ReceiveIter() iter.Seq2[netlink.Message, error] {
	return func(yield func(netlink.Message, error) bool) { yield(s.m, nil) }
}

// submit sends requests in one datagram, and calls outcome with the number and the
// error of each that the kernel acknowledges or refuses. They do not request
// acknowledgements: IPVS never acknowledges stopping a daemon that has not run
// yet. Instead a last request, which does nothing and is acknowledged, marks the
// end of the replies.
func (s *socket) submit(requests []netlink.Message, outcome func(i int, err error)) error {
	s.midway = true
	end := netlink.Message{Header: netlink.Header{Type: netlink.Noop, Flags: netlink.Request | netlink.Acknowledge}}
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

// nextOutcome reads the outcome of a request: its number, counted from the
// sequence number first, and the reason if the kernel refused it.
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

// leave ends an exchange because of err, with replies outstanding. It closes the
// socket, on which the rest of a listing may be waiting.
func (s *socket) leave(err error) error {
	_ = s.close()
	return err
}

// broke returns the reason why there is no answer. If the kernel refused the request, there is
// nothing more to read and the socket can be used for another exchange.
func (s *socket) broke(err error, req *netlink.Message) error {
	var oe *netlink.OpError
	if !errors.As(err, &oe) || oe.Sequence == 0 {
		return err
	}
	if oe.Sequence != req.Header.Sequence {
		return errStray
	}
	s.midway = req.Header.Flags == netlink.HeaderFlags(byDump)
	return refusal(err)
}

// refusal returns the error number if err is one that the kernel sent in a reply,
// and otherwise err, such as that of a system call.
func refusal(err error) error {
	var oe *netlink.OpError
	if errors.As(err, &oe) && isErrno(oe.Err) {
		return oe.Err
	}
	return err
}

// check returns what is wrong with a reply, if anything.
func (s *socket) check(m, req *netlink.Message) error {
	if m.Header.Sequence != req.Header.Sequence || m.Header.PID != req.Header.PID && m.Header.PID != 0 && req.Header.PID != 0 {
		return errStray
	}
	switch m.Header.Type {
	case netlink.Error, netlink.Done, netlink.Noop:
		return nil
	case netlink.Overrun:
		return ErrOverrun
	case s.family:
		if len(m.Data) < genlHeader {
			return errShort
		}
		return nil
	}
	return errType
}

// watch interrupts the socket, permanently, once ctx is done. The
// function that it returns ends the watch, and reports whether ctx had not yet
// interrupted the socket.
func (s *socket) watch(ctx context.Context) (stop func() bool) {
	if ctx.Done() == nil {
		return unwatched
	}
	return context.AfterFunc(ctx, s.transport.interrupt)
}

func unwatched() bool { return true }

// shortenReplies asks the kernel not to include requests in its replies. If
// it cannot, replies are longer.
func (s *socket) shortenReplies() {
	if t, ok := s.transport.(interface{ shortenReplies() }); ok && !s.short {
		s.short = true
		t.shortenReplies()
	}
}
