// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCutCounters cuts the counters of real servers alone.
func TestCutCounters(t *testing.T) {
	const listing = `TCP  192.0.2.1:80                        3       36       25     2364     2074
  -> 10.2.0.11:80                        3       18       12     1182     1011K
  -> 10.2.0.12:80                 Masq    1      0          3
`
	require.Equal(t, `TCP  192.0.2.1:80                        3       36       25     2364     2074
  -> 10.2.0.11:80                        0        0        0     1182     1011K
  -> 10.2.0.12:80                 Masq    1      0          3
`, cutCounters(listing))
}

// TestOverwrittenPorts changes the port of the real server, and the end of a state that is longer still: 10 is a newline.
func TestOverwrittenPorts(t *testing.T) {
	const listing = `pro expire state       source             virtual            destination        pe name          pe_data
SCTP 00:03  SHUTDOWN_ACK_SENT 10.0.0.99:49155    192.0.2.1:3565     10.0.0.1:3565
SCTP 00:03  COOKIE_ECHOED 10.0.0.99:49156    192.0.2.1:3565     10.0.0.1:3565
TCP 14:59  AVERYLONGSTATENAME 10.0.0.99:49157    192.0.2.1:80       10.0.0.1:80      sip                1@198.51.100.1
`
	require.Equal(t, `pro expire state       source             virtual            destination        pe name          pe_data
SCTP 00:03  SHUTDOWN_ACK_SENT 10.0.0.99:49155    192.0.2.1:3565     10.0.0.1:21504
SCTP 00:03  COOKIE_ECHOED 10.0.0.99:49156    192.0.2.1:3565     10.0.0.1:3565
TCP 14:59  AVERYLONGSTATENAME
 10.0.0.99:49157    192.0.2.1:80       10.0.0.1:19781   sip                1@198.51.100.1
`, overwrittenPorts(listing, 16, binary.BigEndian))

	// As seen on arm64.
	s := func(count int) string { return strings.Repeat("S", count) }
	for length, want := range map[int]string{
		16: s(16) + " 192.168.0.1:80     192.0.2.2:81       10.0.0.1:53",
		21: s(21) + " 192.168.0.1:80     192.0.2.2:81       10.0.0.1:53",
		22: s(22) + " 192.168.0.1:80     192.0.2.2:81       10.0.0.1:0",
		23: s(23) + " 192.168.0.1:80     192.0.2.2:81       10.0.0.1:83",
		24: s(24) + "\n 192.168.0.1:80     192.0.2.2:81       10.0.0.1:21331",
		29: s(24) + "\n 192.168.0.1:80     192.0.2.2:81       10.0.0.1:21331",
	} {
		got := overwrittenPorts("TCP 09:59  "+s(length)+" 192.168.0.1:80     192.0.2.2:81       10.0.0.1:53\n", 22, binary.LittleEndian)
		require.Equal(t, "TCP 09:59  "+want+"\n", got, length)
	}
}
