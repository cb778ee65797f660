// SPDX-License-Identifier: Apache-2.0

package rtnetlink

import (
	"bytes"
	"encoding/binary"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// FuzzAnswers reads anything as an answer about a route, a neighbour or an entry.
func FuzzAnswers(f *testing.F) {
	for _, m := range []*syscall.NetlinkMessage{
		message(unix.RTN_UNICAST, unix.RTA_OIF, word(3), unix.RTA_GATEWAY, []byte{10, 0, 0, 9}, unix.RTA_METRICS, attribute(unix.RTAX_MTU, word(1400))),
		message(unix.RTN_LOCAL, unix.RTA_DST, []byte{10, 0, 0, 1}, unix.RTA_TABLE, word(100)),
	} {
		f.Add(uint16(unix.RTM_NEWROUTE), m.Data)
	}
	f.Add(uint16(unix.RTM_NEWROUTE), []byte("000000000000\n\x0000000000")) // an attribute without its padding
	f.Add(uint16(unix.NLMSG_ERROR), word(^uint32(0)))
	f.Add(uint16(unix.RTM_NEWNEIGH), append(make([]byte, unix.SizeofNdMsg), attribute(unix.NDA_LLADDR, make([]byte, 6))...))
	f.Fuzz(func(t *testing.T, kind uint16, data []byte) {
		m := syscall.NetlinkMessage{Header: syscall.NlMsghdr{Type: kind, Seq: 7}, Data: data}
		_ = answer(&m)
		_, _ = neighbour(&m)
		_, _ = local(&m)
		for _, e := range entriesOf([]syscall.NetlinkMessage{m}, unix.AF_UNSPEC, unix.SizeofRtMsg) {
			_, _ = e.Addr()
			_ = e.Uint32(unix.RTA_OIF)
		}

		r := newReceiver()
		b := binary.NativeEndian.AppendUint32(nil, uint32(unix.SizeofNlMsghdr+len(data)))
		b = binary.NativeEndian.AppendUint16(b, kind)
		b = append(append(b, make([]byte, 10)...), data...)
		n := copy(r.rooms[0][:len(r.rooms[0])-4], b)
		r.headers[0].length = uint32(n)
		if _, got, ok := r.answer(0); ok && n == len(b) && len(data)%4 == 0 {
			require.Equal(t, answer(&syscall.NetlinkMessage{Header: syscall.NlMsghdr{Type: kind}, Data: bytes.Clone(data)}), got)
		}
	})
}
