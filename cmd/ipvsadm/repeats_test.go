// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// sharedNames has one name for all addresses of 10.0.0.0/8, and one for all of 192.0.2.0/24.
type sharedNames struct{ testNames }

func (sharedNames) Host(a netip.Addr) string {
	switch {
	case netip.MustParsePrefix("10.0.0.0/8").Contains(a):
		return "backend"
	case netip.MustParsePrefix("192.0.2.0/24").Contains(a):
		return "site"
	}
	return ""
}

// A save with names warns once where two entries print the same rule, and writes the same as before.
func TestSaveRepeats(t *testing.T) {
	for _, c := range []struct{ rules, repeated string }{
		{"", ""},
		{"-A -t 192.0.2.1:80\n-a -t 192.0.2.1:80 -r 10.0.0.1\n", ""},
		{"-A -t 192.0.2.1:80\n-a -t 192.0.2.1:80 -r 10.0.0.1 -m\n-a -t 192.0.2.1:80 -r 10.0.0.2:81 -m\n", ""},
		{"-A -t 192.0.2.1:80\n-a -t 192.0.2.1:80 -r 10.0.0.1 -m -w 5\n-a -t 192.0.2.1:80 -r 10.0.0.2 -m\n",
			"-a -t site:http -r backend:http"},
		{"-A -t 192.0.2.1:80\n-a -t 192.0.2.1:80 -r 10.0.0.1\n-A -t 192.0.2.1:81\n-a -t 192.0.2.1:81 -r 10.0.0.1\n", ""},
		{"-A -t 192.0.2.1:80 -s rr\n-A -t 192.0.2.2:80\n", "-A -t site:http"},
		{"-A -t 192.0.2.1:80\n-A -u 192.0.2.2:80\n", ""},
		{"-A -t 192.0.2.1:80\n-a -t 192.0.2.1:80 -r 10.0.0.1\n-A -t 192.0.2.2:80\n-a -t 192.0.2.2:80 -r 10.0.0.1\n-a -t 192.0.2.2:80 -r 10.0.0.2\n",
			"-A -t site:http"},
		{"-A -f 7\n-A -f 7 -6\n-a -f 7 -r 10.0.0.1\n-a -f 7 -r 10.0.0.2:0\n", "-a -f 7 -r backend:0"},
		{"-A -f 7 -6\n-a -f 7 -6 -r [2001:db8::1]:0 -i\n-a -f 7 -6 -r 10.0.0.1 -i\n-a -f 7 -6 -r 10.0.0.2 -i\n", "-a -f 7 -6 -r backend:0"},
	} {
		s := newTestSystem(t)
		s.names = func(context.Context, func()) names { return sharedNames{} }
		s.restore(t, c.rules)
		warning := ""
		if c.repeated != "" {
			warning = "warning: two entries print the same rule, of which only one can be restored: " + c.repeated + "; save with -n\n"
		}
		for _, line := range []string{"ipvsadm -S", "ipvsadm-save", "ipvsadm -S --thresholds"} {
			got := s.input("", line)
			require.Equal(t, warning, got.stderr, c.rules)
			require.Zero(t, got.code)
			require.Equal(t, strings.Count(c.rules, "\n"), strings.Count(got.stdout, "\n"))
		}
		require.Empty(t, s.input("", "ipvsadm -S -n").stderr)
	}
	s := newTestSystem(t)
	s.names = func(context.Context, func()) names { return sharedNames{} }
	s.restore(t, "-A -t 192.0.2.1:80\n-A -t 192.0.2.2:80\n")
	require.Equal(t, "-A -t site:http -s wlc\n-A -t site:http -s wlc\n", s.input("", "ipvsadm -S").stdout)
	s.breakReading(getDest)
	require.Equal(t, "Cannot list destinations: netlink send: broken\n", s.input("", "ipvsadm -S").stderr)
}

// A dry run reports lines that add what an earlier one has added.
func TestDryRunRepeats(t *testing.T) {
	s := newTestSystem(t)
	already := func(line int, rule string, earlier int) string {
		return "line " + itoa(line) + ": " + rule + ": line " + itoa(earlier) + " has added this already\n"
	}
	for _, c := range []struct{ rules, want string }{
		{"-A -t web:http\n-A -t 192.0.2.80:80 -s rr\n", already(2, "-A -t 192.0.2.80:80 -s rr", 1)},
		{"-A -f 7\n\n# comment\n-a -f 7 -r 10.0.0.1\n-a -f 7 -r 10.0.0.1:0 -w 3\n-a -f 7 -r 10.0.0.2\n-a -f 7 -r 10.0.0.1\n",
			already(5, "-a -f 7 -r 10.0.0.1:0 -w 3", 4) + already(7, "-a -f 7 -r 10.0.0.1", 4)},
		{"-A -f 7\n-A -f 7 -6\n-a -f 7 -r 10.0.0.1\n-a -f 7 -6 -r 10.0.0.1 -i\n", ""},
		{"-A -f 7\n-D -f 7\n-A -f 7\n", ""},
		{"-A -f 7\n-a -f 7 -r 10.0.0.1\n-D -f 7\n-A -f 7\n-a -f 7 -r 10.0.0.1\n", ""},
		{"-a -f 7 -r 10.0.0.1\n-d -f 7 -r 10.0.0.1\n-a -f 7 -r 10.0.0.1\n", ""},
		{"-A -f 7\n-a -f 7 -r 10.0.0.1\n-C\n-A -f 7\n-a -f 7 -r 10.0.0.1\n", ""},
		{"-A -f 7\n-E -f 7\n-E -f 7\n-e -f 7 -r 10.0.0.1\n-e -f 7 -r 10.0.0.1\n-Z\n-Z\n", ""},
		{"-A -f 7 --ensure\n-A -f 7 --ensure\n-a -f 7 -r 10.0.0.1 --ensure\n-a -f 7 -r 10.0.0.1 --ensure\n", ""},
		{"-A -f 7 --ensure\n-A -f 7\n-a -f 7 -r 10.0.0.1 --ensure\n-a -f 7 -r 10.0.0.1\n",
			already(2, "-A -f 7", 1) + already(4, "-a -f 7 -r 10.0.0.1", 3)},
		{"-A -f 7\n-D -f 7 --ensure\n-A -f 7\n-a -f 7 -r 10.0.0.1\n-d -f 7 -r 10.0.0.1 --ensure\n-a -f 7 -r 10.0.0.1\n", ""},
	} {
		code := 0
		if c.want != "" {
			code = 2
		}
		for _, line := range []string{"ipvsadm -R --dry-run", "ipvsadm-restore --dry-run"} {
			require.Equal(t, result{stderr: c.want, code: code}, s.input(c.rules, line), c.rules)
		}
	}
	require.Equal(t, result{}, s.input("-L -n\n-L -n\n-S\n", "ipvsadm -R --dry-run"))
}
