// SPDX-License-Identifier: Apache-2.0

package format

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

func serviceCount(p ipvsnl.Protocol, addr string, states States, servers ...ServerCount) ServiceCount {
	c := ServiceCount{States: states, Servers: servers}
	if addr != "" {
		c.Key = ipvsnl.ServiceKey{Protocol: p, Addr: netip.MustParseAddrPort(addr)}
	}
	return c
}

// st returns states, given by their names and numbers in turn.
func st(pairs ...any) (s States) {
	for i := 0; i < len(pairs); i += 2 {
		n, large := pairs[i+1].(uint64)
		if !large {
			n = uint64(pairs[i+1].(int))
		}
		s.Add(pairs[i].(string), n)
	}
	return s
}

func serverCount(addr string, states States) ServerCount {
	return ServerCount{netip.MustParseAddrPort(addr), states}
}

// Counts are in the order of listings.
func TestSortCounts(t *testing.T) {
	all := []ServiceCount{
		{Key: ipvsnl.ServiceKey{Mark: 7}},
		serviceCount(ipvsnl.UDP, "1.2.3.4:53", nil),
		serviceCount(ipvsnl.TCP, "[2001:db8::1]:80", nil),
		serviceCount(ipvsnl.TCP, "1.2.3.4:443", nil, serverCount("10.0.0.2:80", nil), serverCount("10.0.0.1:81", nil), serverCount("10.0.0.1:80", nil)),
		serviceCount(ipvsnl.TCP, "1.2.3.4:80", nil),
	}
	SortCounts(all)
	var order []string
	for _, c := range all {
		order = append(order, c.Key.String())
		for _, s := range c.Servers {
			order = append(order, s.Addr.String())
		}
	}
	require.Equal(t, []string{"TCP 1.2.3.4:80", "TCP 1.2.3.4:443", "10.0.0.1:80", "10.0.0.1:81", "10.0.0.2:80",
		"UDP 1.2.3.4:53", "TCP [2001:db8::1]:80", "mark 7 IPv4"}, order)
}

// Columns are as wide as they need to be.
func TestCounts(t *testing.T) {
	counts := []ServiceCount{
		serviceCount(ipvsnl.TCP, "10.1.1.2:80", st("NONE", 1, "ESTABLISHED", uint64(123456789012)),
			serverCount("[2001:db8::9]:8080", st("ESTABLISHED", uint64(123456789012))), serverCount("10.0.0.1:80", st("NONE", 1))),
		{Key: ipvsnl.ServiceKey{Mark: 7, IPv6: true}, States: st("NONE", 1, "NONE", 1), Servers: []ServerCount{serverCount("[::1]:80", st("NONE", 2))}},
		serviceCount(0, "", st("UDP", 5)),
	}
	require.Equal(t, `Prot LocalAddress:Port         Conns  ESTABLISHED NONE UDP
  -> RemoteAddress:Port
TCP  10.1.1.2:80        123456789013 123456789012    1   0
  -> [2001:db8::9]:8080 123456789012 123456789012    0   0
  -> 10.0.0.1:80                   1            0    1   0
FWM  7 IPv6                        2            0    2   0
  -> [::1]:80                      2            0    2   0
other                              5            0    0   5
`, string(AppendCounts(nil, counts, nil)))
	require.Contains(t, string(AppendCounts(nil, counts, names{})), "\nTCP  Short.Example.COM:http 123456789013 ")
	require.Equal(t, `[
{"protocol":"TCP","address":"10.1.1.2","port":80,"family":"IPv4","connections":123456789013,"states":{"ESTABLISHED":123456789012,"NONE":1},"destinations":[`+
		`{"address":"2001:db8::9","port":8080,"connections":123456789012,"states":{"ESTABLISHED":123456789012}},`+
		`{"address":"10.0.0.1","port":80,"connections":1,"states":{"NONE":1}}]},
{"mark":7,"family":"IPv6","connections":2,"states":{"NONE":2},"destinations":[{"address":"::1","port":80,"connections":2,"states":{"NONE":2}}]},
{"connections":5,"states":{"UDP":5},"destinations":[]}
]
`, string(AppendCountsJSON(nil, counts, time.Time{})))
}
