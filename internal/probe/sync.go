// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// A Group is where the sync messages of a daemon are sent to.
type Group struct {
	Addr  netip.Addr
	Port  uint16
	Index int // of the interface
	ID    uint8
}

// A Sync is a socket that takes sync messages, in the network namespace of the thread that has opened it.
type Sync struct {
	fd int
	id uint8
}

// OpenSync joins a group.
func OpenSync(g Group) (*Sync, error) {
	domain := unix.AF_INET
	if g.Addr.Is6() {
		domain = unix.AF_INET6
	}
	fd, err := unix.Socket(domain, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	if err := join(fd, g); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	return &Sync{fd, g.ID}, nil
}

func join(fd int, g Group) error {
	// The kernel's daemon may have the port.
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return os.NewSyscallError("setsockopt", err)
	}
	if g.Addr.Is6() {
		if err := unix.Bind(fd, &unix.SockaddrInet6{Port: int(g.Port), ZoneId: uint32(g.Index), Addr: g.Addr.As16()}); err != nil {
			return os.NewSyscallError("bind", err)
		}
		return os.NewSyscallError("setsockopt", unix.SetsockoptIPv6Mreq(fd, unix.IPPROTO_IPV6, unix.IPV6_JOIN_GROUP,
			&unix.IPv6Mreq{Multiaddr: g.Addr.As16(), Interface: uint32(g.Index)}))
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Port: int(g.Port), Addr: g.Addr.As4()}); err != nil {
		return os.NewSyscallError("bind", err)
	}
	return os.NewSyscallError("setsockopt", unix.SetsockoptIPMreqn(fd, unix.IPPROTO_IP, unix.IP_ADD_MEMBERSHIP,
		&unix.IPMreqn{Multiaddr: g.Addr.As4(), Ifindex: int32(g.Index)}))
}

// Close leaves the group.
func (s *Sync) Close() error { return unix.Close(s.fd) }

// Hears reports whether a message with the ID comes within a time. The kernel does not hear its own.
func (s *Sync) Hears(wait time.Duration) (heard bool) {
	until(s.fd, wait, func(b []byte, _ unix.Sockaddr) bool {
		heard = isOf(b, s.id)
		return !heard
	})
	return heard
}

// isOf reports whether a message has an ID: its place is the same in both versions of the protocol.
func isOf(b []byte, id uint8) bool { return len(b) >= 4 && b[1] == id }
