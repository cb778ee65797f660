// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWide(t *testing.T) {
	s := newListed(t)
	s.restore(t, "-A -t [2001:db8:ffff:ffff:ffff:ffff:ffff:1]:80\n-a -t [2001:db8:ffff:ffff:ffff:ffff:ffff:1]:80 -r [2001:db8::1]:80 -w 2147483647\n")
	require.Equal(t, head[:strings.Index(head, "\n")+1]+`Prot LocalAddress:Port                        Scheduler Flags
  -> RemoteAddress:Port                       Forward Weight     ActiveConn InActConn
TCP  [2001:db8:ffff:ffff:ffff:ffff:ffff:1]:80 wlc
  -> [2001:db8::1]:80                         Route   2147483647 0          0
FWM  1                                        rr
  -> 10.0.0.1:0                               Route   3          0          11
  -> 10.0.0.2:0                               Route   1          1          11
  -> 10.0.0.3:0                               Tunnel  1          2          11
FWM  2                                        wlc
  -> 10.0.0.9:0                               Route   1          3          11
`, s.input("", "ipvsadm -L -n --wide").stdout)
	require.Equal(t, `Prot LocalAddress:Port  Conns InPkts OutPkts InBytes OutBytes
  -> RemoteAddress:Port
FWM  1                    100      0       0       0        0
  -> 10.0.0.2:0            50      0       0       0        0
  -> 10.0.0.3:0            30      0       0       0        0
  -> 10.0.0.1:0            20      0       0       0        0
`, s.input("", "ipvsadm -L -n --wide --stats --sort-by conns -f 1").stdout)
	require.Contains(t, s.input("", "ipvsadm -L --wide -X -t [2001:db8:ffff:ffff:ffff:ffff:ffff:1]:80").stdout,
		"TCP  [2001:db8:ffff:ffff:ffff:ffff:ffff:1]:http wlc\n")
}

// A wide listing is written once it is read, and can be watched.
func TestWideFails(t *testing.T) {
	s := newListed(t)
	page := s.input("", "ipvsadm -L -n --wide").stdout
	out := &raising{}
	require.Zero(t, s.run(strings.Fields("ipvsadm -L -n --wide --watch 1"), nil, out, out))
	require.Equal(t, page+"\n", out.String())
	require.Equal(t, result{stderr: "No such service\n", code: 1}, s.input("", "ipvsadm -L --wide -f 9"))
	s.breakReading(getDest)
	version, _, _ := strings.Cut(head, "\n")
	require.Equal(t, result{stdout: version + "\n", stderr: "Cannot list destinations: netlink send: broken\n", code: 1},
		s.input("", "ipvsadm -L -n --wide"))
	require.Equal(t, result{stdout: head, stderr: "Cannot list destinations: netlink send: broken\n", code: 1},
		s.input("", "ipvsadm -L -n --sort-by conns"))
}
