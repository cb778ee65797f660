// SPDX-License-Identifier: Apache-2.0

package ipvsnl

import (
	"io"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

func TestParseTotals(t *testing.T) {
	const text = "   Total Incoming Outgoing         Incoming         Outgoing\n" +
		"   Conns  Packets  Packets            Bytes            Bytes\n" +
		"    1F4A   2FFFFF        3 FFFFFFFFFFFFFFFF               A0\n\n" +
		" Conns/s   Pkts/s   Pkts/s          Bytes/s          Bytes/s\n" +
		"       6        7        8                9                A\n"
	s, err := parseTotals(text)
	require.NoError(t, err)
	require.Equal(t, Stats{0x1f4a, 0x2fffff, 3, 1<<64 - 1, 0xa0, 6, 7, 8, 9, 10}, s)

	for _, text := range []string{"", "1 2 3 4 5\n", "1 2 3 4 5\n1 2 3 4\n", "1 2 3 4 5\n1 2 3 4 10000000000000000\n"} {
		_, err := parseTotals(text)
		require.ErrorIs(t, err, ErrMalformed, "%q", text)
	}
	_, err = parseTotals("1 2 3 4 5\n")
	require.EqualError(t, err, "malformed reply: /proc/net/ip_vs_stats has 1 of 2 lines of numbers")
	_, err = readTotals(iotest.ErrReader(io.ErrClosedPipe))
	require.ErrorIs(t, err, io.ErrClosedPipe)
	more, err := parseTotals("1 2 3 4 5\n6 7 8 9 a\nb c d e f\n")
	require.NoError(t, err)
	require.Equal(t, Stats{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, more)
}
