// SPDX-License-Identifier: Apache-2.0

// Package reconcile makes the table of IPVS what it should be, without interrupting
// the connections that it serves.
//
// [Read] reads the table, [Plan] compares it with the one that is wanted and returns the
// changes from one to the other, and [Apply] has the kernel make them:
//
//	current, err := reconcile.Read(ctx, client)
//	...
//	changes, err := reconcile.Plan(current, wanted)
//	...
//	err = reconcile.Apply(ctx, client, changes)
//
// Only what differs is changed. Entries that are the same in both tables keep their
// connections and counters, and so do edited ones. The order of the changes keeps clients
// served: see [Plan].
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
// Another program may change what is in the scope, too. While the table changes, a
// listing can miss services; [ReadStable] reads until two readings agree. And what was
// read may have changed before it is edited; [ApplyTo] reads it again just before.
//
// # What can be edited
//
// The kernel can edit all of a service but its key, and all of a destination but its
// address and port. One with another key or address is another service or destination.
//
// Two gaps remain, both of them the kernel's. It cannot add a service together with its
// destinations: until the first of them is there, which Apply sends in the same datagram,
// the service refuses connections. And while the kernel replaces the scheduler of a
// service, the service has none and refuses connections.
package reconcile
