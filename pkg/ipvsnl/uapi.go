// SPDX-License-Identifier: Apache-2.0

package ipvsnl

// The numbers of linux/ip_vs.h, in its order.

// The generic-netlink family (IPVS_GENL_NAME, IPVS_GENL_VERSION).
const (
	genlName    = "IPVS"
	genlVersion = 1
)

// A command is a command of the family (IPVS_CMD_*).
type command uint8

const (
	cmdNewService command = iota + 1
	cmdSetService
	cmdDelService
	cmdGetService
	cmdNewDest
	cmdSetDest
	cmdDelDest
	cmdGetDest
	cmdNewDaemon
	cmdDelDaemon
	cmdGetDaemon
	cmdSetConfig
	cmdGetConfig
	cmdSetInfo // the kernel's reply to cmdGetInfo, never a request
	cmdGetInfo
	cmdZero
	cmdFlush
)

// The attributes of a message itself (IPVS_CMD_ATTR_*).
const (
	attrService = iota + 1
	attrDest
	attrDaemon
	attrTimeoutTCP
	attrTimeoutTCPFin
	attrTimeoutUDP
)

// The attributes of a service (IPVS_SVC_ATTR_*).
const (
	svcAF = iota + 1
	svcProtocol
	svcAddr
	svcPort
	svcFWMark
	svcSchedName
	svcFlags
	svcTimeout
	svcNetmask
	svcStats
	svcPEName
	svcStats64
)

// The attributes of a destination (IPVS_DEST_ATTR_*).
const (
	destAddr = iota + 1
	destPort
	destFwdMethod
	destWeight
	destUThresh
	destLThresh
	destActiveConns
	destInactConns
	destPersistConns
	destStats
	destAddrFamily
	destStats64
	destTunType
	destTunPort
	destTunFlags
)

// The attributes of a sync daemon (IPVS_DAEMON_ATTR_*).
const (
	daemonState = iota + 1
	daemonMcastIfn
	daemonSyncID
	daemonSyncMaxLen
	daemonMcastGroup
	daemonMcastGroup6
	daemonMcastPort
	daemonMcastTTL
)

// The attributes of the counters (IPVS_STATS_ATTR_*).
const (
	statsConns = iota + 1
	statsInPkts
	statsOutPkts
	statsInBytes
	statsOutBytes
	statsCPS
	statsInPPS
	statsOutPPS
	statsInBPS
	statsOutBPS
)

// The attributes of the reply to cmdGetInfo (IPVS_INFO_ATTR_*).
const (
	infoVersion = iota + 1
	infoConnTabSize
)

// The longest names that the kernel accepts, in bytes. Its limit for engines is one
// more than the others.
const (
	maxScheduler = 15 // IP_VS_SCHEDNAME_MAXLEN - 1
	maxEngine    = 16 // IP_VS_PENAME_MAXLEN
	maxInterface = 15 // IP_VS_IFNAME_MAXLEN - 1
)

// forwardingMask is the bits of a destination's flags that are its forwarding
// method (IP_VS_CONN_F_FWD_MASK).
const forwardingMask = 7

// The flags of a service that are fields of their own here (IP_VS_SVC_F_*). The
// kernel sets IP_VS_SVC_F_HASHED (0x02) by itself.
const (
	flagPersistent = 0x01
	flagOnePacket  = 0x04
)
