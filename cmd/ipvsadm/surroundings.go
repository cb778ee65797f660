// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/binary"
	"io"
	"net/netip"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/check"
	"github.com/ipvsadm-go/ipvsadm/internal/files"
	"github.com/ipvsadm-go/ipvsadm/internal/firewall"
	"github.com/ipvsadm-go/ipvsadm/internal/netns"
	"github.com/ipvsadm-go/ipvsadm/internal/probe"
	"github.com/ipvsadm-go/ipvsadm/internal/rtnetlink"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/conns"
)

// hostOrder brings words of 32 bits, of the network's byte order, into that of the machine, or back.
func hostOrder(b []byte) {
	for ; len(b) >= 4; b = b[4:] {
		binary.NativeEndian.PutUint32(b, binary.BigEndian.Uint32(b))
	}
}

// linuxSurroundings are those of a network namespace.
type linuxSurroundings struct {
	ns          *netns.Namespace
	connections func(ns *netns.Namespace, file string) (io.ReadCloser, error)
}

func (l linuxSurroundings) Sysctl(name string) (string, error) {
	return procDir{"/proc/sys", l.ns}.Read(name)
}

func (l linuxSurroundings) Proc(name string) ([]byte, error) {
	f, err := l.ns.OpenProc(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

func (l linuxSurroundings) Connections() (io.ReadCloser, error) {
	return l.connections(l.ns, conns.Path)
}

func (l linuxSurroundings) Links() (all []check.Link) {
	_ = l.ns.Run(func() error {
		all = checkedLinks(rtnetlink.All(unix.RTM_GETLINK, unix.AF_UNSPEC, unix.SizeofIfInfomsg),
			rtnetlink.All(unix.RTM_GETADDR, unix.AF_UNSPEC, unix.SizeofIfAddrmsg))
		return nil
	})
	return all
}

func (l linuxSurroundings) Routes(addrs []netip.Addr) (routes []rtnetlink.Route, err error) {
	err = l.ns.Run(func() (err error) {
		routes, err = rtnetlink.Lookup(addrs)
		return err
	})
	return routes, err
}

func (l linuxSurroundings) Neighbours() (all []rtnetlink.Neighbour, err error) {
	err = l.ns.Run(func() (err error) {
		all, err = rtnetlink.Neighbours()
		return err
	})
	return all, err
}

func (l linuxSurroundings) Firewall() (all check.Rulesets, missing map[string]error) {
	place := firewall.Place{Read: files.Read, Release: runningKernel().Release}
	_ = l.ns.Run(func() error {
		all, missing = place.Rules()
		return nil
	})
	return all, missing
}

// How long answers are waited for.
const (
	awaitARP  = time.Second
	awaitSync = 3 * time.Second
)

func (l linuxSurroundings) Claims(questions []probe.Question) (answers []probe.Answer, err error) {
	if len(questions) == 0 {
		return nil, nil
	}
	var socket *probe.ARP
	err = l.ns.Run(func() (err error) {
		socket, err = probe.OpenARP()
		return err
	})
	if err != nil {
		return nil, err
	}
	defer socket.Close()
	return socket.Ask(questions, awaitARP)
}

func (l linuxSurroundings) Heard(groups []probe.Group) (heard []bool, err error) {
	sockets := make([]*probe.Sync, 0, len(groups))
	err = l.ns.Run(func() error {
		for _, g := range groups {
			s, err := probe.OpenSync(g)
			if err != nil {
				return err
			}
			sockets = append(sockets, s)
		}
		return nil
	})
	heard = make([]bool, len(sockets))
	var all sync.WaitGroup
	for i, s := range sockets {
		all.Add(1)
		go func() {
			defer all.Done()
			heard[i] = err == nil && s.Hears(awaitSync)
			_ = s.Close()
		}()
	}
	all.Wait()
	return heard, err
}

func (l linuxSurroundings) Schedulers() (names []string, err error) {
	all, err := kernelSchedulers()
	for i := range all {
		names = append(names, all[i].Name)
	}
	return names, err
}

func (l linuxSurroundings) Engines() ([]string, error) { return runningKernel().Engines() }

// checkedLinks returns interfaces with all that checks look at.
func checkedLinks(interfaces, addrs []rtnetlink.Entry) (all []check.Link) {
	for i := range interfaces {
		e := &interfaces[i]
		flags := binary.NativeEndian.Uint32(e.Header[8:])
		all = append(all, check.Link{
			Name: unix.ByteSliceToString(e.Attributes[unix.IFLA_IFNAME]), Index: indexOf(*e), MTU: int(e.Uint32(unix.IFLA_MTU)),
			Up: flags&unix.IFF_UP != 0, Running: flags&unix.IFF_RUNNING != 0, Loopback: flags&unix.IFF_LOOPBACK != 0,
			NoARP: flags&unix.IFF_NOARP != 0, MAC: e.Attributes[unix.IFLA_ADDRESS], Multicast: flags&unix.IFF_MULTICAST != 0,
		})
	}
	for i := range addrs {
		e := &addrs[i]
		a, ok := e.Addr()
		at := slices.IndexFunc(all, func(l check.Link) bool { return l.Index == indexOf(*e) })
		if ok && at >= 0 {
			all[at].Prefixes = append(all[at].Prefixes, netip.PrefixFrom(a, int(e.Header[1])))
		}
	}
	return all
}
