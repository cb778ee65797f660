// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/ipvsnltest"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/reconcile"
)

// openExample returns a client of a director in memory that has one service with two
// servers, and another service. On a real director it is ipvsnl.Open.
func openExample(ctx context.Context) *ipvsnl.Client {
	c, err := ipvsnltest.New().Open(ctx)
	if err != nil {
		log.Fatal(err)
	}
	web := ipvsnl.ServiceKey{Protocol: ipvsnl.TCP, Addr: netip.MustParseAddrPort("192.0.2.1:80")}
	dns := ipvsnl.ServiceKey{Protocol: ipvsnl.UDP, Addr: netip.MustParseAddrPort("192.0.2.1:53")}
	if err := c.Apply(ctx,
		ipvsnl.AddService(ipvsnl.Service{Key: web, Scheduler: "rr"}),
		ipvsnl.AddDestination(web, ipvsnl.Destination{Addr: netip.MustParseAddrPort("198.51.100.1:8080"), Weight: 1}),
		ipvsnl.AddDestination(web, ipvsnl.Destination{Addr: netip.MustParseAddrPort("198.51.100.2:8080"), Weight: 1}),
		ipvsnl.AddService(ipvsnl.Service{Key: dns, Scheduler: "rr"}),
	); err != nil {
		log.Fatal(err)
	}
	return c
}

// The table becomes the wanted one by three changes. The first server's connections
// continue.
func Example() {
	ctx := context.Background()
	client := openExample(ctx) // ipvsnl.Open(ctx)
	defer client.Close()

	wanted := reconcile.Table{{
		Service: ipvsnl.Service{
			Key:       ipvsnl.ServiceKey{Protocol: ipvsnl.TCP, Addr: netip.MustParseAddrPort("192.0.2.1:80")},
			Scheduler: "rr",
		},
		Destinations: []ipvsnl.Destination{
			{Addr: netip.MustParseAddrPort("198.51.100.1:8080"), Weight: 1},
			{Addr: netip.MustParseAddrPort("198.51.100.9:8080"), Weight: 1},
		},
	}}
	current, err := reconcile.Read(ctx, client)
	if err != nil {
		log.Fatal(err)
	}
	changes, err := reconcile.Plan(current, wanted)
	if err != nil {
		log.Fatal(err)
	}
	for _, change := range changes {
		fmt.Println(change)
	}
	if err := reconcile.Apply(ctx, client, changes); err != nil {
		log.Fatal(err)
	}
	// Output:
	// add destination 198.51.100.9:8080 of TCP 192.0.2.1:80
	// delete destination 198.51.100.2:8080 of TCP 192.0.2.1:80
	// delete service UDP 192.0.2.1:53
}

// A program that shares the table with others reads and plans within its scope, here the
// services of TCP, and plans again if another program has changed one of them meanwhile.
func ExampleApplyTo() {
	ctx := context.Background()
	client := openExample(ctx)
	defer client.Close()

	mine := reconcile.Within(func(key ipvsnl.ServiceKey) bool { return key.Protocol == ipvsnl.TCP })
	replace := func(wanted reconcile.Table) error {
		current, _, err := reconcile.ReadStable(ctx, client, mine)
		if err != nil {
			return err
		}
		changes, err := reconcile.Plan(current, wanted, mine)
		if err != nil {
			return err
		}
		return reconcile.ApplyTo(ctx, client, current, changes)
	}
	err := replace(nil)
	for errors.As(err, new(*reconcile.OutdatedError)) {
		err = replace(nil)
	}
	if err != nil {
		log.Fatal(err)
	}

	services, err := client.Services(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range services {
		fmt.Println(s.Service.Key)
	}
	// Output:
	// UDP 192.0.2.1:53
}
