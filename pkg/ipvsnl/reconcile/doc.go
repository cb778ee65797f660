// Package reconcile makes the table of IPVS what it should be while connections run.
//
// [Read] reads the kernel's table, [Plan] compares it with the one that is wanted and
// returns the changes between them, and [Apply] has the kernel make these:
//
//	current, err := reconcile.Read(ctx, client)
//	...
//	changes, err := reconcile.Plan(current, wanted)
//	...
//	err = reconcile.Apply(ctx, client, changes)
//
// There are no more changes than there are differences, so what is the same in both
// tables keeps its connections and counters, and so does what is only edited. Their
// order keeps clients served: see [Plan].
//
// Others may change the table at any time. A listing of a table that changes may lack
// services; [ReadStable] reads until two readings agree. What was read may be edited by
// others before it is changed; [ApplyTo] looks at it once more, just before.
//
// # What can be edited
//
// The kernel edits everything about a service but its key, and everything about a
// destination but its address and port: scheduler, flags, persistence and its engine,
// forwarding method, tunnel, weight and thresholds. A key or address that differs is
// another service or destination.
//
// Two windows are left, both the kernel's own. It cannot add a service together with its
// destinations: until the first of these is there, which Apply asks for in the same
// datagram, the service refuses connections. And while it exchanges the scheduler of a
// service, this has none; connections that come at that moment are refused.
package reconcile
