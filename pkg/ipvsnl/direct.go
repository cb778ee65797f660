package ipvsnl

import (
	"encoding/binary"
	"iter"
	"os"
	"syscall"
	"time"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// A direct is a netlink socket that reads and writes on the file descriptor of
// another. The other starts a goroutine and makes copies for each system call; a
// listing of thousands of services has several for each.
//
// The messages of a read are good until the next one.
type direct struct {
	conn *netlink.Conn
	raw  syscall.RawConn
	in   []byte
	out  []byte

	// read and write are made once, to be handed to raw. Their results are in n
	// and err.
	read, write func(fd uintptr) bool
	n           int
	err         error
}

// newDirect returns a connection that uses the descriptor of conn, and closes conn
// when it is closed.
func newDirect(conn *netlink.Conn) (*netlink.Conn, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	d := &direct{conn: conn, raw: raw, in: make([]byte, bufferSize)}
	d.read = func(fd uintptr) bool {
		d.n, d.err = unix.Read(int(fd), d.in)
		for d.err == unix.EINTR {
			d.n, d.err = unix.Read(int(fd), d.in)
		}
		return d.err != unix.EAGAIN
	}
	d.write = func(fd uintptr) bool {
		d.n, d.err = unix.Write(int(fd), d.out)
		for d.err == unix.EINTR {
			d.n, d.err = unix.Write(int(fd), d.out)
		}
		return d.err != unix.EAGAIN
	}
	return netlink.NewConn(d, conn.PID()), nil
}

// namespaceCookie returns the kernel's number for the network namespace that a socket
// is in, or 0 where the kernel has no such numbers.
func namespaceCookie(conn *netlink.Conn) (cookie uint64) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0
	}
	_ = raw.Control(func(fd uintptr) {
		cookie, _ = unix.GetsockoptUint64(int(fd), unix.SOL_SOCKET, unix.SO_NETNS_COOKIE)
	})
	return cookie
}

func (d *direct) Close() error { return d.conn.Close() }

func (d *direct) Send(m netlink.Message) error { return d.SendMessages([]netlink.Message{m}) }

// SendMessages sends messages in one datagram.
func (d *direct) SendMessages(messages []netlink.Message) error {
	d.out = d.out[:0]
	for i := range messages {
		d.out = appendMessage(d.out, &messages[i])
	}
	if err := d.raw.Write(d.write); err != nil {
		return err
	}
	return os.NewSyscallError("write", d.err)
}

// appendMessage appends a message as it is on the wire, which has room for its length
// rounded up to four bytes.
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
func (d *direct) Receive() ([]netlink.Message, error) {
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

// ReceiveIter returns an iterator over the messages of a datagram.
func (d *direct) ReceiveIter() iter.Seq2[netlink.Message, error] {
	return func(yield func(netlink.Message, error) bool) {
		if err := d.receive(); err != nil {
			yield(netlink.Message{}, err)
			return
		}
		for b := d.in[:d.n]; len(b) > 0; {
			m, rest, err := cutMessage(b)
			if !yield(m, err) || err != nil {
				return
			}
			b = rest
		}
	}
}

func (d *direct) receive() error {
	if err := d.raw.Read(d.read); err != nil {
		return err
	}
	switch {
	case d.err != nil:
		return os.NewSyscallError("read", d.err)
	case d.n == len(d.in): // the rest of it, if there is one, is lost
		return errOverrun
	}
	return nil
}

// cutMessage splits the first message off a datagram.
func cutMessage(b []byte) (m netlink.Message, rest []byte, err error) {
	if len(b) < unix.NLMSG_HDRLEN {
		return m, nil, errShort
	}
	m.Header = netlink.Header{
		Length:   binary.NativeEndian.Uint32(b),
		Type:     netlink.HeaderType(binary.NativeEndian.Uint16(b[4:])),
		Flags:    netlink.HeaderFlags(binary.NativeEndian.Uint16(b[6:])),
		Sequence: binary.NativeEndian.Uint32(b[8:]),
		PID:      binary.NativeEndian.Uint32(b[12:]),
	}
	if m.Header.Length < unix.NLMSG_HDRLEN || uint64(m.Header.Length) > uint64(len(b)) {
		return netlink.Message{}, nil, errShort
	}
	n := int(m.Header.Length)
	m.Data = b[unix.NLMSG_HDRLEN:n:n]
	return m, b[min((n+3)&^3, len(b)):], nil
}

func (d *direct) SetDeadline(t time.Time) error      { return d.conn.SetDeadline(t) }
func (d *direct) SetReadDeadline(t time.Time) error  { return d.conn.SetReadDeadline(t) }
func (d *direct) SetWriteDeadline(t time.Time) error { return d.conn.SetWriteDeadline(t) }

func (d *direct) SetOption(o netlink.ConnOption, enable bool) error {
	return d.conn.SetOption(o, enable)
}
