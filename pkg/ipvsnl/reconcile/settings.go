package reconcile

import (
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// PlanTimeouts returns the change that makes current timeouts the wanted ones, none if
// they are. A wanted timeout of 0 is to stay as it is.
func PlanTimeouts(current, wanted ipvsnl.Timeouts) []Change {
	differing := func(have, want uint32) uint32 {
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
	return []Change{{Op: ipvsnl.OpSetTimeouts, Timeouts: t}}
}

// PlanDaemons returns the changes that make the sync daemons that run the wanted ones: of
// each state in wanted the one that it says, or none where it says nil. A daemon of
// another state stays as it is, and so does what a wanted one leaves to the kernel.
//
// The kernel edits no daemon, so one that differs is stopped and started. Those to be
// stopped belong before other changes and those to be started behind them, since no
// daemon runs beside a destination whose family is not its service's.
func PlanDaemons(current []ipvsnl.Daemon, wanted map[ipvsnl.DaemonState]*ipvsnl.Daemon) (stop, start []Change) {
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
				stop = append(stop, Change{Op: ipvsnl.OpStopDaemon, Daemon: have})
			}
		}
		if want != nil && !runs {
			start = append(start, Change{Op: ipvsnl.OpStartDaemon, Daemon: *want})
		}
	}
	return stop, start
}

// What the kernel takes for what a request to start a daemon does not say.
const (
	defaultPort = 8848
	defaultTTL  = 1
)

var defaultGroup = netip.AddrFrom4([4]byte{224, 0, 0, 81})

// The least that a backup takes for the size of messages, and the headers that leave no
// room for the largest: IPv6 and UDP.
const (
	leastBackupLen = 1024
	mostLenIPv6    = 1<<16 - 1 - 40 - 8
)

// asStarted returns what the kernel makes of a daemon that it is to start. What size of
// messages it chooses by itself is up to the interface and is taken from the one that runs.
func asStarted(d, runs ipvsnl.Daemon) ipvsnl.Daemon {
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
