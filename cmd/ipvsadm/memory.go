// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"runtime"
	"runtime/debug"

	"github.com/ipvsadm-go/ipvsadm/internal/cgroup"
)

// A run that reaches its first garbage collection is long enough to find out how much memory is
// available. Most commands end before. A finalizer, unlike a cleanup, starts no thread.
func init() {
	runtime.SetFinalizer(new([64]byte), func(*[64]byte) { useMemory(os.Getenv, cgroup.MemoryLimit()) })
}

// fewer is the GOGC of a long run. Its live heap is small compared with its garbage: collecting less often costs some
// megabytes and makes a long restore considerably faster.
const fewer = 400

// besides is the memory of a process outside the Go runtime: its code, and memory of the kernel on its behalf.
const besides = 2 << 20

// useMemory sets how much memory is used before garbage is collected, given the limit of the control groups.
// Settings of the user take precedence.
func useMemory(getenv func(string) string, limit int64) {
	if getenv("GOGC") == "" {
		debug.SetGCPercent(fewer)
	}
	if getenv("GOMEMLIMIT") == "" && limit != cgroup.NoLimit {
		debug.SetMemoryLimit(max(limit-besides, limit/2))
	}
}
