// SPDX-License-Identifier: Apache-2.0

package rtnetlink

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"os"
	"syscall"
	"unsafe"

	"github.com/jsimonetti/rtnetlink/v2"
	"golang.org/x/sys/unix"
)

// A Route is the kernel's answer to how it would send packets to an address.
type Route struct {
	Type    uint8         // unix.RTN_UNICAST and so on; 0 with an error
	Errno   syscall.Errno // why there is no route
	Link    uint32        // the index of the interface
	Gateway netip.Addr
	Source  netip.Addr // of the machine's own addresses, the one that the packets would have
	MTU     uint32     // of the route; 0 for that of the interface
	Learnt  bool       // the MTU expires
}

// atOnce is how many questions wait for their answers at the same time. The answers fit into the buffer of a socket.
const atOnce = 32

// A Question is for the route of packets to an address. From is one of the machine's own, or not valid.
type Question struct{ To, From netip.Addr }

// Lookup asks the kernel, in the thread's network namespace, for routes. It asks many questions at a time. The routes are in the
// order of the questions; after an error, there are fewer.
func Lookup(questions []Question) ([]Route, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	defer unix.Close(fd)
	_ = unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 3}) // the kernel answers at once
	routes := make([]Route, len(questions))
	r := newReceiver()
	for done := 0; done < len(questions); {
		end := min(done+atOnce, len(questions))
		if err := ask(fd, questions[done:end], r, routes[done:end]); err != nil {
			return routes[:done], err
		}
		done = end
	}
	return routes, nil
}

// ask asks some questions in one datagram, and waits for all answers.
func ask(fd int, questions []Question, r *receiver, routes []Route) error {
	datagram := make([]byte, 0, atOnce*80)
	for i := range questions {
		datagram = append(datagram, request(&questions[i], uint32(i))...)
	}
	if err := unix.Sendto(fd, datagram, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return os.NewSyscallError("sendto", err)
	}
	for missing := len(questions); missing > 0; {
		n, err := r.receive(fd)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return os.NewSyscallError("recvmmsg", err)
		}
		for i := range n {
			if seq, route, ok := r.answer(i); ok && int(seq) < len(questions) {
				routes[seq] = route
				missing--
			}
		}
	}
	return nil
}

// A receiver takes the answers that are there with one system call.
type receiver struct {
	rooms   [atOnce][4096]byte // longer than an answer about one route, and its padding
	vectors [atOnce]unix.Iovec
	headers [atOnce]struct {
		unix.Msghdr
		length uint32
	}
}

func newReceiver() *receiver {
	r := &receiver{}
	for i := range r.headers {
		r.vectors[i].Base = &r.rooms[i][0]
		r.vectors[i].SetLen(len(r.rooms[i]) - 4)
		r.headers[i].Iov = &r.vectors[i]
		r.headers[i].SetIovlen(1)
	}
	return r
}

// receive waits for an answer, and returns how many there are.
func (r *receiver) receive(fd int) (n int, err error) {
	got, _, errno := unix.Syscall6(unix.SYS_RECVMMSG, uintptr(fd), uintptr(unsafe.Pointer(&r.headers[0])), atOnce, unix.MSG_WAITFORONE, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(got), nil
}

// answer returns an answer that has been received, and the number of its question.
func (r *receiver) answer(i int) (seq uint32, route Route, ok bool) {
	messages, err := Messages(r.rooms[i][:], int(r.headers[i].length))
	if err != nil || len(messages) == 0 {
		return 0, route, false
	}
	return messages[0].Header.Seq, answer(&messages[0]), true
}

// request returns the message of a question. The library's encoder is larger than this.
func request(q *Question, seq uint32) []byte {
	b := make([]byte, unix.SizeofNlMsghdr+unix.SizeofRtMsg, unix.SizeofNlMsghdr+unix.SizeofRtMsg+2*(unix.SizeofRtAttr+16))
	binary.NativeEndian.PutUint16(b[4:], unix.RTM_GETROUTE)
	binary.NativeEndian.PutUint16(b[6:], unix.NLM_F_REQUEST)
	binary.NativeEndian.PutUint32(b[8:], seq)
	message := b[unix.SizeofNlMsghdr:]
	message[0], message[1] = unix.AF_INET, uint8(q.To.BitLen())
	if q.To.Is6() {
		message[0] = unix.AF_INET6
	}
	b = appendAddr(b, unix.RTA_DST, q.To)
	if q.From.IsValid() {
		message[2] = uint8(q.From.BitLen())
		b = appendAddr(b, unix.RTA_SRC, q.From)
	}
	binary.NativeEndian.PutUint32(b, uint32(len(b))) // which is aligned
	return b
}

// appendAddr appends an attribute.
func appendAddr(b []byte, kind uint16, a netip.Addr) []byte {
	b = binary.NativeEndian.AppendUint16(b, uint16(unix.SizeofRtAttr+a.BitLen()/8))
	return append(binary.NativeEndian.AppendUint16(b, kind), a.AsSlice()...)
}

// answer reads an answer.
func answer(m *syscall.NetlinkMessage) Route {
	if m.Header.Type == unix.NLMSG_ERROR && len(m.Data) >= 4 {
		return Route{Errno: syscall.Errno(-int32(binary.NativeEndian.Uint32(m.Data)))}
	}
	var r rtnetlink.RouteMessage
	if err := r.UnmarshalBinary(m.Data); err != nil {
		return Route{Errno: unix.EBADMSG}
	}
	a := &r.Attributes
	route := Route{Type: r.Type, Link: a.OutIface}
	route.Gateway, _ = netip.AddrFromSlice(a.Gateway)
	route.Source, _ = netip.AddrFromSlice(a.Src)
	if a.Metrics != nil {
		route.MTU = a.Metrics.MTU
	}
	route.Learnt = expires(m)
	switch r.Type {
	case unix.RTN_UNREACHABLE:
		route.Errno = unix.EHOSTUNREACH
	case unix.RTN_BLACKHOLE:
		route.Errno = unix.EINVAL
	case unix.RTN_PROHIBIT:
		route.Errno = unix.EACCES
	case unix.RTN_THROW:
		route.Errno = unix.ENETUNREACH
	}
	return route
}

// expires reports whether something about a route holds for a time alone. The library does not tell.
func expires(m *syscall.NetlinkMessage) bool {
	attributes, _ := attributesOf(m)
	for _, a := range attributes {
		// In struct rta_cacheinfo, rta_expires is the third word.
		if a.Attr.Type == unix.RTA_CACHEINFO && len(a.Value) >= 12 && binary.NativeEndian.Uint32(a.Value[8:]) != 0 {
			return true
		}
	}
	return false
}

// A Neighbour is an entry of the neighbour table.
type Neighbour struct {
	Addr  netip.Addr
	Link  uint32
	State uint16 // unix.NUD_REACHABLE and so on
	MAC   string
	Age   uint32 // how long it has had this state, in hundredths of a second
}

// Neighbours returns the neighbour table of the thread's network namespace.
func Neighbours() ([]Neighbour, error) {
	data, err := syscall.NetlinkRIB(unix.RTM_GETNEIGH, unix.AF_UNSPEC)
	if err != nil {
		return nil, err
	}
	messages, err := syscall.ParseNetlinkMessage(data)
	var all []Neighbour
	for i := range messages {
		if n, ok := neighbour(&messages[i]); ok {
			all = append(all, n)
		}
	}
	return all, err
}

// neighbour reads an entry.
func neighbour(message *syscall.NetlinkMessage) (n Neighbour, ok bool) {
	var m rtnetlink.NeighMessage
	if message.Header.Type != unix.RTM_NEWNEIGH || m.UnmarshalBinary(message.Data) != nil || m.Attributes == nil {
		return n, false
	}
	n = Neighbour{Link: m.Index, State: m.State, MAC: m.Attributes.LLAddress.String()}
	n.Addr, _ = netip.AddrFromSlice(m.Attributes.Address)
	if c := m.Attributes.CacheInfo; c != nil {
		n.Age = c.Updated
	}
	return n, true
}
