// SPDX-License-Identifier: Apache-2.0

// Package distinct removes duplicates from listings.
package distinct

import (
	"hash/maphash"
	"math/bits"
)

// few is the number of items up to which comparing all pairs is faster than making a
// table. Most services have no more destinations.
const few = 16

// By returns the items without those whose key equals that of an earlier one. It reuses the slice.
func By[T any, K comparable](items []T, key func(*T) K) []T {
	if len(items) <= few {
		return byPairs(items, key)
	}
	return byHash(items, key)
}

// byHash keeps the indexes of items in a table of hashes, a tenth of the memory of a map of keys.
func byHash[T any, K comparable](items []T, key func(*T) K) []T {
	size := 1 << bits.Len(uint(2*len(items)-1))
	table := make([]int32, size) // indexes of those kept, from 1
	seed := maphash.MakeSeed()
	kept := 0
next:
	for i := range items {
		k := key(&items[i])
		at := maphash.Comparable(seed, k)
		for ; ; at++ {
			other := table[at%uint64(size)]
			if other == 0 {
				break
			}
			if key(&items[other-1]) == k {
				continue next
			}
		}
		if kept != i { // items are large
			items[kept] = items[i]
		}
		kept++
		table[at%uint64(size)] = int32(kept)
	}
	return items[:kept]
}

func byPairs[T any, K comparable](items []T, key func(*T) K) []T {
	var keys [few]K
	kept := 0
next:
	for i := range items {
		k := key(&items[i])
		for _, other := range keys[:kept] {
			if other == k {
				continue next
			}
		}
		if kept != i {
			items[kept] = items[i]
		}
		keys[kept] = k
		kept++
	}
	return items[:kept]
}
