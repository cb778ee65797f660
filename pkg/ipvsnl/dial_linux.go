// SPDX-License-Identifier: Apache-2.0

package ipvsnl

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/mdlayher/genetlink"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/files"
	"github.com/ipvsadm-go/ipvsadm/internal/netns"
)

// supported reports whether this system can have IPVS.
const supported = true

// A place is the network namespace of a client without [WithNetNS]: the one of its
// first socket.
type place struct {
	known  bool
	cookie uint64           // the kernel's cookie for it; 0 if the kernel has none
	anchor *kernelTransport // a socket in it
	kept   *netns.Namespace // the namespace, once the anchor is closed
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
	return c.place.admit(t, t.namespaceCookie())
}

// admit returns t, a socket in the namespace with this cookie, if that is the client's, or
// a socket in the client's namespace instead. The first socket determines which that is.
func (p *place) admit(t *kernelTransport, cookie uint64) (transport, error) {
	if !p.known {
		*p = place{known: true, cookie: cookie, anchor: t}
		return t, nil
	}
	if cookie == p.cookie && cookie != 0 {
		return t, nil
	}
	// The thread is not in the namespace in which the client was opened, or the
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

// dial opens a socket in the namespace, which requires the right to enter it.
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
		return netns.Of(p.anchor.fd)
	}
	return nil, ErrNamespace
}

// leave keeps the namespace if its anchor is about to be closed.
func (p *place) leave(t transport) {
	if p.anchor == nil || t != transport(p.anchor) {
		return
	}
	p.kept, _ = netns.Of(p.anchor.fd)
	p.anchor = nil
}

func (p *place) close() error { return p.kept.Close() }

// dialIn opens a socket in a network namespace; nil means that of the calling thread.
func dialIn(ns *netns.Namespace) (t *kernelTransport, err error) {
	err = ns.Run(func() (err error) {
		t, err = newKernelTransport(genetlink.Protocol)
		return err
	})
	return t, err
}

// A kernelTransport is a netlink socket that makes its own system calls. That of
// package netlink uses the poller of the runtime, which needs two more file descriptors and
// ends the program if it cannot have them, and a goroutine for each call.
//
// It is for one goroutine at a time, except for interrupt.
type kernelTransport struct {
	fd          int
	port        uint32
	patience    time.Duration
	page        int  // the size of the buffer offered to the kernel
	full        bool // whether the last listing had several pages
	listing     bool // whether the last request was for a listing
	closed      bool
	interrupted atomic.Bool
}

// The kernel fills a page of a listing up to the largest buffer that any read of the socket
// has offered. If services of other namespaces come and go between two pages, services at the
// beginning of a page are missed. A listing that is read again should miss different ones, if
// any: each listing of several pages enlarges the buffer, so that pages of later ones begin elsewhere.
//
// The kernel clears a buffer of that size, rounded up to a power of two with its own data, for every page. So a
// page is small at first; but a page of less than a memory page, up to 8 KiB, is filled nevertheless.
const (
	smallPage = 6 << 10  // where memory has pages of 4 KiB
	largePage = 12 << 10 // elsewhere
	pageStep  = 512
	entrySize = 1 << 10 // more than an entry of a listing has
)

func firstPage(memoryPage int) int {
	if memoryPage <= 4<<10 {
		return smallPage
	}
	return largePage
}

// patience is how long a socket waits before it checks again for an interrupt.
// The kernel answers before the system call of a request returns, so there is almost never
// anything to wait for.
const patience = 50 * time.Millisecond

// newKernelTransport opens a socket of a netlink protocol in the network namespace of
// the thread.
func newKernelTransport(protocol int) (*kernelTransport, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, protocol)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	t := &kernelTransport{fd: fd, patience: patience, page: firstPage(os.Getpagesize())}
	if err := t.bind(); err != nil {
		_ = t.Close()
		return nil, err
	}
	return t, nil
}

func (t *kernelTransport) bind() error {
	if err := unix.Bind(t.fd, &unix.SockaddrNetlink{}); err != nil {
		return os.NewSyscallError("bind", err)
	}
	addr, err := unix.Getsockname(t.fd)
	if a, ok := addr.(*unix.SockaddrNetlink); ok {
		t.port = a.Pid
	}
	return os.NewSyscallError("getsockname", err)
}

func (t *kernelTransport) Read(b []byte) (int, error) {
	// The length of a datagram is a multiple of four, as is that of a page: one more byte is there only if
	// the datagram is longer than the page.
	page := min(t.page, (len(b)-1)&^3)
	n, err := t.transfer("read", unix.POLLIN, (*kernelTransport).read, b[:page+1])
	if n > page {
		return page, ErrOverrun
	}
	t.full = t.full || n > page-entrySize
	return n, err
}

func (t *kernelTransport) Write(b []byte) (int, error) {
	t.listing = len(b) >= messageHeader && binary.NativeEndian.Uint16(b[6:])&unix.NLM_F_DUMP == unix.NLM_F_DUMP
	if t.full {
		t.page, t.full = t.page+pageStep, false
	}
	return t.transfer("write", unix.POLLOUT, (*kernelTransport).write, b)
}

// transfer reads or writes a datagram, once the socket is ready for it.
func (t *kernelTransport) transfer(name string, ready int16, call func(*kernelTransport, []byte) (int, unix.Errno), b []byte) (int, error) {
	for {
		switch {
		case t.closed:
			return 0, os.ErrClosed
		case t.interrupted.Load():
			return 0, os.ErrDeadlineExceeded
		}
		n, errno := call(t, b)
		switch errno {
		case unix.EAGAIN:
			// The next call reports any error.
			_, _ = unix.Poll([]unix.PollFd{{Fd: int32(t.fd), Events: ready}}, int(t.patience.Milliseconds()))
		case unix.EINTR:
		case 0:
			return n, nil
		default:
			return 0, os.NewSyscallError(name, errno)
		}
	}
}

func (t *kernelTransport) read(b []byte) (int, unix.Errno)  { return t.call(unix.SYS_READ, b) }
func (t *kernelTransport) write(b []byte) (int, unix.Errno) { return t.call(unix.SYS_WRITE, b) }

// call makes a system call. One for a listing takes some microseconds and never waits for long. If the runtime knew
// about it, it would often wake up another thread to run other goroutines meanwhile, at a cost of a tenth of a listing.
func (t *kernelTransport) call(number uintptr, b []byte) (int, unix.Errno) {
	fd, size := uintptr(t.fd), uintptr(len(b))
	if t.listing {
		n, _, errno := unix.RawSyscall(number, fd, uintptr(unsafe.Pointer(unsafe.SliceData(b))), size)
		return int(n), errno
	}
	n, _, errno := unix.Syscall(number, fd, uintptr(unsafe.Pointer(unsafe.SliceData(b))), size)
	return int(n), errno
}

func (t *kernelTransport) Close() error {
	if t.closed {
		return os.ErrClosed
	}
	t.closed = true
	return os.NewSyscallError("close", unix.Close(t.fd))
}

func (t *kernelTransport) portID() uint32 { return t.port }

func (t *kernelTransport) interrupt() { t.interrupted.Store(true) }

func (t *kernelTransport) shortenReplies() {
	_ = unix.SetsockoptInt(t.fd, unix.SOL_NETLINK, unix.NETLINK_CAP_ACK, 1)
}

// namespaceCookie returns the kernel's cookie for the socket's network namespace, or
// 0 if the kernel has no cookies.
func (t *kernelTransport) namespaceCookie() uint64 {
	cookie, _ := unix.GetsockoptUint64(t.fd, unix.SOL_SOCKET, unix.SO_NETNS_COOKIE)
	return cookie
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
		return files.Open("/proc/thread-self/net/" + name)
	}
	if ns != c.place.kept {
		defer ns.Close()
	}
	f, err := ns.OpenProc(name)
	if errors.Is(err, fs.ErrPermission) { // to enter the namespace
		return files.Open("/proc/thread-self/net/" + name)
	}
	return f, err
}
