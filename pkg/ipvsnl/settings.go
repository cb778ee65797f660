// SPDX-License-Identifier: Apache-2.0

package ipvsnl

import (
	"strconv"
	"time"
)

// Timeouts are the lifetimes of idle connections, in whole seconds up to
// [MaxTimeout]. When they are set, 0 leaves a timeout unchanged.
type Timeouts struct {
	TCP    time.Duration // established TCP connections (IPVS_CMD_ATTR_TIMEOUT_TCP)
	TCPFin time.Duration // TCP connections after a FIN (IPVS_CMD_ATTR_TIMEOUT_TCP_FIN)
	UDP    time.Duration // UDP connections (IPVS_CMD_ATTR_TIMEOUT_UDP)
}

// Info is what the kernel reports about its IPVS.
type Info struct {
	Version       Version // IPVS_INFO_ATTR_VERSION
	ConnTableSize uint32  // hash buckets of the connection table (IPVS_INFO_ATTR_CONN_TAB_SIZE)
}

// A Version is a version of IPVS, with a byte for each of its three parts:
// 0x010201 is 1.2.1.
type Version uint32

// String returns the version as "1.2.1".
func (v Version) String() string {
	part := func(shift int) string { return strconv.Itoa(int(v >> shift & 0xff)) }
	return part(16) + "." + part(8) + "." + part(0)
}
