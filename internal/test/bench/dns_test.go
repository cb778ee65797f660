// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
)

// TestServeNames asks for many names at a time, by Go's resolver.
func TestServeNames(t *testing.T) {
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	require.NoError(t, err)
	defer conn.Close()
	go serveNames(conn)
	resolver := &net.Resolver{
		PreferGo: true,
		Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "udp4", conn.LocalAddr().String())
		},
	}
	var g errgroup.Group
	for n := range 50 {
		g.Go(func() error {
			address := ipv4(10, n)
			got, err := resolver.LookupAddr(t.Context(), address)
			want := []string{"host-" + strings.ReplaceAll(address, ".", "-") + ".example."}
			if err != nil || !slices.Equal(got, want) {
				return fmt.Errorf("%s is %q, %v, want %q", address, got, err, want)
			}
			return nil
		})
	}
	require.NoError(t, g.Wait())
	if got, err := resolver.LookupAddr(t.Context(), "2001:db8::1"); err == nil {
		t.Errorf("an IPv6 address is %q", got)
	}
}

func TestAnswerRefuses(t *testing.T) {
	const head = "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
	for _, query := range []string{
		"",
		head[:11],
		head,
		head + "\x01",
		head + "\x01a",
		head + "\x01a\x00\x00\x0c\x00",
		head + "\xc0\x0c\x00\x0c\x00\x01",
		"\x12\x34\x81\x00" + head[4:] + "\x00\x00\x0c\x00\x01", // a response
		"\x12\x34\x01\x00\x00\x02" + head[6:] + "\x00\x00\x0c\x00\x01",
	} {
		if reply := answer([]byte(query)); reply != nil {
			t.Errorf("%q is answered by %q", query, reply)
		}
	}
}
