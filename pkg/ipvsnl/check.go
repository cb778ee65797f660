// SPDX-License-Identifier: Apache-2.0

package ipvsnl

import (
	"io/fs"
	"net/netip"
	"strings"
	"time"
)

// Reasons not to send a request, because the kernel would do something
// other than what was requested.
var (
	errOp          error = &meaning{"not a change", fs.ErrInvalid}
	errKey         error = &meaning{"a service needs either a firewall mark or a protocol and an address", fs.ErrInvalid}
	errServiceAddr error = &meaning{"the address of a service cannot have a zone", fs.ErrInvalid}
	errMappedAddr  error = &meaning{"the address is IPv4-mapped IPv6: use Unmap", fs.ErrInvalid}
	errProtocol    error = &meaning{"the protocol of a service must be TCP, UDP or SCTP", fs.ErrInvalid}
	errPort        error = &meaning{"only a persistent service can have port 0", fs.ErrInvalid}
	errOnePacket   error = &meaning{"one-packet scheduling requires a UDP service or a mark", fs.ErrInvalid}
	errScheduler   error = &meaning{"the name of a scheduler must have 1 to 15 bytes, none of them NUL", fs.ErrInvalid}
	errFlags       error = &meaning{"unknown scheduler flags", fs.ErrInvalid}
	errEngine      error = &meaning{"the name of a persistence engine must have at most 16 bytes, none of them NUL", fs.ErrInvalid}
	errMask        error = &meaning{"the mask is for the other address family", fs.ErrInvalid}
	errUnpersisted error = &meaning{"a mask requires persistence", fs.ErrInvalid}
	errTimeout     error = &meaning{"a timeout must be in whole seconds, up to MaxTimeout", fs.ErrInvalid}
	errDestAddr    error = &meaning{"a destination needs an address without a zone", fs.ErrInvalid}
	errForwarding  error = &meaning{"unknown forwarding method", fs.ErrInvalid}
	errState       error = &meaning{"the state of a sync daemon must be master or backup", fs.ErrInvalid}
	errInterface   error = &meaning{"the name of an interface must have 1 to 15 bytes, none of them NUL", fs.ErrInvalid}
	errGroup       error = &meaning{"a multicast group cannot have a zone", fs.ErrInvalid}
)

// check returns what is wrong with a key that identifies a service.
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

// check returns what is wrong with a service to add or change.
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

// check returns what is wrong with a destination to add or change.
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

// check returns what is wrong with a daemon to start.
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

// check returns what is wrong with timeouts to set.
func (t *Timeouts) check() error {
	if !isWhole(t.TCP) || !isWhole(t.TCPFin) || !isWhole(t.UDP) {
		return errTimeout
	}
	return nil
}

// isWhole reports whether the kernel would keep a timeout unchanged.
func isWhole(d time.Duration) bool {
	return d%time.Second == 0 && uint64(d/time.Second) <= uint64(MaxTimeout/time.Second) // and not below zero
}

// fits reports whether the kernel would read a name unchanged.
func fits(s string, limit int) bool {
	return len(s) <= limit && strings.IndexByte(s, 0) < 0
}
