// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// Metrics are those of all services and of the namespace, or of one service.
func TestMetrics(t *testing.T) {
	s := newListed(t)
	s.total = ipvsnl.Stats{Conns: 777}
	got := s.input("", "ipvsadm -L --metrics")
	require.Empty(t, got.stderr)
	require.Zero(t, got.code)
	const first = `{protocol="",address="",port="",mark="1",family="IPv4"`
	for _, line := range []string{
		"ipvs_connections_total 777",
		"ipvs_service_connections_total" + first + "} 100",
		"ipvs_service_destinations" + first + "} 3",
		"ipvs_destination_weight" + first + `,destination_address="10.0.0.1",destination_port="0"} 3`,
		"ipvs_destination_active_connections" + first + `,destination_address="10.0.0.3",destination_port="0"} 2`,
	} {
		require.Contains(t, got.stdout, "\n"+line+"\n")
	}
	require.Equal(t, got, s.input("", "ipvsadm -Ln --metrics"))

	got = s.input("", "ipvsadm -L --metrics -f 2")
	require.Zero(t, got.code)
	require.NotContains(t, got.stdout, "ipvs_connections_total")
	require.NotContains(t, got.stdout, `mark="1"`)
	require.Contains(t, got.stdout, `mark="2",family="IPv4",destination_address="10.0.0.9",destination_port="0"} 3`)
	require.Equal(t, result{stderr: "No such service\n", code: 1}, s.input("", "ipvsadm -L --metrics -f 9"))
}

// Metrics that cannot be read are not written at all.
func TestMetricsFail(t *testing.T) {
	s := newListed(t)
	s.noTotal = errors.New("no totals")
	require.Equal(t, result{stderr: "no totals\n", code: 1}, s.input("", "ipvsadm -L --metrics"))
	s.noTotal = nil
	s.breakReading(getDest)
	require.Equal(t, result{stderr: "Cannot list destinations: netlink send: broken\n", code: 1}, s.input("", "ipvsadm -L --metrics"))
	s.breakReading(getService)
	require.Equal(t, result{stderr: "Cannot list services: netlink send: broken\n", code: 1}, s.input("", "ipvsadm -L --metrics"))
}

// jsonLines returns the objects on the lines of a text.
func jsonLines(t *testing.T, text string) (all []map[string]any) {
	t.Helper()
	for line := range strings.Lines(text) {
		var v map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &v), line)
		all = append(all, v)
	}
	return all
}

// watched returns what a watch as JSON writes on its first two lines.
func (s *testSystem) watched(t *testing.T, words string) []map[string]any {
	t.Helper()
	c, err := flags.Parse(strings.Fields("-L --json --watch 1 "+words), testNames{})
	require.NoError(t, err)
	var out bytes.Buffer
	lines := 0
	r := newRunner(&s.system, newConsole("ipvsadm", nil, writerFunc(func(b []byte) (int, error) {
		if lines++; lines == 3 {
			raiseSignal(unix.SIGTERM)
			select {}
		}
		return out.Write(b)
	}), io.Discard))
	require.Zero(t, r.open(t.Context(), ""))
	w := r.watcher(&c)
	w.every = 0
	require.Zero(t, w.watch(t.Context()))
	r.close()
	all := jsonLines(t, out.String())
	require.Len(t, all, 2, words)
	return all
}

// A watch as JSON writes an object on each line, even on a terminal.
func TestWatchJSON(t *testing.T) {
	s := newListed(t)
	s.connTable = emptyTable + "TCP 0A000063 C002 C0000201 0050 0A000001 0050 ESTABLISHED 899\n"
	for words, array := range map[string]string{"": "services", "-c": "connections", "-c --count": "counts"} {
		before := time.Now().Add(-time.Second)
		for _, v := range s.watched(t, words) {
			require.Len(t, v, 2)
			require.NotEmpty(t, v[array])
			at, err := time.Parse(time.RFC3339, v["time"].(string))
			require.NoError(t, err)
			require.True(t, at.After(before) && at.Before(time.Now().Add(time.Second)), at)
		}
	}
}

// A first listing that fails leaves no part of a line.
func TestWatchJSONFails(t *testing.T) {
	s := newListed(t)
	s.breakReading(getDest)
	require.Equal(t, result{stderr: "Cannot list destinations: netlink send: broken\n", code: 1},
		s.input("", "ipvsadm -L --json --watch 1"))
}

// A line is not drawn on a terminal.
func TestWatchJSONTerminal(t *testing.T) {
	t.Setenv("TERM", "xterm")
	term := newTerminal(t)
	w := newWatcher(term.slave, term.slave, term.slave, nil)
	_, _, ok := w.terminal()
	require.True(t, ok)
	w.lines = true
	_, _, ok = w.terminal()
	require.False(t, ok)
}
