// SPDX-License-Identifier: Apache-2.0

package flags

import (
	"encoding/binary"
	"strconv"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// Oddities are what a command line has that is accepted, as ipvsadm accepts it, and that hardly anyone
// means.
type Oddities uint8

// The oddities.
const (
	MaskIsLength  Oddities = 1 << iota // -M 24, which is the mask 0.0.0.24
	MaskTooEarly                       // -M before an IPv6 service, which it does not change
	MaskIgnored                        // -M without persistence
	EngineIgnored                      // --pe without persistence
	PortIgnored                        // the port of a real server that is not masqueraded
	PortUnknown                        // -r before the service, whose port it does not take then
	PortInAddress                      // -r 2001:db8::1:80, of which 80 is part of the address
)

// notice notes the oddities that several options make together. For -E and -e, which set every field, it also notes
// the fields that the options name.
func (p *parser) notice() {
	odd := &p.cmd.Oddities
	switch p.cmd.Change.Op {
	case ipvsnl.OpSetService, ipvsnl.OpSetDestination:
		p.cmd.Named = p.named()
	}
	switch p.cmd.Change.Op {
	case ipvsnl.OpAddService, ipvsnl.OpSetService, ipvsnl.OpEnsureService:
		*odd |= p.oddService()
	case ipvsnl.OpAddDestination, ipvsnl.OpSetDestination, ipvsnl.OpEnsureDestination:
		*odd |= p.oddServer()
	}
}

func (p *parser) oddService() (odd Oddities) {
	persistent := p.service.Persistence.Timeout != 0 || p.given.has(optKeep) // which may keep it
	if p.given.has(optEngine) && !persistent {
		odd |= EngineIgnored
	}
	switch {
	case !p.given.has(optNetmask):
	case !persistent:
		odd |= MaskIgnored
	case p.service.Key.Family() == ipvsnl.IPv4 && isLength(p.mask.As4()):
		odd |= MaskIsLength
	}
	return odd
}

// isLength reports whether the bytes of a mask are those of a prefix length.
func isLength(mask [4]byte) bool {
	n := binary.BigEndian.Uint32(mask[:])
	return n >= 1 && n <= 32
}

func (p *parser) oddServer() (odd Oddities) {
	key, addr := &p.service.Key, p.server.Addr
	if key.Mark != 0 || p.serverPort || key.Addr.Port() == 0 {
		return 0
	}
	if addr.Port() == 0 {
		odd |= PortUnknown
	}
	before, ok := strings.CutSuffix(addr.Addr().String(), ":"+strconv.Itoa(int(key.Addr.Port())))
	if ok && addr.Addr().Is6() && !strings.HasSuffix(before, ":") {
		odd |= PortInAddress
	}
	return odd
}
