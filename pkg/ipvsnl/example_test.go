// SPDX-License-Identifier: Apache-2.0

package ipvsnl_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/netip"
	"time"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/ipvsnltest"
)

// The examples run on a director in memory. On a real one, Open is ipvsnl.Open.
func openExample(ctx context.Context) *ipvsnl.Client {
	c, err := ipvsnltest.New().Open(ctx)
	if err != nil {
		log.Fatal(err)
	}
	return c
}

// A service with two servers is added, and its first server drained.
func Example() {
	ctx := context.Background()
	c := openExample(ctx) // ipvsnl.Open(ctx)
	defer c.Close()

	web := ipvsnl.Service{
		Key:         ipvsnl.ServiceKey{Protocol: ipvsnl.TCP, Addr: netip.MustParseAddrPort("192.0.2.1:80")},
		Scheduler:   "mh",
		Persistence: ipvsnl.Persistence{Timeout: 5 * time.Minute},
	}
	first, second := netip.MustParseAddrPort("10.0.0.1:80"), netip.MustParseAddrPort("10.0.0.2:80")
	if err := c.Apply(ctx,
		ipvsnl.AddService(web),
		ipvsnl.AddDestination(web.Key, ipvsnl.Destination{Addr: first, Forwarding: ipvsnl.Route, Weight: 1}),
		ipvsnl.AddDestination(web.Key, ipvsnl.Destination{Addr: second, Forwarding: ipvsnl.Route, Weight: 1}),
		ipvsnl.SetWeight(web.Key, first, 0),
	); err != nil {
		log.Fatal(err)
	}

	services, err := c.Services(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range services {
		fmt.Println(s.Service.Key, s.Service.Scheduler, s.Service == web)
		destinations, err := c.Destinations(ctx, s.Service.Key)
		if err != nil {
			log.Fatal(err)
		}
		for _, d := range destinations {
			fmt.Println("->", d.Destination.Addr, d.Destination.Forwarding, d.Destination.Weight)
		}
	}
	// Output:
	// TCP 192.0.2.1:80 mh true
	// -> 10.0.0.2:80 Route 1
	// -> 10.0.0.1:80 Route 0
}

// Failures of many changes are told apart, and name what they are about.
func ExampleClient_Apply() {
	ctx := context.Background()
	c := openExample(ctx)
	defer c.Close()

	mark := ipvsnl.ServiceKey{Mark: 7}
	server := netip.MustParseAddrPort("10.0.0.1:0")
	err := c.Apply(ctx,
		ipvsnl.AddService(ipvsnl.Service{Key: mark, Scheduler: "rr"}),
		ipvsnl.DeleteDestination(mark, server),
		ipvsnl.PutDestination(mark, ipvsnl.Destination{Addr: server, Weight: 1}),
	)
	var e *ipvsnl.ApplyError
	if errors.As(err, &e) {
		for _, f := range e.Failures {
			fmt.Println(f.Err)
		}
	}
	fmt.Println(errors.Is(err, ipvsnl.ErrDestinationNotFound))
	// Output:
	// ipvs: delete destination 10.0.0.1:0 of mark 7 IPv4: no such destination
	// true
}
