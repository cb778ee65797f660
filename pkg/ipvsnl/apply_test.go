// SPDX-License-Identifier: Apache-2.0

package ipvsnl_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net/netip"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/mdlayher/netlink"
	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/test/replay"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/ipvsnltest"
)

// A kernel refuses the requests whose numbers, from 0, it is told, and stops answering
// before the one called silent.
type kernel struct {
	refuses map[int]syscall.Errno
	silent  int
	sends   [][]netlink.Message
	seen    int

	silenced func() // called when it stops answering
}

func (k *kernel) answer(requests []netlink.Message) ([]netlink.Message, error) {
	sent := slices.Clone(requests)
	for i := range sent { // the client uses its buffer again
		sent[i].Data = bytes.Clone(sent[i].Data)
	}
	k.sends = append(k.sends, sent)
	var replies []netlink.Message
	for _, r := range requests {
		to := func(m netlink.Message) netlink.Message {
			return with(m, func(h *netlink.Header) { h.Sequence = r.Header.Sequence })
		}
		if r.Header.Type == netlink.Noop {
			if k.silent == 0 || k.seen < k.silent {
				replies = append(replies, to(refusal(0)))
			}
			continue
		}
		n := k.seen
		k.seen++
		if k.silent > 0 && n >= k.silent {
			k.silenced()
			continue
		}
		if e := k.refuses[n]; e != 0 {
			replies = append(replies, to(refusal(e)))
		}
	}
	return replies, nil
}

func (k *kernel) open(t *testing.T) *ipvsnl.Client {
	return open(t, (&fake{answer: k.answer}).dial)
}

var (
	webService = ipvsnl.Service{Key: web, Scheduler: "rr"}
	server     = ipvsnl.Destination{Addr: netip.MustParseAddrPort("10.0.0.1:80"), Weight: 1}

	// every is one change of each kind that takes one request.
	every = []ipvsnl.Change{
		ipvsnl.AddService(webService),
		ipvsnl.SetService(webService),
		ipvsnl.DeleteService(web),
		ipvsnl.DeleteServiceIfExists(web),
		ipvsnl.AddDestination(web, server),
		ipvsnl.SetDestination(web, server),
		ipvsnl.DeleteDestination(web, server.Addr),
		ipvsnl.DeleteDestinationIfExists(web, server.Addr),
		ipvsnl.StartDaemon(ipvsnl.Daemon{State: ipvsnl.Master, Interface: "lo"}),
		ipvsnl.StopDaemon(ipvsnl.Master),
		ipvsnl.SetTimeouts(ipvsnl.Timeouts{TCP: time.Second}),
		ipvsnl.Zero(),
		ipvsnl.ZeroService(web),
		ipvsnl.Flush(),
	}
)

// Changes are sent in one datagram, with an acknowledgement requested only for the last
// message, and match those of the commands.
func TestApply(t *testing.T) {
	var k kernel
	require.NoError(t, k.open(t).Apply(t.Context(), every...))
	require.Len(t, k.sends, 1)
	sent := k.sends[0]
	require.Len(t, sent, len(every)+1)
	for i, want := range []byte{1, 2, 3, 3, 5, 6, 7, 7, 9, 10, 12, 16, 16, 17} {
		require.Equal(t, want, sent[i].Data[0], "%v", every[i])
		require.Equal(t, netlink.Request, sent[i].Header.Flags, "%v", every[i])
		require.Zero(t, sent[i].Header.PID)
	}
	last := sent[len(every)].Header
	require.Equal(t, netlink.Noop, last.Type)
	require.Equal(t, netlink.Request|netlink.Acknowledge, last.Flags)
}

func TestApplyNothing(t *testing.T) {
	var k kernel
	c := k.open(t)
	require.NoError(t, c.Apply(t.Context()))
	require.Error(t, c.Apply(t.Context(), ipvsnl.AddService(ipvsnl.Service{})))
	require.Zero(t, k.seen)
}

// Failures have their change, and what the kernel's number means for it.
func TestApplyFailures(t *testing.T) {
	k := kernel{refuses: map[int]syscall.Errno{0: syscall.EEXIST, 6: syscall.ENOENT, 8: syscall.EEXIST, 13: syscall.EPERM}}
	err := k.open(t).Apply(t.Context(), every...)
	var e *ipvsnl.ApplyError
	require.ErrorAs(t, err, &e)
	require.Equal(t, -1, e.InDoubt)
	require.Len(t, e.Failures, 4)
	for i, want := range []struct {
		index int
		err   error
		text  string
	}{
		{0, ipvsnl.ErrServiceExists, "ipvs: add service TCP 192.0.2.1:80: service already exists"},
		{6, ipvsnl.ErrDestinationNotFound, "ipvs: delete destination 10.0.0.1:80 of TCP 192.0.2.1:80: no such destination"},
		{8, ipvsnl.ErrDaemonRunning, "ipvs: start daemon master: daemon already running"},
		{13, syscall.EPERM, "ipvs: flush: operation not permitted"},
	} {
		f := e.Failures[i]
		require.Equal(t, want.index, f.Index)
		require.Equal(t, every[want.index], f.Change)
		require.ErrorIs(t, f.Err, want.err)
		require.ErrorIs(t, err, want.err)
		require.EqualError(t, f.Err, want.text)
		require.Contains(t, err.Error(), want.text)
	}
}

// The requests of a change that takes two are told apart, and of both failures the first
// counts.
func TestApplyPut(t *testing.T) {
	put := []ipvsnl.Change{ipvsnl.PutService(webService), ipvsnl.PutDestination(web, server), ipvsnl.Flush()}
	for _, test := range []struct {
		name    string
		refuses map[int]syscall.Errno
		want    []string
	}{
		{"new", nil, nil},
		{"existing", map[int]syscall.Errno{0: syscall.EEXIST, 2: syscall.EEXIST}, nil},
		{"refused", map[int]syscall.Errno{0: syscall.ENOENT, 1: syscall.ESRCH, 2: syscall.EEXIST, 3: syscall.ERANGE, 4: syscall.EPERM}, []string{
			"ipvs: put service TCP 192.0.2.1:80: scheduler or persistence engine not found",
			"ipvs: put destination 10.0.0.1:80 of TCP 192.0.2.1:80: value out of range",
			"ipvs: flush: operation not permitted",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			k := kernel{refuses: test.refuses}
			err := k.open(t).Apply(t.Context(), put...)
			var commands []byte
			for _, m := range k.sends[0][:5] {
				commands = append(commands, m.Data[0])
			}
			require.Equal(t, []byte{1, 2, 5, 6, 17}, commands)
			var e *ipvsnl.ApplyError
			if errors.As(err, &e); test.want == nil {
				require.NoError(t, err)
				return
			}
			require.Len(t, e.Failures, len(test.want))
			for i, want := range test.want {
				require.Equal(t, i, e.Failures[i].Index)
				require.EqualError(t, e.Failures[i].Err, want)
			}
		})
	}
}

// What is to be deleted if it exists need not exist.
func TestApplyIfExists(t *testing.T) {
	changes := []ipvsnl.Change{ipvsnl.DeleteServiceIfExists(web), ipvsnl.DeleteDestinationIfExists(web, server.Addr)}
	for _, refuses := range []map[int]syscall.Errno{
		{0: syscall.ESRCH, 1: syscall.ESRCH},
		{1: syscall.ENOENT},
	} {
		k := kernel{refuses: refuses}
		require.NoError(t, k.open(t).Apply(t.Context(), changes...))
	}
	k := kernel{refuses: map[int]syscall.Errno{0: syscall.ENOENT, 1: syscall.EPERM}}
	err := k.open(t).Apply(t.Context(), changes...)
	require.ErrorIs(t, err, ipvsnl.ErrNoIPVS, "to delete a service")
	require.ErrorIs(t, err, fs.ErrPermission)
}

// An invalid change is not sent; the others are.
func TestApplyInvalid(t *testing.T) {
	k := kernel{refuses: map[int]syscall.Errno{0: syscall.ESRCH}} // the first that is sent
	err := k.open(t).Apply(t.Context(),
		ipvsnl.AddDestination(web, ipvsnl.Destination{}),
		ipvsnl.DeleteService(web),
		ipvsnl.AddService(ipvsnl.Service{}),
		ipvsnl.Zero(),
		ipvsnl.Change{},
		ipvsnl.Change{Op: ipvsnl.OpServices},
		ipvsnl.Change{Op: ipvsnl.OpFlush + 1},
		ipvsnl.Change{Op: 200},
	)
	var e *ipvsnl.ApplyError
	require.ErrorAs(t, err, &e)
	var places []int
	for _, f := range e.Failures {
		places = append(places, f.Index)
		if f.Index != 1 {
			require.ErrorIs(t, f.Err, fs.ErrInvalid)
		}
	}
	require.Equal(t, []int{0, 1, 2, 4, 5, 6, 7}, places)
	require.Equal(t, 2, k.seen)

	// So it is if the first one is refused, of which the kernel says so last.
	k = kernel{refuses: map[int]syscall.Errno{0: syscall.ESRCH}}
	require.ErrorAs(t, k.open(t).Apply(t.Context(), ipvsnl.DeleteService(web), ipvsnl.Change{}), &e)
	require.Equal(t, []int{0, 1}, []int{e.Failures[0].Index, e.Failures[1].Index})
}

// Any number of changes is sent, some at a time.
func TestApplyMany(t *testing.T) {
	many := slices.Repeat([]ipvsnl.Change{ipvsnl.DeleteService(web)}, 1000)
	k := kernel{refuses: map[int]syscall.Errno{0: syscall.ESRCH, 127: syscall.ESRCH, 128: syscall.ESRCH, 999: syscall.ESRCH}}
	c := k.open(t)
	for range 2 {
		k.seen, k.sends = 0, nil
		var e *ipvsnl.ApplyError
		require.ErrorAs(t, c.Apply(t.Context(), many...), &e)
		var places []int
		for _, f := range e.Failures {
			places = append(places, f.Index)
		}
		require.Equal(t, []int{0, 127, 128, 999}, places)
		require.Equal(t, 1000, k.seen)
		require.Len(t, k.sends, 8)
		for _, sent := range k.sends {
			require.LessOrEqual(t, len(sent), 129)
		}
	}
}

// When replies are missing, the error says from where on.
func TestApplyInDoubt(t *testing.T) {
	k := kernel{silent: 130, refuses: map[int]syscall.Errno{1: syscall.ESRCH, 129: syscall.ESRCH}}
	ctx, cancel := context.WithCancel(t.Context())
	k.silenced = cancel
	err := k.open(t).Apply(ctx, slices.Repeat([]ipvsnl.Change{ipvsnl.DeleteService(web)}, 200)...)
	var e *ipvsnl.ApplyError
	require.ErrorAs(t, err, &e)
	require.Equal(t, 128, e.InDoubt)
	require.Equal(t, ipvsnl.DeleteService(web), e.Doubted)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorContains(t, err, "ipvs: delete service TCP 192.0.2.1:80: this change and later ones are in doubt: context canceled")
	require.Len(t, e.Failures, 2)
	require.Equal(t, 1, e.Failures[0].Index)
	require.Equal(t, 129, e.Failures[1].Index)
}

// A context that ends between two datagrams keeps the next one from being sent.
func TestApplyCancelledBetween(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	f := &fake{answer: func(r []netlink.Message) ([]netlink.Message, error) {
		cancel()
		return done(r), nil
	}}
	err := open(t, f.dial).Apply(ctx, slices.Repeat([]ipvsnl.Change{ipvsnl.Zero()}, 200)...)
	var e *ipvsnl.ApplyError
	require.ErrorAs(t, err, &e)
	require.Equal(t, 128, e.InDoubt)
	require.ErrorIs(t, err, context.Canceled)
}

// What breaks the exchange leaves changes in doubt, and the socket is not used again.
func TestApplyBroken(t *testing.T) {
	// to addresses a message to the request of that number.
	to := func(request int, m netlink.Message) func([]netlink.Message) ([]netlink.Message, error) {
		return func(requests []netlink.Message) ([]netlink.Message, error) {
			return []netlink.Message{with(m, func(h *netlink.Header) { h.Sequence = requests[0].Header.Sequence + uint32(request) })}, nil
		}
	}
	for _, test := range []struct {
		name   string
		answer func(requests []netlink.Message) ([]netlink.Message, error)
		want   string
	}{
		{"another's acknowledgement", to(-1, refusal(0)), "malformed reply: to another request"},
		{"a later one", to(2, refusal(0)), "malformed reply: to another request"},
		{"another's refusal", to(9, refusal(syscall.EPERM)), "malformed reply: to another request"},
		{"the end refused", to(1, refusal(syscall.EINVAL)), "malformed reply: to another request"},
		{"a message", to(0, netlink.Message{Data: []byte{1, 1, 0, 0}}), "malformed reply: of another netlink family"},
		{"a short error", to(0, netlink.Message{Header: netlink.Header{Type: netlink.Error}}), "netlink receive: not enough data for netlink error code"},
		{"a system call", failsToWrite(syscall.ENOBUFS), "netlink send-messages: sendmsg: no buffer space available"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := &fake{answer: test.answer}
			err := flush(t.Context(), open(t, f.dial))
			var e *ipvsnl.ApplyError
			require.ErrorAs(t, err, &e)
			require.Equal(t, 0, e.InDoubt)
			require.EqualError(t, e.Err, test.want)
			require.EqualError(t, err, "ipvs: flush: this change and later ones are in doubt: "+test.want)
			wantSockets(t, f, 0, 1)
		})
	}
}

// A request that the kernel carries out and does not acknowledge is done.
func TestApplyUnacknowledged(t *testing.T) {
	f := &fake{answer: func(r []netlink.Message) ([]netlink.Message, error) {
		first := with(refusal(0), func(h *netlink.Header) { h.Sequence = r[0].Header.Sequence })
		return append([]netlink.Message{first}, done(r)...), nil
	}}
	require.NoError(t, open(t, f.dial).Apply(t.Context(), ipvsnl.StopDaemon(ipvsnl.Master)), "acknowledged anyway")
	wantSockets(t, f, 1, 1)
}

// What was never begun leaves nothing in doubt.
func TestApplyClosed(t *testing.T) {
	var k kernel
	c := k.open(t)
	require.NoError(t, c.Close())
	err := c.Apply(t.Context(), ipvsnl.Zero())
	require.ErrorIs(t, err, fs.ErrClosed)
	var e *ipvsnl.ApplyError
	require.False(t, errors.As(err, &e))
}

// A change of the weight leaves all else as it is.
func TestSetWeight(t *testing.T) {
	ctx := t.Context()
	d := ipvsnltest.New()
	c, err := d.Open(ctx)
	require.NoError(t, err)
	defer c.Close()
	tunnel := ipvsnl.Destination{
		Addr: netip.MustParseAddrPort("10.0.0.2:80"), Forwarding: ipvsnl.Tunnel, Weight: 5, UpperThreshold: 9, LowerThreshold: 3,
		TunnelType: ipvsnl.GUE, TunnelPort: 6080, TunnelFlags: ipvsnl.TunnelChecksum,
	}
	other := ipvsnl.ServiceKey{Mark: 7}
	require.NoError(t, c.Apply(ctx,
		ipvsnl.AddService(webService), ipvsnl.AddDestination(web, tunnel), ipvsnl.AddDestination(web, server),
		ipvsnl.AddService(ipvsnl.Service{Key: other, Scheduler: "rr"}), ipvsnl.AddDestination(other, server)))

	missing := netip.MustParseAddrPort("10.0.0.3:80")
	err = c.Apply(ctx,
		ipvsnl.SetWeight(web, tunnel.Addr, 0),
		ipvsnl.SetWeight(web, missing, 1),
		ipvsnl.SetWeight(web, server.Addr, 1<<31), // which the kernel refuses
		ipvsnl.SetWeight(other, server.Addr, 7),
		ipvsnl.SetWeight(ipvsnl.ServiceKey{Mark: 8}, server.Addr, 7),
		ipvsnl.SetWeight(ipvsnl.ServiceKey{}, server.Addr, 7),
		ipvsnl.AddDestination(other, tunnel),
		ipvsnl.SetWeight(other, tunnel.Addr, 8),
	)
	var e *ipvsnl.ApplyError
	require.ErrorAs(t, err, &e)
	require.Len(t, e.Failures, 4)
	for i, want := range []struct {
		index int
		err   error
	}{{1, ipvsnl.ErrDestinationNotFound}, {2, fs.ErrInvalid}, {4, ipvsnl.ErrServiceNotFound}, {5, fs.ErrInvalid}} {
		require.Equal(t, want.index, e.Failures[i].Index)
		require.ErrorIs(t, e.Failures[i].Err, want.err)
	}

	tunnel.Weight = 0
	got, err := c.Destinations(ctx, web)
	require.NoError(t, err)
	require.Equal(t, []ipvsnl.DestinationState{{Destination: server}, {Destination: tunnel}}, got)
	seven := server
	seven.Weight, tunnel.Weight = 7, 8
	got, err = c.Destinations(ctx, other)
	require.NoError(t, err)
	require.Equal(t, []ipvsnl.DestinationState{{Destination: tunnel}, {Destination: seven}}, got)
}

// A broken exchange while a weight is looked up leaves the change in doubt only if
// something was sent before.
func TestSetWeightBroken(t *testing.T) {
	f := &fake{answer: failsToWrite(syscall.ENOBUFS)}
	err := open(t, f.dial).Apply(t.Context(), ipvsnl.SetWeight(web, server.Addr, 1))
	var e *ipvsnl.ApplyError
	require.False(t, errors.As(err, &e), "%v", err)
	require.ErrorIs(t, err, syscall.ENOBUFS)
}

// What is wrong while a weight is looked up is the failure of the change, be it of the service or of its destinations.
func TestSetWeightMalformed(t *testing.T) {
	const getService = 4
	service, destination := item(recorded("services")[0]), item([]byte{1, 1, 0, 0})
	for _, test := range []struct {
		reply netlink.Message
		want  string
	}{
		{destination, "reply of a destination: malformed reply: no attribute 2"},
		{refusal(syscall.EPERM), "operation not permitted"},
	} {
		f := &fake{answer: func(requests []netlink.Message) ([]netlink.Message, error) {
			if requests[0].Data[0] == getService {
				return []netlink.Message{with(service, func(h *netlink.Header) { h.Flags = 0 })}, nil
			}
			return []netlink.Message{test.reply, end(0)}, nil
		}}
		err := open(t, f.dial).Apply(t.Context(), ipvsnl.SetWeight(web, server.Addr, 1))
		require.EqualError(t, err, "ipvs: set weight of destination 10.0.0.1:80 of TCP 192.0.2.1:80: "+test.want)
	}
}

// Weights of one service are sent some at a time, after one look-up each.
func TestSetWeightMany(t *testing.T) {
	var add, set []ipvsnl.Change
	for i := range 300 {
		d := ipvsnl.Destination{Addr: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 80)}
		add, set = append(add, ipvsnl.AddDestination(web, d)), append(set, ipvsnl.SetWeight(web, d.Addr, 7))
	}
	d := ipvsnltest.New()
	var sent []int
	c := open(t, func() (io.ReadWriteCloser, error) {
		conn, err := d.Dial()
		return counted{conn, &sent}, err
	})
	require.NoError(t, c.Apply(t.Context(), ipvsnl.AddService(webService)))
	require.NoError(t, c.Apply(t.Context(), add...))
	sent = nil
	require.NoError(t, c.Apply(t.Context(), set...))
	require.Equal(t, []int{1, 1, 129, 1, 1, 129, 1, 1, 45}, sent)
	all, err := c.Destinations(t.Context(), web)
	require.NoError(t, err)
	for _, s := range all {
		require.EqualValues(t, 7, s.Destination.Weight)
	}
}

// A counted connection counts the requests in each datagram.
type counted struct {
	io.ReadWriteCloser
	sent *[]int
}

func (c counted) Write(b []byte) (int, error) {
	*c.sent = append(*c.sent, len(replay.Messages(b)))
	return c.ReadWriteCloser.Write(b)
}

// Changes that add or delete something end a listing, and no others do.
func TestChangesOfMembers(t *testing.T) {
	for _, c := range append(every, ipvsnl.PutService(webService), ipvsnl.PutDestination(web, server), ipvsnl.SetWeight(web, server.Addr, 1),
		ipvsnl.EnsureService(webService, 0), ipvsnl.EnsureDestination(web, server, 0)) {
		f := director()
		client := open(t, f.dial)
		var last error
		for _, err := range client.EachService(t.Context()) {
			if last = err; err == nil {
				_ = client.Apply(t.Context(), c)
			}
		}
		members := false
		switch c.Op {
		case ipvsnl.OpAddService, ipvsnl.OpPutService, ipvsnl.OpDeleteService, ipvsnl.OpDeleteServiceIfExists, ipvsnl.OpAddDestination,
			ipvsnl.OpPutDestination, ipvsnl.OpDeleteDestination, ipvsnl.OpDeleteDestinationIfExists, ipvsnl.OpFlush,
			ipvsnl.OpEnsureService, ipvsnl.OpEnsureDestination:
			members = true
		}
		require.Equal(t, members, errors.Is(last, ipvsnl.ErrChanged), "%v", c)
	}
}

func TestChangeString(t *testing.T) {
	for want, c := range map[string]ipvsnl.Change{
		"add service TCP 192.0.2.1:80":                              ipvsnl.AddService(webService),
		"set weight of destination 10.0.0.1:80 of TCP 192.0.2.1:80": ipvsnl.SetWeight(web, server.Addr, 1),
		"start daemon backup":                                       ipvsnl.StartDaemon(ipvsnl.Daemon{State: ipvsnl.Backup}),
		"zero counters":                                             ipvsnl.Zero(),
		"delete service TCP 192.0.2.1:80":                           ipvsnl.DeleteServiceIfExists(web),
		"delete destination 10.0.0.1:80 of TCP 192.0.2.1:80":        ipvsnl.DeleteDestinationIfExists(web, server.Addr),
		"Op(0)": {},
	} {
		require.Equal(t, want, c.String())
	}
}

// Destinations are appended to what is there, and only if all could be read.
func TestAppendDestinations(t *testing.T) {
	ctx := t.Context()
	director := ipvsnltest.New()
	c, err := director.Open(ctx)
	require.NoError(t, err)
	require.NoError(t, c.Apply(ctx, ipvsnl.AddService(ipvsnl.Service{Key: web, Scheduler: "rr"}),
		ipvsnl.AddDestination(web, ipvsnl.Destination{Addr: netip.MustParseAddrPort("10.0.0.1:80")})))
	before := make([]ipvsnl.DestinationState, 1, 4)
	before[0].ActiveConns = 9
	got, err := c.AppendDestinations(ctx, before, web)
	require.NoError(t, err)
	require.Len(t, got, 2)
	require.Equal(t, before[0], got[0])
	require.Same(t, &before[0], &got[0])
	require.Equal(t, "10.0.0.1:80", got[1].Destination.Addr.String())

	require.NoError(t, c.Close())
	got, err = c.AppendDestinations(ctx, before, web)
	require.ErrorIs(t, err, fs.ErrClosed)
	require.Equal(t, before, got)
}
