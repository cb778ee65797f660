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
	checkTable
	complete
)

// A command is one row of the table of commands.
type command struct {
	name  string // in messages; empty for commands about the program
	kind  Kind
	rules rules

	// words handles the words that are not options, and returns those that are left over.
	words func(*parser, []string) ([]string, error)

	// raw commands take all words after them as they are.
	raw bool

	// change returns the change of a Change once all options are known.
	change func(*parser) ipvsnl.Change
}

// rules determine which options a command or a tunnel type accepts.
type rules struct {
	needs optionSet
	takes optionSet
	oneOf []optionSet // at most one of each of these

	with []dependence
}

// A dependence is of options that are accepted only together with one of others.
type dependence struct{ options, with optionSet }

// all returns all the options that the rules accept.
func (r *rules) all() optionSet {
	all := r.needs | r.takes
	for _, group := range r.oneOf {
		all |= group
	}
	for _, d := range r.with {
		all |= d.options
	}
	return all
}

// commands are the commands and the options that they accept. Their words are among
// the options.
var commands = [...]command{
	addService: {name: "add-service", kind: Change, change: (*parser).addService,
		rules: rules{needs: 1 << optService, takes: serviceOptions | 1<<optEnsure | 1<<optKeep}},
	editService: {name: "edit-service", kind: Change, change: (*parser).editService,
		rules: rules{needs: 1 << optService, takes: serviceOptions | 1<<optKeep}},
	deleteService: {name: "delete-service", kind: Change, change: (*parser).deleteService,
		rules: rules{needs: 1 << optService, takes: 1<<optEnsure | 1<<optDrain | 1<<optForce}},
	clearTable: {name: "flush", kind: Change, rules: rules{takes: 1<<optWait | 1<<optDryRun,
		oneOf: []optionSet{1<<optIPv4 | 1<<optIPv6, 1<<optVIP | 1<<optMarks}}, change: (*parser).clear},
	list: {name: "list", kind: List, rules: rules{
		takes: 1<<optNumeric | 1<<optStats | 1<<optRate | 1<<optThresholds | 1<<optPersistentConn | 1<<optNoSort |
			1<<optSyncID | 1<<optExact | 1<<optTunInfo | 1<<optJSON | 1<<optSortBy | 1<<optWatch | 1<<optMetrics | 1<<optWide |
			1<<optTotal | 1<<optColor,
		oneOf: []optionSet{
			1<<optConnection | 1<<optTimeout | 1<<optDaemon,
			selectingFamily | 1<<optTimeout | 1<<optDaemon,
			selectingAddress | 1<<optTimeout | 1<<optDaemon,
		},
		with: []dependence{
			{1 << optServer, 1<<optConnection | 1<<optService},
			{1<<optClient | 1<<optCount | 1<<optOrigin, 1 << optConnection},
		},
	}},
	zero: {name: "zero", kind: Change, rules: rules{oneOf: []optionSet{selectingFamily, selectingAddress}}, change: (*parser).zero},
	addServer: {name: "add-server", kind: Change, change: (*parser).addServer,
		rules: rules{needs: 1<<optService | 1<<optServer, takes: serverOptions | 1<<optEnsure | 1<<optKeep}},
	editServer: {name: "edit-server", kind: Change, change: (*parser).editServer,
		rules: rules{needs: 1<<optService | 1<<optServer, takes: serverOptions | 1<<optKeep}},
	deleteServer: {name: "delete-server", kind: Change, change: (*parser).deleteServer,
		rules: rules{needs: 1<<optService | 1<<optServer, takes: 1<<optEnsure | 1<<optDrain | 1<<optForce}},
	setTimeouts: {name: "set", kind: Change, words: (*parser).threeTimeouts,
		change: func(p *parser) ipvsnl.Change { return ipvsnl.SetTimeouts(p.timeouts) }},
	startDaemon: {name: "start-daemon", kind: Change,
		rules:  rules{takes: 1<<optInterface | 1<<optSyncID | 1<<optGroup | 1<<optPort | 1<<optTTL | 1<<optMaxLen},
		change: func(p *parser) ipvsnl.Change { return ipvsnl.StartDaemon(p.daemon) }},
	stopDaemon: {name: "stop-daemon", kind: Change, rules: rules{takes: 1 << optSyncID},
		change: func(p *parser) ipvsnl.Change { return ipvsnl.StopDaemon(p.daemon.State) }},
	restore: {name: "restore", kind: Restore, rules: rules{takes: 1<<optReplace | 1<<optOnly | 1<<optDryRun | 1<<optWait}},
	save: {name: "save", kind: Save, rules: rules{
		takes: 1<<optNumeric | 1<<optThresholds | 1<<optTimeout | 1<<optDaemon | 1<<optAll | 1<<optStable | 1<<optSysctl,
		oneOf: []optionSet{selectingFamily, selectingAddress}}},
	help:           {kind: Help},
	version:        {kind: Version},
	build:          {kind: Build},
	complete:       {kind: Completion, raw: true},
	listSchedulers: {name: "schedulers", kind: Schedulers, rules: rules{takes: 1 << optJSON}},
	sysctl:         {name: "sysctl", kind: Sysctl, rules: rules{takes: 1 << optJSON}, words: (*parser).sysctlWords},
	checkTable:     {name: "check", kind: Check, rules: rules{takes: 1<<optService | 1<<optNumeric | 1<<optJSON | 1<<optProbe}},
}

const (
	serviceOptions optionSet = 1<<optScheduler | 1<<optEngine | 1<<optPersistent | 1<<optNetmask | 1<<optOnePacket | 1<<optSchedFlags
	serverOptions  optionSet = 1<<optForwarding | 1<<optWeight | 1<<optUpper | 1<<optLower | 1<<optTunType | 1<<optTunPort | 1<<optTunNoCsum | 1<<optTunCsum | 1<<optTunRemCsum
)

// everywhere are the options that every command accepts.
const everywhere optionSet = 1 << optNetNS

// tunnelRules returns the options that a tunnel type accepts, by its name.
func tunnelRules(name string) rules {
	switch name {
	case "gue":
		return rules{needs: set(optTunPort), oneOf: []optionSet{set(optTunNoCsum, optTunCsum, optTunRemCsum)}}
	case "gre":
		return rules{oneOf: []optionSet{set(optTunNoCsum, optTunCsum)}}
	}
	return rules{}
}

// tunnelOptions are the options in these.
const tunnelOptions optionSet = 1<<optTunPort | 1<<optTunNoCsum | 1<<optTunCsum | 1<<optTunRemCsum

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
			return lacking(set(c.with), fault("The option '"+optionNames[c.option]+"' requires the '"+optionNames[c.with]+
				"' option in the '"+commands[v].name+"' command"))
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
	{1<<optStats | 1<<optRate | 1<<optThresholds | 1<<optPersistentConn | 1<<optSyncID | 1<<optTunInfo, 1 << optJSON, "JSON always has it"},
	{1 << optExact, 1 << optJSON, "JSON always has all digits"},
	{1 << optMetrics, 1<<optStats | 1<<optRate | 1<<optThresholds | 1<<optPersistentConn | 1<<optSyncID | 1<<optTunInfo | 1<<optExact, "metrics always have all figures"},
	{1 << optMetrics, 1<<optJSON | 1<<optWide, "they are different formats"},
	{1 << optMetrics, 1 << optWatch, "whoever collects metrics asks again"},
	{1 << optMetrics, 1<<optConnection | 1<<optTimeout | 1<<optDaemon, "only services have metrics"},
	{1 << optMetrics, 1 << optSortBy, "metrics have no columns to sort by"},
	{1 << optMetrics, 1 << optServer, "metrics are those of whole services"},
	{1 << optWatch, 1<<optTimeout | 1<<optDaemon, "only services and connections can be watched"},
	{1 << optSortBy, 1<<optConnection | 1<<optTimeout | 1<<optDaemon, "only services have columns to sort by"},
	{1 << optSortBy, 1 << optNoSort, "one sorts and the other does not"},
	{1 << optWide, 1 << optJSON, "JSON cuts nothing"},
	{1 << optWide, 1<<optConnection | 1<<optTimeout | 1<<optDaemon, "only listings of services are cut"},
	{1 << optTotal, 1 << optMetrics, "metrics always have the kernel's totals, and Prometheus adds up"},
	{1 << optTotal, 1<<optConnection | 1<<optTimeout | 1<<optDaemon, "only services have sums"},
	{1 << optCount, 1<<optPersistentConn | 1<<optOrigin, "a count has no column for it"},
	{1 << optMarks, 1 << optConnection, "the kernel does not record the mark of a connection"},
	{1 << optOrigin, 1 << optPersistentConn, "the kernel does not report both together"},
	{1<<optStats | 1<<optRate | 1<<optThresholds, 1<<optConnection | 1<<optTimeout | 1<<optDaemon, ""},
	{1 << optPersistentConn, 1<<optTimeout | 1<<optDaemon, ""},
}

// saveConflicts are the same in a save.
var saveConflicts = []conflict{
	{1 << optSysctl, 1<<optService | 1<<optThresholds | 1<<optTimeout | 1<<optDaemon | 1<<optAll | 1<<optStable | 1<<optIPv4 | 1<<optIPv6 | 1<<optVIP | 1<<optMarks, "sysctls are not in rules"},
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
	for _, d := range r.with {
		if given&d.with == 0 {
			fit &^= d.options
		}
	}
	for rest := given | r.needs; rest != 0; rest &^= set(rest.first()) {
		id := rest.first()
		if !given.has(id) {
			text := "You need to supply the '" + optionNames[id] + "' option for the '" + name + "' " + of
			return lacking(set(id), faultOf(text, MissingOption, "", wordsOf(id)))
		}
		if !fit.has(id) {
			return r.illegal(id, "Illegal '"+optionNames[id]+"' option with the '"+name+"' "+of)
		}
		if other := r.excludes(id, given); other != noOption {
			return fault("The option '" + optionNames[id] + "' conflicts with the '" + optionNames[other] +
				"' option in the '" + name + "' " + of)
		}
	}
	return nil
}

// illegal returns the fault of an option that does not fit.
func (r *rules) illegal(id optionID, text string) error {
	for _, d := range r.with {
		if d.options.has(id) {
			return lacking(d.with, fault(text))
		}
	}
	return fault(text)
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
