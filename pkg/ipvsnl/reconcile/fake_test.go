package reconcile_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"github.com/mdlayher/netlink"

	"github.com/ipvsadm-go/ipvsadm/internal/recording"
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
	cancel  func() // called at the second datagram of changes, which gets no answer

	mu    sync.Mutex
	seen  int
	sends []int // how many changes each datagram had
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
		return listing("services"), nil
	case getDest:
		return listing("destinations"), nil
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
