// SPDX-License-Identifier: Apache-2.0

package parity

import (
	"fmt"
	"strings"
)

// namesCase is a table with names, or names as values, looked up in files and at name servers.
func (g *gen) namesCase() *Case {
	resolv, slow := g.resolvConf()
	c := &Case{Files: map[string]string{resolvFile: resolv}}
	if g.chance(60) {
		c.Files[hostsFile] = g.hosts()
	}
	if g.chance(30) {
		c.Files[servicesFile] = g.servicesText()
	}
	if g.chance(40) {
		c.Files[switchFile] = g.switchText()
	}
	env := g.nameVariables()
	if len(env) > 0 && g.chance(80) {
		c.Files[aliasesFile] = g.aliases()
	}
	most := 5
	if slow {
		most = 2
	}
	var b strings.Builder
	for i := range g.between(1, most) {
		v := g.namedVirtual()
		if i == 0 || g.chance(50) {
			b.WriteString(line([]item{{option: addService, bare: true}, {option: v.option, value: v.value}}))
		}
		fmt.Fprintf(&b, "%s -r %s -m\n", strings.TrimSpace(line([]item{{option: addServer, bare: true}, {option: v.option, value: v.value}})), g.namedAddress(v.ipv6)+":"+g.namedPort())
	}
	if g.chance(25) && !slow {
		c.Files[connTable] = g.connTable()
	}
	c.Calls = append(c.Calls, Call{Words: []string{"-R"}, Stdin: b.String()})
	c.Calls = append(c.Calls, Call{Words: g.namesListing(c)})
	if g.chance(60) {
		c.Calls = append(c.Calls, Call{Words: g.spell(g.byName())})
	}
	for i := range c.Calls {
		c.Calls[i].Env = env
	}
	return c
}

// namesListing returns a listing with names.
func (g *gen) namesListing(c *Case) []string {
	if _, ok := c.Files[connTable]; ok && g.chance(70) {
		return pick(g, []string{"-Lc"}, []string{"-L", "-c", "--persistent-conn"})
	}
	return pick(g, []string{}, []string{"-L"}, []string{"-L"}, []string{"-L", "--stats"}, []string{"-S"}, []string{"-S"}, []string{"-L", "--rate"},
		[]string{"-l", "--thresholds"}, []string{"-L", "--tun-info"}, []string{"-L", "--persistent-conn"})
}

// byName returns a command with an address or a port by name.
func (g *gen) byName() []item {
	host := pick(g, "web.test", "db.test", "six.test", "twice.test", "short", "web", "www.sub", "www", "alias.test", "broken.test",
		"any.wild.test", "nothing.test", "refused.example", "WEB.test", "web.test.", manyAddresses, "one", "two.hosts", "alias1", "dual", "localhost",
		"nosuch", "under_score.test", "1.2.3.4.test", "192.0.2.1.", "web..test", "ONE", "hosts6",
		".", "..", "a:b", ":a", "g:h", "web.test..", "1.2.3.4.", "-dash", "\xe9", "nul", "ended", "db", "mail", "onlyhosts")
	v := virtual{option: pick(g, tcp, udp, sctp), value: host + pick(g, "", ":80", ":"+g.namedPort(), ":http")}
	switch g.IntN(3) {
	case 0:
		return []item{{option: addService, bare: true}, {option: v.option, value: v.value}}
	case 1:
		return []item{{option: addServer, bare: true}, {option: g.service().option, value: g.service().value}, {option: server, value: v.value}}
	}
	return []item{{option: addService, bare: true}, {option: tcp, value: "192.0.2.1:" + g.namedPort()}, {option: persistent, bare: true},
		{option: netmask, value: host}}
}

func (g *gen) namedVirtual() virtual {
	ipv6 := g.chance(25)
	a, port := g.namedAddress(ipv6), g.namedPort()
	for !strings.HasPrefix(a, "192.0.2.") && (port == "53" || port == "domain") {
		// It may be a name server's, to which the questions would not get.
		port = g.namedPort()
	}
	return virtual{option: pick(g, tcp, tcp, udp, sctp), value: a + ":" + port, ipv6: ipv6}
}

// namedAddress returns an address, in brackets if it needs them, of which something is said somewhere.
func (g *gen) namedAddress(ipv6 bool) string {
	if ipv6 {
		return "[" + pick(g, "2001:db8::1", "2001:db8::a", "2001:db8::6", "2001:db8::4", "2001:db8::ff", "fd00::1", "::1", "fe80::1", "::ffff:192.0.2.46", "::192.0.2.46") + "]"
	}
	if g.chance(10) {
		return g.ipv4()
	}
	return pick(g, "192.0.2.1", "192.0.2.3", "192.0.2.4", "192.0.2.7", "192.0.2.8", "192.0.2.9", "192.0.2.10", "192.0.2.11", "192.0.2.12", "192.0.2.44",
		"192.0.2.99", "10.0.0.1", "10.0.0.2", "198.51.100.7", "203.0.113.9", "127.0.0.1", "127.0.0.2", "10.9.0.5")
}

func (g *gen) namedPort() string {
	return pick(g, "80", "443", "53", "22", "5060", "8080", "514", "69", "21", "1", "1234", "7777", "25", "http", "https", "domain", "110", "6000", "65000")
}

// resolvConf returns a text for /etc/resolv.conf, and whether the server it names is silent.
func (g *gen) resolvConf() (text string, slow bool) {
	options := pick(g, "", "", "options ndots:2\n", "search sub.test\n", "search test\n", "domain test\n", "search nosuch.test test\n",
		"options ndots:0\n", "options rotate\n", "options edns0\n", "options single-request\n", "; a comment\n# another\n", "options use-vc\n",
		"search test.\n", "options no-tld-query\n", "\n", "search .\n",
		"options attempts:0\n", "options ndots:-1\n", "options ndots: 2\n", "options ndots:99 use-vcx\n", "sortlist 10.9.0.7/255.255.255.255 192.0.2.0\n",
		"sortlist 192.0.2.7/255.255.255.255;x\n", "search  sub.test\ttest # x\n", "domain test x\n", " search test\n", "search\n", "search sub.test\ndomain test\n",
		"options trust-ad no_tld_query ndots:3\n", "search test\x00x\n", "nameserver 127.0.0.3\n")
	switch n := g.IntN(20); {
	case n < 2:
		return "nameserver " + silent + "\noptions timeout:1 attempts:1\n" + options, true
	case n < 3:
		return "nameserver " + silent + "\nnameserver " + answering + "\noptions timeout:1 attempts:1\n" + options, true
	case n < 5:
		return "nameserver " + closed + "\n" + options, false
	case n < 7:
		return "nameserver " + closed + "\nnameserver " + answering + "\n" + options, false
	case n < 8:
		// The name server of a host that names none is the host itself.
		return pick(g, "", absent, "options ndots:1\n"), false
	}
	return pick(g, "nameserver "+answering, "nameserver "+answering, "nameserver\t127.1 # x", " nameserver 192.0.2.1\nnameserver x\nnameserver "+answering,
		"nameserver ::1%lo x\nnameserver "+answering) + "\n" + options, false
}

// hosts returns a text for /etc/hosts.
func (g *gen) hosts() string {
	if g.chance(3) {
		return absent
	}
	var b strings.Builder
	for range g.between(0, 8) {
		b.WriteString(pick(g, "127.0.0.1 localhost\n", "127.0.0.1\tone\n", "::1 localhost ip6-localhost\n",
			"192.0.2.1 one alias1\n", "192.0.2.1\tone.example\tone\n", "192.0.2.7 two.hosts\n", "192.0.2.7   Second.Line  # comment\n", "10.0.0.1 UPPER.example\n",
			"# 192.0.2.3 comment\n", "192.0.2.3 near#by\n", "2001:db8::1 six1 alias6\n", "2001:DB8:0::a hosts6\n", "  198.51.100.7 indented\n",
			"192.0.2.300 bad\n", "\n", "192.0.2 short-address\n", "010.0.0.2 octal\n", "192.0.2.10 trailing.dot.\n",
			"192.0.2.11 under_score\n", "192.0.2.12 a-name-that-is-longer-than-the-column-it-has-to-stand-in.example.org\n", "192.0.2.99 dual\n2001:db8::ff dual\n",
			"::ffff:192.0.2.1 mapped\n", "::ffff:192.0.2.44 mapped44\n", "192.0.2.4 one\n", "203.0.113.9 1.2.3.4\n", "203.0.113.9 twice\n203.0.113.9 thrice\n",
			"fe80::1%lo zoned\n", "192.0.2.1 é\n", "192.0.2.8 -dash\n", "10.9.0.5 many.test\n", "198.51.100.7 ONE\n", "192.0.2.3 no-newline", "192.0.2.20 nul\x00 ended\n", "\x00192.0.2.21 nul\n", "192.0.2.77\n", "192.0.2.78 # no name\n", "10.0.0.1 a:b :a g:h . ..\n",
			"192.0.2.8 onlyhosts\n", "192.0.2.22 onlyhosts\n", "192.0.2.23 1.2.3.4. web.test..\n", "10.0.0.2 \xe9\n", "10.0.0.2\v\fblanks db\r\n", "10.0.0.2 wide\u00a0blank\n"))
	}
	return b.String()
}

// servicesText returns a text for /etc/services.
func (g *gen) servicesText() string {
	if g.chance(8) {
		return absent
	}
	var b strings.Builder
	for range g.between(0, 10) {
		b.WriteString(pick(g, "http 80/tcp www\n", "http 80/udp\n", "web 80/tcp http\n", "HTTP 8080/tcp\n", "https\t443/tcp\t# secure\n", "domain 53/udp\n",
			"domain 53/tcp nameserver\n", "ssh 022/tcp\n", "ssh 22/tcp\n", "#ssh 22/tcp\n", "sip 5060/TCP\n", "sip 5060/sctp\n", "one 1/tcp\n", "one 2/tcp\n",
			"big 65535/tcp\n", "toobig 65536/tcp\n", "wrap 65616/tcp\n", "neg -1/tcp\n", "hex 0x50/tcp\n", "noport /tcp\n", "noproto 1234\n", "noproto2 1234/\n", "alone\n",
			"spaced 7777 /tcp\n", "spaced2 7777/ tcp\n", "plus +7777/tcp\n", "junk 25x/tcp\n", "comma 25,tcp\n", "smtp 25/tcp mail# x\n", "  lead 110/tcp\n", "\n",
			"a-service-with-a-name-that-is-very-long-indeed-to-be-cut 514/tcp\n", "syslog 514/udp\n", "tftp 69/udp tftp http\n", "ftp 21/tcp\r\n", "zero 0/tcp\n",
			"x11 6000/tcp x11-0\n", "dots. 65000/tcp\n", "é 65000/udp\n", "http 81/tcp\n", "80 1234/tcp\n", "last 1234/tcp"))
	}
	return b.String()
}

// switchText returns a text for /etc/nsswitch.conf.
func (g *gen) switchText() string {
	if g.chance(10) {
		return absent
	}
	return pick(g, "hosts: files\n", "hosts: dns\n", "hosts: dns files\n", "hosts: files dns\nservices: files\n", "hosts:files dns\n", "hosts: files [NOTFOUND=return] dns\n",
		"", "# nothing\n", "services: files\n", "services: db files\nhosts: files dns\n", "hosts: files dns # and a comment\n",
		"hosts: nosuch files dns\n", "HOSTS: files\n", "hosts: files # dns\n", "hosts: # files\n", "#hosts: files\nhosts: dns\n", "hosts: dns [NOTFOUND=return] files\n",
		"hosts: dns [!UNAVAIL=return] files\n", "hosts: dns [UNAVAIL=return] files\n", "hosts: dns [TRYAGAIN=return NOTFOUND=continue] files\n",
		"hosts: dns [SUCCESS=continue] files\n", "hosts: files [SUCCESS=continue] dns\n", "hosts: files [success=merge] dns\n", "hosts: files [NOTFOUND=merge] dns\n",
		"hosts: nosuch [UNAVAIL=return] files\n", "hosts: nosuch [NOTFOUND=return] files dns\n", "hosts: files dns\nhosts: files\n", "hosts: dns\nhosts: files dns\n",
		"hosts files\n", "hosts : : dns\n", " hosts: dns\n", "hosts: dns", "hosts: files\nservices: nosuch", "hosts: files[NOTFOUND = return]dns\n", "hosts: files [x] dns\n",
		"hosts: files [NOTFOUND=return\n", "hosts: files []\n", "passwd: files [x]\n", "sudoers: files [x]\n", "hosts: files [NOTFOUND=return] [x] dns\n",
		"hosts: files # [x]\n", "hosts: dns\x00 files\n", "services: nosuch\n", "services: files # db\n", "services: nosuch [UNAVAIL=return] files\n",
		"services: files [NOTFOUND=return] nosuch\nhosts: files\n", "services: nosuch files\nservices: files\n", "services: # files\n", "hosts: dns files [x\n", "hosts: FILES dns\n")
}

// nameVariables returns variables of the environment that the C library reads when it looks names up.
func (g *gen) nameVariables() []string {
	var env []string
	if g.chance(12) {
		env = append(env, "LOCALDOMAIN="+pick(g, "test", "", "sub.test test", " test", "nosuch.test\ttest", "sub.test\ntest", "."))
	}
	if g.chance(12) {
		env = append(env, "RES_OPTIONS="+pick(g, "ndots:2", "ndots:0", "use-vc", "", "attempts:1 timeout:1", "attempts:0", "rotate edns0", "no-tld-query"))
	}
	if g.chance(12) {
		env = append(env, "HOSTALIASES="+pick(g, aliasesFile, aliasesFile, aliasesFile, "/nowhere", ""))
	}
	return env
}

// aliases returns a text for the file of aliases.
func (g *gen) aliases() string {
	var b strings.Builder
	for range g.between(1, 4) {
		b.WriteString(pick(g, "web web.test\n", "WWW www.sub.test\n", "nosuch db\n", "db  \t db.test more\n", "mail. web.test\n", "\n", "short", "short twice.test\n", "one nothing.test\n",
			"two.hosts web.test\n", "nosuch \n", "mail web\n", "# comment\n"))
	}
	return b.String()
}
