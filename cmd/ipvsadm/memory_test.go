// SPDX-License-Identifier: Apache-2.0

package main

import (
	"math"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/cgroup"
)

func TestUseMemory(t *testing.T) {
	for _, c := range []struct {
		gogc, gomemlimit string
		limit            int64
		wantPercent      int
		wantLimit        int64
	}{
		{"", "", cgroup.NoLimit, 400, math.MaxInt64},
		{"", "", 16 << 20, 400, 14 << 20},
		{"", "", 2 << 20, 400, 1 << 20},
		{"50", "", 16 << 20, 77, 14 << 20},
		{"", "9MiB", 16 << 20, 400, 55 << 20},
		{"50", "off", cgroup.NoLimit, 77, 55 << 20},
	} {
		oldPercent, oldLimit := debug.SetGCPercent(77), debug.SetMemoryLimit(55<<20)
		if c.gomemlimit == "" && c.limit == cgroup.NoLimit {
			debug.SetMemoryLimit(math.MaxInt64)
		}
		useMemory(func(name string) string {
			return map[string]string{"GOGC": c.gogc, "GOMEMLIMIT": c.gomemlimit}[name]
		}, c.limit)
		require.Equal(t, c.wantLimit, debug.SetMemoryLimit(oldLimit))
		require.Equal(t, c.wantPercent, debug.SetGCPercent(oldPercent))
	}
}
