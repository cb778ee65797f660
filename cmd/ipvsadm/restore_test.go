// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestProgress(t *testing.T) {
	for _, c := range []struct {
		done, begun int
		cleared     bool
		want        string
	}{
		{0, 0, false, "nothing was sent from line 1 on"},
		{0, 0, true, "nothing was sent from line 1 on"},
		{7, 7, false, "lines 1 to 7 are done, nothing was sent from line 8 on"},
		{7, 7, true, "the table was cleared and lines 1 to 7 are done, nothing was sent from line 8 on"},
		{0, 512, false, "lines 1 to 512 are in doubt, nothing was sent from line 513 on"},
		{0, 511, true, "whether the table was cleared is in doubt, lines 1 to 511 are in doubt, nothing was sent from line 512 on"},
		{128, 511, true, "the table was cleared and lines 1 to 128 are done, lines 129 to 511 are in doubt, nothing was sent from line 512 on"},
	} {
		require.Equal(t, c.want, progress(c.done, c.begun, c.cleared))
	}
}
