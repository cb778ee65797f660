// SPDX-License-Identifier: Apache-2.0

package ipvsnl

import (
	"encoding/binary"
	"io"
	"iter"
	"time"

	"github.com/mdlayher/netlink"
)

// A transport carries the datagrams of a netlink socket.
type transport interface {
	io.ReadWriteCloser
	portID() uint32 // of the socket
	interrupt()     // makes current and future calls fail
}

// A dialed is a transport from WithDial.
type dialed struct{ io.ReadWriteCloser }

func (d *dialed) portID() uint32 { return 0 }

func (d *dialed) interrupt() {
	if c, ok := d.ReadWriteCloser.(interface{ SetDeadline(time.Time) error }); ok {
		_ = c.SetDeadline(time.Now())
		return
	}
	_ = d.Close()
}

// bufferSize is the size of a read. The kernel fills the datagrams of a listing up
// to 32 KiB.
const bufferSize = 64 << 10

// datagrams is a netlink.Socket on a transport. It copies nothing and starts no
// goroutine, unlike that of netlink.Dial: a listing of thousands of services has
// several calls for each. The messages of a read are valid until the next one.
type datagrams struct {
	transport transport
	in        []byte
	out       []byte
}

func newDatagrams(t transport) *datagrams {
	return &datagrams{transport: t, in: make([]byte, bufferSize)}
}

func (d *datagrams) Close() error { return d.transport.Close() }

func (d *datagrams) Send(m netlink.Message) error { return d.SendMessages([]netlink.Message{m}) }

// SendMessages sends messages in one datagram.
func (d *datagrams) SendMessages(messages []netlink.Message) error {
	d.out = d.out[:0]
	for i := range messages {
		d.out = appendMessage(d.out, &messages[i])
	}
	_, err := d.transport.Write(d.out)
	return err
}

// appendMessage appends a message in wire format, padded to a multiple of four
// bytes.
func appendMessage(b []byte, m *netlink.Message) []byte {
	start := len(b)
	b = binary.NativeEndian.AppendUint32(b, m.Header.Length)
	b = binary.NativeEndian.AppendUint16(b, uint16(m.Header.Type))
	b = binary.NativeEndian.AppendUint16(b, uint16(m.Header.Flags))
	b = binary.NativeEndian.AppendUint32(b, m.Header.Sequence)
	b = binary.NativeEndian.AppendUint32(b, m.Header.PID)
	b = append(b, m.Data...)
	for len(b)-start < int(m.Header.Length) {
		b = append(b, 0)
	}
	return b
}

// Receive reads the messages of a datagram.
func (d *datagrams) Receive() ([]netlink.Message, error) {
	var all []netlink.Message
	for m, err := range d.ReceiveIter() {
		if err != nil {
			return nil, err
		}
		m.Data = append([]byte(nil), m.Data...)
		all = append(all, m)
	}
	return all, nil
}

// read reads a datagram.
func (d *datagrams) read() ([]byte, error) {
	n, err := d.transport.Read(d.in)
	if err == nil && n == len(d.in) {
		err = ErrOverrun // the rest of the datagram, if any, is lost
	}
	return d.in[:n], err
}

// ReceiveIter returns an iterator over the messages of a datagram.
func (d *datagrams) ReceiveIter() iter.Seq2[netlink.Message, error] {
	return func(yield func(netlink.Message, error) bool) {
		b, err := d.read()
		if err != nil {
			yield(netlink.Message{}, err)
			return
		}
		for len(b) > 0 {
			m, rest, err := cutMessage(b)
			if !yield(m, err) {
				return
			}
			b = rest // nothing after an error
		}
	}
}

// messageHeader is the length of a netlink message's header (NLMSG_HDRLEN).
const messageHeader = 16

// cutMessage splits the first message off a datagram.
func cutMessage(b []byte) (m netlink.Message, rest []byte, err error) {
	if len(b) < messageHeader {
		return m, nil, errShort
	}
	m.Header = netlink.Header{
		Length:   binary.NativeEndian.Uint32(b),
		Type:     netlink.HeaderType(binary.NativeEndian.Uint16(b[4:])),
		Flags:    netlink.HeaderFlags(binary.NativeEndian.Uint16(b[6:])),
		Sequence: binary.NativeEndian.Uint32(b[8:]),
		PID:      binary.NativeEndian.Uint32(b[12:]),
	}
	if m.Header.Length < messageHeader || uint64(m.Header.Length) > uint64(len(b)) {
		return netlink.Message{}, nil, errShort
	}
	n := int(m.Header.Length)
	m.Data = b[messageHeader:n:n]
	return m, b[min((n+3)&^3, len(b)):], nil
}
