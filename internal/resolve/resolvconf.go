// SPDX-License-Identifier: Apache-2.0

package resolve

import (
	"encoding/binary"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/inet"
)

const resolvFile = "/etc/resolv.conf"

// The limits of glibc.
const (
	maxServers  = 3
	maxTimeout  = 30
	maxAttempts = 5
	maxDots     = 15
)

// A resolvConf is the configuration in resolv.conf(5).
type resolvConf struct {
	servers  []netip.AddrPort
	search   []string // domains
	sortlist []network
	dots     int // a name with this many dots is tried unchanged before the domains
	timeout  int // seconds
	attempts int

	rotate     bool
	tcp        bool
	edns0      bool
	trustAD    bool
	noTLDQuery bool
}

// A network is one whose addresses are preferred.
type network struct{ addr, mask uint32 }

// An environment holds the variables that the C library reads.
type environment struct {
	domains     string // LOCALDOMAIN
	hasDomains  bool
	options     string // RES_OPTIONS
	hostName    string
	hostAliases string // HOSTALIASES
}

func readEnvironment() environment {
	domains, ok := os.LookupEnv("LOCALDOMAIN")
	return environment{
		domains: domains, hasDomains: ok,
		options:     os.Getenv("RES_OPTIONS"),
		hostName:    hostName(),
		hostAliases: os.Getenv("HOSTALIASES"),
	}
}

// hostName returns the name of this machine, or "" if it is unknown.
func hostName() string {
	name, err := os.Hostname()
	if err != nil {
		return ""
	}
	return name
}

// parseResolvConf reads a text in the format of resolv.conf(5) as glibc does. Anything else is
// ignored.
func parseResolvConf(text string, env environment) *resolvConf {
	c := &resolvConf{dots: 1, timeout: 5, attempts: 2}
	if env.hasDomains {
		domains, _, _ := strings.Cut(env.domains, "\n")
		c.setSearch(domains)
	}
	for line := range strings.Lines(text) {
		line, _ = cutAny(line, "\n\x00")
		keyword, value := cutAny(line, " \t")
		if value == "" || keyword == "" {
			continue
		}
		value = strings.TrimLeft(value, " \t")
		switch keyword {
		case "nameserver":
			c.addServer(value)
		case "domain":
			if value, _ = cutAny(value, " \t"); value != "" && !env.hasDomains {
				c.search = []string{value}
			}
		case "search":
			if value != "" && !env.hasDomains {
				c.setSearch(value)
			}
		case "sortlist":
			c.setSortlist(value)
		case "options":
			c.setOptions(value)
		}
	}
	if len(c.servers) == 0 {
		c.servers = []netip.AddrPort{atPort(netip.AddrFrom4([4]byte{127, 0, 0, 1}))}
	}
	if len(c.search) == 0 {
		if _, domain, ok := strings.Cut(env.hostName, "."); ok {
			c.search = []string{domain}
		}
	}
	c.setOptions(env.options)
	return c
}

// atPort returns the address and port of a name server.
func atPort(a netip.Addr) netip.AddrPort { return netip.AddrPortFrom(a, 53) }

// setSearch sets the domains of a list. The first may be empty.
func (c *resolvConf) setSearch(list string) {
	first, rest := cutAny(list, " \t")
	c.search = append([]string{first}, strings.FieldsFunc(rest, func(r rune) bool { return r == ' ' || r == '\t' })...)
}

// addServer adds a name server. Text after the address is ignored, and so is a zone that does not exist.
func (c *resolvConf) addServer(word string) {
	if len(c.servers) == maxServers {
		return
	}
	if n, ok := inet.Aton(word); ok {
		c.servers = append(c.servers, atPort(ipv4(n)))
		return
	}
	word, _ = cutAny(word, " \t")
	word, zone, _ := strings.Cut(word, "%")
	if a, err := netip.ParseAddr(word); err == nil && a.Is6() {
		c.servers = append(c.servers, atPort(a.WithZone(zone)))
	}
}

func ipv4(n uint32) netip.Addr {
	return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, n)))
}

// setSortlist sets networks such as "130.155.160.0/255.255.240.0", or "130.155.0.0" with the mask of its class.
func (c *resolvConf) setSortlist(list string) {
	list, _, _ = strings.Cut(list, ";")
	for _, word := range fields(list) {
		word, mask := cutAny(word, "/&")
		addr, ok := inet.Aton(word)
		if !ok {
			continue
		}
		n := network{addr, classMask(addr)}
		if mask != "" {
			if m, ok := inet.Aton(mask[1:]); ok {
				n.mask = m
			}
		}
		c.sortlist = append(c.sortlist, n)
	}
}

// classMask returns the classful mask of an address.
func classMask(addr uint32) uint32 {
	switch {
	case addr>>31 == 0:
		return 0xff000000
	case addr>>30 == 2:
		return 0xffff0000
	}
	return 0xffffff00
}

// setOptions sets options.
func (c *resolvConf) setOptions(list string) {
	for list = strings.TrimLeft(list, " \t"); list != ""; list = strings.TrimLeft(list, " \t") {
		c.setOption(list)
		_, list = cutAny(list, " \t")
	}
}

// setOption sets the first option of a list. As in glibc, blanks may precede a number, and
// letters after a name are ignored.
func (c *resolvConf) setOption(list string) {
	for _, number := range []struct {
		name  string
		value *int
		max   int
	}{
		{"ndots:", &c.dots, maxDots}, {"timeout:", &c.timeout, maxTimeout}, {"attempts:", &c.attempts, maxAttempts},
	} {
		if value, ok := strings.CutPrefix(list, number.name); ok {
			*number.value = min(atoi(value), number.max)
		}
	}
	c.dots &= maxDots // glibc keeps four bits
	for _, flag := range []struct {
		name string
		set  *bool
	}{
		{"rotate", &c.rotate}, {"edns0", &c.edns0}, {"use-vc", &c.tcp}, {"trust-ad", &c.trustAD},
		{"no-tld-query", &c.noTLDQuery}, {"no_tld_query", &c.noTLDQuery},
		// single-request, single-request-reopen and no-aaaa concern IPv6 addresses, which are not looked
		// up here, and no-reload concerns long-running programs.
	} {
		if strings.HasPrefix(list, flag.name) {
			*flag.set = true
		}
	}
}

// atoi reads the number at the beginning of a word, as C's atoi does. Anything else is 0.
func atoi(s string) int {
	s = skipBlanks(s)
	digits := strings.TrimLeft(s, "+-")
	if len(s)-len(digits) > 1 {
		return 0
	}
	end := 0
	for end < len(digits) && isDigit(digits[end]) {
		end++
	}
	n, _ := strconv.ParseInt(s[:len(s)-len(digits)+end], 10, 32)
	return int(n)
}

// first returns the address that comes first by the sort list.
func (c *resolvConf) first(addrs []netip.Addr) netip.Addr {
	best, rank := addrs[0], len(c.sortlist)+1
	for _, a := range addrs {
		if r := c.rank(a); r < rank {
			best, rank = a, r
		}
	}
	return best
}

// rank returns the number of the first network of the sort list that an address is in.
func (c *resolvConf) rank(a netip.Addr) int {
	b := a.As4()
	for i, n := range c.sortlist {
		if binary.BigEndian.Uint32(b[:])&n.mask == n.addr {
			return i
		}
	}
	return len(c.sortlist)
}

// hostAlias returns the alias of a name without dots in the file of host aliases, or "".
func (e environment) hostAlias(name string) string {
	if e.hostAliases == "" || strings.Contains(name, ".") {
		return ""
	}
	for line := range strings.Lines(read(e.hostAliases)) {
		line, _ = cutAny(line, "\x00")
		alias, rest := cutAny(line, blanks)
		if rest == "" {
			break // as in glibc, which stops at a last line without a newline
		}
		if lower(strings.TrimSuffix(alias, ".")) != lower(name) {
			continue
		}
		host, _ := cutAny(skipBlanks(rest), blanks)
		return host
	}
	return ""
}
