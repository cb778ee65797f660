// SPDX-License-Identifier: Apache-2.0

package ipvsnl_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"path/filepath"
	"slices"
	"sync"
	"syscall"

	"github.com/mdlayher/netlink"
	"github.com/mdlayher/netlink/nltest"

	"github.com/ipvsadm-go/ipvsadm/internal/test/replay"
)

// A fake is a kernel that answers what the test says, and counts its sockets.
type fake struct {
	answer nltest.Func
	mute   bool // says nothing, not even what families it has

	mu      sync.Mutex
	dialed  int
	closed  int
	lookups int
}

func (f *fake) dial() (io.ReadWriteCloser, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dialed++
	return replay.Dial(f.reply, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.closed++
	}), nil
}

func (f *fake) reply(requests []netlink.Message) ([]netlink.Message, error) {
	if f.mute {
		return nil, nil
	}
	if requests[0].Header.Type == 0x10 /* GENL_ID_CTRL */ {
		f.mu.Lock()
		f.lookups++
		f.mu.Unlock()
	}
	return replay.Answer(f.answer)(requests)
}

// sockets returns how many sockets there are and how many there were.
func (f *fake) sockets() (open, ever int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.dialed - f.closed, f.dialed
}

// director returns a kernel with the services and destinations of the recordings, that
// takes every change.
func director() *fake {
	listing := func(name string) []netlink.Message {
		var all []netlink.Message
		for _, b := range recorded(name) {
			all = append(all, item(b))
		}
		return append(all, end(0))
	}
	services, destinations := listing("services"), listing("destinations")
	return &fake{answer: func(requests []netlink.Message) ([]netlink.Message, error) {
		const getService, getDest = 4, 8
		switch requests[0].Data[0] {
		case getService:
			return slices.Clone(services), nil
		case getDest:
			return slices.Clone(destinations), nil
		}
		return done(requests), nil
	}}
}

// says returns an answer that is always the same.  It is copied, as addresses get written into it.
func says(m ...netlink.Message) nltest.Func {
	return func([]netlink.Message) ([]netlink.Message, error) { return slices.Clone(m), nil }
}

// refusal is a kernel's error message; number 0 acknowledges.
func refusal(number syscall.Errno) netlink.Message {
	return netlink.Message{Header: netlink.Header{Type: netlink.Error}, Data: errno(number)}
}

// end ends a listing, with an error number if it went wrong.
func end(number syscall.Errno) netlink.Message {
	return netlink.Message{Header: netlink.Header{Type: netlink.Done, Flags: netlink.Multi}, Data: errno(number)}
}

func errno(number syscall.Errno) []byte {
	return binary.NativeEndian.AppendUint32(nil, uint32(-int32(number)))
}

// done are the replies to changes that are all made: the last request, which does
// nothing, is acknowledged.
func done(requests []netlink.Message) []netlink.Message {
	return []netlink.Message{with(refusal(0), func(h *netlink.Header) { h.Sequence = requests[len(requests)-1].Header.Sequence })}
}

// item is a part of a listing.
func item(b []byte) netlink.Message {
	return netlink.Message{Header: netlink.Header{Flags: netlink.Multi}, Data: b}
}

// with changes a message's header.
func with(m netlink.Message, change func(*netlink.Header)) netlink.Message {
	change(&m.Header)
	return m
}

// recorded returns the payloads of the replies of a recording, without the one that
// ends a listing.
func recorded(name string) [][]byte {
	x, err := replay.Load(filepath.Join("testdata", name+".txt"))
	if err != nil {
		panic(err)
	}
	var all [][]byte
	for _, datagram := range x.Replies {
		for _, b := range replay.Messages(datagram) {
			if binary.NativeEndian.Uint16(b[4:]) == replay.Family {
				all = append(all, bytes.Clone(b[16:]))
			}
		}
	}
	return all
}
