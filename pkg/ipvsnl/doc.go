// SPDX-License-Identifier: Apache-2.0

// Package ipvsnl is a client of the IP Virtual Server (IPVS), the transport-layer load
// balancer of the Linux kernel. It speaks the kernel's generic-netlink family "IPVS".
//
//	c, err := ipvsnl.Open(ctx)
//	if err != nil {
//		return err
//	}
//	defer c.Close()
//	web := ipvsnl.Service{
//		Key:       ipvsnl.ServiceKey{Protocol: ipvsnl.TCP, Addr: netip.MustParseAddrPort("192.0.2.1:80")},
//		Scheduler: "wlc",
//	}
//	server := ipvsnl.Destination{Addr: netip.MustParseAddrPort("10.0.0.1:80"), Weight: 1}
//	err = c.Apply(ctx, ipvsnl.AddService(web), ipvsnl.AddDestination(web.Key, server))
//	if errors.Is(err, ipvsnl.ErrServiceExists) {
//		...
//	}
//	services, err := c.Services(ctx)
//
// A director has services, each of which distributes its connections to destinations
// (real servers) with a scheduler. [Service] and [Destination] are configuration and nothing
// more: they can be compared with ==, and what was requested equals what a listing returns.
// [ServiceState] and [DestinationState] are what the kernel reports: the configuration,
// counters and connections.
//
// Every modification is a [Change], made by a function such as
// [AddService]. [Client.Apply] applies any number of them.
//
// # Zero values
//
// The zero value of a field means what it looks like: a weight of 0 is 0, the zero Persistence
// means none, the zero [Mask] is the whole address. The only defaults are those of
// sync daemons, which the kernel sets. Contradictory values, and values that the kernel
// would silently change, are refused before anything is sent, with an
// error that matches fs.ErrInvalid.
//
// # Errors
//
// A refusal by the kernel is an [*Error]: it has the operation, the service and the
// destination, and wraps the kernel's error number. errors.Is matches the number
// (unix.ESRCH), its meaning for the operation ([ErrServiceNotFound]) and, where one
// fits, the standard library's kind of error (fs.ErrNotExist, fs.ErrExist,
// fs.ErrPermission, fs.ErrInvalid).
//
// # Related packages
//
// Package reconcile changes a table into a wanted one while it serves clients, package
// conns reads the connection table, and package ipvsnltest provides a director in memory for
// tests. The packages build on every system; on systems other than Linux, operations fail
// with errors.ErrUnsupported.
//
// # Stability
//
// From v1.31.0 on, packages ipvsnl, reconcile, conns and ipvsnltest keep to Go's rules
// for version 1 of a module: what compiles against one release compiles against the
// later ones and means the same. Structs may gain fields, so literals need field
// names; the texts of errors may change. The other packages of the module belong to the
// command, and promise only its command lines and its output.
package ipvsnl
