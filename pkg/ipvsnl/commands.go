package ipvsnl

import (
	"context"
	"iter"
	"net/netip"
)

// Info returns what the kernel says of its IPVS.
func (c *Client) Info(ctx context.Context) (Info, error) {
	return get(ctx, c, OpInfo, bare, (*decoder).readInfo)
}

// Services returns an iterator over the services, in the kernel's order. An
// empty table has no items. An error is the last item; [ErrChanged] follows all others.
func (c *Client) Services(ctx context.Context) iter.Seq2[Service, error] {
	return dump(ctx, c, OpServices, bare, (*decoder).readService)
}

// Service returns the service of that key. If there is none, the error matches
// [ErrServiceNotFound].
func (c *Client) Service(ctx context.Context, key ServiceKey) (Service, error) {
	return get(ctx, c, OpService, byServiceKey(key), (*decoder).readService)
}

// Destinations returns an iterator over the destinations of a service, in the
// kernel's order. An error is the last item. A service that does not exist has
// no destinations: the kernel does not call that an error.
func (c *Client) Destinations(ctx context.Context, key ServiceKey) iter.Seq2[Destination, error] {
	family := key.family()
	return dump(ctx, c, OpDestinations, byServiceKey(key), func(d *decoder, b []byte) (Destination, error) {
		d.family = family
		return d.readDest(b)
	})
}

// AddService adds a service. If there is one of its key, the error matches
// [ErrServiceExists]; if the kernel lacks the scheduler or the engine,
// [ErrSchedulerNotFound].
func (c *Client) AddService(ctx context.Context, s Service) error {
	return c.execute(ctx, OpAddService, func(e *encoder, cmd command) error { return e.wholeService(cmd, &s) })
}

// SetService changes the service of the same key. If there is none, the error
// matches [ErrServiceNotFound]; if the kernel lacks the scheduler or the engine,
// [ErrSchedulerNotFound].
func (c *Client) SetService(ctx context.Context, s Service) error {
	return c.execute(ctx, OpSetService, func(e *encoder, cmd command) error { return e.wholeService(cmd, &s) })
}

// DeleteService deletes a service and its destinations. If there is none, the error
// matches [ErrServiceNotFound].
func (c *Client) DeleteService(ctx context.Context, key ServiceKey) error {
	return c.execute(ctx, OpDeleteService, byServiceKey(key))
}

// AddDestination adds a destination to a service. If it has one of the same
// address, the error matches [ErrDestinationExists]; if there is no such service,
// [ErrServiceNotFound].
func (c *Client) AddDestination(ctx context.Context, key ServiceKey, d Destination) error {
	return c.execute(ctx, OpAddDestination, func(e *encoder, cmd command) error { return e.wholeDest(cmd, &key, &d) })
}

// SetDestination changes the service's destination of the same address. If there is
// none, the error matches [ErrDestinationNotFound]; if there is no such service,
// [ErrServiceNotFound].
func (c *Client) SetDestination(ctx context.Context, key ServiceKey, d Destination) error {
	return c.execute(ctx, OpSetDestination, func(e *encoder, cmd command) error { return e.wholeDest(cmd, &key, &d) })
}

// DeleteDestination deletes a destination of a service. If there is none, the error
// matches [ErrDestinationNotFound]; if there is no such service, [ErrServiceNotFound].
func (c *Client) DeleteDestination(ctx context.Context, key ServiceKey, addr netip.AddrPort) error {
	return c.execute(ctx, OpDeleteDestination, func(e *encoder, cmd command) error { return e.aboutDest(cmd, &key, addr) })
}

// Daemons returns an iterator over the sync daemons that run: a master, a
// backup, both or none. An error is the last item.
func (c *Client) Daemons(ctx context.Context) iter.Seq2[Daemon, error] {
	return dump(ctx, c, OpDaemons, bare, (*decoder).readDaemon)
}

// StartDaemon starts a sync daemon. If one of its state runs already, the error
// matches [ErrDaemonRunning]; if there is no such interface, [ErrInterfaceNotFound].
func (c *Client) StartDaemon(ctx context.Context, d Daemon) error {
	return c.execute(ctx, OpStartDaemon, func(e *encoder, cmd command) error { return e.daemonRequest(cmd, &d, whole) })
}

// StopDaemon stops the sync daemon of d's State; only State and SyncID are sent.
// If none runs, the error matches [ErrDaemonNotRunning].
func (c *Client) StopDaemon(ctx context.Context, d Daemon) error {
	return c.execute(ctx, OpStopDaemon, func(e *encoder, cmd command) error { return e.daemonRequest(cmd, &d, byKey) })
}

// Timeouts returns the timeouts.
func (c *Client) Timeouts(ctx context.Context) (Timeouts, error) {
	return get(ctx, c, OpTimeouts, bare, (*decoder).readTimeouts)
}

// SetTimeouts sets the timeouts that are not 0.
func (c *Client) SetTimeouts(ctx context.Context, t Timeouts) error {
	return c.execute(ctx, OpSetTimeouts, func(e *encoder, cmd command) error {
		e.timeoutsRequest(cmd, &t)
		return nil
	})
}

// Zero zeroes the counters of every service and destination, and the totals.
func (c *Client) Zero(ctx context.Context) error {
	return c.execute(ctx, OpZero, bare)
}

// ZeroService zeroes the counters of a service and its destinations. If there is
// none, the error matches [ErrServiceNotFound].
func (c *Client) ZeroService(ctx context.Context, key ServiceKey) error {
	return c.execute(ctx, OpZeroService, byServiceKey(key))
}

// Flush deletes every service and destination.
func (c *Client) Flush(ctx context.Context) error {
	return c.execute(ctx, OpFlush, bare)
}

// byServiceKey builds a request about the service of that key.
func byServiceKey(key ServiceKey) builder {
	return func(e *encoder, cmd command) error { return e.aboutService(cmd, &key) }
}
