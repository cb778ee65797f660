// SPDX-License-Identifier: Apache-2.0

package parity

import (
	"fmt"
	"strconv"
	"strings"
)

// A world is what the commands of a case are about, so that they come together at the same services.
type world struct {
	services []virtual
	servers  []string // addresses of real servers, with or without a port
}

// A virtual is a service as it is named on a command line.
type virtual struct {
	option *option // -t, -u, --sctp-service or -f
	value  string
	ipv6   bool
}

func (v virtual) items() []item {
	items := []item{{option: v.option, value: v.value}}
	if v.option == fwmark && v.ipv6 {
		items = append(items, item{option: ipv6Flag})
	}
	return items
}

func (g *gen) newWorld() world {
	var w world
	for range g.between(1, 3) {
		w.services = append(w.services, g.virtual())
	}
	for range g.between(1, 4) {
		w.servers = append(w.servers, g.server(g.chance(25)))
	}
	return w
}

func (g *gen) virtual() virtual {
	ipv6 := g.chance(25)
	if g.chance(20) {
		return virtual{fwmark, g.mark(), ipv6}
	}
	return virtual{pick(g, tcp, tcp, tcp, udp, udp, sctp), g.addrPort(ipv6), ipv6}
}

const maxMark = 1<<32 - 1

func (g *gen) mark() string {
	return pick(g, "1", "2", "7", "100", "65536", "2147483647", "2147483648", "4294967295", "3000000000",
		strconv.FormatUint(uint64(g.Uint32()|1), 10))
}

func (g *gen) oddMark() string {
	if g.chance(5) {
		return pick(g, "0x1", "0x102", "0XFF", "0xffffffff", "0x100000000", "0x0", "0x1/0xff", "0x", "0x 1", "x1")
	}
	return oddNumber(1, maxMark)(g)
}

// addrPort returns an address with a port.
func (g *gen) addrPort(ipv6 bool) string {
	if ipv6 {
		return "[" + g.ipv6() + "]:" + g.port()
	}
	return g.ipv4() + ":" + g.port()
}

func (g *gen) port() string {
	return pick(g, "80", "80", "80", "443", "53", "8080", "65535", "1", "http", "https", "domain", "5060", "sip", "0",
		strconv.Itoa(g.IntN(65536)))
}

// ipv4 returns an address that a host can have, often one that has come before.
func (g *gen) ipv4() string {
	if g.chance(70) {
		return pick(g, "192.0.2.1", "192.0.2.2", "10.0.0.1", "10.0.0.2", "198.51.100.7", "203.0.113.255",
			"192.168.0.1", "172.16.5.5", "1.2.3.4", "223.255.255.254", "127.0.0.1", "192.0.2.100")
	}
	return fmt.Sprintf("%d.%d.%d.%d", g.between(1, 223), g.IntN(256), g.IntN(256), g.IntN(256))
}

// ipv6 returns an address, without brackets, in one of the ways to write it.
func (g *gen) ipv6() string {
	if g.chance(60) {
		return pick(g, "2001:db8::1", "2001:db8::2", "2001:db8:0:1::a", "2001:DB8::AbCd", "fd00::1", "::1",
			"2001:db8:1:2:3:4:5:6", "fe80::1", "2001:db8::192.0.2.1", "::ffff:192.0.2.1", "2001:db8::100",
			"64:ff9b::a00:1", "::198.51.100.9", "::2")
	}
	groups := make([]string, 8)
	for i := range groups {
		groups[i] = strconv.FormatUint(uint64(pick(g, 0, 0, 1, g.IntN(1<<16), g.IntN(1<<16))), 16)
	}
	groups[0] = pick(g, "2001", "2400", "fd00", "fe80", "3fff")
	if g.chance(40) {
		i := g.between(1, 6)
		j := g.between(i, 7)
		return strings.Join(groups[:i], ":") + "::" + strings.Join(groups[j+1:], ":")
	}
	return strings.Join(groups, ":")
}

// server returns the address of a real server, with or without a port.
func (g *gen) server(ipv6 bool) string {
	if g.chance(35) {
		if ipv6 {
			return pick(g, "", "", "", "", "", "[") + g.ipv6()
		}
		return g.ipv4()
	}
	return g.addrPort(ipv6)
}

// service returns a service of the world or, rarely, another.
func (g *gen) service() virtual {
	if g.chance(10) {
		return g.virtual()
	}
	return pick(g, g.world.services...)
}

// setup returns rules that fill the table with some of the world. Not all of them need to be good.
func (g *gen) setup() string {
	var b strings.Builder
	for _, v := range g.world.services {
		if g.chance(20) {
			continue
		}
		b.WriteString(line(g.legalFor(addService, v)))
		for _, s := range g.world.servers {
			if g.chance(60) {
				b.WriteString(line(g.legalServer(addServer, v, s)))
			}
		}
	}
	return b.String()
}

// line returns a command as a line of a restore, in plain spelling.
func line(items []item) string { return strings.Join(plainWords(items), " ") + "\n" }
