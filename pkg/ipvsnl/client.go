// SPDX-License-Identifier: Apache-2.0

package ipvsnl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"
	"sync/atomic"

	"github.com/mdlayher/genetlink"
	"github.com/mdlayher/netlink"

	"github.com/ipvsadm-go/ipvsadm/internal/netns"
)

// A Client talks to the IPVS of one network namespace: the one that it was opened
// in, whatever thread uses it later, or the one given with [WithNetNS]. It is safe for
// concurrent use.
//
// Operations share a few sockets, and wait when all of them are busy. Each
// running iterator, however, has its own socket.
//
// When its context ends, an operation is interrupted; a request in progress may
// or may not have taken effect.
type Client struct {
	dial   func() (transport, error)
	mapped bool
	netns  *netns.Namespace // nil for the one in which it was opened
	family netlink.HeaderType

	slots  chan struct{} // held by operations, not by iterators
	epoch  atomic.Uint64 // counts changes that affect listings
	mu     sync.Mutex
	idle   []*socket
	closed bool
	dialed bool  // by WithDial
	place  place // where its sockets are
}

// maxSockets is the maximum number of concurrent operations, and of sockets kept
// for reuse.
const maxSockets = 4

// An Option changes what [Open] does.
type Option func(*Client) error

// WithNetNS makes the client work in another network namespace, given by its name as
// in ip-netns(8), by a process ("pid:4711") or, if it contains a slash, by its path:
// "/run/netns/blue", "/proc/4711/ns/net". Entering it requires
// CAP_SYS_ADMIN. An empty name means the caller's own namespace.
func WithNetNS(name string) Option {
	return func(c *Client) error {
		if name == "" {
			return nil
		}
		n, err := netns.Open(name)
		if err != nil {
			return &Error{Op: OpNetNS, Err: err}
		}
		_ = c.netns.Close() // of an option before
		c.netns = n
		return nil
	}
}

// WithDial makes the client use connections from dial instead of the kernel, for
// tests. Each Write to a connection is one datagram of netlink requests, and each
// Read returns one of replies; package ipvsnltest implements the kernel's side. If a
// connection has no method SetDeadline, it is closed when a context ends. Totals,
// which are not read over netlink, fail with errors.ErrUnsupported.
func WithDial(dial func() (io.ReadWriteCloser, error)) Option {
	return func(c *Client) error {
		c.dialed = true
		c.dial = func() (transport, error) {
			conn, err := dial()
			if err != nil {
				return nil, err
			}
			return &dialed{conn}, nil
		}
		return nil
	}
}

// WithMappedAddrs makes the client accept services with an IPv4-mapped IPv6 address
// (::ffff:192.0.2.1), which are IPv6 services to the kernel; it refuses
// destinations of that kind. By default the client refuses them, because usually the IPv4 address
// is meant.
func WithMappedAddrs() Option {
	return func(c *Client) error {
		c.mapped = true
		return nil
	}
}

// Open opens a client. If the kernel has no IPVS, because its module is not loaded,
// the error matches [ErrNoIPVS]; if it cannot enter the namespace of [WithNetNS],
// the error's Op is [OpNetNS]. On systems other than Linux the error matches
// errors.ErrUnsupported.
func Open(ctx context.Context, opts ...Option) (*Client, error) {
	c := &Client{slots: make(chan struct{}, maxSockets)}
	c.dial = c.dialKernel
	for _, opt := range opts {
		if err := opt(c); err != nil {
			_ = c.Close()
			return nil, err
		}
	}
	if err := c.open(ctx); err != nil {
		_ = c.Close()
		return nil, &Error{Op: OpOpen, Err: err}
	}
	return c, nil
}

func (c *Client) open(ctx context.Context) error {
	if !supported {
		return errors.ErrUnsupported
	}
	return c.use(ctx, func(s *socket) (err error) {
		c.family, err = lookUp(s.conn)
		s.family = c.family
		s.midway = err != nil
		return err
	})
}

// lookUp asks the kernel for the ID of the IPVS family.
func lookUp(conn *netlink.Conn) (id netlink.HeaderType, err error) {
	// GetFamily panics if the answer is not of one family.
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: look up netlink family: %v", ErrMalformed, r)
		}
	}()
	f, err := genetlink.NewConn(conn).GetFamily(genlName)
	if err != nil {
		return 0, refusal(err)
	}
	if f.ID < firstFamily {
		return 0, errFamilyID
	}
	return netlink.HeaderType(f.ID), nil
}

// Close closes the client. Running operations are completed; later ones fail
// with an error that matches fs.ErrClosed.
func (c *Client) Close() error {
	c.mu.Lock()
	idle, closed := c.idle, c.closed
	c.idle, c.closed = nil, true
	c.mu.Unlock()
	if closed {
		return nil
	}
	var errs []error
	for _, s := range idle {
		errs = append(errs, s.close())
	}
	return errors.Join(append(errs, c.netns.Close(), c.place.close())...)
}

// use waits for a socket and calls f with it.
func (c *Client) use(ctx context.Context, f func(*socket) error) error {
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return ctx.Err()
	}
	return c.useOwn(ctx, f)
}

// useOwn calls f with an additional socket. F may run code of the
// caller, which must not block other operations.
func (c *Client) useOwn(ctx context.Context, f func(*socket) error) error {
	s, err := c.take(ctx)
	if err != nil {
		return err
	}
	stop := s.watch(ctx)
	defer func() { // deferred, as f may panic
		if !stop() {
			s.midway = true
		}
		c.give(s)
	}()
	err = f(s)
	if err != nil && s.midway && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// take returns an idle socket or, if there is none, a new one.
func (c *Client) take(ctx context.Context) (*socket, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c.mu.Lock()
	if c.closed || c.dial == nil { // closed, or never opened
		c.mu.Unlock()
		return nil, fs.ErrClosed
	}
	if n := len(c.idle); n > 0 {
		s := c.idle[n-1]
		c.idle = c.idle[:n-1]
		c.mu.Unlock()
		return s, nil
	}
	c.mu.Unlock()
	t, err := c.dial()
	if err != nil {
		return nil, fmt.Errorf("open netlink socket: %w", err)
	}
	d := newDatagrams(t)
	return &socket{
		conn:      netlink.NewConn(d, t.portID()),
		datagrams: d,
		transport: t,
		family:    c.family,
		closing:   c.closing,
	}, nil
}

// closing is called for every transport before it is closed.
func (c *Client) closing(t transport) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.place.leave(t)
	}
}

// give returns a socket, which is kept if it can be used for another exchange.
func (c *Client) give(s *socket) {
	c.mu.Lock()
	keep := !s.midway && !c.closed && len(c.idle) < maxSockets
	if keep {
		c.idle = append(c.idle, s)
	}
	c.mu.Unlock()
	if !keep {
		_ = s.close()
	}
}

// changed records that changes were sent: a listing in progress is not
// complete if they add or delete something.
func (c *Client) changed(changes []Change) {
	for i := range changes {
		if changes[i].Op.row().members {
			c.epoch.Add(1)
			return
		}
	}
}
