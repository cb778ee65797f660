package ipvsnl

import (
	"context"
	"errors"
	"iter"
)

// A builder builds a request. The command is that of the operation.
type builder func(e *encoder, cmd command) error

// errStop ends an exchange whose replies nobody wants any more.
var errStop = errors.New("stop")

// do runs an operation: it builds the request, sends it, and calls each with the
// attributes of every reply.
func (c *Client) do(ctx context.Context, op Op, build builder, each func(s *socket, b []byte) error) error {
	s, err := c.take(ctx)
	if err != nil {
		return fail(op, err)
	}
	// Not fit until the exchange is over: each may panic.
	fit := false
	defer func() { c.give(s, fit) }()
	s.enc.reset()
	if err := build(&s.enc, ops[op].cmd); err != nil {
		fit = true
		return fail(op, err)
	}
	stop := s.watch(ctx)
	defer stop()
	err = s.exchange(ops[op].flags, func(b []byte) error { return each(s, b) })
	fit = stop() && err == nil
	if err != nil && err != errStop && ctx.Err() != nil {
		err = ctx.Err()
	}
	return fail(op, err)
}

// execute runs an operation that the kernel acknowledges.
func (c *Client) execute(ctx context.Context, op Op, build builder) error {
	return c.do(ctx, op, build, func(*socket, []byte) error { return nil })
}

// get runs an operation that the kernel answers with one message.
func get[T any](ctx context.Context, c *Client, op Op, build builder, read func(*decoder, []byte) (T, error)) (T, error) {
	var v T
	err := c.do(ctx, op, build, func(s *socket, b []byte) (err error) {
		v, err = read(&s.dec, b)
		return err
	})
	return v, err
}

// dump runs an operation that the kernel answers with a listing.
func dump[T any](ctx context.Context, c *Client, op Op, build builder, read func(*decoder, []byte) (T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		err := c.do(ctx, op, build, func(s *socket, b []byte) error {
			v, err := read(&s.dec, b)
			if err != nil {
				return err
			}
			if !yield(v, nil) {
				return errStop
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStop) {
			var zero T
			yield(zero, err)
		}
	}
}

// bare builds a request of no attributes.
func bare(e *encoder, cmd command) error {
	e.bare(cmd)
	return nil
}
