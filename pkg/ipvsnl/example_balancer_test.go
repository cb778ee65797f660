// SPDX-License-Identifier: Apache-2.0

package ipvsnl_test

import (
	"context"
	"fmt"
	"log"
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/ipvsnltest"
)

// A Balancer spreads the connections of a sandbox, marked by its firewall, over the
// tasks of services.
type Balancer struct {
	client     *ipvsnl.Client
	forwarding ipvsnl.Forwarding
}

// OpenBalancer opens the balancer of the sandbox whose network namespace is at the
// path key.
func OpenBalancer(ctx context.Context, key string, f ipvsnl.Forwarding, opts ...ipvsnl.Option) (*Balancer, error) {
	c, err := ipvsnl.Open(ctx, append(opts, ipvsnl.WithNetNS(key))...)
	if err != nil {
		return nil, err
	}
	return &Balancer{c, f}, nil
}

// Add has a task take connections of a mark, whether it is new, was drained or takes
// them already.
func (b *Balancer) Add(ctx context.Context, mark uint32, task netip.Addr) error {
	key := serviceOf(mark, task)
	return b.client.Apply(ctx,
		ipvsnl.PutService(ipvsnl.Service{Key: key, Scheduler: "rr"}),
		ipvsnl.PutDestination(key, ipvsnl.Destination{Addr: addrOf(task), Forwarding: b.forwarding, Weight: 1}))
}

// Drain has a task take no more connections than it has.
func (b *Balancer) Drain(ctx context.Context, mark uint32, task netip.Addr) error {
	return b.client.Apply(ctx, ipvsnl.SetWeight(serviceOf(mark, task), addrOf(task), 0))
}

// Remove removes a task and, if it was the last, its service.
func (b *Balancer) Remove(ctx context.Context, mark uint32, task netip.Addr) error {
	key := serviceOf(mark, task)
	if err := b.client.Apply(ctx, ipvsnl.DeleteDestinationIfExists(key, addrOf(task))); err != nil {
		return err
	}
	left, err := b.client.Destinations(ctx, key)
	if err != nil || len(left) > 0 {
		return err
	}
	return b.client.Apply(ctx, ipvsnl.DeleteServiceIfExists(key))
}

// Marks returns the services and how many tasks of each take connections.
func (b *Balancer) Marks(ctx context.Context) (map[ipvsnl.ServiceKey]int, error) {
	marks := map[ipvsnl.ServiceKey]int{}
	services, err := b.client.Services(ctx)
	for _, s := range services {
		destinations, err := b.client.Destinations(ctx, s.Service.Key)
		if err != nil {
			return nil, err
		}
		marks[s.Service.Key] = 0
		for _, d := range destinations {
			if d.Destination.Weight > 0 {
				marks[s.Service.Key]++
			}
		}
	}
	return marks, err
}

func serviceOf(mark uint32, task netip.Addr) ipvsnl.ServiceKey {
	return ipvsnl.ServiceKey{Mark: mark, IPv6: task.Is6()}
}

// addrOf returns a destination's address: that of a mark keeps the port.
func addrOf(task netip.Addr) netip.AddrPort { return netip.AddrPortFrom(task, 0) }

// The balancer of a swarm works in the network namespace of a sandbox, on services of
// firewall marks.
func Example_balancer() {
	ctx := context.Background()
	b, err := OpenBalancer(ctx, "/proc/self/ns/net", ipvsnl.Masquerade, ipvsnl.WithDial(ipvsnltest.New().Dial))
	if err != nil {
		log.Fatal(err)
	}
	defer b.client.Close()
	first, second := netip.MustParseAddr("10.0.1.3"), netip.MustParseAddr("10.0.1.4")
	fmt.Println(b.Add(ctx, 256, first), b.Add(ctx, 256, second), b.Add(ctx, 256, second))
	fmt.Println(b.Marks(ctx))
	fmt.Println(b.Drain(ctx, 256, first))
	fmt.Println(b.Marks(ctx))
	fmt.Println(b.Remove(ctx, 256, first), b.Remove(ctx, 256, second), b.Remove(ctx, 256, second))
	fmt.Println(b.Marks(ctx))
	fmt.Println(b.Drain(ctx, 256, first))
	// Output:
	// <nil> <nil> <nil>
	// map[mark 256 IPv4:2] <nil>
	// <nil>
	// map[mark 256 IPv4:1] <nil>
	// <nil> <nil> <nil>
	// map[] <nil>
	// ipvs: set weight of destination 10.0.1.3:0 of mark 256 IPv4: no such service
}
