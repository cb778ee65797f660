package resolve

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"sync"

	"github.com/mdlayher/socket"
	"golang.org/x/sys/unix"
)

// sockets are those to name servers. Each question has one of its own, and so a port that nobody can guess.
// Where the process may have no more files, a question waits until another one is done.
type sockets struct {
	mu   sync.Mutex
	open int           // or about to be
	done chan struct{} // closed when the next of them is; nil if nobody waits
}

// dial connects a socket to a server.
func (s *sockets) dial(ctx context.Context, at netip.AddrPort, kind int) (*socket.Conn, error) {
	domain, address := sockaddr(at)
	c, err := s.make(domain, kind)
	if err != nil {
		return nil, err
	}
	if _, err := c.Connect(ctx, address); err != nil {
		s.close(c)
		return nil, err
	}
	return c, nil
}

func (s *sockets) make(domain, kind int) (*socket.Conn, error) {
	for {
		done := s.begin()
		c, err := socket.Socket(domain, kind, 0, "dns", nil)
		if err == nil {
			return c, nil
		}
		if done == nil || !outOfFiles(err) {
			s.end(true)
			return nil, err
		}
		s.end(false)
		<-done
	}
}

// outOfFiles reports whether an error says that the process, or the system, may have no more files.
func outOfFiles(err error) bool { return errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE) }

func (s *sockets) close(c *socket.Conn) {
	_ = c.Close() // nothing is left to be sent
	s.end(true)
}

// begin counts a socket. If there are others, it returns a channel that is closed when one of them is done.
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

// end counts a socket off and, unless it still has to come, wakes those who wait.
func (s *sockets) end(wake bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open--
	if wake && s.done != nil {
		close(s.done)
		s.done = nil
	}
}

// sockaddr returns an address as the kernel takes it.
func sockaddr(at netip.AddrPort) (domain int, address unix.Sockaddr) {
	a := at.Addr()
	if a.Is4() {
		return unix.AF_INET, &unix.SockaddrInet4{Port: int(at.Port()), Addr: a.As4()}
	}
	return unix.AF_INET6, &unix.SockaddrInet6{Port: int(at.Port()), Addr: a.As16(), ZoneId: zoneIndex(a.Zone())}
}

// zoneIndex returns the number of an interface, or 0 if there is none of this name.
func zoneIndex(zone string) uint32 {
	if n, err := strconv.ParseUint(zone, 10, 32); err == nil || zone == "" {
		return uint32(n)
	}
	i, err := net.InterfaceByName(zone)
	if err != nil {
		return 0
	}
	return uint32(i.Index)
}
