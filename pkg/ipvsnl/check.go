// SPDX-License-Identifier: Apache-2.0

package ipvsnl

import (
	"io/fs"
	"net/netip"
	"strings"
	"time"
)

// What is wrong with a request that is not sent, as the kernel would make something
// else of it than was asked for.
var (
	errOp          error = &meaning{"not a change", fs.ErrInvalid}
	errKey         error = &meaning{"a service has either a firewall mark, with IPv6 or not, or a protocol and an address", fs.ErrInvalid}
	errServiceAddr error = &meaning{"a service's address has no zone", fs.ErrInvalid}
	errMappedAddr  error = &meaning{"the address is an IPv4 one, mapped to IPv6: it needs Unmap", fs.ErrInvalid}
	errProtocol    error = &meaning{"a service's protocol is TCP, UDP or SCTP", fs.ErrInvalid}
	errPort        error = &meaning{"only a persistent service can have port 0", fs.ErrInvalid}
	errOnePacket   error = &meaning{"one-packet scheduling is for UDP services and those of marks", fs.ErrInvalid}
	errScheduler   error = &meaning{"a scheduler's name has 1 to 15 bytes, none of them NUL", fs.ErrInvalid}
	errFlags       error = &meaning{"not a scheduler's flags", fs.ErrInvalid}
	errEngine      error = &meaning{"a persistence engine's name has at most 16 bytes, none of them NUL", fs.ErrInvalid}
	errMask        error = &meaning{"the mask is for the other address family", fs.ErrInvalid}
	errUnpersisted error = &meaning{"only persistence has a mask", fs.ErrInvalid}
	errTimeout     error = &meaning{"a timeout is in whole seconds, up to MaxTimeout", fs.ErrInvalid}
	errDestAddr    error = &meaning{"a destination needs an address without a zone", fs.ErrInvalid}
	errForwarding  error = &meaning{"not a forwarding method", fs.ErrInvalid}
	errState       error = &meaning{"a sync daemon is a master or a backup", fs.ErrInvalid}
	errInterface   error = &meaning{"an interface's name has 1 to 15 bytes, none of them NUL", fs.ErrInvalid}
	errGroup       error = &meaning{"a multicast group has no zone", fs.ErrInvalid}
)

// check returns what is wrong with a key, by which a service is looked for.
func (k *ServiceKey) check() error {
	switch marked := k.Mark != 0; {
	case marked && (k.Protocol != 0 || k.Addr.IsValid()),
		!marked && (k.IPv6 || k.Protocol == 0 || !k.Addr.IsValid()):
		return errKey
	case k.Addr.Addr().Zone() != "":
		return errServiceAddr
	}
	return nil
}

// check returns what is wrong with a service that is to be added or changed.
func (s *Service) check() error {
	k, p := &s.Key, &s.Persistence
	if err := k.check(); err != nil {
		return err
	}
	if k.Mark == 0 && k.Protocol != TCP && k.Protocol != UDP && k.Protocol != SCTP {
		return errProtocol
	}
	switch {
	case k.Mark == 0 && k.Addr.Port() == 0 && p.Timeout == 0:
		return errPort
	case k.Mark == 0 && k.Protocol != UDP && s.OnePacket:
		return errOnePacket
	case s.Scheduler == "" || !fits(s.Scheduler, maxScheduler):
		return errScheduler
	case s.SchedulerFlags&^schedulerFlags != 0:
		return errFlags
	case !fits(p.Engine, maxEngine):
		return errEngine
	case p.Timeout == 0 && p.Mask != Mask{}:
		return errUnpersisted
	case !p.Mask.fits(k.Family()):
		return errMask
	case p.Timeout != PersistZero && !isWhole(p.Timeout):
		return errTimeout
	}
	return nil
}

// check returns what is wrong with a destination that is to be added or changed.
func (d *Destination) check() error {
	if d.Forwarding > forwardingMask {
		return errForwarding // the kernel would drop the other bits
	}
	return checkDestAddr(d.Addr)
}

func checkDestAddr(a netip.AddrPort) error {
	if !a.IsValid() || a.Addr().Zone() != "" {
		return errDestAddr
	}
	return nil
}

// check returns what is wrong with a daemon that is to be started.
func (d *Daemon) check() error {
	switch {
	case d.State != Master && d.State != Backup:
		return errState
	case d.Interface == "" || !fits(d.Interface, maxInterface):
		return errInterface
	case d.Group.Zone() != "":
		return errGroup
	}
	return nil
}

// check returns what is wrong with timeouts that are to be set.
func (t *Timeouts) check() error {
	if !isWhole(t.TCP) || !isWhole(t.TCPFin) || !isWhole(t.UDP) {
		return errTimeout
	}
	return nil
}

// isWhole reports whether the kernel would keep a timeout as it is.
func isWhole(d time.Duration) bool {
	return 0 <= d && d <= MaxTimeout && d%time.Second == 0
}

// fits reports whether the kernel would read a name as it is.
func fits(s string, limit int) bool {
	return len(s) <= limit && strings.IndexByte(s, 0) < 0
}
