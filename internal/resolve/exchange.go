// SPDX-License-Identifier: Apache-2.0

package resolve

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net/netip"
	"os"
	"time"

	"github.com/mdlayher/socket"
	"golang.org/x/net/dns/dnsmessage"
	"golang.org/x/sys/unix"
)

// maxDatagram is the size of the largest datagram that is read completely.
const maxDatagram = 4096

// A server is a name server and its timeout.
type server struct {
	at       netip.AddrPort
	patience time.Duration
}

// inTurn returns the servers in the current order. As in glibc, later ones have longer timeouts.
func (n *nameServers) inTurn() []server {
	count := len(n.conf.servers)
	first := 0
	if n.conf.rotate {
		first = int(n.turn.Add(1)) % count
	}
	servers := make([]server, 0, count)
	for i := range count {
		at := (first + i) % count
		seconds := n.conf.timeout << at
		if at > 0 {
			seconds /= count
		}
		servers = append(servers, server{n.conf.servers[at], time.Duration(max(seconds, 1)) * time.Second})
	}
	return servers
}

// An exchange is a question being asked.
type exchange struct {
	*question
	sockets *sockets
	tcp     bool  // datagrams are too small or disabled
	reached bool  // a server timed out or answered
	failed  bool  // the last answer says that the server failed
	err     error // of the last connection
}

// exchange asks the servers in turn and returns the first usable answer.
func (n *nameServers) exchange(ctx context.Context, q *question) ([]byte, error) {
	e := &exchange{question: q, sockets: &n.sockets, tcp: n.conf.tcp}
	servers := n.inTurn()
	for range n.conf.attempts {
		for _, s := range servers {
			message, err := e.ask(ctx, s)
			if err == nil {
				return message, nil
			}
			if ctx.Err() != nil || outOfFiles(err) {
				return nil, errTimeout
			}
		}
		if e.tcp {
			return nil, tcpFault(e.err)
		}
	}
	switch {
	case !e.reached:
		return nil, errRefused
	case e.failed:
		return nil, errAll
	}
	return nil, errTimeout
}

// ask asks one server by UDP, and by TCP if the answer is truncated.
func (e *exchange) ask(ctx context.Context, s server) ([]byte, error) {
	if !e.tcp {
		message, err := e.askByUDP(ctx, s)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			e.reached = true
		}
		if err != nil || !readHead(message).Truncated {
			return message, err
		}
		e.tcp = true
	}
	var message []byte
	message, e.err = e.askByTCP(ctx, s)
	return message, e.err
}

// askByUDP sends the question in a datagram and waits for its answer. Other datagrams, which
// anyone may have sent, are ignored.
func (e *exchange) askByUDP(ctx context.Context, s server) ([]byte, error) {
	c, err := e.sockets.get(ctx, s.at)
	if err != nil {
		return nil, err
	}
	message, err := e.askBy(ctx, c, s.patience)
	e.sockets.put(c, err == nil)
	if err != nil {
		return nil, err
	}
	if h := readHead(message); h.failed() {
		e.failed = h.RCode == dnsmessage.RCodeServerFailure
		return nil, errFailed
	}
	return message, nil
}

func (e *exchange) askBy(ctx context.Context, c *datagrams, patience time.Duration) ([]byte, error) {
	defer limit(ctx, c.Conn, patience)()
	if _, err := c.Write(e.message); err != nil {
		return nil, err
	}
	for {
		size, err := c.Read(c.buffer)
		if errors.Is(err, io.EOF) {
			continue // an empty datagram
		}
		if err != nil {
			return nil, err
		}
		e.reached = true
		if e.answeredBy(c.buffer[:size]) {
			return bytes.Clone(c.buffer[:size]), nil
		}
	}
}

// askByTCP sends the question over a new connection.
func (e *exchange) askByTCP(ctx context.Context, s server) ([]byte, error) {
	c, err := e.sockets.dial(ctx, s.at, unix.SOCK_STREAM, s.patience)
	if err != nil {
		return nil, err
	}
	defer e.sockets.close(c)
	defer limit(ctx, c, s.patience)()
	b := binary.BigEndian.AppendUint16(nil, uint16(len(e.message)))
	if _, err := c.Write(append(b, e.message...)); err != nil {
		return nil, err
	}
	for {
		var size [2]byte
		if _, err := io.ReadFull(c, size[:]); err != nil {
			return nil, err
		}
		message := make([]byte, binary.BigEndian.Uint16(size[:]))
		if _, err := io.ReadFull(c, message); err != nil {
			return nil, err
		}
		if e.answeredBy(message) {
			return message, nil
		}
	}
}

// limit interrupts reads and writes on a socket after a time, or when a context is canceled
// before. The function that it returns stops watching the context.
func limit(ctx context.Context, c *socket.Conn, patience time.Duration) (stop func() bool) {
	_ = c.SetDeadline(time.Now().Add(patience))
	return context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })
}

// tcpFault returns the fault of a question whose last connection has failed.
func tcpFault(err error) error {
	switch {
	case errors.Is(err, unix.ECONNREFUSED):
		return errRefused
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return errTimeout
	}
	return errUnusable
}
