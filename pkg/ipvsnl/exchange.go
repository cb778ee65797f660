package ipvsnl

import (
	"context"
	"errors"
	"iter"
	"os"
)

// A builder builds a request. The command is that of the operation.
type builder func(e *encoder, cmd command) error

// errStop ends an exchange whose replies nobody wants any more.
var errStop = errors.New("stop")

// do runs an operation: it builds the request, sends it, and calls each with the
// attributes of every reply.
func (c *Client) do(ctx context.Context, op Op, build builder, each func(d *decoder, b []byte) error) error {
	err := c.use(ctx, func(s *socket) error {
		s.enc.reset()
		if err := build(&s.enc, ops[op].cmd); err != nil {
			return err
		}
		if ops[op].quiet {
			return s.exchangeQuiet()
		}
		return s.exchange(ops[op].flags, func(b []byte) error { return each(&s.dec, b) })
	})
	return fail(op, err)
}

// use calls f with a socket that is its own.
func (c *Client) use(ctx context.Context, f func(*socket) error) error {
	s, err := c.take(ctx)
	if err != nil {
		return err
	}
	stop := s.watch(ctx)
	defer func() { // deferred, as f may run a loop's body, which may panic
		if !stop() {
			s.midway = true
		}
		c.give(s)
	}()
	err = f(s)
	if errors.Is(err, os.ErrDeadlineExceeded) && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// execute runs an operation that the kernel acknowledges.
func (c *Client) execute(ctx context.Context, op Op, build builder) error {
	return c.do(ctx, op, build, func(*decoder, []byte) error { return nil })
}

// get runs an operation that the kernel answers with one message.
func get[T any](ctx context.Context, c *Client, op Op, build builder, read func(*decoder, []byte) (T, error)) (T, error) {
	var v T
	err := c.do(ctx, op, build, func(d *decoder, b []byte) (err error) {
		v, err = read(d, b)
		return err
	})
	return v, err
}

// dump runs an operation that the kernel answers with a listing.
func dump[T any](ctx context.Context, c *Client, op Op, build builder, read func(*decoder, []byte) (T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		err := c.do(ctx, op, build, func(d *decoder, b []byte) error {
			if err := ctx.Err(); err != nil {
				return err // at once, while there may be more to read
			}
			v, err := read(d, b)
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
