// Package cases has the operations whose exchanges with the kernel are recorded.
package cases

import (
	"context"
	"iter"
	"net/netip"
	"slices"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// A Case is an operation of a client, the one exchange that it takes with the
// kernel, and what comes of it.
type Case struct {
	Name  string // also of the file
	About string
	Run   run
	Want  any   // what Run returns
	Err   error // what Run's error is
}

type run = func(context.Context, *ipvsnl.Client) (any, error)

// Services of the cases.
var (
	web = ipvsnl.Service{
		ServiceKey: ipvsnl.AddrKey(ipvsnl.TCP, netip.MustParseAddrPort("192.0.2.1:80")),
		Scheduler:  "wlc",
		Flags:      ipvsnl.FlagPersistent,
		Timeout:    360,
		Netmask:    0xffffff00,
	}
	dns = ipvsnl.Service{
		ServiceKey: ipvsnl.AddrKey(ipvsnl.UDP, netip.MustParseAddrPort("[2001:db8::1]:53")),
		Scheduler:  "rr",
		Flags:      ipvsnl.FlagOnePacket,
		Netmask:    128,
	}
	sip = ipvsnl.Service{
		ServiceKey: ipvsnl.AddrKey(ipvsnl.UDP, netip.MustParseAddrPort("192.0.2.3:5060")),
		Scheduler:  "rr",
		Flags:      ipvsnl.FlagPersistent,
		Timeout:    300,
		Netmask:    0xffffffff,
		Engine:     "sip",
	}
	marked = ipvsnl.Service{
		ServiceKey: ipvsnl.MarkKey(0x80000001, ipvsnl.IPv6),
		Scheduler:  "sh",
		Flags:      ipvsnl.FlagPersistent | ipvsnl.FlagSched1 | ipvsnl.FlagSched2,
		Timeout:    60,
		Netmask:    64,
	}
	stream  = ipvsnl.AddrKey(ipvsnl.SCTP, netip.MustParseAddrPort("192.0.2.4:2905"))
	missing = ipvsnl.AddrKey(ipvsnl.TCP, netip.MustParseAddrPort("192.0.2.9:80"))
)

// Destinations of the cases.
var (
	masquerade = ipvsnl.Destination{
		Addr:           netip.MustParseAddrPort("198.51.100.1:8080"),
		Forwarding:     ipvsnl.Masquerade,
		Weight:         5,
		UpperThreshold: 100000,
		LowerThreshold: 70000,
	}
	route = ipvsnl.Destination{
		Addr:       netip.MustParseAddrPort("198.51.100.2:80"),
		Forwarding: ipvsnl.Route,
		Weight:     0x7fffffff,
	}
	gue = ipvsnl.Destination{
		Addr:        netip.MustParseAddrPort("198.51.100.3:80"),
		Forwarding:  ipvsnl.Tunnel,
		Weight:      1,
		TunnelType:  ipvsnl.GUE,
		TunnelPort:  6080,
		TunnelFlags: ipvsnl.TunnelRemoteChecksum,
	}
	gre = ipvsnl.Destination{
		Addr:        netip.MustParseAddrPort("198.51.100.4:80"),
		Forwarding:  ipvsnl.Tunnel,
		TunnelType:  ipvsnl.GRE,
		TunnelFlags: ipvsnl.TunnelChecksum,
	}
	ipip6 = ipvsnl.Destination{
		Addr:       netip.MustParseAddrPort("[2001:db8::2]:80"),
		Forwarding: ipvsnl.Tunnel,
		Weight:     1,
	}
)

// Daemons of the cases.
var (
	master = ipvsnl.Daemon{State: ipvsnl.Master, Interface: "lo", SyncID: 7}
	backup = ipvsnl.Daemon{
		State:     ipvsnl.Backup,
		Interface: "lo",
		SyncID:    255,
		MaxLen:    1400,
		Group:     netip.MustParseAddr("ff02::81"),
		Port:      9000,
		TTL:       3,
	}
	// What the kernel makes of the master.
	masterRuns = ipvsnl.Daemon{
		State:     ipvsnl.Master,
		Interface: "lo",
		SyncID:    7,
		MaxLen:    1472,
		Group:     netip.MustParseAddr("224.0.0.81"),
		Port:      8848,
		TTL:       1,
	}
)

// All are in the order in which the kernel got them, one table being between them
// all. They cover every command.
var All = []Case{
	{Name: "info", About: "Info",
		Run:  func(ctx context.Context, c *ipvsnl.Client) (any, error) { return c.Info(ctx) },
		Want: ipvsnl.Info{Version: 0x010201, ConnTableSize: 4096}},
	{Name: "services-none", About: "Services of an empty table",
		Run: services},
	{Name: "add-service", About: "AddService: persistent, with a netmask",
		Run: addService(web)},
	{Name: "add-service-ipv6", About: "AddService: IPv6, one-packet scheduling",
		Run: addService(dns)},
	{Name: "add-service-engine", About: "AddService with a persistence engine",
		Run: addService(sip)},
	{Name: "add-service-mark", About: "AddService of a firewall mark, with scheduler flags",
		Run: addService(marked)},
	{Name: "add-service-again", About: "AddService of a service that exists",
		Run: addService(web), Err: ipvsnl.ErrServiceExists},
	{Name: "add-service-scheduler", About: "AddService with a scheduler that does not exist",
		Run: addService(ipvsnl.Service{ServiceKey: stream, Scheduler: "nosuch"}), Err: ipvsnl.ErrSchedulerNotFound},
	{Name: "set-service", About: "SetService: another scheduler and timeout",
		Run: setService(changed(sip))},
	{Name: "set-service-missing", About: "SetService of a service that does not exist",
		Run: setService(ipvsnl.Service{ServiceKey: missing, Scheduler: "wlc"}), Err: ipvsnl.ErrServiceNotFound},
	{Name: "service", About: "Service",
		Run: service(web.ServiceKey), Want: listed(web)},
	{Name: "service-mark", About: "Service of a firewall mark",
		Run: service(marked.ServiceKey), Want: listed(marked)},
	{Name: "service-missing", About: "Service that does not exist",
		Run: service(missing), Want: ipvsnl.Service{}, Err: ipvsnl.ErrServiceNotFound},
	{Name: "services", About: "Services",
		Run:  services,
		Want: []ipvsnl.Service{listed(web), listed(changed(sip)), listed(dns), listed(marked)}},
	{Name: "zero-service", About: "ZeroService",
		Run: byKey((*ipvsnl.Client).ZeroService, web.ServiceKey)},
	{Name: "zero-service-missing", About: "ZeroService of a service that does not exist",
		Run: byKey((*ipvsnl.Client).ZeroService, missing), Err: ipvsnl.ErrServiceNotFound},
	{Name: "zero", About: "Zero",
		Run: bare((*ipvsnl.Client).Zero)},

	{Name: "destinations-none", About: "Destinations of a service that has none",
		Run: destinations(web.ServiceKey)},
	{Name: "destinations-missing", About: "Destinations of a service that does not exist",
		Run: destinations(missing)},
	{Name: "add-destination", About: "AddDestination: masquerading, with thresholds",
		Run: byDest((*ipvsnl.Client).AddDestination, web.ServiceKey, masquerade)},
	{Name: "add-destination-route", About: "AddDestination: direct routing, greatest weight",
		Run: byDest((*ipvsnl.Client).AddDestination, web.ServiceKey, route)},
	{Name: "add-destination-gue", About: "AddDestination: GUE tunnel",
		Run: byDest((*ipvsnl.Client).AddDestination, web.ServiceKey, gue)},
	{Name: "add-destination-gre", About: "AddDestination: GRE tunnel, weight 0",
		Run: byDest((*ipvsnl.Client).AddDestination, web.ServiceKey, gre)},
	{Name: "add-destination-ipv6", About: "AddDestination: IPIP tunnel, IPv6 for an IPv4 service",
		Run: byDest((*ipvsnl.Client).AddDestination, web.ServiceKey, ipip6)},
	{Name: "add-destination-again", About: "AddDestination of a destination that exists",
		Run: byDest((*ipvsnl.Client).AddDestination, web.ServiceKey, route), Err: ipvsnl.ErrDestinationExists},
	{Name: "add-destination-missing", About: "AddDestination to a service that does not exist",
		Run: byDest((*ipvsnl.Client).AddDestination, missing, route), Err: ipvsnl.ErrServiceNotFound},
	{Name: "set-destination", About: "SetDestination: an IPIP tunnel that was a GRE one",
		Run: byDest((*ipvsnl.Client).SetDestination, web.ServiceKey,
			ipvsnl.Destination{Addr: gre.Addr, Forwarding: ipvsnl.Tunnel, Weight: 3})},
	{Name: "set-destination-missing", About: "SetDestination of a destination that does not exist",
		Run: byDest((*ipvsnl.Client).SetDestination, sip.ServiceKey, route), Err: ipvsnl.ErrDestinationNotFound},
	{Name: "destinations", About: "Destinations",
		Run: destinations(web.ServiceKey),
		Want: []ipvsnl.Destination{ipip6,
			{Addr: gre.Addr, Forwarding: ipvsnl.Tunnel, Weight: 3}, gue, route, masquerade}},
	{Name: "delete-destination", About: "DeleteDestination",
		Run: deleteDest(web.ServiceKey, ipip6.Addr)},
	{Name: "delete-destination-missing", About: "DeleteDestination of a destination that does not exist",
		Run: deleteDest(web.ServiceKey, ipip6.Addr), Err: ipvsnl.ErrDestinationNotFound},

	{Name: "delete-service", About: "DeleteService",
		Run: byKey((*ipvsnl.Client).DeleteService, marked.ServiceKey)},
	{Name: "delete-service-missing", About: "DeleteService of a service that does not exist",
		Run: byKey((*ipvsnl.Client).DeleteService, missing), Err: ipvsnl.ErrServiceNotFound},
	{Name: "flush", About: "Flush",
		Run: bare((*ipvsnl.Client).Flush)},

	{Name: "set-timeouts", About: "SetTimeouts: one stays",
		Run: func(ctx context.Context, c *ipvsnl.Client) (any, error) {
			return nil, c.SetTimeouts(ctx, ipvsnl.Timeouts{TCP: 7200, UDP: 60})
		}},
	{Name: "timeouts", About: "Timeouts",
		Run:  func(ctx context.Context, c *ipvsnl.Client) (any, error) { return c.Timeouts(ctx) },
		Want: ipvsnl.Timeouts{TCP: 7200, TCPFin: 120, UDP: 60}},

	{Name: "daemons-none", About: "Daemons when none runs",
		Run: daemons},
	{Name: "start-daemon", About: "StartDaemon: master, all else left to the kernel",
		Run: byDaemon((*ipvsnl.Client).StartDaemon, master)},
	{Name: "start-daemon-all", About: "StartDaemon: backup, with every attribute",
		Run: byDaemon((*ipvsnl.Client).StartDaemon, backup)},
	{Name: "start-daemon-again", About: "StartDaemon of a daemon that runs",
		Run: byDaemon((*ipvsnl.Client).StartDaemon, master), Err: ipvsnl.ErrDaemonRunning},
	{Name: "daemons", About: "Daemons",
		Run: daemons, Want: []ipvsnl.Daemon{masterRuns, backup}},
	{Name: "stop-daemon", About: "StopDaemon",
		Run: byDaemon((*ipvsnl.Client).StopDaemon, master)},
	{Name: "stop-daemon-missing", About: "StopDaemon when none runs",
		Run: byDaemon((*ipvsnl.Client).StopDaemon, master), Err: ipvsnl.ErrDaemonNotRunning},
	{Name: "start-daemon-interface", About: "StartDaemon on an interface that does not exist",
		Run: byDaemon((*ipvsnl.Client).StartDaemon,
			ipvsnl.Daemon{State: ipvsnl.Master, Interface: "nosuch", Group: netip.MustParseAddr("224.0.0.82")}),
		Err: ipvsnl.ErrInterfaceNotFound},
}

// listed is what the kernel says of a service that it was told to add.
func listed(s ipvsnl.Service) ipvsnl.Service {
	s.Flags |= ipvsnl.FlagHashed
	s.FlagMask = ^ipvsnl.ServiceFlags(0)
	return s
}

// changed is another scheduler and timeout.
func changed(s ipvsnl.Service) ipvsnl.Service {
	s.Scheduler, s.Timeout = "wrr", 600
	return s
}

func collect[T any](all iter.Seq2[T, error]) (any, error) {
	var items []T
	for item, err := range all {
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	if items == nil {
		return nil, nil
	}
	return items, nil
}

// services returns the services in the order of their keys. The kernel's order
// depends on addresses within it.
func services(ctx context.Context, c *ipvsnl.Client) (any, error) {
	all, err := collect(c.Services(ctx))
	if list, ok := all.([]ipvsnl.Service); ok {
		slices.SortFunc(list, func(a, b ipvsnl.Service) int { return strings.Compare(a.String(), b.String()) })
	}
	return all, err
}

func daemons(ctx context.Context, c *ipvsnl.Client) (any, error) { return collect(c.Daemons(ctx)) }

func destinations(key ipvsnl.ServiceKey) run {
	return func(ctx context.Context, c *ipvsnl.Client) (any, error) { return collect(c.Destinations(ctx, key)) }
}

func service(key ipvsnl.ServiceKey) run {
	return func(ctx context.Context, c *ipvsnl.Client) (any, error) { return c.Service(ctx, key) }
}

func addService(s ipvsnl.Service) run {
	return func(ctx context.Context, c *ipvsnl.Client) (any, error) { return nil, c.AddService(ctx, s) }
}

func setService(s ipvsnl.Service) run {
	return func(ctx context.Context, c *ipvsnl.Client) (any, error) { return nil, c.SetService(ctx, s) }
}

func deleteDest(key ipvsnl.ServiceKey, addr netip.AddrPort) run {
	return func(ctx context.Context, c *ipvsnl.Client) (any, error) {
		return nil, c.DeleteDestination(ctx, key, addr)
	}
}

func bare(f func(*ipvsnl.Client, context.Context) error) run {
	return func(ctx context.Context, c *ipvsnl.Client) (any, error) { return nil, f(c, ctx) }
}

func byKey(f func(*ipvsnl.Client, context.Context, ipvsnl.ServiceKey) error, key ipvsnl.ServiceKey) run {
	return func(ctx context.Context, c *ipvsnl.Client) (any, error) { return nil, f(c, ctx, key) }
}

func byDest(f func(*ipvsnl.Client, context.Context, ipvsnl.ServiceKey, ipvsnl.Destination) error, key ipvsnl.ServiceKey, d ipvsnl.Destination) run {
	return func(ctx context.Context, c *ipvsnl.Client) (any, error) { return nil, f(c, ctx, key, d) }
}

func byDaemon(f func(*ipvsnl.Client, context.Context, ipvsnl.Daemon) error, d ipvsnl.Daemon) run {
	return func(ctx context.Context, c *ipvsnl.Client) (any, error) { return nil, f(c, ctx, d) }
}
