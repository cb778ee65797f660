// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRealClient(t *testing.T) {
	for n, want := range map[int]string{
		0: "10.128.0.1:1024", 1: "10.128.0.1:1025", 49_999: "10.128.0.1:51023", 50_000: "10.128.0.2:1024", 499_999: "10.128.0.10:51023",
	} {
		require.Equal(t, want, realClient(n).String(), "connection %d", n)
	}
}

func TestPacket(t *testing.T) {
	got := packet(netip.MustParseAddrPort("10.128.0.1:1024"), realService)
	require.Equal(t, []byte{
		0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 10, 128, 0, 1, 10, 0, 0, 1,
		4, 0, 0, 53, 0, 8, 0, 0,
	}, got)
}

func TestWriteRequest(t *testing.T) {
	var b strings.Builder
	require.NoError(t, writeRequest(&b, []byte("request")))
	require.Len(t, b.String(), 4+len("request"))
	require.Equal(t, "request", b.String()[4:])
	require.Contains(t, []string{"\x07\x00\x00\x00", "\x00\x00\x00\x07"}, b.String()[:4])
}

// Each command has its floor.
func TestFloors(t *testing.T) {
	for _, c := range cases {
		if !c.restores && c.conns == 0 && c.real == 0 {
			require.Len(t, c.floors, len(c.commands), c.name)
		}
	}
}
