// SPDX-License-Identifier: Apache-2.0

package parity

import (
	"strconv"
	"strings"
)

// valuesCase is a table and commands with values that are at the limits of what is allowed, or past them.
func (g *gen) valuesCase() *Case {
	c := &Case{}
	if g.chance(70) {
		c.Calls = append(c.Calls, Call{Words: []string{"-R"}, Stdin: g.setup()})
	}
	for range g.between(2, 4) {
		c.Calls = append(c.Calls, Call{Words: g.spell(g.oddValue())})
	}
	return c
}

// oddValue returns a legal command in which one value, mostly, is of doubtful form.
func (g *gen) oddValue() []item {
	o := pick(g, append([]*option{startDaemon, setTimeouts, tcp, udp, server, server, netmask}, valued...)...)
	items := g.commandWith(o)
	for i := range items {
		it := &items[i]
		switch {
		case o == setTimeouts && it.option == nil && g.chance(50):
			it.word = oddNumber(0, 2678400)(g)
		case it.option == o && o.odd != nil:
			it.value, it.bare = o.odd(g), false
		}
	}
	return items
}

// commandWith returns a legal command that has the option.
func (g *gen) commandWith(o *option) []item {
	switch o {
	case setTimeouts:
		return g.legalSet()
	case startDaemon, mcastIface, syncID, mcastGroup, mcastPort, mcastTTL, syncMaxLen:
		return g.with(g.legalDaemon(), o)
	case server, weight, upper, lower:
		return g.with(g.legalServer(pick(g, addServer, addServer, editServer, deleteServer), g.service(), g.realServer()), o)
	case tunType, tunPort:
		items := []item{{option: addServer, bare: true}}
		items = append(items, g.service().items()...)
		items = append(items, item{option: server, value: g.realServer()}, g.has(ipip))
		return g.with(append(items, g.tunnel()...), o)
	case netmask, persistent:
		return g.with(g.with(g.legalFor(addService, g.freeService()), persistent), o)
	case tcp, udp, sctp, fwmark:
		v := virtual{option: o, value: o.value(g)}
		command := pick(g, addService, addService, addService, deleteService, list, zero, addServer)
		switch command {
		case addService:
			return g.legalFor(command, v)
		case addServer:
			return g.legalServer(command, v, g.realServer())
		}
		return append([]item{{option: command, bare: true}}, v.items()...)
	}
	return g.with(g.legalFor(pick(g, addService, editService), g.freeService()), o)
}

// freeService returns a service that the table does not have yet, mostly.
func (g *gen) freeService() virtual {
	if g.chance(70) {
		return g.virtual()
	}
	return g.service()
}

// with adds the option to a command that does not have it.
func (g *gen) with(items []item, o *option) []item {
	for _, it := range items {
		if it.option == o {
			return items
		}
	}
	return append(items, g.has(o))
}

// oddNumber returns a maker of numbers about the limits, in forms that C's functions take and others.
func oddNumber(min, max uint64) func(g *gen) string {
	return func(g *gen) string {
		n := strconv.FormatUint(pick(g, min, min+1, max-1, max, max, max+1, max+2, 0, 1, 5, 255, 256, 65535, 65536,
			1<<31-1, 1<<31, 1<<32-1, 1<<32, 1<<63-1, 1<<63, 1<<64-1), 10)
		if g.chance(8) {
			n = pick(g, "", "18446744073709551616", "99999999999999999999999", "0x10", "010", "1e3", "1.5", "ten", "٣", "1_000",
				"-", "+", " ", "0x", "--1", "+-1", "1,000", "∞", "0b1", "0o7", "1\x002"[:1])
		}
		if g.chance(30) {
			n = pick(g, "+", "-", " ", "\t", "\n", "\v\f\r", "0", "000000000000000000000", " +", " -", "+ ", "-0", "\u00a0", "x") + n
		}
		if g.chance(20) {
			n += pick(g, " ", "\t", "\n", "x", ".", ".0", "k", "s", "-", "/", ",", "\x01")
		}
		return n
	}
}

func (g *gen) smallNumber() string {
	return pick(g, "0", "1", "2", "5", "10", "100", "255", "256", "65535", "65536", "100000000", "2147483647", strconv.Itoa(g.IntN(300)))
}

func (g *gen) numericPort() string {
	return pick(g, "1", "80", "1400", "6080", "8848", "65507", "65508", "65535", strconv.Itoa(g.between(1, 65535)))
}

func (g *gen) persistence() string {
	return pick(g, "1", "60", "300", "360", "2678400", strconv.Itoa(g.between(1, 5000)))
}

var schedulers = []string{"rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "sed", "nq", "fo", "ovf", "mh"}

func (g *gen) scheduler() string {
	if g.chance(3) {
		return "nosuch"
	}
	return pick(g, schedulers...)
}

func (g *gen) oddScheduler() string {
	return pick(g, "", "RR", "rr ", " rr", "wlc\n", "none", "a", "123456789012345", "1234567890123456", "wlc\x00"[:3],
		"a-name-that-is-far-too-long", "-", "--", "-rr", "wl", "ip_vs_rr", "rr\xff", "é", "..", "r/r", "%s", "mh")
}

func (g *gen) engine() string { return pick(g, "sip", "sip", "sip", "nosuch") }

func (g *gen) oddEngine() string {
	return pick(g, "", "SIP", "sip ", "si", "1234567890123456", "12345678901234567", "a-name-that-is-too-long-for-it",
		"-sip", "é", "sip\n", "sip,sip", "123456789012345")
}

func (g *gen) maskFor(ipv6 bool) string {
	if ipv6 {
		return pick(g, "128", "64", "1", "48", "127", "56")
	}
	return pick(g, "255.255.255.255", "255.255.255.0", "255.0.0.0", "255.255.0.0", "0.0.0.0", "255.0.255.0", "128.0.0.0", "255.255.255.254")
}

func (g *gen) netmask() string { return g.maskFor(g.chance(30)) }

func (g *gen) oddNetmask() string {
	switch g.IntN(3) {
	case 0:
		return oddNumber(1, 128)(g)
	case 1:
		return g.oddIPv4()
	}
	return pick(g, "24", "/24", "32", "0", "129", "-1", "64abc", "255.255.255.0/24", "0xffffff00", "0xff.0xff.0", "255.255.65280",
		"4294967040", "255.255.255.256", "255.255.255.0 x", "ffff::", "::", "localhost", "1.2.3.4", "0", "00128", "128.", "1 2")
}

func (g *gen) flagsOf(sched string) string {
	names := []string{"flag-1", "flag-2", "flag-3"}
	if sched == "sh" || sched == "mh" {
		names = append(names, sched+"-fallback", sched+"-port", sched+"-port")
	}
	var some []string
	for range g.between(1, 3) {
		some = append(some, pick(g, names...))
	}
	return strings.Join(some, ",")
}

func (g *gen) flagList() string { return g.flagsOf(g.scheduler()) }

func (g *gen) oddFlagList() string {
	var names []string
	for range g.between(0, 4) {
		names = append(names, pick(g, "sh-fallback", "sh-port", "mh-fallback", "mh-port", "flag-1", "flag-2", "flag-3",
			"", strings.Repeat("x", 140), "flag-0", "flag-4", "SH-PORT", " sh-port", "sh-port ", "flag", "-", "x", "sh_port", "1"))
	}
	return strings.Join(names, pick(g, ",", ",", ",", ",", ", ", " ", "|", ",,"))
}

func (g *gen) tunnelType() string { return pick(g, "ipip", "gue", "gue", "gre") }

func (g *gen) oddTunnelType() string {
	return pick(g, "", "GUE", "gue ", "gu", "guex", "vxlan", "0", "1", "-gue", "ipip", "gre\n", "é")
}

func (g *gen) daemonState() string { return pick(g, "master", "backup") }

func (g *gen) oddDaemonState() string {
	return pick(g, "", "Master", "MASTER", "m", "mast", "masters", "backup ", " backup", "both", "1", "-master", "master,backup", "none")
}

func (g *gen) iface() string { return pick(g, "eth0", "eth0", "eth0", "lo", "nosuch") }

func (g *gen) oddIface() string {
	return pick(g, "", "eth0 ", "ETH0", "eth0:1", "123456789012345", "1234567890123456", "a-name-that-is-far-too-long", "..",
		"eth0\n", "-", "é", "%d", "eth\xff")
}

func (g *gen) group() string {
	return pick(g, "224.0.0.81", "224.0.0.1", "239.255.255.255", "225.1.2.3", "ff02::81", "ff05::1:3", "ff02::1")
}

func (g *gen) oddGroup() string {
	switch g.IntN(3) {
	case 0:
		return g.oddIPv4()
	case 1:
		return g.oddIPv6()
	}
	return pick(g, "", "223.255.255.255", "240.0.0.0", "224.1", "0xe0.1", "3758096465", "224.0.0.81:80", "[ff02::1]", "ff02::1%lo",
		"ff02::1%eth0", "FF02::1", "fe80::1", "ff00::", "ffff::", "::ffff:224.0.0.81", "224.0.0.81 ", " 224.0.0.81", "0224.0.0.81",
		"224.0.0.081", "all-systems.mcast.net", "ff02:0:0:0:0:0:0:00081", "224.0.0")
}
