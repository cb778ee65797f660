package reconcile_test

import (
	"context"
	"fmt"
	"log"
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/reconcile"
)

// inExample stands in for the kernel, so that the example runs anywhere. A program leaves it
// out.
var inExample = ipvsnl.WithDial(new(fake).dial)

func Example() {
	ctx := context.Background()
	client, err := ipvsnl.Open(ctx, inExample)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	wanted := reconcile.Table{{
		Service: ipvsnl.Service{
			ServiceKey: ipvsnl.AddrKey(ipvsnl.TCP, netip.MustParseAddrPort("192.0.2.1:80")),
			Scheduler:  "rr",
			Netmask:    0xffffffff,
		},
		Destinations: []ipvsnl.Destination{
			{Addr: netip.MustParseAddrPort("198.51.100.1:8080"), Forwarding: ipvsnl.Masquerade, Weight: 1},
			{Addr: netip.MustParseAddrPort("198.51.100.9:8080"), Forwarding: ipvsnl.Masquerade, Weight: 1},
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
	// set service TCP 192.0.2.1:80
	// set destination 198.51.100.1:8080 of TCP 192.0.2.1:80
	// delete destination [2001:db8::2]:80 of TCP 192.0.2.1:80
	// delete destination 198.51.100.4:80 of TCP 192.0.2.1:80
	// delete destination 198.51.100.3:80 of TCP 192.0.2.1:80
	// delete destination 198.51.100.2:80 of TCP 192.0.2.1:80
	// delete service UDP 192.0.2.3:5060
	// delete service UDP [2001:db8::1]:53
	// delete service mark 2147483649 IPv6
}
