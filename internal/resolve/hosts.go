// SPDX-License-Identifier: Apache-2.0

package resolve

import (
	"context"
	"net/netip"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/files"
)

// hosts is the table of /etc/hosts.
type hosts struct {
	byAddr map[netip.Addr]string
	byName map[string]netip.Addr // the IPv4 address, by name or alias in lower case
	err    error                 // why the table cannot be read
}

// readHosts reads the table in a file.
func readHosts(file string) *hosts {
	text, err := files.Read(file)
	h := parseHosts(string(text))
	h.err = err
	return h
}

// parseHosts reads a table in the format of hosts(5). The first of several lines that name an address, or
// give a name an address, counts; lines with a malformed address are ignored. As in glibc, any word is a name,
// and an address without one has the name "".
func parseHosts(text string) *hosts {
	h := &hosts{byAddr: make(map[netip.Addr]string), byName: make(map[string]netip.Addr)}
	for line := range strings.Lines(text) {
		words := fields(withoutComment(line))
		if len(words) == 0 {
			continue
		}
		a, err := netip.ParseAddr(words[0])
		if err != nil || a.Zone() != "" {
			continue
		}
		name := ""
		if len(words) > 1 {
			name = words[1]
		}
		h.name(a, name)
		if a, ok := asIPv4(a); ok {
			h.name(a, name)
			for _, name := range words[1:] {
				h.address(lower(name), a)
			}
		}
	}
	return h
}

// addrOf returns the IPv4 address of a host.
func (h *hosts) addrOf(_ context.Context, host string) (netip.Addr, status) {
	a, ok := h.byName[lower(host)]
	return a, h.status(ok)
}

// nameOf returns the name of an address.
func (h *hosts) nameOf(_ context.Context, a netip.Addr) (string, status) {
	name, ok := h.byAddr[a]
	return name, h.status(ok)
}

func (h *hosts) status(found bool) status {
	switch {
	case h.err != nil:
		return unavail
	case found:
		return success
	}
	return notFound
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

// asIPv4 returns the IPv4 address that an address stands for: an IPv4-mapped one contains
// it, and the C library treats the IPv6 loopback address of a host as the IPv4 one.
func asIPv4(a netip.Addr) (netip.Addr, bool) {
	if a == netip.IPv6Loopback() {
		return netip.AddrFrom4([4]byte{127, 0, 0, 1}), true
	}
	a = a.Unmap()
	return a, a.Is4()
}
