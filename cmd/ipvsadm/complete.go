// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/files"
	"github.com/ipvsadm-go/ipvsadm/internal/netns"
	"github.com/ipvsadm-go/ipvsadm/pkg/flags"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// maxCompletion is how long somebody who has pressed the Tab key may wait for the kernel.
const maxCompletion = time.Second

// complete runs --complete: it prints what the line can go on with.
func (r *runner) complete(ctx context.Context, line []string) int {
	ctx, cancel := context.WithTimeout(ctx, maxCompletion)
	defer cancel()
	m := &machine{ctx: ctx, sys: r.sys, names: r.names}
	defer m.close()
	var text []byte
	for _, o := range flags.Complete(line, m) {
		text = appendOffer(text, &o)
	}
	return r.con.print(text)
}

// appendOffer appends the line of an offer: fields that tabs separate. A word that would break it, such as the name of
// a file, is left out.
func appendOffer(b []byte, o *flags.Offer) []byte {
	if strings.ContainsFunc(o.Word, func(r rune) bool { return r < ' ' }) {
		return b
	}
	b = append(b, o.Kind...)
	for _, field := range []string{o.Word, o.Text} {
		if field != "" {
			b = append(append(b, '\t'), field...)
		}
	}
	return append(b, '\n')
}

// A machine is where the values of options come from. It reads only, loads no module, and leaves out whatever it
// cannot have.
type machine struct {
	ctx   context.Context
	sys   *system
	names names

	// The network namespace that the line is about, with IPVS, once they have been tried.
	entered bool
	netns   *netns.Namespace
	absent  error // why there is no such namespace
	tried   bool
	client  *ipvsnl.Client // nil without IPVS
}

// enter enters the namespace, which is always the same.
func (m *machine) enter(word string) (ok bool) {
	if !m.entered {
		m.entered = true
		m.netns, m.absent = m.sys.enter(word)
	}
	return m.absent == nil
}

// open opens IPVS in the namespace. Only the module creates sysctls: without them, to ask for IPVS might load it.
func (m *machine) open(word string) *ipvsnl.Client {
	if m.tried || !m.enter(word) {
		return m.client
	}
	m.tried = true
	if _, err := m.sys.sysctls(m.netns).Names(); err == nil {
		m.client, _ = m.sys.open(m.ctx, m.netns) // nil with an error
	}
	return m.client
}

func (m *machine) close() {
	if m.client != nil {
		_ = m.client.Close()
	}
	_ = m.netns.Close()
}

func (m *machine) Services(word string) (all []ipvsnl.Service) {
	c := m.open(word)
	if c == nil {
		return nil
	}
	for s, err := range c.EachService(m.ctx) {
		if err != nil {
			break
		}
		all = append(all, s.Service)
	}
	return all
}

func (m *machine) Destinations(word string, of ipvsnl.ServiceKey) (all []ipvsnl.Destination) {
	c := m.open(word)
	if c == nil {
		return nil
	}
	for d, err := range c.EachDestination(m.ctx, of) {
		if err != nil {
			break
		}
		all = append(all, d.Destination)
	}
	return all
}

func (m *machine) LocalAddrs(word string) (all []flags.LocalAddr) {
	if !m.enter(word) {
		return nil
	}
	for _, l := range m.sys.links(m.netns) {
		for _, a := range l.addrs {
			all = append(all, flags.LocalAddr{Addr: a, Interface: l.name})
		}
	}
	return all
}

func (m *machine) Interfaces(word string) []string {
	if !m.enter(word) {
		return nil
	}
	return linkNames(m.sys.links(m.netns))
}

func (m *machine) Sysctls(word string) []string {
	if !m.enter(word) {
		return nil
	}
	names, _ := m.sys.sysctls(m.netns).Names() // none with an error
	return names
}

// Schedulers returns those of the kernel if all are known.
func (m *machine) Schedulers() (names []string) {
	all, err := m.sys.schedulers()
	if err != nil {
		return nil
	}
	for _, s := range all {
		names = append(names, s.Name)
	}
	return names
}

func (m *machine) Namespaces() []string { return m.sys.namespaces() }

func (m *machine) Ports(protocol string) (all []flags.Port) {
	for number, name := range m.names.EachPort(protocol) {
		all = append(all, flags.Port{Name: name, Number: number})
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].Name < all[j].Name })
	return all
}

// Files returns paths, of hidden files only if the prefix is that of one.
func (m *machine) Files(prefix string) (paths []string) {
	dir, base := filepath.Split(prefix)
	names, _ := files.Names(dir)
	for _, name := range names {
		if !strings.HasPrefix(name, base) || name[0] == '.' && base == "" {
			continue
		}
		path := dir + name
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			path += "/"
		}
		paths = append(paths, path)
	}
	return paths
}
