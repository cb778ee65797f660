// SPDX-License-Identifier: Apache-2.0

package ipvsnl

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
	"time"

	"github.com/mdlayher/genetlink"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/internal/netns"
)

// supported reports whether this system can have IPVS.
const supported = true

// A place is the network namespace of a client without [WithNetNS]: that of its
// first socket.
type place struct {
	known  bool
	cookie uint64           // the kernel's number for it; 0 from one without such numbers
	anchor *kernelTransport // a socket in it
	kept   *netns.Namespace // it, once the anchor is closed
}

// dialKernel opens a socket in the client's network namespace.
func (c *Client) dialKernel() (transport, error) {
	if c.netns != nil {
		return dialIn(c.netns)
	}
	t, err := dialIn(nil)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	p, cookie := &c.place, t.namespaceCookie()
	if !p.known {
		*p = place{known: true, cookie: cookie, anchor: t}
		return t, nil
	}
	if cookie == p.cookie && cookie != 0 {
		return t, nil
	}
	// The thread is in another namespace than that which opened the client, or the
	// kernel cannot tell.
	there, err := p.dial()
	switch {
	case err == nil:
		_ = t.Close()
		return there, nil
	case cookie == 0:
		return t, nil
	}
	_ = t.Close()
	return nil, ErrNamespace
}

// dial opens a socket in the namespace, which takes the right to enter it.
func (p *place) dial() (transport, error) {
	ns, err := p.namespace()
	if err != nil {
		return nil, err
	}
	if ns != p.kept {
		defer ns.Close()
	}
	return dialIn(ns)
}

func (p *place) namespace() (*netns.Namespace, error) {
	switch {
	case p.kept != nil:
		return p.kept, nil
	case p.anchor != nil:
		return p.anchor.namespace()
	}
	return nil, ErrNamespace
}

// leave keeps the namespace if its anchor is about to be closed.
func (p *place) leave(t transport) {
	if p.anchor == nil || t != transport(p.anchor) {
		return
	}
	p.kept, _ = p.anchor.namespace()
	p.anchor = nil
}

func (p *place) close() error { return p.kept.Close() }

// dialIn opens a socket in a network namespace, nil for the calling thread's.
func dialIn(ns *netns.Namespace) (*kernelTransport, error) {
	var config *netlink.Config
	if ns != nil {
		config = &netlink.Config{NetNS: ns.Fd()}
	}
	conn, err := netlink.Dial(genetlink.Protocol, config)
	if err != nil {
		return nil, err
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return newKernelTransport(conn, raw), nil
}

// A kernelTransport reads and writes on the file descriptor of a netlink
// connection.
type kernelTransport struct {
	conn *netlink.Conn
	raw  syscall.RawConn

	// read and write are made once, to be handed to raw. They work on b, and leave
	// their results in n and err.
	read, write func(fd uintptr) bool
	b           []byte
	n           int
	err         error
}

func newKernelTransport(conn *netlink.Conn, raw syscall.RawConn) *kernelTransport {
	t := &kernelTransport{conn: conn, raw: raw}
	call := func(f func(int, []byte) (int, error)) func(uintptr) bool {
		return func(fd uintptr) bool {
			t.n, t.err = f(int(fd), t.b)
			for t.err == unix.EINTR {
				t.n, t.err = f(int(fd), t.b)
			}
			return t.err != unix.EAGAIN
		}
	}
	t.read, t.write = call(unix.Read), call(unix.Write)
	return t
}

func (t *kernelTransport) Read(b []byte) (int, error) {
	t.b = b
	if err := t.raw.Read(t.read); err != nil {
		return 0, err
	}
	return t.n, os.NewSyscallError("read", t.err)
}

func (t *kernelTransport) Write(b []byte) (int, error) {
	t.b = b
	if err := t.raw.Write(t.write); err != nil {
		return 0, err
	}
	return t.n, os.NewSyscallError("write", t.err)
}

func (t *kernelTransport) Close() error { return t.conn.Close() }

func (t *kernelTransport) portID() uint32 { return t.conn.PID() }

func (t *kernelTransport) interrupt() { _ = t.conn.SetDeadline(time.Unix(1, 0)) }

func (t *kernelTransport) shortenReplies() { _ = t.conn.SetOption(netlink.CapAcknowledge, true) }

// namespaceCookie returns the kernel's number for the socket's network namespace, or
// 0 where the kernel has no such numbers.
func (t *kernelTransport) namespaceCookie() (cookie uint64) {
	_ = t.raw.Control(func(fd uintptr) {
		cookie, _ = unix.GetsockoptUint64(int(fd), unix.SOL_SOCKET, unix.SO_NETNS_COOKIE)
	})
	return cookie
}

// namespace returns the socket's network namespace.
func (t *kernelTransport) namespace() (ns *netns.Namespace, err error) {
	controlErr := t.raw.Control(func(fd uintptr) { ns, err = netns.Of(int(fd)) })
	if controlErr != nil {
		return nil, controlErr
	}
	return ns, err
}

// openProc opens a file of /proc/net in the client's network namespace.
func (c *Client) openProc(name string) (*os.File, error) {
	if c.netns != nil {
		return c.netns.OpenProc(name)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	ns, err := c.place.namespace()
	if err != nil {
		return os.Open("/proc/thread-self/net/" + name)
	}
	if ns != c.place.kept {
		defer ns.Close()
	}
	f, err := ns.OpenProc(name)
	if errors.Is(err, fs.ErrPermission) { // to enter the namespace
		return os.Open("/proc/thread-self/net/" + name)
	}
	return f, err
}
