// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// partRules are a table with all sorts of services, by what selects them.
var partRules = map[string]string{
	"a": "-A -t 192.0.2.1:80 -s wlc\n-a -t 192.0.2.1:80 -r 10.0.0.1:80 -m -w 1 -x 9 -y 5\n",
	"b": "-A -u 192.0.3.1:53 -s rr\n",
	"c": "-A -t [2001:db8::1]:80 -s wlc\n-a -t [2001:db8::1]:80 -r [2001:db8::2]:80 -m -w 1\n",
	"d": "-A -f 7 -s wlc\n",
	"e": "-A -f 7 -6 -s wlc\n",
}

// rulesOf returns the rules of services, in order.
func rulesOf(services string) string {
	var b strings.Builder
	for _, s := range services {
		b.WriteString(partRules[string(s)])
	}
	return b.String()
}

// parts are the services that each selection has.
var parts = map[string]string{
	"-4":                   "abd",
	"-6":                   "ce",
	"--vip 192.0.2.0/24":   "a",
	"--vip 192.0.2.0/23":   "ab",
	"--vip ::/0":           "c",
	"--marks":              "de",
	"--marks -6":           "e",
	"-4 --vip 192.0.3.1":   "b",
	"--vip 198.51.100.0/8": "",
}

func newParts(t *testing.T) *testSystem {
	s := newTestSystem(t)
	s.restore(t, rulesOf("abcde"))
	return s
}

// saved returns the rules of a system, with everything that a part may lose.
func saved(t *testing.T, s *testSystem) string {
	t.Helper()
	got := s.input("", "ipvsadm -S -n --thresholds")
	require.Empty(t, got.stderr)
	return got.stdout
}

func TestListPart(t *testing.T) {
	s := newParts(t)
	for words, services := range parts {
		require.Equal(t, result{stdout: orderedRules(t, services)}, s.input("", "ipvsadm -S -n --thresholds "+words), words)
		require.Equal(t, result{stdout: orderedRules(t, services)}, s.input("", "ipvsadm -S -n --thresholds --stable "+words), words)
		require.Equal(t, result{stdout: orderedRules(t, services)}, s.input("", "ipvsadm -C --dry-run "+words), words)
		require.Equal(t, orderedRules(t, "abcde"), saved(t, s))
		other := newTestSystem(t)
		other.restore(t, rulesOf(services))
		for _, form := range []string{"-L -n", "-L", "-L -n --stats", "-L --json", "-L -n --sort-by conns"} {
			require.Equal(t, other.input("", "ipvsadm "+form), s.input("", "ipvsadm "+form+" "+words), words)
		}
	}
	require.Equal(t, result{stdout: orderedRules(t, "abcde")}, s.input("", "ipvsadm -C --dry-run"))
	require.Equal(t, orderedRules(t, "abcde"), saved(t, s))
	wrapped := s.input("", "ipvsadm-save -n --thresholds -4 --vip 192.0.2.1")
	require.Equal(t, result{stdout: orderedRules(t, "a")}, wrapped)
}

// orderedRules returns the rules of services as a save writes them.
func orderedRules(t *testing.T, services string) string {
	t.Helper()
	s := newTestSystem(t)
	s.restore(t, rulesOf(services))
	return saved(t, s)
}

// without returns the services that are not among others.
func without(all, others string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(others, r) {
			return -1
		}
		return r
	}, all)
}

func TestClearPart(t *testing.T) {
	for words, services := range parts {
		s := newParts(t)
		changes := 0
		s.before = func(r request) error {
			require.NotEqual(t, byte(flush), r.command)
			if r.changes() {
				changes++
			}
			return nil
		}
		require.Equal(t, result{}, s.input("", "ipvsadm -C "+words))
		require.Equal(t, orderedRules(t, without("abcde", services)), saved(t, s), words)
		require.Equal(t, min(1, len(services)), changes)
	}
}

func TestZeroPart(t *testing.T) {
	keys := map[string]ipvsnl.ServiceKey{"d": {Mark: 7}, "e": {Mark: 7, IPv6: true}}
	for words, services := range parts {
		s := newParts(t)
		for _, key := range keys {
			require.True(t, s.director.SetService(key, func(s *ipvsnl.ServiceState) { s.Stats.Conns = 55 }))
		}
		require.Equal(t, result{}, s.input("", "ipvsadm -Z "+words))
		for name, key := range keys {
			require.True(t, s.director.SetService(key, func(state *ipvsnl.ServiceState) {
				require.Equal(t, strings.Contains(services, name), state.Stats.Conns == 0, "%s: %s", words, name)
			}))
		}
		require.Equal(t, orderedRules(t, "abcde"), saved(t, s))
	}
}

// A part is cleared one at a time with restores, and not by a line of rules.
func TestClearPartLocked(t *testing.T) {
	s := newParts(t)
	first, _ := newLocker(t, s.lockPath, 0)
	unlock, err := first.lock(t.Context())
	require.NoError(t, err)
	defer unlock()
	got := s.input("", "ipvsadm -C -4 --wait 0")
	require.Equal(t, 2, got.code)
	require.Equal(t, orderedRules(t, "abcde"), saved(t, s))
	require.Equal(t, result{}, s.input("", "ipvsadm -Z -4"))
	require.Equal(t, result{stdout: orderedRules(t, "de")}, s.input("", "ipvsadm -C --dry-run --marks"))
}

func TestPartInLine(t *testing.T) {
	for line, option := range map[string]string{"-C -4": "ipv4", "-Z -6": "ipv6", "-C --vip ::/0": "vip", "-C --marks -4": "marks"} {
		s := newParts(t)
		want := "Illegal '" + option + "' option in a line of rules\n"
		require.Equal(t, result{stderr: want, code: 2}, s.input(line+"\n-C\n", "ipvsadm -R"))
		for _, command := range []string{"ipvsadm-restore", "ipvsadm -R --replace", "ipvsadm -R --dry-run"} {
			require.Equal(t, result{stderr: "line 1: " + line + ": " + want, code: 2}, s.input(line+"\n", command))
		}
		require.Equal(t, orderedRules(t, "abcde"), saved(t, s))
	}
	s := newParts(t)
	require.Equal(t, result{stdout: orderedRules(t, "b")}, s.input("-S -n --vip 192.0.3.0/24\n", "ipvsadm -R"))
}

// What the kernel refuses is reported, service by service; one that is gone is not missed.
func TestPartFails(t *testing.T) {
	s := newParts(t)
	s.breakReading(getService)
	require.Equal(t, result{stderr: "Cannot list services: netlink send: broken\n", code: 255}, s.input("", "ipvsadm -C -4"))
	s = newParts(t)
	s.breakAt(1)
	got := s.input("", "ipvsadm -C --vip 192.0.2.1")
	require.Equal(t, 255, got.code)
	require.Equal(t, "delete service TCP 192.0.2.1:80: this change and later ones are in doubt: netlink send-messages: broken\n", got.stderr)

	var messages safeBuffer
	m := &changer{con: newConsole("ipvsadm", nil, nil, &messages)}
	gone, refused := ipvsnl.ZeroService(ipvsnl.ServiceKey{Mark: 1}), ipvsnl.ZeroService(ipvsnl.ServiceKey{Mark: 2})
	failed := &ipvsnl.ApplyError{InDoubt: -1, Failures: []ipvsnl.Failure{{Change: gone, Err: ipvsnl.ErrServiceNotFound}}}
	require.Equal(t, 0, m.reportPart(failed))
	failed.Failures = append(failed.Failures, ipvsnl.Failure{Change: refused, Err: &ipvsnl.Error{Op: ipvsnl.OpZeroService, Err: unix.EPERM}})
	require.Equal(t, 255, m.reportPart(failed))
	require.Equal(t, 255, m.reportPart(context.Canceled))
	require.Equal(t, "zero counters of service mark 2 IPv4: Permission denied (you must be root)\ncontext canceled\n", messages.String())
	require.Equal(t, 0, m.reportPart(nil))
}
