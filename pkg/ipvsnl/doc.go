// Package ipvsnl talks to the IP Virtual Server, the transport-layer load
// balancer in the Linux kernel, over its generic-netlink family "IPVS".
//
// A [Client] runs every command of that family: services and their
// destinations (real servers) are added, changed, listed and deleted, the
// sync daemons started and stopped, timeouts set, counters zeroed. Listings are
// iterators that decode one reply at a time, so a table of any size is never
// held twice.
//
// # Names
//
// The names are those of the field and of linux/ip_vs.h: a director has
// services, each of which spreads its connections over destinations by a
// scheduler. Where a field mirrors a netlink attribute, its comment names the
// attribute.
//
// # Errors
//
// What the kernel refuses comes back as an [*Error], which names the operation
// and wraps the kernel's error number, so errors.Is matches the number
// (unix.ESRCH), the package's own [ErrServiceNotFound] and its like, and, where
// one fits, the standard library's fs.ErrExist, fs.ErrNotExist and
// fs.ErrPermission.
package ipvsnl
