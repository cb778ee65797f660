// SPDX-License-Identifier: Apache-2.0

package main

import (
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/cgroup"
	"github.com/ipvsadm-go/ipvsadm/internal/files"
)

// A run that reaches its first garbage collection is long enough to find out how much memory is
// available. Most commands end before.
func init() {
	atCollection(func() { useMemory(os.Getenv, cgroup.MemoryLimit()) })
}

// atCollection calls f after the next garbage collection. A finalizer, unlike a cleanup, starts no thread.
func atCollection(f func()) {
	runtime.SetFinalizer(new([64]byte), func(*[64]byte) { f() })
}

// fewer is the GOGC of a long run. Its live heap is small compared with its garbage: collecting less often costs some
// megabytes and makes a long restore faster. Still fewer collections would not make it faster.
const fewer = 200

// besides is the memory of a process in addition to its live heap: its code, memory of the kernel on its behalf, and what
// the Go runtime needs.
const besides = 5 << 20

// useMemory sets how much memory is used before garbage is collected, given the limit of the control groups.
// Settings of the user take precedence.
func useMemory(getenv func(string) string, limit int64) {
	if getenv("GOGC") == "" {
		debug.SetGCPercent(fewer)
	}
	if getenv("GOMEMLIMIT") == "" && limit != cgroup.NoLimit {
		// The runtime counts about as much memory that it never touches as the code takes, which it does not count.
		debug.SetMemoryLimit(limit)
		w := heapWatch{
			limit:    limit - besides,
			heap:     heap,
			collect:  runtime.GC,
			next:     atCollection,
			keepCode: func() { keepCode(lockUsed) },
		}
		w.look()
	}
}

// A heapWatch stops saving memory once the live heap leaves no room for the rest of the process: each collection would
// free next to nothing, and the kernel would drop pages of code that are needed at once, without an end. With the code
// kept, the run either fits or is killed.
type heapWatch struct {
	limit    int64 // of the live heap
	heap     func() int64
	collect  func()
	next     func(func()) // calls a function after the next collection
	keepCode func()
}

func (w *heapWatch) look() {
	heap := w.heap()
	if heap > w.limit {
		w.collect() // and wait until all garbage of the last collection, which is part of the heap, is freed
		heap = w.heap()
	}
	if heap <= w.limit {
		w.next(w.look)
		return
	}
	debug.SetMemoryLimit(math.MaxInt64)
	w.keepCode()
}

func heap() int64 {
	var m runtime.MemStats // package runtime/metrics has more to do at start
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// keepCode has the pages of the program's file locked.
func keepCode(lock func(memoryRange)) {
	maps, _ := files.Read("/proc/self/maps")
	for _, r := range codeOf(string(maps)) {
		lock(r)
	}
}

// lockUsed keeps pages in memory from when they are first used, if the process may do that.
func lockUsed(r memoryRange) {
	const onFault = 1 // MLOCK_ONFAULT
	_, _, _ = unix.Syscall(unix.SYS_MLOCK2, r.start, r.end-r.start, onFault)
}

// A memoryRange is a range of addresses.
type memoryRange struct{ start, end uintptr }

// codeOf returns the ranges with read-only pages of files, given the contents of /proc/self/maps.
func codeOf(maps string) (ranges []memoryRange) {
	for line := range strings.Lines(maps) {
		f := strings.Fields(line) // address, permissions, offset, device, inode, file
		if len(f) < 6 || f[4] == "0" || strings.Contains(f[1], "w") {
			continue
		}
		from, to, _ := strings.Cut(f[0], "-")
		start, err := strconv.ParseUint(from, 16, strconv.IntSize)
		end, err2 := strconv.ParseUint(to, 16, strconv.IntSize)
		if err == nil && err2 == nil {
			ranges = append(ranges, memoryRange{uintptr(start), uintptr(end)})
		}
	}
	return ranges
}
