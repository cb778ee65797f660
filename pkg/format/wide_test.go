// SPDX-License-Identifier: Apache-2.0

package format

import (
	"net/netip"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// wide returns the listing of two services with their destinations.
func wide(o Options) string {
	web := service(ipvsnl.TCP, "10.1.1.2:80", nil)
	web.Stats = ipvsnl.Stats{Conns: 123456789012, InPkts: 1, CPS: 7, OutBPS: 99}
	web6 := service(ipvsnl.UDP, "[2001:db8::123:4567:89ab:cdef]:65535", everything)
	masq := heavy()
	masq.Stats = ipvsnl.Stats{Conns: 5, InBytes: 18446744073709551615, InBPS: 12345678901}
	tunnel := tunnelTo("[2001:db8::fedc:ba98:7654:3210]:8080", ipvsnl.GUE, 6080, ipvsnl.TunnelRemoteChecksum)
	fwm := mark(4294967295, ipvsnl.IPv6)
	w := NewWide(o)
	for _, s := range []*ipvsnl.ServiceState{web, web6, fwm} {
		w.FitService(s)
	}
	w.FitDestination(web, masq)
	w.FitDestination(web6, tunnel)
	b := w.AppendService(w.AppendHead(nil), web)
	b = w.AppendDestination(b, web, masq)
	b = w.AppendDestination(w.AppendService(w.AppendServiceEnd(b), web6), web6, tunnel)
	return string(w.AppendEnd(w.AppendService(b, fwm)))
}

// Every column is as wide as what is in it, and nothing is cut.
func TestWide(t *testing.T) {
	for view, want := range map[View]string{
		Plain: `Prot LocalAddress:Port                    Scheduler Flags
  -> RemoteAddress:Port                   Forward Weight     ActiveConn InActConn
TCP  10.1.1.2:80                          wlc
  -> 1.1.1.7:80                           Masq    2147483647 3          4
UDP  [2001:db8::123:4567:89ab:cdef]:65535 rr (flag-1,flag-3) persistent 5 mask 4294967169 pe sip ops
  -> [2001:db8::fedc:ba98:7654:3210]:8080 Tunnel  1          0          0
FWM  4294967295 IPv6                      wlc
`,
		Stats: `Prot LocalAddress:Port                           Conns InPkts OutPkts              InBytes OutBytes
  -> RemoteAddress:Port
TCP  10.1.1.2:80                          123456789012      1       0                    0        0
  -> 1.1.1.7:80                                      5      0       0 18446744073709551615        0
UDP  [2001:db8::123:4567:89ab:cdef]:65535            0      0       0                    0        0
  -> [2001:db8::fedc:ba98:7654:3210]:8080            0      0       0                    0        0
FWM  4294967295 IPv6                                 0      0       0                    0        0
`,
	} {
		require.Equal(t, want, wide(Options{View: view}))
	}
	for view, want := range map[View]string{
		Rate: `Prot LocalAddress:Port                    CPS InPPS OutPPS       InBPS OutBPS
  -> RemoteAddress:Port
TCP  Short.Example.COM:http                 7     0      0           0     99
  -> 1.1.1.7:http                           0     0      0 12345678901      0
UDP  [2001:db8::123:4567:89ab:cdef]:65535   0     0      0           0      0
  -> [2001:db8::fedc:ba98:7654:3210]:8080   0     0      0           0      0
FWM  4294967295 IPv6                        0     0      0           0      0
`,
		Thresholds: `Prot LocalAddress:Port                    Uthreshold Lthreshold ActiveConn InActConn
  -> RemoteAddress:Port
TCP  Short.Example.COM:http               wlc
  -> 1.1.1.7:http                         20         10         3          4
UDP  [2001:db8::123:4567:89ab:cdef]:65535 rr (flag-1,flag-3) persistent 5 mask 4294967169 pe sip ops
  -> [2001:db8::fedc:ba98:7654:3210]:8080 0          0          0          0
FWM  4294967295 IPv6                      wlc
`,
		PersistentConn: `Prot LocalAddress:Port                    Weight     PersistConn ActiveConn InActConn
  -> RemoteAddress:Port
TCP  Short.Example.COM:http               wlc
  -> 1.1.1.7:http                         2147483647 5           3          4
UDP  [2001:db8::123:4567:89ab:cdef]:65535 rr (flag-1,flag-3) persistent 5 mask 4294967169 pe sip ops
  -> [2001:db8::fedc:ba98:7654:3210]:8080 1          0           0          0
FWM  4294967295 IPv6                      wlc
`,
		TunnelInfo: `Prot LocalAddress:Port                    Scheduler Flags
  -> RemoteAddress:Port                   Forward TunnelInfo   Weight     ActiveConn InActConn
TCP  Short.Example.COM:http               wlc
  -> 1.1.1.7:http                         Masq    n/a          2147483647 3          4
UDP  [2001:db8::123:4567:89ab:cdef]:65535 rr (flag-1,flag-3) persistent 5 mask 4294967169 pe sip ops
  -> [2001:db8::fedc:ba98:7654:3210]:8080 Tunnel  gue:6080:r+c 1          0          0
FWM  4294967295 IPv6                      wlc
`,
	} {
		require.Equal(t, want, wide(Options{View: view, Names: names{}}))
	}
}

// longNames has a name for every host that no other listing shows whole.
type longNames struct{ names }

func (longNames) Host(netip.Addr) string { return strings.Repeat("a-long-name.", 7) + "é.example" }

func TestWideNames(t *testing.T) {
	name := longNames{}.Host(netip.Addr{})
	for line := range strings.Lines(wide(Options{View: Thresholds, Names: longNames{}})) {
		words := strings.Fields(line)
		switch words[0] {
		case "TCP":
			require.Equal(t, "TCP  "+name+":http    wlc\n", line)
		case "->":
			if words[1] != "RemoteAddress:Port" {
				require.Contains(t, line, name)
			}
		}
	}
	listing := strings.Split(wide(Options{View: Stats, Names: longNames{}}), "\n")
	for _, line := range listing[2:7] {
		require.Equal(t, utf8.RuneCountInString(listing[0]), utf8.RuneCountInString(line))
	}
}

// A table without services has a head.
func TestWideEmpty(t *testing.T) {
	w := NewWide(Options{View: Plain})
	require.Equal(t, `Prot LocalAddress:Port  Scheduler Flags
  -> RemoteAddress:Port Forward Weight ActiveConn InActConn
`, string(w.AppendEnd(w.AppendHead(nil))))
}
