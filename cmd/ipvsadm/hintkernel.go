// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/nearest"
	"github.com/ipvsadm-go/ipvsadm/internal/schedulers"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/words"
)

// Hints with what the kernel and the system know. What cannot be read is left out.

// maxNamed is how many things a hint names.
const maxNamed = 5

// named lists things.
func named(all []string) string {
	if more := len(all) - maxNamed; more > 0 {
		return strings.Join(all[:maxNamed], ", ") + " and " + strconv.Itoa(more) + " more"
	}
	return strings.Join(all, ", ")
}

// serviceWords returns the options that name a service.
func serviceWords(k ipvsnl.ServiceKey) string {
	switch {
	case k.Mark == 0:
		return words.ProtocolOf(k.Protocol).Option + " " + k.Addr.String()
	case k.IPv6:
		return "-f " + strconv.FormatUint(uint64(k.Mark), 10) + " -6"
	}
	return "-f " + strconv.FormatUint(uint64(k.Mark), 10)
}

// otherServices names the services that differ only in their protocol or family, or else those of the same address.
func otherServices(ctx context.Context, h *hinter, p *problem) string {
	key := p.change.Service.Key
	var same, near []string
	for s := range h.client().EachService(ctx) { // an error comes with no service
		k := s.Service.Key
		switch {
		case k.Mark != key.Mark:
		case k.Addr == key.Addr:
			same = append(same, serviceWords(k))
		case k.Addr.Addr() == key.Addr.Addr():
			near = append(near, serviceWords(k))
		}
	}
	if same == nil {
		same = near
	}
	if same == nil {
		return ""
	}
	return "there is " + named(same)
}

// addService is about a change that needs the service.
func addService(_ context.Context, _ *hinter, p *problem) string {
	switch p.change.Op {
	case ipvsnl.OpSetService, ipvsnl.OpUpdateService, ipvsnl.OpAddDestination, ipvsnl.OpEnsureDestination:
		return "-A adds it"
	}
	return ""
}

func listServices(context.Context, *hinter, *problem) string {
	return "ipvsadm -Ln lists the services"
}

// otherServers names the real servers of the same address, or else those that the service has.
func otherServers(ctx context.Context, h *hinter, p *problem) string {
	servers, _ := h.client().Destinations(ctx, p.change.Service.Key)
	var same, all []string
	for i := range servers {
		a := servers[i].Destination.Addr
		all = append(all, a.String())
		if a.Addr() == p.change.Destination.Addr.Addr() {
			same = append(same, a.String())
		}
	}
	switch {
	case same != nil:
		return "the service has " + named(same) + whyOtherPort(&p.change)
	case all != nil:
		return "the service has " + named(all)
	}
	return ""
}

// whyOtherPort says why a change is about another port than the one that was meant.
func whyOtherPort(c *ipvsnl.Change) string {
	port, of := c.Destination.Addr.Port(), c.Service.Key.Addr.Port()
	switch {
	case c.Service.Key.Mark != 0:
	case port == 0 && of != 0:
		return "; with -r before the service, its port is 0"
	case port != of:
	case c.Op == ipvsnl.OpDeleteDestination || c.Op == ipvsnl.OpSetWeight:
		return fmt.Sprintf("; without a port, it is that of the service, %d", of)
	case c.Op == ipvsnl.OpSetDestination && c.Destination.Forwarding != ipvsnl.Masquerade:
		return fmt.Sprintf("; without -m, the port is that of the service, %d", of)
	}
	return ""
}

// schedulerOrEngine finds out which of the two is missing.
func schedulerOrEngine(_ context.Context, h *hinter, p *problem) string {
	name, engine := p.change.Service.Scheduler, p.change.Service.Persistence.Engine
	all, err := h.schedulers()
	if err != nil {
		all = nil // some are missing from it
	}
	known := slices.Contains(strings.Fields(words.Schedulers), name)
	there := slices.ContainsFunc(all, func(s schedulers.Scheduler) bool { return s.Name == name })
	switch {
	case engine != "" && engine != words.Engine && (there || all == nil):
		return "there is no persistence engine " + shown(engine) + ", only " + words.Engine
	case engine != "" && there:
		return "the kernel cannot load the module ip_vs_pe_" + words.Engine
	case engine != "" && all == nil && known:
		return "the kernel cannot load the module ip_vs_" + name + " or ip_vs_pe_" + words.Engine
	case there || known:
		return "the kernel cannot load the module ip_vs_" + name + has(all)
	}
	return "there is no scheduler " + shown(name) + has(all) + meant(name, all)
}

// has lists the schedulers that the kernel has.
func has(all []schedulers.Scheduler) (text string) {
	for i := range all {
		if i == 0 {
			text = "; the kernel has"
		}
		text += " " + all[i].Name
	}
	return text
}

// meant returns the name that may be meant by another.
func meant(name string, all []schedulers.Scheduler) string {
	var names []string
	for i := range all {
		names = append(names, all[i].Name)
	}
	if found := nearest.To(name, names); found != "" {
		return "; did you mean " + found + "?"
	}
	return ""
}

func stopDaemon(_ context.Context, _ *hinter, p *problem) string {
	return "--stop-daemon " + p.change.Daemon.State.String() + " stops it"
}

// otherDaemon names the daemon that runs.
func otherDaemon(ctx context.Context, h *hinter, _ *problem) string {
	daemons, _ := h.client().Daemons(ctx)
	if len(daemons) == 0 {
		return ""
	}
	return "a " + daemons[0].State.String() + " is running"
}

func otherInterfaces(_ context.Context, h *hinter, p *problem) string {
	text := "there is no interface " + shown(p.change.Daemon.Interface) + "; --mcast-interface names one"
	if all := h.interfaces(); len(all) > 0 {
		text += ": " + named(all)
	}
	return text
}

func thresholds(_ context.Context, _ *hinter, p *problem) string {
	d := &p.change.Destination
	if d.LowerThreshold <= d.UpperThreshold {
		return ""
	}
	return fmt.Sprintf("-y may not be above -x, and %d is above %d", d.LowerThreshold, d.UpperThreshold)
}

func notUnicast(_ context.Context, _ *hinter, p *problem) string {
	a := p.change.Destination.Addr.Addr()
	broadcast := netip.AddrFrom4([4]byte{255, 255, 255, 255})
	if !a.IsValid() || a != broadcast && !a.IsMulticast() && !a.IsUnspecified() && !(a.Is6() && a.IsLinkLocalUnicast()) {
		return ""
	}
	return a.String() + " cannot be the address of a real server"
}
