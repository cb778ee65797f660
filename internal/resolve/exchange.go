package resolve

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net/netip"
	"time"

	"github.com/mdlayher/socket"
	"golang.org/x/net/dns/dnsmessage"
	"golang.org/x/sys/unix"
)

// maxDatagram is the size of the largest datagram that is read whole.
const maxDatagram = 4096

// A server is a name server and how long its answer may take.
type server struct {
	at       netip.AddrPort
	patience time.Duration
}

// inTurn returns the servers in the order in which they are asked now. As in glibc, the later ones get more time.
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

// An exchange is a question on its way to name servers.
type exchange struct {
	*question
	sockets *sockets
	tcp     bool  // datagrams are too small, or not wanted
	reached bool  // a server took its time, or answered
	failed  bool  // the last answer says that the server failed
	err     error // of the last connection
}

// exchange asks the servers in turn and returns the first answer that is of use.
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

// ask asks one server by a datagram, and by TCP if the answer to that has been cut.
func (e *exchange) ask(ctx context.Context, s server) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	if !e.tcp {
		message, err := e.askByUDP(ctx, s.at)
		if errors.Is(err, context.DeadlineExceeded) {
			e.reached = true
		}
		if err != nil || !readHead(message).Truncated {
			return message, err
		}
		e.tcp = true
		var again context.CancelFunc
		ctx, again = context.WithTimeout(context.WithoutCancel(ctx), s.patience)
		defer again()
	}
	var message []byte
	message, e.err = e.askByTCP(ctx, s.at)
	return message, e.err
}

// askByUDP sends the question from a port of its own and waits for the answer to it. Datagrams that are
// not, which anyone may have sent, are passed over.
func (e *exchange) askByUDP(ctx context.Context, at netip.AddrPort) ([]byte, error) {
	c, err := e.sockets.dial(ctx, at, unix.SOCK_DGRAM)
	if err != nil {
		return nil, err
	}
	defer e.sockets.close(c)
	defer endWith(ctx, c)()
	if _, err := c.WriteContext(ctx, e.message); err != nil {
		return nil, err
	}
	b := make([]byte, maxDatagram)
	for {
		size, err := c.ReadContext(ctx, b)
		if err != nil {
			return nil, err
		}
		e.reached = true
		if !e.answeredBy(b[:size]) {
			continue
		}
		if h := readHead(b); h.failed() {
			e.failed = h.RCode == dnsmessage.RCodeServerFailure
			return nil, errFailed
		}
		return b[:size], nil
	}
}

// askByTCP sends the question over a connection of its own.
func (e *exchange) askByTCP(ctx context.Context, at netip.AddrPort) ([]byte, error) {
	c, err := e.sockets.dial(ctx, at, unix.SOCK_STREAM)
	if err != nil {
		return nil, err
	}
	defer e.sockets.close(c)
	defer endWith(ctx, c)()
	b := binary.BigEndian.AppendUint16(nil, uint16(len(e.message)))
	if _, err := c.WriteContext(ctx, append(b, e.message...)); err != nil {
		return nil, err
	}
	r := contextReader{ctx, c}
	for {
		var size [2]byte
		if _, err := io.ReadFull(r, size[:]); err != nil {
			return nil, err
		}
		message := make([]byte, binary.BigEndian.Uint16(size[:]))
		if _, err := io.ReadFull(r, message); err != nil {
			return nil, err
		}
		if e.answeredBy(message) {
			return message, nil
		}
	}
}

// endWith ends reading from a socket when a context is cancelled, until stop is called. The socket itself looks
// only at the deadline of a context that has one.
func endWith(ctx context.Context, c *socket.Conn) (stop func() bool) {
	return context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })
}

// A contextReader reads from a connection as long as its context lasts.
type contextReader struct {
	ctx context.Context
	*socket.Conn
}

func (r contextReader) Read(b []byte) (int, error) { return r.ReadContext(r.ctx, b) }

// tcpFault returns what becomes of a question when its last connection has failed.
func tcpFault(err error) error {
	switch {
	case errors.Is(err, unix.ECONNREFUSED):
		return errRefused
	case errors.Is(err, context.DeadlineExceeded):
		return errTimeout
	}
	return errUnusable
}
