// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"net/netip"
	"time"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// PlanTimeouts returns the change that sets the wanted timeouts, or
// nothing if they are already set. A wanted timeout of 0 means no change.
func PlanTimeouts(current, wanted ipvsnl.Timeouts) []ipvsnl.Change {
	differing := func(have, want time.Duration) time.Duration {
		if have == want {
			return 0
		}
		return want
	}
	t := ipvsnl.Timeouts{
		TCP:    differing(current.TCP, wanted.TCP),
		TCPFin: differing(current.TCPFin, wanted.TCPFin),
		UDP:    differing(current.UDP, wanted.UDP),
	}
	if t == (ipvsnl.Timeouts{}) {
		return nil
	}
	return []ipvsnl.Change{ipvsnl.SetTimeouts(t)}
}

// PlanDaemons returns the changes that turn the running sync daemons into the wanted ones:
// for each state in wanted, that daemon, or none if it is nil. A daemon whose state is
// not in wanted is not changed. A wanted daemon need not repeat its State, and fields that it
// leaves to the kernel, such as a Port of 0, do not make it differ.
//
// The kernel cannot edit a daemon, so one that differs is restarted. The
// changes in stop contain the whole daemon, not only its state, so that it can be started
// again. They must be made before those of the table, and those in start after them: no
// daemon can run while a destination's family differs from that of its service.
func PlanDaemons(current []ipvsnl.Daemon, wanted map[ipvsnl.DaemonState]*ipvsnl.Daemon) (stop, start []ipvsnl.Change) {
	for _, state := range []ipvsnl.DaemonState{ipvsnl.Master, ipvsnl.Backup} {
		want, named := wanted[state]
		if !named {
			continue
		}
		runs := false
		for _, have := range current {
			switch {
			case have.State != state:
			case want != nil && have == asStarted(*want, have):
				runs = true
			default:
				c := ipvsnl.StopDaemon(state)
				c.Daemon = have
				stop = append(stop, c)
			}
		}
		if want != nil && !runs {
			d := *want
			d.State = state
			start = append(start, ipvsnl.StartDaemon(d))
		}
	}
	return stop, start
}

// The kernel's defaults for what a request to start a daemon omits.
const (
	defaultPort = 8848
	defaultTTL  = 1
)

var defaultGroup = netip.AddrFrom4([4]byte{224, 0, 0, 81})

// The kernel raises the message length of a backup to leastBackupLen, and lowers that of
// an IPv6 group to what the headers of IPv6 and UDP leave.
const (
	leastBackupLen = 1024
	mostLenIPv6    = 1<<16 - 1 - 40 - 8
)

// asStarted returns what the kernel would report about d if it ran instead of the running daemon of
// its state. A message length that is left to the kernel depends on the
// interface; it is taken from the running daemon.
func asStarted(d, runs ipvsnl.Daemon) ipvsnl.Daemon {
	d.State = runs.State
	if !d.Group.IsValid() {
		d.Group = defaultGroup
	}
	if d.Port == 0 {
		d.Port = defaultPort
	}
	if d.TTL == 0 {
		d.TTL = defaultTTL
	}
	switch {
	case d.MaxLen == 0:
		d.MaxLen = runs.MaxLen
	case d.State == ipvsnl.Backup:
		d.MaxLen = max(d.MaxLen, leastBackupLen)
	}
	if d.Group.Is6() {
		d.MaxLen = min(d.MaxLen, mostLenIPv6)
	}
	return d
}
