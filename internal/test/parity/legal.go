// SPDX-License-Identifier: Apache-2.0

package parity

import "strings"

// legal returns a command that fits the grammar, and mostly the table as well.
func (g *gen) legal() []item {
	switch n := g.IntN(100); {
	case n < 14:
		return g.legalFor(addService, g.service())
	case n < 22:
		return g.legalFor(editService, g.service())
	case n < 26:
		return append([]item{{option: deleteService, bare: true}}, g.service().items()...)
	case n < 40:
		return g.legalServer(addServer, g.service(), g.realServer())
	case n < 48:
		return g.legalServer(editServer, g.service(), g.realServer())
	case n < 53:
		items := append([]item{{option: deleteServer, bare: true}}, g.service().items()...)
		return append(items, item{option: server, value: g.realServer()})
	case n < 74:
		return g.legalList()
	case n < 79:
		items := []item{{option: zero, bare: true}}
		if g.chance(60) {
			items = append(items, g.service().items()...)
		}
		return items
	case n < 84:
		return g.legalSet()
	case n < 90:
		return g.legalDaemon()
	case n < 96:
		items := []item{{option: save, bare: true}}
		if g.chance(70) {
			items = append(items, g.has(numeric))
		}
		return items
	case n < 98:
		return []item{{option: pick(g, clearAll, clearAll, restore), bare: true}}
	}
	return []item{{option: pick(g, help, version), bare: true}}
}

// realServer returns a real server of the world or, rarely, another.
func (g *gen) realServer() string {
	if g.chance(15) {
		return g.server(g.chance(25))
	}
	return pick(g, g.world.servers...)
}

// legalFor returns an add-service or edit-service for a service.
func (g *gen) legalFor(command *option, v virtual) []item {
	items := append([]item{{option: command, bare: true}}, v.items()...)
	sched := "wlc"
	if g.chance(60) {
		sched = g.scheduler()
		items = append(items, item{option: scheduler, value: sched})
	}
	if g.chance(30) || strings.HasSuffix(v.value, ":0") {
		items = append(items, g.has(persistent))
		if g.chance(50) {
			items = append(items, item{option: netmask, value: g.maskFor(v.ipv6)})
		}
	}
	if v.option == udp || v.option == fwmark {
		if g.chance(20) {
			items = append(items, g.has(engine))
		}
		if g.chance(20) {
			items = append(items, g.has(onePacket))
		}
	}
	if g.chance(20) {
		items = append(items, item{option: schedFlags, value: g.flagsOf(sched)})
	}
	return items
}

// legalServer returns an add-server or edit-server.
func (g *gen) legalServer(command *option, v virtual, address string) []item {
	items := append([]item{{option: command, bare: true}}, v.items()...)
	items = append(items, item{option: server, value: address})
	ipv6 := strings.Count(address, ":") > 1
	way := pick(g, nil, masquerading, masquerading, ipip, gatewaying)
	if ipv6 != v.ipv6 && g.chance(85) {
		way = ipip
	}
	if way != nil {
		items = append(items, g.has(way))
	}
	if way == ipip && g.chance(50) {
		items = append(items, g.tunnel()...)
	}
	for _, o := range []*option{weight, weight, upper, lower} {
		if g.chance(30) && (len(items) == 0 || items[len(items)-1].option != o) {
			items = append(items, g.has(o))
		}
	}
	return items
}

// tunnel returns the options of a tunnel.
func (g *gen) tunnel() []item {
	kind := g.tunnelType()
	items := []item{{option: tunType, value: kind}}
	if kind == "gue" {
		items = append(items, g.has(tunPort))
	}
	if kind != "ipip" && g.chance(60) {
		o := pick(g, tunNoCsum, tunCsum, tunRemCsum)
		if kind == "gre" && o == tunRemCsum {
			o = tunCsum
		}
		items = append(items, g.has(o))
	}
	return items
}

func (g *gen) legalList() []item {
	items := []item{{option: pick(g, list, list, listLower), bare: true}}
	if g.chance(75) {
		items = append(items, g.has(numeric))
	}
	switch n := g.IntN(10); {
	case n < 1:
		return append(items, g.has(timeout))
	case n < 2:
		return append(items, g.has(daemon))
	case n < 5:
		items = append(items, g.service().items()...)
	}
	for _, o := range []*option{stats, rate, thresholds, persistentConn, tunInfo, exact, noSort, sorted} {
		if g.chance(20) {
			items = append(items, g.has(o))
		}
	}
	return items
}

func (g *gen) legalSet() []item {
	items := []item{{option: setTimeouts, bare: true}}
	for range 3 {
		items = append(items, item{word: pick(g, "0", "1", "60", "900", "2678400", "120")})
	}
	return items
}

func (g *gen) legalDaemon() []item {
	if g.chance(30) {
		items := []item{g.has(stopDaemon)}
		if g.chance(40) {
			items = append(items, g.has(syncID))
		}
		return items
	}
	items := []item{g.has(startDaemon)}
	for _, o := range []*option{mcastIface, syncID, mcastGroup, mcastPort, mcastTTL, syncMaxLen} {
		if g.chance(35) {
			items = append(items, g.has(o))
		}
	}
	return items
}
