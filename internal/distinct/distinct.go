// SPDX-License-Identifier: Apache-2.0

// Package distinct removes duplicates from listings.
package distinct

// few is the number of items up to which comparing all pairs is faster than making a
// map. Most services have no more destinations.
const few = 16

// By returns the items without those whose key equals that of an earlier one. It reuses the slice.
func By[T any, K comparable](items []T, key func(*T) K) []T {
	if len(items) <= few {
		return byPairs(items, key)
	}
	seen := make(map[K]struct{}, len(items))
	kept := 0
	for i := range items {
		seen[key(&items[i])] = struct{}{}
		if len(seen) > kept {
			if kept != i { // items are large
				items[kept] = items[i]
			}
			kept++
		}
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
