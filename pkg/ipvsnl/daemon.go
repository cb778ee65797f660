// SPDX-License-Identifier: Apache-2.0

package ipvsnl

import "net/netip"

// A Daemon is a sync daemon: a kernel thread that multicasts the connection table
// to backup directors, or receives it from a master. Daemons can be compared
// with ==.
type Daemon struct {
	// State is the role of the daemon. A namespace has at most one daemon in each state.
	// (IPVS_DAEMON_ATTR_STATE)
	State DaemonState

	// Interface is the network interface for multicasts, 1 to 15 bytes.
	// (IPVS_DAEMON_ATTR_MCAST_IFN)
	Interface string

	// SyncID distinguishes groups of directors on a network. A backup whose ID
	// is 0 accepts the messages of every group. (IPVS_DAEMON_ATTR_SYNC_ID)
	SyncID uint8

	// MaxLen is the maximum payload of a sync message in bytes, 1 to 65507; 0 for
	// the kernel's choice, which depends on the MTU of the interface.
	// (IPVS_DAEMON_ATTR_SYNC_MAXLEN)
	MaxLen uint16

	// Group is the multicast address, IPv4 or IPv6; the zero Addr for the kernel's
	// default, 224.0.0.81.
	// (IPVS_DAEMON_ATTR_MCAST_GROUP, IPVS_DAEMON_ATTR_MCAST_GROUP6)
	Group netip.Addr

	// Port is the UDP port of the multicasts; 0 for the kernel's default, 8848.
	// (IPVS_DAEMON_ATTR_MCAST_PORT)
	Port uint16

	// TTL is the time to live of the multicasts; 0 for the kernel's default, 1.
	// (IPVS_DAEMON_ATTR_MCAST_TTL)
	TTL uint8
}

// A DaemonState is the role of a sync daemon.
type DaemonState uint32

// The states of a sync daemon.
const (
	Master DaemonState = 1 // IP_VS_STATE_MASTER: sends
	Backup DaemonState = 2 // IP_VS_STATE_BACKUP: receives
)
