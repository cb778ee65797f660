// SPDX-License-Identifier: Apache-2.0

package ipvsnl

import "net/netip"

// A Daemon is a sync daemon: a kernel thread that multicasts the connection table
// to backup directors, or receives it from a master. Daemons can be compared
// with ==.
type Daemon struct {
	// State is the daemon's part. A namespace has at most one daemon of each.
	// (IPVS_DAEMON_ATTR_STATE)
	State DaemonState

	// Interface is the network interface of the multicasts, 1 to 15 bytes.
	// (IPVS_DAEMON_ATTR_MCAST_IFN)
	Interface string

	// SyncID tells the groups of directors on one network apart. A backup whose id
	// is 0 takes the messages of every group. (IPVS_DAEMON_ATTR_SYNC_ID)
	SyncID uint8

	// MaxLen is the longest payload of a sync message in bytes, 1 to 65507; 0 for
	// the kernel's choice by the interface's MTU.
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

// A DaemonState is the part that a sync daemon plays.
type DaemonState uint32

// The states of a sync daemon.
const (
	Master DaemonState = 1 // IP_VS_STATE_MASTER: sends
	Backup DaemonState = 2 // IP_VS_STATE_BACKUP: receives
)
