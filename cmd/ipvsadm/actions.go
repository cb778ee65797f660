// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// changes are the commands that change something, and how each is queued.
var changes = map[flags.Action]func(b *ipvsnl.Batch, c *flags.Command){
	flags.AddService:    func(b *ipvsnl.Batch, c *flags.Command) { b.AddService(c.Service) },
	flags.EditService:   func(b *ipvsnl.Batch, c *flags.Command) { b.SetService(c.Service) },
	flags.DeleteService: func(b *ipvsnl.Batch, c *flags.Command) { b.DeleteService(c.Service.ServiceKey) },
	flags.AddServer:     func(b *ipvsnl.Batch, c *flags.Command) { b.AddDestination(c.Service.ServiceKey, c.Destination) },
	flags.EditServer:    func(b *ipvsnl.Batch, c *flags.Command) { b.SetDestination(c.Service.ServiceKey, c.Destination) },
	flags.DeleteServer: func(b *ipvsnl.Batch, c *flags.Command) {
		b.DeleteDestination(c.Service.ServiceKey, c.Destination.Addr)
	},
	flags.Clear: func(b *ipvsnl.Batch, _ *flags.Command) { b.Flush() },
	flags.Zero: func(b *ipvsnl.Batch, c *flags.Command) {
		if c.OneService {
			b.ZeroService(c.Service.ServiceKey)
			return
		}
		b.Zero()
	},
	flags.SetTimeouts: func(b *ipvsnl.Batch, c *flags.Command) { b.SetTimeouts(c.Timeouts) },
	flags.StartDaemon: func(b *ipvsnl.Batch, c *flags.Command) { b.StartDaemon(c.Daemon) },
	flags.StopDaemon:  func(b *ipvsnl.Batch, c *flags.Command) { b.StopDaemon(c.Daemon) },
}
