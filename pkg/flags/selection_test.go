// SPDX-License-Identifier: Apache-2.0

package flags

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/conns"
)

func TestParseSelection(t *testing.T) {
	prefix := netip.MustParsePrefix
	for words, want := range map[string]Selection{
		"-4":                          {Family: ipvsnl.IPv4},
		"--ipv4":                      {Family: ipvsnl.IPv4},
		"-6":                          {Family: ipvsnl.IPv6},
		"--ipv6 --ipv6":               {Family: ipvsnl.IPv6},
		"--vip 192.0.2.1":             {VIP: prefix("192.0.2.1/32")},
		"--vip=192.0.2.7/24 -4":       {Family: ipvsnl.IPv4, VIP: prefix("192.0.2.0/24")},
		"-6 --vip 2001:db8::1/32":     {Family: ipvsnl.IPv6, VIP: prefix("2001:db8::/32")},
		"--marks":                     {Marks: true},
		"--marks -6":                  {Family: ipvsnl.IPv6, Marks: true},
		"--vip ::ffff:192.0.2.1/128 ": {VIP: prefix("::ffff:192.0.2.1/128")},
	} {
		for command, form := range map[string]Command{
			"-L": {Kind: List},
			"-S": {Kind: Save},
			"-Z": {Kind: Part, Change: ipvsnl.ZeroService(ipvsnl.ServiceKey{})},
			"-C": {Kind: Part, Change: ipvsnl.DeleteServiceIfExists(ipvsnl.ServiceKey{}), Wait: 60},
			"-C --dry-run --wait 5 --netns blue": {Kind: Save, Listing: Listing{Numeric: true}, Saving: Saving{Thresholds: true},
				WaitGiven: true, NetNS: "blue"},
		} {
			form.Selection = want
			got, err := Parse(split(command+" "+words), names{})
			require.NoError(t, err, words)
			require.Equal(t, form, got, words)
		}
	}
	got, err := Parse(split("-C --dry-run"), names{})
	require.NoError(t, err)
	require.Equal(t, Command{Kind: Save, Listing: Listing{Numeric: true}, Saving: Saving{Thresholds: true}}, got)
	got, err = Parse(split("-Lc -6 --vip 2001:db8::/64"), names{})
	require.NoError(t, err)
	require.Equal(t, Command{Kind: List, Listing: Listing{Subject: Connections},
		Filter: Filter{Family: ipvsnl.IPv6, VIP: prefix("2001:db8::/64")}}, got)
}

func TestParseSelectionErrors(t *testing.T) {
	for words, want := range map[string]string{
		"-L --vip x":                   "illegal vip `x' specified: it is an address or ADDRESS/LENGTH",
		"-L --vip www":                 "illegal vip `www' specified: it is an address or ADDRESS/LENGTH",
		"-L -4 -6":                     "The option 'ipv6' conflicts with the 'ipv4' option in the 'list' command",
		"-S -6 -4":                     "The option 'ipv6' conflicts with the 'ipv4' option in the 'save' command",
		"-L -4 -t 1.2.3.4:80":          "The option 'ipv4' conflicts with the 'service-address' option in the 'list' command",
		"-L -6 -f 7":                   "The option 'ipv6' conflicts with the 'service-address' option in the 'list' command",
		"-L -f 7 -6 -4":                "The option 'ipv4' conflicts with the 'service-address' option in the 'list' command",
		"-Z --vip 1.2.3.4 -f 7":        "The option 'vip' conflicts with the 'service-address' option in the 'zero' command",
		"-S --marks -f 7":              "The option 'marks' conflicts with the 'service-address' option in the 'save' command",
		"-C --marks --vip 1.2.3.4":     "The option 'marks' conflicts with the 'vip' option in the 'flush' command",
		"-C -4 -t 1.2.3.4:80":          "Illegal 'service-address' option with the 'flush' command",
		"-L --timeout --vip 1.2.3.4":   "The option 'vip' conflicts with the 'timeout' option in the 'list' command",
		"-L --daemon -6":               "The option 'ipv6' conflicts with the 'daemon' option in the 'list' command",
		"-L -c --marks":                "'--marks' and '--connection' exclude each other: the kernel does not record the mark of a connection",
		"-L -4 --vip ::/0":             "'--vip' and '-4' exclude each other: ::/0 is of the other family",
		"-Z -6 --vip 192.0.2.0/24":     "'--vip' and '-6' exclude each other: 192.0.2.0/24 is of the other family",
		"-A -4 -t 1.2.3.4:80":          "Illegal 'ipv4' option with the 'add-service' command",
		"-D --marks -f 7":              "Illegal 'marks' option with the 'delete-service' command",
		"-R --vip 1.2.3.4":             "Illegal 'vip' option with the 'restore' command",
		"-R -6":                        "-6 used before -f\n",
		"-A -6 -f 7":                   "-6 used before -f\n",
		"-E -t 1.2.3.4:80 -6 -s wrong": "-6 used before -f\n",
		"-L -4 -4":                     "multiple 'ipv4' options specified",
		"-Z --dry-run":                 "Illegal 'dry-run' option with the 'zero' command",
		"-C --replace --dry-run":       "Illegal 'replace' option with the 'flush' command",
	} {
		checkError(t, words, &Error{Text: want, Exit: ExitFault, Ends: true})
	}
}

func TestSelection(t *testing.T) {
	web, web6 := tcp("192.0.2.1:80"), tcp("[2001:db8::1]:80")
	mark, mark6 := ipvsnl.ServiceKey{Mark: 7}, ipvsnl.ServiceKey{Mark: 7, IPv6: true}
	all := []ipvsnl.ServiceKey{web, web6, mark, mark6}
	for _, tt := range []struct {
		selection Selection
		option    string
		want      []ipvsnl.ServiceKey
	}{
		{Selection{}, "ipv4", all},
		{Selection{Family: ipvsnl.IPv4}, "ipv4", []ipvsnl.ServiceKey{web, mark}},
		{Selection{Family: ipvsnl.IPv6}, "ipv6", []ipvsnl.ServiceKey{web6, mark6}},
		{Selection{Marks: true}, "marks", []ipvsnl.ServiceKey{mark, mark6}},
		{Selection{Marks: true, Family: ipvsnl.IPv6}, "marks", []ipvsnl.ServiceKey{mark6}},
		{Selection{VIP: netip.MustParsePrefix("192.0.2.0/24")}, "vip", []ipvsnl.ServiceKey{web}},
		{Selection{VIP: netip.MustParsePrefix("0.0.0.0/0")}, "vip", []ipvsnl.ServiceKey{web}},
		{Selection{VIP: netip.MustParsePrefix("::/0"), Family: ipvsnl.IPv6}, "vip", []ipvsnl.ServiceKey{web6}},
		{Selection{VIP: netip.MustParsePrefix("192.0.2.2/32")}, "vip", nil},
	} {
		var got []ipvsnl.ServiceKey
		for _, key := range all {
			if tt.selection.Contains(key) {
				got = append(got, key)
			}
		}
		require.Equal(t, tt.want, got, tt.selection)
		require.Equal(t, tt.option, tt.selection.Option())
	}
}

// The mark of a template is not taken for an address.
func TestFilterPart(t *testing.T) {
	web := &conns.Connection{Protocol: "TCP", Virtual: addr("192.0.2.1:80")}
	web6 := &conns.Connection{Protocol: "TCP", Virtual: addr("[2001:db8::1]:80")}
	template := &conns.Connection{Protocol: "IP", Virtual: addr("0.0.0.7:0")}
	for _, tt := range []struct {
		filter Filter
		want   [3]bool
	}{
		{Filter{Family: ipvsnl.IPv4}, [3]bool{true, false, true}},
		{Filter{Family: ipvsnl.IPv6}, [3]bool{false, true, false}},
		{Filter{VIP: netip.MustParsePrefix("0.0.0.0/0")}, [3]bool{true, false, false}},
		{Filter{VIP: netip.MustParsePrefix("192.0.2.1/32")}, [3]bool{true, false, false}},
		{Filter{VIP: netip.MustParsePrefix("2001:db8::/32")}, [3]bool{false, true, false}},
	} {
		require.Equal(t, tt.want, [3]bool{tt.filter.Selects(web), tt.filter.Selects(web6), tt.filter.Selects(template)}, tt.filter)
	}
}
