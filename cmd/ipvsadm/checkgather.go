// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/check"
	"github.com/ipvsadm-go/ipvsadm/internal/probe"
	"github.com/ipvsadm-go/ipvsadm/internal/rtnetlink"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/conns"
)

// Surroundings are what a director has besides IPVS, in its network namespace.
type surroundings interface {
	Sysctl(name string) (string, error)      // by the name with slashes
	Proc(name string) (io.ReadCloser, error) // a file of /proc/net
	Connections() (io.ReadCloser, error)
	Links() ([]check.Link, error)
	Routes([]rtnetlink.Question) ([]rtnetlink.Route, error) // in this order
	Locals() ([]rtnetlink.Local, error)
	Neighbours() ([]rtnetlink.Neighbour, error)
	Firewall() (all check.Rulesets, missing map[string]error)
	Claims([]probe.Question) ([]probe.Answer, error)
	Heard([]probe.Group) ([]bool, error)
	Grown() (bool, error) // whether the counters of all services grow within a few seconds
	Schedulers() ([]string, error)
	Engines() ([]string, error)
}

// gather gathers the facts that checks need, besides the table.
func (k *checker) gather(needs check.Needs, probe bool) {
	f := &k.facts
	if f.Rules {
		needs &^= check.Connections // which are those of another table
	} else {
		needs &^= check.Schedulers // which has the kernel's table
	}
	f.Sysctl = k.sysctls()
	for _, row := range []struct {
		need check.Needs
		get  func()
	}{
		{check.Connections, k.connections},
		{check.Links, k.links},
		{check.VirtualRoutes | check.ServerRoutes, func() { k.routes(needs) }},
		{check.Neighbours, k.neighbours},
		{check.Firewall, k.firewall},
		{check.Listeners, k.listeners},
		{check.Director, k.director},
		{check.Totals, func() { f.Filtered = k.filtered() }},
		{check.Schedulers, k.schedulers},
	} {
		if needs&row.need != 0 {
			row.get()
		}
	}
	if probe && needs&check.Probes != 0 {
		k.probe(needs)
	}
}

// sysctls returns what reads sysctls, each of them once.
func (k *checker) sysctls() func(name string) string {
	cache := map[string]string{}
	return func(name string) string {
		value, known := cache[name]
		if known {
			return value
		}
		value, err := k.around.Sysctl(name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			k.unseen("some sysctls", err)
		}
		cache[name] = value
		return value
	}
}

// read reads a file of /proc/net.
func (k *checker) read(name string) (string, error) {
	f, err := k.around.Proc(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	return string(text), err
}

// look reads a file of /proc/net that may be missing.
func (k *checker) look(name string) string {
	text, err := k.read(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		k.unseen("/proc/net/"+name, err)
	}
	return text
}

// links reads the interfaces.
func (k *checker) links() {
	all, err := k.around.Links()
	if err != nil {
		k.unseen("network interfaces", err)
	}
	k.facts.Links = all
}

// probe asks the network, and meanwhile waits for counters to grow.
func (k *checker) probe(needs check.Needs) {
	k.facts.Probed = true
	grown := make(chan error, 1)
	stuck := false
	if k.established() {
		go func() {
			is, err := k.around.Grown()
			stuck = err == nil && !is
			grown <- err
		}()
	} else {
		grown <- nil
	}
	k.ask(needs)
	if err := <-grown; err != nil {
		k.unseen("/proc/net/ip_vs_stats", err)
	}
	k.facts.Stuck = stuck
}

// established reports whether connections are, so that packets may come.
func (k *checker) established() bool {
	for i := range k.facts.Services {
		for j := range k.facts.Services[i].Servers {
			if k.facts.Services[i].Servers[j].Active > 0 {
				return true
			}
		}
	}
	return false
}

// ask asks who has the virtual addresses, and listens for other directors.
func (k *checker) ask(needs check.Needs) {
	f := &k.facts
	answers, err := k.around.Claims(k.questions())
	if err != nil {
		k.unseen("answers to ARP", err)
	}
	for _, a := range answers {
		link := ""
		for i := range f.Links {
			if int(f.Links[i].Index) == a.Index {
				link = f.Links[i].Name
			}
		}
		f.Claims = append(f.Claims, check.Claim{Addr: a.Addr, MAC: a.MAC, Link: link})
	}
	if len(k.groups) == 0 || needs&check.Daemons == 0 {
		return // it takes seconds
	}
	for i := range k.groups {
		for _, l := range f.Links {
			if l.Name == f.Daemons[i].Interface {
				k.groups[i].Index = int(l.Index)
			}
		}
	}
	heard, err := k.around.Heard(k.groups)
	if err != nil {
		f.Probed = false
		k.unseen("sync messages", err)
	}
	for i := range heard {
		f.Daemons[i].Heard = heard[i]
	}
}

// questions returns for which virtual addresses to ask, and where: in their network or, if they are in none, on the interface
// that has them. To those on an interface without ARP, packets come over a route.
func (k *checker) questions() (all []probe.Question) {
	f, asked := &k.facts, map[netip.Addr]bool{}
	for i := range f.Services {
		a := f.Services[i].Addr.Addr()
		if !a.Is4() || asked[a] || f.Routes[a] == nil || f.Routes[a].Kind != check.Here {
			continue
		}
		asked[a] = true
		first := len(all)
		for _, is := range []func(*check.Link, netip.Addr) bool{(*check.Link).Reaches, (*check.Link).Has} {
			for j := range f.Links {
				l := &f.Links[j]
				if l.Up && l.Running && !l.NoARP && !l.Loopback && len(l.MAC) == 6 && is(l, a) {
					all = append(all, probe.Question{Addr: a, On: probe.Interface{Index: int(l.Index), MAC: l.MAC}})
				}
			}
			if len(all) > first {
				break
			}
		}
	}
	return all
}

// The kernel's timeouts of connections that are half-open and that have ended, and how long a half-open one is idle until it
// is remarkable.
const (
	halfOpen = 60 * time.Second
	timeWait = 120 * time.Second
	stale    = 2 * time.Second
)

// connections counts the connections.
func (k *checker) connections() {
	table, err := k.around.Connections()
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			k.unseen("the connection table", err)
		}
		return
	}
	defer table.Close()
	all, pathOf := map[check.Path]*check.Counts{}, pathsOf(k.facts.Services)
	var failed error // the first, since a malformed line is not the end
	for c, err := range conns.NewReader(table).All() {
		failed = cmp.Or(failed, err)
		if err != nil || c.Client.Port() == 0 { // or a template
			continue
		}
		path := pathOf(&c)
		counts := all[path]
		if counts == nil {
			counts = &check.Counts{}
			all[path] = counts
		}
		k.count(counts, &c)
	}
	if failed != nil {
		k.unseen("the whole connection table", failed)
	}
	k.facts.Conns = all
}

// count counts a connection.
func (k *checker) count(counts *check.Counts, c *conns.Connection) {
	switch c.State {
	case "SYN_RECV":
		idle := halfOpen - c.Expires
		if counts.Half++; idle >= stale {
			counts.Stale++
		}
		counts.HalfIdle = max(counts.HalfIdle, idle)
		counts.Client, counts.Virtual = c.Client.Addr(), c.Virtual.Addr()
	case "TIME_WAIT":
		counts.End(timeWait - c.Expires)
	case "FIN_WAIT": // with direct routing and tunnels, the director sees no more of an end
		counts.End(k.finWait - c.Expires)
	case "ESTABLISHED", "UDP":
		counts.Established++
	default:
		counts.Others++
	}
}

// pathsOf returns what gives the paths of connections. They are no more than there are services and servers, and servers that
// were deleted: addresses and ports that clients choose are left out.
func pathsOf(services []check.Service) func(*conns.Connection) check.Path {
	addrs, ports := map[netip.Addr]bool{}, map[netip.AddrPort]bool{}
	for i := range services {
		s := &services[i]
		addrs[s.Addr.Addr()], ports[s.Addr] = true, true
		for j := range s.Servers {
			ports[s.Servers[j].Addr] = true
		}
	}
	named := func(a netip.AddrPort) netip.AddrPort {
		if ports[a] {
			return a
		}
		return netip.AddrPortFrom(a.Addr(), 0)
	}
	return func(c *conns.Connection) check.Path {
		p := check.Path{Protocol: c.Protocol, Server: named(c.Destination)}
		if addrs[c.Virtual.Addr()] {
			p.Virtual = named(c.Virtual)
		}
		return p
	}
}

// routes asks for the routes to all addresses, each of them once.
func (k *checker) routes(needs check.Needs) {
	seen, questions := map[netip.Addr]bool{}, []rtnetlink.Question(nil)
	add := func(a netip.Addr) {
		if a.IsValid() && !seen[a] {
			seen[a] = true
			questions = append(questions, rtnetlink.Question{To: a})
		}
	}
	for i := range k.facts.Services {
		s := &k.facts.Services[i]
		if s.Mark == 0 && needs&check.VirtualRoutes != 0 {
			add(s.Addr.Addr())
		}
		for j := range s.Servers {
			if needs&check.ServerRoutes != 0 {
				add(s.Servers[j].Addr.Addr())
			}
		}
	}
	for _, c := range k.facts.Conns {
		add(c.Client) // of a half-open one, if there is one
	}
	routes := k.askRoutes(questions)
	k.facts.Routes = make(map[netip.Addr]*check.Route, len(routes))
	for i := range routes {
		k.facts.Routes[questions[i].To] = &routes[i]
	}
	k.locals()
	if needs&check.Totals != 0 {
		k.backs()
	}
}

// askRoutes asks for routes. After an error there are fewer answers than questions.
func (k *checker) askRoutes(questions []rtnetlink.Question) []check.Route {
	answers, err := k.around.Routes(questions)
	if err != nil {
		k.unseen("routes", err)
	}
	routes := make([]check.Route, len(answers))
	for i := range answers {
		routes[i] = routeTo(questions[i].To, &answers[i])
	}
	return routes
}

// backs asks for the ways back to clients in other networks, from the virtual addresses for which these matter: rules may have
// answers take another way than what else the director sends. It asks for more clients where the way to the first leads astray.
func (k *checker) backs() {
	f := &k.facts
	f.Backs = map[netip.Addr][]check.Route{}
	outside := check.Outside()
	for _, clients := range [][]netip.Addr{outside[:1], outside[1:]} {
		seen, questions := map[netip.Addr]bool{}, []rtnetlink.Question(nil)
		for i := range f.Services {
			s := &f.Services[i]
			a := s.Addr.Addr()
			if seen[a] || !f.Astray(s) {
				continue
			}
			seen[a] = true
			for _, client := range clients {
				questions = append(questions, rtnetlink.Question{To: client, From: a})
			}
		}
		if len(questions) == 0 {
			return
		}
		for i, r := range k.askRoutes(questions) {
			f.Backs[questions[i].From] = append(f.Backs[questions[i].From], r)
		}
	}
}

// locals asks for local routes in other tables, if there is a virtual address that needs one. There may be very many routes.
func (k *checker) locals() {
	f := &k.facts
	if !slices.ContainsFunc(f.Services, func(s check.Service) bool {
		r := f.Routes[s.Addr.Addr()]
		return r != nil && r.Kind != check.Here
	}) {
		return
	}
	all, err := k.around.Locals()
	if err != nil {
		k.unseen("routes", err)
	}
	for _, l := range all {
		f.Locals = append(f.Locals, check.Local(l))
	}
}

// routeTo returns the answer to how packets to an address are sent.
func routeTo(a netip.Addr, r *rtnetlink.Route) check.Route {
	switch r.Errno {
	case 0:
	case unix.EINVAL:
		return check.Route{Kind: check.NoRoute, Reason: "one of type blackhole takes its place"}
	case unix.EACCES:
		return check.Route{Kind: check.NoRoute, Reason: "one of type prohibit takes its place"}
	default:
		return check.Route{Kind: check.NoRoute, Reason: strerror(r.Errno)}
	}
	route := check.Route{Kind: check.Elsewhere, Link: r.Link, Next: a, Source: r.Source, MTU: int(r.MTU), Learnt: r.Learnt}
	switch r.Type {
	case unix.RTN_LOCAL:
		route.Kind = check.Here
	case unix.RTN_UNICAST:
		route.Kind = check.Unicast
	}
	if r.Gateway.IsValid() {
		route.Gateway, route.Next = true, r.Gateway
	}
	return route
}

// neighbours reads the neighbour table. An address has an entry on each interface on which it was asked for.
func (k *checker) neighbours() {
	all, err := k.around.Neighbours()
	if err != nil {
		k.unseen("neighbours", err)
	}
	next := map[check.Hop]bool{}
	for _, r := range k.facts.Routes {
		next[check.Hop{Addr: r.Next, Link: r.Link}] = true
	}
	k.facts.Neighbours = map[check.Hop]check.Neighbour{}
	for i := range all {
		n := &all[i]
		hop := check.Hop{Addr: n.Addr, Link: n.Link}
		if !next[hop] {
			continue
		}
		found := check.Neighbour{MAC: n.MAC, Old: n.Age > 60*100}
		switch {
		case n.State&unix.NUD_FAILED != 0:
			found.State = check.Failed
		case n.State&unix.NUD_INCOMPLETE != 0:
			found.State = check.Incomplete
		case n.State != unix.NUD_NONE:
			found.State = check.Reachable
		}
		k.facts.Neighbours[hop] = found
	}
}

// firewall reads the rules of the firewall, if there is anything that they may matter to.
func (k *checker) firewall() {
	if len(k.facts.Services) == 0 {
		return
	}
	all, missing := k.around.Firewall()
	k.facts.Firewall = all
	for _, what := range slices.Sorted(maps.Keys(missing)) {
		k.unseen(what, missing[what])
	}
}

// listeners reads which sockets take connections or packets, if a server is the director itself.
func (k *checker) listeners() {
	if !k.servesItself() {
		return
	}
	k.facts.Listening = true
	for _, row := range []struct{ file, protocol, state string }{
		{"tcp", "TCP", "0A"}, {"tcp6", "TCP", "0A"}, // TCP_LISTEN
		{"udp", "UDP", "07"}, {"udp6", "UDP", "07"}, // without a peer
	} {
		if err := k.sockets(row.file, row.protocol, row.state); err != nil && !errors.Is(err, fs.ErrNotExist) {
			k.facts.Listening = false
			k.unseen("listening programs", err)
			return
		}
	}
}

// servesItself reports whether a server is the director.
func (k *checker) servesItself() bool {
	for i := range k.facts.Services {
		for j := range k.facts.Services[i].Servers {
			if r := k.facts.Routes[k.facts.Services[i].Servers[j].Addr.Addr()]; r != nil && r.Kind == check.Here {
				return true
			}
		}
	}
	return false
}

// sockets reads the sockets of a protocol that have a state. Those of TCP that listen come first, before as many as there are
// connections.
func (k *checker) sockets(file, protocol, state string) error {
	f, err := k.around.Proc(file)
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for n := 0; lines.Scan(); n++ {
		fields := strings.Fields(lines.Text())
		if n == 0 || len(fields) < 4 {
			continue
		}
		if fields[3] != state {
			if protocol == "TCP" {
				break
			}
			continue
		}
		if a, ok := socketAddr(fields[1]); ok {
			k.facts.Listeners = append(k.facts.Listeners, check.Listener{Protocol: protocol, Addr: a})
		}
	}
	return lines.Err()
}

// socketAddr reads "0100007F:0050": words of the machine's byte order, in hexadecimal numbers.
func socketAddr(word string) (a netip.AddrPort, ok bool) {
	addr, port, _ := strings.Cut(word, ":")
	n, err := strconv.ParseUint(port, 16, 16)
	b, bad := hex.DecodeString(addr)
	if err != nil || bad != nil {
		return a, false
	}
	hostOrder(b)
	ip, ok := netip.AddrFromSlice(b)
	return netip.AddrPortFrom(ip, uint16(n)), ok
}

// director finds out whether another director may take over, and whether the connection table grows.
func (k *checker) director() {
	f := &k.facts
	f.Grows = f.Sysctl("net/ipv4/vs/conn_lfactor") != ""
	for _, d := range f.Daemons {
		f.Standby = f.Standby || !d.Master
	}
	for _, file := range []string{"raw", "raw6"} {
		for line := range strings.Lines(k.look(file)) {
			const vrrp = ":0070" // protocol 112
			fields := strings.Fields(line)
			if len(fields) > 1 && strings.HasSuffix(fields[1], vrrp) {
				f.Standby = true
			}
		}
	}
}

// filtered returns how many packets reverse path filters have dropped.
func (k *checker) filtered() uint64 {
	var head []string
	for line := range strings.Lines(k.look("netstat")) {
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0] != "TcpExt:" {
			continue
		}
		for i, name := range head {
			if name == "IPReversePathFilter" && i < len(fields) {
				n, _ := strconv.ParseUint(fields[i], 10, 64)
				return n
			}
		}
		head = fields
	}
	return 0
}

// schedulers finds out which schedulers and engines the kernel has or can load.
func (k *checker) schedulers() {
	all, err := k.around.Schedulers()
	if err == nil {
		k.facts.Engines, err = k.around.Engines()
	}
	if err != nil {
		k.unseen("some of the kernel's modules", err)
		return
	}
	k.facts.Schedulers = all
}

// hostOrder brings words of 32 bits, of the network's byte order, into that of the machine, or back.
func hostOrder(b []byte) {
	for ; len(b) >= 4; b = b[4:] {
		binary.NativeEndian.PutUint32(b, binary.BigEndian.Uint32(b))
	}
}
