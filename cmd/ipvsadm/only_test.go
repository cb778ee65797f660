// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

const onlyLine = replaceLine + " --only"

// What no line adds or deletes stays, whatever it is, and is not even read.
func TestReplaceOnly(t *testing.T) {
	s := newTestSystem(t)
	s.restore(t, "-A -f 1 -s rr\n-a -f 1 -r 10.0.0.1\n-a -f 1 -r 10.0.0.2\n-A -f 2\n-A -f 3 -s sh\n-a -f 3 -r 10.0.0.9\n")
	const wanted = "-A -f 1 -s wrr\n-a -f 1 -r 10.0.0.1\n-D -f 2\n-A -f 4 --ensure\n-D -f 5\n-A -f 6\n-D -f 6\n-D -f 7 --ensure\n-D -f 8\n-A -f 8\n"
	const plan = "-A -f 4 -s wlc\n-A -f 8 -s wlc\n-E -f 1 -s wrr\n-d -f 1 -r 10.0.0.2:0\n-D -f 2\n"
	require.Equal(t, result{stdout: plan}, s.input(wanted, onlyLine+" --dry-run"))
	all := s.journal()
	s.before = func(r request) error {
		if r.command == getService {
			require.False(t, r.dump)
		}
		return nil
	}
	require.Equal(t, result{}, s.input(wanted, onlyLine))
	require.Len(t, *all, 5)
	require.Equal(t, result{}, s.input(wanted, onlyLine))
	require.Len(t, *all, 5)
	s.before = func(request) error { return nil }
	require.Equal(t, "-A -f 1 -s wrr\n-a -f 1 -r 10.0.0.1:0 -g -w 1\n-A -f 3 -s sh\n-a -f 3 -r 10.0.0.9:0 -g -w 1\n-A -f 4 -s wlc\n-A -f 8 -s wlc\n", s.saved(t))

	// Nothing named, nothing done.
	require.Equal(t, result{}, s.input("", onlyLine))
	require.Equal(t, result{}, s.input("--set 1 2 3\n-D -f 4 --ensure\n", "ipvsadm-restore --replace --only"))
	require.Len(t, *all, 7)
	require.Equal(t, result{}, s.input("-D -f 8\n-D -f 1\n-D -f 3\n", onlyLine))
	require.Empty(t, s.saved(t))
}

// Lines that only make sense for a whole table, or for a service that is described, are faults.
func TestReplaceOnlyFaults(t *testing.T) {
	s := newTestSystem(t)
	s.restore(t, "-A -f 1\n-a -f 1 -r 10.0.0.1\n")
	require.Equal(t, result{
		stderr: "line 1: -C: -C is not allowed with --only, which leaves all services that no line names\n" +
			"line 2: -a -f 1 -r 10.0.0.2: Service not defined\n" +
			"line 3: -E -f 1 -s rr: No such service\n" +
			"line 4: -d -f 1 -r 10.0.0.1: Service not defined\n" +
			"line 5: -d -f 1 -r 10.0.0.1 --ensure: Service not defined\n" +
			"line 7: -D -f 1: No such service\n" +
			"line 8: -L: the command changes nothing\n",
		code: 2,
	}, s.input("-C\n-a -f 1 -r 10.0.0.2\n-E -f 1 -s rr\n-d -f 1 -r 10.0.0.1\n-d -f 1 -r 10.0.0.1 --ensure\n-D -f 1\n-D -f 1\n-L\n", onlyLine))
	require.Equal(t, "-A -f 1 -s wlc\n-a -f 1 -r 10.0.0.1:0 -g -w 1\n", s.saved(t))
	require.Equal(t, result{}, s.input("-A -f 1\n-d -f 1 -r 10.0.0.1 --ensure\n", onlyLine))
	require.Equal(t, "-A -f 1 -s wlc\n", s.saved(t))
}

// A service that another program changes meanwhile is planned again; one that no line names is not looked at.
func TestReplaceOnlyOutdated(t *testing.T) {
	s := newTestSystem(t)
	s.restore(t, "-A -f 1 -s rr\n-A -f 3 -s rr\n")
	other := s.another(t)
	turns := 0
	s.before = func(r request) error {
		if r.command != getService || turns > 3 {
			return nil
		}
		turns++
		return other.Apply(t.Context(),
			ipvsnl.SetService(ipvsnl.Service{Key: ipvsnl.ServiceKey{Mark: 1}, Scheduler: []string{"lc", "nq"}[turns%2]}),
			ipvsnl.SetService(ipvsnl.Service{Key: ipvsnl.ServiceKey{Mark: 3}, Scheduler: []string{"lc", "nq"}[turns%2]}))
	}
	require.Equal(t, result{}, s.input("-A -f 1 -s wrr\n", onlyLine))
	require.Equal(t, "-A -f 1 -s wrr\n-A -f 3 -s lc\n", s.saved(t))
}
