// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/conns"
	"github.com/stretchr/testify/require"
)

func TestRules(t *testing.T) {
	var text strings.Builder
	require.NoError(t, writeRules(&text, 10, 2))
	lines := strings.Split(strings.TrimSuffix(text.String(), "\n"), "\n")
	require.Len(t, lines, 30)
	for n, want := range map[int]string{
		0:  "-A -t 10.0.0.1:443 -s wlc",
		1:  "-a -t 10.0.0.1:443 -r 20.0.0.1:8443 -m -w 1",
		2:  "-a -t 10.0.0.1:443 -r 20.0.0.2:8443 -m -w 2",
		4:  "-a -t 10.0.0.2:443 -r 20.0.0.3:8443 -m -w 1",
		24: "-A -u 10.0.0.9:443 -s rr",
		27: "-A -t [2001:db8::a]:443 -s wlc",
		29: "-a -t [2001:db8::a]:443 -r [2001:db8:1:a::2]:8443 -m -w 2",
	} {
		require.Equal(t, want, lines[n])
	}
}

func TestIPv4(t *testing.T) {
	for n, want := range map[int]string{0: "10.0.0.1", 254: "10.0.0.255", 255: "10.0.1.0", 1<<24 - 1: "11.0.0.0"} {
		require.Equal(t, want, ipv4(10, n), "ipv4(10, %d)", n)
	}
}

// TestConns reads a generated table back.
func TestConns(t *testing.T) {
	var text strings.Builder
	const count = 1000
	require.NoError(t, writeConns(&text, count))
	r := conns.NewReader(strings.NewReader(text.String()))
	require.NoError(t, r.Head())
	seen := map[string]int{}
	var block conns.Block
	for n := range count {
		var c conns.Connection
		err := block.Read(&c)
		if errors.Is(err, io.EOF) {
			err = errors.Join(r.Next(&block), block.Read(&c))
		}
		require.NoError(t, err, "entry %d", n)
		seen[string(c.Protocol)]++
		if c.Client.Addr().Is6() {
			seen["IPv6"]++
		}
	}
	for _, kind := range []string{"TCP", "UDP", "SCTP", "IPv6"} {
		if seen[kind] < count/20 {
			t.Errorf("of %d entries %d are %s", count, seen[kind], kind)
		}
	}
	var again strings.Builder
	require.NoError(t, writeConns(&again, count), "the second table differs from the first")
	require.Equal(t, text.String(), again.String(), "the second table differs from the first")
}
