package ipvsnl_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"net/netip"
	"syscall"
	"time"

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

// To drain a server is to give it a weight of 0: it gets no new connections, and those
// that it has go on until they end.
func ExampleClient_SetDestination() {
	ctx := context.Background()
	client, err := ipvsnl.Open(ctx, inExample)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	web := ipvsnl.AddrKey(ipvsnl.TCP, netip.MustParseAddrPort("192.0.2.1:80"))
	server := netip.MustParseAddrPort("198.51.100.1:8080")
	for destination, err := range client.Destinations(ctx, web) {
		if err != nil {
			log.Fatal(err)
		}
		if destination.Addr != server {
			continue
		}
		destination.Weight = 0 // the rest stays as it is
		if err := client.SetDestination(ctx, web, destination); err != nil {
			log.Fatal(err)
		}
		fmt.Println(server, "has", destination.ActiveConns, "connections to end")
	}
	// Output:
	// 198.51.100.1:8080 has 0 connections to end
}

// The kernel estimates rates every two seconds, so that to ask more often tells nothing new.
func ExampleClient_Services_rates() {
	ctx := context.Background()
	client, err := ipvsnl.Open(ctx, inExample)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	const samples = 1 // a program takes more
	tick := time.Tick(2 * time.Second)
	for n := range samples {
		if n > 0 {
			<-tick
		}
		for service, err := range client.Services(ctx) {
			if err != nil {
				log.Fatal(err)
			}
			rates := service.Stats
			fmt.Printf("%v: in a second %d connections, %d bytes in, %d bytes out\n",
				service.ServiceKey, rates.CPS, rates.InBPS, rates.OutBPS)
		}
	}
	// Output:
	// UDP 192.0.2.3:5060: in a second 0 connections, 0 bytes in, 0 bytes out
	// UDP [2001:db8::1]:53: in a second 0 connections, 0 bytes in, 0 bytes out
	// TCP 192.0.2.1:80: in a second 0 connections, 0 bytes in, 0 bytes out
	// mark 2147483649 IPv6: in a second 0 connections, 0 bytes in, 0 bytes out
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
