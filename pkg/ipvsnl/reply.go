package ipvsnl

import (
	"encoding/binary"
	"fmt"
	"net/netip"
)

// A decoder reads the replies of one socket. What it reads into it keeps and uses
// again, so that a reply costs no allocation.
type decoder struct {
	service wireService
	dest    wireDest
	daemon  wireDaemon
	timeout Timeouts
	info    Info

	// family is that of the destinations of a kernel that does not say it:
	// their service's.
	family Family
}

// Each of these reads the attributes of one message.

func (d *decoder) readService(b []byte) (Service, error) {
	w := &d.service
	*w = wireService{}
	if err := readNested(b, attrService, serviceTable, w); err != nil {
		return Service{}, fmt.Errorf("reply of a service: %w", err)
	}
	if err := w.finish(); err != nil {
		return Service{}, fmt.Errorf("reply of a service: %w", err)
	}
	return w.Service, nil
}

func (d *decoder) readDest(b []byte) (Destination, error) {
	w := &d.dest
	*w = wireDest{family: d.family}
	if err := readNested(b, attrDest, destTable, w); err != nil {
		return Destination{}, fmt.Errorf("reply of a destination: %w", err)
	}
	if err := w.finish(); err != nil {
		return Destination{}, fmt.Errorf("reply of a destination: %w", err)
	}
	return w.Destination, nil
}

func (d *decoder) readDaemon(b []byte) (Daemon, error) {
	w := &d.daemon
	*w = wireDaemon{}
	if err := readNested(b, attrDaemon, daemonTable, w); err != nil {
		return Daemon{}, fmt.Errorf("reply of a daemon: %w", err)
	}
	w.finish()
	return w.Daemon, nil
}

func (d *decoder) readTimeouts(b []byte) (Timeouts, error) {
	d.timeout = Timeouts{}
	if err := timeoutsTable.read(b, &d.timeout); err != nil {
		return Timeouts{}, fmt.Errorf("reply of timeouts: %w", err)
	}
	return d.timeout, nil
}

func (d *decoder) readInfo(b []byte) (Info, error) {
	d.info = Info{}
	if err := infoTable.read(b, &d.info); err != nil {
		return Info{}, fmt.Errorf("reply of info: %w", err)
	}
	return d.info, nil
}

// readNested reads what the attribute of that number in b holds.
func readNested[T any](b []byte, attr uint16, t table[T], v *T) error {
	p, err := findAttr(b, attr)
	if err != nil {
		return err
	}
	return t.read(p, v)
}

// finish makes the public fields of what the attributes said.
func (w *wireService) finish() error {
	w.Flags, w.FlagMask = w.flags.flags, w.flags.mask
	w.getNetmask()
	if w.Mark == 0 {
		a, err := getAddr(&w.addr, w.Family)
		if err != nil {
			return err
		}
		w.Addr = netip.AddrPortFrom(a, w.port)
	}
	return readStats(w.stats, w.stats64, &w.Stats)
}

func (w *wireService) getNetmask() {
	if w.Family == IPv6 {
		w.Netmask = binary.NativeEndian.Uint32(w.netmask[:])
		return
	}
	w.Netmask = binary.BigEndian.Uint32(w.netmask[:])
}

func (w *wireDest) finish() error {
	a, err := getAddr(&w.addr, w.family)
	if err != nil {
		return err
	}
	w.Addr = netip.AddrPortFrom(a, w.port)
	w.Forwarding &= forwardingMask
	return readStats(w.stats, w.stats64, &w.Stats)
}

func (w *wireDaemon) finish() {
	switch {
	case w.group != [4]byte{}:
		w.Group = netip.AddrFrom4(w.group)
	case w.group6 != [16]byte{}:
		w.Group = netip.AddrFrom16(w.group6)
	}
}

// readStats reads the counters of 64 bits or, from a kernel that has none, those
// of 32.
func readStats(stats, stats64 []byte, s *Stats) error {
	if stats64 != nil {
		stats = stats64
	}
	if err := statsTable.read(stats, s); err != nil {
		return fmt.Errorf("counters: %w", err)
	}
	return nil
}
