// SPDX-License-Identifier: Apache-2.0

package ipvsnltest

import (
	"iter"
	"slices"

	"github.com/mdlayher/netlink"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/simulation"
)

// Error numbers that do not concern changes.
const (
	enoent       = int(simulation.ENOENT)
	esrch        = int(simulation.ESRCH)
	ebusy        = 16
	einval       = int(simulation.EINVAL)
	erange       = int(simulation.ERANGE)
	eopnotsupp   = 95
	eafnosupport = 97
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

// tellFamily replies with the ID of the IPVS family to a request for its name.
func (c *conn) tellFamily(h netlink.Header, data []byte) (number int) {
	const newFamily, getFamily = 1, 3 // CTRL_CMD_NEWFAMILY, CTRL_CMD_GETFAMILY
	switch {
	case len(data) < 4:
		return einval
	case data[0] != getFamily || h.Flags&netlink.Dump == netlink.Dump:
		return eopnotsupp
	}
	a, ok := familyPolicy.parse(data[4:])
	switch {
	case !ok:
		return erange
	case !a.has(2):
		return einval
	case a.text(2) != "IPVS" || c.director.isAbsent():
		return enoent
	}
	ae := netlink.NewAttributeEncoder()
	ae.String(2, "IPVS")         // CTRL_ATTR_FAMILY_NAME
	ae.Uint16(1, uint16(family)) // CTRL_ATTR_FAMILY_ID
	ae.Uint32(3, 1)              // CTRL_ATTR_VERSION
	ae.Uint32(4, 0)              // CTRL_ATTR_HDRSIZE
	ae.Uint32(5, 6)              // CTRL_ATTR_MAXATTR
	c.replies = append(c.replies, message(nil, controller, 0, h, encoded(newFamily, 2, ae)))
	return 0
}

// serve handles a request to IPVS and returns the error number of a refusal, or
// 0.
func (c *conn) serve(h netlink.Header, data []byte) (number int) {
	if len(data) < 4 {
		return einval
	}
	command, isDump := data[0], h.Flags&netlink.Dump == netlink.Dump
	if command >= byte(len(kinds)) || kinds[command]&kindOf(isDump) == 0 {
		return eopnotsupp
	}
	d := c.director
	a, ok := commandPolicy.parse(data[4:])
	if isDump {
		return c.list(h, command, a)
	}
	if !ok {
		return erange
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	switch command {
	case cmdGetService:
		return c.tellService(h, a)
	case cmdGetConfig:
		c.reply(h, cmdSetConfig, encodeTimeouts(&d.table.Timeouts))
		return 0
	case cmdGetInfo:
		c.reply(h, cmdSetInfo, encodeInfo(&d.info))
		return 0
	}
	change, number := d.change(command, a)
	if number != 0 {
		return number
	}
	return d.make(change)
}

// A kind is a way to request a command.
type kind uint8

const (
	single kind = 1 << iota
	dumped
)

func kindOf(isDump bool) kind {
	if isDump {
		return dumped
	}
	return single
}

// kinds are the kinds of the commands.
var kinds = [...]kind{
	cmdNewService: single,
	cmdSetService: single,
	cmdDelService: single,
	cmdGetService: single | dumped,
	cmdNewDest:    single,
	cmdSetDest:    single,
	cmdDelDest:    single,
	cmdGetDest:    dumped,
	cmdNewDaemon:  single,
	cmdDelDaemon:  single,
	cmdGetDaemon:  dumped,
	cmdSetConfig:  single,
	cmdGetConfig:  single,
	cmdGetInfo:    single,
	cmdZero:       single,
	cmdFlush:      single,
}

// reply queues a reply of one message.
func (c *conn) reply(h netlink.Header, command byte, ae *netlink.AttributeEncoder) {
	c.replies = append(c.replies, message(nil, family, 0, h, encoded(command, 1, ae)))
}

func (c *conn) tellService(h netlink.Header, a attributes) (number int) {
	_, k, number := readKey(a)
	if number != 0 {
		return number
	}
	s := c.director.table.Service(k)
	if s == nil {
		return esrch
	}
	c.reply(h, cmdNewService, encodeService(&s.ServiceState))
	return 0
}

// list begins a listing. An invalid request gets an empty one.
func (c *conn) list(h netlink.Header, command byte, a attributes) (number int) {
	if c.dump != nil {
		return ebusy
	}
	d := c.director
	var part func(sent int) [][]byte
	switch command {
	case cmdGetService:
		part = func(sent int) [][]byte {
			return cut(d.table.Services, sent, func(s *simulation.Service) []byte {
				return encoded(cmdNewService, 1, encodeService(&s.ServiceState))
			})
		}
	case cmdGetDest:
		part = func(sent int) [][]byte {
			if a == nil {
				return nil
			}
			_, k, _ := readKey(a)
			s := d.table.Service(k)
			if s == nil {
				return nil
			}
			return cut(s.NewestDestinations, sent, func(state *ipvsnl.DestinationState) []byte {
				return encoded(cmdNewDest, 1, encodeDestination(state))
			})
		}
	case cmdGetDaemon:
		part = func(sent int) [][]byte {
			return cut(slices.Values(d.table.Daemons()), sent, func(daemon ipvsnl.Daemon) []byte {
				return encoded(cmdNewDaemon, 1, encodeDaemon(&daemon))
			})
		}
	}
	c.dump = &dump{request: h, part: func(sent int) [][]byte {
		d.mu.Lock()
		defer d.mu.Unlock()
		return part(sent)
	}}
	c.continueDump()
	return 0
}

// cut returns the next part of a listing: the items after as many as were sent.
// After the last part it is empty.
func cut[T any](items iter.Seq[T], sent int, encode func(T) []byte) (messages [][]byte) {
	size, index := 0, 0
	for item := range items {
		if index++; index <= sent {
			continue
		}
		if size >= partSize {
			break
		}
		m := encode(item)
		messages, size = append(messages, m), size+len(m)
	}
	return messages
}

// change returns the change that a request describes, or the error number with which the kernel
// refuses it before examining the table.
func (d *Director) change(command byte, a attributes) (c *ipvsnl.Change, number int) {
	c = &ipvsnl.Change{Op: changes[command]}
	switch command {
	case cmdFlush:
		return c, 0
	case cmdSetConfig:
		c.Timeouts = readTimeouts(a)
		return c, 0
	case cmdNewDaemon:
		c.Daemon, number = readDaemon(a, 1, 2, 3)
		return c, number
	case cmdDelDaemon:
		c.Daemon, number = readDaemon(a, 1)
		return c, number
	case cmdZero:
		if a[1] == nil {
			return c, 0
		}
		c.Op = ipvsnl.OpZeroService
	}
	service, k, number := readKey(a)
	if number != 0 {
		return nil, number
	}
	c.Service.Key = k
	if command == cmdNewService || command == cmdSetService {
		c.Service, number = d.readService(service, k)
		return c, number
	}
	switch command {
	case cmdNewDest, cmdSetDest:
		c.Destination, number = readDest(a, k.Family(), whole)
	case cmdDelDest:
		c.Destination, number = readDest(a, k.Family(), key)
	}
	if number != 0 && d.table.Service(k) == nil {
		return nil, esrch
	}
	return c, number
}

// changes are the changes of the commands.
var changes = [...]ipvsnl.Op{
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
}
