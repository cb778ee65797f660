package ipvsnl

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"

	"github.com/mdlayher/genetlink"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// A Client talks to the IPVS of one network namespace. It is safe for concurrent
// use, and any of its operations may run inside a loop over one of its
// iterators.
//
// Operations take turns at sockets that the client keeps: one that runs while
// the others are busy gets another. A context that is cancelled interrupts an
// operation; what it was about may have happened or not.
//
// Without [WithNetNS], a new socket is opened in the network namespace of the thread that
// asks for it. If that is not the one of the client's first socket, the operation fails.
type Client struct {
	dial   func() (*netlink.Conn, error)
	netns  *os.File // nil for the caller's own
	family netlink.HeaderType

	mu     sync.Mutex
	idle   []*socket
	closed bool
	cookie uint64 // of the network namespace of its sockets; 0 if not known
}

// maxIdle is how many sockets a client keeps for later.
const maxIdle = 4

// bufferSize is that of a read, and more than any datagram has: the kernel fills those
// of a listing up to 32 KiB.
const bufferSize = 64 << 10

// An Option changes what [Open] does.
type Option func(*options)

type options struct {
	netns *int
	dial  func() (*netlink.Conn, error)
}

// WithNetNS has the client work in the network namespace that the file
// descriptor fd refers to. The client makes its own duplicate of fd.
func WithNetNS(fd int) Option {
	return func(o *options) { o.netns = &fd }
}

// WithDial has the client get its sockets from dial, which is called whenever it
// needs another. It is for tests, which have no kernel to talk to.
func WithDial(dial func() (*netlink.Conn, error)) Option {
	return func(o *options) { o.dial = dial }
}

// Open opens a connection to the IPVS of the caller's network namespace. If the
// kernel has none, because its module is not loaded, the error matches
// [ErrNoIPVS].
func Open(ctx context.Context, opts ...Option) (*Client, error) {
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	c := &Client{dial: o.dial}
	if c.dial == nil {
		c.dial = c.dialKernel
	}
	if err := c.open(ctx, o.netns); err != nil {
		_ = c.Close()
		return nil, fail(OpOpen, err)
	}
	return c, nil
}

func (c *Client) open(ctx context.Context, netns *int) error {
	if netns != nil {
		fd, err := unix.FcntlInt(uintptr(*netns), unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			return os.NewSyscallError("fcntl", err)
		}
		c.netns = os.NewFile(uintptr(fd), "netns")
	}
	return c.use(ctx, func(s *socket) (err error) {
		s.midway = true
		c.family, err = lookUp(s.conn)
		s.family = c.family
		s.midway = err != nil
		return err
	})
}

func (c *Client) dialKernel() (*netlink.Conn, error) {
	d, err := c.dialIn()
	if err != nil {
		return nil, err
	}
	if err := c.sameNamespace(d); err != nil {
		_ = d.Close()
		return nil, err
	}
	conn, err := d.conn()
	if err != nil {
		_ = d.Close()
	}
	return conn, err
}

// sameNamespace checks that a socket is where the client's others are: a thread that
// calls it may have gone elsewhere since.
func (c *Client) sameNamespace(d *direct) error {
	cookie := d.namespaceCookie()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cookie == 0 {
		c.cookie = cookie
	}
	if cookie != c.cookie {
		return errNamespace
	}
	return nil
}

// dialIn opens a socket in the client's network namespace.
func (c *Client) dialIn() (d *direct, err error) {
	if c.netns == nil {
		return dialDirect(genetlink.Protocol)
	}
	raw, err := c.netns.SyscallConn()
	if err != nil {
		return nil, err
	}
	// Control keeps the file from being closed meanwhile.
	controlErr := raw.Control(func(fd uintptr) { d, err = dialDirectIn(int(fd), genetlink.Protocol) })
	return d, errors.Join(controlErr, err)
}

// lookUp asks the kernel for the number of the IPVS family.
func lookUp(conn *netlink.Conn) (id netlink.HeaderType, err error) {
	// GetFamily panics if the answer is not of one family.
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("look up netlink family: %v", r)
		}
	}()
	f, err := genetlink.NewConn(conn).GetFamily(genlName)
	if err != nil {
		return 0, refusal(err)
	}
	if f.ID < unix.NLMSG_MIN_TYPE {
		return 0, errFamilyID
	}
	return netlink.HeaderType(f.ID), nil
}

// Close closes the client. Operations under way run to their end; later ones
// fail with an error that matches fs.ErrClosed.
func (c *Client) Close() error {
	c.mu.Lock()
	idle, closed := c.idle, c.closed
	c.idle, c.closed = nil, true
	c.mu.Unlock()
	if closed {
		return nil
	}
	var first error
	for _, s := range idle {
		if err := s.conn.Close(); err != nil && first == nil {
			first = err
		}
	}
	if c.netns != nil {
		_ = c.netns.Close()
	}
	return first
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
	conn, err := c.dial()
	if err != nil {
		return nil, fmt.Errorf("open netlink socket: %w", err)
	}
	return &socket{conn: conn, family: c.family}, nil
}

// give takes a socket back, to keep it if it is fit for another exchange.
func (c *Client) give(s *socket) {
	c.mu.Lock()
	keep := !s.midway && !c.closed && len(c.idle) < maxIdle
	if keep {
		c.idle = append(c.idle, s)
	}
	c.mu.Unlock()
	if !keep {
		_ = s.conn.Close()
	}
}
