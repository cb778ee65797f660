// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const listing = `Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
UDP  10.1.0.100:53 rr
  -> 10.2.0.11:53                 Masq    1      0          3
  -> 10.2.0.12:53                 Masq    1      0          2
`

const statistics = `Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes
  -> RemoteAddress:Port
UDP  10.1.0.100:53                       5        5        5      150      150
  -> 10.2.0.11:53                        3        3        3       90       90
`

func TestFault(t *testing.T) {
	for _, c := range []struct {
		name     string
		fault    fault
		out      string
		from, to string // what is changed in out
	}{
		{"none", fault{}, listing, "", ""},
		{"weight", fault{column: "Weight"}, listing, "Masq    1", "Masq    91"},
		{"connections", fault{column: "Conns"}, statistics, ":53                        3", ":53                        93"},
		{"no such column", fault{column: "Weight"}, statistics, "", ""},
		{"server", fault{server: "10.2.0.12:53"}, listing, "  -> 10.2.0.12:53                 Masq    1      0          2\n", ""},
		{"rule", fault{server: "10.2.0.12:53"}, "-a -u 10.1.0.100:53 -r 10.2.0.12:53 -m -w 1\n",
			"-a -u 10.1.0.100:53 -r 10.2.0.12:53 -m -w 1\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := c.out
			if c.from != "" {
				require.Contains(t, c.out, c.from)
				want = strings.ReplaceAll(c.out, c.from, c.to)
			}
			require.Equal(t, want, c.fault.change(c.out))
		})
	}
}

func TestSwallows(t *testing.T) {
	add := []string{"-a", "-u", "10.1.0.100:53", "-r", "10.2.0.12:53", "-m"}
	require.True(t, fault{server: "10.2.0.12:53"}.swallows(add))
	require.False(t, fault{server: "10.2.0.11:53"}.swallows(add))
	require.False(t, fault{column: "Weight"}.swallows(add))
	require.False(t, fault{}.swallows(append(add, "")))
}

func TestRestores(t *testing.T) {
	for line, want := range map[string]bool{
		"ipvsadm -R":                true,
		"ipvsadm --restore":         true,
		"/usr/sbin/ipvsadm-restore": true,
		"ipvsadm -Sn":               false,
	} {
		require.Equal(t, want, restores(strings.Fields(line)), line)
	}
}

func TestReadFault(t *testing.T) {
	name := filepath.Join(t.TempDir(), "fault")
	for text, want := range map[string]fault{
		"column Weight\n":       {column: "Weight"},
		"server 10.2.0.12:53\n": {server: "10.2.0.12:53"},
	} {
		require.NoError(t, os.WriteFile(name, []byte(text), 0o644))
		got, err := readFault(name)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	require.NoError(t, os.WriteFile(name, []byte("weight\n"), 0o644))
	_, err := readFault(name)
	require.ErrorContains(t, err, "is not a fault")
	none, err := readFault(name + ".absent")
	require.NoError(t, err)
	require.Equal(t, fault{}, none)
}
