// SPDX-License-Identifier: Apache-2.0

package simulation

import "github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"

func (d *Director) updateService(c *ipvsnl.Change) error {
	s := d.services.get(c.Service.Key)
	if s == nil {
		return ESRCH
	}
	whole := ipvsnl.SetService(c.Fields.Service(s.Service, c.Service))
	return d.setService(&whole)
}

func (d *Director) ensureService(c *ipvsnl.Change) error {
	if d.services.get(c.Service.Key) == nil {
		return d.addService(c)
	}
	return d.updateService(c)
}

func (d *Director) updateDestination(c *ipvsnl.Change) error {
	s := d.services.get(c.Service.Key)
	if s == nil {
		return ESRCH
	}
	state := s.destinations.get(c.Destination.Addr)
	if state == nil {
		return ENOENT
	}
	fields := c.Fields
	if c.Op == ipvsnl.OpSetWeight {
		fields = ipvsnl.FieldWeight
	}
	whole := ipvsnl.SetDestination(c.Service.Key, fields.Destination(state.Destination, c.Destination))
	return d.setDestination(&whole)
}

func (d *Director) ensureDestination(c *ipvsnl.Change) error {
	if err := d.updateDestination(c); err != ENOENT {
		return err
	}
	return d.addDestination(c)
}
