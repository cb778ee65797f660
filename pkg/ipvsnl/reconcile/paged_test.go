// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/reconcile"
)

// pages lists items as kernels before Linux 7 do, one a page: one table has the items of all namespaces, and a page
// begins after as many of its entries as there were up to the end of the page before. The entries of others come
// first: others has their number while each page is listed, the last for all further ones.
func pages[T any](items []T, others ...int) (all []T) {
	start := 0
	for page := 0; ; page++ {
		foreign := others[min(page, len(others)-1)]
		next := max(start-foreign, 0)
		if next >= len(items) {
			return all
		}
		all = append(all, items[next])
		start = foreign + next + 1
	}
}

// TestReadPages reads a table in pages while others add and delete all the while or for a time. What two readings agree
// on is the table; a listing has nothing twice, whatever it lacks.
func TestReadPages(t *testing.T) {
	d := newDirector(t, reconcile.Table{
		mark(1, "rr", server(1, 1)), mark(2, "wlc"), mark(3, "lc", server(2, 1), server(3, 0)), mark(4, "sh"),
	})
	plain := read(t, d)
	for _, c := range []struct {
		name     string
		others   [][]int // for each listing, the last for all further ones
		has      []int   // how many items each listing has
		unstable bool
	}{
		{name: "at rest", others: [][]int{{5}}, has: []int{4, 4}},
		{name: "others come", others: [][]int{{0, 1, 2}, {0, 3}}, has: []int{6, 5}},
		{name: "others go", others: [][]int{{3, 2, 1}, {2, 0}, {0}}, has: []int{2, 2, 4, 4}},
		{name: "others come and go", others: [][]int{{0, 1, 0}, {1, 1, 0, 1}, {0}}, has: []int{4, 4, 4, 4}},
		{name: "without end", others: [][]int{{1, 0}, {0, 0, 1}, {3, 3, 2}, {2, 0}, {1, 1, 1, 0}}, has: []int{3, 5, 3, 2, 3}, unstable: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			var has []int
			client := open(t, d)
			client.services = func(n int, items []ipvsnl.ServiceState) ([]ipvsnl.ServiceState, error) {
				all := pages(items, c.others[min(n, len(c.others)-1)]...)
				has = append(has, len(all))
				return all, nil
			}
			table, stable, err := reconcile.ReadStable(t.Context(), client)
			require.NoError(t, err)
			require.Equal(t, c.has, has)
			require.Equal(t, !c.unstable, stable)
			if stable {
				require.Equal(t, plain, table)
			}
			seen := make(map[ipvsnl.ServiceKey]bool)
			for _, e := range table {
				require.False(t, seen[e.Service.Key], "%v is there twice", e.Service.Key)
				seen[e.Service.Key] = true
			}
		})
	}
}
