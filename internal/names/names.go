// Package names finds names for addresses and ports, and the other way around,
// where the system keeps them: /etc/hosts, name servers and /etc/services.
package names

import (
	"context"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"

	"github.com/ipvsadm-go/ipvsadm/internal/vocab"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// servicesFile is where the system keeps the names of ports.
const servicesFile = "/etc/services"

// maxLookups is how many look-ups run at a time.
const maxLookups = 64

// A Resolver looks names and addresses up, each once. It reads nothing before it is
// asked. It is safe for concurrent use.
type Resolver struct {
	ctx      context.Context
	services func() *services
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
		services: sync.OnceValue(readServices),
		slots:    make(chan struct{}, maxLookups),
		hosts:    make(map[netip.Addr]*host),
		addrs:    make(map[string]netip.Addr),
	}
}

// readServices reads the names of ports. A system without the file has none.
func readServices() *services {
	text, err := os.ReadFile(servicesFile)
	if err != nil {
		return parseServices("")
	}
	return parseServices(string(text))
}

// Addr returns an IPv4 address of a host.
func (r *Resolver) Addr(host string) (netip.Addr, bool) {
	// A word that can only be an address has been tried as one.
	if host == "" || strings.Trim(host, ".0123456789") == "" {
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
	for _, network := range []string{"ip4", "ip6"} {
		addrs, _ := net.DefaultResolver.LookupNetIP(r.ctx, network, host)
		for _, a := range addrs {
			if a, ok := asIPv4(a); ok {
				return a
			}
		}
	}
	return netip.Addr{}
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

// PortNumber returns the port that has a name, or has it as an alias.
func (r *Resolver) PortNumber(name string, protocol ipvsnl.Protocol) (uint16, bool) {
	port, ok := r.services().byName[vocab.ProtocolOf(protocol).Services][name]
	return port, ok
}

// Host returns the name of a host, or "".
func (r *Resolver) Host(a netip.Addr) string {
	h := r.host(a)
	<-h.done
	return h.name
}

// Prefetch has the name of a host looked up before it is asked for.
func (r *Resolver) Prefetch(a netip.Addr) { r.host(a) }

// host returns what is known of an address, and starts to look it up if it is new.
func (r *Resolver) host(a netip.Addr) *host {
	r.mu.Lock()
	defer r.mu.Unlock()
	h := r.hosts[a]
	if h == nil {
		h = &host{done: make(chan struct{})}
		r.hosts[a] = h
		go r.lookUp(a, h)
	}
	return h
}

func (r *Resolver) lookUp(a netip.Addr, h *host) {
	r.slots <- struct{}{}
	defer func() {
		<-r.slots
		close(h.done)
	}()
	names, err := net.DefaultResolver.LookupAddr(r.ctx, a.String())
	if err == nil && len(names) > 0 {
		h.name = strings.TrimSuffix(names[0], ".")
	}
}

// Port returns the name of a port, or "".
func (r *Resolver) Port(port uint16, protocol ipvsnl.Protocol) string {
	return r.services().byPort[serviceKey{port, vocab.ProtocolOf(protocol).Services}]
}
