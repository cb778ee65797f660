// SPDX-License-Identifier: Apache-2.0

package ipvsnltest

import (
	"net/netip"

	"github.com/mdlayher/netlink"

	"github.com/ipvsadm-go/ipvsadm/internal/simulation"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// The error numbers of what concerns no change.
const (
	enoent     = int(simulation.ENOENT)
	esrch      = int(simulation.ESRCH)
	einval     = int(simulation.EINVAL)
	eopnotsupp = 95
)

// The commands of linux/ip_vs.h (IPVS_CMD_*).
const (
	cmdNewService = 1
	cmdSetService = 2
	cmdDelService = 3
	cmdGetService = 4
	cmdNewDest    = 5
	cmdSetDest    = 6
	cmdDelDest    = 7
	cmdGetDest    = 8
	cmdNewDaemon  = 9
	cmdDelDaemon  = 10
	cmdGetDaemon  = 11
	cmdSetConfig  = 12
	cmdGetConfig  = 13
	cmdSetInfo    = 14
	cmdGetInfo    = 15
	cmdZero       = 16
	cmdFlush      = 17
)

func (d *Director) isAbsent() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.absent
}

// tellFamily tells the number of the IPVS family.
func (c *conn) tellFamily(h netlink.Header) (number int) {
	if c.director.isAbsent() {
		return enoent
	}
	const newFamily = 1 // CTRL_CMD_NEWFAMILY
	ae := netlink.NewAttributeEncoder()
	ae.Uint16(1, uint16(family)) // CTRL_ATTR_FAMILY_ID
	ae.String(2, "IPVS")         // CTRL_ATTR_FAMILY_NAME
	ae.Uint32(3, 1)              // CTRL_ATTR_VERSION
	ae.Uint32(4, 0)              // CTRL_ATTR_HDRSIZE
	ae.Uint32(5, 6)              // CTRL_ATTR_MAXATTR
	c.replies = append(c.replies, message(nil, controller, 0, h, encoded(newFamily, 2, ae)))
	return 0
}

// serve acts on a request to IPVS, and returns the number by which it is refused, or
// 0.
func (c *conn) serve(h netlink.Header, data []byte) (number int) {
	if len(data) < 4 {
		return einval
	}
	r, err := decode(data[4:])
	if err != nil {
		return einval
	}
	d := c.director
	d.mu.Lock()
	defer d.mu.Unlock()
	command := data[0]
	if h.Flags&netlink.Dump == netlink.Dump {
		return c.list(h, command, r)
	}
	switch command {
	case cmdGetService:
		return c.tellService(h, r)
	case cmdGetConfig:
		c.reply(h, cmdSetConfig, encodeTimeouts(&d.table.Timeouts))
		return 0
	case cmdGetInfo:
		c.reply(h, cmdSetInfo, encodeInfo(&d.info))
		return 0
	}
	change, number := r.change(command)
	if number != 0 {
		return number
	}
	return d.make(change)
}

// reply queues the answer to a request that wants one message.
func (c *conn) reply(h netlink.Header, command byte, ae *netlink.AttributeEncoder) {
	c.replies = append(c.replies, message(nil, family, 0, h, encoded(command, 1, ae)))
}

func (c *conn) tellService(h netlink.Header, r *request) (number int) {
	if r.service == nil || !r.service.identified() {
		return einval
	}
	s := c.director.table.Service(r.service.key())
	if s == nil {
		return esrch
	}
	c.reply(h, cmdNewService, encodeService(&s.ServiceState))
	return 0
}

// list begins a listing.
func (c *conn) list(h netlink.Header, command byte, r *request) (number int) {
	d := c.director
	var part func(sent int) ([][]byte, bool)
	switch command {
	case cmdGetService:
		part = func(sent int) ([][]byte, bool) {
			return cut(d.table.Services, sent, func(s *simulation.Service) []byte {
				return encoded(cmdNewService, 1, encodeService(&s.ServiceState))
			})
		}
	case cmdGetDest:
		if r.service == nil || !r.service.identified() {
			return einval
		}
		key := r.service.key()
		part = func(sent int) ([][]byte, bool) {
			s := d.table.Service(key)
			if s == nil {
				return nil, false
			}
			return cut(s.Destinations, sent, func(state *ipvsnl.DestinationState) []byte {
				return encoded(cmdNewDest, 1, encodeDestination(state))
			})
		}
	case cmdGetDaemon:
		part = func(int) (messages [][]byte, more bool) {
			for _, daemon := range d.table.Daemons() {
				messages = append(messages, encoded(cmdNewDaemon, 1, encodeDaemon(&daemon)))
			}
			return messages, false
		}
	default:
		return eopnotsupp
	}
	c.dump = &dump{request: h, command: command, part: func(sent int) ([][]byte, bool) {
		d.mu.Lock()
		defer d.mu.Unlock()
		return part(sent)
	}}
	return 0
}

// cut returns the next part of a listing: what comes after as many items as were sent.
func cut[T any](items func(yield func(T) bool), sent int, encode func(T) []byte) (messages [][]byte, more bool) {
	size, index := 0, 0
	for item := range items {
		if index++; index <= sent {
			continue
		}
		if size >= partSize {
			return messages, true
		}
		m := encode(item)
		messages, size = append(messages, m), size+len(m)
	}
	return messages, false
}

// change returns the change that a request asks for, or the number by which the kernel
// refuses what makes none.
func (r *request) change(command byte) (*ipvsnl.Change, int) {
	op := map[byte]ipvsnl.Op{
		cmdNewService: ipvsnl.OpAddService,
		cmdSetService: ipvsnl.OpSetService,
		cmdDelService: ipvsnl.OpDeleteService,
		cmdNewDest:    ipvsnl.OpAddDestination,
		cmdSetDest:    ipvsnl.OpSetDestination,
		cmdDelDest:    ipvsnl.OpDeleteDestination,
		cmdNewDaemon:  ipvsnl.OpStartDaemon,
		cmdDelDaemon:  ipvsnl.OpStopDaemon,
		cmdSetConfig:  ipvsnl.OpSetTimeouts,
		cmdZero:       ipvsnl.OpZero,
		cmdFlush:      ipvsnl.OpFlush,
	}[command]
	c := &ipvsnl.Change{Op: op}
	switch command {
	case cmdFlush:
		return c, 0
	case cmdSetConfig:
		c.Timeouts = r.timeouts
		return c, 0
	case cmdNewDaemon, cmdDelDaemon:
		if r.daemon == nil || command == cmdNewDaemon && r.daemon.Interface == "" {
			return nil, einval
		}
		c.Daemon = *r.daemon
		return c, 0
	case cmdZero:
		if r.service == nil {
			return c, 0
		}
		c.Op = ipvsnl.OpZeroService
	}
	if op == 0 {
		return nil, eopnotsupp
	}
	whole := command == cmdNewService || command == cmdSetService
	if r.service == nil || !r.service.identified() || whole && !r.service.whole() {
		return nil, einval
	}
	c.Service = r.service.service()
	if command == cmdNewDest || command == cmdSetDest || command == cmdDelDest {
		if r.dest == nil || !r.dest.Addr.IsValid() {
			return nil, einval
		}
		c.Destination = *r.dest
	}
	return c, 0
}

// addrPort returns an address of which a request has given the parts.
func addrPort(b []byte, f ipvsnl.Family, port uint16) (a netip.AddrPort, ok bool) {
	switch {
	case len(b) != 16:
		return a, false
	case f == ipvsnl.IPv4:
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[:4])), port), true
	case f == ipvsnl.IPv6:
		return netip.AddrPortFrom(netip.AddrFrom16([16]byte(b)), port), true
	}
	return a, false
}
