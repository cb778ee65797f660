// SPDX-License-Identifier: Apache-2.0

package ipvsnl_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"runtime"
	"sync"
	"syscall"
	"testing"

	"github.com/mdlayher/netlink"
	"github.com/mdlayher/netlink/nltest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/test/replay"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/ipvsnltest"
)

var web = ipvsnl.ServiceKey{Protocol: ipvsnl.TCP, Addr: netip.MustParseAddrPort("192.0.2.1:80")}

// wantSockets checks how many sockets are open and how many there were.
func wantSockets(t *testing.T, f *fake, open, ever int) {
	t.Helper()
	gotOpen, gotEver := f.sockets()
	require.Equal(t, [2]int{open, ever}, [2]int{gotOpen, gotEver}, "sockets open, and ever")
}

// count returns how many items an iterator has, and its error.
func count[T any](all func(func(T, error) bool)) (n int, err error) {
	for _, err = range all {
		if err == nil {
			n++
		}
	}
	return n, err
}

// together starts n goroutines that run f, and returns a function that waits for them.
func together(n int, f func()) (wait func()) {
	var wg sync.WaitGroup
	wg.Add(n)
	for range n {
		go func() {
			defer wg.Done()
			f()
		}()
	}
	return wg.Wait
}

func TestOneSocket(t *testing.T) {
	f := director()
	c := open(t, f.dial)
	ctx := context.Background() // unlike the test's, one that cannot be cancelled
	for range 3 {
		all, err := c.Services(ctx)
		require.NoError(t, err)
		require.Len(t, all, 4)
		require.NoError(t, c.Apply(ctx, ipvsnl.Flush()))
	}
	wantSockets(t, f, 1, 1)
	require.Equal(t, 1, f.lookups, "look-ups of the family")
}

// Whatever runs inside of an iterator gets a socket of its own.
func TestNested(t *testing.T) {
	f := director()
	c := open(t, f.dial)
	var services, destinations int
	for s, err := range c.EachService(t.Context()) {
		require.NoError(t, err)
		services++
		for _, err := range c.EachDestination(t.Context(), s.Service.Key) {
			require.NoError(t, err)
			destinations++
			require.NoError(t, c.Apply(t.Context(), ipvsnl.ZeroService(s.Service.Key)))
		}
	}
	require.Equal(t, 4, services)
	require.Equal(t, 4*5, destinations)
	wantSockets(t, f, 3, 3)
	require.Equal(t, 1, f.lookups)
}

// A loop that ends early leaves nothing for the next one.
func TestLeft(t *testing.T) {
	for name, leave := range map[string]func(c *ipvsnl.Client){
		"break": func(c *ipvsnl.Client) {
			for range c.EachService(t.Context()) {
				break
			}
		},
		"panic": func(c *ipvsnl.Client) {
			require.PanicsWithValue(t, "loop", func() {
				for range c.EachService(t.Context()) {
					panic("loop")
				}
			})
		},
		"exit": func(c *ipvsnl.Client) {
			together(1, func() {
				for range c.EachService(t.Context()) {
					runtime.Goexit() // as t.Fatal does
				}
			})()
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := director()
			c := open(t, f.dial)
			leave(c)
			wantSockets(t, f, 0, 1)
			n, err := count(c.EachService(t.Context()))
			require.NoError(t, err)
			require.Equal(t, 4, n)
			wantSockets(t, f, 1, 2)
		})
	}
}

// Only a few sockets are kept.
func TestIdle(t *testing.T) {
	f := director()
	c := open(t, f.dial)
	var nest func(depth int)
	nest = func(depth int) {
		for range c.EachService(t.Context()) {
			if depth > 1 {
				nest(depth - 1)
			}
			depth = 0 // only within the first
		}
	}
	nest(6)
	wantSockets(t, f, 4, 6)
	require.NoError(t, c.Close())
	wantSockets(t, f, 0, 6)
}

// Operations wait for each other rather than open a socket each.
func TestAtOnce(t *testing.T) {
	d := ipvsnltest.New()
	var mu sync.Mutex
	dialed := 0
	c, err := ipvsnl.Open(t.Context(), ipvsnl.WithDial(func() (io.ReadWriteCloser, error) {
		mu.Lock()
		defer mu.Unlock()
		dialed++
		return d.Dial()
	}))
	require.NoError(t, err)
	defer c.Close()
	together(60, func() {
		_, err := c.Services(t.Context())
		assert.NoError(t, err)
	})()
	require.LessOrEqual(t, dialed, 4)
}

// Whoever waits for a socket stops when the context ends.
func TestWaitCancelled(t *testing.T) {
	asked, answer := make(chan struct{}, 4), make(chan struct{})
	f := &fake{answer: func(r []netlink.Message) ([]netlink.Message, error) {
		asked <- struct{}{}
		<-answer
		return done(r), nil
	}}
	c := open(t, f.dial)
	wait := together(4, func() { assert.NoError(t, c.Apply(t.Context(), ipvsnl.Flush())) })
	for range 4 {
		<-asked
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, c.Apply(ctx, ipvsnl.Flush()), context.Canceled)
	close(answer)
	wait()
}

// A context that has ended ends a listing before it begins.
func TestEachCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	n := 0
	for _, err := range open(t, director().dial).EachService(ctx) {
		require.ErrorIs(t, err, context.Canceled)
		n++
	}
	require.Equal(t, 1, n)
}

// An IPv4-mapped address is refused unless the client was opened for such.
func TestMappedAddrs(t *testing.T) {
	d := ipvsnltest.New()
	key := ipvsnl.ServiceKey{Protocol: ipvsnl.TCP, Addr: netip.MustParseAddrPort("[::ffff:192.0.2.1]:80")}
	add := ipvsnl.AddService(ipvsnl.Service{Key: key, Scheduler: "rr"})
	c, err := d.Open(t.Context())
	require.NoError(t, err)
	defer c.Close()
	require.ErrorIs(t, c.Apply(t.Context(), add), fs.ErrInvalid)
	c, err = d.Open(t.Context(), ipvsnl.WithMappedAddrs())
	require.NoError(t, err)
	defer c.Close()
	require.NoError(t, c.Apply(t.Context(), add))
	all, err := c.Services(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 1)
	require.Equal(t, key, all[0].Service.Key)
}

func TestClosed(t *testing.T) {
	f := director()
	c := open(t, f.dial)
	n := 0
	for _, err := range c.EachService(t.Context()) {
		require.NoError(t, err)
		if n++; n == 1 {
			require.NoError(t, c.Close())
		}
	}
	require.Equal(t, 4, n, "services of a listing under way")
	wantSockets(t, f, 0, 1)
	err := c.Apply(t.Context(), ipvsnl.Flush())
	require.ErrorIs(t, err, fs.ErrClosed)
	require.Equal(t, &ipvsnl.Error{Op: ipvsnl.OpFlush, Err: fs.ErrClosed}, err)
	_, err = count(c.EachService(t.Context()))
	require.ErrorIs(t, err, fs.ErrClosed)
	require.NoError(t, c.Close(), "closing twice")
}

// Changes while a table is listed by parts are told to whoever lists it.
func TestChangedWhileListed(t *testing.T) {
	ctx := t.Context()
	c, err := ipvsnltest.New().Open(ctx)
	require.NoError(t, err)
	defer c.Close()
	var add []ipvsnl.Change
	for i := range 3000 {
		add = append(add, ipvsnl.AddService(ipvsnl.Service{Key: ipvsnl.ServiceKey{Mark: uint32(i + 1)}, Scheduler: "rr"}))
	}
	require.NoError(t, c.Apply(ctx, add...))

	deleted := 0
	for s, err := range c.EachService(ctx) {
		if err != nil {
			require.ErrorIs(t, err, ipvsnl.ErrChanged)
			break
		}
		require.NoError(t, c.Apply(ctx, ipvsnl.DeleteService(s.Service.Key)))
		deleted++
	}
	require.Equal(t, 1, deleted)

	// A change that adds or deletes nothing does no harm.
	zeroed := 0
	for s, err := range c.EachService(ctx) {
		require.NoError(t, err)
		require.NoError(t, c.Apply(ctx, ipvsnl.ZeroService(s.Service.Key)))
		zeroed++
	}
	require.Equal(t, 2999, zeroed)

	all, err := c.Services(ctx)
	require.NoError(t, err)
	for _, s := range all {
		require.NoError(t, c.Apply(ctx, ipvsnl.DeleteService(s.Service.Key)))
	}
	all, err = c.Services(ctx)
	require.NoError(t, err)
	require.Empty(t, all)
}

// A client that was not opened is as one that was closed.
func TestNotOpened(t *testing.T) {
	var c ipvsnl.Client
	require.NoError(t, c.Close())
}

func TestConcurrent(t *testing.T) {
	f := director()
	c := open(t, f.dial)
	together(8, func() {
		all, err := c.Services(t.Context())
		assert.NoError(t, err)
		for _, s := range all {
			assert.NoError(t, c.Apply(t.Context(), ipvsnl.AddDestination(s.Service.Key, ipvsnl.Destination{Addr: web.Addr})))
		}
	})()
	open, ever := f.sockets()
	require.LessOrEqual(t, open, 4)
	require.LessOrEqual(t, ever, 4)
}

func services(ctx context.Context, c *ipvsnl.Client) error { _, err := c.Services(ctx); return err }
func info(ctx context.Context, c *ipvsnl.Client) error     { _, err := c.Info(ctx); return err }
func flush(ctx context.Context, c *ipvsnl.Client) error    { return c.Apply(ctx, ipvsnl.Flush()) }

// failsToWrite is a kernel to which nothing can be sent.
func failsToWrite(number syscall.Errno) nltest.Func {
	return func([]netlink.Message) ([]netlink.Message, error) {
		return nil, os.NewSyscallError("sendmsg", number)
	}
}

// Error numbers come through, and the socket is used again where nothing more can come.
func TestRefused(t *testing.T) {
	refuses := func(number syscall.Errno) nltest.Func {
		return func(r []netlink.Message) ([]netlink.Message, error) {
			return append([]netlink.Message{refusal(number)}, done(r)...), nil
		}
	}
	for _, test := range []struct {
		name   string
		run    func(context.Context, *ipvsnl.Client) error
		answer nltest.Func
		want   syscall.Errno
		sent   bool // the kernel said so
		open   int
	}{
		{"change", flush, refuses(syscall.EPERM), syscall.EPERM, true, 1},
		{"get", info, says(refusal(syscall.EINTR)), syscall.EINTR, true, 1},
		{"listing", services, says(refusal(syscall.EPERM)), syscall.EPERM, true, 0},
		{"within a listing", services, says(item(recorded("services")[0]), refusal(syscall.ENOMEM)), syscall.ENOMEM, true, 0},
		{"at the end of a listing", services, says(item(recorded("services")[0]), end(syscall.EMSGSIZE)), syscall.EMSGSIZE, true, 0},
		{"writing a change", flush, failsToWrite(syscall.EMSGSIZE), syscall.EMSGSIZE, false, 0},
		{"writing a question", services, failsToWrite(syscall.ENOBUFS), syscall.ENOBUFS, false, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := &fake{answer: test.answer}
			c := open(t, f.dial)
			err := test.run(t.Context(), c)
			require.ErrorIs(t, err, test.want)
			var e *ipvsnl.Error
			if errors.As(err, &e) {
				_, isErrno := e.Err.(syscall.Errno)
				require.Equal(t, test.sent, isErrno, "the error holds a %T", e.Err)
			}
			wantSockets(t, f, test.open, 1)
		})
	}
}

// A read that fails ends a listing.
func TestReceiveFails(t *testing.T) {
	f := &fake{answer: func([]netlink.Message) ([]netlink.Message, error) {
		return nil, replay.Unreadable{Err: syscall.ENOBUFS}
	}}
	n, err := count(open(t, f.dial).EachService(t.Context()))
	require.ErrorIs(t, err, syscall.ENOBUFS)
	require.Zero(t, n)
}

// Replies that no kernel should give are errors, and the socket that they came on is not
// used again.
func TestStrange(t *testing.T) {
	service := item(recorded("services")[0])
	type header = netlink.Header
	for _, test := range []struct {
		name   string
		answer nltest.Func
		want   string
		is     error
	}{
		{"another's sequence number", says(with(service, func(h *header) { h.Sequence = 1 })), "malformed reply: to another request", ipvsnl.ErrMalformed},
		{"another's refusal", says(with(refusal(syscall.EPERM), func(h *header) { h.Sequence = 1 })), "malformed reply: to another request", ipvsnl.ErrMalformed},
		{"another family", says(with(service, func(h *header) { h.Type = 99 })), "malformed reply: of another netlink family", ipvsnl.ErrMalformed},
		{"overrun", says(with(service, func(h *header) { h.Type = netlink.Overrun })), "replies were lost", ipvsnl.ErrOverrun},
		{"no attributes", says(item([]byte{1, 1, 0, 0})), "reply of a service: malformed reply: no attribute 1", ipvsnl.ErrMalformed},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := &fake{answer: test.answer}
			c := open(t, f.dial)
			n, err := count(c.EachService(t.Context()))
			require.Zero(t, n)
			require.EqualError(t, err, "ipvs: list services: "+test.want)
			require.ErrorIs(t, err, test.is)
			wantSockets(t, f, 0, 1)
			all, err := c.Services(t.Context())
			require.Nil(t, all)
			require.EqualError(t, err, "ipvs: list services: "+test.want)
			wantSockets(t, f, 0, 2)
		})
	}
}

// So are those to a question.
func TestMalformed(t *testing.T) {
	c := open(t, (&fake{answer: says(netlink.Message{Data: []byte{1, 1, 0, 0}})}).dial)
	_, err := c.Service(t.Context(), web)
	require.ErrorContains(t, err, "reply of a service: malformed reply: no attribute 1")
	_, err = c.Destinations(t.Context(), web)
	require.ErrorContains(t, err, "reply of a destination: malformed reply: no attribute 2")
	err = c.Apply(t.Context(), ipvsnl.UpdateService(webService, 0))
	require.ErrorContains(t, err, "reply of a service: malformed reply: no attribute 1")
}

// A listing that the kernel calls interrupted is delivered to its end, and the error
// follows it.
func TestInterrupted(t *testing.T) {
	service := item(recorded("services")[0])
	interrupted := with(service, func(h *netlink.Header) { h.Flags |= netlink.DumpInterrupted })
	f := &fake{answer: says(service, interrupted, service, end(0))}
	c := open(t, f.dial)
	n, err := count(c.EachService(t.Context()))
	require.Equal(t, 3, n)
	require.ErrorIs(t, err, ipvsnl.ErrChanged)
	all, err := c.Services(t.Context())
	require.Len(t, all, 3)
	require.EqualError(t, err, "ipvs: list services: the table changed while it was listed")
	wantSockets(t, f, 1, 1)
}

// What fails in the middle of a listing leaves nothing of it, and flags other than that of an interruption say nothing.
func TestWithinListing(t *testing.T) {
	service := item(recorded("services")[0])
	f := &fake{answer: says(service, refusal(syscall.ENOMEM))}
	all, err := open(t, f.dial).Services(t.Context())
	require.ErrorIs(t, err, syscall.ENOMEM)
	require.Nil(t, all)

	f = &fake{answer: says(with(service, func(h *netlink.Header) { h.Flags |= ^netlink.DumpInterrupted }), end(0))}
	all, err = open(t, f.dial).Services(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 1)
}

// What cannot be a service is not asked for.
func TestInvalidKey(t *testing.T) {
	asked := 0
	c := open(t, (&fake{answer: func([]netlink.Message) ([]netlink.Message, error) {
		asked++
		return []netlink.Message{end(0)}, nil
	}}).dial)
	_, err := c.Service(t.Context(), ipvsnl.ServiceKey{})
	require.ErrorIs(t, err, fs.ErrInvalid)
	_, err = c.Destinations(t.Context(), ipvsnl.ServiceKey{Mark: 1, Protocol: ipvsnl.TCP})
	require.ErrorIs(t, err, fs.ErrInvalid)
	require.Zero(t, asked)
}

// An operation needs the kind of answer that it is to get.
func TestNoReply(t *testing.T) {
	noop := netlink.Message{Header: netlink.Header{Type: netlink.Noop}}
	for _, test := range []struct {
		name  string
		run   func(context.Context, *ipvsnl.Client) error
		reply netlink.Message
	}{
		{"change, nothing", flush, noop},
		{"change, a message", flush, netlink.Message{Data: recorded("info")[0]}},
		{"get, nothing", info, noop},
		{"get, an acknowledgement", info, refusal(0)},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := &fake{answer: says(test.reply)}
			require.ErrorIs(t, test.run(t.Context(), open(t, f.dial)), ipvsnl.ErrMalformed)
			wantSockets(t, f, 0, 1)
		})
	}
}

func TestNoop(t *testing.T) {
	noop := with(item(nil), func(h *netlink.Header) { h.Type = netlink.Noop })
	f := &fake{answer: says(noop, item(recorded("services")[0]), noop, end(0))}
	all, err := open(t, f.dial).Services(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 1)
	wantSockets(t, f, 1, 1)
}

// A context ends an operation that the kernel does not answer, and the socket is not
// used again.
func TestCancelled(t *testing.T) {
	for _, test := range []struct {
		name   string
		before bool // before the operation, or else while it waits
		open   int
	}{
		{"before", true, 1},
		{"meanwhile", false, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			f := &fake{answer: func([]netlink.Message) ([]netlink.Message, error) {
				cancel()
				return nil, nil
			}}
			c := open(t, f.dial)
			if test.before {
				cancel()
			}
			require.ErrorIs(t, flush(ctx, c), context.Canceled)
			wantSockets(t, f, test.open, 1)
		})
	}
}

// A connection without deadlines is closed when the context ends.
func TestCancelledWithoutDeadlines(t *testing.T) {
	d := ipvsnltest.New()
	ctx, cancel := context.WithCancel(t.Context())
	silent := &silentConn{closed: make(chan struct{})}
	first := true
	c, err := ipvsnl.Open(t.Context(), ipvsnl.WithDial(func() (io.ReadWriteCloser, error) {
		if first {
			first = false
			conn, err := d.Dial()
			silent.ReadWriteCloser = conn
			return silent, err
		}
		return d.Dial()
	}))
	require.NoError(t, err)
	defer c.Close()
	silent.mute = cancel
	_, err = c.Services(ctx)
	require.ErrorIs(t, err, context.Canceled)
	_, err = c.Services(t.Context())
	require.NoError(t, err, "with a new connection")
}

// A silentConn is a connection whose reads wait until it is closed, once mute is set.
type silentConn struct {
	io.ReadWriteCloser
	mute   func()
	once   sync.Once
	closed chan struct{}
}

func (c *silentConn) Read(b []byte) (int, error) {
	if c.mute == nil {
		return c.ReadWriteCloser.Read(b)
	}
	c.mute()
	<-c.closed
	return 0, fs.ErrClosed
}

func (c *silentConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.ReadWriteCloser.Close()
}

// A refusal counts although the context has ended meanwhile.
func TestCancelledRefusal(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	f := &fake{answer: func([]netlink.Message) ([]netlink.Message, error) {
		cancel()
		return []netlink.Message{refusal(syscall.EPERM)}, nil
	}}
	require.ErrorIs(t, info(ctx, open(t, f.dial)), syscall.EPERM)
}

// A listing ends with the context, although more of it has come.
func TestCancelledWithinDatagram(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	f := director()
	var services int
	var last error
	for _, err := range open(t, f.dial).EachService(ctx) {
		if last = err; err == nil {
			services++
			cancel()
		}
	}
	require.Equal(t, 1, services)
	require.ErrorIs(t, last, context.Canceled)
}

// A listing ends with the context.
func TestCancelledListing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	f := &fake{answer: says(item(recorded("services")[0]))} // and then nothing
	c := open(t, f.dial)
	var services int
	var last error
	for _, err := range c.EachService(ctx) {
		if last = err; err == nil {
			services++
			cancel()
		}
	}
	require.Equal(t, 1, services)
	require.ErrorIs(t, last, context.Canceled)
	wantSockets(t, f, 0, 1)
}

// A socket is dropped if the context ended while the last of the reply was read: the
// deadline stays on the socket.
func TestCancelledLate(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	f := &fake{answer: func(r []netlink.Message) ([]netlink.Message, error) {
		cancel()
		return done(r), nil
	}}
	require.NoError(t, flush(ctx, open(t, f.dial)))
	wantSockets(t, f, 0, 1)
}
