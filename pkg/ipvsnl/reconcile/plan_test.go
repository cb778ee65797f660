// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/reconcile"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/simulation"
)

// Everything is set in these.
var (
	fullService = ipvsnl.Service{
		Key:            ipvsnl.ServiceKey{Protocol: ipvsnl.UDP, Addr: netip.MustParseAddrPort("192.0.2.1:5060")},
		Scheduler:      "sh",
		SchedulerFlags: ipvsnl.SchedulerFlag2,
		OnePacket:      true,
		Persistence:    ipvsnl.Persistence{Timeout: 5 * time.Minute, Mask: ipvsnl.Mask4([4]byte{255, 255, 255, 0}), Engine: "sip"},
	}
	fullDestination = ipvsnl.Destination{
		Addr: netip.MustParseAddrPort("10.0.0.9:5060"), Forwarding: ipvsnl.Tunnel, Weight: 5, UpperThreshold: 9, LowerThreshold: 3,
		TunnelType: ipvsnl.GUE, TunnelPort: 6080, TunnelFlags: ipvsnl.TunnelChecksum,
	}
	full = reconcile.Entry{Service: fullService, Destinations: []ipvsnl.Destination{fullDestination, server(1, 0)}}
)

func TestPlan(t *testing.T) {
	for _, c := range []struct {
		name            string
		current, wanted reconcile.Table
		want            []string
	}{
		{name: "nothing"},
		{
			name:    "the same",
			current: reconcile.Table{full, mark(7, "rr")},
			wanted:  reconcile.Table{mark(7, "rr"), full},
		},
		{
			name:   "all is new",
			wanted: reconcile.Table{mark(1, "rr", server(1, 0), server(2, 3)), mark(2, "sh")},
			want: []string{
				"add service mark 1 IPv4 rr",
				"add destination 10.0.0.1:0 of mark 1 IPv4 0",
				"add destination 10.0.0.2:0 of mark 1 IPv4 3",
				"add service mark 2 IPv4 sh",
			},
		},
		{
			name:    "all is gone",
			current: reconcile.Table{mark(1, "rr", server(1, 1)), mark(2, "sh")},
			want:    []string{"delete service mark 1 IPv4", "delete service mark 2 IPv4"},
		},
		{
			name: "services of a mark for IPv4 and for IPv6",
			current: reconcile.Table{
				{Service: ipvsnl.Service{Key: ipvsnl.ServiceKey{Mark: 1, IPv6: true}, Scheduler: "rr"}},
			},
			wanted: reconcile.Table{mark(1, "rr", server(1, 1))},
			want: []string{
				"add service mark 1 IPv4 rr",
				"add destination 10.0.0.1:0 of mark 1 IPv4 1",
				"delete service mark 1 IPv6",
			},
		},
		{
			name:    "destinations for others, before deletions of any service's",
			current: reconcile.Table{mark(1, "rr", server(1, 1), server(2, 1)), mark(2, "rr"), mark(3, "rr", server(1, 1), server(2, 1))},
			wanted:  reconcile.Table{mark(1, "rr", server(2, 1), server(3, 1)), mark(3, "rr", server(2, 1), server(3, 1))},
			want: []string{
				"add destination 10.0.0.3:0 of mark 1 IPv4 1",
				"add destination 10.0.0.3:0 of mark 3 IPv4 1",
				"delete destination 10.0.0.1:0 of mark 1 IPv4",
				"delete destination 10.0.0.1:0 of mark 3 IPv4",
				"delete service mark 2 IPv4",
			},
		},
		{
			name:    "what is new in any service before edits of all",
			current: reconcile.Table{mark(1, "wlc", server(1, 1)), mark(2, "wlc")},
			wanted:  reconcile.Table{mark(1, "rr", server(1, 0)), mark(2, "rr", server(1, 1)), mark(3, "wlc")},
			want: []string{
				"add destination 10.0.0.1:0 of mark 2 IPv4 1",
				"add service mark 3 IPv4 wlc",
				"set service mark 1 IPv4 rr",
				"set service mark 2 IPv4 rr",
				"set destination 10.0.0.1:0 of mark 1 IPv4 0",
			},
		},
		{
			name:    "weights are taken away last",
			current: reconcile.Table{mark(1, "wlc", server(1, 1), server(2, 0), server(4, 1))},
			wanted:  reconcile.Table{mark(1, "rr", server(1, 0), server(2, 1), server(3, 1))},
			want: []string{
				"add destination 10.0.0.3:0 of mark 1 IPv4 1",
				"set service mark 1 IPv4 rr",
				"set destination 10.0.0.2:0 of mark 1 IPv4 1",
				"set destination 10.0.0.1:0 of mark 1 IPv4 0",
				"delete destination 10.0.0.4:0 of mark 1 IPv4",
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, texts(plan(t, c.current, c.wanted)))
		})
	}
}

// A change has all that it sets, and no more than the key and address where that suffices.
func TestPlanChanges(t *testing.T) {
	key := fullService.Key
	short := ipvsnl.Service{Key: key, Scheduler: "rr"}
	added, deleted := server(2, 7), server(3, 7)
	edited := fullDestination
	edited.Weight = 6
	current := reconcile.Table{{Service: short, Destinations: []ipvsnl.Destination{fullDestination, deleted}}, mark(1, "rr", server(1, 1))}
	wanted := reconcile.Table{{Service: fullService, Destinations: []ipvsnl.Destination{added, edited}}, mark(2, "sh")}
	require.Equal(t, []ipvsnl.Change{
		ipvsnl.AddDestination(key, added),
		ipvsnl.AddService(wanted[1].Service),
		ipvsnl.SetService(fullService),
		ipvsnl.SetDestination(key, edited),
		ipvsnl.DeleteDestination(key, deleted.Addr),
		ipvsnl.DeleteService(current[1].Service.Key),
	}, plan(t, current, wanted))
}

// Each setting alone makes a difference, which an edit removes.
func TestPlanEdits(t *testing.T) {
	for _, edit := range []func(*ipvsnl.Service){
		func(s *ipvsnl.Service) { s.Scheduler = "mh" },
		func(s *ipvsnl.Service) { s.SchedulerFlags = 0 },
		func(s *ipvsnl.Service) { s.OnePacket = false },
		func(s *ipvsnl.Service) { s.Persistence.Timeout = time.Second },
		func(s *ipvsnl.Service) { s.Persistence.Mask = ipvsnl.Mask{} },
		func(s *ipvsnl.Service) { s.Persistence.Engine = "" },
	} {
		edited := fullService
		edit(&edited)
		current, wanted := reconcile.Table{{Service: fullService}}, reconcile.Table{{Service: edited}}
		require.Equal(t, []ipvsnl.Change{ipvsnl.SetService(edited)}, plan(t, current, wanted))
		require.Equal(t, []ipvsnl.Change{ipvsnl.SetService(fullService)}, plan(t, wanted, current))
	}
	for _, edit := range []func(*ipvsnl.Destination){
		func(d *ipvsnl.Destination) { d.Forwarding = ipvsnl.Masquerade },
		func(d *ipvsnl.Destination) { d.Weight = 1 },
		func(d *ipvsnl.Destination) { d.UpperThreshold = 8 },
		func(d *ipvsnl.Destination) { d.LowerThreshold = 8 },
		func(d *ipvsnl.Destination) { d.TunnelType = ipvsnl.GRE },
		func(d *ipvsnl.Destination) { d.TunnelPort = 8 },
		func(d *ipvsnl.Destination) { d.TunnelFlags = 0 },
	} {
		edited := fullDestination
		edit(&edited)
		current, wanted := reconcile.Table{mark(1, "rr", fullDestination)}, reconcile.Table{mark(1, "rr", edited)}
		key := ipvsnl.ServiceKey{Mark: 1}
		require.Equal(t, []ipvsnl.Change{ipvsnl.SetDestination(key, edited)}, plan(t, current, wanted))
		require.Equal(t, []ipvsnl.Change{ipvsnl.SetDestination(key, fullDestination)}, plan(t, wanted, current))
	}
}

// A table that was not made by Read may have something twice.
func TestPlanListedTwice(t *testing.T) {
	e := mark(1, "rr", server(1, 1), server(1, 1))
	current := reconcile.Table{e, mark(2, "rr"), e, mark(2, "rr")}
	require.Equal(t, []string{"delete destination 10.0.0.1:0 of mark 1 IPv4", "delete service mark 2 IPv4"},
		texts(plan(t, current, reconcile.Table{mark(1, "rr")})))
}

func TestPlanTwice(t *testing.T) {
	for _, c := range []struct {
		wanted reconcile.Table
		want   string
	}{
		{reconcile.Table{full, mark(1, "rr"), {Service: ipvsnl.Service{Key: fullService.Key}}},
			"service UDP 192.0.2.1:5060 occurs twice in the wanted table"},
		{reconcile.Table{mark(1, "rr", server(1, 1), server(2, 1), server(1, 2))},
			"destination 10.0.0.1:0 of service mark 1 IPv4 occurs twice in the wanted table"},
	} {
		changes, err := reconcile.Plan(nil, c.wanted)
		require.ErrorIs(t, err, reconcile.ErrTwice)
		require.EqualError(t, err, c.want)
		require.Nil(t, changes)
	}
}

// A plan makes the table the wanted one, and what is in both tables exists after each
// change.
func TestPlanKeepsServing(t *testing.T) {
	for seed := range uint64(300) {
		g := rand.New(rand.NewPCG(seed, 0))
		current, wanted := randomTable(g), randomTable(g)
		both := members(current)
		for m := range both {
			if !members(wanted)[m] {
				delete(both, m)
			}
		}
		var d simulation.Director
		for _, c := range additions(current) {
			require.NoError(t, d.Make(&c))
		}
		for _, c := range plan(t, current, wanted) {
			require.NoError(t, d.Make(&c), "seed %d: %v", seed, c)
			now := members(tableOf(&d))
			for m := range both {
				require.True(t, now[m], "seed %d: %v is missing after %v", seed, m, c)
			}
		}
		require.Empty(t, plan(t, tableOf(&d), wanted), "seed %d", seed)
	}
}

// tableOf returns the table of a simulation.
func tableOf(d *simulation.Director) (table reconcile.Table) {
	for s := range d.Services {
		e := reconcile.Entry{Service: s.Service}
		for state := range s.Destinations {
			e.Destinations = append(e.Destinations, state.Destination)
		}
		table = append(table, e)
	}
	return table
}

// A member is a service or, with an address, a destination.
type member struct {
	key  ipvsnl.ServiceKey
	addr netip.AddrPort
}

func members(table reconcile.Table) map[member]bool {
	all := make(map[member]bool)
	for _, e := range table {
		all[member{key: e.Service.Key}] = true
		for _, d := range e.Destinations {
			all[member{e.Service.Key, d.Addr}] = true
		}
	}
	return all
}

// randomTable returns some of few services with some of few destinations.
func randomTable(g *rand.Rand) (table reconcile.Table) {
	for _, m := range g.Perm(5)[:g.IntN(6)] {
		e := mark(uint32(m+1), []string{"rr", "wlc"}[g.IntN(2)])
		for _, n := range g.Perm(5)[:g.IntN(6)] {
			e.Destinations = append(e.Destinations, server(byte(n+1), uint32(g.IntN(3))))
		}
		table = append(table, e)
	}
	return table
}
