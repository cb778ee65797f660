// SPDX-License-Identifier: Apache-2.0

package flags

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/conns"
)

// addr returns an address with port, or without one, for short.
func addr(s string) netip.AddrPort {
	if a, err := netip.ParseAddrPort(s); err == nil {
		return a
	}
	return netip.AddrPortFrom(netip.MustParseAddr(s), 0)
}

func TestParseFilter(t *testing.T) {
	for words, want := range map[string]Filter{
		"-L -c":                                 {},
		"-Lc -t 1.2.3.4:80":                     {Protocol: "TCP", Virtual: addr("1.2.3.4:80")},
		"-Lc -u 1.2.3.4":                        {Protocol: "UDP", Virtual: addr("1.2.3.4")},
		"-L --sctp-service [::1]:9 -c":          {Protocol: "SCTP", Virtual: addr("[::1]:9")},
		"-Lc -r 10.0.0.1:8080":                  {Server: addr("10.0.0.1:8080")},
		"-Lc -r 10.0.0.1":                       {Server: addr("10.0.0.1")},
		"-Lc -t 1.2.3.4:80 -r 10.0.0.1":         {Protocol: "TCP", Virtual: addr("1.2.3.4:80"), Server: addr("10.0.0.1")},
		"-Lc -t 1.2.3.4:80 -r 10.0.0.1:0":       {Protocol: "TCP", Virtual: addr("1.2.3.4:80"), Server: addr("10.0.0.1")},
		"-Lc -t 1.2.3.4:80 -r ::1":              {Protocol: "TCP", Virtual: addr("1.2.3.4:80"), Server: addr("::1")},
		"-Lc --client 10.0.0.7":                 {Client: netip.MustParsePrefix("10.0.0.7/32")},
		"-Lc --client=10.0.0.7/8":               {Client: netip.MustParsePrefix("10.0.0.0/8")},
		"-Lc --client 0.0.0.0/0":                {Client: netip.MustParsePrefix("0.0.0.0/0")},
		"-Lc --client 2001:db8::1":              {Client: netip.MustParsePrefix("2001:db8::1/128")},
		"-Lc --client 2001:db8::1/64 -r 10.0.1": {Server: addr("10.0.0.1"), Client: netip.MustParsePrefix("2001:db8::/64")},
	} {
		got, err := Parse(split(words), names{})
		require.NoError(t, err, words)
		require.Equal(t, Command{Kind: List, Listing: Listing{Subject: Connections}, Filter: want}, got, words)
	}
	got, err := Parse(split("-Lc --count --json --watch"), names{})
	require.NoError(t, err)
	require.Equal(t, Command{Kind: List, Listing: Listing{Subject: Connections, Numeric: true, Count: true, JSON: true, Watch: 2}}, got)
	got, err = Parse(split("-Lnc --origin"), names{})
	require.NoError(t, err)
	require.Equal(t, Command{Kind: List, Listing: Listing{Subject: Connections, Numeric: true, Origin: true}}, got)
	got, err = Parse(split("-Ln -c --count --watch 3 --client 10.0.0.0/8"), names{})
	require.NoError(t, err)
	require.Equal(t, Command{Kind: List, Listing: Listing{Subject: Connections, Numeric: true, Count: true, Watch: 3},
		Filter: Filter{Client: netip.MustParsePrefix("10.0.0.0/8")}}, got)
}

func TestParseFilterErrors(t *testing.T) {
	client := func(word string) string {
		return "illegal client `" + word + "' specified: it is an address or ADDRESS/LENGTH"
	}
	for words, want := range map[string]string{
		"-L -c --client x":                 client("x"),
		"-L -c --client 10.0.0.1/33":       client("10.0.0.1/33"),
		"-L -c --client 10.0.0.1/":         client("10.0.0.1/"),
		"-L -c --client 10.1/8":            client("10.1/8"),
		"-L -c --client=":                  client(""),
		"-L -c --client fe80::1%eth0":      client("fe80::1%eth0"),
		"-L -c --client fe80::1%eth0/64":   client("fe80::1%eth0/64"),
		"-L -c --client [::1]/64":          client("[::1]/64"),
		"-L -c --client 10.0.0.1:80":       client("10.0.0.1:80"),
		"-L -c --client \xe9":              client("<E9>"),
		"-L -c -f 7":                       "'--connection' cannot go with '--fwmark-service': the kernel does not record the mark of a connection",
		"-L -r 10.0.0.1":                   "Illegal 'real-server' option with the 'list' command",
		"-L --client 10.0.0.1":             "Illegal 'client' option with the 'list' command",
		"-L --count":                       "Illegal 'count' option with the 'list' command",
		"-L --count --timeout":             "Illegal 'count' option with the 'list' command",
		"-L -c --timeout":                  "The option 'timeout' conflicts with the 'connection' option in the 'list' command",
		"-L -t 1.2.3.4:80 --daemon":        "The option 'daemon' conflicts with the 'service-address' option in the 'list' command",
		"-L --daemon --timeout":            "The option 'daemon' conflicts with the 'timeout' option in the 'list' command",
		"-L -c -t 1.2.3.4:80 --timeout":    "The option 'timeout' conflicts with the 'connection' option in the 'list' command",
		"-Z --client 10.0.0.1":             "Illegal 'client' option with the 'zero' command",
		"-L -c --client 1::1 -w 5":         "Illegal 'weight' option with the 'list' command",
		"-L --origin":                      "Illegal 'origin' option with the 'list' command",
		"-L -c --count --origin":           "'--count' and '--origin' exclude each other: a count has no column for it",
		"-L -c --origin --persistent-conn": "'--origin' and '--persistent-conn' exclude each other: the kernel does not report both together",
		"-L -c --count --persistent-conn":  "'--count' and '--persistent-conn' exclude each other: a count has no column for it",
	} {
		checkError(t, words, &Error{Text: want, Exit: ExitFault, Ends: true})
	}
}

func TestFilter(t *testing.T) {
	c := &conns.Connection{Protocol: "TCP", Client: addr("10.0.0.7:50000"), Virtual: addr("192.0.2.1:80"), Destination: addr("10.1.0.1:8080")}
	client := func(s string) Filter { return Filter{Client: netip.MustParsePrefix(s)} }
	for _, tt := range []struct {
		filter Filter
		want   bool
	}{
		{Filter{}, true},
		{Filter{Protocol: "TCP"}, true},
		{Filter{Protocol: "UDP"}, false},
		{Filter{Virtual: addr("192.0.2.1:80")}, true},
		{Filter{Virtual: addr("192.0.2.1")}, true},
		{Filter{Virtual: addr("192.0.2.1:81")}, false},
		{Filter{Virtual: addr("192.0.2.2:80")}, false},
		{Filter{Virtual: addr("[::ffff:192.0.2.1]:80")}, false},
		{Filter{Server: addr("10.1.0.1:8080")}, true},
		{Filter{Server: addr("10.1.0.1")}, true},
		{Filter{Server: addr("10.1.0.1:80")}, false},
		{Filter{Server: addr("10.1.0.2")}, false},
		{client("10.0.0.7/32"), true},
		{client("10.0.0.6/31"), true},
		{client("10.0.0.6/32"), false},
		{client("0.0.0.0/0"), true},
		{client("::/0"), false},
		{Filter{Protocol: "TCP", Virtual: addr("192.0.2.1:80"), Server: addr("10.1.0.1:8080"), Client: netip.MustParsePrefix("10.0.0.0/8")}, true},
		{Filter{Protocol: "TCP", Virtual: addr("192.0.2.1:80"), Server: addr("10.1.0.1:8080"), Client: netip.MustParsePrefix("11.0.0.0/8")}, false},
	} {
		require.Equal(t, tt.want, tt.filter.Selects(c), tt.filter)
	}
	c6 := &conns.Connection{Client: addr("[2001:db8::7]:1")}
	for prefix, want := range map[string]bool{"2001:db8::/64": true, "2001:db8::8/128": false, "0.0.0.0/0": false} {
		f := client(prefix)
		require.Equal(t, want, f.Selects(c6), prefix)
	}
}
