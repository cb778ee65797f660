// SPDX-License-Identifier: Apache-2.0

package ipvsnltest_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/mdlayher/netlink"
	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/test/replay"
	"github.com/ipvsadm-go/ipvsadm/internal/test/replay/cases"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/ipvsnltest"
)

// FuzzWrite writes anything to a director. It must not panic, it has to answer a
// request that follows, and a client has to be able to read what has become of the
// table.
func FuzzWrite(f *testing.F) {
	for _, r := range cases.Requests {
		f.Add(r.Message(replay.Family, 1))
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		d := ipvsnltest.New()
		conn, err := d.Dial()
		require.NoError(t, err)
		n, err := conn.Write(b)
		require.NoError(t, err)
		require.Equal(t, len(b), n)

		// A request that does nothing marks the end of the replies.
		const mark = 0xfeedface
		noop := binary.NativeEndian.AppendUint32(nil, 16)
		noop = binary.NativeEndian.AppendUint16(noop, uint16(netlink.Noop))
		noop = binary.NativeEndian.AppendUint16(noop, uint16(netlink.Request|netlink.Acknowledge))
		noop = binary.NativeEndian.AppendUint32(noop, mark)
		_, err = conn.Write(append(noop, 0, 0, 0, 0))
		require.NoError(t, err)
		for read := make([]byte, 1<<17); ; {
			n, err := conn.Read(read)
			require.NoError(t, err)
			if bytes.Equal(read[8:12], binary.NativeEndian.AppendUint32(nil, mark)) {
				break
			}
			require.NotZero(t, n)
		}

		c := open(t, d)
		services, err := c.Services(t.Context())
		require.NoError(t, err)
		for _, s := range services {
			_, err := c.Destinations(t.Context(), s.Service.Key)
			require.NoError(t, err)
		}
		_, err = c.Daemons(t.Context())
		require.NoError(t, err)
	})
}
