// SPDX-License-Identifier: Apache-2.0

package parity

import (
	"fmt"
	"strconv"
	"strings"
)

func (g *gen) virtualValue() string { return g.addrPort(g.chance(25)) }
func (g *gen) serverValue() string  { return g.server(g.chance(25)) }

// oddAddrPort returns an address and a port, either of which may be of doubtful form.
func (g *gen) oddAddrPort() string {
	switch g.IntN(10) {
	case 0, 1, 2:
		return g.oddIPv4() + pick(g, ":80", ":80", ":80", "")
	case 3, 4, 5:
		return g.oddBrackets(g.oddIPv6())
	case 6, 7:
		return g.ipv4() + ":" + g.oddPort()
	case 8:
		return "[" + g.ipv6() + "]:" + g.oddPort()
	}
	return g.oddShape()
}

// oddShape returns words whose parts are put together oddly.
func (g *gen) oddShape() string {
	a4, a6, port := g.ipv4(), g.ipv6(), g.port()
	return pick(g, "", ":", "::", "[", "]", "[]", "[]:", "[]:80", "]:", "]:80", "[:80", ":80", "80", "1", "12345678901234567890",
		a4, a4+":", a4+"::80", a4+":80:90", a4+" :80", " "+a4+":80", a4+": 80", a4+":80 ", a4+"\t:80", a4+"\n:80", a4+"/24:80", a4+".:80",
		"["+a4+"]:"+port, "["+a4+"]", a4+"]:80", "["+a4+":80", "["+a4+"]80", "["+a4+"]::80",
		a6, a6+":80", "["+a6+"]", "["+a6+"]:", "["+a6+"]80", "["+a6+":80", a6+"]:80", "[["+a6+"]]:80", "["+a6+"]:80]:90", "["+a6+"] :80",
		"["+a6+"%lo]:80", a6+"%eth0", "["+a6+"]:80:90", "[ "+a6+"]:80", "["+a6+" ]:80", "["+a6+"]]:80", "["+a6+"]:"+port,
		"localhost:80", "localhost", "[localhost]:80", "LOCALHOST:80", "nosuch:80", "nosuch", "ip6-localhost:80", "no such:80", "no_such:80",
		"localhost.:80", ".:80", "-:80", "a..b:80", strings.Repeat("a", 64)+":80", strings.Repeat("a.", 130)+"b:80", "é:80", "\xff:80", "*:80", "0:80", "any:80")
}

// oddIPv4 returns an address in one of the forms of inet_aton, or near it.
func (g *gen) oddIPv4() string {
	parts := make([]string, pick(g, 1, 2, 3, 4, 4, 4, 4, 4, 5))
	for i := range parts {
		last := i == len(parts)-1
		n := uint64(pick(g, 0, 1, 10, 127, 192, 223, 224, 255, 256, 300, g.IntN(256), g.IntN(256)))
		if last && g.chance(40) {
			n = pick(g, 65535, 65536, 1<<24-1, 1<<24, 1<<32-1, 1<<32, 1<<64-1, uint64(g.Uint32()))
		}
		parts[i] = g.cNumber(n)
	}
	a := strings.Join(parts, ".")
	if g.chance(15) {
		a = pick(g, " ", "+", "-", ".", "\t", "0", "x", "") + a
	}
	if g.chance(15) {
		a += pick(g, ".", "..", " ", " x", "\tx", "\n", "\v", "\f", "\r", "x", "-", "/32", "%lo", ",", "\u00a0")
	}
	return a
}

// cNumber writes a number as C programs may read it.
func (g *gen) cNumber(n uint64) string {
	switch g.IntN(12) {
	case 0:
		return "0x" + strconv.FormatUint(n, 16)
	case 1:
		return "0X" + strings.ToUpper(strconv.FormatUint(n, 16))
	case 2:
		return "0" + strconv.FormatUint(n, 8)
	case 3:
		return pick(g, "0", "00", "0000") + strconv.FormatUint(n, 10)
	case 4:
		if g.chance(40) {
			return pick(g, "", "0x", "0b1", "08", "09", "1e1", "a", "0xg", "1_0", "٣", "-1", "+1")
		}
	}
	return strconv.FormatUint(n, 10)
}

// oddIPv6 returns an address in one of the forms of inet_pton, or near it.
func (g *gen) oddIPv6() string {
	n := pick(g, 8, 8, 8, 8, 8, 7, 9, 3, 2)
	groups := make([]string, n)
	for i := range groups {
		groups[i] = g.oddGroupOf6()
	}
	if g.chance(20) {
		groups[n-1] = pick(g, "192.0.2.1", "1.2.3", "1.2.3.256", "01.2.3.4", "1.2.3.4.5", "0.0.0.0", "255.255.255.255", "1.2.3.0x4", "1.2.3.4 ")
	}
	a := strings.Join(groups, ":")
	if g.chance(55) {
		i := g.between(0, n-1)
		j := g.between(i, n-1)
		a = strings.Join(groups[:i], ":") + "::" + strings.Join(groups[j+1:], ":")
	}
	if g.chance(10) {
		a = pick(g, ":", " ", "+", "0x", "::", "::ffff:") + a
	}
	if g.chance(10) {
		a += pick(g, ":", " ", "%lo", "%1", "%", "/64", "::", ":0", "\n", "x")
	}
	return a
}

func (g *gen) oddGroupOf6() string {
	n := pick(g, 0, 0, 0, 1, 0xff, 0xffff, g.IntN(1<<16))
	switch g.IntN(16) {
	case 0:
		return fmt.Sprintf("%04x", n)
	case 1:
		return fmt.Sprintf("%X", n)
	case 2:
		return pick(g, "00000", "10000", "fffff", "g", "", "0x1", "-1", " 1", "+1", "00001")
	}
	return fmt.Sprintf("%x", n)
}

func (g *gen) oddBrackets(a string) string {
	switch g.IntN(8) {
	case 0:
		return a
	case 1:
		return "[" + a + "]"
	}
	return "[" + a + "]:80"
}

// oddPort returns a port, by number or by name, that may be none of that protocol.
func (g *gen) oddPort() string {
	if g.chance(35) {
		return oddNumber(0, 65535)(g)
	}
	return pick(g, "http", "HTTP", "Http", "www", "https", "domain", "ssh", "ftp", "tftp", "syslog", "ntp", "snmp", "sip", "sip-tls", "smtp", "mail",
		"tcpmux", "discard", "sink", "null", "http ", " http", "http\n", "nosuch", "http-alt", "webcache", "kerberos", "krb5", "iso-tsap", "tsap",
		"who", "whod", "login", "shell", "rtsp", "bootps", "x11", "isakmp", "imap", "imap2", "imap3", "postgresql", "postgres",
		"rtmp", "#", "80/tcp", "tcp", "http,80", "é", "65536", "99999", "-80", "+80", "0x50", "080", "")
}
