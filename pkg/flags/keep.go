// SPDX-License-Identifier: Apache-2.0

package flags

import (
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// fieldsOf are the fields that options set.
var fieldsOf = [...]struct {
	option optionID
	fields ipvsnl.Fields
}{
	{optScheduler, ipvsnl.FieldScheduler},
	{optSchedFlags, ipvsnl.FieldSchedulerFlags},
	{optOnePacket, ipvsnl.FieldOnePacket},
	{optPersistent, ipvsnl.FieldTimeout},
	{optNetmask, ipvsnl.FieldMask},
	{optEngine, ipvsnl.FieldEngine},
	{optForwarding, ipvsnl.FieldForwarding},
	{optWeight, ipvsnl.FieldWeight},
	{optUpper, ipvsnl.FieldUpperThreshold},
	{optLower, ipvsnl.FieldLowerThreshold},
	// The options of a tunnel are one setting: each type has others.
	{optTunType, ipvsnl.FieldTunnel},
	{optTunPort, ipvsnl.FieldTunnel},
	{optTunNoCsum, ipvsnl.FieldTunnel},
	{optTunCsum, ipvsnl.FieldTunnel},
	{optTunRemCsum, ipvsnl.FieldTunnel},
}

// fields returns what a change sets: with --keep what the options name, otherwise all.
func (p *parser) fields() ipvsnl.Fields {
	if !p.given.has(optKeep) {
		return ipvsnl.AllFields
	}
	return p.named()
}

// named returns what the options name.
func (p *parser) named() ipvsnl.Fields {
	var fields ipvsnl.Fields
	for _, row := range fieldsOf {
		if p.given.has(row.option) {
			fields |= row.fields
		}
	}
	if p.given.has(optForwarding) && p.server.Forwarding != ipvsnl.Tunnel {
		fields |= ipvsnl.FieldTunnel // there is none any more
	}
	return fields
}

func (p *parser) addService() ipvsnl.Change {
	if p.given.has(optEnsure) {
		return ipvsnl.EnsureService(p.service, p.fields())
	}
	return ipvsnl.AddService(p.service)
}

func (p *parser) editService() ipvsnl.Change {
	if p.given.has(optKeep) {
		return ipvsnl.UpdateService(p.service, p.fields())
	}
	return ipvsnl.SetService(p.service)
}

func (p *parser) deleteService() ipvsnl.Change {
	if p.given.has(optEnsure) {
		return ipvsnl.DeleteServiceIfExists(p.service.Key)
	}
	return ipvsnl.DeleteService(p.service.Key)
}

func (p *parser) addServer() ipvsnl.Change {
	if p.given.has(optEnsure) {
		return ipvsnl.EnsureDestination(p.service.Key, p.server, p.fields())
	}
	return ipvsnl.AddDestination(p.service.Key, p.server)
}

func (p *parser) editServer() ipvsnl.Change {
	if p.given.has(optKeep) {
		return ipvsnl.UpdateDestination(p.service.Key, p.server, p.fields())
	}
	return ipvsnl.SetDestination(p.service.Key, p.server)
}

func (p *parser) deleteServer() ipvsnl.Change {
	if p.given.has(optEnsure) {
		return ipvsnl.DeleteDestinationIfExists(p.service.Key, p.server.Addr)
	}
	return ipvsnl.DeleteDestination(p.service.Key, p.server.Addr)
}

// keepsForwarding reports whether an existing real server keeps its forwarding method, which
// only the kernel knows. Its port is then as given.
func (p *parser) keepsForwarding() bool {
	return p.given.has(optKeep) && !p.given.has(optForwarding)
}

// checkKept does what checkServer does if the forwarding method is kept.
func (p *parser) checkKept(v verb) error {
	k, addr := &p.service.Key, p.server.Addr
	switch {
	case p.given&(tunnelOptions|set(optTunType)) != 0:
		return noTunnel()
	case v == editServer:
		return nil
	case ipvsnl.FamilyOf(addr.Addr()) != k.Family():
		return otherFamily()
	case k.Mark == 0 && addr != netip.AddrPortFrom(addr.Addr(), k.Addr.Port()):
		// Added by the default method it would have another port.
		return lacking(set(optForwarding),
			fault("You need to supply the 'forwarding-method' option for a 'real-server' port other than that of the service"))
	}
	return nil
}
