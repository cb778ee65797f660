package recording

import (
	"bytes"
	"iter"
	"os"
	"time"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// A Tap is a netlink socket that keeps what passes through.
type Tap struct {
	Exchange
	fd   int
	port uint32
}

// NewTap opens a generic-netlink socket in the network namespace of the calling
// thread.
func NewTap() (*Tap, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_GENERIC)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	t := &Tap{fd: fd}
	if err := t.bind(); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	return t, nil
}

func (t *Tap) bind() error {
	if err := unix.Bind(t.fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return os.NewSyscallError("bind", err)
	}
	name, err := unix.Getsockname(t.fd)
	if err != nil {
		return os.NewSyscallError("getsockname", err)
	}
	if name, ok := name.(*unix.SockaddrNetlink); ok {
		t.port = name.Pid
	}
	// A kernel that says nothing shall not stop the test for good.
	wait := unix.NsecToTimeval(int64(time.Minute))
	return os.NewSyscallError("setsockopt", unix.SetsockoptTimeval(t.fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &wait))
}

// Conn returns the socket for a client to use.
func (t *Tap) Conn() *netlink.Conn { return netlink.NewConn(t, t.port) }

// Close closes the socket.
func (t *Tap) Close() error { return os.NewSyscallError("close", unix.Close(t.fd)) }

// Send sends a message, which begins another exchange.
func (t *Tap) Send(m netlink.Message) error { return t.SendMessages([]netlink.Message{m}) }

// SendMessages sends messages in one datagram.
func (t *Tap) SendMessages(messages []netlink.Message) error {
	b, err := Bytes(messages)
	if err != nil {
		return err
	}
	t.Exchange = Exchange{Request: b}
	return os.NewSyscallError("sendto", unix.Sendto(t.fd, b, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}))
}

// Receive receives the messages of a datagram.
func (t *Tap) Receive() ([]netlink.Message, error) {
	var all []netlink.Message
	for m, err := range t.ReceiveIter() {
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}

// ReceiveIter receives the messages of a datagram.
func (t *Tap) ReceiveIter() iter.Seq2[netlink.Message, error] {
	return func(yield func(netlink.Message, error) bool) {
		b := make([]byte, 64<<10)
		n, _, err := unix.Recvfrom(t.fd, b, 0)
		if err != nil {
			yield(netlink.Message{}, os.NewSyscallError("recvfrom", err))
			return
		}
		t.Replies = append(t.Replies, bytes.Clone(b[:n]))
		for _, b := range Messages(b[:n]) {
			var m netlink.Message
			err := m.UnmarshalBinary(b)
			if !yield(m, err) || err != nil {
				return
			}
		}
	}
}
