// SPDX-License-Identifier: Apache-2.0

package distinct

import (
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

type item struct{ key, place int }

func TestBy(t *testing.T) {
	for _, test := range []struct{ name, keys, want string }{
		{"nothing", "", ""},
		{"one", "a", "a"},
		{"nothing twice", "abc", "abc"},
		{"neighbours", "aab", "ab"},
		{"apart", "abcab", "abc"},
		{"identical", "aaaa", "a"},
		{"few", "abcdefghijklmnoa", "abcdefghijklmno"},
		{"one more", "abcdefghijklmnopa", "abcdefghijklmnop"},
		{"many, nothing twice", "abcdefghijklmnopqrstuvw", "abcdefghijklmnopqrstuvw"},
		{"many", "abcdefghijklmnopqrstabcdefghijklmnopqrstu", "abcdefghijklmnopqrstu"},
		{"many the same", "aaaaaaaaaaaaaaaaaaaaaaaaaaaab", "ab"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var items []item
			for i, c := range test.keys {
				items = append(items, item{int(c), i})
			}
			var got string
			for _, i := range By(slices.Clone(items), func(i *item) int { return i.key }) {
				got += string(rune(i.key))
				first := slices.IndexFunc(items, func(j item) bool { return j.key == i.key })
				require.Equal(t, first, i.place, "the first of each is kept")
			}
			require.Equal(t, test.want, got)
		})
	}
}

// Up to a number of items, no memory is needed; of more, a map is.
func TestFew(t *testing.T) {
	for n, want := range map[int]bool{few: false, few + 1: true} {
		items := make([]item, n)
		for i := range items {
			items[i].key = i
		}
		allocs := testing.AllocsPerRun(10, func() { By(items, func(i *item) int { return i.key }) })
		require.Equal(t, want, allocs > 0, "%d items", n)
	}
}

func BenchmarkBy(b *testing.B) {
	for _, n := range []int{4, few, few + 1, 1000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			items := make([]item, n)
			for i := range items {
				items[i].key = i
			}
			for b.Loop() {
				By(items, func(i *item) int { return i.key })
			}
		})
	}
}
