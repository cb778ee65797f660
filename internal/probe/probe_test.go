// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestPacket(t *testing.T) {
	q := packet(&Question{Addr: netip.MustParseAddr("192.0.2.10"), On: Interface{MAC: []byte{2, 0, 0, 0, 0, 1}}})
	require.Equal(t, []byte{0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 192, 0, 2, 10}, q)
	_, ok := read(q)
	require.False(t, ok, "a question is not an answer")
	answer := []byte{0, 1, 8, 0, 6, 4, 0, 2, 2, 0, 0, 0, 0, 0x11, 192, 0, 2, 10, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0}
	got, ok := read(answer)
	require.True(t, ok)
	require.Equal(t, Answer{Addr: netip.MustParseAddr("192.0.2.10"), MAC: "02:00:00:00:00:11"}, got)
	_, ok = read(answer[:27])
	require.False(t, ok)
}

// A message counts if it has the ID, in either version of the protocol. Nothing is waited for any longer then.
func TestHears(t *testing.T) {
	for name, c := range map[string]struct {
		messages [][]byte
		want     bool
	}{
		"nothing":    {nil, false},
		"another ID": {[][]byte{{0, 4, 0, 8}, {0, 3}}, false},
		"the ID":     {[][]byte{{0, 4, 0, 8}, {0, 3, 0, 8, 0, 0, 0, 0}}, true},
	} {
		pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM, 0)
		require.NoError(t, err)
		for _, m := range c.messages {
			_, err := unix.Write(pair[1], m)
			require.NoError(t, err)
		}
		s := &Sync{fd: pair[0], id: 3}
		wait := 20 * time.Millisecond
		if c.want {
			wait = time.Hour
		}
		require.Equal(t, c.want, s.Hears(wait), name)
		require.NoError(t, s.Close())
		require.NoError(t, unix.Close(pair[1]))
	}
}
