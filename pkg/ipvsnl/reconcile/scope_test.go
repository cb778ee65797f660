// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/reconcile"
)

// above is the scope of the services of greater marks.
func above(mark uint32) reconcile.Scope {
	return reconcile.Within(func(key ipvsnl.ServiceKey) bool { return key.Mark > mark })
}

// Services outside the scope are not edited or deleted.
func TestPlanScope(t *testing.T) {
	current := reconcile.Table{mark(1, "rr", server(1, 1)), mark(2, "rr", server(1, 1)), mark(3, "rr", server(1, 1)), mark(4, "rr")}
	wanted := reconcile.Table{mark(3, "sh", server(2, 1))}
	edits := []string{"add destination 10.0.0.2:0 of mark 3 IPv4 1", "set service mark 3 IPv4 sh", "delete destination 10.0.0.1:0 of mark 3 IPv4"}
	key := func(mark uint32) ipvsnl.ServiceKey { return ipvsnl.ServiceKey{Mark: mark} }
	for _, c := range []struct {
		name    string
		scope   []reconcile.Scope
		deleted []string
	}{
		{"all", nil, []string{"delete service mark 1 IPv4", "delete service mark 2 IPv4", "delete service mark 4 IPv4"}},
		{"the zero scope", []reconcile.Scope{{}}, []string{"delete service mark 1 IPv4", "delete service mark 2 IPv4", "delete service mark 4 IPv4"}},
		{"within", []reconcile.Scope{above(1)}, []string{"delete service mark 2 IPv4", "delete service mark 4 IPv4"}},
		{"only", []reconcile.Scope{reconcile.Only(key(3), key(4), key(5))}, []string{"delete service mark 4 IPv4"}},
		{"both", []reconcile.Scope{above(1), {}, reconcile.Only(key(1), key(2), key(3))}, []string{"delete service mark 2 IPv4"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, append(append([]string{}, edits...), c.deleted...), texts(plan(t, current, wanted, c.scope...)))
		})
	}
}

func TestPlanOutside(t *testing.T) {
	for _, scope := range []reconcile.Scope{above(1), reconcile.Only(), reconcile.Only(ipvsnl.ServiceKey{Mark: 1, IPv6: true})} {
		changes, err := reconcile.Plan(nil, reconcile.Table{mark(1, "rr")}, scope)
		require.ErrorIs(t, err, reconcile.ErrOutside)
		require.EqualError(t, err, "service mark 1 IPv4 is in the wanted table, but outside the scope")
		require.Nil(t, changes)
	}
}

// Only the destinations of services in the scope are read, and of those that a scope
// names nothing is listed.
func TestReadScope(t *testing.T) {
	table := reconcile.Table{mark(1, "rr", server(1, 1)), mark(2, "rr", server(1, 1)), mark(3, "rr", server(1, 1))}
	key := func(mark uint32) ipvsnl.ServiceKey { return ipvsnl.ServiceKey{Mark: mark} }
	d := newDirector(t, table)
	for _, c := range []struct {
		name                    string
		scope                   []reconcile.Scope
		want                    reconcile.Table
		listed, listedOf, asked int
	}{
		{"all", nil, table, 1, 3, 0},
		{"the zero scope", []reconcile.Scope{{}}, table, 1, 3, 0},
		{"within", []reconcile.Scope{above(1)}, table[1:], 1, 2, 0},
		{"only", []reconcile.Scope{reconcile.Only(key(1), key(9), key(2))}, table[:2], 0, 2, 3},
		{"only none", []reconcile.Scope{reconcile.Only()}, nil, 0, 0, 0},
		{"a key twice", []reconcile.Scope{reconcile.Only(key(1), key(1))}, table[:1], 0, 1, 2},
		{"both", []reconcile.Scope{above(1), reconcile.Only(key(1), key(2))}, table[1:2], 0, 1, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := open(t, d)
			got, err := reconcile.Read(t.Context(), r, c.scope...)
			require.NoError(t, err)
			requireTable(t, c.want, got)
			require.Equal(t, []int{c.listed, c.listedOf, c.asked}, []int{r.listed, r.listedOf, r.asked})
		})
	}
}

// A scope does not change with the slice that it was made from.
func TestOnlyKeeps(t *testing.T) {
	table := reconcile.Table{mark(1, "rr"), mark(2, "rr")}
	keys := []ipvsnl.ServiceKey{{Mark: 1}}
	scope := reconcile.Only(keys...)
	keys[0].Mark = 2
	got, err := reconcile.Read(t.Context(), open(t, newDirector(t, table)), scope)
	require.NoError(t, err)
	requireTable(t, table[:1], got)
}

// A key that is none is refused.
func TestReadOnlyInvalid(t *testing.T) {
	scope := reconcile.Only(ipvsnl.ServiceKey{Mark: 1}, ipvsnl.ServiceKey{}, ipvsnl.ServiceKey{Mark: 1})
	r := open(t, newDirector(t, reconcile.Table{mark(1, "rr")}))
	table, err := reconcile.Read(t.Context(), r, scope)
	require.ErrorContains(t, err, "ipvs: get service")
	require.Nil(t, table)
	require.Equal(t, 2, r.asked)
}

// While another program keeps changing its own services, those of a scope are read
// consistently and replaced, and the others stay as they are, counters included.
func TestBesideOthers(t *testing.T) {
	foreign := mark(1, "sh", server(1, 1))
	d := newDirector(t, reconcile.Table{foreign, mark(2, "rr", server(1, 1)), mark(3, "rr")})
	require.True(t, d.SetService(foreign.Service.Key, func(s *ipvsnl.ServiceState) { s.Stats.Conns = 99 }))
	other, c := open(t, d), open(t, d)
	change := func(n int) {
		require.NoError(t, other.Apply(t.Context(), ipvsnl.SetWeight(foreign.Service.Key, foreign.Destinations[0].Addr, uint32(n+2))))
	}
	c.services = func(n int, all []ipvsnl.ServiceState) ([]ipvsnl.ServiceState, error) {
		change(n)
		return all, nil
	}
	c.before = func(n int) { change(100 + n) }

	_, stable, err := reconcile.ReadStable(t.Context(), c)
	require.NoError(t, err)
	require.False(t, stable, "the whole table keeps changing")

	wanted := reconcile.Table{mark(2, "rr", server(2, 1)), mark(4, "rr")}
	current, stable, err := reconcile.ReadStable(t.Context(), c, above(1))
	require.NoError(t, err)
	require.True(t, stable)
	require.NoError(t, reconcile.ApplyTo(t.Context(), c, current, plan(t, current, wanted, above(1))))
	require.Equal(t, []int{2, 2}, c.sends)

	foreign.Destinations[0].Weight = 103
	requireTable(t, append(reconcile.Table{foreign}, wanted...), read(t, d))
	s, err := other.Service(t.Context(), foreign.Service.Key)
	require.NoError(t, err)
	require.Equal(t, ipvsnl.ServiceState{Service: foreign.Service, Stats: ipvsnl.Stats{Conns: 99}}, s)
}
