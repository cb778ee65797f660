package ipvsnl

import (
	"encoding/binary"
	"errors"
	"iter"
	"os"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/mdlayher/genetlink"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// A direct is a netlink socket that makes its system calls itself. That of package netlink starts a goroutine and makes
// copies for each, and a listing of thousands of services has several for each. It needs the runtime's poller besides,
// which takes two descriptors and ends the program where it cannot have them.
//
// It is for one goroutine at a time, except for the deadline. The messages of a read are good until the next one.
type direct struct {
	fd       int
	closed   bool
	deadline atomic.Int64 // in nanoseconds since 1970; 0 for none

	in   []byte
	page int // how much of in a read offers to the kernel
	n    int // how much of in the last read has filled
	out  []byte
}

// The kernel fills a page of a listing as far as any read of the socket has offered it room. Where services of other
// namespaces come and go between two pages, those are missed with which a page begins. A listing that is read again is
// to lack others, if any: so that its pages begin elsewhere, each full one makes room for a larger one.
const (
	firstPage = 12 << 10 // no datagram is as long before more has been offered
	pageStep  = 1 << 10
)

// patience is how long a socket waits before it looks at its deadline again. The kernel answers before a request's
// system call returns, so there is nearly never anything to wait for.
const patience = 50 * time.Millisecond

// dialDirect opens a socket in the network namespace of the thread.
func dialDirect() (*direct, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, genetlink.Protocol)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	d := &direct{fd: fd, in: make([]byte, bufferSize), page: firstPage}
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		_ = d.Close()
		return nil, os.NewSyscallError("bind", err)
	}
	return d, nil
}

// dialDirectIn opens a socket in a network namespace, on a thread that enters it and ends with that: locked to its
// goroutine until that is done, it never runs anything else.
func dialDirectIn(netns int) (d *direct, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		if err = unix.Setns(netns, unix.CLONE_NEWNET); err != nil {
			err = os.NewSyscallError("setns", err)
			return
		}
		d, err = dialDirect()
	}()
	<-done
	return d, err
}

// conn returns a connection that uses the socket and closes it when it is closed.
func (d *direct) conn() (*netlink.Conn, error) {
	addr, err := unix.Getsockname(d.fd)
	if err != nil {
		return nil, os.NewSyscallError("getsockname", err)
	}
	return netlink.NewConn(d, addr.(*unix.SockaddrNetlink).Pid), nil
}

// namespaceCookie returns the kernel's number for the network namespace that the socket
// is in, or 0 where the kernel has no such numbers.
func (d *direct) namespaceCookie() uint64 {
	cookie, err := unix.GetsockoptUint64(d.fd, unix.SOL_SOCKET, unix.SO_NETNS_COOKIE)
	if err != nil {
		return 0
	}
	return cookie
}

func (d *direct) Close() error {
	if d.closed {
		return os.ErrClosed
	}
	d.closed = true
	return os.NewSyscallError("close", unix.Close(d.fd))
}

func (d *direct) Send(m netlink.Message) error { return d.SendMessages([]netlink.Message{m}) }

// SendMessages sends messages in one datagram.
func (d *direct) SendMessages(messages []netlink.Message) error {
	d.out = d.out[:0]
	for i := range messages {
		d.out = appendMessage(d.out, &messages[i])
	}
	_, err := d.transfer("write", unix.POLLOUT, unix.Write, d.out)
	return err
}

// transfer makes a system call that reads or writes a datagram, once the socket is ready for it.
func (d *direct) transfer(name string, ready int16, call func(int, []byte) (int, error), b []byte) (int, error) {
	for {
		switch {
		case d.closed:
			return 0, os.ErrClosed
		case d.isLate():
			return 0, os.ErrDeadlineExceeded
		}
		n, err := call(d.fd, b)
		switch err {
		case unix.EAGAIN:
			// Whatever comes of it, the next call tells.
			_, _ = unix.Poll([]unix.PollFd{{Fd: int32(d.fd), Events: ready}}, int(patience.Milliseconds()))
		case unix.EINTR:
		default:
			return n, os.NewSyscallError(name, err)
		}
	}
}

func (d *direct) isLate() bool {
	deadline := d.deadline.Load()
	return deadline != 0 && time.Now().UnixNano() >= deadline
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

func (d *direct) receive() (err error) {
	d.n, err = d.transfer("read", unix.POLLIN, unix.Read, d.in[:d.page])
	if err == nil && d.n == d.page { // the rest of it, if there is one, is lost
		return errOverrun
	}
	if d.n > d.page/2 {
		d.page = min(d.page+pageStep, len(d.in))
	}
	return err
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

// SetDeadline may be called while the socket is waited for.
func (d *direct) SetDeadline(t time.Time) error {
	var deadline int64
	if !t.IsZero() {
		deadline = t.UnixNano()
	}
	d.deadline.Store(deadline)
	return nil
}

func (d *direct) SetReadDeadline(t time.Time) error  { return d.SetDeadline(t) }
func (d *direct) SetWriteDeadline(t time.Time) error { return d.SetDeadline(t) }

// SetOption knows the one option that is used.
func (d *direct) SetOption(o netlink.ConnOption, enable bool) error {
	if o != netlink.CapAcknowledge || !enable {
		return errors.ErrUnsupported
	}
	return os.NewSyscallError("setsockopt", unix.SetsockoptInt(d.fd, unix.SOL_NETLINK, unix.NETLINK_CAP_ACK, 1))
}
