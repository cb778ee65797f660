// SPDX-License-Identifier: Apache-2.0

package names

import (
	"context"
	"net"
	"sync"
)

// sockets are connections to name servers that wait for the next question: to open and close
// one for each takes longer than to ask it. Late answers to questions that were asked
// before are told from others by their number, which the resolver checks.
type sockets struct {
	mu   sync.Mutex
	idle map[string][]*socket // by address
}

// A socket is a connection that is kept when it is closed, unless it has failed.
type socket struct {
	*net.UDPConn
	all    *sockets
	server string
	failed bool
}

// resolver returns a resolver that uses the sockets.
func (s *sockets) resolver() *net.Resolver { return &net.Resolver{PreferGo: true, Dial: s.dial} }

func (s *sockets) dial(ctx context.Context, network, server string) (net.Conn, error) {
	if network == "udp" {
		if c := s.take(server); c != nil {
			return c, nil
		}
	}
	var d net.Dialer
	c, err := d.DialContext(ctx, network, server)
	if udp, ok := c.(*net.UDPConn); ok {
		return &socket{UDPConn: udp, all: s, server: server}, nil
	}
	return c, err
}

// take returns an idle socket, or nil.
func (s *sockets) take(server string) *socket {
	s.mu.Lock()
	defer s.mu.Unlock()
	idle := s.idle[server]
	if len(idle) == 0 {
		return nil
	}
	last := len(idle) - 1
	s.idle[server] = idle[:last]
	return idle[last]
}

// Read reads an answer.
func (c *socket) Read(b []byte) (int, error) {
	n, err := c.UDPConn.Read(b)
	c.failed = c.failed || err != nil
	return n, err
}

// Write asks a question.
func (c *socket) Write(b []byte) (int, error) {
	n, err := c.UDPConn.Write(b)
	c.failed = c.failed || err != nil
	return n, err
}

// Close keeps the socket, or closes it if it has failed.
func (c *socket) Close() error {
	if c.failed {
		return c.UDPConn.Close()
	}
	c.all.mu.Lock()
	defer c.all.mu.Unlock()
	if c.all.idle == nil {
		c.all.idle = make(map[string][]*socket)
	}
	c.all.idle[c.server] = append(c.all.idle[c.server], c)
	return nil
}
