// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"io"
	"net/netip"
	"os"
	"slices"
	"sync"
	"testing"

	"github.com/mdlayher/netlink"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/test/replay"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/format"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/columns"
)

// empty returns a reader of n services without destinations.
func empty(n int) (*tableReader, listing) {
	services := make([]*ipvsnl.ServiceState, n)
	for i := range services {
		services[i] = &ipvsnl.ServiceState{Service: ipvsnl.Service{Key: ipvsnl.ServiceKey{Mark: uint32(i + 1)}}}
	}
	r := newTableReader(nil, testNames{}, &flags.Listing{Numeric: true})
	r.known = map[ipvsnl.ServiceKey][]ipvsnl.DestinationState{}
	return r, listed(services)
}

// A wide layout fills the output with each service, and counts them.
type wide struct {
	format.Options
	services int
}

func (w *wide) AppendService(b []byte, _ *ipvsnl.ServiceState) []byte {
	w.services++
	return append(b, make([]byte, 100_000)...)
}

// What is called for each service ends that with an error, and a table whose output is lost ends there.
func TestTableEnds(t *testing.T) {
	for last := range 100 {
		r, services := empty(100)
		calls := 0
		require.Equal(t, errBroken, r.each(t.Context(), services, func(*ipvsnl.ServiceState, []ipvsnl.DestinationState) error {
			if calls++; calls > last {
				return errBroken
			}
			return nil
		}))
		require.Equal(t, last+1, calls)
	}
	for _, by := range []*columns.Column{nil, columns.ByName("conns")} {
		r, services := empty(100)
		layout := new(wide)
		w := &tableWriter{con: newConsole("ipvsadm", nil, &full{err: unix.EPIPE}, io.Discard), layout: layout}
		err := w.table(t.Context(), r, services, by)
		require.True(t, err == nil || errors.Is(err, errLost))
		require.Equal(t, 1, layout.services)
	}
}

// doubled is a kernel that lists everything twice that it said once, as one may whose table changes meanwhile.
func doubled(t *testing.T) *ipvsnl.Client {
	const getDest = 8
	listing := func(name string) (all []netlink.Message) {
		x, err := replay.Load("../../pkg/ipvsnl/testdata/" + name + ".txt")
		require.NoError(t, err)
		for _, datagram := range x.Replies {
			messages, err := replay.Parse(datagram)
			require.NoError(t, err)
			for _, m := range messages {
				if m.Header.Type == replay.Family {
					m.Header.Sequence = 0
					m.Header.Flags |= netlink.DumpInterrupted
					all = append(all, m)
				}
			}
		}
		all = append(all, all...)
		return append(all, netlink.Message{Header: netlink.Header{Type: netlink.Done, Flags: netlink.Multi}, Data: make([]byte, 4)})
	}
	services, destinations := listing("services"), listing("destinations")
	return clientOf(t, func(requests []netlink.Message) ([]netlink.Message, error) {
		if requests[0].Data[0] == getDest {
			return slices.Clone(destinations), nil
		}
		return slices.Clone(services), nil
	})
}

// What is listed twice is shown once, except in the kernel's order.
func TestTableTwice(t *testing.T) {
	client := doubled(t)
	for sorted, want := range map[bool][2]int{true: {4, 5}, false: {8, 10}} {
		r := newTableReader(client, testNames{}, &flags.Listing{Numeric: true, NoSort: !sorted})
		services, err := r.list(t.Context(), &flags.Command{})
		require.NoError(t, err)
		destinations, err := r.destinations(t.Context(), nil, services[0].Service.Key)
		require.NoError(t, err)
		require.Equal(t, want, [2]int{len(services), len(destinations)})
	}
}

// Services are read when they are needed, unless they are sorted or there is no descriptor for a socket of their own.
func TestServicesAhead(t *testing.T) {
	s := newTestSystem(t)
	s.restore(t, "-A -f 1\n")
	client, err := s.open(t.Context(), nil)
	require.NoError(t, err)
	defer client.Close()
	requests := 0
	s.before = func(request) error {
		requests++
		return nil
	}
	one := &flags.Command{OneService: true, Service: ipvsnl.ServiceKey{Mark: 1}}
	for _, c := range []struct {
		spare   int
		listing flags.Listing
		command *flags.Command
		want    int
	}{
		{2, flags.Listing{NoSort: true}, &flags.Command{}, 0},
		{1, flags.Listing{NoSort: true}, &flags.Command{}, 1},
		{2, flags.Listing{}, &flags.Command{}, 1},
		{2, flags.Listing{NoSort: true}, one, 1},
	} {
		requests = 0
		withDescriptors(t, c.spare, func() {
			services, err := newTableReader(client, testNames{}, &c.listing).services(t.Context(), c.command)
			require.NoError(t, err)
			require.Equal(t, c.want, requests, "%+v", c)
			for s, err := range services {
				require.NoError(t, err)
				require.EqualValues(t, 1, s.Service.Key.Mark)
			}
		})
	}
}

// withDescriptors runs f while the process can open so many more files.
func withDescriptors(t *testing.T, count int, f func()) {
	t.Helper()
	var before unix.Rlimit
	require.NoError(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &before))
	require.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 128, Max: before.Max}))
	defer func() { require.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &before)) }()
	var taken []int
	defer func() {
		for _, fd := range taken {
			_ = unix.Close(fd)
		}
	}()
	for {
		fd, err := unix.Open("/", unix.O_PATH|unix.O_CLOEXEC, 0)
		if err != nil {
			break
		}
		taken = append(taken, fd)
	}
	for range count {
		require.NoError(t, unix.Close(taken[0]))
		taken = taken[1:]
	}
	f()
}

// A reader that is alone already and can have no socket fails.
func TestTableNoSocket(t *testing.T) {
	s := newTestSystem(t)
	s.restore(t, "-A -f 1\n")
	client, err := s.open(t.Context(), nil)
	require.NoError(t, err)
	defer client.Close()
	s.dial = func() (io.ReadWriteCloser, error) { return nil, os.NewSyscallError("socket", unix.EMFILE) }
	r := newTableReader(client, testNames{}, &flags.Listing{Numeric: true})
	for s := range client.EachService(t.Context()) { // which has the only socket
		for range 2 {
			_, err := r.readAlone(t.Context(), nil, s.Service.Key)
			require.ErrorIs(t, err, unix.EMFILE)
		}
	}
}

// A selection of services that is not needed whole ends where it is left.
func TestSelectedEnds(t *testing.T) {
	_, services := empty(3)
	count := 0
	for range selected(&flags.Command{Selection: flags.Selection{Marks: true}}, services) {
		count++
		break
	}
	require.Equal(t, 1, count)
}

// Where there can be one socket only, the readers share it.
func TestTableOneSocket(t *testing.T) {
	for _, errno := range []unix.Errno{unix.EMFILE, unix.ENFILE} {
		testTableOneSocket(t, errno)
	}
}

func testTableOneSocket(t *testing.T, errno unix.Errno) {
	end := netlink.Message{Header: netlink.Header{Type: netlink.Done, Flags: netlink.Multi}, Data: make([]byte, 4)}
	refused := make(chan struct{})
	refuse := sync.OnceFunc(func() { close(refused) })
	answer := func([]netlink.Message) ([]netlink.Message, error) {
		<-refused // the first socket is busy until a second has been asked for
		return []netlink.Message{end}, nil
	}
	dialed := 0
	client, err := ipvsnl.Open(t.Context(), ipvsnl.WithDial(func() (io.ReadWriteCloser, error) {
		if dialed++; dialed > 1 {
			refuse()
			return nil, os.NewSyscallError("socket", errno)
		}
		return replay.Dial(replay.Answer(answer), func() {}), nil
	}))
	require.NoError(t, err)
	defer client.Close()

	var services []*ipvsnl.ServiceState
	for i := range 10 * maxPart {
		addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, 1}), uint16(i+1))
		key := ipvsnl.ServiceKey{Protocol: ipvsnl.TCP, Addr: addr}
		services = append(services, &ipvsnl.ServiceState{Service: ipvsnl.Service{Key: key}})
	}
	var stdout bytes.Buffer
	w := &tableWriter{con: newConsole("ipvsadm", nil, &stdout, nil), layout: &format.Options{View: format.Rules}}
	r := newTableReader(client, testNames{}, &flags.Listing{Numeric: true})
	require.NoError(t, w.table(t.Context(), r, listed(services), nil))
	w.con.flush()
	require.Equal(t, len(services), bytes.Count(stdout.Bytes(), []byte("-A -t 192.0.2.1:")))
	require.Equal(t, 2, dialed)
}
