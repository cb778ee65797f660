// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"testing"

	"github.com/mdlayher/netlink"
)

// Replay returns a socket to a kernel that gives the answers of the exchange, again
// and again. A request that is not the exchange's fails the test.
func (x Exchange) Replay(t testing.TB) io.ReadWriteCloser {
	return Dial(Answer(func(requests []netlink.Message) ([]netlink.Message, error) {
		request, err := Bytes(requests)
		if err != nil {
			return nil, err
		}
		got := Exchange{Request: request}
		got.Normalize()
		if !bytes.Equal(got.Request, x.Request) {
			t.Errorf("request\n%swant\n%s", hex.Dump(got.Request), hex.Dump(x.Request))
		}
		return x.replies(requests[0].Header.Sequence)
	}), func() {})
}

// replies returns the messages of the replies to requests whose sequence numbers begin
// with first.
func (x Exchange) replies(first uint32) ([]netlink.Message, error) {
	var all []netlink.Message
	for _, datagram := range x.Replies {
		replies, err := Parse(bytes.Clone(datagram))
		if err != nil {
			return nil, fmt.Errorf("the recorded reply: %w", err)
		}
		for _, m := range replies {
			m.Header.Sequence += first - 1
			all = append(all, m)
		}
	}
	return all, nil
}

// Parse returns the messages of a datagram.
func Parse(datagram []byte) ([]netlink.Message, error) {
	var all []netlink.Message
	for _, b := range Messages(datagram) {
		var m netlink.Message
		if err := m.UnmarshalBinary(b); err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}

// Bytes returns messages as they are on the wire.
func Bytes(messages []netlink.Message) ([]byte, error) {
	var all []byte
	for _, m := range messages {
		for len(m.Data)%4 != 0 {
			m.Data = append(m.Data[:len(m.Data):len(m.Data)], 0)
		}
		m.Header.Length = uint32(headerLen + len(m.Data))
		b, err := m.MarshalBinary()
		if err != nil {
			return nil, err
		}
		all = append(all, b...)
	}
	return all, nil
}
