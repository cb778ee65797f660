package format

import (
	"github.com/ipvsadm-go/ipvsadm/internal/vocab"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/reconcile"
)

// changeRules has rules written with numbers, as names may change before they are read.
var changeRules = &Options{View: Rules, Thresholds: true}

// AppendChange appends the rule that makes a change, with every option that it takes: those
// that rules of a save leave out, too.
func AppendChange(b []byte, c *reconcile.Change) []byte {
	switch c.Op {
	case ipvsnl.OpSetTimeouts:
		return AppendTimeoutsRule(b, &c.Timeouts)
	case ipvsnl.OpStartDaemon:
		return AppendDaemonRule(b, &c.Daemon)
	case ipvsnl.OpStopDaemon:
		b = append(append(b, "--stop-daemon "...), c.Daemon.State.String()...)
	default:
		b = changeRules.appendTableChange(b, c)
	}
	return append(b, '\n')
}

// appendTableChange appends the rule of a change of a service or destination.
func (o *Options) appendTableChange(b []byte, c *reconcile.Change) []byte {
	s, d := &c.Service, &c.Destination
	switch c.Op {
	case ipvsnl.OpAddService:
		return o.appendWholeService(append(b, "-A "...), s)
	case ipvsnl.OpSetService:
		return o.appendWholeService(append(b, "-E "...), s)
	case ipvsnl.OpDeleteService:
		return o.appendServiceOption(append(b, "-D "...), s)
	case ipvsnl.OpAddDestination:
		return destinationRule(o, b, s, d)
	case ipvsnl.OpSetDestination:
		b = o.appendDestinationOptions(append(b, "-e "...), s, d)
		return o.appendDestinationSettings(b, d)
	case ipvsnl.OpDeleteDestination:
		return o.appendDestinationOptions(append(b, "-d "...), s, d)
	}
	return b
}

// appendWholeService appends all options of a service. A save leaves out the mask of one
// that is not persistent, and flags that its scheduler has no name for.
func (o *Options) appendWholeService(b []byte, s *ipvsnl.Service) []byte {
	b = appendServiceSettings(o.appendServiceOption(b, s), s, true)
	option := " -b "
	for _, flag := range [...]ipvsnl.ServiceFlags{ipvsnl.FlagSched1, ipvsnl.FlagSched2, ipvsnl.FlagSched3} {
		if s.Flags&flag != 0 {
			b = append(append(b, option...), vocab.SchedulerFlagOf(s.Scheduler, flag)...)
			option = ","
		}
	}
	return b
}
