// SPDX-License-Identifier: Apache-2.0

package check

import (
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// A Key names a service, by protocol and address or by mark.
type Key struct {
	Protocol string // "TCP", "UDP" or "SCTP"; empty with a mark
	Addr     netip.AddrPort
	Mark     uint32
	IPv6     bool // whether the packets are of IPv6
}

// words returns the options that name the service on a command line.
func (k Key) words() string {
	switch {
	case k.Mark != 0 && k.IPv6:
		return "-f " + decimal(k.Mark) + " -6"
	case k.Mark != 0:
		return "-f " + decimal(k.Mark)
	case k.Protocol == "SCTP":
		return "--sctp-service " + k.Addr.String()
	}
	return "-" + strings.ToLower(k.Protocol[:1]) + " " + k.Addr.String()
}

// A Method is a forwarding method.
type Method string

// The forwarding methods.
const (
	Masq   Method = "masquerading"
	Direct Method = "direct routing"
	Tunnel Method = "tunnels"
	Other  Method = "" // the kernel's own, of connections
)

// A Service is a service and its servers.
type Service struct {
	Key
	Scheduler  string
	Engine     string
	Persistent bool
	Quiet      bool // whether no packet comes for it at present
	Servers    []Server
}

// A Server is a real server.
type Server struct {
	Addr                        netip.AddrPort
	Method                      Method
	Weight, Upper, Lower        uint32
	Active, Inactive, Templates uint32 // connections, and persistence templates
	InPkts, OutPkts             uint64

	Tunnel     string // its type: "ipip", "gue" or "gre"
	TunnelPort uint16 // of gue
	Headers    int    // bytes that the tunnel adds to a packet, without the outer IP header
}

// A Link is a network interface.
type Link struct {
	Name      string
	Index     uint32
	Up        bool // as ip(8) sets it
	Running   bool // whether it has a carrier
	Loopback  bool
	NoARP     bool // of a dummy or a tunnel
	Bridge    bool // has a carrier only while something is plugged in
	Multicast bool
	MAC       []byte
	MTU       int
	Prefixes  []netip.Prefix // its addresses, with their networks
}

// A Route is the kernel's answer to how packets to an address are sent.
type Route struct {
	Kind    RouteKind
	Reason  string // why there is none, as strerror(3) says it
	Link    uint32 // the index of the interface
	Gateway bool   // whether they go over one
	Next    netip.Addr
	Source  netip.Addr // the director's own address for them
	MTU     int        // of the route, if it has one of its own
	Learnt  bool       // whether that is so only because of what others have said
}

// A Local is a route to addresses that the director takes as its own, if a rule of ip-rule(8) sends packets to its table.
type Local struct {
	To    netip.Prefix
	Table uint32
}

// A RouteKind is where packets go.
type RouteKind uint8

// The kinds of routes.
const (
	NotAsked RouteKind = iota
	NoRoute
	Unicast
	Here // the director takes them itself
	Elsewhere
)

// A Hop is a machine on the network of an interface.
type Hop struct {
	Addr netip.Addr
	Link uint32
}

// hop returns where packets go first.
func (r *Route) hop() Hop { return Hop{r.Next, r.Link} }

// A Neighbour is an entry of the neighbour table.
type Neighbour struct {
	State NeighbourState
	MAC   string
	Old   bool // whether the state is more than a minute old
}

// A NeighbourState is what the kernel knows of a neighbour.
type NeighbourState uint8

// The states.
const (
	Unknown    NeighbourState = iota // no entry, or one that says nothing
	Reachable                        // or was so not long ago
	Incomplete                       // has not answered yet
	Failed                           // has not answered
)

// A Path is what connections are counted by. Addresses and ports that no service names are left out, since clients choose
// them: the connections of marks may have any.
type Path struct {
	Protocol        string
	Virtual, Server netip.AddrPort
}

// Counts are connections on a path, by their states.
type Counts struct {
	Half        int        // SYN_RECV: nothing has been answered, as far as the director sees
	Stale       int        // those of them to which no packet has come for some seconds
	Established int        // of TCP and SCTP, and all of UDP
	Others      int        // of which some have been answered, except for those that have ended
	Ended       int        // in TIME_WAIT or FIN_WAIT
	Client      netip.Addr // of a half-open one, else of any
	Virtual     netip.Addr // to which the client has sent

	// For how long no packet has come: the longest time of a half-open connection, and the shortest of one that has ended.
	HalfIdle, EndedIdle time.Duration
}

// End counts a connection that has ended, or is about to, and for how long no packet of it has come.
func (c *Counts) End(idle time.Duration) { c.end(1, idle) }

// end counts connections that have ended, with the shortest of their times.
func (c *Counts) end(n int, idle time.Duration) {
	if c.Ended == 0 {
		c.EndedIdle = idle
	}
	c.EndedIdle = min(c.EndedIdle, idle)
	c.Ended += n
}

// add adds the connections of another path.
func (c *Counts) add(other *Counts) {
	c.Half += other.Half
	c.Stale += other.Stale
	c.Established += other.Established
	c.Others += other.Others
	c.HalfIdle = max(c.HalfIdle, other.HalfIdle)
	if other.Ended > 0 {
		c.end(other.Ended, other.EndedIdle)
	}
	if other.Half > 0 {
		c.Client, c.Virtual = other.Client, other.Virtual
	}
}

// A Daemon is a sync daemon.
type Daemon struct {
	Master    bool
	Interface string
	SyncID    uint8
	IPv6      bool // whether its group is of IPv6
	Heard     bool // whether another director's messages with its ID were seen; only with Probes
}

// A Listener is a socket that takes connections or packets.
type Listener struct {
	Protocol string
	Addr     netip.AddrPort // unspecified for all addresses
}

// A Claim is a machine that answers ARP for a virtual address.
type Claim struct {
	Addr netip.Addr
	MAC  string
	Link string
}

// An Unseen is a kind of facts that could not be looked at.
type Unseen struct{ What, Why string }

// A Refusal is a line of rules that the kernel would refuse.
type Refusal struct {
	Subject
	Line         int
	Text, Reason string
	Upper, Lower uint32 // if it is refused because of them
}

// Facts are what checks are told. What was not asked for is empty.
type Facts struct {
	Services []Service
	Rules    bool // they are those of a file, not the kernel's
	Refused  []Refusal

	// Sysctl returns a value by its name with slashes, "net/ipv4/ip_forward", or "" if it cannot be read.
	Sysctl func(name string) string

	Links      []Link
	Routes     map[netip.Addr]*Route  // of virtual addresses, servers and clients
	Backs      map[netip.Addr][]Route // from virtual addresses on interfaces with a strict filter to those Outside
	Locals     []Local                // those of other tables, if there is a virtual address to which Routes has no local one
	Neighbours map[Hop]Neighbour
	Conns      map[Path]*Counts
	Firewall   Rulesets
	Listeners  []Listener
	Listening  bool // whether Listeners could be read
	Daemons    []Daemon
	Schedulers []string // those that the kernel has or can load; nil if it is not known
	Engines    []string
	Buckets    int    // of the connection table
	Grows      bool   // whether the kernel sizes the table itself
	Standby    bool   // whether something here speaks VRRP or takes connections from another director
	Filtered   uint64 // packets that reverse path filters have dropped
	Probed     bool   // whether the network was asked
	Stuck      bool   // whether no counter has grown in the meantime, although connections are established
	Claims     []Claim

	Unseen []Unseen

	// What is worked out once.
	byAddrs map[[2]netip.Addr][]*Path
	known   map[[2]netip.Addr]bool // servers by virtual address
	holders map[netip.Addr]*Link
	indexes map[uint32]*Link
}

// sysctl reads a sysctl. Names of interfaces may have dots in them.
func (f *Facts) sysctl(name string) string {
	if f.Sysctl == nil {
		return ""
	}
	return f.Sysctl(name)
}

// number reads a sysctl that is a number. One that cannot be read is 0, as if it were off.
func (f *Facts) number(name string) int {
	n, _ := strconv.Atoi(f.sysctl(name))
	return n
}

// setting returns the command line that sets a sysctl.
func setting(name, value string) string { return "sysctl -w " + quoted(dotted(name)) + "=" + value }

// dotted returns the name of a sysctl as sysctl(8) has it, which exchanges dots and slashes.
func dotted(name string) string {
	b := []byte(name)
	for i, c := range b {
		switch c {
		case '/':
			b[i] = '.'
		case '.':
			b[i] = '/'
		}
	}
	return string(b)
}

// link returns the interface with an index, or nil.
func (f *Facts) link(index uint32) *Link {
	if f.indexes == nil {
		f.indexes = make(map[uint32]*Link, len(f.Links))
		for i := range f.Links {
			f.indexes[f.Links[i].Index] = &f.Links[i]
		}
	}
	return f.indexes[index]
}

func (f *Facts) linkByName(name string) *Link {
	for i := range f.Links {
		if f.Links[i].Name == name {
			return &f.Links[i]
		}
	}
	return nil
}

// holder returns the interface that has an address, or nil: of several, the first that works.
func (f *Facts) holder(a netip.Addr) *Link {
	if f.holders == nil {
		f.holders = map[netip.Addr]*Link{}
		for i := range f.Links {
			l := &f.Links[i]
			for _, p := range l.Prefixes {
				if other := f.holders[p.Addr()]; other == nil || !other.works() && l.works() {
					f.holders[p.Addr()] = l
				}
			}
		}
	}
	return f.holders[a]
}

// works reports whether packets come in over the interface, if there are any.
func (l *Link) works() bool { return l.Up && l.Running }

// network returns the interface whose network has an address, without being all there is.
func (f *Facts) network(a netip.Addr) *Link {
	for i := range f.Links {
		if l := &f.Links[i]; !l.Loopback && l.Reaches(a) {
			return l
		}
	}
	return nil
}

// Has reports whether the interface has an address.
func (l *Link) Has(a netip.Addr) bool {
	for _, p := range l.Prefixes {
		if p.Addr() == a {
			return true
		}
	}
	return false
}

// Reaches reports whether an address is in a network of the interface.
func (l *Link) Reaches(a netip.Addr) bool {
	for _, p := range l.Prefixes {
		if !p.IsSingleIP() && p.Contains(a) {
			return true
		}
	}
	return false
}

// way returns the route to an address.
func (f *Facts) way(a netip.Addr) *Route {
	if r := f.Routes[a]; r != nil {
		return r
	}
	return &Route{}
}

// edit returns the command line that changes something about a server, and leaves the rest.
func (s *Service) edit(d *Server, change string) string {
	return "ipvsadm -e --keep " + s.words() + " -r " + d.Addr.String() + " " + change
}

// quoted returns a word as a shell takes it.
func quoted(word string) string {
	if strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/:@%+") == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
