// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

const keepRules = `-A -t 192.0.2.1:80 -s sh -b sh-port -p 60 -M 255.255.0.0
-a -t 192.0.2.1:80 -r 10.0.0.1:8080 -m -w 3 -x 9 -y 4
-a -t 192.0.2.1:80 -r 10.0.0.2:80 -i --tun-type gue --tun-port 6080 --tun-csum -w 2
`

// What is not named stays, in single commands and in lines of rules.
func TestKeep(t *testing.T) {
	lines := []string{
		"-e -t 192.0.2.1:80 -r 10.0.0.1:8080 -w 0 --keep",
		"-e -t 192.0.2.1:80 -r 10.0.0.2 -x 7 --keep",
		"-E -t 192.0.2.1:80 -p 90 --keep",
		"-E -t 192.0.2.1:80 -b flag-1 --keep",
	}
	const want = "-A -t 192.0.2.1:80 -s sh -p 90 -M 255.255.0.0 -b sh-fallback\n" +
		"-a -t 192.0.2.1:80 -r 10.0.0.1:8080 -m -w 0 -x 9 -y 4\n" +
		"-a -t 192.0.2.1:80 -r 10.0.0.2:80 -i -w 2 --tun-type gue --tun-port 6080 --tun-csum -x 7\n"
	var all string
	for _, line := range lines {
		all += line + "\n"
	}
	for _, how := range []func(*testSystem){
		func(s *testSystem) {
			s.restore(t, keepRules)
			for _, line := range lines {
				s.do(t, "ipvsadm "+line)
			}
		},
		func(s *testSystem) { s.restore(t, keepRules+all) },
		func(s *testSystem) { require.Equal(t, result{}, s.input(keepRules+all, "ipvsadm-restore")) },
		func(s *testSystem) { require.Equal(t, result{}, s.input(keepRules+all, replaceLine)) },
	} {
		s := newTestSystem(t)
		how(s)
		require.Equal(t, want, s.saved(t))
	}
}

// --ensure succeeds whenever the table is then as asked, and sends nothing if it was so.
func TestEnsure(t *testing.T) {
	s := newTestSystem(t)
	const lines = "-A -f 7 -s rr --ensure\n-a -f 7 -r 10.0.0.1 -m -w 2 --ensure\n-a -f 7 -r 10.0.0.2 --ensure\n" +
		"-d -f 7 -r 10.0.0.3 --ensure\n-d -f 9 -r 10.0.0.3 --ensure\n-D -f 8 --ensure\n"
	const want = "-A -f 7 -s rr\n-a -f 7 -r 10.0.0.1:0 -m -w 2\n-a -f 7 -r 10.0.0.2:0 -g -w 1\n"
	all := s.journal()
	s.restore(t, lines)
	require.Equal(t, want, s.saved(t))
	made := len(*all)
	require.Equal(t, 6, made)
	s.restore(t, lines)
	require.Equal(t, made+3, len(*all), "only what deletes is sent again")

	// What differs is changed, to defaults where nothing is named.
	s.do(t, "ipvsadm -E -f 7 -s wrr -p 9", "ipvsadm -e -f 7 -r 10.0.0.1 -i -w 9", "ipvsadm -a -f 7 -r 10.0.0.3", "ipvsadm -A -f 8")
	s.restore(t, lines)
	require.Equal(t, want, s.saved(t))
	for line := range strings.Lines(lines) {
		s.do(t, "ipvsadm "+strings.TrimSpace(line))
	}
	require.Equal(t, want, s.saved(t))

	// With --keep, that stays.
	s.do(t, "ipvsadm -E -f 7 -s wrr -p 9", "ipvsadm -e -f 7 -r 10.0.0.1 -i -w 9",
		"ipvsadm -A -f 7 -s rr --ensure --keep", "ipvsadm -a -f 7 -r 10.0.0.1 -w 2 --ensure --keep")
	require.Equal(t, "-A -f 7 -s rr -p 9\n-a -f 7 -r 10.0.0.1:0 -i -w 2 --tun-type ipip\n-a -f 7 -r 10.0.0.2:0 -g -w 1\n", s.saved(t))
	s.do(t, "ipvsadm -D -f 7 --ensure", "ipvsadm -D -f 7 --ensure")
	require.Empty(t, s.saved(t))
}

// A replacement simulates these lines, and a service of theirs counts.
func TestReplaceEnsure(t *testing.T) {
	s := newTestSystem(t)
	s.do(t, "ipvsadm -A -f 7 -s sh -p 9", "ipvsadm -A -f 8")
	const wanted = "-A -f 7 -s rr --ensure\n-A -f 7 -p 5 --ensure --keep\n-a -f 7 -r 10.0.0.1 --ensure\n" +
		"-a -f 7 -r 10.0.0.1 -w 5 --ensure\n-D -f 9 --ensure\n-d -f 9 -r 10.0.0.1 --ensure\n"
	require.Equal(t, result{}, s.input(wanted, replaceLine))
	require.Equal(t, "-A -f 7 -s rr -p 5\n-a -f 7 -r 10.0.0.1:0 -g -w 5\n", s.saved(t))
	require.Equal(t, result{
		stderr: "line 1: -E -f 7 --keep: No such service\n" +
			"line 2: -a -f 7 -r 10.0.0.1 --ensure: Service not defined\n" +
			"line 4: -e -f 7 -r 10.0.0.1 --keep: No such destination\n",
		code: 2,
	}, s.input("-E -f 7 --keep\n-a -f 7 -r 10.0.0.1 --ensure\n-A -f 7\n-e -f 7 -r 10.0.0.1 --keep\n", replaceLine))
}

func TestKeepRefusals(t *testing.T) {
	s := newTestSystem(t)
	s.do(t, "ipvsadm -A -f 7")
	for line, want := range map[string]result{
		"ipvsadm -E -f 8 --keep":                {stderr: "No such service\n", code: 255},
		"ipvsadm -e -f 8 -r 10.0.0.1 --keep":    {stderr: "Service not defined\n", code: 255},
		"ipvsadm -e -f 7 -r 10.0.0.1 --keep":    {stderr: "No such destination\n", code: 255},
		"ipvsadm -a -f 8 -r 10.0.0.1 --ensure":  {stderr: "Service not defined\n", code: 255},
		"ipvsadm -A -f 8 -s nosuch --ensure":    {stderr: "Scheduler or persistence engine not found\n", code: 255},
		"ipvsadm -E -f 7 -s nosuch --keep":      {stderr: "Scheduler or persistence engine not found\n", code: 255},
		"ipvsadm -a -f 7 -r 224.0.0.1 --ensure": {stderr: "Invalid operation.  Possibly wrong module version, address not unicast, ...\n", code: 255},
		"ipvsadm -A -f 7 --keep":                {stderr: "The option 'keep' requires the 'ensure' option in the 'add-service' command\n", code: 2},
	} {
		require.Equal(t, want, s.input("", line), line)
	}
	require.Equal(t, "-A -f 7 -s wlc\n", s.saved(t))
}

// Two that ensure the same at once both succeed.
func TestEnsureRace(t *testing.T) {
	s := newTestSystem(t)
	other := s.another(t)
	rivals := map[byte]ipvsnl.Change{
		newService: ipvsnl.AddService(ipvsnl.Service{Key: ipvsnl.ServiceKey{Mark: 7}, Scheduler: "sh"}),
		newDest: ipvsnl.AddDestination(ipvsnl.ServiceKey{Mark: 7},
			ipvsnl.Destination{Addr: netip.MustParseAddrPort("10.0.0.1:0"), Weight: 9}),
	}
	s.before = func(r request) error {
		rival, ok := rivals[r.command]
		delete(rivals, r.command)
		if !ok {
			return nil
		}
		return other.Apply(t.Context(), rival)
	}
	s.restore(t, "-A -f 7 -s rr --ensure\n-a -f 7 -r 10.0.0.1 --ensure\n")
	require.Empty(t, rivals)
	require.Equal(t, "-A -f 7 -s rr\n-a -f 7 -r 10.0.0.1:0 -g -w 1\n", s.saved(t))
}
