// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

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
	percent := debug.SetGCPercent(fewer)
	defer debug.SetGCPercent(percent)
	require.True(t, percent == fewer || os.Getenv("GOGC") != "")
	for _, c := range []struct {
		gogc, gomemlimit string
		limit            int64
		wantPercent      int
		wantLimit        int64
	}{
		{"", "", cgroup.NoLimit, 200, 55 << 20},
		{"", "", 1 << 30, 200, 1 << 30},
		{"50", "", 1 << 30, 77, 1 << 30},
		{"", "9MiB", 1 << 30, 200, 55 << 20},
		{"50", "off", cgroup.NoLimit, 77, 55 << 20},
	} {
		oldPercent, oldLimit := debug.SetGCPercent(77), debug.SetMemoryLimit(55<<20)
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
7ffd2-7ffd3 r--p 00000000 00:0f 1
`))
	require.Empty(t, codeOf(""))
}

// Pages are locked without being read.
func TestLockUsed(t *testing.T) {
	page := os.Getpagesize()
	b, err := unix.Mmap(-1, 0, 4*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	require.NoError(t, err)
	defer func() { require.NoError(t, unix.Munmap(b)) }()
	before := locked(t)
	start := uintptr(unsafe.Pointer(&b[page]))
	lockUsed(memoryRange{start, start + uintptr(2*page)})
	want := 2 * page
	if _, _, errno := unix.Syscall(unix.SYS_MLOCK2, 0, 0, 0); errno == unix.ENOSYS { // as with emulators
		want = 0
	}
	require.Equal(t, want, locked(t)-before)
}

// Without room for the rest of the process, the code is locked, if the process may do so.
func TestLockCode(t *testing.T) {
	afterCollection()
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(math.MaxInt64))
	const much = 32 << 20
	b, err := unix.Mmap(-1, 0, much, unix.PROT_READ, unix.MAP_PRIVATE|unix.MAP_ANON)
	require.NoError(t, err)
	defer func() { require.NoError(t, unix.Munmap(b)) }()
	before := locked(t)
	start := uintptr(unsafe.Pointer(&b[0]))
	lockUsed(memoryRange{start, start + much})
	may := locked(t) > before
	require.NoError(t, unix.Munlock(b))
	useMemory(os.Getenv, besides)
	require.Equal(t, int64(math.MaxInt64), debug.SetMemoryLimit(-1))
	require.True(t, !may || locked(t) > before)
	keepCode(func(r memoryRange) { _, _, _ = unix.Syscall(unix.SYS_MUNLOCK, r.start, r.end-r.start, 0) })
}

// locked is how many bytes of the process are locked.
func locked(t *testing.T) (n int) {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	require.NoError(t, err)
	_, after, _ := strings.Cut(string(status), "VmLck:")
	_, err = fmt.Sscan(after, &n)
	require.NoError(t, err)
	return n << 10
}

// What is locked includes the code that runs.
func TestKeepCode(t *testing.T) {
	here, _, _, _ := runtime.Caller(0)
	found := false
	keepCode(func(r memoryRange) { found = found || r.start <= here && here < r.end })
	require.True(t, found)
}
