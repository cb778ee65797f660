package reconcile_test

import (
	"testing"

	"github.com/mdlayher/netlink"
	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/reconcile"
)

// pages lists items as kernels before Linux 7 do, one a page: one table has the items of all namespaces, and a page
// begins after as many of its entries as there were up to the end of the page before. The entries of others come
// first: others has their number while each page is listed, the last for all further ones.
func pages(items []netlink.Message, others ...int) (all []netlink.Message) {
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
	plain, err := reconcile.Read(t.Context(), new(fake).open(t))
	require.NoError(t, err)
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
			f := fake{services: func(n int, items []netlink.Message) []netlink.Message {
				all := pages(items, c.others[min(n, len(c.others)-1)]...)
				has = append(has, len(all))
				return all
			}}
			table, stable, err := reconcile.ReadStable(t.Context(), f.open(t))
			require.NoError(t, err)
			require.Equal(t, c.has, has)
			require.Equal(t, !c.unstable, stable)
			if stable {
				require.Equal(t, plain, table)
			}
			for i, key := range keysOf(table) {
				require.NotContains(t, keysOf(table[i+1:]), key)
			}
		})
	}
}
