package reconcile_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"

	"github.com/mdlayher/netlink"

	"github.com/ipvsadm-go/ipvsadm/internal/test/replay"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// Commands of the kernel's family.
const (
	getService = 4
	getDest    = 8
)

// A fake is a kernel that lists what a director's kernel once did, and takes changes. It refuses those whose
// numbers, from 0, it is told.
type fake struct {
	refuses map[int]syscall.Errno

	// services and destinations are given the number of a listing, from 0, and the messages that it has, and
	// return those that it is to have. They may be nil.
	services     func(n int, items []netlink.Message) []netlink.Message
	destinations func(n int, items []netlink.Message) []netlink.Message

	cancel func() // called at the second datagram of changes, which gets no answer

	mu     sync.Mutex
	listed map[byte]int // how many listings there have been
	seen   int
	sends  []int // how many changes each datagram had
}

func (f *fake) dial() (*netlink.Conn, error) {
	return recording.Dial(1, recording.Answer(f.answer), func() {}), nil
}

// open returns a client of the kernel.
func (f *fake) open(t *testing.T) *ipvsnl.Client {
	t.Helper()
	c, err := ipvsnl.Open(context.Background(), ipvsnl.WithDial(f.dial))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func (f *fake) answer(requests []netlink.Message) ([]netlink.Message, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch requests[0].Data[0] {
	case getService:
		if requests[0].Header.Flags&netlink.Dump == 0 {
			return []netlink.Message{f.service(requests[0])}, nil
		}
		return f.list(getService, "services", f.services), nil
	case getDest:
		return f.list(getDest, "destinations", f.destinations), nil
	}
	f.sends = append(f.sends, len(requests)-1)
	if f.cancel != nil && len(f.sends) == 2 {
		f.cancel()
		return nil, nil
	}
	var replies []netlink.Message
	for _, r := range requests {
		if r.Header.Type == netlink.Noop {
			replies = append(replies, refusal(r, 0))
			continue
		}
		if errno := f.refuses[f.seen]; errno != 0 {
			replies = append(replies, refusal(r, errno))
		}
		f.seen++
	}
	return replies, nil
}

// list returns the next listing of a kind.
func (f *fake) list(kind byte, name string, change func(int, []netlink.Message) []netlink.Message) []netlink.Message {
	if f.listed == nil {
		f.listed = map[byte]int{}
	}
	n := f.listed[kind]
	f.listed[kind]++
	all := listing(name)
	if change == nil {
		return all
	}
	last := len(all) - 1
	return append(change(n, slices.Clone(all[:last])), all[last])
}

// service returns the reply to a request for one service, which is that of the listing that came last.
func (f *fake) service(request netlink.Message) netlink.Message {
	all := listing("services")
	all = all[:len(all)-1]
	if f.services != nil {
		all = f.services(f.listed[getService], all)
	}
	for _, m := range all {
		if bytes.Equal(keyOf(m), keyOf(request)) {
			m.Header.Flags = 0
			return m
		}
	}
	return refusal(request, syscall.ESRCH)
}

// keyOf returns what tells the service of a message from others: its attributes, without those that follow the key.
func keyOf(m netlink.Message) []byte {
	const maxKey = 5 // family, protocol, address, port, mark
	attrs, err := netlink.UnmarshalAttributes(m.Data[4:])
	if err != nil {
		panic(err)
	}
	attrs, err = netlink.UnmarshalAttributes(attrs[0].Data)
	if err != nil {
		panic(err)
	}
	key, err := netlink.MarshalAttributes(slices.DeleteFunc(attrs, func(a netlink.Attribute) bool { return a.Type > maxKey }))
	if err != nil {
		panic(err)
	}
	return key
}

// refusal is the reply that refuses a request; number 0 acknowledges it.
func refusal(request netlink.Message, number syscall.Errno) netlink.Message {
	return netlink.Message{
		Header: netlink.Header{Type: netlink.Error, Sequence: request.Header.Sequence},
		Data:   binary.NativeEndian.AppendUint32(nil, uint32(-int32(number))),
	}
}

// listing returns the messages of a recorded listing.
func listing(name string) []netlink.Message {
	x, err := recording.Load(filepath.Join("..", "testdata", name+".txt"))
	if err != nil {
		panic(err)
	}
	var all []netlink.Message
	for _, datagram := range x.Replies {
		for _, b := range recording.Messages(datagram) {
			if binary.NativeEndian.Uint16(b[4:]) == recording.Family {
				all = append(all, netlink.Message{Header: netlink.Header{Flags: netlink.Multi}, Data: bytes.Clone(b[16:])})
			}
		}
	}
	return append(all, netlink.Message{Header: netlink.Header{Type: netlink.Done, Flags: netlink.Multi}, Data: make([]byte, 4)})
}
