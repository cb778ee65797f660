// SPDX-License-Identifier: Apache-2.0

package format

import (
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/words"
)

// changeRules makes rules numeric, because names may change before they are
// read.
var changeRules = &Options{Thresholds: true}

// AppendChange appends the rule that makes a change, with every option that it
// takes, even those that a save leaves out.
//
// If no rule makes the change, it appends nothing and returns false: those that depend on
// what the kernel has (PutService, SetWeight, UpdateService and so on) are never planned.
// Those that delete what may not exist have the rule that deletes it.
func AppendChange(b []byte, c *ipvsnl.Change) (rule []byte, ok bool) {
	o, key := changeRules, &c.Service.Key
	switch c.Op {
	case ipvsnl.OpAddService:
		b = o.appendWholeService(append(b, "-A "...), &c.Service)
	case ipvsnl.OpSetService:
		b = o.appendWholeService(append(b, "-E "...), &c.Service)
	case ipvsnl.OpDeleteService, ipvsnl.OpDeleteServiceIfExists:
		b = o.appendServiceOption(append(b, "-D "...), key)
	case ipvsnl.OpAddDestination:
		b = o.appendWholeDestination(append(b, "-a "...), key, &c.Destination)
	case ipvsnl.OpSetDestination:
		b = o.appendWholeDestination(append(b, "-e "...), key, &c.Destination)
	case ipvsnl.OpDeleteDestination, ipvsnl.OpDeleteDestinationIfExists:
		b = o.appendDestinationOptions(append(b, "-d "...), key, c.Destination.Addr)
	case ipvsnl.OpSetTimeouts:
		return AppendTimeoutsRule(b, &c.Timeouts), true
	case ipvsnl.OpStartDaemon:
		return AppendDaemonRule(b, &c.Daemon), true
	case ipvsnl.OpStopDaemon:
		b = append(append(b, "--stop-daemon "...), c.Daemon.State.String()...)
	case ipvsnl.OpZero:
		b = append(b, "-Z"...)
	case ipvsnl.OpZeroService:
		b = o.appendServiceOption(append(b, "-Z "...), key)
	case ipvsnl.OpFlush:
		b = append(b, "-C"...)
	default:
		return b, false
	}
	return append(b, '\n'), true
}

// schedulerFlags are all the flags of a scheduler.
var schedulerFlags = [...]ipvsnl.SchedulerFlags{ipvsnl.SchedulerFlag1, ipvsnl.SchedulerFlag2, ipvsnl.SchedulerFlag3}

// appendWholeService appends all options of a service. A save omits the flags
// that its scheduler has no name for.
func (o *Options) appendWholeService(b []byte, s *ipvsnl.Service) []byte {
	b = appendServiceSettings(o.appendServiceOption(b, &s.Key), s)
	option := " -b "
	for _, flag := range schedulerFlags {
		if s.SchedulerFlags&flag != 0 {
			b = append(append(b, option...), words.SchedulerFlagOf(s.Scheduler, flag)...)
			option = ","
		}
	}
	return b
}

func (o *Options) appendWholeDestination(b []byte, k *ipvsnl.ServiceKey, d *ipvsnl.Destination) []byte {
	return o.appendDestinationSettings(o.appendDestinationOptions(b, k, d.Addr), d)
}
