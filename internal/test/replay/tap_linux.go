// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"bytes"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// A Tap is a netlink socket that keeps what passes through, for ipvsnl.WithDial.
type Tap struct {
	Exchange
	fd int
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
	// A kernel that says nothing must not stop the test for good.
	wait := unix.NsecToTimeval(int64(time.Minute))
	return os.NewSyscallError("setsockopt", unix.SetsockoptTimeval(t.fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &wait))
}

// Close closes the socket.
func (t *Tap) Close() error { return os.NewSyscallError("close", unix.Close(t.fd)) }

// Write sends a datagram, which begins another exchange.
func (t *Tap) Write(b []byte) (int, error) {
	t.Exchange = Exchange{Request: bytes.Clone(b)}
	err := unix.Sendto(t.fd, b, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
	return len(b), os.NewSyscallError("sendto", err)
}

// Read receives a datagram.
func (t *Tap) Read(b []byte) (int, error) {
	n, _, err := unix.Recvfrom(t.fd, b, 0)
	if err != nil {
		return 0, os.NewSyscallError("recvfrom", err)
	}
	t.Replies = append(t.Replies, bytes.Clone(b[:n]))
	return n, nil
}
