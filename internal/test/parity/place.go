// SPDX-License-Identifier: Apache-2.0

package parity

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// A place is where a program runs: a network namespace with a table, and files.
type place struct {
	*kernel.Namespace
	files   *files
	streams *streams
	client  *ipvsnl.Client
	empty   *table                    // as it is at first
	servers map[string]*programServer // by the path of the program
}

// interfaces are what every place has besides lo: an address that is the director's own, for each family,
// and an interface that the sync daemon can use.
const interfaces = `link add eth0 type dummy
link set eth0 up
address add 192.0.2.100/24 dev eth0
address add 2001:db8::100/64 dev eth0 nodad`

func newPlace(t testing.TB) *place {
	t.Helper()
	p := &place{Namespace: kernel.NewNamespace(t), servers: make(map[string]*programServer)}
	p.IP(t, interfaces)
	root, err := os.MkdirTemp("/run", "parity-")
	if err != nil {
		t.Fatal(err)
	}
	p.Do(func() {
		if p.files, err = newFiles(root); err != nil {
			return
		}
		if p.streams, err = newStreams(); err != nil {
			return
		}
		// Programs may be given IPv4-mapped addresses, and they are IPv6 addresses to ipvsadm.
		if p.client, err = ipvsnl.Open(t.Context(), ipvsnl.WithMappedAddrs()); err != nil {
			return
		}
		p.empty, err = readTable(t.Context(), p.client)
	})
	if err != nil {
		t.Fatal("making a place for programs:", err)
	}
	t.Cleanup(func() {
		for _, v := range p.servers {
			if err := v.stop(); err != nil {
				t.Error(err)
			}
		}
		_ = p.client.Close()
	})
	p.startNameServers(t)
	return p
}

// prepare makes the place ready for a case: an empty table, and the case's files.
func (p *place) prepare(ctx context.Context, c *Case) error {
	now, err := readTable(ctx, p.client)
	if err != nil {
		return err
	}
	var changes []ipvsnl.Change
	if len(now.services) > 0 {
		changes = append(changes, ipvsnl.Flush())
	}
	for _, d := range now.daemons {
		changes = append(changes, ipvsnl.StopDaemon(d.State))
	}
	if now.timeouts != p.empty.timeouts {
		changes = append(changes, ipvsnl.SetTimeouts(p.empty.timeouts))
	}
	if err := p.client.Apply(ctx, changes...); err != nil {
		return err
	}
	return p.files.set(c.Files)
}

// run runs a program and returns its result and the table it left. If the program has a server, that runs
// it, unless anew is set.
func (p *place) run(ctx context.Context, program *Program, c *Case, call *Call, anew bool) (kernel.Result, *table, error) {
	var result kernel.Result
	var err error
	p.Do(func() {
		if err = p.streams.ready(call.Stdin); err != nil {
			return
		}
		var code int
		do := func() (err error) {
			if anew || call.Nobody || watches(call) || program.Server == nil {
				code, err = start(program, call, p.streams)
			} else {
				code, err = p.serve(program.Server, call)
			}
			return err
		}
		if _, ok := c.Files[connTable]; ok {
			err = p.files.withProc(do)
		} else {
			err = do()
		}
		if err == nil {
			result, err = p.streams.result(code)
		}
	})
	if err != nil {
		return result, nil, fmt.Errorf("%s: %w", call.Shell(), err)
	}
	t, err := readTable(ctx, p.client)
	if err == nil && len(t.daemons) > 0 {
		time.Sleep(daemonStart)
	}
	return result, t, err
}

// daemonStart is the time that a sync daemon gets to start. The kernel does not answer who stops one that has
// not run yet.
const daemonStart = 20 * time.Millisecond

// serve has a server run a call.
func (p *place) serve(program *Program, call *Call) (int, error) {
	v := p.servers[program.Path]
	if v == nil {
		var err error
		if v, err = startServer(program, p.streams); err != nil {
			return 0, err
		}
		p.servers[program.Path] = v
	}
	code, ended, err := v.call(call.argv())
	if ended {
		delete(p.servers, program.Path)
	}
	return code, err
}
