// SPDX-License-Identifier: Apache-2.0

package cgroup

import (
	"io/fs"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMemoryLimit(t *testing.T) {
	const self = "/proc/self/cgroup"
	for _, c := range []struct {
		name  string
		files map[string]string
		want  int64
	}{
		{"nothing", nil, NoLimit},
		{"no limit", map[string]string{self: "0::/a\n", "/sys/fs/cgroup/a/memory.max": "max\n"}, NoLimit},
		{"limit", map[string]string{self: "0::/a/b\n", "/sys/fs/cgroup/a/b/memory.max": "8388608\n"}, 8 << 20},
		{"limit above", map[string]string{
			self: "0::/a/b\n", "/sys/fs/cgroup/a/b/memory.max": "max\n", "/sys/fs/cgroup/a/memory.max": "7\n",
		}, 7},
		{"the smaller one", map[string]string{
			self: "0::/a/b\n", "/sys/fs/cgroup/a/b/memory.max": "9\n", "/sys/fs/cgroup/a/memory.max": "10\n",
		}, 9},
		{"container", map[string]string{self: "0::/\n", "/sys/fs/cgroup/memory.max": "8\n"}, 8},
		{"version 1", map[string]string{
			self: "5:cpu,cpuacct:/x\n4:memory:/a:b\n0::/y\n",
			"/sys/fs/cgroup/memory/a:b/memory.limit_in_bytes": "5\n",
		}, 5},
		{"container of version 1", map[string]string{
			self: "4:memory:/docker/1\n", "/sys/fs/cgroup/memory/memory.limit_in_bytes": "6\n",
		}, 6},
		{"no limit of version 1", map[string]string{
			self: "4:memory:/\n", "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
		}, NoLimit},
		{"no limit of version 1, large pages", map[string]string{
			self: "4:memory:/\n", "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854513664\n",
		}, NoLimit},
		{"large limit", map[string]string{self: "0::/\n", "/sys/fs/cgroup/memory.max": "9223372036854513663\n"}, 9223372036854513663},
		{"nonsense", map[string]string{self: "x\n0::/\n0:\n\n0::\n", "/sys/fs/cgroup/memory.max": "-1\n"}, NoLimit},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, memoryLimit(func(name string) ([]byte, error) {
				text, ok := c.files[name]
				if !ok {
					return nil, fs.ErrNotExist
				}
				return []byte(text), nil
			}))
		})
	}
}
