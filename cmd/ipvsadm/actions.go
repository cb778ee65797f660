package main

import (
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
)

// An action is one row of the table of actions: how a command is run.
type action struct {
	run     func(a *app, c *flags.Command) error
	failure int  // the exit code when it fails
	last    bool // whether a restore ends with it even so
}

var actions map[flags.Action]action

// The table is filled at start-up since what is in it leads back to it.
func init() {
	actions = map[flags.Action]action{
		flags.AddService: {failure: exitChange, run: func(a *app, c *flags.Command) error {
			return a.client.AddService(a.ctx, c.Service)
		}},
		flags.EditService: {failure: exitChange, run: func(a *app, c *flags.Command) error {
			return a.client.SetService(a.ctx, c.Service)
		}},
		flags.DeleteService: {failure: exitChange, run: func(a *app, c *flags.Command) error {
			return a.client.DeleteService(a.ctx, c.Service.ServiceKey)
		}},
		flags.AddServer: {failure: exitChange, run: func(a *app, c *flags.Command) error {
			return a.client.AddDestination(a.ctx, c.Service.ServiceKey, c.Destination)
		}},
		flags.EditServer: {failure: exitChange, run: func(a *app, c *flags.Command) error {
			return a.client.SetDestination(a.ctx, c.Service.ServiceKey, c.Destination)
		}},
		flags.DeleteServer: {failure: exitChange, run: func(a *app, c *flags.Command) error {
			return a.client.DeleteDestination(a.ctx, c.Service.ServiceKey, c.Destination.Addr)
		}},
		flags.Clear: {failure: exitChange, run: func(a *app, _ *flags.Command) error {
			return a.client.Flush(a.ctx)
		}},
		flags.Zero: {failure: exitChange, run: func(a *app, c *flags.Command) error {
			if c.OneService {
				return a.client.ZeroService(a.ctx, c.Service.ServiceKey)
			}
			return a.client.Zero(a.ctx)
		}},
		flags.SetTimeouts: {failure: exitChange, run: func(a *app, c *flags.Command) error {
			return a.client.SetTimeouts(a.ctx, c.Timeouts)
		}},
		flags.StartDaemon: {failure: exitChange, run: func(a *app, c *flags.Command) error {
			return a.client.StartDaemon(a.ctx, c.Daemon)
		}},
		flags.StopDaemon: {failure: exitChange, run: func(a *app, c *flags.Command) error {
			return a.client.StopDaemon(a.ctx, c.Daemon)
		}},
		flags.List: {failure: exitListing, run: (*app).list},
		flags.Save: {failure: exitListing, run: (*app).save},
		flags.Help: {last: true, run: func(a *app, _ *flags.Command) error {
			a.help()
			return nil
		}},
		flags.Version: {last: true, run: func(a *app, _ *flags.Command) error {
			a.version()
			return nil
		}},
	}
}
