// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"testing"

	"github.com/mdlayher/netlink"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
	"github.com/ipvsadm-go/ipvsadm/internal/test/replay"
	"github.com/ipvsadm-go/ipvsadm/internal/test/replay/cases"
)

// TestRequests sends a kernel what package ipvsnl would not: the answers have to be
// those that the tests of ipvsnltest expect of a director in memory.
func TestRequests(t *testing.T) {
	var tap *replay.Tap
	var err error
	kernel.NewNamespace(t).Do(func() { tap, err = replay.NewTap() })
	require.NoError(t, err)
	defer tap.Close()
	conn, err := cases.Dial(tap)
	require.NoError(t, err)
	for _, r := range cases.Requests {
		answer, errno, err := conn.Send(r)
		require.NoError(t, err, r.Name)
		assert.Equal(t, r.Errno, errno, r.Name)
		if r.Flags&netlink.Dump != 0 {
			assert.Len(t, answer, r.Replies, r.Name)
		}
	}
}
