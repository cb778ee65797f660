package ipvsnl_test

import (
	"context"
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/mdlayher/netlink"
	"github.com/mdlayher/netlink/nltest"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

var web = ipvsnl.AddrKey(ipvsnl.TCP, netip.MustParseAddrPort("192.0.2.1:80"))

// wantSockets checks how many sockets there are and how many there were.
func wantSockets(t *testing.T, f *fake, open, ever int) {
	t.Helper()
	if gotOpen, gotEver := f.sockets(); gotOpen != open || gotEver != ever {
		t.Errorf("%d sockets open, %d ever; want %d and %d", gotOpen, gotEver, open, ever)
	}
}

func TestOneSocket(t *testing.T) {
	f := director()
	c := open(t, f.dial)
	ctx := context.Background() // unlike the test's, one that cannot be cancelled
	for range 3 {
		for _, err := range c.Services(ctx) {
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := c.Flush(ctx); err != nil {
			t.Fatal(err)
		}
	}
	wantSockets(t, f, 1, 1)
	if f.lookups != 1 {
		t.Errorf("the family was looked up %d times", f.lookups)
	}
}

func TestNested(t *testing.T) {
	f := director()
	c := open(t, f.dial)
	var services, destinations int
	for s, err := range c.Services(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		services++
		for _, err := range c.Destinations(t.Context(), s.ServiceKey) {
			if err != nil {
				t.Fatal(err)
			}
			destinations++
			if err := c.ZeroService(t.Context(), s.ServiceKey); err != nil {
				t.Fatal(err)
			}
		}
	}
	if services != 4 || destinations != 4*5 {
		t.Errorf("%d services, %d destinations", services, destinations)
	}
	wantSockets(t, f, 3, 3)
	if f.lookups != 1 {
		t.Errorf("the family was looked up %d times", f.lookups)
	}
}

// TestLeft checks that a loop that ends early leaves nothing behind for the next one.
func TestLeft(t *testing.T) {
	for name, leave := range map[string]func(c *ipvsnl.Client){
		"break": func(c *ipvsnl.Client) {
			for range c.Services(t.Context()) {
				break
			}
		},
		"panic": func(c *ipvsnl.Client) {
			defer func() {
				if recover() != "loop" {
					t.Error("the panic was lost")
				}
			}()
			for range c.Services(t.Context()) {
				panic("loop")
			}
		},
		"exit": func(c *ipvsnl.Client) {
			var wg sync.WaitGroup
			wg.Go(func() {
				for range c.Services(t.Context()) {
					runtime.Goexit() // as t.Fatal does
				}
			})
			wg.Wait()
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := director()
			c := open(t, f.dial)
			leave(c)
			wantSockets(t, f, 0, 1)
			n := 0
			for _, err := range c.Services(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				n++
			}
			if n != 4 {
				t.Errorf("%d services after that", n)
			}
			wantSockets(t, f, 1, 2)
		})
	}
}

// TestIdle checks that only a few sockets are kept.
func TestIdle(t *testing.T) {
	f := director()
	c := open(t, f.dial)
	var nest func(depth int)
	nest = func(depth int) {
		for range c.Services(t.Context()) {
			if depth > 1 {
				nest(depth - 1)
			}
			depth = 0 // only within the first
		}
	}
	nest(6)
	wantSockets(t, f, 4, 6)
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	wantSockets(t, f, 0, 6)
}

func TestClosed(t *testing.T) {
	f := director()
	c := open(t, f.dial)
	n := 0
	for _, err := range c.Services(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 1 {
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n != 4 {
		t.Errorf("%d services of a listing under way", n)
	}
	wantSockets(t, f, 0, 1)
	var e *ipvsnl.Error
	if err := c.Flush(t.Context()); !errors.Is(err, fs.ErrClosed) || !errors.As(err, &e) || e.Op != ipvsnl.OpFlush {
		t.Errorf("error %v", err)
	}
	for _, err := range c.Services(t.Context()) {
		if !errors.Is(err, fs.ErrClosed) {
			t.Errorf("error %v", err)
		}
	}
	if err := c.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
}

// TestNotOpened checks that a client which was not opened is as one that was closed.
func TestNotOpened(t *testing.T) {
	var c ipvsnl.Client
	if err := c.Flush(t.Context()); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("error %v", err)
	}
	if err := c.Close(); err != nil {
		t.Errorf("closing: %v", err)
	}
}

func TestConcurrent(t *testing.T) {
	f := director()
	c := open(t, f.dial)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for s, err := range c.Services(t.Context()) {
				if err != nil {
					t.Error(err)
				}
				if err := c.AddDestination(t.Context(), s.ServiceKey, ipvsnl.Destination{Addr: web.Addr}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if open, ever := f.sockets(); open > 4 || ever > 16 {
		t.Errorf("%d sockets open, %d ever", open, ever)
	}
}

// TestInvalid checks that a request that is not sent costs no socket.
func TestInvalid(t *testing.T) {
	f := director()
	c := open(t, f.dial)
	err := c.AddService(t.Context(), ipvsnl.Service{})
	var e *ipvsnl.Error
	if !errors.Is(err, fs.ErrInvalid) || !errors.As(err, &e) || e.Op != ipvsnl.OpAddService {
		t.Errorf("error %v", err)
	}
	wantSockets(t, f, 1, 1)
}

// TestRefused checks what comes of error numbers, and that the socket is used again
// where nothing more can come.
func TestRefused(t *testing.T) {
	services := func(ctx context.Context, c *ipvsnl.Client) (err error) {
		for _, err = range c.Services(ctx) {
		}
		return err
	}
	info := func(ctx context.Context, c *ipvsnl.Client) error { _, err := c.Info(ctx); return err }
	flush := func(ctx context.Context, c *ipvsnl.Client) error { return c.Flush(ctx) }
	for _, test := range []struct {
		name   string
		run    func(context.Context, *ipvsnl.Client) error
		answer nltest.Func
		want   syscall.Errno
		open   int
	}{
		{"change", flush, says(refusal(syscall.EPERM)), syscall.EPERM, 1},
		{"get", info, says(refusal(syscall.EINTR)), syscall.EINTR, 1},
		{"listing", services, says(refusal(syscall.EPERM)), syscall.EPERM, 0},
		{"within a listing", services, says(item(recorded("services")[0]), refusal(syscall.ENOMEM)), syscall.ENOMEM, 0},
		{"at the end of a listing", services, says(item(recorded("services")[0]), done(syscall.EMSGSIZE)), syscall.EMSGSIZE, 0},
		{"sending what may not be answered",
			func(ctx context.Context, c *ipvsnl.Client) error {
				return c.StopDaemon(ctx, ipvsnl.Daemon{State: ipvsnl.Backup})
			},
			func([]netlink.Message) ([]netlink.Message, error) {
				return nil, os.NewSyscallError("sendmsg", syscall.EMSGSIZE)
			}, syscall.EMSGSIZE, 0},
		{"sending", flush, func([]netlink.Message) ([]netlink.Message, error) {
			return nil, os.NewSyscallError("sendmsg", syscall.ENOBUFS)
		}, syscall.ENOBUFS, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := &fake{answer: test.answer}
			c := open(t, f.dial)
			err := test.run(t.Context(), c)
			var e *ipvsnl.Error
			if !errors.Is(err, test.want) || !errors.As(err, &e) {
				t.Errorf("error %v, want %v", err, test.want)
			}
			if _, isErrno := e.Err.(syscall.Errno); isErrno == strings.HasPrefix(test.name, "sending") {
				t.Errorf("the error holds a %T", e.Err)
			}
			wantSockets(t, f, test.open, 1)
		})
	}
}

// TestReceiveFails checks that a read which fails ends a listing.
func TestReceiveFails(t *testing.T) {
	c := open(t, func() (*netlink.Conn, error) {
		return nltest.Dial(func(requests []netlink.Message) ([]netlink.Message, error) {
			if requests[0].Header.Type == unix.GENL_ID_CTRL {
				return (&fake{}).reply(requests)
			}
			return nil, syscall.ENOBUFS
		}), nil
	})
	n := 0
	for _, err := range c.Services(t.Context()) {
		if n++; !errors.Is(err, syscall.ENOBUFS) {
			t.Errorf("error %v", err)
		}
	}
	if n != 1 {
		t.Errorf("%d items", n)
	}
}

// TestStrange checks that replies which no kernel should give are errors, and that the socket
// they came on is not used again.
func TestStrange(t *testing.T) {
	service := item(recorded("services")[0])
	type header = netlink.Header
	for _, test := range []struct {
		name   string
		answer nltest.Func
		want   string
	}{
		{"another's sequence number", says(with(service, func(h *header) { h.Sequence = 1 })), "reply to another request"},
		{"another's port", says(with(service, func(h *header) { h.PID = 77 })), "reply to another request"},
		{"another's refusal", says(with(refusal(syscall.EPERM), func(h *header) { h.Sequence = 1 })), "reply to another request"},
		{"another family", says(with(service, func(h *header) { h.Type = 99 })), "reply of another netlink family"},
		{"overrun", says(with(service, func(h *header) { h.Type = netlink.Overrun })), "replies were lost"},
		{"short", says(item([]byte{1, 1, 0})), "reply shorter than its header"},
		{"no attributes", says(item([]byte{1, 1, 0, 0})), "reply of a service: no attribute 1"},
		{"short error", says(netlink.Message{Header: header{Type: netlink.Error}, Data: []byte{1}}),
			"netlink receive: not enough data for netlink error code"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := &fake{answer: test.answer}
			c := open(t, f.dial)
			n := 0
			for _, err := range c.Services(t.Context()) {
				n++
				if want := "ipvs: list services: " + test.want; err == nil || err.Error() != want {
					t.Errorf("error %v, want %s", err, want)
				}
			}
			if n != 1 {
				t.Errorf("%d items, want the error", n)
			}
			wantSockets(t, f, 0, 1)
		})
	}
}

// TestChangedListing has a listing that the kernel calls interrupted delivered to its end, and the error follow it.
func TestChangedListing(t *testing.T) {
	service := item(recorded("services")[0])
	interrupted := with(service, func(h *netlink.Header) { h.Flags |= netlink.DumpInterrupted })
	f := &fake{answer: says(service, interrupted, service, done(0))}
	c := open(t, f.dial)
	var errs []error
	for _, err := range c.Services(t.Context()) {
		errs = append(errs, err)
	}
	if len(errs) != 4 || errs[0] != nil || errs[1] != nil || errs[2] != nil || !errors.Is(errs[3], ipvsnl.ErrChanged) {
		t.Errorf("errors %v", errs)
	}
	wantSockets(t, f, 1, 1)
}

// TestNoReply checks that an operation wants the kind of answer that it is to get.
func TestNoReply(t *testing.T) {
	flush := func(c *ipvsnl.Client) error { return c.Flush(t.Context()) }
	info := func(c *ipvsnl.Client) error { _, err := c.Info(t.Context()); return err }
	noop := netlink.Message{Header: netlink.Header{Type: netlink.Noop}}
	for _, test := range []struct {
		name  string
		run   func(c *ipvsnl.Client) error
		reply netlink.Message
	}{
		{"change, nothing", flush, noop},
		{"change, a message", flush, netlink.Message{Data: recorded("info")[0]}},
		{"get, nothing", info, noop},
		{"get, an acknowledgement", info, refusal(0)},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := &fake{answer: says(test.reply)}
			err := test.run(open(t, f.dial))
			if err == nil || errors.Unwrap(err).Error() != "no reply" {
				t.Errorf("error %v", err)
			}
			wantSockets(t, f, 0, 1)
		})
	}
}

func TestNoop(t *testing.T) {
	noop := with(item(nil), func(h *netlink.Header) { h.Type = netlink.Noop })
	f := &fake{answer: says(noop, item(recorded("services")[0]), noop, done(0))}
	n := 0
	for _, err := range open(t, f.dial).Services(t.Context()) {
		if err != nil {
			t.Error(err)
		}
		n++
	}
	if n != 1 {
		t.Errorf("%d services", n)
	}
	wantSockets(t, f, 1, 1)
}

// TestCancelled checks that a context ends an operation which the kernel does not answer, and that
// the socket is not used again.
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
			err := c.Flush(ctx)
			var e *ipvsnl.Error
			if !errors.Is(err, context.Canceled) || !errors.As(err, &e) || e.Op != ipvsnl.OpFlush {
				t.Errorf("error %v", err)
			}
			wantSockets(t, f, test.open, 1)
		})
	}
}

// TestCancelledListing checks that a listing ends with the context.
func TestCancelledListing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	f := &fake{answer: says(item(recorded("services")[0]))} // and then nothing
	c := open(t, f.dial)
	var services int
	var last error
	for _, err := range c.Services(ctx) {
		if last = err; err == nil {
			services++
			cancel()
		}
	}
	if services != 1 || !errors.Is(last, context.Canceled) {
		t.Errorf("%d services, error %v", services, last)
	}
	wantSockets(t, f, 0, 1)
}

// TestCancelledLate checks that a socket is dropped if the context ended while the last of
// the reply was read: the deadline stays on the socket.
func TestCancelledLate(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	f := &fake{answer: func([]netlink.Message) ([]netlink.Message, error) {
		cancel()
		return []netlink.Message{refusal(0)}, nil
	}}
	c := open(t, f.dial)
	if err := c.Flush(ctx); err != nil {
		t.Error(err)
	}
	wantSockets(t, f, 0, 1)
}

// TestStopDaemon checks what is made of the kernel's answers to a request that it may not
// answer at all, and that the socket is used again if nothing more can come.
func TestStopDaemon(t *testing.T) {
	type replies []func(requests []netlink.Message) netlink.Message
	// to addresses a message to the request of that number.
	to := func(request int, m netlink.Message) func([]netlink.Message) netlink.Message {
		return func(requests []netlink.Message) netlink.Message {
			m.Header.Sequence = requests[0].Header.Sequence + uint32(request)
			return m
		}
	}
	for _, test := range []struct {
		name    string
		replies replies
		want    string
		open    int
	}{
		{"done", replies{to(0, refusal(0)), to(1, refusal(0))}, "", 1},
		{"done and not said", replies{to(1, refusal(0))}, "", 1},
		{"refused", replies{to(0, refusal(syscall.ESRCH)), to(1, refusal(0))}, "no daemon running", 1},
		{"the end refused", replies{to(1, refusal(syscall.EINVAL))}, "reply to another request", 0},
		{"another's", replies{to(2, refusal(0))}, "reply to another request", 0},
		{"another's before", replies{to(-1, refusal(0))}, "reply to another request", 0},
		{"a message", replies{to(0, netlink.Message{Data: recorded("info")[0]})}, "reply of another netlink family", 0},
		{"short error", replies{to(0, netlink.Message{Header: netlink.Header{Type: netlink.Error}})},
			"netlink receive: not enough data for netlink error code", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := &fake{answer: func(requests []netlink.Message) (all []netlink.Message, err error) {
				for _, reply := range test.replies {
					all = append(all, reply(requests))
				}
				return all, nil
			}}
			err := open(t, f.dial).StopDaemon(t.Context(), ipvsnl.Daemon{State: ipvsnl.Master})
			if test.want == "" && err != nil || test.want != "" && (err == nil || err.Error() != "ipvs: stop daemon: "+test.want) {
				t.Errorf("error %v, want %s", err, test.want)
			}
			wantSockets(t, f, test.open, 1)
		})
	}
}
