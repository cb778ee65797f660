package ipvsnl

import (
	"encoding/binary"
	"net/netip"
	"strings"
)

// An encoder builds the payloads of requests, one after the other, in a buffer
// that it keeps. Each method appends a whole payload: the generic-netlink header
// and the attributes.
type encoder struct {
	buf     []byte
	service wireService
	dest    wireDest
	daemon  wireDaemon
	timeout Timeouts
}

// reset drops what was built.
func (e *encoder) reset() { e.buf = e.buf[:0] }

// bare builds a request of no attributes.
func (e *encoder) bare(cmd command) {
	e.buf = append(e.buf, byte(cmd), genlVersion, 0, 0)
}

// aboutService builds a request about the service of that key.
func (e *encoder) aboutService(cmd command, k *ServiceKey) error {
	e.service = wireService{}
	if err := e.service.setKey(k); err != nil {
		return err
	}
	e.bare(cmd)
	e.buf = nest(e.buf, attrService, serviceTable, &e.service, byKey)
	return nil
}

// wholeService builds a request that carries all of a service.
func (e *encoder) wholeService(cmd command, s *Service) error {
	e.service = wireService{Service: *s}
	if err := e.service.set(); err != nil {
		return err
	}
	e.bare(cmd)
	e.buf = nest(e.buf, attrService, serviceTable, &e.service, whole)
	return nil
}

// aboutDest builds a request about the destination of that address.
func (e *encoder) aboutDest(cmd command, k *ServiceKey, a netip.AddrPort) error {
	e.dest = wireDest{}
	if err := e.dest.setAddr(a); err != nil {
		return err
	}
	return e.serviceAndDest(cmd, k, byKey)
}

// wholeDest builds a request that carries all of a destination.
func (e *encoder) wholeDest(cmd command, k *ServiceKey, d *Destination) error {
	e.dest = wireDest{Destination: *d}
	if err := e.dest.set(); err != nil {
		return err
	}
	return e.serviceAndDest(cmd, k, whole)
}

func (e *encoder) serviceAndDest(cmd command, k *ServiceKey, p part) error {
	if err := e.aboutService(cmd, k); err != nil {
		return err
	}
	e.buf = nest(e.buf, attrDest, destTable, &e.dest, p)
	return nil
}

// daemonRequest builds a request that carries a part of a daemon.
func (e *encoder) daemonRequest(cmd command, d *Daemon, p part) error {
	e.daemon = wireDaemon{Daemon: *d}
	if err := e.daemon.set(p); err != nil {
		return err
	}
	e.bare(cmd)
	e.buf = nest(e.buf, attrDaemon, daemonTable, &e.daemon, p)
	return nil
}

// timeoutsRequest builds a request that carries timeouts.
func (e *encoder) timeoutsRequest(cmd command, t *Timeouts) {
	e.timeout = *t
	e.bare(cmd)
	e.buf = timeoutsTable.appendTo(e.buf, &e.timeout, whole)
}

// nest appends an attribute that holds a part of v.
func nest[T any](b []byte, attr uint16, t table[T], v *T, p part) []byte {
	start := len(b)
	b = openAttr(b, attr|attrNested)
	b = t.appendTo(b, v, p)
	return closeAttr(b, start)
}

func (w *wireService) setKey(k *ServiceKey) error {
	w.ServiceKey = *k
	if k.Mark != 0 {
		w.Family = k.family()
		return nil
	}
	if err := checkAddr(k.Addr.Addr(), errServiceAddr); err != nil {
		return err
	}
	w.Family = FamilyOf(k.Addr.Addr())
	w.port = k.Addr.Port()
	putAddr(&w.addr, k.Addr.Addr())
	return nil
}

func (w *wireService) set() error {
	if err := w.setKey(&w.ServiceKey); err != nil {
		return err
	}
	if w.Mark == 0 && w.Protocol == 0 {
		return errProtocol // the kernel would add a service that no packet has
	}
	if err := checkName(w.Scheduler, maxScheduler, errScheduler); err != nil {
		return err
	}
	if err := checkName(w.Engine, maxEngine, errEngine); err != nil {
		return err
	}
	// The kernel believes a request that says its service is hashed, and then
	// never finds the service again.
	w.flags = wireFlags{w.Flags &^ FlagHashed, w.FlagMask}
	if w.flags.mask == 0 {
		w.flags.mask = ^ServiceFlags(0)
	}
	w.putNetmask()
	return nil
}

// putNetmask writes the mask: of IPv4 it is an address, of IPv6 a number.
func (w *wireService) putNetmask() {
	if w.Family == IPv6 {
		binary.NativeEndian.PutUint32(w.netmask[:], w.Netmask)
		return
	}
	binary.BigEndian.PutUint32(w.netmask[:], w.Netmask)
}

func (w *wireDest) setAddr(a netip.AddrPort) error {
	if err := checkAddr(a.Addr(), errDestAddr); err != nil {
		return err
	}
	w.family = FamilyOf(a.Addr())
	w.port = a.Port()
	putAddr(&w.addr, a.Addr())
	return nil
}

func (w *wireDest) set() error {
	if w.Forwarding > forwardingMask {
		return errForwarding // the kernel would drop the other bits
	}
	return w.setAddr(w.Addr)
}

func (w *wireDaemon) set(p part) error {
	if w.SyncID > 255 {
		return errSyncID // the kernel would send the lowest byte of it
	}
	if p < whole {
		return nil
	}
	if err := checkName(w.Interface, maxInterface, errInterface); err != nil {
		return err
	}
	if !w.Group.IsValid() {
		return nil
	}
	if err := checkAddr(w.Group, errGroup); err != nil {
		return err
	}
	if w.Group.Is4() {
		w.group = w.Group.As4()
		return nil
	}
	w.group6 = w.Group.As16()
	return nil
}

// checkAddr returns bad unless a is an address that the kernel can be told whole:
// it takes no zones.
func checkAddr(a netip.Addr, bad error) error {
	if !a.IsValid() || a.Zone() != "" {
		return bad
	}
	return nil
}

// checkName returns bad unless the kernel would read s as it is.
func checkName(s string, limit int, bad error) error {
	if len(s) > limit || strings.IndexByte(s, 0) >= 0 {
		return bad
	}
	return nil
}

// family returns the family of the key's service.
func (k *ServiceKey) family() Family {
	switch {
	case k.Mark == 0:
		return FamilyOf(k.Addr.Addr())
	case k.Family == 0:
		return IPv4
	}
	return k.Family
}
