// SPDX-License-Identifier: Apache-2.0

package ipvsnl

import "strconv"

// An Op is an operation: what a [Change] does, or what a [Client] reads. Errors
// name it.
type Op uint8

// The operations that read.
const (
	OpOpen  Op = iota + 1
	OpNetNS    // to enter the network namespace
	OpInfo
	OpServices
	OpService
	OpDestinations
	OpDaemons
	OpTimeouts
	OpTotals
)

// The operations of changes, each created by the function of the same name.
const (
	OpAddService Op = iota + OpTotals + 1
	OpSetService
	OpPutService
	OpDeleteService
	OpDeleteServiceIfExists
	OpAddDestination
	OpSetDestination
	OpPutDestination
	OpSetWeight
	OpDeleteDestination
	OpDeleteDestinationIfExists
	OpStartDaemon
	OpStopDaemon
	OpSetTimeouts
	OpZero
	OpZeroService
	OpFlush
	OpUpdateService
	OpEnsureService
	OpUpdateDestination
	OpEnsureDestination
)

// A subject is the object of an operation that is not about the whole table.
type subject uint8

const (
	nothing subject = iota
	aService
	aDestination
	aDaemon
)

// An operation is a row of the table of operations.
type operation struct {
	name     string
	of       subject
	read     command   // of operations that read with a request
	requests []request // of changes, in order
	members  bool      // the change can add or delete services or destinations

	merges   bool   // the change has no requests of its own, but those of one made of what the kernel has
	sets     Fields // what it sets in any case
	adds     Op     // what it is if there is nothing to merge with; 0 if that is a failure
	outdated errnos // refusals that mean that something was added or deleted since it was read
}

// A request is one of the requests of a change.
type request struct {
	cmd    command
	build  func(*encoder, command, *Change) error
	ignore errnos // refusals that do not count as failures
}

var ops = [...]operation{
	OpOpen:         {name: "open"},
	OpNetNS:        {name: "enter network namespace"},
	OpInfo:         {name: "get info", read: cmdGetInfo},
	OpServices:     {name: "list services", read: cmdGetService},
	OpService:      {name: "get service", of: aService, read: cmdGetService},
	OpDestinations: {name: "list destinations", of: aService, read: cmdGetDest},
	OpDaemons:      {name: "list daemons", read: cmdGetDaemon},
	OpTimeouts:     {name: "get timeouts", read: cmdGetConfig},
	OpTotals:       {name: "get totals"},

	OpAddService: {name: "add service", of: aService, members: true, requests: []request{
		{cmd: cmdNewService, build: (*encoder).newService}}},
	OpSetService: {name: "set service", of: aService, requests: []request{
		{cmd: cmdSetService, build: (*encoder).wholeService}}},
	OpPutService: {name: "put service", of: aService, members: true, requests: []request{
		{cmd: cmdNewService, build: (*encoder).newService, ignore: anyOf(eexist)},
		{cmd: cmdSetService, build: (*encoder).wholeService}}},
	OpDeleteService: {name: "delete service", of: aService, members: true, requests: []request{
		{cmd: cmdDelService, build: (*encoder).serviceKey}}},
	OpDeleteServiceIfExists: {name: "delete service", of: aService, members: true, requests: []request{
		{cmd: cmdDelService, build: (*encoder).serviceKey, ignore: anyOf(esrch)}}},

	OpAddDestination: {name: "add destination", of: aDestination, members: true, requests: []request{
		{cmd: cmdNewDest, build: (*encoder).newDest}}},
	OpSetDestination: {name: "set destination", of: aDestination, requests: []request{
		{cmd: cmdSetDest, build: (*encoder).wholeDest}}},
	OpPutDestination: {name: "put destination", of: aDestination, members: true, requests: []request{
		{cmd: cmdNewDest, build: (*encoder).newDest, ignore: anyOf(eexist)},
		{cmd: cmdSetDest, build: (*encoder).wholeDest}}},
	OpSetWeight: {name: "set weight of destination", of: aDestination, merges: true, sets: FieldWeight},
	OpDeleteDestination: {name: "delete destination", of: aDestination, members: true, requests: []request{
		{cmd: cmdDelDest, build: (*encoder).destKey}}},
	OpDeleteDestinationIfExists: {name: "delete destination", of: aDestination, members: true, requests: []request{
		{cmd: cmdDelDest, build: (*encoder).destKey, ignore: anyOf(esrch, enoent)}}},

	OpStartDaemon: {name: "start daemon", of: aDaemon, requests: []request{
		{cmd: cmdNewDaemon, build: (*encoder).wholeDaemon}}},
	OpStopDaemon: {name: "stop daemon", of: aDaemon, requests: []request{
		{cmd: cmdDelDaemon, build: (*encoder).daemonKey}}},
	OpSetTimeouts: {name: "set timeouts", requests: []request{
		{cmd: cmdSetConfig, build: (*encoder).timeouts}}},
	OpZero: {name: "zero counters", requests: []request{
		{cmd: cmdZero, build: (*encoder).nothing}}},
	OpZeroService: {name: "zero counters of service", of: aService, requests: []request{
		{cmd: cmdZero, build: (*encoder).serviceKey}}},
	OpFlush: {name: "flush", members: true, requests: []request{
		{cmd: cmdFlush, build: (*encoder).nothing}}},

	OpUpdateService: {name: "update service", of: aService, merges: true},
	OpEnsureService: {name: "ensure service", of: aService, members: true, merges: true,
		adds: OpAddService, outdated: anyOf(eexist, esrch)},
	OpUpdateDestination: {name: "update destination", of: aDestination, merges: true},
	OpEnsureDestination: {name: "ensure destination", of: aDestination, members: true, merges: true,
		adds: OpAddDestination, outdated: anyOf(eexist, enoent)},
}

// String returns the operation as an error names it: "add service".
func (o Op) String() string {
	if int(o) < len(ops) && ops[o].name != "" {
		return ops[o].name
	}
	return "Op(" + strconv.Itoa(int(o)) + ")"
}

// row returns the row of the operation, or an empty one.
func (o Op) row() *operation {
	if int(o) < len(ops) {
		return &ops[o]
	}
	return &operation{}
}
