// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/binary"
	"errors"
	"io"
	"net/netip"
	"strings"
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

func (l linuxSurroundings) Proc(name string) (io.ReadCloser, error) {
	f, err := l.ns.OpenProc(name)
	if err != nil {
		return nil, err // rather than a nil file
	}
	return f, nil
}

func (l linuxSurroundings) Connections() (io.ReadCloser, error) {
	return l.connections(l.ns, conns.Path)
}

// errNoLinks is odd: each network namespace has a loopback interface.
var errNoLinks = errors.New("the kernel lists none")

func (l linuxSurroundings) Links() (all []check.Link, err error) {
	err = l.ns.Run(func() error {
		all = checkedLinks(rtnetlink.All(unix.RTM_GETLINK, unix.AF_UNSPEC, unix.SizeofIfInfomsg),
			rtnetlink.All(unix.RTM_GETADDR, unix.AF_UNSPEC, unix.SizeofIfAddrmsg))
		if len(all) == 0 {
			return errNoLinks
		}
		return nil
	})
	return all, err
}

func (l linuxSurroundings) Routes(questions []rtnetlink.Question) (routes []rtnetlink.Route, err error) {
	err = l.ns.Run(func() (err error) {
		routes, err = rtnetlink.Lookup(questions)
		return err
	})
	return routes, err
}

func (l linuxSurroundings) Locals() (routes []rtnetlink.Local, err error) {
	err = l.ns.Run(func() (err error) {
		routes, err = rtnetlink.Locals()
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
	err := l.ns.Run(func() error {
		all, missing = place.Rules()
		return nil
	})
	if err != nil {
		missing = map[string]error{"the rules of the firewall": err}
	}
	return all, missing
}

// How long answers are waited for.
const (
	awaitARP  = time.Second
	awaitSync = 3 * time.Second

	awaitCounters = 3 * time.Second // the kernel adds them up every two
)

func (l linuxSurroundings) Grown() (bool, error) {
	before, err := l.totals()
	if err != nil {
		return false, err
	}
	for end := time.Now().Add(awaitCounters); time.Now().Before(end); {
		time.Sleep(awaitCounters / 50)
		if now, err := l.totals(); err != nil || now != before {
			return err == nil, err
		}
	}
	return false, nil
}

// totals returns the line of counters.
func (l linuxSurroundings) totals() (string, error) {
	f, err := l.Proc("ip_vs_stats")
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if lines := strings.SplitN(string(text), "\n", 4); len(lines) == 4 { // after two of heads
		return lines[2], err
	}
	return "", err
}

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
	places := make(map[uint32]int, len(interfaces))
	for i := range interfaces {
		e := &interfaces[i]
		flags := binary.NativeEndian.Uint32(e.Header[8:])
		places[indexOf(*e)] = i
		all = append(all, check.Link{
			Name: unix.ByteSliceToString(e.Attributes[unix.IFLA_IFNAME]), Index: indexOf(*e), MTU: int(e.Uint32(unix.IFLA_MTU)),
			Up: flags&unix.IFF_UP != 0, Running: flags&unix.IFF_RUNNING != 0, Loopback: flags&unix.IFF_LOOPBACK != 0,
			NoARP: flags&unix.IFF_NOARP != 0, MAC: e.Attributes[unix.IFLA_ADDRESS], Multicast: flags&unix.IFF_MULTICAST != 0,
			Bridge: kindOf(e.Attributes[unix.IFLA_LINKINFO]) == "bridge",
		})
	}
	for i := range addrs {
		e := &addrs[i]
		a, ok := e.Addr()
		at, known := places[indexOf(*e)]
		if ok && known {
			all[at].Prefixes = append(all[at].Prefixes, netip.PrefixFrom(a, int(e.Header[1])))
		}
	}
	return all
}

// kindOf returns the kind of an interface that is not hardware: it is the first attribute.
func kindOf(info []byte) string {
	if len(info) < unix.SizeofRtAttr || binary.NativeEndian.Uint16(info[2:]) != unix.IFLA_INFO_KIND {
		return ""
	}
	return unix.ByteSliceToString(info[unix.SizeofRtAttr:])
}
