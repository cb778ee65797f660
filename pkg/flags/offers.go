// SPDX-License-Identifier: Apache-2.0

package flags

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/sysctls"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/columns"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/words"
)

// The functions here return the values that are known for options, each named in the table of options. The parser
// then selects those that fit into the line.

// offerAll returns offers of words that need no description.
func offerAll(all ...string) (offers []Offer) {
	for _, word := range all {
		offers = append(offers, Offer{Kind: OfferWord, Word: word})
	}
	return offers
}

// operands returns offers of words that are not options: names of sysctls, times for --set, the file to restore.
func (c *completer) operands() []Offer {
	switch {
	case c.wrapper != nil && c.wrapper.file:
		if w, err := c.wrapper.Unwrap(c.words); err == nil && w.File == "" && len(w.Ignored) == 0 {
			return []Offer{{Kind: OfferFiles}}
		}
	case c.verb == sysctl:
		return c.sysctls()
	case c.verb == setTimeouts && try(c.words, lenient{c.words}) != nil && c.whole() != nil:
		return []Offer{longOption("set").hint()}
	}
	return nil
}

// sysctls returns the names of the sysctls that the kernel has, with the prefix that has been written.
func (c *completer) sysctls() (offers []Offer) {
	prefix := ""
	if strings.HasPrefix(c.value, sysctls.Prefix) {
		prefix = sysctls.Prefix
	}
	for _, name := range c.machine.Sysctls(c.state.cmd.NetNS) {
		text := ""
		if s := sysctls.ByName(name); s != nil {
			text = s.Meaning
		}
		if c.whole(name) != nil {
			offers = append(offers, Offer{Kind: OfferWord, Word: prefix + name, Text: text})
		}
	}
	return offers
}

// services returns the services of the option's protocol that are in the table; to add one, addresses of this machine.
func (c *completer) services() (offers []Offer) {
	protocol := c.pendingProtocol()
	if c.verb == addService {
		if host, ok := c.host(); ok {
			return c.ports(host, protocol)
		}
		return c.localAddrs()
	}
	for _, s := range c.machine.Services(c.state.cmd.NetNS) {
		if s.Key.Protocol == protocol.Protocol { // a mark has none
			offers = append(offers, Offer{Kind: OfferWord, Word: s.Key.Addr.String(), Text: s.Scheduler})
		}
	}
	return offers
}

// pendingProtocol returns the protocol of the service option whose value is being written.
func (c *completer) pendingProtocol() words.Protocol {
	for _, row := range words.Protocols {
		if slices.Contains(c.pending.names(), row.Option) {
			return row
		}
	}
	return words.Protocol{}
}

// marks returns the marks in the table. One of IPv6 has to be followed by -6, and is not offered.
func (c *completer) marks() (offers []Offer) {
	if c.verb == addService {
		return nil
	}
	for _, s := range c.machine.Services(c.state.cmd.NetNS) {
		if s.Key.Mark != 0 && !s.Key.IPv6 {
			offers = append(offers, Offer{Kind: OfferWord, Word: strconv.FormatUint(uint64(s.Key.Mark), 10), Text: s.Scheduler})
		}
	}
	return offers
}

// host returns the value up to the colon before a port, if it has got so far.
func (c *completer) host() (host string, ok bool) {
	i := strings.LastIndexByte(c.value, ':')
	if i < 0 || strings.HasPrefix(c.value, "[") && !strings.HasSuffix(c.value[:i], "]") {
		return "", false
	}
	host = c.value[:i+1]
	return host, strings.HasPrefix(host, "[") || strings.Count(host, ":") == 1
}

// ports returns the names of ports after a host.
func (c *completer) ports(host string, protocol words.Protocol) (offers []Offer) {
	for _, port := range c.machine.Ports(protocol.Services) {
		offers = append(offers, Offer{Kind: OfferWord, Word: host + port.Name,
			Text: strconv.Itoa(int(port.Number)) + "/" + protocol.Services})
	}
	return offers
}

// localAddrs returns addresses of this machine that clients can reach.
func (c *completer) localAddrs() (offers []Offer) {
	for _, a := range c.machine.LocalAddrs(c.state.cmd.NetNS) {
		if a.Addr.IsLoopback() || a.Addr.IsLinkLocalUnicast() {
			continue
		}
		word := strings.TrimSuffix(netip.AddrPortFrom(a.Addr, 0).String(), "0")
		offers = append(offers, Offer{Kind: OfferOpen, Word: word, Text: a.Interface, rest: number})
	}
	return offers
}

// servers returns the real servers of the service, or of all without one; to add one, those that other services have.
func (c *completer) servers() (offers []Offer) {
	if host, ok := c.host(); ok && c.verb == addServer {
		return c.ports(host, words.ProtocolOf(c.state.protocol))
	}
	key, named := c.state.service.Key, c.state.given.has(optService)
	offered := map[netip.AddrPort]bool{}
	if c.verb == addServer {
		for _, d := range c.machine.Destinations(c.state.cmd.NetNS, key) {
			offered[d.Addr] = true
		}
	}
	for _, s := range c.machine.Services(c.state.cmd.NetNS) {
		if named && (s.Key == key) == (c.verb == addServer) {
			continue
		}
		for _, d := range c.machine.Destinations(c.state.cmd.NetNS, s.Key) {
			if !offered[d.Addr] && c.reaches(d.Addr.Addr()) {
				offered[d.Addr] = true
				offers = append(offers, Offer{Kind: OfferWord, Word: d.Addr.String(), Text: describeServer(&d)})
			}
		}
	}
	return offers
}

// reaches reports whether a real server of an address goes with the service that has been named.
func (c *completer) reaches(a netip.Addr) bool {
	return c.verb != addServer || !c.state.given.has(optService) || c.state.server.Forwarding == ipvsnl.Tunnel ||
		ipvsnl.FamilyOf(a) == c.state.service.Key.Family()
}

func describeServer(d *ipvsnl.Destination) string {
	return words.ForwardingOf(d.Forwarding).Name + ", weight " + strconv.FormatUint(uint64(d.Weight), 10)
}

// vips returns the addresses of services.
func (c *completer) vips() (offers []Offer) {
	var all []string
	for _, s := range c.machine.Services(c.state.cmd.NetNS) {
		if a := s.Key.Addr.Addr().String(); s.Key.Mark == 0 && !slices.Contains(all, a) {
			all = append(all, a)
		}
	}
	return offerAll(all...)
}

// schedulers returns those of the kernel or, where they are not known, all that there are.
func (c *completer) schedulers() []Offer {
	names := c.machine.Schedulers()
	if len(names) == 0 {
		names = strings.Fields(words.Schedulers)
	}
	return offerAll(names...)
}

func (c *completer) engines() []Offer { return offerAll(words.Engine) }

// masks returns netmasks of whole digits, or prefix lengths.
func (c *completer) masks() (offers []Offer) {
	if c.state.service.Key.Family() == ipvsnl.IPv6 {
		return offerAll("128", "112", "96", "80", "64", "48", "32")
	}
	for _, length := range [...]int{32, 28, 24, 20, 16, 12, 8} {
		mask := ^uint32(0) << (32 - length)
		a := netip.AddrFrom4([4]byte{byte(mask >> 24), byte(mask >> 16), byte(mask >> 8), byte(mask)})
		offers = append(offers, Offer{Kind: OfferWord, Word: a.String(), Text: "/" + strconv.Itoa(length)})
	}
	return offers
}

// flagNames returns lists of scheduler flags: the list so far and one more.
func (c *completer) flagNames() (offers []Offer) {
	list := c.value[:strings.LastIndexByte(c.value, ',')+1]
	given := strings.Split(list, ",")
	for _, flag := range words.SchedulerFlags {
		if !slices.Contains(given, flag.Name) {
			offers = append(offers, offerAll(list+flag.Name)...)
		}
	}
	return offers
}

func (c *completer) tunnelTypes() (offers []Offer) {
	for _, row := range words.TunnelTypes {
		offers = append(offers, offerAll(row.Name)...)
	}
	return offers
}

func (c *completer) columns() (offers []Offer) {
	for _, column := range columns.All {
		offers = append(offers, offerAll(column.Name)...)
	}
	return offers
}

func (c *completer) colors() []Offer { return offerAll("always", "auto", "never") }

func (c *completer) daemonStates() []Offer { return offerAll("master", "backup") }

func (c *completer) interfaces() []Offer {
	return offerAll(c.machine.Interfaces(c.state.cmd.NetNS)...)
}

// namespaces returns the namespaces that have a name, or the paths that begin as the value does.
func (c *completer) namespaces() (offers []Offer) {
	if !strings.Contains(c.value, "/") {
		return offerAll(c.machine.Namespaces()...)
	}
	for _, path := range c.machine.Files(c.value) {
		o := Offer{Kind: OfferWord, Word: path}
		if strings.HasSuffix(path, "/") {
			o.Kind = OfferOpen
		}
		offers = append(offers, o)
	}
	return offers
}
