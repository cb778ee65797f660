// SPDX-License-Identifier: Apache-2.0

package format

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// figures has a different value in each field, all of them multiples of n.
func figures(n uint64) ipvsnl.Stats {
	return ipvsnl.Stats{Conns: n, InPkts: 2 * n, OutPkts: 3 * n, InBytes: 4 * n, OutBytes: 5 * n,
		CPS: 6 * n, InPPS: 7 * n, OutPPS: 8 * n, InBPS: 9 * n, OutBPS: 10 * n}
}

// totaled is a listing of three services, with three destinations, none and one.
func totaled(l Layout) string {
	first, second, third := service(ipvsnl.TCP, "10.1.1.2:80", nil), mark(7, ipvsnl.IPv4), mark(8, ipvsnl.IPv6)
	first.Stats, second.Stats = figures(1000), figures(1)
	servers := []*ipvsnl.DestinationState{destination("1.1.1.7:80", ipvsnl.Masquerade), destination("1.1.1.8:80", ipvsnl.Masquerade),
		destination("1.1.1.9:80", ipvsnl.Masquerade), destination("1.1.2.1:0", ipvsnl.Route)}
	for i, d := range servers {
		n := uint64(1) << i
		d.Stats = figures(100 * n)
		d.Destination.Weight, d.ActiveConns, d.InactiveConns, d.PersistentConns = uint32(n), uint32(10*n), 4e9, 3e9
	}
	servers[3].Destination.Weight = ^uint32(4) // -5
	fit, fits := l.(interface {
		FitService(*ipvsnl.ServiceState)
		FitDestination(*ipvsnl.ServiceState, *ipvsnl.DestinationState)
	})
	if fits {
		fit.FitService(first)
		fit.FitDestination(first, servers[0])
		fit.FitDestination(first, servers[1])
		fit.FitDestination(first, servers[2])
		fit.FitService(second)
		fit.FitService(third)
		fit.FitDestination(third, servers[3])
	}
	b := l.AppendService(l.AppendHead(nil), first)
	for _, d := range servers[:3] {
		b = l.AppendDestination(b, first, d)
	}
	b = l.AppendServiceEnd(l.AppendService(l.AppendServiceEnd(b), second))
	b = l.AppendDestination(l.AppendService(b, third), third, servers[3])
	return string(l.AppendEnd(l.AppendServiceEnd(b)))
}

// Sums are in the columns of what they are sums of. The kernel's own are shown among figures of their kind.
func TestTotals(t *testing.T) {
	kernel := figures(123456789)
	for view, want := range map[View]string{
		Plain: `Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
TCP  10.1.1.2:80 wlc
  -> 1.1.1.7:80                   Masq    1      10         4000000000
  -> 1.1.1.8:80                   Masq    2      20         4000000000
  -> 1.1.1.9:80                   Masq    4      40         4000000000
  =  3 real servers                       7      70         12000000000
FWM  7 wlc
  =  0 real servers                       0      0          0         
FWM  8 IPv6 wlc
  -> 1.1.2.1:0                    Route   -5     80         4000000000
  =  1 real server                        -5     80         4000000000
Sum  3 services
  =  4 real servers                       2      150        16000000000
`,
		Stats: `Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes
  -> RemoteAddress:Port
TCP  10.1.1.2:80                      1000     2000     3000     4000     5000
  -> 1.1.1.7:80                        100      200      300      400      500
  -> 1.1.1.8:80                        200      400      600      800     1000
  -> 1.1.1.9:80                        400      800     1200     1600     2000
  =  3 real servers                    700     1400     2100     2800     3500
FWM  7                                   1        2        3        4        5
  =  0 real servers                      0        0        0        0        0
FWM  8 IPv6                              0        0        0        0        0
  -> 1.1.2.1:0                         800     1600     2400     3200     4000
  =  1 real server                     800     1600     2400     3200     4000
Sum  3 services                       1001     2002     3003     4004     5005
  =  4 real servers                   1500     3000     4500     6000     7500
All  deleted ones included         123456K  246913K  370370K  493827K  617283K
`,
		Rate: `Prot LocalAddress:Port                 CPS    InPPS   OutPPS    InBPS   OutBPS
  -> RemoteAddress:Port
TCP  10.1.1.2:80                      6000     7000     8000     9000    10000
  -> 1.1.1.7:80                        600      700      800      900     1000
  -> 1.1.1.8:80                       1200     1400     1600     1800     2000
  -> 1.1.1.9:80                       2400     2800     3200     3600     4000
  =  3 real servers                   4200     4900     5600     6300     7000
FWM  7                                   6        7        8        9       10
  =  0 real servers                      0        0        0        0        0
FWM  8 IPv6                              0        0        0        0        0
  -> 1.1.2.1:0                        4800     5600     6400     7200     8000
  =  1 real server                    4800     5600     6400     7200     8000
Sum  3 services                       6006     7007     8008     9009    10010
  =  4 real servers                   9000    10500    12000    13500    15000
All  deleted ones included         740740K  864197K  987654K    1111M    1234M
`,
	} {
		require.Equal(t, want, totaled((&Options{View: view}).WithTotals(&kernel)), "view %d", view)
	}
	require.NotContains(t, totaled((&Options{View: Stats}).WithTotals(nil)), "All ")
	for view, want := range map[View]string{
		Thresholds:     "  =  3 real servers                                     70         12000000000\n",
		PersistentConn: "  =  3 real servers               7         9000000000  70         12000000000\n",
		TunnelInfo:     "  =  3 real servers                                     7      70         12000000000\n",
	} {
		require.Contains(t, totaled((&Options{View: view}).WithTotals(&kernel)), want, "view %d", view)
	}
	require.Contains(t, totaled((&Options{View: Stats, Exact: true}).WithTotals(&kernel)), "All  deleted ones included        123456789 246913578 370370367 493827156 617283945\n")
}

// Columns are as wide as the sums need.
func TestWideTotals(t *testing.T) {
	kernel := figures(1e12)
	for view, want := range map[View]string{
		Plain: `Prot LocalAddress:Port  Scheduler Flags
  -> RemoteAddress:Port Forward Weight ActiveConn InActConn
TCP  10.1.1.2:80        wlc
  -> 1.1.1.7:80         Masq    1      10         4000000000
  -> 1.1.1.8:80         Masq    2      20         4000000000
  -> 1.1.1.9:80         Masq    4      40         4000000000
  =  3 real servers             7      70         12000000000
FWM  7                  wlc
  =  0 real servers             0      0          0
FWM  8 IPv6             wlc
  -> 1.1.2.1:0          Route   -5     80         4000000000
  =  1 real server              -5     80         4000000000
Sum  3 services
  =  4 real servers             2      150        16000000000
`,
		Stats: `Prot LocalAddress:Port             Conns        InPkts       OutPkts       InBytes      OutBytes
  -> RemoteAddress:Port
TCP  10.1.1.2:80                    1000          2000          3000          4000          5000
  -> 1.1.1.7:80                      100           200           300           400           500
  -> 1.1.1.8:80                      200           400           600           800          1000
  -> 1.1.1.9:80                      400           800          1200          1600          2000
  =  3 real servers                  700          1400          2100          2800          3500
FWM  7                                 1             2             3             4             5
  =  0 real servers                    0             0             0             0             0
FWM  8 IPv6                            0             0             0             0             0
  -> 1.1.2.1:0                       800          1600          2400          3200          4000
  =  1 real server                   800          1600          2400          3200          4000
Sum  3 services                     1001          2002          3003          4004          5005
  =  4 real servers                 1500          3000          4500          6000          7500
All  deleted ones included 1000000000000 2000000000000 3000000000000 4000000000000 5000000000000
`,
	} {
		require.Equal(t, want, totaled(NewWide(Options{View: view}).WithTotals(&kernel)), "view %d", view)
		require.NotContains(t, totaled(NewWide(Options{View: view}).WithTotals(nil)), "All ")
	}
}

// Sums can need more room than all that they are sums of.
func TestWideTotalsFit(t *testing.T) {
	s, d := mark(1, ipvsnl.IPv4), destination("10.0.0.1:0", ipvsnl.Route)
	s.Stats.Conns, d.Stats.InPkts = 99999, 99999999
	l := NewWide(Options{View: Stats}).WithTotals(nil).(*wideTotal)
	var b []byte
	for range 2 {
		l.FitService(s)
		l.FitDestination(s, d)
	}
	b = l.AppendHead(b)
	for range 2 {
		b = l.AppendServiceEnd(l.AppendDestination(l.AppendService(b, s), s, d))
	}
	require.Equal(t, `Prot LocalAddress:Port   Conns    InPkts OutPkts InBytes OutBytes
  -> RemoteAddress:Port
FWM  1                   99999         0       0       0        0
  -> 10.0.0.1:0              0  99999999       0       0        0
  =  1 real server           0  99999999       0       0        0
FWM  1                   99999         0       0       0        0
  -> 10.0.0.1:0              0  99999999       0       0        0
  =  1 real server           0  99999999       0       0        0
Sum  2 services         199998         0       0       0        0
  =  2 real servers          0 199999998       0       0        0
`, string(l.AppendEnd(b)))
}

// Addresses can need more room than the labels of sums.
func TestWideTotalsAddresses(t *testing.T) {
	const short, long = "[2001:db8::1]:80", "[2001:db8:1:2:3:4:5:6]:80"
	for _, addrs := range [][2]string{{short, long}, {long, short}} {
		s, d := service(ipvsnl.TCP, addrs[0], nil), destination(addrs[1], ipvsnl.Route)
		l := NewWide(Options{View: Plain}).WithTotals(nil).(*wideTotal)
		l.FitService(s)
		l.FitDestination(s, d)
		require.Equal(t, "Prot LocalAddress:Port         Scheduler Flags\n"+
			"  -> RemoteAddress:Port        Forward Weight ActiveConn InActConn\n", string(l.AppendHead(nil)))
	}
}

// totalsJSON is what the totals of all services look like.
const totalsJSON = `"totals":{"services":{"number":3,` +
	`"counters":{"connections":1001,"packets_in":2002,"packets_out":3003,"bytes_in":4004,"bytes_out":5005},` +
	`"rates":{"connections":6006,"packets_in":7007,"packets_out":8008,"bytes_in":9009,"bytes_out":10010}},` +
	`"destinations":{"number":4,"weight":2,"active_connections":150,"inactive_connections":16000000000,"persistent_connections":12000000000,` +
	`"counters":{"connections":1500,"packets_in":3000,"packets_out":4500,"bytes_in":6000,"bytes_out":7500},` +
	`"rates":{"connections":9000,"packets_in":10500,"packets_out":12000,"bytes_in":13500,"bytes_out":15000}}`

func TestJSONTotals(t *testing.T) {
	var got struct {
		Time     string
		Services []struct {
			Destinations []any
			Totals       map[string]any
		}
	}
	kernel := figures(1)
	for _, tt := range []struct {
		layout     Layout
		start, end string
	}{
		{new(JSON).WithTotals(nil), "{\"services\":[\n{\"protocol\":\"TCP\"", "}\n]," + totalsJSON + "}}\n"},
		{new(JSON).WithTotals(&kernel), "{\"services\":[\n{\"protocol\":\"TCP\"", "}\n]," + totalsJSON +
			`,"kernel":{"counters":{"connections":1,"packets_in":2,"packets_out":3,"bytes_in":4,"bytes_out":5},` +
			`"rates":{"connections":6,"packets_in":7,"packets_out":8,"bytes_in":9,"bytes_out":10}}}}` + "\n"},
		{(&JSON{Time: time.Unix(0, 0)}).WithTotals(nil), `{"time":"1970-01-01T00:00:00.000Z","services":[{"protocol"`, "}]," + totalsJSON + "}}\n"},
	} {
		text := totaled(tt.layout)
		require.Equal(t, tt.start, text[:len(tt.start)])
		require.Equal(t, tt.end, text[len(text)-len(tt.end):])
		require.NoError(t, json.Unmarshal([]byte(text), &got), text)
		require.Len(t, got.Services, 3)
		for i, n := range []int{3, 0, 1} {
			require.Len(t, got.Services[i].Destinations, n)
			require.EqualValues(t, n, got.Services[i].Totals["number"])
		}
		require.EqualValues(t, 7, got.Services[0].Totals["weight"])
		require.EqualValues(t, 80, got.Services[2].Totals["active_connections"])
	}
	var j JSON
	l := j.WithTotals(nil)
	require.Equal(t, "{\"services\":[\n],\"totals\":{\"services\":{\"number\":0,", string(l.AppendEnd(l.AppendHead(nil)))[:49])
}

// Sums take no memory, whatever there is to add up.
func TestTotalsAllocations(t *testing.T) {
	s, d := service(ipvsnl.TCP, "1.2.3.4:80", nil), destination("1.1.1.7:80", ipvsnl.Masquerade)
	b := make([]byte, 0, 1<<16)
	for _, l := range []Layout{(&Options{View: Stats}).WithTotals(nil), new(JSON).WithTotals(nil)} {
		require.Zero(t, testing.AllocsPerRun(100, func() {
			b = l.AppendServiceEnd(l.AppendDestination(l.AppendService(b[:0], s), s, d))
		}))
	}
}
