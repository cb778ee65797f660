// SPDX-License-Identifier: Apache-2.0

// Package reconcile changes the IPVS table into a wanted one without interrupting
// connections.
//
// [Read] reads the table, [Plan] compares it with the wanted one and returns the
// changes from one to the other, and [Apply] makes them:
//
//	current, err := reconcile.Read(ctx, client)
//	...
//	changes, err := reconcile.Plan(current, wanted)
//	...
//	err = reconcile.Apply(ctx, client, changes)
//
// Only differences are changed. Entries that are the same in both tables keep their connections and
// counters, and so do edited ones. The order of the changes keeps clients served:
// see [Plan]. While the kernel exchanges a service's scheduler, however, it may refuse
// new connections to that service for a few milliseconds.
//
// # Sharing the table
//
// A [Scope] limits all of this to some of the services, so that a program can share the
// table with others, such as kube-proxy:
//
//	mine := reconcile.Within(func(key ipvsnl.ServiceKey) bool { return key.Mark != 0 })
//	current, err := reconcile.Read(ctx, client, mine)
//	...
//	changes, err := reconcile.Plan(current, wanted, mine)
//
// Services outside the scope are not edited or deleted, and their destinations are not
// even read.
//
// Other programs may also change services in the scope. While the table changes, a
// listing can miss services; [ReadStable] reads until two readings agree. An entry
// may change between being read and being edited; [ApplyTo] reads it again just before.
//
// # What can be edited
//
// The kernel can edit all of a service except its key, and all of a destination except its
// address and port. A different key or address means a different service or destination.
//
// Two gaps remain, both in the kernel. It cannot add a service together with its
// destinations: until the first of them is added, which Apply sends in the same datagram,
// the service refuses connections. And while the kernel replaces the scheduler of a
// service, the service has none and refuses connections.
package reconcile
