// SPDX-License-Identifier: Apache-2.0

// Package cases has the operations whose exchanges with the kernel are recorded.
package cases

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"

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
		Key:         ipvsnl.ServiceKey{Protocol: ipvsnl.TCP, Addr: netip.MustParseAddrPort("192.0.2.1:80")},
		Scheduler:   "wlc",
		Persistence: ipvsnl.Persistence{Timeout: 360 * time.Second, Mask: ipvsnl.Mask4([4]byte{255, 255, 255, 0})},
	}
	dns = ipvsnl.Service{
		Key:       ipvsnl.ServiceKey{Protocol: ipvsnl.UDP, Addr: netip.MustParseAddrPort("[2001:db8::1]:53")},
		Scheduler: "rr",
		OnePacket: true,
	}
	sip = ipvsnl.Service{
		Key:         ipvsnl.ServiceKey{Protocol: ipvsnl.UDP, Addr: netip.MustParseAddrPort("192.0.2.3:5060")},
		Scheduler:   "rr",
		Persistence: ipvsnl.Persistence{Timeout: 300 * time.Second, Engine: "sip"},
	}
	marked = ipvsnl.Service{
		Key:            ipvsnl.ServiceKey{Mark: 0x80000001, IPv6: true},
		Scheduler:      "sh",
		SchedulerFlags: ipvsnl.SchedulerFlag1 | ipvsnl.SchedulerFlag2,
		Persistence:    ipvsnl.Persistence{Timeout: time.Minute, Mask: ipvsnl.Mask6(64)},
	}
	stream  = ipvsnl.ServiceKey{Protocol: ipvsnl.SCTP, Addr: netip.MustParseAddrPort("192.0.2.4:2905")}
	missing = ipvsnl.ServiceKey{Protocol: ipvsnl.TCP, Addr: netip.MustParseAddrPort("192.0.2.9:80")}
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

// other is an address of no destination.
var other = netip.MustParseAddrPort("198.51.100.9:80")

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
		Run: services, Want: []ipvsnl.ServiceState(nil)},
	{Name: "add-service", About: "AddService: persistent, with a netmask",
		Run: apply(ipvsnl.AddService(web))},
	{Name: "add-service-ipv6", About: "AddService: IPv6, one-packet scheduling",
		Run: apply(ipvsnl.AddService(dns))},
	{Name: "add-service-engine", About: "AddService with a persistence engine",
		Run: apply(ipvsnl.AddService(sip))},
	{Name: "add-service-mark", About: "AddService of a firewall mark, with scheduler flags",
		Run: apply(ipvsnl.AddService(marked))},
	{Name: "add-service-again", About: "AddService of a service that exists",
		Run: apply(ipvsnl.AddService(web)), Err: ipvsnl.ErrServiceExists},
	{Name: "add-service-scheduler", About: "AddService with a scheduler that does not exist",
		Run: apply(ipvsnl.AddService(ipvsnl.Service{Key: stream, Scheduler: "nosuch"})), Err: ipvsnl.ErrSchedulerNotFound},
	{Name: "set-service", About: "SetService: another scheduler and timeout",
		Run: apply(ipvsnl.SetService(changed(sip)))},
	{Name: "set-service-scheduler", About: "SetService with a scheduler that does not exist",
		Run: apply(ipvsnl.SetService(ipvsnl.Service{Key: sip.Key, Scheduler: "nosuch"})), Err: ipvsnl.ErrSchedulerNotFound},
	{Name: "set-service-missing", About: "SetService of a service that does not exist",
		Run: apply(ipvsnl.SetService(ipvsnl.Service{Key: missing, Scheduler: "wlc"})), Err: ipvsnl.ErrServiceNotFound},
	{Name: "service", About: "Service",
		Run: service(web.Key), Want: ipvsnl.ServiceState{Service: web}},
	{Name: "service-mark", About: "Service of a firewall mark",
		Run: service(marked.Key), Want: ipvsnl.ServiceState{Service: marked}},
	{Name: "service-missing", About: "Service that does not exist",
		Run: service(missing), Want: ipvsnl.ServiceState{}, Err: ipvsnl.ErrServiceNotFound},
	{Name: "services", About: "Services",
		Run:  services,
		Want: []ipvsnl.ServiceState{{Service: web}, {Service: changed(sip)}, {Service: dns}, {Service: marked}}},
	{Name: "zero-service", About: "ZeroService",
		Run: apply(ipvsnl.ZeroService(web.Key))},
	{Name: "zero-service-missing", About: "ZeroService of a service that does not exist",
		Run: apply(ipvsnl.ZeroService(missing)), Err: ipvsnl.ErrServiceNotFound},
	{Name: "zero", About: "Zero",
		Run: apply(ipvsnl.Zero())},

	{Name: "destinations-none", About: "Destinations of a service that has none",
		Run: destinations(web.Key), Want: []ipvsnl.DestinationState(nil)},
	{Name: "destinations-missing", About: "Destinations of a service that does not exist",
		Run: destinations(missing), Want: []ipvsnl.DestinationState(nil)},
	{Name: "add-destination", About: "AddDestination: masquerading, with thresholds",
		Run: apply(ipvsnl.AddDestination(web.Key, masquerade))},
	{Name: "add-destination-route", About: "AddDestination: direct routing, greatest weight",
		Run: apply(ipvsnl.AddDestination(web.Key, route))},
	{Name: "add-destination-gue", About: "AddDestination: GUE tunnel",
		Run: apply(ipvsnl.AddDestination(web.Key, gue))},
	{Name: "add-destination-gre", About: "AddDestination: GRE tunnel, weight 0",
		Run: apply(ipvsnl.AddDestination(web.Key, gre))},
	{Name: "add-destination-ipv6", About: "AddDestination: IPIP tunnel, IPv6 for an IPv4 service",
		Run: apply(ipvsnl.AddDestination(web.Key, ipip6))},
	{Name: "add-destination-again", About: "AddDestination of a destination that exists",
		Run: apply(ipvsnl.AddDestination(web.Key, route)), Err: ipvsnl.ErrDestinationExists},
	{Name: "add-destination-missing", About: "AddDestination to a service that does not exist",
		Run: apply(ipvsnl.AddDestination(missing, route)), Err: ipvsnl.ErrServiceNotFound},
	{Name: "set-destination", About: "SetDestination: an IPIP tunnel that was a GRE one",
		Run: apply(ipvsnl.SetDestination(web.Key,
			ipvsnl.Destination{Addr: gre.Addr, Forwarding: ipvsnl.Tunnel, Weight: 3}))},
	{Name: "set-destination-missing", About: "SetDestination of a destination that does not exist",
		Run: apply(ipvsnl.SetDestination(sip.Key, route)), Err: ipvsnl.ErrDestinationNotFound},
	{Name: "add-destination-weight", About: "AddDestination with a weight beyond 2^31-1",
		Run: apply(ipvsnl.AddDestination(web.Key, ipvsnl.Destination{Addr: other, Weight: 1 << 31})), Err: syscall.ERANGE},
	{Name: "add-destination-thresholds", About: "AddDestination with a lower threshold above the upper one",
		Run: apply(ipvsnl.AddDestination(web.Key, ipvsnl.Destination{Addr: other, LowerThreshold: 1})), Err: syscall.ERANGE},
	{Name: "add-destination-port", About: "AddDestination: GUE tunnel without a port",
		Run: apply(ipvsnl.AddDestination(web.Key, ipvsnl.Destination{Addr: other, Forwarding: ipvsnl.Tunnel, TunnelType: ipvsnl.GUE})),
		Err: syscall.EINVAL},
	{Name: "add-destination-multicast", About: "AddDestination of a multicast address",
		Run: apply(ipvsnl.AddDestination(web.Key, ipvsnl.Destination{Addr: netip.MustParseAddrPort("224.0.0.1:80")})), Err: syscall.EINVAL},
	{Name: "add-destination-mixed", About: "AddDestination: direct routing, IPv6 for an IPv4 service",
		Run: apply(ipvsnl.AddDestination(web.Key, ipvsnl.Destination{Addr: netip.MustParseAddrPort("[2001:db8::3]:80"), Forwarding: ipvsnl.Route})),
		Err: syscall.EINVAL},
	{Name: "set-destination-mixed", About: "SetDestination: direct routing, IPv6 for an IPv4 service",
		Run: apply(ipvsnl.SetDestination(web.Key, ipvsnl.Destination{Addr: ipip6.Addr, Forwarding: ipvsnl.Route})), Err: syscall.EINVAL},
	{Name: "start-daemon-mixed", About: "StartDaemon beside an IPv6 destination of an IPv4 service",
		Run: apply(ipvsnl.StartDaemon(master)), Err: syscall.EINVAL},
	{Name: "destinations", About: "Destinations",
		Run: destinations(web.Key),
		Want: []ipvsnl.DestinationState{{Destination: ipip6},
			{Destination: ipvsnl.Destination{Addr: gre.Addr, Forwarding: ipvsnl.Tunnel, Weight: 3}},
			{Destination: gue}, {Destination: route}, {Destination: masquerade}}},
	{Name: "delete-destination", About: "DeleteDestination",
		Run: apply(ipvsnl.DeleteDestination(web.Key, ipip6.Addr))},
	{Name: "delete-destination-missing", About: "DeleteDestination of a destination that does not exist",
		Run: apply(ipvsnl.DeleteDestination(web.Key, ipip6.Addr)), Err: ipvsnl.ErrDestinationNotFound},

	{Name: "delete-service", About: "DeleteService",
		Run: apply(ipvsnl.DeleteService(marked.Key))},
	{Name: "delete-service-missing", About: "DeleteService of a service that does not exist",
		Run: apply(ipvsnl.DeleteService(missing)), Err: ipvsnl.ErrServiceNotFound},
	{Name: "flush", About: "Flush",
		Run: apply(ipvsnl.Flush())},

	{Name: "set-timeouts", About: "SetTimeouts: one stays",
		Run: apply(ipvsnl.SetTimeouts(ipvsnl.Timeouts{TCP: 2 * time.Hour, UDP: time.Minute}))},
	{Name: "timeouts", About: "Timeouts",
		Run:  func(ctx context.Context, c *ipvsnl.Client) (any, error) { return c.Timeouts(ctx) },
		Want: ipvsnl.Timeouts{TCP: 2 * time.Hour, TCPFin: 2 * time.Minute, UDP: time.Minute}},

	{Name: "daemons-none", About: "Daemons when none runs",
		Run: daemons, Want: []ipvsnl.Daemon(nil)},
	{Name: "start-daemon", About: "StartDaemon: master, all else left to the kernel",
		Run: apply(ipvsnl.StartDaemon(master))},
	{Name: "start-daemon-all", About: "StartDaemon: backup, with every attribute",
		Run: apply(ipvsnl.StartDaemon(backup))},
	{Name: "start-daemon-again", About: "StartDaemon of a daemon that runs",
		Run: apply(ipvsnl.StartDaemon(master)), Err: ipvsnl.ErrDaemonRunning},
	{Name: "daemons", About: "Daemons",
		Run: daemons, Want: []ipvsnl.Daemon{masterRuns, backup}},
	{Name: "stop-daemon", About: "StopDaemon",
		Run: apply(ipvsnl.StopDaemon(ipvsnl.Master))},
	{Name: "stop-daemon-missing", About: "StopDaemon when none runs",
		Run: apply(ipvsnl.StopDaemon(ipvsnl.Master)), Err: ipvsnl.ErrDaemonNotRunning},
	{Name: "start-daemon-interface", About: "StartDaemon on an interface that does not exist",
		Run: apply(ipvsnl.StartDaemon(ipvsnl.Daemon{State: ipvsnl.Master, Interface: "nosuch", Group: netip.MustParseAddr("224.0.0.82")})),
		Err: ipvsnl.ErrInterfaceNotFound},
	{Name: "start-daemon-group", About: "StartDaemon with a group that is no multicast address",
		Run: apply(ipvsnl.StartDaemon(ipvsnl.Daemon{State: ipvsnl.Master, Interface: "lo", Group: netip.MustParseAddr("192.0.2.1")})),
		Err: syscall.EINVAL},
	{Name: "stop-daemon-backup", About: "StopDaemon of the backup",
		Run: apply(ipvsnl.StopDaemon(ipvsnl.Backup))},
	{Name: "start-daemon-backup", About: "StartDaemon: backup with an IPv6 group, all else left to the kernel",
		Run: apply(ipvsnl.StartDaemon(ipvsnl.Daemon{State: ipvsnl.Backup, Interface: "lo", Group: netip.MustParseAddr("ff02::81")}))},
	{Name: "start-daemon-maxlen", About: "StartDaemon: master, with a MaxLen beyond what fits",
		Run: apply(ipvsnl.StartDaemon(ipvsnl.Daemon{State: ipvsnl.Master, Interface: "lo", MaxLen: 65535}))},
	{Name: "daemons-defaults", About: "Daemons that the kernel completed",
		Run: daemons, Want: []ipvsnl.Daemon{
			{State: ipvsnl.Master, Interface: "lo", MaxLen: 65507, Group: netip.MustParseAddr("224.0.0.81"), Port: 8848, TTL: 1},
			{State: ipvsnl.Backup, Interface: "lo", MaxLen: 65487, Group: netip.MustParseAddr("ff02::81"), Port: 8848, TTL: 1}}},
	{Name: "add-service-flushed", About: "AddService after Flush",
		Run: apply(ipvsnl.AddService(web))},
	{Name: "add-destination-daemon", About: "AddDestination: IPIP tunnel, IPv6 for an IPv4 service, beside a sync daemon",
		Run: apply(ipvsnl.AddDestination(web.Key, ipip6)), Err: syscall.EINVAL},
}

// changed is another scheduler and timeout.
func changed(s ipvsnl.Service) ipvsnl.Service {
	s.Scheduler, s.Persistence.Timeout = "wrr", 10*time.Minute
	return s
}

// services returns the services in the order of their keys. The kernel's order depends
// on addresses within it.
func services(ctx context.Context, c *ipvsnl.Client) (any, error) {
	all, err := c.Services(ctx)
	slices.SortFunc(all, func(a, b ipvsnl.ServiceState) int {
		return strings.Compare(a.Service.Key.String(), b.Service.Key.String())
	})
	return all, err
}

func daemons(ctx context.Context, c *ipvsnl.Client) (any, error) { return c.Daemons(ctx) }

func destinations(key ipvsnl.ServiceKey) run {
	return func(ctx context.Context, c *ipvsnl.Client) (any, error) { return c.Destinations(ctx, key) }
}

func service(key ipvsnl.ServiceKey) run {
	return func(ctx context.Context, c *ipvsnl.Client) (any, error) { return c.Service(ctx, key) }
}

func apply(change ipvsnl.Change) run {
	return func(ctx context.Context, c *ipvsnl.Client) (any, error) { return nil, c.Apply(ctx, change) }
}
