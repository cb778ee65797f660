// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"io"
	"io/fs"

	"github.com/ipvsadm-go/ipvsadm/internal/netns"
	"github.com/ipvsadm-go/ipvsadm/internal/visible"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// A watchPlace is where a watch reads: IPVS in a network namespace. A namespace that is deleted and made again under its name
// is another one.
type watchPlace struct {
	sys    *system
	con    *console
	word   string // the name of the namespace; empty for the caller's own, which stays
	netns  *netns.Namespace
	client *ipvsnl.Client // closed, as the namespace is, if there is none
	info   ipvsnl.Info
}

func (r *runner) watchPlace(word string) *watchPlace {
	return &watchPlace{sys: r.sys, con: newConsole(r.con.name, nil, io.Discard, io.Discard), word: word, netns: r.netns, client: r.client, info: r.info}
}

// A placeError is why there is nothing to be read at a place.
type placeError struct{ text string }

func (e *placeError) Error() string { return e.text }

// follow goes to the namespace that has the name now.
func (p *watchPlace) follow(ctx context.Context) error {
	ns, err := p.sys.enter(p.word)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		p.leave()
		return &placeError{"network namespace `" + visible.Text(p.word) + "' is gone"}
	case err != nil:
		p.leave()
		return &placeError{"cannot enter network namespace `" + visible.Text(p.word) + "': " + message(err)}
	case ns.Same(p.netns):
		_ = ns.Close()
		return nil
	}
	p.leave()
	client, info, err := p.sys.openIPVS(ctx, p.con, ns)
	if err != nil {
		_ = ns.Close()
		return &placeError{"Can't initialize ipvs: " + message(err)}
	}
	p.netns, p.client, p.info = ns, client, info
	return nil
}

// leave lets go of the namespace: otherwise the kernel would keep it for as long as the watch lasts.
func (p *watchPlace) leave() {
	_ = p.client.Close()
	_ = p.netns.Close()
}

// lister returns a lister of what is there.
func (p *watchPlace) lister(con *console, names names) *lister {
	return newLister(p.sys, con, p.netns, p.client, p.info, names)
}
