// SPDX-License-Identifier: Apache-2.0

package ipvsnl

// Fields are the parts of a service or a destination that a change sets, while the others
// stay as they are.
type Fields uint16

// The fields of a service and of a destination, except those that identify it.
const (
	FieldScheduler Fields = 1 << iota
	FieldSchedulerFlags
	FieldOnePacket
	FieldTimeout // of persistence
	FieldMask    // has no effect without persistence
	FieldEngine

	FieldForwarding
	FieldWeight
	FieldUpperThreshold
	FieldLowerThreshold
	FieldTunnel // TunnelType, TunnelPort and TunnelFlags

	AllFields Fields = 1<<iota - 1
)

// Service returns a service with these fields of another.
func (f Fields) Service(s, from Service) Service {
	p, q := &s.Persistence, &from.Persistence
	set(f&FieldScheduler, &s.Scheduler, from.Scheduler)
	set(f&FieldSchedulerFlags, &s.SchedulerFlags, from.SchedulerFlags)
	set(f&FieldOnePacket, &s.OnePacket, from.OnePacket)
	set(f&FieldTimeout, &p.Timeout, q.Timeout)
	set(f&FieldMask, &p.Mask, q.Mask)
	set(f&FieldEngine, &p.Engine, q.Engine)
	if p.Timeout == 0 {
		p.Mask = Mask{}
	}
	return s
}

// Destination returns a destination with these fields of another.
func (f Fields) Destination(d, from Destination) Destination {
	set(f&FieldForwarding, &d.Forwarding, from.Forwarding)
	set(f&FieldWeight, &d.Weight, from.Weight)
	set(f&FieldUpperThreshold, &d.UpperThreshold, from.UpperThreshold)
	set(f&FieldLowerThreshold, &d.LowerThreshold, from.LowerThreshold)
	set(f&FieldTunnel, &d.TunnelType, from.TunnelType)
	set(f&FieldTunnel, &d.TunnelPort, from.TunnelPort)
	set(f&FieldTunnel, &d.TunnelFlags, from.TunnelFlags)
	return d
}

// set sets a field if it is among the given ones.
func set[T any](given Fields, field *T, value T) {
	if given != 0 {
		*field = value
	}
}
