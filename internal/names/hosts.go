// SPDX-License-Identifier: Apache-2.0

package names

import (
	"net/netip"
	"os"
	"strings"
)

// hosts is the table of /etc/hosts.
type hosts struct {
	byAddr map[netip.Addr]string
	byName map[string]netip.Addr // the IPv4 address, by name or alias in lower case
	err    error                 // why nothing can be known
}

// readHosts reads the table in a file.
func readHosts(file string) *hosts {
	text, err := os.ReadFile(file)
	h := parseHosts(string(text))
	h.err = err
	return h
}

// parseHosts reads a table in the format of /etc/hosts. Of lines that say different
// things of one address or name the first counts; lines that say nothing are passed
// over. As in the C library, any word is a name.
func parseHosts(text string) *hosts {
	h := &hosts{byAddr: make(map[netip.Addr]string), byName: make(map[string]netip.Addr)}
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		a, err := netip.ParseAddr(fields[0])
		if err != nil || a.Zone() != "" {
			continue
		}
		h.name(a, fields[1])
		if a, ok := asIPv4(a); ok {
			h.name(a, fields[1])
			for _, name := range fields[1:] {
				h.address(strings.ToLower(name), a)
			}
		}
	}
	return h
}

func (h *hosts) name(a netip.Addr, name string) {
	if _, ok := h.byAddr[a]; !ok {
		h.byAddr[a] = name
	}
}

func (h *hosts) address(name string, a netip.Addr) {
	if _, ok := h.byName[name]; !ok {
		h.byName[name] = a
	}
}

// asIPv4 returns the IPv4 address that an address stands for: an IPv4-mapped one holds
// it, and the C library takes a host that is the IPv6 loopback for the IPv4 one.
func asIPv4(a netip.Addr) (netip.Addr, bool) {
	if a == netip.IPv6Loopback() {
		return netip.AddrFrom4([4]byte{127, 0, 0, 1}), true
	}
	a = a.Unmap()
	return a, a.Is4()
}
