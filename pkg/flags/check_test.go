// SPDX-License-Identifier: Apache-2.0

package flags

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/check"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

func TestParseCheck(t *testing.T) {
	for words, want := range map[string]Command{
		"--check":                      {},
		"--check -n":                   {Listing: Listing{Numeric: true}},
		"--check=forwarding -j":        {Checking: Checking{Name: "forwarding"}, Listing: Listing{Numeric: true, JSON: true}},
		"--check forwarding --probe":   {Checking: Checking{Name: "forwarding", Probe: true}},
		"--check -f 7 -6":              {Service: ipvsnl.ServiceKey{Mark: 7, IPv6: true}, OneService: true},
		"--check --netns blue":         {NetNS: "blue"},
		"--netns blue --check --probe": {NetNS: "blue", Checking: Checking{Probe: true}},
		"--check -t 10.0.0.1:80":       {Service: ipvsnl.ServiceKey{Protocol: ipvsnl.TCP, Addr: netip.MustParseAddrPort("10.0.0.1:80")}, OneService: true},
		"--check=arp -u 10.0.0.1:53 --probe": {Checking: Checking{Name: "arp", Probe: true},
			Service: ipvsnl.ServiceKey{Protocol: ipvsnl.UDP, Addr: netip.MustParseAddrPort("10.0.0.1:53")}, OneService: true},
	} {
		got, err := Parse(split(words), names{})
		require.NoError(t, err, words)
		want.Kind = Check
		require.Equal(t, want, got, words)
	}
	all := ""
	for i := range check.All {
		all += " " + check.All[i].Name
	}
	for words, want := range map[string]string{
		"--check=nosuch":           "unknown check `nosuch'; the checks are:" + all,
		"--check=":                 "unknown check `'; the checks are:" + all,
		"--check=\xe9":             "unknown check `<E9>'; the checks are:" + all,
		"--check --stats":          "Illegal 'stats' option with the 'check' command",
		"--check --probe --probe":  "multiple 'probe' options specified",
		"--check arp route":        "unexpected argument route",
		"-L --probe":               "Illegal 'probe' option with the 'list' command",
		"--check -f 1 -u 10.0.0.1": "multiple 'service-address' options specified",
	} {
		checkError(t, words, &Error{Text: want, Exit: ExitFault, Ends: true})
	}
}
