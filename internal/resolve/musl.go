// SPDX-License-Identifier: Apache-2.0

package resolve

import (
	"context"
	"errors"
	"io/fs"
	"net/netip"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"
	"golang.org/x/sync/errgroup"

	"github.com/ipvsadm-go/ipvsadm/internal/files"
	"github.com/ipvsadm-go/ipvsadm/internal/inet"
)

// muslRules is the only source of a system with the C library musl, which does not use nsswitch.conf. No file can
// name it, because it contains a blank.
const muslRules = "musl rules"

// muslFiles are files of which one exists on such a system.
const muslFiles = "/lib/ld-musl-*.so.1"

// readSwitch returns the configured sources or, if there are none, those of the C library.
func readSwitch(file, libraries string) nameSwitch {
	text, err := files.Read(file)
	if errors.Is(err, fs.ErrNotExist) {
		if found, _ := filepath.Glob(libraries); len(found) > 0 {
			return nameSwitch{hosts: []source{newSource(muslRules)}, services: []source{newSource("files")}}
		}
	}
	return parseSwitch(string(text))
}

// musl looks names up as musl does: in /etc/hosts, and then at all name servers at once.
type musl struct {
	hosts   *muslHosts
	conf    *resolvConf
	sockets sockets
}

func newMusl() *musl {
	return &musl{hosts: parseMuslHosts(read(hostsFile)), conf: parseMuslResolvConf(read(resolvFile))}
}

// muslHosts is the table of /etc/hosts as musl reads it: names are case-sensitive,
// and an address has the name of the first line that has one.
type muslHosts struct {
	byAddr map[netip.Addr]string
	byName map[string]netip.Addr
}

func parseMuslHosts(text string) *muslHosts {
	h := &muslHosts{byAddr: make(map[netip.Addr]string), byName: make(map[string]netip.Addr)}
	for line := range strings.Lines(text) {
		if blank := strings.IndexAny(line, blanks); blank == 0 {
			continue // musl reads the address from the first byte
		}
		words := fields(withoutComment(line))
		if len(words) < 2 {
			continue
		}
		a, ok := parseLiteral(words[0])
		if !ok {
			continue
		}
		if _, ok := h.byAddr[a.Unmap()]; !ok && a.Zone() == "" {
			h.byAddr[a.Unmap()] = words[1]
		}
		for _, name := range words[1:] {
			if _, ok := h.byName[name]; !ok && a.Is4() {
				h.byName[name] = a
			}
		}
	}
	return h
}

func parseLiteral(word string) (netip.Addr, bool) {
	if n, ok := inet.Aton(word); ok {
		return ipv4(n), true
	}
	a, err := netip.ParseAddr(word)
	return a, err == nil
}

// parseMuslResolvConf reads a text in the format of resolv.conf(5) as musl does, with fewer options
// and no environment.
func parseMuslResolvConf(text string) *resolvConf {
	c := parseResolvConf(text, environment{})
	m := &resolvConf{servers: c.servers, search: c.search, dots: c.dots, timeout: c.timeout, attempts: max(c.attempts, 1)}
	if m.timeout <= 0 {
		m.timeout = 5
	}
	return m
}

// addrOf returns the IPv4 address of a host.
func (m *musl) addrOf(ctx context.Context, host string) (netip.Addr, status) {
	if a, ok := m.hosts.byName[host]; ok {
		return a, success
	}
	whole := strings.HasSuffix(host, ".")
	name := strings.TrimSuffix(host, ".")
	if !isHostName(host) || name == "" {
		return netip.Addr{}, notFound
	}
	var asked []string
	if strings.Count(host, ".") < m.conf.dots && !whole {
		for _, domain := range m.conf.search {
			asked = append(asked, name+"."+domain)
		}
	}
	for _, name := range append(asked, name) {
		q, err := newQuestion(name, dnsmessage.TypeA, m.conf)
		if err != nil {
			continue
		}
		message, s := m.ask(ctx, q)
		if s == notFound {
			continue
		}
		if s == success {
			addrs, _ := addresses(message, q.Name)
			return firstOf(addrs)
		}
		return netip.Addr{}, s
	}
	return netip.Addr{}, notFound
}

// nameOf returns the name of an address.
func (m *musl) nameOf(ctx context.Context, a netip.Addr) (string, status) {
	if name, ok := m.hosts.byAddr[a.Unmap()]; ok {
		return name, success
	}
	q, err := newQuestion(reversed(a.Unmap()), dnsmessage.TypePTR, m.conf)
	if err != nil {
		return "", notFound
	}
	message, s := m.ask(ctx, q)
	if s != success {
		return "", s
	}
	return asShown(pointer(message, q.Name))
}

// ask asks all servers at once, as often as resolv.conf specifies, and returns the first usable answer.
func (m *musl) ask(ctx context.Context, q *question) ([]byte, status) {
	patience := time.Duration(m.conf.timeout) * time.Second / time.Duration(m.conf.attempts)
	for range m.conf.attempts {
		if message := m.askAll(ctx, q, patience); message != nil {
			if readHead(message).RCode == dnsmessage.RCodeNameError {
				return nil, notFound
			}
			return message, success
		}
	}
	return nil, tryAgain
}

// askAll returns the first answer that establishes whether the name exists. It returns nil
// if there is none in time.
func (m *musl) askAll(ctx context.Context, q *question, patience time.Duration) []byte {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	answers := make(chan []byte)
	var asking errgroup.Group
	for _, at := range m.conf.servers {
		asking.Go(func() error {
			e := &exchange{question: q, sockets: &m.sockets}
			message, err := e.ask(ctx, server{at, patience})
			if err != nil {
				return nil
			}
			switch readHead(message).RCode {
			case dnsmessage.RCodeSuccess, dnsmessage.RCodeNameError:
				select {
				case answers <- message:
				case <-ctx.Done():
				}
			}
			return nil
		})
	}
	go func() { asking.Wait(); close(answers) }()
	return <-answers
}
