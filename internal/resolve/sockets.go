// SPDX-License-Identifier: Apache-2.0

package resolve

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/netip"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/mdlayher/socket"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/files"
)

// maxUses is the number of questions for which a socket is used before it is replaced: opening and closing one
// takes longer than a question.
const maxUses = 16

// sockets are the sockets to name servers. Questions are sent from a few changing ports, one at a time from
// each, so that the destination of an answer is hard to guess. If the process cannot open more files, a
// question waits until another one is finished.
type sockets struct {
	mu   sync.Mutex
	idle map[netip.AddrPort][]*datagrams
	open int           // or being opened
	done chan struct{} // closed when one of them is released; nil if nothing waits
}

// A datagrams is a socket for datagrams to and from one server.
type datagrams struct {
	*socket.Conn
	at     netip.AddrPort
	uses   int
	buffer []byte
}

// get returns a socket for one question to a server.
func (s *sockets) get(ctx context.Context, at netip.AddrPort) (*datagrams, error) {
	for {
		if d := s.take(at); d != nil {
			return d, nil
		}
		c, err := s.dial(ctx, at, unix.SOCK_DGRAM, 0)
		if err == nil {
			return &datagrams{Conn: c, at: at, buffer: make([]byte, maxDatagram)}, nil
		}
		if !errors.Is(err, errAgain) {
			return nil, err
		}
	}
}

// take returns any idle socket to a server, or nil.
func (s *sockets) take(at netip.AddrPort) *datagrams {
	s.mu.Lock()
	defer s.mu.Unlock()
	idle := s.idle[at]
	if len(idle) == 0 {
		return nil
	}
	i, last := rand.IntN(len(idle)), len(idle)-1
	d := idle[i]
	idle[i] = idle[last]
	s.idle[at] = idle[:last]
	return d
}

// put returns a socket, and closes it if it cannot be reused.
func (s *sockets) put(d *datagrams, good bool) {
	if d.uses++; !good || d.uses == maxUses {
		s.close(d.Conn)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.idle == nil {
		s.idle = make(map[netip.AddrPort][]*datagrams)
	}
	s.idle[d.at] = append(s.idle[d.at], d)
	s.wake()
}

// dropIdle closes an idle socket, if there is one.
func (s *sockets) dropIdle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for at, idle := range s.idle {
		if last := len(idle) - 1; last >= 0 {
			s.idle[at] = idle[:last]
			_ = idle[last].Close()
			s.open--
			return true
		}
	}
	return false
}

// dial connects a socket to a server, within a time limit if that is not 0.
func (s *sockets) dial(ctx context.Context, at netip.AddrPort, kind int, patience time.Duration) (*socket.Conn, error) {
	domain, address := sockaddr(at)
	c, err := s.make(domain, kind)
	if err != nil {
		return nil, err
	}
	if patience > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, patience)
		defer cancel()
	}
	if _, err := c.Connect(ctx, address); err != nil {
		s.close(c)
		return nil, err
	}
	return c, nil
}

// errAgain means that a socket may have become idle.
var errAgain = errors.New("another question is done")

func (s *sockets) make(domain, kind int) (*socket.Conn, error) {
	for {
		done := s.begin()
		c, err := openSocket(domain, kind, "dns")
		switch {
		case err == nil:
			return c, nil
		case outOfFiles(err) && s.dropIdle():
			s.end(false)
		case outOfFiles(err) && done != nil:
			s.end(false)
			<-done
			if kind == unix.SOCK_DGRAM {
				return nil, errAgain
			}
		default:
			s.end(true)
			return nil, err
		}
	}
}

func openSocket(domain, kind int, name string) (*socket.Conn, error) {
	if !files.HasPoller() { // the runtime would end the program
		return nil, os.NewSyscallError("socket", unix.EMFILE)
	}
	return socket.Socket(domain, kind, 0, name, nil)
}

// outOfFiles reports whether an error means that the process or the system cannot open more files.
func outOfFiles(err error) bool { return errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE) }

func (s *sockets) close(c *socket.Conn) {
	_ = c.Close() // all data has been sent
	s.end(true)
}

// begin counts a socket. If there are others, it returns a channel that is closed when one of them is released.
func (s *sockets) begin() (done <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open++
	if s.open == 1 {
		return nil
	}
	if s.done == nil {
		s.done = make(chan struct{})
	}
	return s.done
}

// end stops counting a socket and, unless it was never opened, wakes waiters.
func (s *sockets) end(wake bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open--
	if wake {
		s.wake()
	}
}

// wake wakes waiters. The caller holds the lock.
func (s *sockets) wake() {
	if s.done != nil {
		close(s.done)
		s.done = nil
	}
}

// sockaddr returns an address in the kernel's form.
func sockaddr(at netip.AddrPort) (domain int, address unix.Sockaddr) {
	a := at.Addr()
	if a.Is4() {
		return unix.AF_INET, &unix.SockaddrInet4{Port: int(at.Port()), Addr: a.As4()}
	}
	return unix.AF_INET6, &unix.SockaddrInet6{Port: int(at.Port()), Addr: a.As16(), ZoneId: zoneIndex(a.Zone())}
}

// zoneIndex returns the index of an interface, or 0 if it does not exist.
func zoneIndex(zone string) uint32 {
	if n, err := strconv.ParseUint(zone, 10, 32); err == nil || zone == "" {
		return uint32(n)
	}
	request, err := unix.NewIfreq(zone)
	if err != nil {
		return 0
	}
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0
	}
	defer unix.Close(socket)
	if err := unix.IoctlIfreq(socket, unix.SIOCGIFINDEX, request); err != nil {
		return 0
	}
	return request.Uint32()
}
