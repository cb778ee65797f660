// SPDX-License-Identifier: Apache-2.0

package flags

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSysctls(t *testing.T) {
	for line, want := range map[string]Command{
		"--sysctl":           {Kind: Sysctl},
		"--sysctl -j":        {Kind: Sysctl, Listing: Listing{JSON: true, Numeric: true}},
		"--sysctl conntrack": {Kind: Sysctl, Sysctls: Sysctls{List: []string{"conntrack"}}},
		"--sysctl net.ipv4.vs.conntrack=1 snat_reroute est_cpulist=": {Kind: Sysctl, Sysctls: Sysctls{
			Set: []SysctlValue{{"conntrack", "1"}, {"est_cpulist", ""}}, List: []string{"snat_reroute"}}},
		"--sysctl --netns blue a_9=x=y": {Kind: Sysctl, NetNS: "blue", Sysctls: Sysctls{Set: []SysctlValue{{"a_9", "x=y"}}}},
		"-S --sysctl":                   {Kind: Sysctl, Sysctls: Sysctls{Save: true}},
		"-S -n --sysctl":                {Kind: Sysctl, Listing: Listing{Numeric: true}, Sysctls: Sysctls{Save: true}},
	} {
		got, err := Parse(strings.Fields(line), nil)
		require.NoError(t, err, line)
		require.Equal(t, want, got, line)
	}
	got, err := Parse([]string{"--sysctl", "net.ipv4.vs.sync_threshold = 3 50 "}, nil)
	require.NoError(t, err)
	require.Equal(t, []SysctlValue{{"sync_threshold", "3 50"}}, got.Sysctls.Set)
	for line, want := range map[string]string{
		"--sysctl =1":                "illegal sysctl `' specified",
		"--sysctl net.ipv4.vs.":      "illegal sysctl `net.ipv4.vs.' specified",
		"--sysctl ../ip_forward=1":   "illegal sysctl `../ip_forward' specified",
		"--sysctl net.ipv4.x":        "illegal sysctl `net.ipv4.x' specified",
		"--sysctl Conntrack":         "illegal sysctl `Conntrack' specified",
		"--sysctl \u00e9":            "illegal sysctl `<U+00E9>' specified",
		"--sysctl -n":                "Illegal 'numeric' option with the 'sysctl' command",
		"--sysctl --sysctl --sysctl": "multiple 'sysctl' options specified",
		"--sysctl --sysctl":          "Illegal 'sysctl' option with the 'sysctl' command",
		"-L --sysctl":                "Illegal 'sysctl' option with the 'list' command",
		"-S --sysctl conntrack":      "unexpected argument conntrack",
		"-S --sysctl --all":          "'--sysctl' and '--all' exclude each other: sysctls are not in rules",
		"-S --sysctl -f 7":           "'--sysctl' and '--service-address' exclude each other: sysctls are not in rules",
	} {
		_, err := Parse(strings.Fields(line), nil)
		require.EqualError(t, err, want, line)
	}
}
