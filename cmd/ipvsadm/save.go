// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/format"
)

// save runs -S. It reads first and then writes, so that most of what can fail leaves
// no rules that are not whole.
func (a *app) save(c *flags.Command) error {
	services, err := a.services(c)
	if err != nil {
		return err
	}
	settings, err := a.settings(&c.Saving)
	if err != nil {
		return err
	}
	// They come before the services: the exit code of -R is that of the last rule, and
	// a daemon that runs already must not make it a failure.
	a.write(settings)
	rules := &format.Options{View: format.Rules, Names: a.formatNames(&c.Listing), Thresholds: c.Saving.Thresholds}
	return a.newTableWriter(&c.Listing, rules).table(services)
}

// settings returns the rules of what is not about a service.
func (a *app) settings(s *flags.Saving) (rules []byte, err error) {
	if s.Timeouts {
		t, err := a.client.Timeouts(a.ctx)
		if err != nil {
			return nil, err
		}
		rules = format.AppendTimeoutsRule(rules, &t)
	}
	if s.Daemons {
		daemons, err := collect(a.client.Daemons(a.ctx))
		if err != nil {
			return nil, err
		}
		for i := range daemons {
			rules = format.AppendDaemonRule(rules, &daemons[i])
		}
	}
	return rules, nil
}
