// SPDX-License-Identifier: Apache-2.0

package conns_test

import (
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/pkg/format"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/conns"
)

// What a line has before its state.
const (
	ipv4 = " 0A000001 C350 0A000002 0050 0A000003 0050 "
	ipv6 = " 2001:0db8:0000:0000:0000:0000:0000:0001 C350 2001:0db8:0000:0000:0000:0000:0000:0002 0050 "
)

// forms are the lines that kernels from 2.6.32 to 7.x write, and others close to them, with what ipvsadm 1.31 shows
// for each: see the golden cases conns-passed and conns-releases.
var forms = []struct {
	name  string
	line  string
	shown string
}{
	{"plain", "TCP" + ipv4 + "ESTABLISHED     899", "TCP 14:59  ESTABLISHED " + shown4},
	{"no state yet", "TCP" + ipv4 + "NONE              0", "TCP 00:00  NONE        " + shown4},
	{"seven digits", "TCP" + ipv4 + "NONE        2678400", "TCP 44640:00 NONE        " + shown4},
	{"padded with blanks", "UDP" + ipv4 + "UDP             299" + strings.Repeat(" ", 55), "UDP 04:59  UDP         " + shown4},

	{"passed on 64 bits, HZ 100", "TCP" + ipv4 + "NONE        184467440737095515", "TCP 68719476:43 NONE        " + shown4},
	{"passed on 64 bits, HZ 250", "TCP" + ipv4 + "NONE        73786976294838206", "TCP 13171233:02 NONE        " + shown4},
	{"passed on 64 bits, HZ 300", "TCP" + ipv4 + "NONE        61489146912365171", "TCP 46767421:39 NONE        " + shown4},
	{"passed on 64 bits, HZ 1000", "TCP" + ipv4 + "NONE        18446744073709551", "TCP 21188505:19 NONE        " + shown4},
	{"passed on 32 bits, HZ 100", "TCP" + ipv4 + "NONE        42949671", "TCP 715827:51 NONE        " + shown4},
	{"passed on 32 bits, HZ 250", "TCP" + ipv4 + "NONE        17179868", "TCP 286331:08 NONE        " + shown4},
	{"passed on 32 bits, HZ 1000", "TCP" + ipv4 + "NONE        4294966", "TCP 71582:46 NONE        " + shown4},
	{"all of 32 bits", "TCP" + ipv4 + "NONE        4294967295", "TCP 71582788:15 NONE        " + shown4},
	{"a bit more", "TCP" + ipv4 + "NONE        4294967297", "TCP 00:01  NONE        " + shown4},
	{"more than 63 bits", "TCP" + ipv4 + "NONE        9223372036854775808", "TCP 71582788:15 NONE        " + shown4},
	{"more than 64 bits", "TCP" + ipv4 + "NONE        99999999999999999999999", "TCP 71582788:15 NONE        " + shown4},
	{"below zero", "TCP" + ipv4 + "NONE        -5", "TCP 71582788:11 NONE        " + shown4},
	{"far below zero", "TCP" + ipv4 + "NONE        -99999999999999999999999", "TCP 00:00  NONE        " + shown4},
	{"a sign", "TCP" + ipv4 + "NONE        +5", "TCP 00:05  NONE        " + shown4},

	{"SCTP", "SCTP" + ipv4 + "S-RECEIVED       60", "SCTP 01:00  S-RECEIVED  " + shown4},
	{"SCTP of older kernels", "SCTP" + ipv4 + "SHUTDOWN_ACK_CLI      60", "SCTP 01:00  SHUTDOWN_ACK_CLI " + shown4},
	{"SCTP of older kernels, misspelt", "SCTP" + ipv4 + "ESTABISHED      899", "SCTP 14:59  ESTABISHED  " + shown4},
	{"a protocol by its number", "IP_255" + ipv4 + "ERR!             60", "IP_255 01:00  ERR!        " + shown4},
	{"ICMP", "ICMPv6" + ipv4 + "BUG!             60", "ICMPv6 01:00  BUG!        " + shown4},
	{"a state without a name", "TCP" + ipv4 + "?                60", "TCP 01:00  ?           " + shown4},

	{"a template of a mark", "IP  0A000001 0000 00000007 0000 0A000003 0000 NONE            299",
		"IP  04:59  NONE        10.0.0.1:0         0.0.0.7:0          10.0.0.3:0"},
	{"a template that has been used", "TCP 0A000001 0000 0A000002 0050 0A000003 0050 ASSURED         299",
		"TCP 04:59  ASSURED     10.0.0.1:0         10.0.0.2:80        10.0.0.3:80"},
	{"a template of a real server that is gone", "TCP 0A000001 0000 0A000002 FFFF 0A000003 FFFF NONE            299",
		"TCP 04:59  NONE        10.0.0.1:0         10.0.0.2:65535     10.0.0.3:65535"},

	{"IPv6", "TCP" + ipv6 + "2001:0db8:0000:0000:0000:0000:0000:0003 0050 ESTABLISHED     899",
		"TCP 14:59  ESTABLISHED [2001:db8::1]:50000 [2001:db8::2]:80   [2001:db8::3]:80"},
	{"IPv6 to an IPv4 real server", "TCP" + ipv6 + "0A000003 0050 ESTABLISHED     899",
		"TCP 14:59  ESTABLISHED [2001:db8::1]:50000 [2001:db8::2]:80   10.0.0.3:80"},
	{"an IPv6 template of a mark", "IP  2001:0db8:0000:0000:0000:0000:0000:0001 0000 0000:0007:0000:0000:0000:0000:0000:0000 0000 " +
		"2001:0db8:0000:0000:0000:0000:0000:0003 0000 NONE        73786976294838206",
		"IP  13171233:02 NONE        [2001:db8::1]:0    [0:7::]:0          [2001:db8::3]:0"},

	{"an engine", "UDP" + ipv4 + "UDP             299 sip 1@198.51.100.1",
		"UDP 04:59  UDP         10.0.0.1:50000     10.0.0.2:80        10.0.0.3:80      sip                1@198.51.100.1"},
	{"an engine and a time that has passed", "UDP" + ipv4 + "UDP         73786976294838206 sip {a}<b>%c",
		"UDP 13171233:02 UDP         10.0.0.1:50000     10.0.0.2:80        10.0.0.3:80      sip                {a}<b>%c"},
	{"an engine without data", "UDP" + ipv4 + "UDP             299 sip ", "UDP 04:59  UDP         " + shown4},
	{"data up to a vertical tab", "UDP" + ipv4 + "UDP             299 sip a\vb",
		"UDP 04:59  UDP         10.0.0.1:50000     10.0.0.2:80        10.0.0.3:80      sip                a"},
	{"data up to a NUL", "UDP" + ipv4 + "UDP             299 sip a\x00b",
		"UDP 04:59  UDP         10.0.0.1:50000     10.0.0.2:80        10.0.0.3:80      sip                a"},
}

const shown4 = "10.0.0.1:50000     10.0.0.2:80        10.0.0.3:80"

// Both heads that kernels write are read past.
var heads = []string{
	head,
	"Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires\n",
}

func TestForms(t *testing.T) {
	for _, f := range forms {
		t.Run(f.name, func(t *testing.T) {
			for _, head := range heads {
				require.Equal(t, f.shown+"\n", show(t, head+f.line+"\n"))
			}
		})
	}
}

// show returns how the only connection of a table is shown.
func show(t *testing.T, table string) string {
	t.Helper()
	r := conns.NewReader(strings.NewReader(table))
	require.NoError(t, r.Head())
	var b conns.Block
	require.NoError(t, r.Next(&b))
	var c conns.Connection
	require.NoError(t, b.Read(&c))
	layout := format.ConnectionTable{Engines: true}
	text := string(layout.AppendConnection(nil, &c))
	require.ErrorIs(t, b.Read(&c), io.EOF)
	return text
}
