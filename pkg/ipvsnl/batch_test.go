package ipvsnl_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"net/netip"
	"slices"
	"syscall"
	"testing"

	"github.com/mdlayher/netlink"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// A batchKernel refuses the requests whose numbers, from 0, it is told, and stops
// answering before the one called silent.
type batchKernel struct {
	refuses map[int]syscall.Errno
	silent  int
	sends   [][]netlink.Message
	seen    int

	silenced func() // called when it stops answering
}

func (k *batchKernel) answer(requests []netlink.Message) ([]netlink.Message, error) {
	sent := slices.Clone(requests)
	for i := range sent { // the client uses its buffer again
		sent[i].Data = bytes.Clone(sent[i].Data)
	}
	k.sends = append(k.sends, sent)
	var replies []netlink.Message
	for _, r := range requests {
		if r.Header.Type == netlink.Noop {
			if k.silent == 0 || k.seen < k.silent {
				replies = append(replies, with(refusal(0), func(h *netlink.Header) { h.Sequence = r.Header.Sequence }))
			}
			continue
		}
		n := k.seen
		k.seen++
		if k.silent > 0 && n >= k.silent {
			k.silenced()
			continue
		}
		if e := k.refuses[n]; e != 0 || r.Header.Flags&netlink.Acknowledge != 0 {
			replies = append(replies, with(refusal(e), func(h *netlink.Header) { h.Sequence = r.Header.Sequence }))
		}
	}
	return replies, nil
}

func (k *batchKernel) open(t *testing.T) *ipvsnl.Client {
	return open(t, (&fake{answer: k.answer}).dial)
}

// queueEvery queues one of every change and returns the operations.
func queueEvery(b *ipvsnl.Batch) []ipvsnl.Op {
	key := web
	d := ipvsnl.Destination{Addr: netip.MustParseAddrPort("10.0.0.1:80")}
	s := ipvsnl.Service{ServiceKey: key, Scheduler: "rr"}
	b.AddService(s)
	b.SetService(s)
	b.DeleteService(key)
	b.AddDestination(key, d)
	b.SetDestination(key, d)
	b.DeleteDestination(key, d.Addr)
	b.StartDaemon(ipvsnl.Daemon{State: ipvsnl.Master, Interface: "lo"})
	b.StopDaemon(ipvsnl.Daemon{State: ipvsnl.Master})
	b.SetTimeouts(ipvsnl.Timeouts{TCP: 1})
	b.Zero()
	b.ZeroService(key)
	b.Flush()
	return []ipvsnl.Op{ipvsnl.OpAddService, ipvsnl.OpSetService, ipvsnl.OpDeleteService, ipvsnl.OpAddDestination,
		ipvsnl.OpSetDestination, ipvsnl.OpDeleteDestination, ipvsnl.OpStartDaemon, ipvsnl.OpStopDaemon,
		ipvsnl.OpSetTimeouts, ipvsnl.OpZero, ipvsnl.OpZeroService, ipvsnl.OpFlush}
}

// A batch asks for what the client's own methods ask for, byte for byte, in one send.
func TestBatchRequests(t *testing.T) {
	var single batchKernel
	c := single.open(t)
	ctx := t.Context()
	key, d := web, ipvsnl.Destination{Addr: netip.MustParseAddrPort("10.0.0.1:80")}
	s := ipvsnl.Service{ServiceKey: key, Scheduler: "rr"}
	for _, err := range []error{
		c.AddService(ctx, s), c.SetService(ctx, s), c.DeleteService(ctx, key),
		c.AddDestination(ctx, key, d), c.SetDestination(ctx, key, d), c.DeleteDestination(ctx, key, d.Addr),
		c.StartDaemon(ctx, ipvsnl.Daemon{State: ipvsnl.Master, Interface: "lo"}),
		c.StopDaemon(ctx, ipvsnl.Daemon{State: ipvsnl.Master}),
		c.SetTimeouts(ctx, ipvsnl.Timeouts{TCP: 1}), c.Zero(ctx), c.ZeroService(ctx, key), c.Flush(ctx),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}

	var batched batchKernel
	b := batched.open(t).Batch()
	ops := queueEvery(b)
	if b.Len() != len(ops) {
		t.Errorf("the batch has %d changes, want %d", b.Len(), len(ops))
	}
	if failures, err := b.Send(ctx); err != nil || failures != nil {
		t.Fatalf("got %v, %v", failures, err)
	}
	if b.Len() != 0 {
		t.Errorf("%d changes are left", b.Len())
	}
	if len(batched.sends) != 1 || len(batched.sends[0]) != len(ops)+1 {
		t.Fatalf("%d sends, the first of %d requests", len(batched.sends), len(batched.sends[0]))
	}
	sent := batched.sends[0]
	for i, m := range sent[:len(ops)] {
		if want := single.sends[i][0].Data; !bytes.Equal(m.Data, want) {
			t.Errorf("%v: sent\n%x, want\n%x", ops[i], m.Data, want)
		}
		if m.Header.Flags != netlink.Request {
			t.Errorf("%v: sent with flags %v", ops[i], m.Header.Flags)
		}
	}
	if last := sent[len(ops)].Header; last.Type != netlink.Noop || last.Flags != netlink.Request|netlink.Acknowledge {
		t.Errorf("the last message is %v", last)
	}
}

func TestBatchFailures(t *testing.T) {
	k := batchKernel{refuses: map[int]syscall.Errno{0: syscall.EEXIST, 5: syscall.ENOENT, 11: syscall.EPERM}}
	b := k.open(t).Batch()
	ops := queueEvery(b)
	failures, err := b.Send(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(failures) != 3 {
		t.Fatalf("got %v", failures)
	}
	for i, want := range []struct {
		index int
		err   error
	}{{0, ipvsnl.ErrServiceExists}, {5, ipvsnl.ErrDestinationNotFound}, {11, syscall.EPERM}} {
		f := failures[i]
		var e *ipvsnl.Error
		if f.Index != want.index || !errors.Is(f.Err, want.err) || !errors.As(f.Err, &e) || e.Op != ops[want.index] {
			t.Errorf("failure %d: got %d, %v, want %d, %v", i, f.Index, f.Err, want.index, want.err)
		}
	}
}

// A change that cannot be asked for is not sent; the others are.
func TestBatchInvalid(t *testing.T) {
	var k batchKernel
	k.refuses = map[int]syscall.Errno{0: syscall.ESRCH} // the first that is sent
	b := k.open(t).Batch()
	b.AddDestination(web, ipvsnl.Destination{})
	b.DeleteService(web)
	b.AddService(ipvsnl.Service{})
	b.Zero()
	failures, err := b.Send(t.Context())
	if err != nil || len(failures) != 3 {
		t.Fatalf("got %v, %v", failures, err)
	}
	for i, op := range []ipvsnl.Op{ipvsnl.OpAddDestination, ipvsnl.OpDeleteService, ipvsnl.OpAddService} {
		var e *ipvsnl.Error
		if f := failures[i]; f.Index != i || !errors.As(f.Err, &e) || e.Op != op {
			t.Errorf("failure %d: got %d, %v", i, f.Index, f.Err)
		}
	}
	if k.seen != 2 {
		t.Errorf("%d requests were sent, want 2", k.seen)
	}
}

func TestBatchOfNothing(t *testing.T) {
	var k batchKernel
	b := k.open(t).Batch()
	if failures, err := b.Send(t.Context()); err != nil || failures != nil {
		t.Errorf("got %v, %v", failures, err)
	}
	b.AddService(ipvsnl.Service{})
	if failures, err := b.Send(t.Context()); err != nil || len(failures) != 1 {
		t.Errorf("got %v, %v", failures, err)
	}
	if k.seen != 0 {
		t.Errorf("%d requests were sent", k.seen)
	}
}

// A batch of any length is sent, a part at a time, and can be filled again.
func TestBatchLong(t *testing.T) {
	k := batchKernel{refuses: map[int]syscall.Errno{0: syscall.ESRCH, 127: syscall.ESRCH, 128: syscall.ESRCH, 999: syscall.ESRCH}}
	b := k.open(t).Batch()
	for range 2 {
		for range 1000 {
			b.DeleteService(web)
		}
		k.seen = 0
		failures, err := b.Send(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var places []int
		for _, f := range failures {
			places = append(places, f.Index)
		}
		if len(places) != 4 || places[1] != 127 || places[2] != 128 || places[3] != 999 {
			t.Errorf("failures at %v", places)
		}
		if k.seen != 1000 {
			t.Errorf("%d requests were sent", k.seen)
		}
	}
}

// When replies are missing, it is said from where on.
func TestBatchInDoubt(t *testing.T) {
	k := batchKernel{silent: 130, refuses: map[int]syscall.Errno{1: syscall.ESRCH, 129: syscall.ESRCH}}
	f := &fake{answer: k.answer}
	b := open(t, f.dial).Batch()
	for range 200 {
		b.DeleteService(web)
	}
	ctx, cancel := context.WithCancel(t.Context())
	k.silenced = cancel
	failures, err := b.Send(ctx)
	var doubt *ipvsnl.InDoubtError
	if !errors.As(err, &doubt) || doubt.Index != 128 || !errors.Is(err, context.Canceled) || doubt.Error() == "" {
		t.Fatalf("got %v, want doubt from 128 on", err)
	}
	for i, want := range []int{1, 129} {
		if i >= len(failures) || failures[i].Index != want {
			t.Errorf("got %v", failures)
		}
	}
}

func TestBatchStray(t *testing.T) {
	for name, answer := range map[string]func(requests []netlink.Message) ([]netlink.Message, error){
		"another sequence": func(r []netlink.Message) ([]netlink.Message, error) {
			return []netlink.Message{with(refusal(0), func(h *netlink.Header) { h.Sequence = r[0].Header.Sequence - 1 })}, nil
		},
		"another refusal": func(r []netlink.Message) ([]netlink.Message, error) {
			return []netlink.Message{with(refusal(syscall.EPERM), func(h *netlink.Header) { h.Sequence = r[0].Header.Sequence + 9 })}, nil
		},
		"no reply at all": func(r []netlink.Message) ([]netlink.Message, error) {
			return []netlink.Message{{Data: []byte{1, 1, 0, 0}}}, nil
		},
		"a system call fails": func([]netlink.Message) ([]netlink.Message, error) { return nil, syscall.ENOBUFS },
	} {
		t.Run(name, func(t *testing.T) {
			f := &fake{answer: answer}
			c := open(t, f.dial)
			b := c.Batch()
			b.Zero()
			_, err := b.Send(t.Context())
			var doubt *ipvsnl.InDoubtError
			if !errors.As(err, &doubt) || doubt.Index != 0 {
				t.Fatalf("got %v, want doubt", err)
			}
			wantSockets(t, f, 0, 1) // what broke is not used again
		})
	}
}

func TestBatchClosed(t *testing.T) {
	var k batchKernel
	c := k.open(t)
	b := c.Batch()
	b.Zero()
	_ = c.Close()
	_, err := b.Send(t.Context())
	var doubt *ipvsnl.InDoubtError
	if !errors.Is(err, fs.ErrClosed) || errors.As(err, &doubt) {
		t.Errorf("a closed client sent a batch: %v", err)
	}
}
