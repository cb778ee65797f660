// SPDX-License-Identifier: Apache-2.0

// Package cgroup finds the memory limit of the process.
package cgroup

import (
	"math"
	"path"
	"strconv"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/files"
)

// NoLimit is the limit of a process that has none.
const NoLimit int64 = math.MaxInt64

// maxPage is the largest size of a page of memory on any machine.
const maxPage = 256 << 10

// The usual mount points of control group hierarchies, and the name of the file with the limit of a group.
const (
	root   = "/sys/fs/cgroup"
	file   = "memory.max"
	rootV1 = "/sys/fs/cgroup/memory"
	fileV1 = "memory.limit_in_bytes"
)

// MemoryLimit returns how many bytes of memory the process's control groups allow.
func MemoryLimit() int64 { return memoryLimit(files.Read) }

func memoryLimit(read func(name string) ([]byte, error)) int64 {
	limit := NoLimit
	groups, _ := read("/proc/self/cgroup") // without it, there is no limit
	for line := range strings.Lines(string(groups)) {
		fields := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		if len(fields) < 3 {
			continue
		}
		switch controllers, group := fields[1], fields[2]; controllers {
		case "":
			limit = min(limit, limitOf(read, root, group, file))
		case "memory":
			limit = min(limit, limitOf(read, rootV1, group, fileV1))
		}
	}
	return limit
}

// limitOf returns the smallest limit of a group and its ancestors. In a container, the topmost group may be its own, while
// its name is still the one on the host.
func limitOf(read func(name string) ([]byte, error), root, group, file string) int64 {
	limit := NoLimit
	for {
		text, err := read(path.Join(root, group, file))
		if err == nil {
			limit = min(limit, parse(strings.TrimSpace(string(text))))
		}
		if group == "/" || group == "." {
			return limit
		}
		group = path.Dir(group)
	}
}

// parse reads a limit, which is a number or "max". Version 1 has the largest number of whole pages for "max".
func parse(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n <= 0 || n > NoLimit-maxPage {
		return NoLimit
	}
	return n
}
