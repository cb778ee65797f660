// SPDX-License-Identifier: Apache-2.0

package flags

import (
	"math/bits"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/visible"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/columns"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/words"
)

// An optionID identifies what an option sets. Words that set the same thing
// share one, and exclude each other. Options are checked in this order.
type optionID uint8

const (
	noOption optionID = iota // not counted as an option
	optNumeric
	optConnection
	optService
	optScheduler
	optPersistent
	optNetmask
	optServer
	optForwarding
	optWeight
	optUpper
	optLower
	optInterface
	optTimeout
	optDaemon
	optStats
	optRate
	optThresholds
	optPersistentConn
	optNoSort
	optSyncID
	optExact
	optOnePacket
	optEngine
	optSchedFlags
	optGroup
	optPort
	optTTL
	optMaxLen
	optTunInfo
	optTunType
	optTunPort
	optTunNoCsum
	optTunCsum
	optTunRemCsum
	optNetNS
	optSortBy
	optWatch
	optJSON
	optAll
	optReplace
	optDryRun
	optWait
	optStable
	optClient
	optCount
	optSysctl
	optOrigin
	optKeep
	optEnsure
	optIPv4
	optIPv6
	optVIP
	optMarks
	optMetrics
	optOnly
	optWide
	optDrain
	optForce
	optTotal
	optColor
	optProbe

	optionCount
)

// optionNames are the names of the options in messages.
var optionNames = [optionCount]string{
	optNumeric:        "numeric",
	optConnection:     "connection",
	optService:        "service-address",
	optScheduler:      "scheduler",
	optPersistent:     "persistent",
	optNetmask:        "netmask",
	optServer:         "real-server",
	optForwarding:     "forwarding-method",
	optWeight:         "weight",
	optUpper:          "u-threshold",
	optLower:          "l-threshold",
	optInterface:      "mcast-interface",
	optTimeout:        "timeout",
	optDaemon:         "daemon",
	optStats:          "stats",
	optRate:           "rate",
	optThresholds:     "thresholds",
	optPersistentConn: "persistent-conn",
	optNoSort:         "nosort",
	optSyncID:         "syncid",
	optExact:          "exact",
	optOnePacket:      "ops",
	optEngine:         "pe",
	optSchedFlags:     "sched-flags",
	optGroup:          "mcast-group",
	optPort:           "mcast-port",
	optTTL:            "mcast-ttl",
	optMaxLen:         "sync-maxlen",
	optTunInfo:        "tun-info",
	optTunType:        "tun-type",
	optTunPort:        "tun-port",
	optTunNoCsum:      "tun-nocsum",
	optTunCsum:        "tun-csum",
	optTunRemCsum:     "tun-remcsum",
	optNetNS:          "netns",
	optSortBy:         "sort-by",
	optWatch:          "watch",
	optJSON:           "json",
	optAll:            "all",
	optReplace:        "replace",
	optDryRun:         "dry-run",
	optWait:           "wait",
	optStable:         "stable",
	optClient:         "client",
	optCount:          "count",
	optSysctl:         "sysctl",
	optOrigin:         "origin",
	optKeep:           "keep",
	optEnsure:         "ensure",
	optIPv4:           "ipv4",
	optIPv6:           "ipv6",
	optVIP:            "vip",
	optMarks:          "marks",
	optMetrics:        "metrics",
	optOnly:           "only",
	optWide:           "wide",
	optDrain:          "drain",
	optForce:          "force",
	optTotal:          "total",
	optColor:          "color",
	optProbe:          "probe",
}

// An optionSet is a set of options.
type optionSet uint64

func set(ids ...optionID) optionSet {
	var s optionSet
	for _, id := range ids {
		s |= 1 << id
	}
	return s
}

func (s optionSet) has(id optionID) bool { return s&(1<<id) != 0 }

// first returns the first option of a set, or one that does not exist if it is empty.
func (s optionSet) first() optionID { return optionID(bits.TrailingZeros64(uint64(s))) }

// An option is one row of the table of options: its words, what it sets, its
// value and what it does.
type option struct {
	heading string // of a group in the help; such a row is not an option itself
	verbs   []verb // the commands of the group, which come first in it

	short byte // 0 for none
	long  string
	arg   argument
	id    optionID // noOption for the commands, too

	// verb is set for the commands, which must come first. One that also has an id is an option elsewhere.
	verb verb

	value string // the name of the value in the help
	help  string

	// set stores the value.
	set func(p *parser, w word) error

	// offer returns the values that completion knows, if it knows any.
	offer func(*completer) []Offer

	// like names an option that is offered where this one is, which no command refuses.
	like string
}

// Limits of values.
const (
	maxTimeout     = 31 * 24 * 60 * 60 // seconds
	maxInt         = 1<<31 - 1
	maxMark        = 1<<32 - 1
	maxPort        = 1<<16 - 1
	maxSyncID      = 255
	maxTTL         = 255
	maxSyncPayload = 1<<16 - 1 - 20 - 8 // what an IPv4 packet leaves to UDP

	maxSchedulerName = 15
	maxEngineName    = 16
	maxInterfaceName = 15
	maxFlagNames     = 127

	maxWatch = 24 * 60 * 60 // seconds
	maxWait  = 24 * 60 * 60 // seconds

	defaultScheduler   = "wlc"
	defaultInterface   = "eth0"
	defaultPersistence = 6 * 60 // seconds
	defaultWatch       = 2      // seconds, as often as the kernel works out rates
	defaultWait        = 60     // seconds
)

// names returns the words of an option, the shorter one first.
func (o *option) names() (names []string) {
	if o.short != 0 {
		names = append(names, "-"+string(rune(o.short)))
	}
	if o.long != "" {
		names = append(names, "--"+o.long)
	}
	return names
}

// options are all options: the commands first, which the help has in its groups, then the others in the order of the help.
// A row with a heading precedes a group of them, for one task.
var options = []option{
	{short: 'A', long: "add-service", verb: addService,
		help: "add a service"},
	{short: 'E', long: "edit-service", verb: editService,
		help: "change a service"},
	{short: 'D', long: "delete-service", verb: deleteService,
		help: "delete a service and its real servers"},
	{short: 'C', long: "clear", verb: clearTable,
		help: "delete all services, or a part of them"},
	{short: 'L', long: "list", verb: list,
		help: "list services, or what the options choose"},
	{short: 'l', verb: list,
		help: "the same as -L"},
	{short: 'Z', long: "zero", verb: zero,
		help: "set counters to zero: of all services, a part or one"},
	{short: 'a', long: "add-server", verb: addServer,
		help: "add a real server to a service"},
	{short: 'e', long: "edit-server", verb: editServer,
		help: "change a real server"},
	{short: 'd', long: "delete-server", verb: deleteServer,
		help: "delete a real server from a service"},
	{long: "set", verb: setTimeouts, value: "TCP FIN UDP",
		help: "set the timeouts of connections, in seconds; 0 leaves one as it is"},
	{long: "start-daemon", arg: required, verb: startDaemon, value: "STATE", offer: (*completer).daemonStates,
		help: "start the sync daemon, STATE master or backup",
		set:  func(p *parser, w word) error { return p.daemonState(w, "illegal start-daemon parameter specified") }},
	{long: "stop-daemon", arg: required, verb: stopDaemon, value: "STATE", offer: (*completer).daemonStates,
		help: "stop the sync daemon, STATE master or backup",
		set:  func(p *parser, w word) error { return p.daemonState(w, "illegal start_daemon specified") }},
	{short: 'R', long: "restore", verb: restore,
		help: "run the command lines on standard input"},
	{short: 'S', long: "save", verb: save,
		help: "write the table as command lines for --restore"},
	{long: "sysctl", id: optSysctl, verb: sysctl, value: "[NAME[=VALUE]]",
		help: "list or set sysctls, net.ipv4.vs.NAME; with -S, save sysctls that are not at their defaults", set: nothing},
	{long: "schedulers", verb: listSchedulers,
		help: "list the schedulers that the kernel has or can load"},
	{long: "check", arg: optional, verb: checkTable, value: "[NAME]", offer: (*completer).checks,
		help: "find what keeps traffic from its server, and print what would mend it; with NAME, by one check", set: (*parser).check},
	{short: 'h', long: "help", verb: help,
		help: "print this help"},
	{short: 'v', long: "version", verb: version,
		help: "print the version"},
	{long: "build", verb: build,
		help: "print version, revision, Go version and modules"},
	{long: "complete", verb: complete, value: "WORD...",
		help: "print what a command line can go on with, for shells"},

	{heading: "Add, change or delete a service", verbs: []verb{addService, editService, deleteService}},
	{short: 't', long: "tcp-service", arg: required, id: optService, value: "ADDRESS", offer: (*completer).services,
		help: "the TCP service at this address",
		set:  func(p *parser, w word) error { return p.serviceAt(w, ipvsnl.TCP) }},
	{short: 'u', long: "udp-service", arg: required, id: optService, value: "ADDRESS", offer: (*completer).services,
		help: "the UDP service at this address",
		set:  func(p *parser, w word) error { return p.serviceAt(w, ipvsnl.UDP) }},
	{long: "sctp-service", arg: required, id: optService, value: "ADDRESS", offer: (*completer).services,
		help: "the SCTP service at this address",
		set:  func(p *parser, w word) error { return p.serviceAt(w, ipvsnl.SCTP) }},
	{short: 'f', long: "fwmark-service", arg: required, id: optService, value: "MARK", offer: (*completer).marks,
		help: "the service of this firewall mark, 1 to 4294967295, or 0x1 and so on", set: (*parser).mark},
	{short: '6', long: "ipv6",
		help: "the mark is for IPv6 packets; must follow -f", set: (*parser).markIPv6},
	{short: 's', long: "scheduler", arg: required, id: optScheduler, value: "NAME", offer: (*completer).schedulers,
		help: "the scheduler: " + words.Schedulers + " (default wlc)",
		set:  func(p *parser, w word) error { return setName(w, maxSchedulerName, &p.service.Scheduler) }},
	{short: 'p', long: "persistent", arg: optional, id: optPersistent, value: "[SECONDS]",
		help: "keep a client on its real server, 1 to 2678400 seconds (default 360)", set: (*parser).persistent},
	{short: 'M', long: "netmask", arg: required, id: optNetmask, value: "MASK", offer: (*completer).masks,
		help: "treat clients with equal addresses under MASK as one; for IPv6, a prefix length", set: (*parser).netmask},
	{long: "pe", arg: required, id: optEngine, value: "NAME", offer: (*completer).engines,
		help: "persistence engine: " + words.Engine,
		set:  func(p *parser, w word) error { return setName(w, maxEngineName, &p.service.Persistence.Engine) }},
	{short: 'b', long: "sched-flags", arg: required, id: optSchedFlags, value: "FLAGS", offer: (*completer).flagNames,
		help: "flags of the scheduler: sh-fallback,sh-port mh-fallback,mh-port flag-1,flag-2,flag-3", set: (*parser).schedFlags},
	{short: 'o', long: "ops", id: optOnePacket,
		help: "schedule each UDP packet separately", set: (*parser).onePacket},

	{heading: "Add, change or delete a real server", verbs: []verb{addServer, editServer, deleteServer}},
	{short: 'r', long: "real-server", arg: required, id: optServer, value: "ADDRESS", offer: (*completer).servers,
		help: "the real server at this address", set: (*parser).serverAt},
	{short: 'm', long: "masquerading", id: optForwarding,
		help: "forward by network address translation",
		set:  func(p *parser, _ word) error { return assign(&p.server.Forwarding, ipvsnl.Masquerade) }},
	{short: 'i', long: "ipip", id: optForwarding,
		help: "forward through a tunnel",
		set:  func(p *parser, _ word) error { return assign(&p.server.Forwarding, ipvsnl.Tunnel) }},
	{short: 'g', long: "gatewaying", id: optForwarding,
		help: "forward by direct routing (default)",
		set:  func(p *parser, _ word) error { return assign(&p.server.Forwarding, ipvsnl.Route) }},
	{short: 'w', long: "weight", arg: required, id: optWeight, value: "N",
		help: "share of the connections, 0 for no new ones (default 1)",
		set:  func(p *parser, w word) error { return setNumber(w, "weight", 0, maxInt, &p.server.Weight) }},
	{short: 'x', long: "u-threshold", arg: required, id: optUpper, value: "N",
		help: "upper threshold, no new connections at N; 0 for no limit (default 0)",
		set:  func(p *parser, w word) error { return setNumber(w, "u_threshold", 0, maxInt, &p.server.UpperThreshold) }},
	{short: 'y', long: "l-threshold", arg: required, id: optLower, value: "N",
		help: "lower threshold, new connections again below N (default 0)",
		set:  func(p *parser, w word) error { return setNumber(w, "l_threshold", 0, maxInt, &p.server.LowerThreshold) }},
	{long: "tun-type", arg: required, id: optTunType, value: "TYPE", offer: (*completer).tunnelTypes,
		help: "type of tunnel: ipip gue gre (default ipip)", set: (*parser).tunnelType},
	{long: "tun-port", arg: required, id: optTunPort, value: "PORT",
		help: "UDP port of a gue tunnel",
		set:  func(p *parser, w word) error { return setNumber(w, "tunnel port", 1, maxPort, &p.server.TunnelPort) }},
	{long: "tun-nocsum", id: optTunNoCsum,
		help: "tunnel without checksums, gue and gre (default)", set: nothing},
	{long: "tun-csum", id: optTunCsum,
		help: "tunnel with checksums, gue and gre",
		set: func(p *parser, _ word) error {
			return assign(&p.server.TunnelFlags, p.server.TunnelFlags|ipvsnl.TunnelChecksum)
		}},
	{long: "tun-remcsum", id: optTunRemCsum,
		help: "tunnel with remote checksums, gue",
		set: func(p *parser, _ word) error {
			return assign(&p.server.TunnelFlags, p.server.TunnelFlags|ipvsnl.TunnelRemoteChecksum)
		}},

	{heading: "Keep settings, repeat changes, drain connections"},
	{long: "keep", id: optKeep,
		help: "with -E and -e, and with --ensure: change only what is named", set: nothing},
	{long: "ensure", id: optEnsure,
		help: "with -A, -a, -D and -d: succeed also if it is there, or gone, already", set: nothing},

	{long: "drain", arg: optional, id: optDrain, value: "[SECONDS]",
		help: "with -D, -d: set weight 0, delete when no connection is left", set: (*parser).drain},
	{long: "force", id: optForce,
		help: "with --drain SECONDS: delete then, whatever is left", set: (*parser).force},

	{heading: "List services or connections, and zero counters", verbs: []verb{list, zero}},
	{short: 'c', long: "connection", id: optConnection,
		help: "list connections",
		set:  func(p *parser, _ word) error { return assign(&p.cmd.Listing.Subject, Connections) }},
	{long: "timeout", id: optTimeout,
		help: "list the timeouts of connections; with -S, save timeouts",
		set:  func(p *parser, _ word) error { return assign(&p.cmd.Listing.Subject, Timeouts) }},
	{long: "daemon", id: optDaemon,
		help: "list the sync daemons; with -S, save sync daemons",
		set:  func(p *parser, _ word) error { return assign(&p.cmd.Listing.Subject, Daemons) }},
	{long: "stats", id: optStats,
		help: "with counters of connections, packets and bytes",
		set:  func(p *parser, _ word) error { return assign(&p.cmd.Listing.Stats, true) }},
	{long: "rate", id: optRate,
		help: "with connections, packets and bytes per second",
		set:  func(p *parser, _ word) error { return assign(&p.cmd.Listing.Rate, true) }},
	{long: "thresholds", id: optThresholds,
		help: "with thresholds; with -S, save thresholds",
		set:  func(p *parser, _ word) error { return assign(&p.cmd.Listing.Thresholds, true) }},
	{long: "persistent-conn", id: optPersistentConn,
		help: "with persistent connections; with -c, persistence engines",
		set:  func(p *parser, _ word) error { return assign(&p.cmd.Listing.PersistentConn, true) }},
	{long: "tun-info", id: optTunInfo,
		help: "with tunnels",
		set:  func(p *parser, _ word) error { return assign(&p.cmd.Listing.TunnelInfo, true) }},
	{long: "nosort", id: optNoSort,
		help: "in the order of the kernel",
		set:  func(p *parser, _ word) error { return assign(&p.cmd.Listing.NoSort, true) }},
	{long: "sort", like: "nosort",
		help: "sorted (default)", set: nothing},
	{long: "sort-by", arg: required, id: optSortBy, value: "COLUMN", offer: (*completer).columns,
		help: "highest first: by a column of --stats or --rate, or by active, inactive or weight", set: (*parser).sortBy},
	{long: "watch", arg: optional, id: optWatch, value: "[SECONDS]",
		help: "repeat the listing every 1 to 86400 seconds (default 2) until interrupted", set: (*parser).watch},
	{short: 'X', long: "exact", id: optExact,
		help: "with all digits of large numbers",
		set:  func(p *parser, _ word) error { return assign(&p.cmd.Listing.Exact, true) }},
	{long: "wide", id: optWide,
		help: "cut nothing, columns as wide as they need to be",
		set:  func(p *parser, _ word) error { return assign(&p.cmd.Listing.Wide, true) }},
	{long: "total", id: optTotal,
		help: "with sums, of each service and of all, and the kernel's own",
		set:  func(p *parser, _ word) error { return assign(&p.cmd.Listing.Total, true) }},
	{long: "color", arg: optional, id: optColor, value: "[WHEN]", offer: (*completer).colors,
		help: "colour lines that need a look: always, auto or never (default never)", set: (*parser).color},
	{short: 'n', long: "numeric", id: optNumeric,
		help: "with numeric addresses and ports",
		set:  func(p *parser, _ word) error { return assign(&p.cmd.Listing.Numeric, true) }},
	{short: 'j', long: "json", id: optJSON,
		help: "everything, as JSON",
		set:  func(p *parser, _ word) error { return assign(&p.cmd.Listing.JSON, true) }},
	{long: "metrics", id: optMetrics,
		help: "as metrics of Prometheus",
		set:  func(p *parser, _ word) error { return assign(&p.cmd.Listing.Metrics, true) }},

	{heading: "Find out why it does not work", verbs: []verb{checkTable}},
	{long: "probe", id: optProbe,
		help: "with --check: also ask the network, which takes some seconds",
		set:  func(p *parser, _ word) error { return assign(&p.cmd.Checking.Probe, true) }},

	{heading: "Choose connections, with -L -c; also by -t, -u, --sctp-service and -r"},
	{long: "client", arg: required, id: optClient, value: "ADDRESS[/LEN]",
		help: "only connections of these clients", set: (*parser).clientIn},
	{long: "count", id: optCount,
		help: "count them by service, real server and state",
		set:  func(p *parser, _ word) error { return assign(&p.cmd.Listing.Count, true) }},
	{long: "origin", id: optOrigin,
		help: "show which were made here and which synced",
		set:  func(p *parser, _ word) error { return assign(&p.cmd.Listing.Origin, true) }},

	{heading: "Choose a part of the table, with -L, -Z, -S and -C"},
	{short: '4', long: "ipv4", id: optIPv4,
		help: "only IPv4; -6 without -f: only IPv6",
		set:  func(p *parser, _ word) error { return assign(&p.selection.Family, ipvsnl.IPv4) }},
	{long: "vip", arg: required, id: optVIP, value: "ADDRESS[/LEN]", offer: (*completer).vips,
		help: "only services with such an address", set: (*parser).vip},
	{long: "marks", id: optMarks,
		help: "only services of marks", set: (*parser).onlyMarks},

	{heading: "Save, restore and clear the table", verbs: []verb{save, restore, clearTable}},
	{long: "all", id: optAll,
		help: "the same as --thresholds, --timeout and --daemon", set: nothing},
	{long: "stable", id: optStable,
		help: "read until two consecutive readings agree", set: nothing},
	{long: "replace", id: optReplace,
		help: "check all lines, then change only what differs from the resulting table",
		set:  func(p *parser, _ word) error { return assign(&p.cmd.Restoring.Replace, true) }},
	{long: "only", id: optOnly,
		help: "with --replace: leave all services that no line adds or deletes",
		set:  func(p *parser, _ word) error { return assign(&p.cmd.Restoring.Only, true) }},
	{long: "dry-run", id: optDryRun,
		help: "only check the lines or, with --replace or -C, print what would change",
		set:  func(p *parser, _ word) error { return assign(&p.cmd.Restoring.DryRun, true) }},
	{long: "wait", arg: required, id: optWait, value: "SECONDS",
		help: "with -R and -C: maximum wait for another of these to end, 0 to 86400 (default 60)", set: (*parser).wait},

	{heading: "Share connections with another director", verbs: []verb{startDaemon, stopDaemon}},
	{long: "mcast-interface", arg: required, id: optInterface, value: "NAME", offer: (*completer).interfaces,
		help: "interface of the sync messages (default eth0)",
		set:  func(p *parser, w word) error { return setName(w, maxInterfaceName, &p.daemon.Interface) }},
	{long: "syncid", arg: required, id: optSyncID, value: "N",
		help: "ID of the group of directors, 0 to 255 (default 0)",
		set:  func(p *parser, w word) error { return setNumber(w, "syncid", 0, maxSyncID, &p.daemon.SyncID) }},
	{long: "mcast-group", arg: required, id: optGroup, value: "ADDRESS",
		help: "multicast address, IPv4 or IPv6 (default 224.0.0.81)", set: (*parser).mcastGroup},
	{long: "mcast-port", arg: required, id: optPort, value: "PORT",
		help: "UDP port (default 8848)",
		set:  func(p *parser, w word) error { return setNumber(w, "mcast-port", 1, maxPort, &p.daemon.Port) }},
	{long: "mcast-ttl", arg: required, id: optTTL, value: "N",
		help: "time to live, 1 to 255 (default 1)",
		set:  func(p *parser, w word) error { return setNumber(w, "mcast-ttl", 1, maxTTL, &p.daemon.TTL) }},
	{long: "sync-maxlen", arg: required, id: optMaxLen, value: "BYTES",
		help: "maximum length of a sync message, 1 to 65507 (default 1472; for a backup, from its interface)",
		set:  func(p *parser, w word) error { return setNumber(w, "sync-maxlen", 1, maxSyncPayload, &p.daemon.MaxLen) }},

	{heading: "Set up the kernel", verbs: []verb{setTimeouts, sysctl, listSchedulers}},

	{heading: "About the program", verbs: []verb{help, version, build, complete}},

	{heading: "With every command"},
	{long: "netns", arg: required, id: optNetNS, value: "NAME", offer: (*completer).namespaces,
		help: "work in this network namespace: a name, pid:NUMBER or, with a slash, a path", set: (*parser).netNS},
}

// longOption returns the option of a long word, or nil.
func longOption(name string) *option {
	for i := range options {
		if o := &options[i]; o.long == name && name != "" {
			return o
		}
	}
	return nil
}

// shortOptions are the options with a letter. They are collected when the first is looked up, for rules have
// many.
var shortOptions struct {
	sync.Once
	of [256]*option
}

// shortOption returns the option of a letter, or nil.
func shortOption(letter byte) *option {
	shortOptions.Do(func() {
		for i := range options {
			if o := &options[i]; o.short != 0 {
				shortOptions.of[o.short] = o
			}
		}
	})
	return shortOptions.of[letter]
}

// serviceAt sets a virtual address. For IPv6, masks are prefix lengths.
func (p *parser) serviceAt(w word, protocol ipvsnl.Protocol) error {
	p.protocol = protocol
	a, b := p.address(w.value)
	if !b.none() {
		return faultOf("illegal virtual server address[:port] specified", b.fault, b.word, b.want)
	}
	p.service.Key = ipvsnl.ServiceKey{Protocol: protocol, Addr: netip.AddrPortFrom(a.Addr, a.port)}
	p.at = w.value
	if a.Is6() {
		p.resetMask()
	}
	return nil
}

func (p *parser) mark(w word) error {
	n, ok := parseMark(w.value)
	if !ok {
		return faultOf("invalid fwmark value `"+w.value+"' specified", BadValue, w.value, rangeOf(1, maxMark))
	}
	p.service.Key = ipvsnl.ServiceKey{Mark: n}
	p.protocol = ipvsnl.TCP
	return nil
}

func (p *parser) markIPv6(word) error {
	if p.service.Key.Mark == 0 {
		return p.onlyIPv6()
	}
	p.service.Key.IPv6 = true
	p.resetMask()
	return nil
}

// resetMask forgets the mask: that of an IPv6 service can only be given after it.
func (p *parser) resetMask() {
	if p.given.has(optNetmask) {
		p.cmd.Oddities |= MaskTooEarly
	}
	p.mask = ipvsnl.Mask{}
}

func (p *parser) persistent(w word) error {
	seconds := uint32(defaultPersistence)
	if w.given {
		var err error
		if seconds, err = parseTimeout(w.value, 1); err != nil {
			return err
		}
	}
	p.service.Persistence.Timeout = time.Duration(seconds) * time.Second
	return nil
}

func (p *parser) netmask(w word) error {
	if p.service.Key.Family() == ipvsnl.IPv6 {
		n := leadingNumber(w.value)
		if n < 1 || n > 128 {
			return faultOf("illegal ipv6 netmask specified", BadValue, w.value, "a prefix length from 1 to 128")
		}
		p.mask = ipvsnl.Mask6(n)
		return nil
	}
	mask, ok := p.ipv4(w.value)
	if !ok {
		return faultOf("illegal virtual server persistent mask specified", BadValue, w.value, "a mask such as 255.255.255.0")
	}
	p.mask = ipvsnl.Mask4(mask.As4())
	return nil
}

// schedFlags keeps the names until all options are known: the scheduler determines
// which names exist.
func (p *parser) schedFlags(w word) error {
	p.flagNames = w.value[:min(len(w.value), maxFlagNames)]
	return nil
}

func (p *parser) onePacket(word) error {
	p.service.OnePacket = true
	return nil
}

// serverAt sets the address of a real server. The default port is that of the service,
// if the service is already known.
func (p *parser) serverAt(w word) error {
	a, b := p.address(w.value)
	if !b.none() {
		return faultOf("illegal real server address[:port] specified", b.fault, b.word, b.want)
	}
	if p.serverPort = a.given; !a.given {
		a.port = p.service.Key.Addr.Port()
	}
	p.server.Addr = netip.AddrPortFrom(a.Addr, a.port)
	return nil
}

func (p *parser) tunnelType(w word) error {
	for _, row := range words.TunnelTypes {
		if row.Name == w.value {
			p.server.TunnelType = row.Type
			return nil
		}
	}
	return faultOf("illegal tunnel type specified", BadValue, w.value, "ipip, gue or gre")
}

func (p *parser) mcastGroup(w word) error {
	addr, family, ok := parseGroup(w.value)
	if !ok {
		text := "invalid " + family + " mcast-group `" + w.value + "'"
		return faultOf(text, BadValue, w.value, "a multicast address, 224.0.0.0 to 239.255.255.255 or ff00::/8")
	}
	p.daemon.Group = addr
	return nil
}

func (p *parser) sortBy(w word) error {
	if c := columns.ByName(w.value); c != nil {
		p.cmd.Listing.SortBy = c.Name
		return nil
	}
	var names []string
	for _, c := range columns.All {
		names = append(names, c.Name)
	}
	return fault("unknown column `" + visible.Text(w.value) + "'; the columns are: " + strings.Join(names, " "))
}

func (p *parser) watch(w word) error {
	p.cmd.Listing.Watch = defaultWatch
	if !w.given {
		return nil
	}
	n, ok := parseNumber(w.value, 1, maxWatch)
	if !ok {
		return fault("invalid watch interval `" + visible.Text(w.value) + "' specified")
	}
	p.cmd.Listing.Watch = uint32(n)
	return nil
}

func (p *parser) wait(w word) error {
	n, ok := parseNumber(w.value, 0, maxWait)
	if !ok {
		return fault("invalid wait time `" + w.value + "' specified")
	}
	p.cmd.Wait, p.cmd.WaitGiven = uint32(n), true
	return nil
}

// nothing ignores the value of an option that is the default, or that the
// command interprets.
func nothing(*parser, word) error { return nil }

// assign sets a value that an option stands for.
func assign[T any](to *T, value T) error {
	*to = value
	return nil
}

// setName sets a name, cut to the max bytes that the kernel keeps.
func setName(w word, max int, to *string) error {
	*to = w.value[:min(len(w.value), max)]
	return nil
}

// setNumber sets a whole number from min to max.
func setNumber[T uint8 | uint16 | uint32](w word, what string, min, max int64, to *T) error {
	n, ok := parseNumber(w.value, min, max)
	if !ok {
		return faultOf("illegal "+what+" specified", BadValue, w.value, rangeOf(min, max))
	}
	*to = T(n)
	return nil
}

func (p *parser) daemonState(w word, message string) error {
	switch w.value {
	case "master":
		p.daemon.State = ipvsnl.Master
	case "backup":
		p.daemon.State = ipvsnl.Backup
	default:
		return faultOf(message, BadValue, w.value, "master or backup")
	}
	return nil
}
