// SPDX-License-Identifier: Apache-2.0

package ipvsnl

import (
	"context"
	"errors"
	"iter"
)

// Info returns what the kernel reports about its IPVS.
func (c *Client) Info(ctx context.Context) (Info, error) {
	return get(ctx, c, &Error{Op: OpInfo}, (*decoder).readInfo)
}

// Services returns all services, in the kernel's order. If the error matches
// [ErrChanged], the services are still returned.
func (c *Client) Services(ctx context.Context) ([]ServiceState, error) {
	return list(ctx, c, nil, &Error{Op: OpServices}, (*decoder).readService)
}

// EachService returns an iterator over the services, in the kernel's order, for
// tables of any size: it holds one service at a time. An error is the last item.
//
// The kernel sends the table in parts, and finds the next part by the number of services
// already sent, so a table must not change while it is listed. If this client adds or
// deletes anything meanwhile, the iterator ends with an error that matches
// [ErrChanged]; to change what is listed, use [Client.Services]. If the kernel reports
// a change by something else, that error follows the last service.
func (c *Client) EachService(ctx context.Context) iter.Seq2[ServiceState, error] {
	return each(ctx, c, &Error{Op: OpServices}, (*decoder).readService)
}

// Service returns the service of a key. If it does not exist, the error matches
// [ErrServiceNotFound].
func (c *Client) Service(ctx context.Context, key ServiceKey) (ServiceState, error) {
	return get(ctx, c, &Error{Op: OpService, Service: key}, (*decoder).readService)
}

// Destinations returns the destinations of a service, in the kernel's order. A
// service that does not exist has none; the kernel does not report an error.
func (c *Client) Destinations(ctx context.Context, key ServiceKey) ([]DestinationState, error) {
	return c.AppendDestinations(ctx, nil, key)
}

// AppendDestinations appends the destinations of a service to all, as [Client.Destinations]
// returns them, and returns the extended slice. Programs that read those of many services can
// reuse its memory. If an error does not match [ErrChanged], nothing is appended.
func (c *Client) AppendDestinations(ctx context.Context, all []DestinationState, key ServiceKey) ([]DestinationState, error) {
	return list(ctx, c, all, &Error{Op: OpDestinations, Service: key}, readDestOf(key))
}

// EachDestination returns an iterator over the destinations of a service, as
// [Client.EachService] does over services.
func (c *Client) EachDestination(ctx context.Context, key ServiceKey) iter.Seq2[DestinationState, error] {
	return each(ctx, c, &Error{Op: OpDestinations, Service: key}, readDestOf(key))
}

// Daemons returns the running sync daemons: a master, a backup, both or none.
func (c *Client) Daemons(ctx context.Context) ([]Daemon, error) {
	return list(ctx, c, nil, &Error{Op: OpDaemons}, (*decoder).readDaemon)
}

// Timeouts returns the timeouts of connections.
func (c *Client) Timeouts(ctx context.Context) (Timeouts, error) {
	return get(ctx, c, &Error{Op: OpTimeouts}, (*decoder).readTimeouts)
}

// A reader reads a reply.
type reader[T any] func(d *decoder, b []byte, v *T) error

// readDestOf reads a destination of a service.
func readDestOf(key ServiceKey) reader[DestinationState] {
	family := key.Family()
	return func(d *decoder, b []byte, v *DestinationState) error {
		d.family = family
		return d.readDest(b, v)
	}
}

// get requests something that the kernel answers with one message. What is an Error without
// its reason.
func get[T any](ctx context.Context, c *Client, what *Error, read reader[T]) (v T, err error) {
	err = c.use(ctx, func(s *socket) error {
		return s.ask(what, byReply, func(b []byte) error { return read(&s.dec, b, &v) })
	})
	return v, what.because(err)
}

// list requests a listing and appends all of it.
func list[T any](ctx context.Context, c *Client, all []T, what *Error, read reader[T]) ([]T, error) {
	before := all
	err := c.use(ctx, func(s *socket) error {
		return s.ask(what, byDump, func(b []byte) error {
			var zero T
			all = append(all, zero)
			return read(&s.dec, b, &all[len(all)-1])
		})
	})
	if err != nil && !errors.Is(err, ErrChanged) {
		all = before
	}
	return all, what.because(err)
}

// errStop ends a listing whose caller has stopped reading.
var errStop = errors.New("stop")

// each requests a listing and returns an iterator.
func each[T any](ctx context.Context, c *Client, what *Error, read reader[T]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		err := c.useOwn(ctx, func(s *socket) error {
			epoch := c.epoch.Load()
			return s.ask(what, byDump, func(b []byte) error {
				if err := ctx.Err(); err != nil {
					return err // immediately, although there may be more to read
				}
				var v T
				if err := read(&s.dec, b, &v); err != nil {
					return err
				}
				if !yield(v, nil) {
					return errStop
				}
				if c.epoch.Load() != epoch {
					return ErrChanged
				}
				return nil
			})
		})
		if err != nil && !errors.Is(err, errStop) {
			var zero T
			yield(zero, what.because(err))
		}
	}
}

// ask sends a request to read, about the service in what, if any,
// and calls each with the attributes of every reply.
func (s *socket) ask(what *Error, how reply, each func(b []byte) error) error {
	row := what.Op.row()
	s.enc.reset()
	if row.of == aService {
		if err := s.enc.aboutService(row.read, &what.Service); err != nil {
			return err
		}
	} else {
		s.enc.head(row.read)
	}
	return s.exchange(how, each)
}

// because returns the error with its reason, or nil without a reason.
func (e *Error) because(err error) error {
	if err == nil {
		return nil
	}
	whole := *e
	whole.Err = err
	return &whole
}
