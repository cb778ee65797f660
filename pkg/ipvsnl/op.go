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

type operation struct {
	name  string
	cmd   command
	flags netlink.HeaderFlags
	quiet bool // the kernel may do it and not say so
}

// ops says of each operation what it is called, what is asked of the kernel and
// how it answers.
var ops = [...]operation{
	OpOpen:              {name: "open"},
	OpInfo:              {name: "get info", cmd: cmdGetInfo, flags: byReply},
	OpServices:          {name: "list services", cmd: cmdGetService, flags: byDump},
	OpService:           {name: "get service", cmd: cmdGetService, flags: byReply},
	OpDestinations:      {name: "list destinations", cmd: cmdGetDest, flags: byDump},
	OpAddService:        {name: "add service", cmd: cmdNewService, flags: byAck},
	OpSetService:        {name: "set service", cmd: cmdSetService, flags: byAck},
	OpDeleteService:     {name: "delete service", cmd: cmdDelService, flags: byAck},
	OpAddDestination:    {name: "add destination", cmd: cmdNewDest, flags: byAck},
	OpSetDestination:    {name: "set destination", cmd: cmdSetDest, flags: byAck},
	OpDeleteDestination: {name: "delete destination", cmd: cmdDelDest, flags: byAck},
	OpDaemons:           {name: "list daemons", cmd: cmdGetDaemon, flags: byDump},
	OpStartDaemon:       {name: "start daemon", cmd: cmdNewDaemon, flags: byAck},
	OpStopDaemon:        {name: "stop daemon", cmd: cmdDelDaemon, flags: byAck, quiet: true},
	OpTimeouts:          {name: "get timeouts", cmd: cmdGetConfig, flags: byReply},
	OpSetTimeouts:       {name: "set timeouts", cmd: cmdSetConfig, flags: byAck},
	OpZero:              {name: "zero counters", cmd: cmdZero, flags: byAck},
	OpZeroService:       {name: "zero service", cmd: cmdZero, flags: byAck},
	OpFlush:             {name: "flush", cmd: cmdFlush, flags: byAck},
}

// String returns the operation's name, such as "add service".
func (o Op) String() string {
	if int(o) < len(ops) && ops[o].name != "" {
		return ops[o].name
	}
	return "Op(" + strconv.Itoa(int(o)) + ")"
}
