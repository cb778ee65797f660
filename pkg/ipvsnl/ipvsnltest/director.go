// SPDX-License-Identifier: Apache-2.0

// Package ipvsnltest provides a director in memory, for tests of programs that use package
// ipvsnl. It answers netlink requests as the kernel's IPVS does, including
// refusals, so that tests cover all of the client's code.
//
//	d := ipvsnltest.New()
//	c, err := d.Open(ctx)
//	...
//	err = c.Apply(ctx, ipvsnl.AddService(web))
//
// A director in memory forwards no packets, so its counters and connections are what
// [Director.SetService] and [Director.SetDestination] make them, and its sync daemons
// do nothing.
package ipvsnltest

import (
	"context"
	"io"
	"net/netip"
	"sync"
	"time"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/simulation"
)

// A Director is a table of IPVS in memory. It is safe for concurrent use.
type Director struct {
	mu     sync.Mutex
	table  simulation.Director
	info   ipvsnl.Info
	refuse func(ipvsnl.Change) int
	absent bool
}

// New returns a director without services, like a kernel that has just loaded IPVS:
// with the timeouts and the schedulers of Linux, and the network interfaces lo and
// eth0.
func New() *Director {
	return &Director{
		info: ipvsnl.Info{Version: 0x010201, ConnTableSize: 4096},
		table: simulation.Director{
			Schedulers:  []string{"rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "sed", "nq", "fo", "ovf", "mh", "twos"},
			Engines:     []string{"sip"},
			Interfaces:  []string{"lo", "eth0"},
			OnlyUnicast: true,
			Timeouts:    ipvsnl.Timeouts{TCP: 900 * time.Second, TCPFin: 120 * time.Second, UDP: 300 * time.Second},
		},
	}
}

// Open opens a client of the director.
func (d *Director) Open(ctx context.Context, opts ...ipvsnl.Option) (*ipvsnl.Client, error) {
	return ipvsnl.Open(ctx, append([]ipvsnl.Option{ipvsnl.WithDial(d.Dial)}, opts...)...)
}

// Dial opens a connection to the director, for ipvsnl.WithDial.
func (d *Director) Dial() (io.ReadWriteCloser, error) {
	c := &conn{director: d}
	c.ready.L = &c.mu
	return c, nil
}

// SetInfo sets the version and the table size that the director reports.
func (d *Director) SetInfo(i ipvsnl.Info) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.info = i
}

// SetSchedulers sets the available schedulers.
func (d *Director) SetSchedulers(names ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.table.Schedulers = append([]string{}, names...)
}

// SetInterfaces sets the available network interfaces.
func (d *Director) SetInterfaces(names ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.table.Interfaces = append([]string{}, names...)
}

// Unload makes the director answer like a kernel whose IPVS module is not loaded,
// until loaded is true again.
func (d *Director) Unload(unloaded bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.absent = unloaded
}

// Refuse makes the director refuse the changes for which refuse returns one of Linux'
// error numbers instead of 0, such as 1 (EPERM) or 12 (ENOMEM). The changes are those
// that the kernel knows: PutService is requested as an OpAddService and
// an OpSetService. They are refused before the director looks at its table. Nil ends
// it. Refuse must not use the director.
func (d *Director) Refuse(refuse func(ipvsnl.Change) int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.refuse = refuse
}

// SetService calls f to change what the director reports about a service, such as its
// counters. It reports whether the service exists. F must not use the director.
func (d *Director) SetService(key ipvsnl.ServiceKey, f func(*ipvsnl.ServiceState)) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.table.Service(key)
	if s != nil {
		f(&s.ServiceState)
	}
	return s != nil
}

// SetDestination calls f to change what the director reports about a destination, such as its
// connections. It reports whether the destination exists. F must not use the director.
func (d *Director) SetDestination(key ipvsnl.ServiceKey, addr netip.AddrPort, f func(*ipvsnl.DestinationState)) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.table.Service(key)
	if s == nil {
		return false
	}
	state := s.Destination(addr)
	if state != nil {
		f(state)
	}
	return state != nil
}

// make makes a change and returns the error number of a refusal, or 0.
func (d *Director) make(c *ipvsnl.Change) int {
	if d.refuse != nil {
		if n := d.refuse(*c); n != 0 {
			return n
		}
	}
	if n, ok := d.table.Make(c).(simulation.Errno); ok {
		return int(n)
	}
	return 0
}
