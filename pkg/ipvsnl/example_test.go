package ipvsnl_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// inExample stands in for the kernel, so that the examples run anywhere. A program leaves it
// out.
var inExample = ipvsnl.WithDial(director().dial)

func ExampleClient_Services() {
	ctx := context.Background()
	client, err := ipvsnl.Open(ctx, inExample)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	for service, err := range client.Services(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		if service.Mark != 0 || service.Protocol != ipvsnl.TCP {
			continue
		}
		fmt.Println(service.ServiceKey, service.Scheduler)
		for destination, err := range client.Destinations(ctx, service.ServiceKey) {
			if err != nil {
				log.Fatal(err)
			}
			fmt.Println("  ->", destination.Addr, destination.Forwarding, destination.Weight)
		}
	}
	// Output:
	// TCP 192.0.2.1:80 wlc
	//   -> [2001:db8::2]:80 Tunnel 1
	//   -> 198.51.100.4:80 Tunnel 3
	//   -> 198.51.100.3:80 Tunnel 1
	//   -> 198.51.100.2:80 Route 2147483647
	//   -> 198.51.100.1:8080 Masquerade 5
}

func ExampleClient_AddService() {
	ctx := context.Background()
	client, err := ipvsnl.Open(ctx, inExample)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	service := ipvsnl.Service{
		ServiceKey: ipvsnl.AddrKey(ipvsnl.TCP, netip.MustParseAddrPort("192.0.2.1:80")),
		Scheduler:  "wlc",
		Netmask:    0xffffffff,
	}
	if err := client.AddService(ctx, service); err != nil && !errors.Is(err, ipvsnl.ErrServiceExists) {
		log.Fatal(err)
	}
	destination := ipvsnl.Destination{
		Addr:       netip.MustParseAddrPort("198.51.100.1:8080"),
		Forwarding: ipvsnl.Masquerade,
		Weight:     1,
	}
	if err := client.AddDestination(ctx, service.ServiceKey, destination); err != nil {
		log.Fatal(err)
	}
	fmt.Println("balancing", service.ServiceKey)
	// Output:
	// balancing TCP 192.0.2.1:80
}

func ExampleError() {
	err := error(&ipvsnl.Error{Op: ipvsnl.OpOpen, Err: errors.New("no socket")})

	var e *ipvsnl.Error
	switch {
	case errors.Is(err, ipvsnl.ErrNoIPVS):
		fmt.Println("run modprobe ip_vs")
	case errors.As(err, &e) && e.Op == ipvsnl.OpOpen:
		fmt.Println(e)
	}
	// Output:
	// ipvs: open: no socket
}
