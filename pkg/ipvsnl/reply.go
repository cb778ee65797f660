// SPDX-License-Identifier: Apache-2.0

package ipvsnl

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"
)

// A decoder reads the replies of one socket. It reuses its buffers, so that a
// reply costs no allocation.
type decoder struct {
	service wireService
	dest    wireDest
	daemon  wireDaemon
	timeout wireTimeouts
	info    Info

	// family is the family of destinations from a kernel that does not report it: that of
	// their service.
	family Family
}

// Each of these reads the attributes of one message.

func (d *decoder) readService(b []byte) (ServiceState, error) {
	w := &d.service
	*w = wireService{}
	if err := readNested(b, attrService, serviceTable, w); err != nil {
		return ServiceState{}, fmt.Errorf("reply of a service: %w", err)
	}
	s, err := w.state()
	if err != nil {
		return ServiceState{}, fmt.Errorf("reply of a service: %w", err)
	}
	return s, nil
}

func (d *decoder) readDest(b []byte) (DestinationState, error) {
	w := &d.dest
	*w = wireDest{family: d.family}
	if err := readNested(b, attrDest, destTable, w); err != nil {
		return DestinationState{}, fmt.Errorf("reply of a destination: %w", err)
	}
	s, err := w.state()
	if err != nil {
		return DestinationState{}, fmt.Errorf("reply of a destination: %w", err)
	}
	return s, nil
}

func (d *decoder) readDaemon(b []byte) (Daemon, error) {
	w := &d.daemon
	*w = wireDaemon{}
	if err := readNested(b, attrDaemon, daemonTable, w); err != nil {
		return Daemon{}, fmt.Errorf("reply of a daemon: %w", err)
	}
	return w.daemon(), nil
}

func (d *decoder) readTimeouts(b []byte) (Timeouts, error) {
	w := &d.timeout
	*w = wireTimeouts{}
	if err := timeoutsTable.read(b, w); err != nil {
		return Timeouts{}, fmt.Errorf("reply of timeouts: %w", err)
	}
	return Timeouts{TCP: duration(w.tcp), TCPFin: duration(w.tcpFin), UDP: duration(w.udp)}, nil
}

func (d *decoder) readInfo(b []byte) (Info, error) {
	d.info = Info{}
	if err := infoTable.read(b, &d.info); err != nil {
		return Info{}, fmt.Errorf("reply of info: %w", err)
	}
	return d.info, nil
}

// readNested reads the attributes within the attribute with that number in b.
func readNested[T any](b []byte, attr uint16, t table[T], v *T) error {
	p, err := findAttr(b, attr)
	if err != nil {
		return err
	}
	return t.read(p, v)
}

// state returns the service that the attributes describe.
func (w *wireService) state() (ServiceState, error) {
	var s ServiceState
	if err := w.key(&s.Service.Key); err != nil {
		return s, err
	}
	s.Service.Scheduler = w.scheduler
	s.Service.SchedulerFlags = SchedulerFlags(w.flags.flags) & schedulerFlags
	s.Service.OnePacket = w.flags.flags&flagOnePacket != 0
	s.Service.Persistence.Engine = w.engine
	if w.flags.flags&flagPersistent != 0 {
		s.Service.Persistence.Timeout = duration(w.timeout)
		if w.timeout == 0 {
			s.Service.Persistence.Timeout = PersistZero
		}
		s.Service.Persistence.Mask = w.mask()
	}
	err := readStats(w.stats, w.stats64, &w.figures)
	s.Stats = w.figures
	return s, err
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

func (w *wireDest) state() (DestinationState, error) {
	a, err := getAddr(&w.addr, w.family)
	if err != nil {
		return DestinationState{}, err
	}
	s := DestinationState{
		Destination:     w.Destination,
		ActiveConns:     w.activeConns,
		InactiveConns:   w.inactiveConns,
		PersistentConns: w.persistentConns,
	}
	s.Destination.Addr = netip.AddrPortFrom(a, w.port)
	s.Destination.Forwarding &= forwardingMask
	err = readStats(w.stats, w.stats64, &w.figures)
	s.Stats = w.figures
	return s, err
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

// readStats reads 64-bit counters or, from a kernel without them, those with
// 32 bits.
func readStats(stats, stats64 []byte, s *Stats) error {
	if stats64 != nil {
		stats = stats64
	}
	if err := statsTable.read(stats, s); err != nil {
		return fmt.Errorf("counters: %w", err)
	}
	return nil
}

func duration(seconds uint32) time.Duration { return time.Duration(seconds) * time.Second }
