// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestMedian(t *testing.T) {
	for _, test := range []struct {
		times []time.Duration
		want  time.Duration
	}{
		{nil, 0},
		{[]time.Duration{7}, 7},
		{[]time.Duration{9, 1, 5}, 5},
		{[]time.Duration{10, 1, 4, 100}, 7},
	} {
		require.Equal(t, test.want, median(test.times), "median of %v", test.times)
	}
}

func TestSeconds(t *testing.T) {
	for _, test := range []struct {
		d    time.Duration
		want string
	}{
		{0, "-"},
		{1_499 * time.Microsecond, "1 ms"},
		{999 * time.Millisecond, "999 ms"},
		{999_700 * time.Microsecond, "1.00 s"},
		{4_512 * time.Millisecond, "4.51 s"},
		{9_999 * time.Millisecond, "10.0 s"},
		{51_240 * time.Millisecond, "51.2 s"},
	} {
		require.Equal(t, test.want, seconds(test.d), "seconds(%v)", test.d)
	}
}

func TestWriteTable(t *testing.T) {
	results := []result{
		{
			title:     "`-R`, 1,000 × 10",
			reference: []usage{{elapsed: 6 * time.Second, peak: 2048}, {elapsed: 4 * time.Second, peak: 1024}},
			ours:      []usage{{elapsed: 900 * time.Millisecond, peak: 7000}, {elapsed: 500 * time.Millisecond}, {elapsed: 400 * time.Millisecond}},
			floor:     []usage{{elapsed: 400 * time.Millisecond, peak: 100}},
		},
		{title: "alone", ours: []usage{{elapsed: time.Second, peak: 1024}}},
	}
	const want = `|                  | reference |   ours |  floor | reference / ours | ours / floor | peak memory, reference |    ours |
| ---------------- | ---------:| ------:| ------:| ----------------:| ------------:| ----------------------:| -------:|
| ` + "`-R`, 1,000 × 10" + ` |    5.00 s | 500 ms | 400 ms |             10.0 |         1.25 |                2.0 MiB | 6.8 MiB |
| alone            |         - | 1.00 s |      - |                - |            - |                      - | 1.0 MiB |

a machine
`
	var got strings.Builder
	require.NoError(t, writeTable(&got, "a machine", results))
	require.Equal(t, want, got.String())
}
