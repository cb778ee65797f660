// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
	"github.com/stretchr/testify/require"
)

// The addresses of a network. The front is 10.1.0.0/24 and fd00:1::/64, the back 10.2.0.0/24 and fd00:2::/64.
const (
	vip      = "10.1.0.100"
	vip6     = "fd00:1::100"
	client1  = "10.1.0.2"
	client2  = "10.1.0.3"
	client6  = "fd00:1::2"
	director = "10.2.0.1" // as the real servers see it
)

// The ports that real servers listen on.
var ports = []int{8080, 8081}

// patience is how long a packet may take before it counts as lost. No test waits for it to pass.
const patience = 30 * time.Second

// A network has a client and a director in front, the director and its real servers at the back, and a
// router that joins front and back besides the director.
//
//	client ── front ── router ── back ── real servers
//	            └──── director ───┘
type network struct {
	client, director, router *kernel.Namespace
	reals                    []*realServer

	// What --check is run with: a file of rules, if any, and the words of a command that runs it as another user.
	rules, as string
}

// A realServer answers each connection with its name.
type realServer struct {
	*kernel.Namespace
	name string
	ip   string
	ip6  string
}

// A gateway is where real servers send what is not for their own network.
type gateway string

const (
	byDirector gateway = "1"   // masquerading needs it: answers come back through the director
	byRouter   gateway = "254" // answers take the other way to the client
	noGateway  gateway = ""
)

// newNetwork makes a network with so many real servers, called r1, r2 and so on.
func newNetwork(t *testing.T, reals int, way gateway) *network {
	t.Helper()
	n := &network{
		client:   kernel.NewNamespace(t),
		director: kernel.NewNamespace(t),
		router:   kernel.NewNamespace(t),
	}
	for _, ns := range []*kernel.Namespace{n.router, n.director} {
		sysctl(t, ns, "net/ipv4/ip_forward", "1")
		sysctl(t, ns, "net/ipv6/conf/all/forwarding", "1")
	}
	n.router.IP(t, `link add front type bridge
link add back type bridge
link set front up
link set back up
address add 10.1.0.254/24 dev front
address add 10.2.0.254/24 dev back
address add fd00:1::fe/64 dev front nodad
address add fd00:2::fe/64 dev back nodad`)
	n.join(t, n.client, "front", client1+"/24", client2+"/24", client6+"/64")
	n.join(t, n.director, "front", "10.1.0.1/24", "fd00:1::1/64", vip+"/32", vip6+"/128")
	n.join(t, n.director, "back", director+"/24", "fd00:2::1/64")
	for i := range reals {
		n.addReal(t, i+1, way)
	}
	return n
}

// join connects a namespace to one of the router's bridges.
func (n *network) join(t *testing.T, ns *kernel.Namespace, bridge string, addresses ...string) {
	t.Helper()
	var commands strings.Builder
	fmt.Fprintf(&commands, "link add %s type veth peer name port netns %s\n", bridge, n.router.Path())
	for _, a := range addresses {
		fmt.Fprintf(&commands, "address add %s dev %s", a, bridge)
		if strings.Contains(a, ":") {
			commands.WriteString(" nodad") // or it could not be used at once
		}
		commands.WriteString("\n")
	}
	fmt.Fprintf(&commands, "link set %s up", bridge)
	ns.IP(t, commands.String())
	// The port gets a number for its name, which is not taken.
	n.router.IP(t, fmt.Sprintf("link set port master %s up name port%d", bridge, interfaces(t, n.router)))
}

// interfaces counts the interfaces of a namespace.
func interfaces(t *testing.T, ns *kernel.Namespace) int {
	t.Helper()
	var all []net.Interface
	var err error
	ns.Do(func() { all, err = net.Interfaces() })
	require.NoError(t, err)
	return len(all)
}

// addReal adds real server number i and has it serve.
func (n *network) addReal(t *testing.T, i int, way gateway) {
	t.Helper()
	r := &realServer{
		Namespace: kernel.NewNamespace(t),
		name:      fmt.Sprint("r", i),
		ip:        fmt.Sprint("10.2.0.", 10+i),
		ip6:       fmt.Sprint("fd00:2::", 10+i),
	}
	n.join(t, r.Namespace, "back", r.ip+"/24", r.ip6+"/64")
	switch way {
	case byDirector:
		r.IP(t, "route add default via 10.2.0.1\nroute add ::/0 via fd00:2::1")
	case byRouter:
		r.IP(t, "route add default via 10.2.0.254\nroute add ::/0 via fd00:2::fe")
	}
	for _, port := range ports {
		r.serve(t, port)
	}
	n.reals = append(n.reals, r)
}

// serve listens on all addresses of the real server.
func (r *realServer) serve(t *testing.T, port int) {
	t.Helper()
	var listener net.Listener
	var err error
	r.Do(func() { listener, err = net.Listen("tcp", fmt.Sprint(":", port)) })
	require.NoError(t, err)
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go r.answer(conn)
		}
	}()
}

// answer writes the real server's name and the address it sees, then whatever it reads.
func (r *realServer) answer(conn net.Conn) {
	defer conn.Close()
	from, _ := netip.ParseAddrPort(conn.RemoteAddr().String())
	fmt.Fprintln(conn, r.name, from.Addr().Unmap())
	io.Copy(conn, conn)
}

// A call is a client's connection, open.
type call struct {
	net.Conn
	lines *bufio.Reader
	name  string // of the real server that answered
	seen  string // the client's address as that real server sees it
}

// dial connects the client, from one of its addresses, to an address and port.
func (n *network) dial(t *testing.T, from, to string, port int) *call {
	t.Helper()
	dialer := net.Dialer{Timeout: patience, LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	var conn net.Conn
	var err error
	n.client.Do(func() { conn, err = dialer.Dial("tcp", net.JoinHostPort(to, fmt.Sprint(port))) })
	require.NoError(t, err)
	conn.SetDeadline(time.Now().Add(patience))
	c := &call{Conn: conn, lines: bufio.NewReader(conn)}
	line, err := c.lines.ReadString('\n')
	if err != nil {
		t.Fatal("waiting for an answer:", err)
	}
	if _, err := fmt.Sscan(line, &c.name, &c.seen); err != nil {
		t.Fatalf("the answer is %q", line)
	}
	return c
}

// ask connects, closes, and returns the name of the real server that answered.
func (n *network) ask(t *testing.T, from, to string, port int) string {
	t.Helper()
	c := n.dial(t, from, to, port)
	c.close(t)
	return c.name
}

// close ends a call, and returns once the real server has ended it too.
func (c *call) close(t *testing.T) {
	t.Helper()
	c.Conn.(*net.TCPConn).CloseWrite()
	if _, err := io.Copy(io.Discard, c.lines); err != nil {
		t.Error("closing:", err)
	}
	c.Close()
}

// echo sends a line over an open call and checks that it comes back.
func (c *call) echo(t *testing.T, line string) {
	t.Helper()
	fmt.Fprintln(c, line)
	if got, err := c.lines.ReadString('\n'); err != nil || got != line+"\n" {
		t.Errorf("%s echoed %q, %v; want %q", c.name, got, err, line)
	}
}

// tally asks so many times and counts the answers by name.
func (n *network) tally(t *testing.T, times int, from, to string, port int) map[string]int {
	t.Helper()
	answers := map[string]int{}
	for range times {
		answers[n.ask(t, from, to, port)]++
	}
	return answers
}

// sysctl sets a variable below /proc/sys for a namespace.
func sysctl(t *testing.T, ns *kernel.Namespace, name, value string) {
	t.Helper()
	var err error
	ns.Do(func() { err = os.WriteFile("/proc/sys/"+name, []byte(value), 0) })
	require.NoError(t, err)
}

// iptables runs one command of iptables(8), or ip6tables(8), in a namespace.
func iptables(t *testing.T, ns *kernel.Namespace, command string) {
	t.Helper()
	words := strings.Fields(command)
	got := ns.Run(t, kernel.Command{Path: "/usr/sbin/xtables-legacy-multi", Args: words})
	require.Zero(t, got.Code, "%s: %s", command, got.Stderr)
}
