// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCutCounters cuts the counters of real servers alone.
func TestCutCounters(t *testing.T) {
	const listing = `TCP  192.0.2.1:80                        3       36       25     2364     2074
  -> 10.2.0.11:80                        3       18       12     1182     1011K
  -> 10.2.0.12:80                 Masq    1      0          3
`
	require.Equal(t, `TCP  192.0.2.1:80                        3       36       25     2364     2074
  -> 10.2.0.11:80                        0        0        0     1182     1011K
  -> 10.2.0.12:80                 Masq    1      0          3
`, cutCounters(listing))
}
