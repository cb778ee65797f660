// SPDX-License-Identifier: Apache-2.0

package flags

import "github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"

// A verb is a command. It can have several words.
type verb uint8

const (
	noVerb verb = iota
	addService
	editService
	deleteService
	clearTable
	list
	zero
	addServer
	editServer
	deleteServer
	setTimeouts
	startDaemon
	stopDaemon
	restore
	save
	help
	version
	build
)

// A command is one row of the table of commands.
type command struct {
	name  string // in messages; empty for commands about the program
	kind  Kind
	rules rules

	// change returns the change of a Change once all options are known.
	change func(*parser) ipvsnl.Change
}

// rules determine which options a command or a tunnel type accepts.
type rules struct {
	needs optionSet
	takes optionSet
	oneOf optionSet // at most one of these
}

// commands are the commands and the options that they accept. Their words are among
// the options.
var commands = [...]command{
	addService: {name: "add-service", kind: Change, rules: rules{needs: set(optService), takes: serviceOptions},
		change: func(p *parser) ipvsnl.Change { return ipvsnl.AddService(p.service) }},
	editService: {name: "edit-service", kind: Change, rules: rules{needs: set(optService), takes: serviceOptions},
		change: func(p *parser) ipvsnl.Change { return ipvsnl.SetService(p.service) }},
	deleteService: {name: "delete-service", kind: Change, rules: rules{needs: set(optService)},
		change: func(p *parser) ipvsnl.Change { return ipvsnl.DeleteService(p.service.Key) }},
	clearTable: {name: "flush", kind: Change, rules: rules{takes: set(optWait)},
		change: func(*parser) ipvsnl.Change { return ipvsnl.Flush() }},
	list: {name: "list", kind: List, rules: rules{
		takes: set(optNumeric, optStats, optRate, optThresholds, optPersistentConn, optNoSort, optSyncID,
			optExact, optTunInfo, optJSON, optSortBy, optWatch),
		oneOf: set(optConnection, optService, optTimeout, optDaemon),
	}},
	zero: {name: "zero", kind: Change, rules: rules{takes: set(optService)}, change: (*parser).zero},
	addServer: {name: "add-server", kind: Change, rules: rules{needs: set(optService, optServer), takes: serverOptions},
		change: func(p *parser) ipvsnl.Change { return ipvsnl.AddDestination(p.service.Key, p.server) }},
	editServer: {name: "edit-server", kind: Change, rules: rules{needs: set(optService, optServer), takes: serverOptions},
		change: func(p *parser) ipvsnl.Change { return ipvsnl.SetDestination(p.service.Key, p.server) }},
	deleteServer: {name: "delete-server", kind: Change, rules: rules{needs: set(optService, optServer)},
		change: func(p *parser) ipvsnl.Change { return ipvsnl.DeleteDestination(p.service.Key, p.server.Addr) }},
	setTimeouts: {name: "set", kind: Change,
		change: func(p *parser) ipvsnl.Change { return ipvsnl.SetTimeouts(p.timeouts) }},
	startDaemon: {name: "start-daemon", kind: Change,
		rules:  rules{takes: set(optInterface, optSyncID, optGroup, optPort, optTTL, optMaxLen)},
		change: func(p *parser) ipvsnl.Change { return ipvsnl.StartDaemon(p.daemon) }},
	stopDaemon: {name: "stop-daemon", kind: Change, rules: rules{takes: set(optSyncID)},
		change: func(p *parser) ipvsnl.Change { return ipvsnl.StopDaemon(p.daemon.State) }},
	restore: {name: "restore", kind: Restore, rules: rules{takes: set(optReplace, optDryRun, optWait)}},
	save: {name: "save", kind: Save, rules: rules{
		takes: set(optNumeric, optService, optThresholds, optTimeout, optDaemon, optAll, optStable)}},
	help:    {kind: Help},
	version: {kind: Version},
	build:   {kind: Build},
}

var (
	serviceOptions = set(optScheduler, optEngine, optPersistent, optNetmask, optOnePacket, optSchedFlags)
	serverOptions  = set(optForwarding, optWeight, optUpper, optLower,
		optTunType, optTunPort, optTunNoCsum, optTunCsum, optTunRemCsum)
)

// everywhere are the options that every command accepts.
var everywhere = set(optNetNS)

// tunnels are the options that each tunnel type accepts, by its name.
var tunnels = map[string]rules{
	"ipip": {},
	"gue":  {needs: set(optTunPort), oneOf: set(optTunNoCsum, optTunCsum, optTunRemCsum)},
	"gre":  {oneOf: set(optTunNoCsum, optTunCsum)},
}

// tunnelOptions are the options in tunnels.
var tunnelOptions = set(optTunPort, optTunNoCsum, optTunCsum, optTunRemCsum)

// listConflicts are the options that exclude each other in a listing. ipvsadm has one message for its own; the one
// for ours names both options and the reason.
var listConflicts = [...]struct {
	either, or optionSet
	reason     string // empty between options of ipvsadm
}{
	{set(optStats, optRate, optThresholds, optPersistentConn, optSyncID, optTunInfo), set(optJSON), "JSON always has it"},
	{set(optExact), set(optJSON), "JSON always has all digits"},
	{set(optWatch), set(optJSON), "a watch is for people to read"},
	{set(optWatch), set(optConnection, optTimeout, optDaemon), "only services can be watched"},
	{set(optSortBy), set(optConnection, optTimeout, optDaemon), "only services have columns to sort by"},
	{set(optSortBy), set(optNoSort), "one sorts and the other does not"},
	{set(optStats, optRate, optThresholds), set(optConnection, optTimeout, optDaemon), ""},
	{set(optPersistentConn), set(optTimeout, optDaemon), ""},
}

// checkListing reports the first conflict in a listing.
func checkListing(given optionSet) error {
	for _, c := range listConflicts {
		switch either, or := given&c.either, given&c.or; {
		case either == 0 || or == 0:
		case c.reason == "":
			return fault("options conflicts in the list command")
		default:
			return fault("'--" + optionNames[either.first()] + "' and '--" + optionNames[or.first()] + "' exclude each other: " + c.reason)
		}
	}
	return nil
}

// check checks the options that were given, in their order, and reports the first that
// breaks the rules. Name is the name of the command or tunnel type.
func (r rules) check(given optionSet, name, of string) error {
	chosen := noOption
	for rest := given | r.needs; rest != 0; rest &^= set(rest.first()) {
		switch id := rest.first(); {
		case !given.has(id):
			return fault("You need to supply the '" + optionNames[id] + "' option for the '" + name + "' " + of)
		case r.oneOf.has(id):
			if chosen != noOption {
				return fault("The option '" + optionNames[id] + "' conflicts with the '" + optionNames[chosen] +
					"' option in the '" + name + "' " + of)
			}
			chosen = id
		case !r.needs.has(id) && !r.takes.has(id):
			return fault("Illegal '" + optionNames[id] + "' option with the '" + name + "' " + of)
		}
	}
	return nil
}
