// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/screen"
	"github.com/ipvsadm-go/ipvsadm/internal/top"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// BenchmarkWatch compares a listing of 10,000 services with ten real servers each with a screen of it, which includes
// the listing: all counters of all services change each time. The kernel is in memory; its time is part of both.
func BenchmarkWatch(b *testing.B) {
	s := newBenchSystem(b)
	const words = "-L -n --stats --watch 1 --sort-by inpkts"
	b.Run("listing", func(b *testing.B) {
		r, c := openBench(b, s, strings.Replace(words, " --watch 1", "", 1))
		measure(b, func() {
			s.change()
			con := newConsole("ipvsadm", nil, io.Discard, io.Discard)
			require.NoError(b, r.lister(con).list(b.Context(), c))
		})
	})
	b.Run("screen", func(b *testing.B) {
		r, c := openBench(b, s, words)
		null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
		require.NoError(b, err)
		defer null.Close()
		out, err := screen.Open(null, null, true)
		require.NoError(b, err)
		p := r.watchPlace("")
		w := newScreenWatcher(r, c, p, null, null)
		w.view.Resize(200, 60)
		var unused *top.Sample
		measure(b, func() {
			s.change()
			got := w.read(b.Context(), unused)
			require.NoError(b, got.err)
			unused = w.view.Model.Update(got.sample)
			w.view.Update()
			require.NoError(b, out.Draw(w.view.Rows(), 200, 60))
		})
	})
}

// newBenchSystem returns a system with that table.
func newBenchSystem(b *testing.B) *testSystem {
	s := newTestSystem(b)
	var rules strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&rules, "-A -f %d -s rr\n", i+1)
		for j := range 10 {
			fmt.Fprintf(&rules, "-a -f %d -r 10.%d.%d.%d\n", i+1, i/256, i%256, j)
		}
	}
	require.Zero(b, s.input(rules.String(), "ipvsadm -R").code)
	return s
}

func openBench(b *testing.B, s *testSystem, words string) (*runner, *flags.Command) {
	c, err := flags.Parse(strings.Fields(words), testNames{})
	require.NoError(b, err)
	r := newRunner(&s.system, newConsole("ipvsadm", nil, nil, nil))
	require.Equal(b, exitDone, r.open(b.Context(), ""))
	b.Cleanup(r.close)
	return r, &c
}

// change changes a figure of each service.
func (s *testSystem) change() {
	for i := range uint32(10_000) {
		s.director.SetService(ipvsnl.ServiceKey{Mark: i + 1}, func(s *ipvsnl.ServiceState) { s.Stats.InPkts += uint64(i * 7919 % 1000) })
	}
}

// measure runs f and reports how much time of processors it takes.
func measure(b *testing.B, f func()) {
	f()
	before := processorTime(b)
	for b.Loop() {
		f()
	}
	b.ReportMetric(float64(processorTime(b)-before)/1e6/float64(b.N), "cpu-ms/op")
}

// processorTime returns how long the process has used processors, in nanoseconds.
func processorTime(b *testing.B) int64 {
	var u unix.Rusage
	require.NoError(b, unix.Getrusage(unix.RUSAGE_SELF, &u))
	return u.Utime.Nano() + u.Stime.Nano()
}
