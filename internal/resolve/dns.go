// SPDX-License-Identifier: Apache-2.0

package resolve

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/ipvsadm-go/ipvsadm/internal/inet"
)

// A nameServers asks the name servers of the system as glibc does.
type nameServers struct {
	env     environment
	conf    *resolvConf
	turn    atomic.Uint32 // counts questions if servers are rotated; initially random
	sockets sockets
}

// newNameServers returns a function that reads the system's name server configuration, once.
func newNameServers() func() *nameServers {
	return sync.OnceValue(func() *nameServers {
		env := readEnvironment()
		n := &nameServers{env: env, conf: parseResolvConf(read(resolvFile), env)}
		n.turn.Store(rand.Uint32())
		return n
	})
}

// A fault is the reason why a question has no answer.
type fault struct {
	text   string
	status status
	next   bool // another domain of the search list may have one
}

func (f *fault) Error() string { return f.text }

var (
	errNoHost   = &fault{"no such host", notFound, true}
	errNoData   = &fault{"the host has no such record", notFound, true}
	errFailed   = &fault{"the name server failed", notFound, true}
	errUnusable = &fault{"the answer is unusable", notFound, false}
	errAll      = &fault{"all name servers failed", unavail, true}
	errTimeout  = &fault{"no name server answered", unavail, false}
	errRefused  = &fault{"no name server can be reached", unavail, false}
)

// statusOf returns the status that an error stands for.
func statusOf(err error) status {
	var f *fault
	if errors.As(err, &f) {
		return f.status
	}
	return notFound
}

// addrOf asks for the IPv4 address of a host.
func (n *nameServers) addrOf(ctx context.Context, host string) (netip.Addr, status) {
	if !isHostName(host) {
		return netip.Addr{}, notFound
	}
	if alias := n.env.hostAlias(host); alias != "" {
		host = alias
	}
	name, message, err := n.search(ctx, host)
	if err != nil {
		return netip.Addr{}, statusOf(err)
	}
	addrs, alias := addresses(message, name)
	switch {
	case len(addrs) > 0:
		return n.conf.first(addrs), success
	case alias:
		return netip.Addr{}, notFound
	}
	return netip.Addr{}, tryAgain
}

// nameOf asks for the name of an address. As in glibc, servers that cannot be reached count as servers that do
// not know it.
func (n *nameServers) nameOf(ctx context.Context, a netip.Addr) (string, status) {
	name, message, err := n.ask(ctx, reversed(queried(a)), dnsmessage.TypePTR)
	if err != nil {
		return "", notFound
	}
	return asShown(pointer(message, name))
}

// asShown returns a name from a server, or "" for a name that no host can have or that looks like an
// address: saved rules would then refer to that address.
func asShown(host string) (string, status) {
	if _, isAddress := inet.Aton(host); isAddress || !isHostName(host) {
		return "", tryAgain
	}
	return host, success
}

// queried returns the address to look up. As in glibc, an IPv6 address that
// contains an IPv4 address stands for it.
func queried(a netip.Addr) netip.Addr {
	b := a.As16()
	if a.Is6() && a != netip.IPv6Loopback() && [12]byte(b[:12]) == [12]byte{} {
		return netip.AddrFrom4([4]byte(b[12:]))
	}
	return a.Unmap()
}

// search asks for the IPv4 addresses of a name, unchanged and in the domains of the search list. It returns
// the name that has them, with the answer.
func (n *nameServers) search(ctx context.Context, host string) (name dnsmessage.Name, message []byte, err error) {
	if alias := n.env.hostAlias(host); alias != "" {
		return n.ask(ctx, alias, dnsmessage.TypeA)
	}
	dots := strings.Count(host, ".")
	whole := strings.HasSuffix(host, ".")
	asked := dots >= n.conf.dots || whole
	err = errNoHost
	if asked {
		if name, message, err = n.ask(ctx, host, dnsmessage.TypeA); err == nil || whole {
			return name, message, err
		}
	}
	for _, domain := range n.conf.search {
		domain = strings.TrimPrefix(domain, ".")
		asked = asked || domain == ""
		name, message, err = n.ask(ctx, host+"."+domain, dnsmessage.TypeA)
		if err == nil || errors.Is(err, errRefused) {
			return name, message, err
		}
		if f := (*fault)(nil); errors.As(err, &f) && !f.next {
			break
		}
	}
	if !asked && (dots > 0 || len(n.conf.search) == 0 || !n.conf.noTLDQuery) {
		return n.ask(ctx, host, dnsmessage.TypeA)
	}
	return name, message, err
}

// ask asks one question and returns an answer with records.
func (n *nameServers) ask(ctx context.Context, name string, kind dnsmessage.Type) (dnsmessage.Name, []byte, error) {
	q, err := newQuestion(name, kind, n.conf)
	if err != nil {
		return dnsmessage.Name{}, nil, errUnusable
	}
	message, err := n.exchange(ctx, q)
	if err != nil {
		return q.Name, nil, err
	}
	switch h := readHead(message); {
	case h.RCode == dnsmessage.RCodeNameError:
		return q.Name, nil, errNoHost
	case h.RCode == dnsmessage.RCodeServerFailure:
		return q.Name, nil, errFailed
	case h.RCode != dnsmessage.RCodeSuccess:
		return q.Name, nil, errUnusable
	case h.answers == 0:
		return q.Name, nil, errNoData
	}
	return q.Name, message, nil
}
