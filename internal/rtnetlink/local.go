// SPDX-License-Identifier: Apache-2.0

package rtnetlink

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// A Local is a local route: packets to its addresses, if they are sent to its table, are the machine's own.
type Local struct {
	To    netip.Prefix
	Table uint32
}

// Locals returns the local routes of all tables, in the thread's network namespace, but not those to the machine's own
// addresses, which are in the table local.
func Locals() (all []Local, err error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	defer unix.Close(fd)
	_ = unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 3})
	// A kernel that knows no such question lists all routes. There may be a million of others.
	_ = unix.SetsockoptInt(fd, unix.SOL_NETLINK, unix.NETLINK_GET_STRICT_CHK, 1)
	for _, family := range []uint8{unix.AF_INET, unix.AF_INET6} {
		some, err := localsOf(fd, family)
		if err != nil {
			return all, err
		}
		all = append(all, some...)
	}
	return all, nil
}

func localsOf(fd int, family uint8) (all []Local, err error) {
	const size = unix.SizeofNlMsghdr + unix.SizeofRtMsg
	request := make([]byte, size)
	binary.NativeEndian.PutUint32(request, size)
	binary.NativeEndian.PutUint16(request[4:], unix.RTM_GETROUTE)
	binary.NativeEndian.PutUint16(request[6:], unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
	request[unix.SizeofNlMsghdr], request[unix.SizeofNlMsghdr+7] = family, unix.RTN_LOCAL
	if err := unix.Sendto(fd, request, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return nil, os.NewSyscallError("sendto", err)
	}
	room := make([]byte, 1<<16+4)
	for {
		n, _, err := unix.Recvfrom(fd, room[:1<<16], 0)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return all, os.NewSyscallError("recvfrom", err)
		}
		messages, err := Messages(room, n)
		if err != nil {
			return all, err
		}
		for i := range messages {
			m := &messages[i]
			switch m.Header.Type {
			case unix.NLMSG_DONE:
				return all, nil
			case unix.NLMSG_ERROR:
				return all, answer(m).Errno
			}
			if l, ok := local(m); ok {
				all = append(all, l)
			}
		}
	}
}

// local reads a route, and reports whether it is a local one of another table than that.
func local(m *syscall.NetlinkMessage) (l Local, ok bool) {
	if m.Header.Type != unix.RTM_NEWROUTE {
		return l, false
	}
	attributes, err := attributesOf(m)
	if err != nil {
		return l, false
	}
	family, length, kind := m.Data[0], int(m.Data[1]), m.Data[7]
	l.Table = uint32(m.Data[4])
	to := netip.IPv4Unspecified()
	if family == unix.AF_INET6 {
		to = netip.IPv6Unspecified()
	}
	for _, a := range attributes {
		switch {
		case a.Attr.Type == unix.RTA_DST:
			to, _ = netip.AddrFromSlice(a.Value)
		case a.Attr.Type == unix.RTA_TABLE && len(a.Value) == 4:
			l.Table = binary.NativeEndian.Uint32(a.Value)
		}
	}
	l.To = netip.PrefixFrom(to, length)
	return l, kind == unix.RTN_LOCAL && l.Table != unix.RT_TABLE_LOCAL && l.To.IsValid()
}
