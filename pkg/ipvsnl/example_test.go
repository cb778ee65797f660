package ipvsnl_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"net/netip"
	"syscall"

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
	ctx := context.Background()
	refuses := ipvsnl.WithDial((&fake{answer: says(refusal(syscall.ESRCH))}).dial)
	client, err := ipvsnl.Open(ctx, refuses)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	err = client.DeleteService(ctx, ipvsnl.MarkKey(7, ipvsnl.IPv4))
	if errors.Is(err, ipvsnl.ErrServiceNotFound) && errors.Is(err, fs.ErrNotExist) && errors.Is(err, syscall.ESRCH) {
		fmt.Println(err)
	}
	var e *ipvsnl.Error
	if errors.As(err, &e) && e.Op == ipvsnl.OpDeleteService {
		fmt.Println("refused:", e.Op)
	}
	// Output:
	// ipvs: delete service: no such service
	// refused: delete service
}
