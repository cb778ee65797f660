// SPDX-License-Identifier: Apache-2.0

package main

import (
	"math"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/cgroup"
)

// afterCollection returns after a collection and the functions that were to be called at it.
func afterCollection() {
	for range 2 { // the order of functions is arbitrary
		called := make(chan bool)
		atCollection(func() { close(called) })
		runtime.GC()
		<-called
	}
}

func TestUseMemory(t *testing.T) {
	afterCollection() // which uses the memory of this machine
	for _, c := range []struct {
		gogc, gomemlimit string
		limit            int64
		wantPercent      int
		wantLimit        int64
	}{
		{"", "", cgroup.NoLimit, 400, math.MaxInt64},
		{"", "", 1 << 30, 400, 1 << 30},
		{"50", "", 1 << 30, 77, 1 << 30},
		{"", "9MiB", 1 << 30, 400, 55 << 20},
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

// The memory limit holds as long as the live heap leaves room for the rest.
func TestHeapWatch(t *testing.T) {
	afterCollection()
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(1 << 30))
	var live, garbage int64
	var later []func()
	collections, kept := 0, 0
	w := heapWatch{
		limit:    100,
		heap:     func() int64 { return live + garbage },
		collect:  func() { garbage, collections = 0, collections+1 },
		next:     func(f func()) { later = append(later, f) },
		keepCode: func() { kept++ },
	}
	w.look()
	live = 100
	later[0]()
	require.Zero(t, collections)
	garbage = 1
	later[1]()
	require.Equal(t, 1, collections)
	require.Len(t, later, 3)
	require.EqualValues(t, 1<<30, debug.SetMemoryLimit(-1))
	require.Zero(t, kept)
	live = 101
	later[2]()
	require.Len(t, later, 3)
	require.Equal(t, int64(math.MaxInt64), debug.SetMemoryLimit(-1))
	require.Equal(t, 1, kept)
}

func TestHeap(t *testing.T) {
	b := make([]byte, 64<<20)
	runtime.GC()
	require.Greater(t, heap(), int64(len(b)))
	require.Less(t, heap(), int64(len(b)+32<<20))
	runtime.KeepAlive(b)
}

// Code is what is mapped from files and never written.
func TestCodeOf(t *testing.T) {
	require.Equal(t, []memoryRange{{0x400000, 0x599000}, {0x599000, 0x79a000}}, codeOf(`00400000-00599000 r-xp 00000000 00:0f 9999102                            /usr/sbin/ipvsadm
00599000-0079a000 r--p 00199000 00:0f 9999102                            /usr/sbin/ipvsadm (deleted)
0079a000-007b2000 rw-p 0039a000 00:0f 9999102                            /usr/sbin/ipvsadm
007b2000-007ef000 rw-p 00000000 00:00 0
7ffd1-7ffd2 r--p 00000000 00:00 0                                         [vvar]
zz-7ffd2 r--p 00000000 00:0f 1 /x
7ffd2-zz r--p 00000000 00:0f 1 /x
7ffd2 r--p 00000000 00:0f
`))
	require.Empty(t, codeOf(""))
}

// What is locked includes the code that runs.
func TestKeepCode(t *testing.T) {
	here, _, _, _ := runtime.Caller(0)
	found := false
	keepCode(func(r memoryRange) { found = found || r.start <= here && here < r.end })
	require.True(t, found)
}
