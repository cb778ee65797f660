// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// An ordered has the values of a map in the order of a list, and takes no more memory for what was deleted.
func TestOrdered(t *testing.T) {
	var o ordered[int, int]
	var want []int
	for i := 1; i <= 200; i++ {
		o.add(i, 1000+i)
		want = append(want, 1000+i)
	}
	for i := range 1000 {
		key := i*7919%250 + 1
		at := slices.Index(want, 1000+key)
		require.Equal(t, at >= 0, o.get(key) == 1000+key)
		require.Equal(t, at >= 0, o.delete(key))
		if at >= 0 {
			want = slices.Delete(want, at, at+1)
		}
		require.Zero(t, o.get(key))
		if i%3 == 0 {
			o.add(key, 1000+key)
			want = append(want, 1000+key)
		}
		require.Equal(t, want, slices.Collect(o.all))
		require.LessOrEqual(t, len(o.items), 2*len(want))
	}
	require.Less(t, len(want), 200)
}

// Nothing is moved as long as most values are there.
func TestOrderedStays(t *testing.T) {
	var o ordered[int, int]
	for i := range 10 {
		o.add(i, i+1)
	}
	for i := range 5 {
		require.True(t, o.delete(i))
		require.Len(t, o.items, 10)
	}
	require.True(t, o.delete(5))
	require.Len(t, o.items, 4)
	require.Equal(t, []int{7, 8, 9, 10}, slices.Collect(o.all))
}

func TestOrderedNothing(t *testing.T) {
	var o ordered[string, int]
	require.False(t, o.delete("x"))
	require.Zero(t, o.get("x"))
	require.Empty(t, slices.Collect(o.all))
}
