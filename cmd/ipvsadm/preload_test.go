// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/schedulers"
)

// The modules of some schedulers are loaded before a service gets them, once each.
func TestPreload(t *testing.T) {
	loadable := []schedulers.Scheduler{
		{Name: "lblc", State: schedulers.Loadable}, {Name: "lblcr", State: schedulers.Loadable}, {Name: "rr", State: schedulers.Loadable}}
	const both = "-A -f 2 -s lblcr\n-A -f 3 -s lblc\n-A -f 4 -s lblcr\n"
	for _, c := range []struct {
		line, input string
		has         []schedulers.Scheduler
		want        []string
		lookedFor   int
	}{
		{"ipvsadm -A -f 2 -s lblc", "", loadable, []string{"ip_vs_lblc"}, 1},
		{"ipvsadm -A -f 2 -s rr", "", loadable, nil, 0},
		{"ipvsadm -A -f 2 -s lblc", "", []schedulers.Scheduler{{Name: "lblc", State: schedulers.Loaded}}, nil, 1},
		{"ipvsadm -A -f 2 -s lblcr", "", []schedulers.Scheduler{{Name: "lblcr", State: schedulers.BuiltIn}}, nil, 1},
		{"ipvsadm -A -f 2 -s lblcr", "", nil, nil, 1},
		{"ipvsadm -A -f 2 -s lblcr --ensure", "", loadable, []string{"ip_vs_lblcr"}, 1},
		{"ipvsadm -E -f 1 -s lblcr", "", loadable, []string{"ip_vs_lblcr"}, 1},
		{"ipvsadm -E -f 1 -s lblc --keep", "", loadable, []string{"ip_vs_lblc"}, 1},
		{"ipvsadm -D -f 1", "", loadable, nil, 0},
		{"ipvsadm -R", both, loadable, []string{"ip_vs_lblcr", "ip_vs_lblc"}, 2},
		{"ipvsadm-restore", both, loadable, []string{"ip_vs_lblcr", "ip_vs_lblc"}, 2},
		{"ipvsadm -R --replace", both, loadable, []string{"ip_vs_lblcr", "ip_vs_lblc"}, 2},
		{"ipvsadm -R --replace --dry-run", both, loadable, nil, 0},
	} {
		s := newTestSystem(t)
		require.Equal(t, result{}, s.input("", "ipvsadm -A -f 1"))
		lookedFor := 0
		s.hasSchedulers = c.has
		find := s.scheduler
		s.scheduler = func(scheduler string) schedulers.State {
			lookedFor++
			return find(scheduler)
		}
		sent := false
		s.before = func(r request) error {
			if r.command == newService || r.command == setService {
				sent = true
				require.Equal(t, c.want, s.preloaded, "%s: before the first change", c.line)
			}
			return nil
		}
		got := s.input(c.input, c.line)
		require.Zero(t, got.code, "%s: %s", c.line, got.stderr)
		require.Empty(t, got.stderr, c.line)
		require.Equal(t, len(c.want) > 0, sent && len(s.preloaded) > 0, c.line)
		require.Equal(t, c.want, s.preloaded, c.line)
		require.Equal(t, c.lookedFor, lookedFor, c.line)
	}
}
