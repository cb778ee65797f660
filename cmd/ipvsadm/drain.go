// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// exitUndrained is the exit code if connections remain, or something else has put a real server
// back into service.
const exitUndrained = 1

// A drainer takes a real server out of service, or all those of a service: it sets their weights to
// 0 and deletes them once they have no connections left.
type drainer struct {
	con      *console
	client   *ipvsnl.Client
	deletion ipvsnl.Change
	how      flags.Draining
	expires  func() bool // whether the kernel ignores the templates of servers with weight 0
	poll     time.Duration
	status   *statusLine
	patience time.Duration // after a signal

	said bool // that templates are waited for
}

// drain runs -d and -D with --drain.
func (d *drainer) drain(ctx context.Context) int {
	stop, ended := make(chan syscall.Signal, 1), make(chan int, 1)
	return untilSignal(ctx, d.patience, func(ctx context.Context) int {
		code := d.run(ctx, stop)
		ended <- code
		return code
	}, func(s syscall.Signal) int {
		stop <- s
		return <-ended
	})
}

// run drains until it is done, the time is up, or a signal arrives.
func (d *drainer) run(ctx context.Context, stop <-chan syscall.Signal) int {
	defer d.status.end()
	if err := d.begin(ctx); err != nil {
		return d.end(err)
	}
	var deadline <-chan time.Time
	if d.how.Limited {
		deadline = time.After(time.Duration(d.how.Limit) * time.Second)
	}
	for {
		left, err := d.look(ctx)
		switch {
		case err != nil:
			return d.end(err)
		case left.raised != nil:
			return d.giveWay(left)
		case left.none():
			return d.delete(ctx)
		}
		d.show(left)
		select {
		case s := <-stop:
			d.status.say(stopped(s) + d.subject() + " stays at weight 0 with " + left.String())
			return exitSignal + int(s)
		case <-deadline:
			return d.expire(ctx, left)
		case <-time.After(d.poll):
		}
	}
}

// errGone means that something else has deleted what is to be drained.
var errGone = errors.New("gone")

// begin sets the weights to 0.
func (d *drainer) begin(ctx context.Context) error {
	key := d.deletion.Service.Key
	if !d.wholeService() {
		return d.unlessEnsured(d.client.Apply(ctx, ipvsnl.SetWeight(key, d.deletion.Destination.Addr, 0)))
	}
	if _, err := d.client.Service(ctx, key); err != nil {
		return d.unlessEnsured(err)
	}
	servers, err := d.client.Destinations(ctx, key)
	if err != nil && !errors.Is(err, ipvsnl.ErrChanged) {
		return err
	}
	var changes []ipvsnl.Change
	for i := range servers {
		changes = append(changes, ipvsnl.SetWeight(key, servers[i].Destination.Addr, 0))
	}
	if err = d.client.Apply(ctx, changes...); isGone(err) {
		return nil // some server, or the service: whichever is seen at the next look
	}
	return err
}

// wholeService reports whether all servers of a service are drained, and the service deleted.
func (d *drainer) wholeService() bool {
	return d.deletion.Op == ipvsnl.OpDeleteService || d.deletion.Op == ipvsnl.OpDeleteServiceIfExists
}

// unlessEnsured returns the error of a beginning. With --ensure what does not exist may be gone, as is seen at the
// first look.
func (d *drainer) unlessEnsured(err error) error {
	ensured := d.deletion.Op == ipvsnl.OpDeleteServiceIfExists || d.deletion.Op == ipvsnl.OpDeleteDestinationIfExists
	if ensured && isGone(err) {
		return nil
	}
	return err
}

func isGone(err error) bool {
	return errors.Is(err, ipvsnl.ErrServiceNotFound) || errors.Is(err, ipvsnl.ErrDestinationNotFound)
}

// look counts what is left. A kernel may leave out servers of a listing while the table changes,
// so that nothing is left counts only if it is so twice in a row.
func (d *drainer) look(ctx context.Context) (left remaining, err error) {
	for range 2 {
		left, err = d.count(ctx)
		if err == nil && !left.none() || err != nil && !errors.Is(err, errGone) {
			break
		}
	}
	return left, err
}

// count counts what is left.
func (d *drainer) count(ctx context.Context) (left remaining, err error) {
	key := d.deletion.Service.Key
	s, err := d.client.Service(ctx, key)
	if errors.Is(err, ipvsnl.ErrServiceNotFound) {
		err = errGone
	}
	if err != nil {
		return left, err
	}
	servers, err := d.client.Destinations(ctx, key)
	if err != nil && !errors.Is(err, ipvsnl.ErrChanged) {
		return left, err
	}
	found := false
	for i := range servers {
		if d.wholeService() || servers[i].Destination.Addr == d.deletion.Destination.Addr {
			found = true
			left.add(&s.Service, &servers[i], d.expires)
		}
	}
	if !found && !d.wholeService() {
		return left, errGone
	}
	return left, nil
}

// delete makes the deletion. What is gone by then is fine.
func (d *drainer) delete(ctx context.Context) int {
	err := d.client.Apply(ctx, d.deletion)
	if isGone(err) {
		err = errGone
	}
	return d.end(err)
}

// end reports why draining ends, if not for being done, and returns the exit code.
func (d *drainer) end(err error) int {
	if err == nil || errors.Is(err, errGone) {
		return exitDone
	}
	d.status.end()
	d.con.fails(err)
	return exitChange
}

// show shows what is left, and once why templates are among it.
func (d *drainer) show(left remaining) {
	if left.templates > 0 && !d.said {
		d.said = true
		d.status.say("persistence templates are waited for, because net.ipv4.vs.expire_quiescent_template is 0")
	}
	d.status.show(d.subject() + ": " + left.String() + " left")
}

// giveWay ends the draining because of a server that something else has given a weight.
func (d *drainer) giveWay(left remaining) int {
	d.status.say(fmt.Sprintf("something else has set the weight of %v to %d: nothing is deleted, other weights stay at 0",
		left.raised.Addr, left.raised.Weight))
	return exitUndrained
}

// expire ends the draining when the time is up.
func (d *drainer) expire(ctx context.Context, left remaining) int {
	after := " after " + counted(uint64(d.how.Limit), "second")
	if d.how.Force {
		d.status.say(d.subject() + " is deleted with " + left.String() + after)
		return d.delete(ctx)
	}
	d.status.say(d.subject() + " still has " + left.String() + after + " and stays at weight 0")
	return exitUndrained
}

// subject returns what is drained, for messages.
func (d *drainer) subject() string {
	if d.wholeService() {
		return d.deletion.Service.Key.String()
	}
	return d.deletion.Destination.Addr.String()
}

// What remains of connections.
type remaining struct {
	connections uint64
	templates   uint64
	raised      *ipvsnl.Destination // a server whose weight is not 0
}

// add counts the connections of a server. Only established ones of TCP and SCTP count, since closed
// ones remain for minutes. UDP has no others than the kernel counts as inactive, and those of a mark may
// be of any protocol. Templates send clients to a server with weight 0, too, unless the kernel lets
// them expire.
func (r *remaining) add(s *ipvsnl.Service, d *ipvsnl.DestinationState, expires func() bool) {
	r.connections += uint64(d.ActiveConns)
	if s.Key.Mark != 0 || s.Key.Protocol == ipvsnl.UDP {
		r.connections += uint64(d.InactiveConns)
	}
	if s.Persistence.Timeout != 0 && d.PersistentConns > 0 && !expires() {
		r.templates += uint64(d.PersistentConns)
	}
	if d.Destination.Weight != 0 && r.raised == nil {
		raised := d.Destination
		r.raised = &raised
	}
}

func (r *remaining) none() bool { return r.connections == 0 && r.templates == 0 && r.raised == nil }

func (r remaining) String() string {
	text := counted(r.connections, "connection")
	if r.templates > 0 {
		text += " and " + counted(r.templates, "template")
	}
	return text
}

func counted(n uint64, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}
