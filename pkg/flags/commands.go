// SPDX-License-Identifier: Apache-2.0

package flags

// A command is one row of the table of commands.
type command struct {
	name  string // in messages
	rules rules
}

// rules say which options go with a command or a tunnel type.
type rules struct {
	needs optionSet
	takes optionSet
	oneOf optionSet // of these, one at most
}

// commands are the commands and what goes with them. The words for them are
// among the options.
var commands = [...]command{
	AddService:    {"add-service", rules{needs: set(optService), takes: serviceOptions}},
	EditService:   {"edit-service", rules{needs: set(optService), takes: serviceOptions}},
	DeleteService: {"delete-service", rules{needs: set(optService)}},
	Clear:         {"flush", rules{}},
	List: {"list", rules{
		takes: set(optNumeric, optStats, optRate, optThresholds, optPersistentConn, optNoSort, optSyncID,
			optExact, optTunInfo, optJSON, optSortBy, optWatch),
		oneOf: set(optConnection, optService, optTimeout, optDaemon),
	}},
	Zero:         {"zero", rules{takes: set(optService)}},
	AddServer:    {"add-server", rules{needs: set(optService, optServer), takes: serverOptions}},
	EditServer:   {"edit-server", rules{needs: set(optService, optServer), takes: serverOptions}},
	DeleteServer: {"delete-server", rules{needs: set(optService, optServer)}},
	SetTimeouts:  {"set", rules{}},
	StartDaemon:  {"start-daemon", rules{takes: set(optInterface, optSyncID, optGroup, optPort, optTTL, optMaxLen)}},
	StopDaemon:   {"stop-daemon", rules{takes: set(optSyncID)}},
	Restore:      {"restore", rules{takes: set(optReplace, optDryRun)}},
	Save:         {"save", rules{takes: set(optNumeric, optService, optThresholds, optTimeout, optDaemon, optAll)}},
}

var (
	serviceOptions = set(optScheduler, optEngine, optPersistent, optNetmask, optOnePacket, optSchedFlags)
	serverOptions  = set(optForwarding, optWeight, optUpper, optLower,
		optTunType, optTunPort, optTunNoCsum, optTunCsum, optTunRemCsum)
)

// everywhere are the options that go with every command.
var everywhere = set(optNetNS)

// tunnels are the options that go with a tunnel type, by its name.
var tunnels = map[string]rules{
	"ipip": {},
	"gue":  {needs: set(optTunPort), oneOf: set(optTunNoCsum, optTunCsum, optTunRemCsum)},
	"gre":  {oneOf: set(optTunNoCsum, optTunCsum)},
}

// tunnelOptions are those that tunnels speaks of.
var tunnelOptions = set(optTunPort, optTunNoCsum, optTunCsum, optTunRemCsum)

// textOptions are those that do not go with JSON, which always has all that they
// are to show.
var textOptions = set(optStats, optRate, optThresholds, optPersistentConn, optSyncID, optExact, optTunInfo, optWatch)

// check holds the options that were given against the rules of what the
// name is the name of, in the order of the options, and reports the first that
// does not fit.
func (r rules) check(given optionSet, name, of string) error {
	chosenOf := given & r.oneOf
	if r.needs&^given == 0 && given&^(r.needs|r.takes|r.oneOf) == 0 && chosenOf&(chosenOf-1) == 0 {
		return nil
	}
	chosen := noOption
	for id := range optionCount {
		switch {
		case !given.has(id):
			if r.needs.has(id) {
				return fault("You need to supply the '" + optionNames[id] + "' option for the '" + name + "' " + of)
			}
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
