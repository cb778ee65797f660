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
// in, whatever thread uses it later, or that of [WithNetNS]. It is safe for
// concurrent use.
//
// Operations share a few sockets and wait for one another when all are busy. Each
// of the iterators that run, however, has a socket of its own.
//
// A context that ends interrupts an operation; a request that was under way may
// have taken effect or not.
type Client struct {
	dial   func() (transport, error)
	mapped bool
	netns  *netns.Namespace // nil for the one that it was opened in
	family netlink.HeaderType

	slots  chan struct{} // held by operations, not by iterators
	epoch  atomic.Uint64 // counts changes of what a listing has
	mu     sync.Mutex
	idle   []*socket
	closed bool
	place  place // where its sockets are
}

// maxSockets is how many operations run at a time, and how many sockets are kept
// for later.
const maxSockets = 4

// An Option changes what [Open] does.
type Option func(*Client) error

// WithNetNS has the client work in another network namespace, given by its name as
// ip-netns(8) knows it or, if there is a slash in it, by its path:
// "/run/netns/blue", "/proc/4711/ns/net". It takes the right to enter it
// (CAP_SYS_ADMIN). An empty name stands for the caller's own namespace.
func WithNetNS(name string) Option {
	return func(c *Client) (err error) {
		if name == "" {
			return nil
		}
		if c.netns, err = netns.Open(name); err != nil {
			return &Error{Op: OpNetNS, Err: err}
		}
		return nil
	}
}

// WithDial has the client get its connections from dial instead of the kernel, for
// tests. Each Write to a connection is one datagram of netlink requests, and each
// Read returns one of replies; package ipvsnltest has such a kernel's side. If a
// connection has no method SetDeadline, a context that ends closes it.
func WithDial(dial func() (io.ReadWriteCloser, error)) Option {
	return func(c *Client) error {
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

// WithMappedAddrs has the client add services whose address is an IPv4-mapped IPv6 one
// (::ffff:192.0.2.1) as the IPv6 services that they are to the kernel, which refuses
// destinations of that kind. Otherwise the client refuses them: mostly the IPv4 address
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
		s.midway = true
		c.family, err = lookUp(s.conn)
		s.family = c.family
		s.midway = err != nil
		return err
	})
}

// lookUp asks the kernel for the number of the IPVS family.
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

// Close closes the client. Operations under way run to their end; later ones fail
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

// use calls f with a socket that is its own for as long, when there is one.
func (c *Client) use(ctx context.Context, f func(*socket) error) error {
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return ctx.Err()
	}
	return c.useOwn(ctx, f)
}

// useOwn calls f with a socket that is its own for as long. F may run code of the
// caller's: it must not keep others from a socket.
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
	if c.closed || c.dial == nil { // never opened
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
	return &socket{
		conn:      netlink.NewConn(newDatagrams(t), t.portID()),
		transport: t,
		family:    c.family,
		closing:   c.closing,
	}, nil
}

// closing is called with every transport before it is closed.
func (c *Client) closing(t transport) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.place.leave(t)
	}
}

// give takes a socket back, to keep it if it is fit for another exchange.
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

// changed records that changes were sent: a listing that is being read may be
// incomplete if they add or delete something.
func (c *Client) changed(changes []Change) {
	for i := range changes {
		if changes[i].Op.row().members {
			c.epoch.Add(1)
			return
		}
	}
}
