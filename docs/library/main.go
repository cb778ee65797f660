// SPDX-License-Identifier: Apache-2.0

// Library adds, drains, lists and replaces. docs/library.md shows its function run.
package main

import (
	"context"
	"fmt"
	"log"
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/reconcile"
)

func main() {
	ctx := context.Background()
	c, err := ipvsnl.Open(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	if err := run(ctx, c); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, c *ipvsnl.Client) error {
	web := ipvsnl.Service{
		Key:       ipvsnl.ServiceKey{Protocol: ipvsnl.TCP, Addr: netip.MustParseAddrPort("192.0.2.1:80")},
		Scheduler: "wlc",
	}
	first := ipvsnl.Destination{Addr: netip.MustParseAddrPort("10.0.0.1:80"), Weight: 1}
	second := ipvsnl.Destination{Addr: netip.MustParseAddrPort("10.0.0.2:80"), Weight: 1}

	// Add a service and a server; drain the server.
	err := c.Apply(ctx,
		ipvsnl.AddService(web),
		ipvsnl.AddDestination(web.Key, first),
		ipvsnl.SetWeight(web.Key, first.Addr, 0))
	if err != nil {
		return err
	}
	// List the services and their servers.
	current, err := reconcile.Read(ctx, c)
	if err != nil {
		return err
	}
	for _, e := range current {
		fmt.Println(e.Service.Key, e.Service == web, e.Destinations[0].Addr, e.Destinations[0].Weight)
	}
	// Replace the table by one with another server, without a gap.
	wanted := reconcile.Table{{Service: web, Destinations: []ipvsnl.Destination{second}}}
	changes, err := reconcile.Plan(current, wanted)
	if err != nil {
		return err
	}
	fmt.Println(changes)
	return reconcile.Apply(ctx, c, changes)
}
