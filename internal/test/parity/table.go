// SPDX-License-Identifier: Apache-2.0

package parity

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// A table is what the kernel holds: services with their destinations, in its order, timeouts and daemons.
type table struct {
	services []service
	timeouts ipvsnl.Timeouts
	daemons  []ipvsnl.Daemon
}

type service struct {
	ipvsnl.ServiceState
	destinations []ipvsnl.DestinationState
}

// readTable reads the table of a client's namespace.
func readTable(ctx context.Context, c *ipvsnl.Client) (*table, error) {
	t := &table{}
	services, err := c.Services(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range services {
		destinations, err := c.Destinations(ctx, s.Service.Key)
		if err != nil {
			return nil, err
		}
		t.services = append(t.services, service{s, destinations})
	}
	if t.daemons, err = c.Daemons(ctx); err != nil {
		return nil, err
	}
	t.timeouts, err = c.Timeouts(ctx)
	return t, err
}

// lines returns every field of the table. The order of the services is that of hashes, which differ from
// namespace to namespace, so it does not show; that of destinations does.
func (t *table) lines() []string {
	var services []string
	for i := range t.services {
		s := &t.services[i]
		var b strings.Builder
		fmt.Fprintf(&b, "service %+v", s.ServiceState)
		for _, d := range s.destinations {
			fmt.Fprintf(&b, "\n  destination %+v", d)
		}
		services = append(services, b.String())
	}
	slices.Sort(services)
	for _, d := range t.daemons {
		services = append(services, fmt.Sprintf("daemon %+v", d))
	}
	return append(services, fmt.Sprintf("timeouts %+v", t.timeouts))
}
