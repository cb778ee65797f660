// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net/netip"
	"strconv"
	"time"

	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/words"
)

// -E and -e set every field, including those not given. What they reset cannot be read any more when they are done, so
// it is read before, where there is someone to tell.

// An edited is what -E or -e changes: a service, or a real server.
type edited struct {
	service ipvsnl.Service
	server  ipvsnl.Destination
}

// look returns what a command is about to set, or nil if there is no need to know.
func (h *hinter) look(ctx context.Context, c *flags.Command) *edited {
	service, server := c.Change.Op == ipvsnl.OpSetService, c.Change.Op == ipvsnl.OpSetDestination
	if !service && !server || !h.active() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, h.patience)
	defer cancel()
	if server {
		return h.server(ctx, c.Change.Service.Key, c.Change.Destination.Addr)
	}
	s, err := h.client().Service(ctx, c.Change.Service.Key)
	if err != nil {
		return nil
	}
	return &edited{service: s.Service}
}

func (h *hinter) server(ctx context.Context, key ipvsnl.ServiceKey, addr netip.AddrPort) *edited {
	for d := range h.client().EachDestination(ctx, key) { // an error comes with no server
		if d.Destination.Addr == addr {
			return &edited{server: d.Destination}
		}
	}
	return nil
}

// resettable are the fields, and the options that give them the values that they had: none if no options can.
var resettable = [...]struct {
	field ipvsnl.Fields
	words func(*edited) string
}{
	{ipvsnl.FieldScheduler, func(e *edited) string { return "-s " + e.service.Scheduler }},
	{ipvsnl.FieldSchedulerFlags, func(e *edited) string {
		return "-b " + string(words.AppendSchedulerFlags(nil, e.service.Scheduler, e.service.SchedulerFlags))
	}},
	{ipvsnl.FieldOnePacket, func(*edited) string { return "-o" }},
	{ipvsnl.FieldTimeout, func(e *edited) string {
		return e.ifPersistent("-p " + strconv.Itoa(int(e.service.Persistence.Timeout/time.Second)))
	}},
	{ipvsnl.FieldMask, func(e *edited) string { return e.ifPersistent("-M " + e.mask()) }},
	{ipvsnl.FieldEngine, func(e *edited) string { return "--pe " + e.service.Persistence.Engine }},
	{ipvsnl.FieldForwarding, func(e *edited) string { return words.ForwardingOf(e.server.Forwarding).Option }},
	{ipvsnl.FieldTunnel, func(e *edited) string { return string(words.AppendTunnel(nil, &e.server)) }},
	{ipvsnl.FieldWeight, func(e *edited) string { return "-w " + strconv.Itoa(int(e.server.Weight)) }},
	{ipvsnl.FieldUpperThreshold, func(e *edited) string { return "-x " + strconv.Itoa(int(e.server.UpperThreshold)) }},
	{ipvsnl.FieldLowerThreshold, func(e *edited) string { return "-y " + strconv.Itoa(int(e.server.LowerThreshold)) }},
}

// ifPersistent returns options of persistence unless its timeout is one that -p refuses.
func (e *edited) ifPersistent(options string) string {
	if e.service.Persistence.Timeout == ipvsnl.PersistZero {
		return ""
	}
	return options
}

func (e *edited) mask() string {
	if e.service.Key.Family() == ipvsnl.IPv6 {
		return strconv.Itoa(e.service.Persistence.Mask.Len6())
	}
	return netip.AddrFrom4(e.service.Persistence.Mask.As4()).String()
}

// reset returns the options that would have left an entry as it was, except for those that were given.
func (e *edited) reset(c *flags.Command) (lost string) {
	for _, row := range resettable {
		if c.Named&row.field != 0 || e.same(row.field, &c.Change) {
			continue
		}
		if options := row.words(e); options != "" {
			lost += " " + options
		}
	}
	return lost
}

// same reports whether a change leaves a field as it is.
func (e *edited) same(field ipvsnl.Fields, c *ipvsnl.Change) bool {
	if c.Op == ipvsnl.OpSetService {
		return field.Service(e.service, c.Service) == e.service
	}
	return field.Destination(e.server, c.Destination) == e.server
}

// resetting returns the hint about a change that has reset what was not given.
func (e *edited) resetting(c *flags.Command) string {
	lost := e.reset(c)
	if lost == "" {
		return ""
	}
	command := "-E"
	if c.Change.Op == ipvsnl.OpSetDestination {
		command = "-e"
	}
	return command + " resets what is not given, here" + lost + "; with --keep it stays"
}
