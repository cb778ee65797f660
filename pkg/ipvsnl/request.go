// SPDX-License-Identifier: Apache-2.0

package ipvsnl

import (
	"encoding/binary"
	"net/netip"
	"time"
)

// An encoder builds the payloads of requests, one after another, in a buffer that
// it reuses. Each method appends a whole payload: the generic-netlink header and the
// attributes.
type encoder struct {
	buf    []byte
	mapped bool // IPv4-mapped addresses are accepted

	service wireService
	dest    wireDest
	daemon  wireDaemon
	timeout wireTimeouts
}

// reset discards the payloads.
func (e *encoder) reset() { e.buf = e.buf[:0] }

// head begins a payload.
func (e *encoder) head(cmd command) {
	e.buf = append(e.buf, byte(cmd), genlVersion, 0, 0)
}

// nothing builds a request without attributes.
func (e *encoder) nothing(cmd command, _ *Change) error {
	e.head(cmd)
	return nil
}

// aboutService builds a request that identifies a service.
func (e *encoder) aboutService(cmd command, k *ServiceKey) error {
	if err := k.check(); err != nil {
		return err
	}
	e.service = wireService{}
	e.service.setKey(k)
	e.head(cmd)
	e.buf = nest(e.buf, attrService, serviceTable, &e.service, byKey)
	return nil
}

func (e *encoder) serviceKey(cmd command, c *Change) error {
	return e.aboutService(cmd, &c.Service.Key)
}

// newService builds the request to add a service.
func (e *encoder) newService(cmd command, c *Change) error {
	if err := e.checkMapped(c.Service.Key.Addr); err != nil {
		return err
	}
	return e.wholeService(cmd, c)
}

// wholeService builds a request that carries all of a service.
func (e *encoder) wholeService(cmd command, c *Change) error {
	if err := c.Service.check(); err != nil {
		return err
	}
	e.service = wireService{}
	e.service.set(&c.Service)
	e.head(cmd)
	e.buf = nest(e.buf, attrService, serviceTable, &e.service, whole)
	return nil
}

// destKey builds a request that identifies a destination of a service.
func (e *encoder) destKey(cmd command, c *Change) error {
	if err := checkDestAddr(c.Destination.Addr); err != nil {
		return err
	}
	e.dest = wireDest{}
	e.dest.setAddr(c.Destination.Addr)
	return e.serviceAndDest(cmd, c, byKey)
}

// newDest builds the request to add a destination.
func (e *encoder) newDest(cmd command, c *Change) error {
	if err := e.checkMapped(c.Destination.Addr); err != nil {
		return err
	}
	return e.wholeDest(cmd, c)
}

// wholeDest builds a request that carries all of a destination.
func (e *encoder) wholeDest(cmd command, c *Change) error {
	if err := c.Destination.check(); err != nil {
		return err
	}
	e.dest = wireDest{}
	e.dest.set(&c.Destination)
	return e.serviceAndDest(cmd, c, whole)
}

func (e *encoder) serviceAndDest(cmd command, c *Change, p part) error {
	if err := e.aboutService(cmd, &c.Service.Key); err != nil {
		return err
	}
	e.buf = nest(e.buf, attrDest, destTable, &e.dest, p)
	return nil
}

// checkMapped returns an error for an IPv4-mapped address: it would make an IPv6
// service or destination.
func (e *encoder) checkMapped(a netip.AddrPort) error {
	if a.Addr().Is4In6() && !e.mapped {
		return errMappedAddr
	}
	return nil
}

// daemonKey builds the request to stop a daemon.
func (e *encoder) daemonKey(cmd command, c *Change) error {
	if s := c.Daemon.State; s != Master && s != Backup {
		return errState
	}
	e.aboutDaemon(cmd, &Daemon{State: c.Daemon.State}, byKey)
	return nil
}

// wholeDaemon builds a request that carries all of a daemon.
func (e *encoder) wholeDaemon(cmd command, c *Change) error {
	if err := c.Daemon.check(); err != nil {
		return err
	}
	e.aboutDaemon(cmd, &c.Daemon, whole)
	return nil
}

func (e *encoder) aboutDaemon(cmd command, d *Daemon, p part) {
	e.daemon.set(d)
	e.head(cmd)
	e.buf = nest(e.buf, attrDaemon, daemonTable, &e.daemon, p)
}

// timeouts builds a request that carries timeouts.
func (e *encoder) timeouts(cmd command, c *Change) error {
	t := &c.Timeouts
	if err := t.check(); err != nil {
		return err
	}
	e.timeout = wireTimeouts{tcp: seconds(t.TCP), tcpFin: seconds(t.TCPFin), udp: seconds(t.UDP)}
	e.head(cmd)
	e.buf = timeoutsTable.appendTo(e.buf, &e.timeout, whole)
	return nil
}

// nest appends an attribute that holds a part of v.
func nest[T any](b []byte, attr uint16, t table[T], v *T, p part) []byte {
	start := len(b)
	b = openAttr(b, attr|attrNested)
	b = t.appendTo(b, v, p)
	return closeAttr(b, start)
}

func (w *wireService) setKey(k *ServiceKey) {
	w.family = k.Family()
	w.protocol = k.Protocol
	w.mark = k.Mark
	w.port = k.Addr.Port()
	if k.Mark == 0 {
		putAddr(&w.addr, k.Addr.Addr())
	}
}

func (w *wireService) set(s *Service) {
	w.setKey(&s.Key)
	w.scheduler = s.Scheduler
	w.engine = s.Persistence.Engine
	w.flags = uint32(s.SchedulerFlags)
	if s.OnePacket {
		w.flags |= flagOnePacket
	}
	if s.Persistence.Timeout != 0 {
		w.flags |= flagPersistent
		w.timeout = seconds(s.Persistence.Timeout)
	}
	w.setMask(s.Persistence.Mask)
}

// setMask sets the mask: an address for IPv4, a number for IPv6.
func (w *wireService) setMask(m Mask) {
	if w.family == IPv6 {
		binary.NativeEndian.PutUint32(w.netmask[:], uint32(m.Len6()))
		return
	}
	w.netmask = m.As4()
}

func (w *wireDest) setAddr(a netip.AddrPort) {
	w.family = FamilyOf(a.Addr())
	w.port = a.Port()
	putAddr(&w.addr, a.Addr())
}

func (w *wireDest) set(d *Destination) {
	w.Destination = *d
	w.setAddr(d.Addr)
}

func (w *wireDaemon) set(d *Daemon) {
	w.Daemon = *d
	w.syncID = uint32(d.SyncID)
	switch {
	case d.Group.Is4():
		w.group = d.Group.As4()
	case d.Group.Is6():
		w.group6 = d.Group.As16()
	}
}

// seconds returns a timeout in the kernel's form. That of PersistZero is 0.
func seconds(d time.Duration) uint32 { return uint32(d / time.Second) }
