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

// A Resolver looks names up, each address once. It reads nothing before it is
// asked.
type Resolver struct {
	ctx      context.Context
	services func() *services
	hosts    map[netip.Addr]string
}

// New returns a Resolver whose look-ups end with ctx.
func New(ctx context.Context) *Resolver {
	return &Resolver{
		ctx:      ctx,
		services: sync.OnceValue(readServices),
		hosts:    make(map[netip.Addr]string),
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
	addrs, err := net.DefaultResolver.LookupNetIP(r.ctx, "ip4", host)
	if err != nil || len(addrs) == 0 {
		return netip.Addr{}, false
	}
	return addrs[0].Unmap(), true
}

// PortNumber returns the port that has a name, or has it as an alias.
func (r *Resolver) PortNumber(name string, protocol ipvsnl.Protocol) (uint16, bool) {
	port, ok := r.services().byName[vocab.ProtocolOf(protocol).Services][name]
	return port, ok
}

// Host returns the name of a host, or "".
func (r *Resolver) Host(a netip.Addr) string {
	name, ok := r.hosts[a]
	if !ok {
		name = r.lookUp(a)
		r.hosts[a] = name
	}
	return name
}

func (r *Resolver) lookUp(a netip.Addr) string {
	names, err := net.DefaultResolver.LookupAddr(r.ctx, a.String())
	if err != nil || len(names) == 0 {
		return ""
	}
	return strings.TrimSuffix(names[0], ".")
}

// Port returns the name of a port, or "".
func (r *Resolver) Port(port uint16, protocol ipvsnl.Protocol) string {
	return r.services().byPort[serviceKey{port, vocab.ProtocolOf(protocol).Services}]
}
