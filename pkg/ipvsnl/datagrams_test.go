// SPDX-License-Identifier: Apache-2.0

package ipvsnl

import (
	"io"
	"testing"

	"github.com/mdlayher/netlink"
	"github.com/stretchr/testify/require"
)

// Messages are written with their padding, and read again as they were.
func TestMessages(t *testing.T) {
	first := netlink.Message{Header: netlink.Header{Length: 24, Type: 3, Flags: 5, Sequence: 7, PID: 9}, Data: []byte("hello")}
	second := netlink.Message{Header: netlink.Header{Length: 16, Type: 4}}
	f := &script{}
	d := newDatagrams(f)
	require.NoError(t, d.SendMessages([]netlink.Message{second, first}))
	require.NoError(t, d.Send(first))
	wire := join(uint32(24), uint16(3), uint16(5), uint32(7), uint32(9), "hello\x00\x00\x00")
	empty := join(uint32(16), uint16(4), uint16(0), uint32(0), uint32(0))
	require.Equal(t, [][]byte{join(empty, wire), wire}, f.written)

	// The padding of the last one may be missing.
	short := join(uint32(21), wire[4:21])
	f.reads = [][]byte{join(wire, empty), short, join(short[:16], "HELLO\x00\x00\x00", empty)}
	padded := first
	padded.Data = []byte("hello\x00\x00\x00")
	unpadded, capitals := first, first
	unpadded.Header.Length, capitals.Header.Length = 21, 21
	capitals.Data = []byte("HELLO")
	var got [][]netlink.Message
	for range 3 {
		all, err := d.Receive()
		require.NoError(t, err)
		got = append(got, all)
	}
	for i := range got {
		for j := range got[i] {
			if len(got[i][j].Data) == 0 {
				got[i][j].Data = nil
			}
		}
	}
	require.Equal(t, [][]netlink.Message{{padded, second}, {unpadded}, {capitals, second}}, got, "what was read before stays")
	_, err := d.Receive()
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)

	f.reads = [][]byte{join(wire, empty)}
	for m, err := range d.ReceiveIter() {
		require.NoError(t, err)
		require.Equal(t, first.Header, m.Header)
		break
	}
}

// Datagrams that are not messages, or may lack an end, are errors.
func TestBadDatagrams(t *testing.T) {
	header := join(uint32(16), uint16(4), uint16(0), uint32(0), uint32(0))
	for _, c := range []struct {
		name string
		b    []byte
		want error
	}{
		{"three bytes", header[:3], errShort},
		{"less than a header", header[:15], errShort},
		{"a length less than that of a header", join(uint32(15), header[4:]), errShort},
		{"longer than the datagram", join(uint32(17), header[4:]), errShort},
		{"a byte more", join(header, uint8(0)), errShort},
		{"after a good one", join(header, header[:4]), errShort},
		{"as long as the buffer", make([]byte, bufferSize), ErrOverrun},
	} {
		all, err := newDatagrams(&script{reads: [][]byte{c.b}}).Receive()
		require.ErrorIs(t, err, c.want, c.name)
		require.Nil(t, all)
	}
	all, err := newDatagrams(&script{reads: [][]byte{join(uint32(bufferSize-1), make([]byte, bufferSize-5))}}).Receive()
	require.NoError(t, err)
	require.Len(t, all, 1)
}
