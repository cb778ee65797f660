// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"io"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

const coloredRules = "-A -f 1 -s rr\n-a -f 1 -r 10.0.0.1 -w 0\n-a -f 1 -r 10.0.0.2\n-a -f 1 -r 10.0.0.3 -x 10\n-A -f 2\n"

// Lines that need a look have a colour, whatever the form of the listing, and no others.
func TestColor(t *testing.T) {
	s := newTestSystem(t)
	s.connTable = emptyTable
	s.restore(t, coloredRules)
	require.True(t, s.director.SetDestination(ipvsnl.ServiceKey{Mark: 1}, netip.MustParseAddrPort("10.0.0.3:0"), func(d *ipvsnl.DestinationState) {
		d.ActiveConns, d.InactiveConns = 4, 6
	}))
	const first = "IP Virtual Server version 1.2.1 (size=4096)\n" +
		"Prot LocalAddress:Port Scheduler Flags\n" +
		"  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n"
	require.Equal(t, result{stdout: first + "FWM  1 rr\n" +
		"\x1b[33m  -> 10.0.0.1:0                   Route   0      0          0         \x1b[0m\n" +
		"  -> 10.0.0.2:0                   Route   1      0          0         \n" +
		"\x1b[31m  -> 10.0.0.3:0                   Route   1      4          6         \x1b[0m\n" +
		"\x1b[35mFWM  2 wlc\x1b[0m\n"}, s.input("", "ipvsadm -L -n --color"))
	for _, words := range []string{"", "--stats", "--rate --nosort", "--thresholds --total", "--wide", "--sort-by active --wide --total"} {
		plain, colored := s.input("", "ipvsadm -L -n "+words), s.input("", "ipvsadm -L -n --color=always "+words)
		require.Equal(t, 6, strings.Count(colored.stdout, "\x1b["), words)
		bare := strings.NewReplacer("\x1b[31m", "", "\x1b[33m", "", "\x1b[35m", "", "\x1b[0m", "")
		require.Equal(t, plain.stdout, bare.Replace(colored.stdout), words)
		require.Equal(t, plain, s.input("", "ipvsadm -L -n --color=never "+words))
		require.Equal(t, plain, s.input("", "ipvsadm -L -n --color=auto "+words))
	}
	for _, words := range []string{"--json", "--metrics", "--timeout", "-c"} {
		require.Equal(t, s.input("", "ipvsadm -L "+words), s.input("", "ipvsadm -L --color "+words), words)
	}
}

// So do the pages of a watch that is not drawn.
func TestColorWatch(t *testing.T) {
	s := newTestSystem(t)
	s.restore(t, coloredRules)
	for when, want := range map[string]bool{"": true, "=always": true, "=auto": false, "=never": false} {
		var out bytes.Buffer
		code := s.run([]string{"ipvsadm", "-L", "-n", "--color" + when, "--watch"}, nil, writerFunc(func(b []byte) (int, error) {
			out.Write(b)
			raiseSignal(unix.SIGTERM)
			return len(b), nil
		}), io.Discard)
		require.Equal(t, exitDone, code)
		require.Equal(t, want, strings.Contains(out.String(), "\x1b[35mFWM  2 wlc\x1b[0m\n"), when)
	}
}

// The rows of a watch that is drawn have none.
func TestColorRows(t *testing.T) {
	s := newTestSystem(t)
	s.restore(t, coloredRules)
	w := watchOn(t, s, "-L -n --color --watch", 80, 24)
	w.read(t)
	require.Contains(t, w.screen(), "  FWM  2            wlc ")
	require.NotContains(t, w.screen(), "\x1b")
}

// A watch that is drawn has colours unless it is told otherwise.
func TestColorDrawn(t *testing.T) {
	r := newRunner(&newTestSystem(t).system, newConsole("ipvsadm", nil, nil, nil))
	for _, tt := range []struct {
		when flags.Color
		no   string
		want bool
	}{
		{flags.ColorUnset, "", true},
		{flags.ColorUnset, "1", false},
		{flags.ColorAuto, "", true},
		{flags.ColorAuto, "1", false},
		{flags.ColorNever, "", false},
		{flags.ColorAlways, "1", true},
	} {
		t.Setenv("NO_COLOR", tt.no)
		w := r.watcher(&flags.Command{Listing: flags.Listing{Watch: 1, Color: tt.when}})
		require.Equal(t, tt.want, w.onScreen(nil, nil).colored, tt)
	}
}

// The colours for a terminal can be refused by the environment.
func TestColorTerminal(t *testing.T) {
	s := newTestSystem(t)
	s.restore(t, coloredRules)
	for _, tt := range []struct {
		when, name, value string
		want              bool
	}{
		{"auto", "TERM", "xterm", true},
		{"auto", "TERM", "dumb", false},
		{"auto", "NO_COLOR", "", true},
		{"auto", "NO_COLOR", "1", false},
		{"always", "NO_COLOR", "1", true},
		{"always", "TERM", "dumb", true},
		{"never", "TERM", "xterm", false},
	} {
		t.Run(tt.when+" "+tt.name+"="+tt.value, func(t *testing.T) {
			t.Setenv("NO_COLOR", "")
			term := newTerminal(t)
			t.Setenv(tt.name, tt.value)
			require.Zero(t, s.run(strings.Fields("ipvsadm -L -n --color="+tt.when), nil, term.slave, io.Discard))
			term.wrote(t, "FWM  2 wlc", 1)
			require.Equal(t, tt.want, strings.Contains(term.written.String(), "\x1b[35mFWM  2 wlc\x1b[0m"))
		})
	}
}
