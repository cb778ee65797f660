// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/check"
)

// FuzzProc reads anything as files of /proc/net, and has the checks look at what was read.
func FuzzProc(f *testing.F) {
	f.Add("IP Virtual Server version 1.2.1 (size=4096)\nTCP  C0000250:0050 rr  persistent 360 FFFFFFFF\n  -> 0A000001:0050 Masq 1 0 0\nFWM  00000007 rr\n" +
		"  -> [2001:0db8:0000:0000:0000:0000:0000:0011]:01BB Tunnel 1 0 0\n")
	f.Add("FWM 0 0\n-> [::]:0 Masq 0 0 0\n") // a mark that no service has
	f.Add("  sl  local_address rem_address   st\n   0: 0100007F:1F90 00000000:0000 0A\n 112: 00000000:0070 00000000:0000 07\n")
	f.Add("TcpExt: SyncookiesSent IPReversePathFilter\nTcpExt: 0 18446744073709551615\n")
	f.Fuzz(func(t *testing.T, text string) {
		around := &testSurroundings{proc: map[string]string{"tcp": text, "udp6": text, "raw": text, "netstat": text}, conns: text}
		k := &checker{around: around}
		k.facts.Services = servicesOf(text)
		for _, s := range k.facts.Services {
			require.Equal(t, s.Mark == 0, s.Protocol != "" && s.Addr.IsValid())
		}
		k.gather(check.NeedsOf(check.All), true)
		check.Run(check.All, &k.facts)
	})
}
