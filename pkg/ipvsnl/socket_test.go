// SPDX-License-Identifier: Apache-2.0

package ipvsnl

import (
	"context"
	"encoding/binary"
	"io"
	"testing"

	"github.com/mdlayher/netlink"
	"github.com/stretchr/testify/require"
)

// A script is a transport on which the test says what comes.
type script struct {
	id      uint32
	reads   [][]byte                      // the next datagrams
	replies func(request []byte) [][]byte // what follows a datagram, if not nil

	written   [][]byte
	shortened int
	closed    int
	closeErr  error
}

func (s *script) Read(b []byte) (int, error) {
	if len(s.reads) == 0 {
		return 0, io.ErrUnexpectedEOF
	}
	n := copy(b, s.reads[0])
	s.reads = s.reads[1:]
	return n, nil
}

func (s *script) Write(b []byte) (int, error) {
	s.written = append(s.written, append([]byte(nil), b...))
	if s.replies != nil {
		s.reads = append(s.reads, s.replies(b)...)
	}
	return len(b), nil
}

func (s *script) Close() error {
	s.closed++
	return s.closeErr
}

func (s *script) portID() uint32  { return s.id }
func (s *script) interrupt()      {}
func (s *script) shortenReplies() { s.shortened++ }

// socket returns a socket on the transport.
func (s *script) socket() *socket {
	d := newDatagrams(s)
	return &socket{conn: netlink.NewConn(d, s.id), datagrams: d, transport: s, family: 0x20, closing: func(transport) {}}
}

// acknowledge is the kernel's reply to changes that are all made.
func acknowledge(request []byte) [][]byte {
	last := request[len(request)-messageHeader:]
	return [][]byte{join(uint32(36), uint16(2), uint16(0), binary.NativeEndian.Uint32(last[8:]), uint32(0), uint32(0), last)}
}

// zeros are as many changes.
func zeros(n int) []Change {
	all := make([]Change, n)
	for i := range all {
		all[i] = Zero()
	}
	return all
}

// Replies to more than one request are to be short, for which a socket is asked once.
func TestShortenReplies(t *testing.T) {
	f := &script{replies: acknowledge}
	s := f.socket()
	for _, c := range []struct{ changes, shortened int }{{1, 0}, {2, 1}, {3, 1}} {
		a := applier{changes: zeros(c.changes)}
		require.NoError(t, a.run(t.Context(), s))
		require.Equal(t, c.shortened, f.shortened)
	}
}

// Any number of changes takes the memory of those that are sent together.
func TestApplyBuffer(t *testing.T) {
	f := &script{replies: acknowledge}
	s := f.socket()
	a := applier{changes: zeros(2*maxChunk + 44)}
	require.NoError(t, a.run(t.Context(), s))
	require.Len(t, f.written, 3)
	require.Len(t, s.enc.buf, 44*genlHeader)
}

// A datagram without messages is not a reply.
func TestEmptyDatagram(t *testing.T) {
	f := &script{reads: [][]byte{{}}}
	a := applier{changes: zeros(1)}
	require.ErrorIs(t, a.run(t.Context(), f.socket()), errNoReply)
	f.reads = [][]byte{{}}
	s := f.socket()
	s.enc.head(cmdGetInfo)
	require.ErrorIs(t, s.exchange(byReply, nil), errNoReply)
}

// What is too short is an error, be it a message or the error number in one.
func TestShortReply(t *testing.T) {
	short := join(uint32(18), uint16(netlink.Error), uint16(0), uint32(0), uint32(0), uint32(0))
	three := append(join(uint32(19), uint16(netlink.Error), uint16(0), uint32(0), uint32(0)), 0, 0, 0)
	for _, datagram := range [][]byte{short[:5], short[:16], join(short, uint16(0)), three} {
		f := &script{reads: [][]byte{datagram}}
		s := f.socket()
		s.enc.head(cmdGetInfo)
		err := s.exchange(byReply, nil)
		require.Error(t, err)
		require.NotErrorIs(t, err, errStray)
		require.NotErrorIs(t, err, errNoReply)
		require.True(t, s.midway)
	}
}

// says is a reply of the kernel to a request.
func says(request []byte, flags uint16, payload ...[]byte) []byte {
	b := join(uint16(0x20), flags, binary.NativeEndian.Uint32(request[8:]), uint32(0), uint32(0))
	for _, p := range payload {
		b = append(b, p...)
	}
	return append(binary.NativeEndian.AppendUint32(nil, uint32(4+len(b))), b...)
}

// What follows a message has to be one, however short it is.
func TestAfterReply(t *testing.T) {
	f := &script{replies: func(request []byte) [][]byte { return [][]byte{append(says(request, 0), 0)} }}
	s := f.socket()
	s.enc.head(cmdGetInfo)
	require.ErrorIs(t, s.exchange(byReply, func([]byte) error { return nil }), errShort)
}

// A kernel that does not report the family of a destination means that of its service.
func TestMergeFamily(t *testing.T) {
	key := join(attribute(1, uint16(2)), attribute(2, uint16(6)), attribute(3, addr16("192.0.2.1")), attribute(4, be16Value(80)))
	f := &script{replies: func(request []byte) [][]byte {
		switch command(request[messageHeader]) {
		case cmdGetService:
			return [][]byte{says(request, 0, attribute(1, key))}
		case cmdGetDest:
			done := join(uint32(20), uint16(netlink.Done), uint16(netlink.Multi), binary.NativeEndian.Uint32(request[8:]), uint32(0), uint32(0))
			return [][]byte{append(says(request, uint16(netlink.Multi), attribute(2, attribute(1, addr16("198.51.100.1")), attribute(2, be16Value(8080)))), done...)}
		}
		return acknowledge(request)
	}}
	a := applier{changes: []Change{UpdateDestination(webKey, Destination{Addr: real1}, 0)}}
	require.NoError(t, a.run(t.Context(), f.socket()))
	require.Empty(t, a.failures)
}

// refuses is the kernel's reply to a request, or to changes of which it refuses the first.
func refuses(request []byte, number errno) []byte {
	first := request[:messageHeader]
	return join(uint32(36), uint16(netlink.Error), uint16(0), binary.NativeEndian.Uint32(first[8:]), uint32(0), uint32(-int32(number)), first)
}

// After its context ends, a change is not made again.
func TestMergeCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	f := &script{replies: func(request []byte) [][]byte {
		if command(request[messageHeader]) != cmdNewService {
			return [][]byte{refuses(request, esrch)}
		}
		cancel()
		return append([][]byte{refuses(request, eexist)}, acknowledge(request)...)
	}}
	a := applier{changes: []Change{EnsureService(Service{Key: ServiceKey{Mark: 7}, Scheduler: "rr"}, AllFields)}}
	require.ErrorIs(t, a.run(ctx, f.socket()), context.Canceled)
	require.True(t, a.sent)
	require.Len(t, f.written, 2)
}

// A socket is closed once, and what its transport says of that is passed on.
func TestSocketClose(t *testing.T) {
	f := &script{closeErr: io.ErrClosedPipe}
	s := f.socket()
	var closing []transport
	s.closing = func(t transport) { closing = append(closing, t) }
	require.ErrorIs(t, s.close(), io.ErrClosedPipe)
	require.NoError(t, s.close())
	require.Equal(t, []transport{f}, closing)
	require.Equal(t, 1, f.closed)

	c := &Client{slots: make(chan struct{}, maxSockets), dial: func() (transport, error) { return f, nil }}
	require.NoError(t, c.use(t.Context(), func(*socket) error { return nil }))
	require.ErrorIs(t, c.Close(), io.ErrClosedPipe)
}

// To watch a context that cannot end takes nothing.
func TestWatchBackground(t *testing.T) {
	s := (&script{}).socket()
	require.Zero(t, testing.AllocsPerRun(10, func() { require.True(t, s.watch(context.Background())()) }))
}

// Replies must be to the request, of the family, and as long as their header.
func TestCheck(t *testing.T) {
	type header = netlink.Header
	s := (&script{}).socket()
	for _, c := range []struct {
		name string
		id   uint32 // of the socket
		h    header
		data int
		want error
	}{
		{name: "a reply", h: header{Type: s.family}, data: 4},
		{name: "a long one", h: header{Type: s.family}, data: 99},
		{name: "a short one", h: header{Type: s.family}, data: 3, want: errShort},
		{name: "to another request", h: header{Type: s.family, Sequence: 1}, data: 4, want: errStray},
		{name: "to this socket", id: 5, h: header{Type: s.family, PID: 5}, data: 4},
		{name: "to another socket", id: 5, h: header{Type: s.family, PID: 6}, data: 4, want: errStray},
		{name: "to nobody", id: 5, h: header{Type: s.family}, data: 4},
		{name: "to a socket without a number", h: header{Type: s.family, PID: 6}, data: 4},
		{name: "one", id: 1, h: header{Type: s.family, PID: 6}, data: 4, want: errStray},
		{name: "to one", id: 5, h: header{Type: s.family, PID: 1}, data: 4, want: errStray},
		{name: "an error", h: header{Type: netlink.Error}},
		{name: "the end", h: header{Type: netlink.Done}},
		{name: "nothing", h: header{Type: netlink.Noop}},
		{name: "an overrun", h: header{Type: netlink.Overrun}, want: ErrOverrun},
		{name: "of another family", h: header{Type: s.family + 1}, data: 4, want: errType},
	} {
		m := netlink.Message{Header: c.h, Data: make([]byte, c.data)}
		err := s.check(&m, &netlink.Message{Header: header{PID: c.id}})
		require.Equal(t, c.want, err, c.name)
	}
}
