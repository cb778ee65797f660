// SPDX-License-Identifier: Apache-2.0

// Package probe asks the network: who answers ARP for addresses, and whether other directors send sync messages. It uses
// sockets itself, since the library for ARP would make the program larger by a sixtieth.
package probe

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// An Interface is where to ask.
type Interface struct {
	Index int
	MAC   []byte // its own
}

// A Question is for the machine that has an address.
type Question struct {
	Addr netip.Addr // of IPv4
	On   Interface
}

// An Answer is a machine's.
type Answer struct {
	Addr  netip.Addr
	Index int // of the interface
	MAC   string
}

// An ARP is a socket for questions, in the network namespace of the thread that has opened it.
type ARP struct{ fd int }

// OpenARP opens a socket.
func OpenARP() (*ARP, error) {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, int(network(unix.ETH_P_ARP)))
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	return &ARP{fd}, nil
}

// Close closes the socket.
func (a *ARP) Close() error { return unix.Close(a.fd) }

// network returns a number in the network's byte order.
func network(n uint16) uint16 {
	return binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, n))
}

const (
	sizeOfARP = 28
	request   = 1
	reply     = 2
)

// Ask asks, and returns the answers that come within a time. Each machine counts once for an address.
func (a *ARP) Ask(questions []Question, wait time.Duration) (answers []Answer, err error) {
	asked, seen := map[netip.Addr]bool{}, map[Answer]bool{}
	take := func(b []byte, from unix.Sockaddr) bool {
		got, ok := read(b)
		link, is := from.(*unix.SockaddrLinklayer)
		if !ok || !is || !asked[got.Addr] {
			return true
		}
		got.Index = link.Ifindex
		if !seen[got] {
			seen[got] = true
			answers = append(answers, got)
		}
		return true
	}
	for some := range slices.Chunk(questions, atOnce) {
		for i := range some {
			asked[some[i].Addr] = true
			if e := a.ask(&some[i]); e != nil {
				err = e
			}
		}
		until(a.fd, pause, take)
	}
	until(a.fd, wait, take)
	return answers, err
}

// How many questions are sent without a pause. All machines in the network get each of them.
const (
	atOnce = 64
	pause  = 10 * time.Millisecond
)

// ask sends a question.
func (a *ARP) ask(q *Question) error {
	to := &unix.SockaddrLinklayer{Protocol: network(unix.ETH_P_ARP), Ifindex: q.On.Index, Halen: 6, Addr: [8]byte{255, 255, 255, 255, 255, 255}}
	return os.NewSyscallError("sendto", unix.Sendto(a.fd, packet(q), 0, to))
}

// packet returns a question. Its sender has no address, so that nobody learns one from it (RFC 5227).
func packet(q *Question) []byte {
	b := make([]byte, 8, sizeOfARP)
	binary.BigEndian.PutUint16(b, 1) // Ethernet
	binary.BigEndian.PutUint16(b[2:], unix.ETH_P_IP)
	b[4], b[5] = 6, 4
	binary.BigEndian.PutUint16(b[6:], request)
	b = append(append(b, q.On.MAC...), 0, 0, 0, 0)
	return append(append(b, 0, 0, 0, 0, 0, 0), q.Addr.AsSlice()...)
}

// read reads an answer.
func read(b []byte) (a Answer, ok bool) {
	if len(b) < sizeOfARP || binary.BigEndian.Uint16(b[6:]) != reply {
		return a, false
	}
	a.Addr, ok = netip.AddrFromSlice(b[14:18])
	a.MAC = net.HardwareAddr(b[8:14]).String()
	return a, ok
}

// until reads packets for a time, as long as each returns true.
func until(fd int, wait time.Duration, each func(b []byte, from unix.Sockaddr) bool) {
	room := make([]byte, 1<<16)
	for end := time.Now().Add(wait); ; {
		left := time.Until(end)
		if left <= 0 {
			return
		}
		timeout := unix.NsecToTimeval(max(left, time.Millisecond).Nanoseconds())
		if unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &timeout) != nil {
			return
		}
		n, from, err := unix.Recvfrom(fd, room, 0)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return
		case !each(room[:n], from):
			return
		}
	}
}
