// SPDX-License-Identifier: Apache-2.0

package parity

import "slices"

// An option is one that the reference has, as its behaviour shows.
type option struct {
	short, long string
	value       func(g *gen) string // nil if it takes none
	odd         func(g *gen) string // a value of doubtful form
	optional    bool                // whether it may stand without its value
}

// The commands.
var (
	addService    = &option{short: "A", long: "add-service"}
	editService   = &option{short: "E", long: "edit-service"}
	deleteService = &option{short: "D", long: "delete-service"}
	clearAll      = &option{short: "C", long: "clear"}
	list          = &option{short: "L", long: "list"}
	listLower     = &option{short: "l"}
	zero          = &option{short: "Z", long: "zero"}
	addServer     = &option{short: "a", long: "add-server"}
	editServer    = &option{short: "e", long: "edit-server"}
	deleteServer  = &option{short: "d", long: "delete-server"}
	setTimeouts   = &option{long: "set"}
	startDaemon   = &option{long: "start-daemon", value: (*gen).daemonState, odd: (*gen).oddDaemonState}
	stopDaemon    = &option{long: "stop-daemon", value: (*gen).daemonState, odd: (*gen).oddDaemonState}
	restore       = &option{short: "R", long: "restore"}
	save          = &option{short: "S", long: "save"}
	help          = &option{short: "h", long: "help"}
	version       = &option{short: "v", long: "version"}
)

var commands = []*option{addService, editService, deleteService, clearAll, list, listLower, zero, addServer,
	editServer, deleteServer, setTimeouts, startDaemon, stopDaemon, restore, save, help, version}

// The options with a value.
var (
	tcp        = &option{short: "t", long: "tcp-service", value: (*gen).virtualValue, odd: (*gen).oddAddrPort}
	udp        = &option{short: "u", long: "udp-service", value: (*gen).virtualValue, odd: (*gen).oddAddrPort}
	sctp       = &option{long: "sctp-service", value: (*gen).virtualValue, odd: (*gen).oddAddrPort}
	fwmark     = &option{short: "f", long: "fwmark-service", value: (*gen).mark, odd: (*gen).oddMark}
	scheduler  = &option{short: "s", long: "scheduler", value: (*gen).scheduler, odd: (*gen).oddScheduler}
	persistent = &option{short: "p", long: "persistent", value: (*gen).persistence, odd: oddNumber(1, 2678400), optional: true}
	netmask    = &option{short: "M", long: "netmask", value: (*gen).netmask, odd: (*gen).oddNetmask}
	server     = &option{short: "r", long: "real-server", value: (*gen).serverValue, odd: (*gen).oddAddrPort}
	weight     = &option{short: "w", long: "weight", value: (*gen).smallNumber, odd: oddNumber(0, 1<<31-1)}
	upper      = &option{short: "x", long: "u-threshold", value: (*gen).smallNumber, odd: oddNumber(0, 1<<31-1)}
	lower      = &option{short: "y", long: "l-threshold", value: (*gen).smallNumber, odd: oddNumber(0, 1<<31-1)}
	mcastIface = &option{long: "mcast-interface", value: (*gen).iface, odd: (*gen).oddIface}
	syncID     = &option{long: "syncid", value: (*gen).smallNumber, odd: oddNumber(0, 255)}
	mcastGroup = &option{long: "mcast-group", value: (*gen).group, odd: (*gen).oddGroup}
	mcastPort  = &option{long: "mcast-port", value: (*gen).numericPort, odd: oddNumber(1, 65535)}
	mcastTTL   = &option{long: "mcast-ttl", value: (*gen).smallNumber, odd: oddNumber(1, 255)}
	syncMaxLen = &option{long: "sync-maxlen", value: (*gen).numericPort, odd: oddNumber(1, 65507)}
	engine     = &option{long: "pe", value: (*gen).engine, odd: (*gen).oddEngine}
	schedFlags = &option{short: "b", long: "sched-flags", value: (*gen).flagList, odd: (*gen).oddFlagList}
	tunType    = &option{long: "tun-type", value: (*gen).tunnelType, odd: (*gen).oddTunnelType}
	tunPort    = &option{long: "tun-port", value: (*gen).numericPort, odd: oddNumber(1, 65535)}
)

// The options without.
var (
	masquerading   = &option{short: "m", long: "masquerading"}
	ipip           = &option{short: "i", long: "ipip"}
	gatewaying     = &option{short: "g", long: "gatewaying"}
	numeric        = &option{short: "n", long: "numeric"}
	connection     = &option{short: "c", long: "connection"}
	timeout        = &option{long: "timeout"}
	daemon         = &option{long: "daemon"}
	stats          = &option{long: "stats"}
	rate           = &option{long: "rate"}
	thresholds     = &option{long: "thresholds"}
	persistentConn = &option{long: "persistent-conn"}
	noSort         = &option{long: "nosort"}
	sorted         = &option{long: "sort"}
	exact          = &option{short: "X", long: "exact"}
	ipv6Flag       = &option{short: "6", long: "ipv6"}
	onePacket      = &option{short: "o", long: "ops"}
	tunInfo        = &option{long: "tun-info"}
	tunNoCsum      = &option{long: "tun-nocsum"}
	tunCsum        = &option{long: "tun-csum"}
	tunRemCsum     = &option{long: "tun-remcsum"}
)

// valued and flags are all the options other than commands.
var (
	valued = []*option{tcp, udp, sctp, fwmark, scheduler, persistent, netmask, server, weight, upper, lower,
		mcastIface, syncID, mcastGroup, mcastPort, mcastTTL, syncMaxLen, engine, schedFlags, tunType, tunPort}
	flags = []*option{masquerading, ipip, gatewaying, numeric, connection, timeout, daemon, stats, rate, thresholds,
		persistentConn, noSort, sorted, exact, ipv6Flag, onePacket, tunInfo, tunNoCsum, tunCsum, tunRemCsum}
)

// An item is an option on a command line, or a word that is none.
type item struct {
	option *option
	value  string
	bare   bool   // the option stands without a value
	word   string // if there is no option
}

// has returns an item of an option with a good value, if it takes one.
func (g *gen) has(o *option) item {
	it := item{option: o, bare: o.value == nil || o.optional && g.chance(40)}
	if !it.bare {
		it.value = o.value(g)
	}
	return it
}

// spell returns the words of items, each written in one of the ways there are.
func (g *gen) spell(items []item) []string {
	var words []string
	open := false // whether the last word is a bundle that takes another letter
	for _, it := range items {
		o := it.option
		if o == nil {
			words, open = append(words, it.word), false
			continue
		}
		if o.short == "" || o.long != "" && g.chance(35) {
			words, open = append(words, g.spellLong(it)...), false
			continue
		}
		letter := g.spellShort(it)
		if open && g.chance(35) {
			words[len(words)-1] += letter[0]
			words = append(words, letter[1:]...)
		} else {
			words = append(append(words, "-"+letter[0]), letter[1:]...)
		}
		open = it.bare
	}
	return words
}

func (g *gen) spellLong(it item) []string {
	name := "--" + it.option.long
	switch {
	case it.bare:
		return []string{name}
	case g.chance(35):
		return []string{name + "=" + it.value}
	}
	return []string{name, it.value}
}

func (g *gen) spellShort(it item) []string {
	letter := it.option.short
	switch n := g.IntN(10); {
	case it.bare:
		return []string{letter}
	case n < 2:
		return []string{letter + it.value}
	case n < 4:
		return []string{letter + "=" + it.value}
	}
	return []string{letter, it.value}
}

// plainWords returns the words of items in the usual spelling.
func plainWords(items []item) []string {
	var words []string
	for _, it := range items {
		switch {
		case it.option == nil:
			words = append(words, it.word)
		case it.option.short != "":
			words = append(words, "-"+it.option.short)
		default:
			words = append(words, "--"+it.option.long)
		}
		if it.option != nil && !it.bare && it.option.value != nil {
			words = append(words, it.value)
		}
	}
	return words
}

// shuffle puts what follows the command in another order.
func (g *gen) shuffle(items []item) {
	rest := items[1:]
	g.Shuffle(len(rest), func(i, j int) { rest[i], rest[j] = rest[j], rest[i] })
}

func insert(items []item, at int, it item) []item { return slices.Insert(items, at, it) }
