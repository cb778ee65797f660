// SPDX-License-Identifier: Apache-2.0

package parity

import (
	"fmt"
	"math"
	"strings"
)

// connectionsCase is a connection table as the kernel writes it, and listings of it.
func (g *gen) connectionsCase() *Case {
	c := &Case{Files: map[string]string{connTable: g.connTable()}}
	if g.chance(20) {
		c.Files[hostsFile] = g.hosts()
	}
	if g.chance(30) {
		c.Files[switchFile] = "hosts: files\nservices: files\n" // no name server is asked
	}
	for range g.between(1, 3) {
		items := []item{{option: pick(g, list, list, listLower), bare: true}, {option: connection, bare: true}}
		if g.chance(75) {
			items = append(items, g.has(numeric))
		}
		if g.chance(50) {
			items = append(items, g.has(persistentConn))
		}
		for _, o := range []*option{exact, noSort, sorted, tunInfo} {
			if g.chance(8) {
				items = append(items, g.has(o))
			}
		}
		if g.chance(5) {
			items = g.disturb(items)
		}
		c.Calls = append(c.Calls, Call{Words: g.spell(items)})
	}
	return c
}

// A connProtocol is a protocol as the kernel names it, with its ways to be in.
type connProtocol struct {
	name   string
	states []string
}

var connProtocols = []connProtocol{
	{"TCP", []string{"NONE", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT", "TIME_WAIT", "CLOSE", "CLOSE_WAIT",
		"LAST_ACK", "LISTEN", "SYNACK", "BUG!", "CTL", "ASSURED", "ERR!", "CONTROLLING"}},
	{"UDP", []string{"UDP", "NONE", "BUG!", "CTL"}},
	{"SCTP", []string{"INIT_CLI", "INIT_ACK_SER", "COOKIE_ECHO_CLI", "ESTABISHED", "SHUTDOWN_SER", "SHUTDOWN_ACK_CLI", "?"}}, // of older kernels
	{"SCTP", []string{"C-SENT", "C-REPLIED", "C-WAIT", "C-ECHOED", "S-SENT", "S-RECEIVED", "S-ACK-SENT", "NONE", "INIT1", "INIT", "COOKIE_SENT", "COOKIE_REPLIED", "COOKIE_WAIT", "COOKIE", "COOKIE_ECHOED",
		"ESTABLISHED", "SHUTDOWN_SENT", "SHUTDOWN_RECEIVED", "SHUTDOWN_ACK_SENT", "REJECTED", "CLOSED", "BUG!"}},
	{"IP", []string{"NONE", "CTL", "ASSURED", "ERR!"}},
	{"ICMP", []string{"NONE"}},
	{"ICMPv6", []string{"NONE"}},
	{"AH", []string{"NONE"}},
	{"ESP", []string{"NONE"}},
	{"IP_47", []string{"NONE"}},
	{"IP_255", []string{"NONE", "ERR!"}},
	{"IP_0", []string{"ERR!", strings.Repeat("S", 29)}}, // as long as it may be in the reference
	{"NOTHING", []string{"NONE"}},                       // as this name is
}

// connHeads are what kernels have in the first line.
var connHeads = []string{
	"Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n",
	"Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires\n",
}

func (g *gen) connTable() string {
	var b strings.Builder
	b.WriteString(pick(g, connHeads...))
	for range pick(g, 0, 1, 2, 3, 5, 10, 40) {
		line := g.connection()
		if g.chance(4) {
			line = g.garble(line)
		}
		b.WriteString(line[:min(len(line), longestConn)] + "\n")
	}
	return b.String()
}

// connection returns a line of the table, without its end.
func (g *gen) connection() string {
	p := pick(g, append([]connProtocol{connProtocols[0], connProtocols[0], connProtocols[1]}, connProtocols...)...)
	ipv6 := g.chance(30)
	destIPv6 := ipv6
	if g.chance(10) {
		destIPv6 = !destIPv6
	}
	engine := ""
	if g.chance(25) {
		engine = " sip " + pick(g, "abcdef@192.0.2.1", "x", "0123456789", "call-id%s", "a@b;c=d", strings.Repeat("y", 255), "[2001:db8::1]", "\xff\x01z",
			"", "a\vb", "a\fb", "a\x00b", "two words", "x ")
	}
	return fmt.Sprintf("%-3s %s %04X %s %04X %s %04X %-11s %7s%s", p.name,
		g.connAddr(ipv6), g.connPort(), g.connAddr(ipv6), g.connPort(), g.connAddr(destIPv6), g.connPort(),
		pick(g, p.states...), g.connExpires(), engine)
}

// connExpires returns for how long a connection lasts, as kernels write it and otherwise.
func (g *gen) connExpires() string {
	switch g.IntN(8) {
	case 0: // it has passed, on a machine of 64 or 32 bits
		ticks := pick[uint64](g, math.MaxUint64, math.MaxUint32)
		return fmt.Sprint((ticks - uint64(g.IntN(100000))) / pick[uint64](g, 100, 250, 300, 1000, 1024))
	case 1:
		return pick(g, "2147483647", "2147483648", "4294967295", "4294967296", "4294967355", "9223372036854775807", "9223372036854775808",
			"18446744073709551615", "18446744073709551616", "-1", "-60", "-0", "+7", "-9223372036854775808", "-9223372036854775809", "007")
	case 2:
		digits := make([]byte, g.between(1, 40))
		for i := range digits {
			digits[i] = byte('0' + g.IntN(10))
		}
		return pick(g, "", "", "-", "+") + string(digits)
	}
	return fmt.Sprint(pick(g, 0, 1, 59, 60, 61, 599, 600, 899, 3599, 3600, 5999, 6000, 59999, 60000, 2678400, 9999999, 10000000, 4294967, g.IntN(1000)))
}

// garble changes a line so that it is a connection that no kernel writes, or none. It is never empty: there
// the reference ends.
func (g *gen) garble(line string) string {
	words := strings.Fields(line)
	switch g.IntN(5) {
	case 0: // cut
		return strings.Join(words[:g.between(1, len(words))], " ")
	case 1: // other blanks
		return strings.ReplaceAll(line, " ", pick(g, "\t", "\v", "\f", "\r", "  "))
	case 2: // more words
		return line + pick(g, " ", " sip", " more words", " and still more words", "\t\t")
	case 3: // blanks around it
		return pick(g, " ", "\t") + line + strings.Repeat(" ", g.IntN(20))
	}
	words[g.between(1, min(8, len(words)-1))] = pick(g, "x", "-", "+", "+-1", "5x", "0A00000G", "ghij", ":", "1:2:3")
	return strings.Join(words, " ")
}

// longestConn is the length of the longest line that the reference takes in one piece. Longer ones, of which
// the kernel has some, it parts, or it crashes.
const longestConn = 254

func (g *gen) connPort() int {
	return pick(g, 0, 80, 80, 443, 53, 5060, 65535, g.IntN(1<<16))
}

// connAddr returns an address as the kernel writes it there.
func (g *gen) connAddr(ipv6 bool) string {
	if !ipv6 {
		return pick(g, "C0000201", "C0000202", "0A000001", "7F000001", "00000000", "FFFFFFFF", "C0A80001", fmt.Sprintf("%08X", g.Uint32()))
	}
	if g.chance(60) {
		return pick(g, "2001:0db8:0000:0000:0000:0000:0000:0001", "2001:0db8:0000:0000:0000:0000:0000:0002", "0000:0000:0000:0000:0000:0000:0000:0001",
			"0000:0000:0000:0000:0000:0000:0000:0000", "0000:0000:0000:0000:0000:ffff:c000:022e", "fe80:0000:0000:0000:0202:b3ff:fe1e:8329",
			"2001:0db8:0000:0001:0000:0000:0001:0000", "0000:0000:0000:0000:0000:0000:c000:022e", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")
	}
	groups := make([]string, 8)
	for i := range groups {
		groups[i] = fmt.Sprintf("%04x", pick(g, 0, 0, g.IntN(1<<16)))
	}
	return strings.Join(groups, ":")
}
