package ipvsnl

import (
	"strconv"

	"github.com/mdlayher/netlink"
)

// An Op is an operation of a [Client], as an [Error] names it.
type Op uint8

// The operations.
const (
	OpOpen Op = iota + 1
	OpInfo
	OpServices
	OpService
	OpDestinations
	OpAddService
	OpSetService
	OpDeleteService
	OpAddDestination
	OpSetDestination
	OpDeleteDestination
	OpDaemons
	OpStartDaemon
	OpStopDaemon
	OpTimeouts
	OpSetTimeouts
	OpZero
	OpZeroService
	OpFlush
)

// The ways in which the kernel answers.
const (
	byAck   = netlink.Request | netlink.Acknowledge // one acknowledgement
	byReply = netlink.Request                       // one message
	byDump  = netlink.Request | netlink.Dump        // messages up to a "done"
)

// ops says of each operation what it is called, what is asked of the kernel and
// how it answers.
var ops = [...]struct {
	name  string
	cmd   command
	flags netlink.HeaderFlags
}{
	OpOpen:              {"open", 0, 0},
	OpInfo:              {"get info", cmdGetInfo, byReply},
	OpServices:          {"list services", cmdGetService, byDump},
	OpService:           {"get service", cmdGetService, byReply},
	OpDestinations:      {"list destinations", cmdGetDest, byDump},
	OpAddService:        {"add service", cmdNewService, byAck},
	OpSetService:        {"set service", cmdSetService, byAck},
	OpDeleteService:     {"delete service", cmdDelService, byAck},
	OpAddDestination:    {"add destination", cmdNewDest, byAck},
	OpSetDestination:    {"set destination", cmdSetDest, byAck},
	OpDeleteDestination: {"delete destination", cmdDelDest, byAck},
	OpDaemons:           {"list daemons", cmdGetDaemon, byDump},
	OpStartDaemon:       {"start daemon", cmdNewDaemon, byAck},
	OpStopDaemon:        {"stop daemon", cmdDelDaemon, byAck},
	OpTimeouts:          {"get timeouts", cmdGetConfig, byReply},
	OpSetTimeouts:       {"set timeouts", cmdSetConfig, byAck},
	OpZero:              {"zero counters", cmdZero, byAck},
	OpZeroService:       {"zero service", cmdZero, byAck},
	OpFlush:             {"flush", cmdFlush, byAck},
}

// String returns the operation's name, such as "add service".
func (o Op) String() string {
	if int(o) < len(ops) && ops[o].name != "" {
		return ops[o].name
	}
	return "Op(" + strconv.Itoa(int(o)) + ")"
}
