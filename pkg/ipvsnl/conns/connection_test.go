// SPDX-License-Identifier: Apache-2.0

package conns

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// An expiry that has passed is 0, on whatever kernel that was.
func TestExpires(t *testing.T) {
	for raw, want := range map[int64]time.Duration{
		0:                  0,
		1:                  time.Second,
		2678400:            2678400 * time.Second, // the longest timeout that ipvsadm sets
		49 * 24 * 3600:     49 * 24 * time.Hour,
		49*24*3600 + 1:     0,
		4294967:            0, // 32 bits at 1000 jiffies a second
		17179869:           0, // at 250
		42949672:           0, // at 100
		18446744073709551:  0, // 64 bits at 1000
		73786976294838206:  0, // at 250
		184467440737095516: 0, // at 100
		math.MaxInt64:      0,
		-1:                 0,
		math.MinInt64:      0,
	} {
		c := Connection{Expires: time.Hour}
		c.setExpires(raw)
		require.Equal(t, Connection{Expires: want, RawExpires: raw}, c)
	}
}

func TestOrigin(t *testing.T) {
	for o, want := range map[Origin]string{Unknown: `"unknown"`, Local: `"local"`, Synced: `"synced"`} {
		text, err := json.Marshal(o)
		require.NoError(t, err)
		require.Equal(t, want, string(text))
		back := Origin(9)
		require.NoError(t, json.Unmarshal(text, &back))
		require.Equal(t, o, back)
	}
	var o Origin
	require.NoError(t, o.UnmarshalText([]byte("LOCAL")))
	require.Equal(t, Local, o)
	require.EqualError(t, o.UnmarshalText([]byte("x")), `unknown origin "x"`)
	require.Equal(t, Local, o)
	require.Equal(t, "Origin(3)", Origin(3).String())
}
