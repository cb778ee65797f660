// SPDX-License-Identifier: Apache-2.0

// Package director reads what a director has besides IPVS, in its network namespace: sysctls, interfaces, routes, neighbours,
// rules of the firewall; and asks the network.
package director

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
	"github.com/ipvsadm-go/ipvsadm/internal/schedulers"
	"github.com/ipvsadm-go/ipvsadm/internal/sysctls"
)

// A System is a director.
type System struct {
	NS     *netns.Namespace
	Kernel schedulers.System                        // where its modules are described
	Open   func(name string) (io.ReadCloser, error) // opens a file of /proc/net in the namespace
	Conns  string                                   // the name of the one with the connections
}

// Sysctl returns a sysctl by its name with slashes.
func (s *System) Sysctl(name string) (string, error) {
	var text []byte
	err := s.NS.Run(func() (err error) {
		text, err = files.Read("/proc/sys/" + name)
		return err
	})
	return sysctls.Clean(string(text)), err
}

// Proc opens a file of /proc/net.
func (s *System) Proc(name string) (io.ReadCloser, error) { return s.Open(name) }

// Connections opens the table of connections.
func (s *System) Connections() (io.ReadCloser, error) { return s.Open(s.Conns) }

// errNoLinks is odd: each network namespace has a loopback interface.
var errNoLinks = errors.New("the kernel lists none")

// Links returns the interfaces.
func (s *System) Links() (all []check.Link, err error) {
	err = s.NS.Run(func() error {
		all = links(rtnetlink.All(unix.RTM_GETLINK, unix.AF_UNSPEC, unix.SizeofIfInfomsg),
			rtnetlink.All(unix.RTM_GETADDR, unix.AF_UNSPEC, unix.SizeofIfAddrmsg))
		if len(all) == 0 {
			return errNoLinks
		}
		return nil
	})
	return all, err
}

// Routes asks for routes, and returns them in this order.
func (s *System) Routes(questions []rtnetlink.Question) (routes []rtnetlink.Route, err error) {
	err = s.NS.Run(func() (err error) {
		routes, err = rtnetlink.Lookup(questions)
		return err
	})
	return routes, err
}

// Locals returns local routes of other tables.
func (s *System) Locals() (routes []rtnetlink.Local, err error) {
	err = s.NS.Run(func() (err error) {
		routes, err = rtnetlink.Locals()
		return err
	})
	return routes, err
}

// Neighbours returns the neighbour table.
func (s *System) Neighbours() (all []rtnetlink.Neighbour, err error) {
	err = s.NS.Run(func() (err error) {
		all, err = rtnetlink.Neighbours()
		return err
	})
	return all, err
}

// Firewall returns the rules of the firewall, and what could not be read.
func (s *System) Firewall() (all check.Rulesets, missing map[string]error) {
	place := firewall.Place{Read: files.Read, Release: s.Kernel.Release}
	err := s.NS.Run(func() error {
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

// Grown reports whether a counter of all services grows within some seconds.
func (s *System) Grown() (bool, error) {
	before, err := s.totals()
	if err != nil {
		return false, err
	}
	for end := time.Now().Add(awaitCounters); time.Now().Before(end); {
		time.Sleep(awaitCounters / 50)
		if now, err := s.totals(); err != nil || now != before {
			return err == nil, err
		}
	}
	return false, nil
}

// totals returns the line of counters.
func (s *System) totals() (string, error) {
	f, err := s.Proc("ip_vs_stats")
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

// Claims asks by ARP, and returns the answers of a second.
func (s *System) Claims(questions []probe.Question) (answers []probe.Answer, err error) {
	if len(questions) == 0 {
		return nil, nil
	}
	var socket *probe.ARP
	err = s.NS.Run(func() (err error) {
		socket, err = probe.OpenARP()
		return err
	})
	if err != nil {
		return nil, err
	}
	defer socket.Close()
	return socket.Ask(questions, awaitARP)
}

// Heard reports for each group whether a message comes within some seconds.
func (s *System) Heard(groups []probe.Group) (heard []bool, err error) {
	sockets := make([]*probe.Sync, 0, len(groups))
	err = s.NS.Run(func() error {
		for _, g := range groups {
			socket, err := probe.OpenSync(g)
			if err != nil {
				return err
			}
			sockets = append(sockets, socket)
		}
		return nil
	})
	heard = make([]bool, len(sockets))
	var all sync.WaitGroup
	for i, socket := range sockets {
		all.Add(1)
		go func() {
			defer all.Done()
			heard[i] = err == nil && socket.Hears(awaitSync)
			_ = socket.Close()
		}()
	}
	all.Wait()
	return heard, err
}

// Schedulers returns the names of the schedulers that the kernel has or can load.
func (s *System) Schedulers() (names []string, err error) {
	all, err := s.Kernel.List()
	for i := range all {
		names = append(names, all[i].Name)
	}
	return names, err
}

// Engines does the same for persistence engines.
func (s *System) Engines() ([]string, error) { return s.Kernel.Engines() }

// links returns interfaces with all that checks look at.
func links(interfaces, addrs []rtnetlink.Entry) (all []check.Link) {
	places := make(map[uint32]int, len(interfaces))
	for i := range interfaces {
		e := &interfaces[i]
		flags := binary.NativeEndian.Uint32(e.Header[8:])
		places[e.Index()] = i
		all = append(all, check.Link{
			Name: unix.ByteSliceToString(e.Attributes[unix.IFLA_IFNAME]), Index: e.Index(), MTU: int(e.Uint32(unix.IFLA_MTU)),
			Up: flags&unix.IFF_UP != 0, Running: flags&unix.IFF_RUNNING != 0, Loopback: flags&unix.IFF_LOOPBACK != 0,
			NoARP: flags&unix.IFF_NOARP != 0, MAC: e.Attributes[unix.IFLA_ADDRESS], Multicast: flags&unix.IFF_MULTICAST != 0,
			Bridge: kindOf(e.Attributes[unix.IFLA_LINKINFO]) == "bridge",
		})
	}
	for i := range addrs {
		e := &addrs[i]
		a, ok := e.Addr()
		at, known := places[e.Index()]
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
