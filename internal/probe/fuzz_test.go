// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"net"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzPackets reads anything as an answer to ARP, and as a sync message. An answer has an address of IPv4, and a hardware
// address.
func FuzzPackets(f *testing.F) {
	f.Add(packet(&Question{Addr: netip.MustParseAddr("192.0.2.10"), On: Interface{MAC: []byte{2, 0, 0, 0, 0, 1}}}))
	f.Add([]byte{0, 1, 8, 0, 6, 4, 0, 2, 2, 0, 0, 0, 0, 0x11, 192, 0, 2, 10, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0})
	f.Add([]byte{0, 3, 0, 8, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, ok := read(b); ok {
			require.True(t, got.Addr.Is4())
			_, err := net.ParseMAC(got.MAC)
			require.NoError(t, err)
		}
		if isOf(b, 3) {
			require.GreaterOrEqual(t, len(b), 4)
		}
	})
}
