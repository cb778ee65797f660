// SPDX-License-Identifier: Apache-2.0

// Package names finds names for addresses and ports, and the other way around,
// where the system keeps them: /etc/hosts, name servers and /etc/services.
package names

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"

	"github.com/ipvsadm-go/ipvsadm/internal/vocab"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// Where the system keeps the names of hosts and ports. Name servers know of other
// hosts.
const (
	hostsFile    = "/etc/hosts"
	servicesFile = "/etc/services"
)

// How many look-ups run at a time, and how many hosts are kept. A connection table may
// have any number of them.
const (
	maxLookups = 64
	maxHosts   = 1 << 16
)

// A Resolver looks names and addresses up, each once. It reads nothing before it is
// asked. It is safe for concurrent use.
type Resolver struct {
	// Waiting is called, if it is not nil, when a caller is to wait for a name.
	Waiting func()

	ctx      context.Context
	steps    func() []step
	known    func() *hosts
	services func() *services
	dns      *net.Resolver
	slots    chan struct{} // as many as look-ups may run

	mu    sync.Mutex
	hosts map[netip.Addr]*host
	addrs map[string]netip.Addr // the zero Addr for a host that has none
}

// A host is an address that is being looked up or has been.
type host struct {
	name string
	done chan struct{} // closed when the name is known
}

// New returns a Resolver whose look-ups end with ctx.
func New(ctx context.Context) *Resolver {
	return &Resolver{
		ctx:      ctx,
		steps:    sync.OnceValue(func() []step { return parseSteps(read(switchFile)) }),
		known:    sync.OnceValue(func() *hosts { return readHosts(hostsFile) }),
		services: sync.OnceValue(func() *services { return parseServices(read(servicesFile)) }),
		dns:      new(sockets).resolver(),
		slots:    make(chan struct{}, maxLookups),
		hosts:    make(map[netip.Addr]*host),
		addrs:    make(map[string]netip.Addr),
	}
}

// read returns what a file says. A system without the file has no such names.
func read(file string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	return string(text)
}

// Addr returns an IPv4 address of a host.
func (r *Resolver) Addr(host string) (netip.Addr, bool) {
	// A word that can only be an address is no name.
	if _, err := netip.ParseAddr(host); err == nil || strings.Trim(host, ".0123456789") == "" {
		return netip.Addr{}, false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	a, ok := r.addrs[host]
	if !ok {
		a = r.lookUpAddr(host)
		r.addrs[host] = a
	}
	return a, a.IsValid()
}

func (r *Resolver) lookUpAddr(host string) netip.Addr {
	return lookUp(r, func(s source) (netip.Addr, error) {
		if s == inFiles {
			h := r.known()
			return h.byName[strings.ToLower(host)], h.err
		}
		addrs, err := r.dns.LookupNetIP(r.ctx, "ip4", host)
		for _, a := range addrs {
			if a = a.Unmap(); a.Is4() {
				return a, nil
			}
		}
		return netip.Addr{}, err
	})
}

// lookUp asks the system's sources in their order, until one has an answer that is not zero.
func lookUp[T comparable](r *Resolver, ask func(source) (T, error)) T {
	var none T
	for _, s := range r.steps() {
		if s.source == elsewhere {
			continue
		}
		answer, err := ask(s.source)
		if answer != none {
			return answer
		}
		var e *net.DNSError
		if s.last(err != nil && !(errors.As(err, &e) && e.IsNotFound)) {
			break
		}
	}
	return none
}

// PortNumber returns the port that has a name, or has it as an alias.
func (r *Resolver) PortNumber(name string, protocol ipvsnl.Protocol) (uint16, bool) {
	port, ok := r.services().byName[vocab.ProtocolOf(protocol).Services][name]
	return port, ok
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

// Prefetch has the name of a host looked up before it is asked for. It waits while as
// many names as may be are being looked up.
func (r *Resolver) Prefetch(a netip.Addr) { r.prefetch(a) }

func (r *Resolver) prefetch(a netip.Addr) *host {
	h, known := r.host(a)
	if !known {
		r.slots <- struct{}{}
		go r.lookUpName(a, h)
	}
	return h
}

// host returns what is known of an address. Who finds it not to be known has to
// look its name up.
func (r *Resolver) host(a netip.Addr) (h *host, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if h := r.hosts[a]; h != nil {
		return h, true
	}
	if len(r.hosts) == maxHosts {
		clear(r.hosts)
	}
	h = &host{done: make(chan struct{})}
	r.hosts[a] = h
	return h, false
}

// lookUpName looks up the name of a host, in a slot that the caller has taken.
func (r *Resolver) lookUpName(a netip.Addr, h *host) {
	defer func() {
		<-r.slots
		close(h.done)
	}()
	h.name = lookUp(r, func(s source) (string, error) {
		if s == inFiles {
			known := r.known()
			return known.byAddr[a], known.err
		}
		// There is an error even if only some of the names are no good.
		names, err := r.dns.LookupAddr(r.ctx, queried(a).String())
		if len(names) > 0 {
			return strings.TrimSuffix(names[0], "."), nil
		}
		return "", err
	})
}

// queried returns the address that name servers are asked for. As in the C library, an IPv6 address that
// holds an IPv4 one stands for that.
func queried(a netip.Addr) netip.Addr {
	b := a.As16()
	if a.Is6() && a != netip.IPv6Loopback() && [12]byte(b[:12]) == [12]byte{} {
		return netip.AddrFrom4([4]byte(b[12:]))
	}
	return a.Unmap()
}

// Port returns the name of a port, or "".
func (r *Resolver) Port(port uint16, protocol ipvsnl.Protocol) string {
	return r.services().byPort[serviceKey{port, vocab.ProtocolOf(protocol).Services}]
}
