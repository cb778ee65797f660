// SPDX-License-Identifier: Apache-2.0

// Package resolve looks up names of addresses and ports, and vice versa,
// in /etc/hosts, name servers and /etc/services.
package resolve

import (
	"context"
	"net/netip"
	"strings"
	"sync"

	"github.com/ipvsadm-go/ipvsadm/internal/files"
)

// Files with the names of hosts and ports. Name servers know other
// hosts.
const (
	hostsFile    = "/etc/hosts"
	servicesFile = "/etc/services"
)

// The maximum numbers of concurrent look-ups and of cached hosts. A connection table may
// contain any number of hosts.
const (
	maxLookups = 64
	maxHosts   = 1 << 16
)

// A Resolver looks up names and addresses, each once. It reads nothing before the first
// look-up. It is safe for concurrent use.
type Resolver struct {
	// Waiting is called, if it is not nil, when a caller has to wait for a name.
	Waiting func()

	ctx   context.Context
	order func() nameSwitch
	hosts func(source string) hostSource // nil for a source that this program does not have
	ports func() *services
	slots chan struct{} // limits concurrent look-ups

	mu    sync.Mutex
	names map[netip.Addr]*host
	addrs map[string]netip.Addr // the zero Addr for a host without an address
}

// A hostSource provides names of hosts and their IPv4 addresses.
type hostSource interface {
	addrOf(ctx context.Context, host string) (netip.Addr, status)
	nameOf(ctx context.Context, a netip.Addr) (string, status)
}

// A host is an address whose look-up has started.
type host struct {
	name string
	done chan struct{} // closed when the name is known
}

// New returns a Resolver whose look-ups end when ctx is done.
func New(ctx context.Context) *Resolver {
	return &Resolver{
		ctx:   ctx,
		order: sync.OnceValue(func() nameSwitch { return readSwitch(switchFile, muslFiles) }),
		hosts: newHostSources(),
		ports: sync.OnceValue(func() *services { return readServices(servicesFile) }),
		slots: make(chan struct{}, maxLookups),
		names: make(map[netip.Addr]*host),
		addrs: make(map[string]netip.Addr),
	}
}

// newHostSources returns a function that finds the sources of host names. Each is read when it is first used.
func newHostSources() func(name string) hostSource {
	files := sync.OnceValue(func() *hosts { return readHosts(hostsFile) })
	dns := newNameServers()
	local := sync.OnceValue(newMyhostname)
	rules := sync.OnceValue(newMusl)
	return func(name string) hostSource {
		switch name {
		case "files":
			return files()
		case "dns":
			return dns()
		case "resolve":
			return &resolved{resolvedSocket}
		case "myhostname":
			return local()
		case muslRules:
			return rules()
		}
		return nil
	}
}

// read returns the contents of a file. A missing file means that there are no such names.
func read(file string) string {
	text, err := files.Read(file)
	if err != nil {
		return ""
	}
	return string(text)
}

// Addr returns an IPv4 address of a host.
func (r *Resolver) Addr(host string) (netip.Addr, bool) {
	if isAddress(host) {
		return netip.Addr{}, false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	a, ok := r.addrs[host]
	if !ok {
		a, _ = lookUp(r.order().hosts, func(name string) (netip.Addr, status) {
			if s := r.hosts(name); s != nil {
				return s.addrOf(r.ctx, host)
			}
			return netip.Addr{}, missing
		})
		r.addrs[host] = a
	}
	return a, a.IsValid()
}

// isAddress reports whether a word can only be an address, and so is never looked up.
func isAddress(word string) bool {
	switch {
	case word == "":
		return true
	case strings.Contains(word, ":"):
		return word[0] == ':' || isHexDigit(word[0])
	}
	return isDigit(word[0]) && strings.Trim(word, ".0123456789") == "" && word[len(word)-1] != '.'
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isHexDigit(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }

// PortNumber returns the port with a name or alias. The protocol is written as in
// /etc/services, as it is for [Resolver.Port].
func (r *Resolver) PortNumber(name, protocol string) (uint16, bool) {
	return lookUp(r.order().services, func(source string) (uint16, status) {
		if source != "files" {
			return 0, missing
		}
		return r.ports().portOf(name, protocol)
	})
}

// Port returns the name of a port, or "".
func (r *Resolver) Port(port uint16, protocol string) string {
	name, _ := lookUp(r.order().services, func(source string) (string, status) {
		if source != "files" {
			return "", missing
		}
		return r.ports().nameOf(port, protocol)
	})
	return name
}

// Host returns the name of a host, or "".
func (r *Resolver) Host(a netip.Addr) string {
	h := r.prefetch(a)
	select {
	case <-h.done:
	default:
		if r.Waiting != nil {
			r.Waiting()
		}
		<-h.done
	}
	return h.name
}

// Prefetch starts looking up the name of a host. It waits while the maximum
// number of look-ups is running.
func (r *Resolver) Prefetch(a netip.Addr) { r.prefetch(a) }

func (r *Resolver) prefetch(a netip.Addr) *host {
	h, known := r.host(a)
	if !known {
		r.slots <- struct{}{}
		go r.lookUpName(a, h)
	}
	return h
}

// host returns the entry of an address. A caller for which it is new must
// look up its name.
func (r *Resolver) host(a netip.Addr) (h *host, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if h := r.names[a]; h != nil {
		return h, true
	}
	if len(r.names) == maxHosts {
		clear(r.names)
	}
	h = &host{done: make(chan struct{})}
	r.names[a] = h
	return h, false
}

// lookUpName looks up the name of a host, in a slot that the caller has taken.
func (r *Resolver) lookUpName(a netip.Addr, h *host) {
	defer func() {
		<-r.slots
		close(h.done)
	}()
	h.name, _ = lookUp(r.order().hosts, func(name string) (string, status) {
		if s := r.hosts(name); s != nil {
			return s.nameOf(r.ctx, a)
		}
		return "", missing
	})
}
