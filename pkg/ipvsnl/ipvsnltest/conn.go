// SPDX-License-Identifier: Apache-2.0

package ipvsnltest

import (
	"encoding/binary"
	"io/fs"
	"sync"

	"github.com/mdlayher/netlink"
)

// family is the ID of the IPVS family, and controller that of the family that
// reports it (GENL_ID_CTRL).
const (
	family     netlink.HeaderType = 0x20
	controller netlink.HeaderType = 0x10
)

// partSize is the approximate size of a datagram of a listing, in bytes.
const partSize = 4096

// A conn is the kernel's side of a netlink socket.
type conn struct {
	director *Director

	mu      sync.Mutex
	ready   sync.Cond // signals that replies are available, or the socket is closed
	replies [][]byte  // datagrams
	dump    *dump     // the listing in progress
	closed  bool
}

// A dump is a listing in progress. As in the kernel, the next part begins after as many
// entries as were sent before, even if some of them were deleted.
type dump struct {
	request netlink.Header
	sent    int
	part    func(sent int) (messages [][]byte) // empty at the end
}

// Write handles a datagram of requests. Anything else ends it,
// without an error.
func (c *conn) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return 0, fs.ErrClosed
	}
	for rest := b; len(rest) >= 16; {
		length := binary.NativeEndian.Uint32(rest)
		if length < 16 || uint64(length) > uint64(len(rest)) {
			break
		}
		c.request(netlink.Header{
			Length:   length,
			Type:     netlink.HeaderType(binary.NativeEndian.Uint16(rest[4:])),
			Flags:    netlink.HeaderFlags(binary.NativeEndian.Uint16(rest[6:])),
			Sequence: binary.NativeEndian.Uint32(rest[8:]),
			PID:      binary.NativeEndian.Uint32(rest[12:]),
		}, rest[16:length])
		rest = rest[min((int(length)+3)&^3, len(rest)):]
	}
	c.ready.Broadcast()
	return len(b), nil
}

// Read waits for the next datagram of replies and returns it.
func (c *conn) Read(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.replies) == 0 {
		switch {
		case c.closed:
			return 0, fs.ErrClosed
		case c.dump != nil:
			c.continueDump()
		default:
			c.ready.Wait()
		}
	}
	next := c.replies[0]
	c.replies = c.replies[1:]
	return copy(b, next), nil
}

// Close closes the socket.
func (c *conn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	c.ready.Broadcast()
	return nil
}

// request handles a request: it answers, begins a listing, or acknowledges.
func (c *conn) request(h netlink.Header, data []byte) {
	number := 0
	switch {
	case h.Flags&netlink.Request == 0, h.Type < controller:
		// nothing to do
	case h.Type == controller:
		number = c.tellFamily(h, data)
	case h.Type == family && !c.director.isAbsent():
		number = c.serve(h, data)
		if number == 0 && h.Flags&netlink.Dump == netlink.Dump {
			return // the end of the listing acknowledges it
		}
	default:
		number = enoent
	}
	if number != 0 || h.Flags&netlink.Acknowledge != 0 {
		c.acknowledge(h, data, number)
	}
}

// capped is the flag of an answer without the payload of the request
// (NLM_F_CAPPED).
const capped netlink.HeaderFlags = 0x100

// acknowledge queues an acknowledgement or, if the number is not 0, a refusal, which
// contains the whole request.
func (c *conn) acknowledge(h netlink.Header, data []byte, number int) {
	b := binary.NativeEndian.AppendUint32(nil, uint32(-int32(number)))
	b = binary.NativeEndian.AppendUint32(b, h.Length)
	b = binary.NativeEndian.AppendUint16(b, uint16(h.Type))
	b = binary.NativeEndian.AppendUint16(b, uint16(h.Flags))
	b = binary.NativeEndian.AppendUint32(b, h.Sequence)
	b = binary.NativeEndian.AppendUint32(b, h.PID)
	flags := capped
	if number != 0 {
		b, flags = append(b, data...), 0
	}
	c.replies = append(c.replies, message(nil, netlink.Error, flags, h, b))
}

// continueDump queues the next part of the listing, or its end.
func (c *conn) continueDump() {
	d := c.dump
	messages := d.part(d.sent)
	d.sent += len(messages)
	var b []byte
	for _, m := range messages {
		b = message(b, family, netlink.Multi, d.request, m)
	}
	if len(messages) == 0 {
		b = message(b, netlink.Done, netlink.Multi, d.request, make([]byte, 4))
		c.dump = nil
	}
	c.replies = append(c.replies, b)
}

// message appends a message to a datagram, in answer to a request.
func message(b []byte, t netlink.HeaderType, flags netlink.HeaderFlags, request netlink.Header, data []byte) []byte {
	b = binary.NativeEndian.AppendUint32(b, uint32(16+len(data)))
	b = binary.NativeEndian.AppendUint16(b, uint16(t))
	b = binary.NativeEndian.AppendUint16(b, uint16(flags))
	b = binary.NativeEndian.AppendUint32(b, request.Sequence)
	b = binary.NativeEndian.AppendUint32(b, request.PID)
	b = append(b, data...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}
