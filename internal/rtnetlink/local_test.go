// SPDX-License-Identifier: Apache-2.0

package rtnetlink

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// A local route counts if it is in another table than the machine's own addresses. Without a destination it is for all.
func TestLocal(t *testing.T) {
	whole := message(unix.RTN_LOCAL, unix.RTA_TABLE, word(300))
	network := message(unix.RTN_LOCAL, unix.RTA_DST, []byte{10, 9, 0, 0})
	network.Data[1], network.Data[4] = 16, 100
	whole6 := message(unix.RTN_LOCAL, unix.RTA_TABLE, word(100))
	whole6.Data[0] = unix.AF_INET6
	own := message(unix.RTN_LOCAL, unix.RTA_DST, []byte{10, 9, 0, 1}, unix.RTA_TABLE, word(unix.RT_TABLE_LOCAL))
	own.Data[1] = 32
	long := message(unix.RTN_LOCAL)
	long.Data[1] = 33
	short := message(unix.RTN_LOCAL)
	short.Data = short.Data[:11]
	for name, c := range map[string]struct {
		message func() (Local, bool)
		want    string
		table   uint32
	}{
		"all of IPv4": {func() (Local, bool) { return local(whole) }, "0.0.0.0/0", 300},
		"a network":   {func() (Local, bool) { return local(network) }, "10.9.0.0/16", 100},
		"all of IPv6": {func() (Local, bool) { return local(whole6) }, "::/0", 100},
		"own address": {func() (Local, bool) { return local(own) }, "", 0},
		"no local":    {func() (Local, bool) { return local(message(unix.RTN_UNICAST)) }, "", 0},
		"too long":    {func() (Local, bool) { return local(long) }, "", 0},
		"too short":   {func() (Local, bool) { return local(short) }, "", 0},
	} {
		got, ok := c.message()
		require.Equal(t, c.want != "", ok, name)
		if ok {
			require.Equal(t, Local{netip.MustParsePrefix(c.want), c.table}, got, name)
		}
	}
}

// Each machine has local routes, all of them to its own addresses: those are left out.
func TestPlaceLocals(t *testing.T) {
	all, err := Locals()
	require.NoError(t, err)
	for _, l := range all {
		require.NotEqualValues(t, unix.RT_TABLE_LOCAL, l.Table)
	}
}
