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
	listSchedulers
	sysctl
)

// A command is one row of the table of commands.
type command struct {
	name  string // in messages; empty for commands about the program
	kind  Kind
	rules rules

	// words handles the words that are not options, and returns those that are left over.
	words func(*parser, []string) ([]string, error)

	// change returns the change of a Change once all options are known.
	change func(*parser) ipvsnl.Change
}

// rules determine which options a command or a tunnel type accepts.
type rules struct {
	needs optionSet
	takes optionSet
	oneOf []optionSet // at most one of each of these

	// withConnections are accepted only together with --connection.
	withConnections optionSet
}

// all returns all the options that the rules accept.
func (r *rules) all() optionSet {
	all := r.needs | r.takes | r.withConnections
	for _, group := range r.oneOf {
		all |= group
	}
	return all
}

// commands are the commands and the options that they accept. Their words are among
// the options.
var commands = [...]command{
	addService: {name: "add-service", kind: Change, change: (*parser).addService,
		rules: rules{needs: set(optService), takes: serviceOptions | set(optEnsure, optKeep)}},
	editService: {name: "edit-service", kind: Change, change: (*parser).editService,
		rules: rules{needs: set(optService), takes: serviceOptions | set(optKeep)}},
	deleteService: {name: "delete-service", kind: Change, change: (*parser).deleteService,
		rules: rules{needs: set(optService), takes: set(optEnsure, optDrain, optForce)}},
	clearTable: {name: "flush", kind: Change, rules: rules{takes: set(optWait, optDryRun),
		oneOf: []optionSet{set(optIPv4, optIPv6), set(optVIP, optMarks)}}, change: (*parser).clear},
	list: {name: "list", kind: List, rules: rules{
		takes: set(optNumeric, optStats, optRate, optThresholds, optPersistentConn, optNoSort, optSyncID,
			optExact, optTunInfo, optJSON, optSortBy, optWatch, optMetrics, optWide),
		oneOf: []optionSet{
			set(optConnection, optTimeout, optDaemon),
			selecting[0] | set(optTimeout, optDaemon),
			selecting[1] | set(optTimeout, optDaemon),
		},
		withConnections: set(optServer, optClient, optCount, optOrigin),
	}},
	zero: {name: "zero", kind: Change, rules: rules{oneOf: selecting[:]}, change: (*parser).zero},
	addServer: {name: "add-server", kind: Change, change: (*parser).addServer,
		rules: rules{needs: set(optService, optServer), takes: serverOptions | set(optEnsure, optKeep)}},
	editServer: {name: "edit-server", kind: Change, change: (*parser).editServer,
		rules: rules{needs: set(optService, optServer), takes: serverOptions | set(optKeep)}},
	deleteServer: {name: "delete-server", kind: Change, change: (*parser).deleteServer,
		rules: rules{needs: set(optService, optServer), takes: set(optEnsure, optDrain, optForce)}},
	setTimeouts: {name: "set", kind: Change, words: (*parser).threeTimeouts,
		change: func(p *parser) ipvsnl.Change { return ipvsnl.SetTimeouts(p.timeouts) }},
	startDaemon: {name: "start-daemon", kind: Change,
		rules:  rules{takes: set(optInterface, optSyncID, optGroup, optPort, optTTL, optMaxLen)},
		change: func(p *parser) ipvsnl.Change { return ipvsnl.StartDaemon(p.daemon) }},
	stopDaemon: {name: "stop-daemon", kind: Change, rules: rules{takes: set(optSyncID)},
		change: func(p *parser) ipvsnl.Change { return ipvsnl.StopDaemon(p.daemon.State) }},
	restore: {name: "restore", kind: Restore, rules: rules{takes: set(optReplace, optOnly, optDryRun, optWait)}},
	save: {name: "save", kind: Save, rules: rules{
		takes: set(optNumeric, optThresholds, optTimeout, optDaemon, optAll, optStable, optSysctl),
		oneOf: selecting[:]}},
	help:           {kind: Help},
	version:        {kind: Version},
	build:          {kind: Build},
	listSchedulers: {name: "schedulers", kind: Schedulers, rules: rules{takes: set(optJSON)}},
	sysctl:         {name: "sysctl", kind: Sysctl, rules: rules{takes: set(optJSON)}, words: (*parser).sysctlWords},
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
	"gue":  {needs: set(optTunPort), oneOf: []optionSet{set(optTunNoCsum, optTunCsum, optTunRemCsum)}},
	"gre":  {oneOf: []optionSet{set(optTunNoCsum, optTunCsum)}},
}

// tunnelOptions are the options in tunnels.
var tunnelOptions = set(optTunPort, optTunNoCsum, optTunCsum, optTunRemCsum)

// companions are the options that a command takes only with another one.
var companions = [...]struct {
	verb         verb
	option, with optionID
}{
	{addService, optKeep, optEnsure},
	{addServer, optKeep, optEnsure},
	{restore, optOnly, optReplace},
	{deleteService, optForce, optDrain},
	{deleteServer, optForce, optDrain},
}

// checkCompanions reports the first option whose companion is missing.
func checkCompanions(v verb, given optionSet) error {
	for _, c := range companions {
		if c.verb == v && given.has(c.option) && !given.has(c.with) {
			return fault("The option '" + optionNames[c.option] + "' requires the '" + optionNames[c.with] +
				"' option in the '" + commands[v].name + "' command")
		}
	}
	return nil
}

// A conflict is between one of some options and one of others.
type conflict struct {
	either, or optionSet
	reason     string // empty between options of ipvsadm
}

// listConflicts are the options that exclude each other in a listing. ipvsadm has one message for its own; the one
// for ours names both options and the reason.
var listConflicts = []conflict{
	{set(optStats, optRate, optThresholds, optPersistentConn, optSyncID, optTunInfo), set(optJSON), "JSON always has it"},
	{set(optExact), set(optJSON), "JSON always has all digits"},
	{set(optMetrics), set(optStats, optRate, optThresholds, optPersistentConn, optSyncID, optTunInfo, optExact), "metrics always have all figures"},
	{set(optMetrics), set(optJSON, optWide), "they are different formats"},
	{set(optMetrics), set(optWatch), "whoever collects metrics asks again"},
	{set(optMetrics), set(optConnection, optTimeout, optDaemon), "only services have metrics"},
	{set(optMetrics), set(optSortBy), "metrics have no columns to sort by"},
	{set(optWatch), set(optTimeout, optDaemon), "only services and connections can be watched"},
	{set(optSortBy), set(optConnection, optTimeout, optDaemon), "only services have columns to sort by"},
	{set(optSortBy), set(optNoSort), "one sorts and the other does not"},
	{set(optWide), set(optJSON), "JSON cuts nothing"},
	{set(optWide), set(optConnection, optTimeout, optDaemon), "only listings of services are cut"},
	{set(optCount), set(optPersistentConn, optOrigin), "a count has no column for it"},
	{set(optMarks), set(optConnection), "the kernel does not record the mark of a connection"},
	{set(optOrigin), set(optPersistentConn), "the kernel does not report both together"},
	{set(optStats, optRate, optThresholds), set(optConnection, optTimeout, optDaemon), ""},
	{set(optPersistentConn), set(optTimeout, optDaemon), ""},
}

// saveConflicts are the same in a save.
var saveConflicts = []conflict{
	{set(optSysctl), set(optService, optThresholds, optTimeout, optDaemon, optAll, optStable,
		optIPv4, optIPv6, optVIP, optMarks), "sysctls are not in rules"},
}

// checkConflicts reports the first conflict between options.
func checkConflicts(conflicts []conflict, given optionSet) error {
	for _, c := range conflicts {
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
func (r *rules) check(given optionSet, name, of string) error {
	fit := r.all()
	if !given.has(optConnection) {
		fit &^= r.withConnections
	}
	for rest := given | r.needs; rest != 0; rest &^= set(rest.first()) {
		id := rest.first()
		if !given.has(id) {
			return fault("You need to supply the '" + optionNames[id] + "' option for the '" + name + "' " + of)
		}
		if !fit.has(id) {
			return fault("Illegal '" + optionNames[id] + "' option with the '" + name + "' " + of)
		}
		if other := r.excludes(id, given); other != noOption {
			return fault("The option '" + optionNames[id] + "' conflicts with the '" + optionNames[other] +
				"' option in the '" + name + "' " + of)
		}
	}
	return nil
}

// excludes returns a given option before id that excludes it.
func (r *rules) excludes(id optionID, given optionSet) optionID {
	before := given & (set(id) - 1)
	for _, group := range r.oneOf {
		if group.has(id) && before&group != 0 {
			return (before & group).first()
		}
	}
	return noOption
}
