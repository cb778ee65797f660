// SPDX-License-Identifier: Apache-2.0

package ipvsnl

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"
	"unsafe"
)

// A decoder reads the replies of one socket. It reuses its buffers, so that a
// reply costs no allocation.
type decoder struct {
	service wireService
	dest    wireDest
	daemon  wireDaemon
	timeout wireTimeouts
	info    Info

	// Those of the last service and of the last destination.
	services layout[wireService]
	dests    layout[wireDest]

	// family is the family of destinations from a kernel that does not report it: that of
	// their service.
	family Family
}

// Each of these reads the attributes of one message into v, which is zero. What was read of a message
// that does not have the layout of the last one is read again.

func (d *decoder) readService(b []byte, v *ServiceState) error {
	w := &d.service
	*w = wireService{}
	if !d.services.read(b, w) {
		if err := w.read(b, &d.services); err != nil {
			return fmt.Errorf("reply of a service: %w", err)
		}
	}
	if err := w.state(v); err != nil {
		return fmt.Errorf("reply of a service: %w", err)
	}
	return nil
}

func (d *decoder) readDest(b []byte, v *DestinationState) error {
	w := &d.dest
	*w = wireDest{family: d.family}
	if !d.dests.read(b, w) {
		if err := w.read(b, &d.dests); err != nil {
			return fmt.Errorf("reply of a destination: %w", err)
		}
	}
	if err := w.state(v); err != nil {
		return fmt.Errorf("reply of a destination: %w", err)
	}
	return nil
}

func (d *decoder) readDaemon(b []byte, v *Daemon) error {
	w := &d.daemon
	*w = wireDaemon{}
	p, err := findAttr(b, attrDaemon)
	if err == nil {
		err = daemonTable.read(p, w)
	}
	if err != nil {
		return fmt.Errorf("reply of a daemon: %w", err)
	}
	*v = w.daemon()
	return nil
}

func (d *decoder) readTimeouts(b []byte, v *Timeouts) error {
	w := &d.timeout
	*w = wireTimeouts{}
	if err := timeoutsTable.read(b, w); err != nil {
		return fmt.Errorf("reply of timeouts: %w", err)
	}
	*v = Timeouts{TCP: duration(w.tcp), TCPFin: duration(w.tcpFin), UDP: duration(w.udp)}
	return nil
}

func (d *decoder) readInfo(b []byte, v *Info) error {
	d.info = Info{}
	if err := infoTable.read(b, &d.info); err != nil {
		return fmt.Errorf("reply of info: %w", err)
	}
	*v = d.info
	return nil
}

// read reads the message of a service and has l learn its layout.
func (w *wireService) read(b []byte, l *layout[wireService]) error {
	p, err := l.learnNested(b, attrService)
	if err != nil {
		return err
	}
	if err := readInto(serviceTable, p, w, 0, l); err != nil {
		return err
	}
	return readStats(w.stats, w.stats64, w, unsafe.Offsetof(w.figures), l)
}

// read reads the message of a destination and has l learn its layout.
func (w *wireDest) read(b []byte, l *layout[wireDest]) error {
	p, err := l.learnNested(b, attrDest)
	if err != nil {
		return err
	}
	if err := readInto(destTable, p, w, 0, l); err != nil {
		return err
	}
	return readStats(w.stats, w.stats64, w, unsafe.Offsetof(w.Stats), l)
}

// readStats reads 64-bit counters or, from a kernel without them, those with
// 32 bits, and ends the learning of a layout.
func readStats[W any](stats, stats64 []byte, w *W, offset uintptr, l *layout[W]) error {
	if stats64 != nil {
		stats = stats64
	}
	if err := readInto(statsTable, stats, w, offset, l); err != nil {
		return fmt.Errorf("counters: %w", err)
	}
	l.learned()
	return nil
}

// state returns the service that the attributes describe.
func (w *wireService) state(s *ServiceState) error {
	if err := w.key(&s.Service.Key); err != nil {
		return err
	}
	s.Service.Scheduler = w.scheduler
	s.Service.SchedulerFlags = SchedulerFlags(w.flags) & schedulerFlags
	s.Service.OnePacket = w.flags&flagOnePacket != 0
	s.Service.Persistence.Engine = w.engine
	if w.flags&flagPersistent != 0 {
		s.Service.Persistence.Timeout = duration(w.timeout)
		if w.timeout == 0 {
			s.Service.Persistence.Timeout = PersistZero
		}
		s.Service.Persistence.Mask = w.mask()
	}
	s.Stats = w.figures
	return nil
}

// key reads the key, in its only form.
func (w *wireService) key(k *ServiceKey) error {
	a, err := getAddr(&w.addr, w.family)
	if err != nil {
		return err
	}
	if w.mark != 0 {
		k.Mark, k.IPv6 = w.mark, w.family == IPv6
		return nil
	}
	k.Protocol, k.Addr = w.protocol, netip.AddrPortFrom(a, w.port)
	return nil
}

func (w *wireService) mask() Mask {
	if w.family == IPv6 {
		return Mask6(int(binary.NativeEndian.Uint32(w.netmask[:])))
	}
	return Mask4(w.netmask)
}

// state returns the destination that the attributes describe.
func (w *wireDest) state(s *DestinationState) error {
	a, err := getAddr(&w.addr, w.family)
	if err != nil {
		return err
	}
	*s = w.DestinationState
	s.Destination.Addr = netip.AddrPortFrom(a, w.port)
	s.Destination.Forwarding &= forwardingMask
	return nil
}

func (w *wireDaemon) daemon() Daemon {
	d := w.Daemon
	d.SyncID = uint8(w.syncID) // sync messages carry only this much
	switch {
	case w.group != [4]byte{}:
		d.Group = netip.AddrFrom4(w.group)
	case w.group6 != [16]byte{}:
		d.Group = netip.AddrFrom16(w.group6)
	}
	return d
}

func duration(seconds uint32) time.Duration { return time.Duration(seconds) * time.Second }
