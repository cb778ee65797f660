// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"runtime"
	"runtime/debug"

	"github.com/ipvsadm-go/ipvsadm/internal/cgroup"
)

// After the first collection of garbage, there is a lot to do, and it is worthwhile to find out how much memory there
// is. Most commands end before. A finalizer, unlike a cleanup, starts no thread.
func init() {
	runtime.SetFinalizer(new([64]byte), func(*[64]byte) { useMemory(os.Getenv, cgroup.MemoryLimit()) })
}

// fewer is the GOGC of a long run. Live data is small compared with garbage, so collecting less often costs a few
// megabytes and saves a good part of a long restore.
const fewer = 400

// besides is how much of a process's memory is not the runtime's: its code, and what the kernel has for it.
const besides = 2 << 20

// useMemory sets how much memory is used before garbage is collected, given the limit of the control groups. What
// the user has set stays.
func useMemory(getenv func(string) string, limit int64) {
	if getenv("GOGC") == "" {
		debug.SetGCPercent(fewer)
	}
	if getenv("GOMEMLIMIT") == "" && limit != cgroup.NoLimit {
		debug.SetMemoryLimit(max(limit-besides, limit/2))
	}
}
