// SPDX-License-Identifier: Apache-2.0

package ipvsnl_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/netip"
	"os"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/ipvsnltest"
)

// A HealthChecker takes servers that fail out of service, and exports counters.
type HealthChecker struct {
	client  *ipvsnl.Client
	check   func(netip.AddrPort) error
	drained map[backend]uint32 // the weights of servers that fail
}

type backend struct {
	service ipvsnl.ServiceKey
	addr    netip.AddrPort
}

// each calls f with every destination.
func (h *HealthChecker) each(ctx context.Context, f func(ipvsnl.ServiceKey, ipvsnl.DestinationState)) error {
	services, err := h.client.Services(ctx)
	if err != nil {
		return err
	}
	for _, s := range services {
		destinations, err := h.client.Destinations(ctx, s.Service.Key)
		if err != nil {
			return err
		}
		for _, d := range destinations {
			f(s.Service.Key, d)
		}
	}
	return nil
}

// Check checks every server, sets the weight of those that fail to 0, and gives it back
// to those that work again.
func (h *HealthChecker) Check(ctx context.Context) error {
	var changes []ipvsnl.Change
	err := h.each(ctx, func(key ipvsnl.ServiceKey, d ipvsnl.DestinationState) {
		addr, weight := d.Destination.Addr, d.Destination.Weight
		b, err := backend{key, addr}, h.check(addr)
		before, isDrained := h.drained[b]
		switch {
		case err != nil && weight > 0:
			h.drained[b] = weight
			changes = append(changes, ipvsnl.SetWeight(key, addr, 0))
		case err == nil && isDrained:
			delete(h.drained, b)
			changes = append(changes, ipvsnl.SetWeight(key, addr, before))
		}
	})
	return errors.Join(err, h.client.Apply(ctx, changes...))
}

// Export writes the counters of every server, and of all together.
func (h *HealthChecker) Export(ctx context.Context, w io.Writer) error {
	var sum ipvsnl.Stats
	err := h.each(ctx, func(key ipvsnl.ServiceKey, d ipvsnl.DestinationState) {
		labels := fmt.Sprintf("{service=%q,server=%q}", key, d.Destination.Addr)
		fmt.Fprintf(w, "ipvs_weight%s %d\n", labels, d.Destination.Weight)
		fmt.Fprintf(w, "ipvs_active_connections%s %d\n", labels, d.ActiveConns)
		fmt.Fprintf(w, "ipvs_connections_total%s %d\n", labels, d.Stats.Conns)
		fmt.Fprintf(w, "ipvs_in_bytes_total%s %d\n", labels, d.Stats.InBytes)
		fmt.Fprintf(w, "ipvs_out_bytes_total%s %d\n", labels, d.Stats.OutBytes)
		sum = sum.Add(d.Stats)
	})
	fmt.Fprintf(w, "ipvs_all_connections_total %d\nipvs_all_bytes_total %d\n", sum.Conns, sum.InBytes+sum.OutBytes)
	return err
}

// A health checker drains servers that fail, and an exporter prints counters.
func Example_healthChecker() {
	ctx := context.Background()
	d := ipvsnltest.New()
	client, err := d.Open(ctx) // ipvsnl.Open(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	web := ipvsnl.Service{
		Key:       ipvsnl.ServiceKey{Protocol: ipvsnl.TCP, Addr: netip.MustParseAddrPort("192.0.2.1:80")},
		Scheduler: "wlc",
	}
	server := ipvsnl.Destination{Addr: netip.MustParseAddrPort("10.0.0.1:80"), Forwarding: ipvsnl.Tunnel, Weight: 3}
	if err := client.Apply(ctx, ipvsnl.AddService(web), ipvsnl.AddDestination(web.Key, server)); err != nil {
		log.Fatal(err)
	}
	d.SetDestination(web.Key, server.Addr, func(s *ipvsnl.DestinationState) {
		s.ActiveConns = 2
		s.Stats = ipvsnl.Stats{Conns: 10, InBytes: 1000, OutBytes: 9000}
	})

	down := errors.New("down")
	h := HealthChecker{client, func(netip.AddrPort) error { return down }, map[backend]uint32{}}
	fmt.Println(h.Check(ctx), h.Export(ctx, os.Stdout))
	down = nil
	fmt.Println(h.Check(ctx))
	all, err := client.Destinations(ctx, web.Key)
	fmt.Println(all[0].Destination == server, err)
	// Output:
	// ipvs_weight{service="TCP 192.0.2.1:80",server="10.0.0.1:80"} 0
	// ipvs_active_connections{service="TCP 192.0.2.1:80",server="10.0.0.1:80"} 2
	// ipvs_connections_total{service="TCP 192.0.2.1:80",server="10.0.0.1:80"} 10
	// ipvs_in_bytes_total{service="TCP 192.0.2.1:80",server="10.0.0.1:80"} 1000
	// ipvs_out_bytes_total{service="TCP 192.0.2.1:80",server="10.0.0.1:80"} 9000
	// ipvs_all_connections_total 10
	// ipvs_all_bytes_total 10000
	// <nil> <nil>
	// <nil>
	// true <nil>
}
