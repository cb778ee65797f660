// SPDX-License-Identifier: Apache-2.0

package resolve

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/dns/dnsmessage"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/files"
)

// A testServer is a name server. Its answers are those of reply, to which it may change what it likes.
type testServer struct {
	reply func(m *dnsmessage.Message, tcp bool)
	udp   *net.UDPConn
	tcp   *net.TCPListener

	mu    sync.Mutex
	asked []string // the names
	ports []uint16 // where the questions came from
}

func newTestServer(t *testing.T, reply func(m *dnsmessage.Message, tcp bool)) *testServer {
	t.Helper()
	s := &testServer{reply: reply}
	var err error
	s.udp, err = net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	t.Cleanup(func() { s.udp.Close() })
	s.tcp, err = net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: s.udp.LocalAddr().(*net.UDPAddr).Port})
	require.NoError(t, err)
	t.Cleanup(func() { s.tcp.Close() })
	go s.serveUDP()
	go s.serveTCP()
	return s
}

func (s *testServer) addr() netip.AddrPort { return s.udp.LocalAddr().(*net.UDPAddr).AddrPort() }

// questions returns the names that were asked since the last call, and where from.
func (s *testServer) questions() (names []string, ports []uint16) {
	s.mu.Lock()
	defer s.mu.Unlock()
	names, ports = s.asked, s.ports
	s.asked, s.ports = nil, nil
	return names, ports
}

func (s *testServer) serveUDP() {
	b := make([]byte, 1024)
	for {
		n, from, err := s.udp.ReadFromUDPAddrPort(b)
		if err != nil {
			return
		}
		for _, answer := range s.answers(b[:n], false, from.Port()) {
			_, _ = s.udp.WriteToUDPAddrPort(answer, from)
		}
	}
}

func (s *testServer) serveTCP() {
	for {
		c, err := s.tcp.Accept()
		if err != nil {
			return
		}
		var size [2]byte
		_, _ = io.ReadFull(c, size[:])
		b := make([]byte, binary.BigEndian.Uint16(size[:]))
		_, _ = io.ReadFull(c, b)
		for _, answer := range s.answers(b, true, 0) {
			_, _ = c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...))
		}
		c.Close()
	}
}

// answers returns forged answers, which nobody may believe, and then the one of the test.
func (s *testServer) answers(query []byte, tcp bool, port uint16) [][]byte {
	var m dnsmessage.Message
	if m.Unpack(query) != nil {
		return nil
	}
	s.mu.Lock()
	s.asked = append(s.asked, m.Questions[0].Name.String())
	s.ports = append(s.ports, port)
	s.mu.Unlock()
	m.Response, m.Authoritative, m.Additionals = true, true, nil
	forged := m
	forged.Answers = []dnsmessage.Resource{aRecord(m.Questions[0].Name.String(), "203.0.113.66"), ptrRecord(m.Questions[0].Name.String(), "forged.test.")}
	var all [][]byte
	for _, change := range []func(f *dnsmessage.Message){
		func(f *dnsmessage.Message) { f.ID++ },
		func(f *dnsmessage.Message) { f.Response = false },
		func(f *dnsmessage.Message) { f.Questions = nil },
		func(f *dnsmessage.Message) { f.Questions[0].Name = dnsmessage.MustNewName("other.test.") },
		func(f *dnsmessage.Message) { f.Questions[0].Type = dnsmessage.TypeTXT },
		func(f *dnsmessage.Message) { f.Questions[0].Class = dnsmessage.ClassCHAOS },
		func(f *dnsmessage.Message) { f.Questions = append(f.Questions, f.Questions[0]) },
	} {
		f := forged
		f.Questions = slices.Clone(forged.Questions)
		change(&f)
		all = append(all, pack(&f))
	}
	all = append(all, []byte("junk"), nil)
	if tcp {
		all = all[:7]
	}
	s.reply(&m, tcp)
	if m.Questions != nil {
		all = append(all, pack(&m))
	}
	return all
}

func pack(m *dnsmessage.Message) []byte {
	b, err := m.Pack()
	if err != nil {
		panic(err)
	}
	return b
}

func record(name string, body dnsmessage.ResourceBody) dnsmessage.Resource {
	return dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: dnsmessage.MustNewName(name), Class: dnsmessage.ClassINET}, Body: body}
}

func aRecord(name, addr string) dnsmessage.Resource {
	return record(name, &dnsmessage.AResource{A: netip.MustParseAddr(addr).As4()})
}

func cnameRecord(name, target string) dnsmessage.Resource {
	return record(name, &dnsmessage.CNAMEResource{CNAME: dnsmessage.MustNewName(target)})
}

func ptrRecord(name, target string) dnsmessage.Resource {
	return record(name, &dnsmessage.PTRResource{PTR: dnsmessage.MustNewName(target)})
}

// asks returns name servers for a text of resolv.conf, at which the servers are.
func asks(text string, servers ...netip.AddrPort) *nameServers {
	n := &nameServers{conf: parseResolvConf(text, environment{})}
	n.conf.servers = servers
	return n
}

// zone answers for a few names.
func zone(m *dnsmessage.Message, tcp bool) {
	name := m.Questions[0].Name.String()
	switch lower(name) {
	case "web.test.":
		m.Answers = append(m.Answers, aRecord("other.test.", "192.0.2.9"), aRecord(name, "192.0.2.1"), aRecord(name, "192.0.2.2"))
	case "alias.test.", "alias.sub.test.":
		m.Answers = append(m.Answers, cnameRecord(name, "second.test."), aRecord(name, "192.0.2.8"),
			cnameRecord("second.test.", "WEB.test."), aRecord("web.TEST.", "192.0.2.1"))
	case "broken.test.":
		m.Answers = append(m.Answers, cnameRecord(name, "nothing.test."))
	case "text.test.":
		m.Answers = append(m.Answers, record(name, &dnsmessage.TXTResource{TXT: []string{"x"}}))
	case "chaos.test.":
		r := aRecord(name, "192.0.2.1")
		r.Header.Class = dnsmessage.ClassCHAOS
		m.Answers = append(m.Answers, r)
	case "empty.test.":
	case "fails.test.", "fails.sub.test.":
		m.RCode = dnsmessage.RCodeServerFailure
	case "refused.test.":
		m.RCode = dnsmessage.RCodeRefused
	case "format.test.":
		m.RCode = dnsmessage.RCodeFormatError
	case "lame.test.":
		m.Authoritative = false
	case "long.test.":
		if m.Truncated = !tcp; tcp {
			m.Answers = append(m.Answers, aRecord(name, "192.0.2.3"))
		}
	case "longfails.test.":
		m.Truncated = !tcp
		if tcp {
			m.RCode = dnsmessage.RCodeServerFailure
		}
	case "longgone.test.":
		if m.Truncated = !tcp; tcp {
			m.Questions = nil // no answer
		}
	case "1.2.0.192.in-addr.arpa.", "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.":
		m.Answers = append(m.Answers, ptrRecord("x.test.", "no.test."), ptrRecord(name, "Web_1.test."), ptrRecord(name, "second.test."))
	case "2.2.0.192.in-addr.arpa.":
		m.Answers = append(m.Answers, cnameRecord(name, "2.half.test."), ptrRecord("2.half.test.", "half.test."))
	case "3.2.0.192.in-addr.arpa.":
		m.Answers = append(m.Answers, ptrRecord(name, "1.2.3.4."))
	case "4.2.0.192.in-addr.arpa.":
		m.Answers = append(m.Answers, ptrRecord(name, "sp ace.test."))
	case "5.2.0.192.in-addr.arpa.":
		m.Answers = append(m.Answers, ptrRecord(name, "."))
	case "6.2.0.192.in-addr.arpa.":
		m.Answers = append(m.Answers, ptrRecord(name, "0x7f.1."))
	case "7.2.0.192.in-addr.arpa.":
		m.Answers = append(m.Answers, ptrRecord(name, "-n."))
	default:
		m.RCode = dnsmessage.RCodeNameError
	}
}

func TestAddrOf(t *testing.T) {
	s := newTestServer(t, zone)
	for _, tt := range []struct {
		conf, host string
		want       string
		status     status
		asked      []string
	}{
		{"", "web.test", "192.0.2.1", success, []string{"web.test."}},
		{"options edns0 trust-ad", "WEB.test.", "192.0.2.1", success, []string{"WEB.test."}},
		{"options use-vc", "web.test", "192.0.2.1", success, []string{"web.test."}},
		{"sortlist 192.0.2.2/255.255.255.255", "web.test", "192.0.2.2", success, []string{"web.test."}},
		{"", "alias.test", "192.0.2.1", success, []string{"alias.test."}},
		{"", "broken.test", "", notFound, []string{"broken.test."}},
		{"", "text.test", "", tryAgain, []string{"text.test."}},
		{"", "chaos.test", "", tryAgain, []string{"chaos.test."}},
		{"", "empty.test", "", notFound, []string{"empty.test."}},
		{"", "nothing.test", "", notFound, []string{"nothing.test."}},
		{"", "fails.test", "", unavail, []string{"fails.test.", "fails.test."}},
		{"options attempts:3", "refused.test", "", unavail, []string{"refused.test.", "refused.test.", "refused.test."}},
		{"options attempts:0", "web.test", "", unavail, nil},
		{"", "format.test", "", notFound, []string{"format.test."}},
		{"", "lame.test", "", unavail, []string{"lame.test.", "lame.test."}},
		{"", "long.test", "192.0.2.3", success, []string{"long.test.", "long.test."}},
		{"", "longfails.test", "", notFound, []string{"longfails.test.", "longfails.test."}},
		{"", "longgone.test", "", notFound, []string{"longgone.test.", "longgone.test."}},
		{"search sub.test test", "web", "192.0.2.1", success, []string{"web.sub.test.", "web.test."}},
		{"search sub.test test", "alias", "192.0.2.1", success, []string{"alias.sub.test."}},
		{"search sub.test test", "fails", "", notFound, []string{"fails.sub.test.", "fails.sub.test.", "fails.test.", "fails.test.", "fails."}},
		{"search test", "format", "", notFound, []string{"format.test.", "format."}},
		{"search nosuch test .", "alias.sub", "192.0.2.1", success, []string{"alias.sub.", "alias.sub.nosuch.", "alias.sub.test."}},
		{"search . test", "web", "192.0.2.1", success, []string{"web.", "web.test."}},
		{"search .test", "web.", "", notFound, []string{"web."}},
		{"search sub.test\noptions ndots:2", "web.test", "192.0.2.1", success, []string{"web.test.sub.test.", "web.test."}},
		{"search sub.test\noptions ndots:0", "web", "", notFound, []string{"web.", "web.sub.test."}},
		{"search sub.test\noptions no-tld-query", "web", "", notFound, []string{"web.sub.test."}},
		{"options no-tld-query", "web", "", notFound, []string{"web."}},
		{"search a-label-that-has-more-letters-than-the-sixty-three-that-one-may-have.test test", "web", "", notFound, []string{"web."}},
		{"", ".", "", notFound, []string{"."}},
		{"", "..", "", notFound, nil},
		{"", "web..test", "", notFound, nil},
		{"", ".test", "", notFound, nil},
		{"", "-n.test", "", notFound, nil},
		{"", "g:1", "", notFound, nil},
		{"", "sp ace", "", notFound, nil},
		{"", "\xe9", "", notFound, nil},
	} {
		got, status := asks(tt.conf, s.addr()).addrOf(t.Context(), tt.host)
		if tt.want == "" {
			require.False(t, got.IsValid(), "%s, %s: %v", tt.conf, tt.host, got)
		} else {
			require.Equal(t, tt.want, got.String(), "%s, %s", tt.conf, tt.host)
		}
		require.Equal(t, tt.status, status, "%s, %s", tt.conf, tt.host)
		asked, _ := s.questions()
		require.Equal(t, tt.asked, asked, "%s, %s", tt.conf, tt.host)
	}
}

func TestAliases(t *testing.T) {
	s := newTestServer(t, zone)
	file := t.TempDir() + "/aliases"
	require.NoError(t, os.WriteFile(file, []byte("www web.test\nboth www\nloop again\nagain web\n"), 0o644))
	for host, want := range map[string]string{"www": "web.test.", "both": "web.test.", "loop": "web.", "web": "web."} {
		n := asks("", s.addr())
		n.env.hostAliases = file
		n.addrOf(t.Context(), host)
		asked, _ := s.questions()
		require.Equal(t, []string{want}, asked, host)
	}
}

func TestNameOf(t *testing.T) {
	s := newTestServer(t, zone)
	n := asks("", s.addr())
	for addr, want := range map[string]string{
		"192.0.2.1": "Web_1.test", "2001:db8::1": "Web_1.test", "::ffff:192.0.2.1": "Web_1.test", "::192.0.2.1": "Web_1.test", "192.0.2.2": "half.test",
		"192.0.2.3": "", "192.0.2.4": "", "192.0.2.5": "", "192.0.2.6": "", "192.0.2.7": "", "192.0.2.99": "",
	} {
		got, status := n.nameOf(t.Context(), netip.MustParseAddr(addr))
		require.Equal(t, want, got, addr)
		require.Equal(t, want == "", status != success, addr)
	}
	_, status := asks("", closedPort(t)).nameOf(t.Context(), netip.MustParseAddr("192.0.2.1"))
	require.Equal(t, notFound, status, "of a server that cannot be asked")
}

// closedPort returns an address at which nothing listens.
func closedPort(t *testing.T) netip.AddrPort {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	defer c.Close()
	return c.LocalAddr().(*net.UDPAddr).AddrPort()
}

// Servers are asked in order until one has the answer, each with a new query.
func TestServers(t *testing.T) {
	bad := newTestServer(t, func(m *dnsmessage.Message, _ bool) { m.RCode = dnsmessage.RCodeServerFailure })
	good := newTestServer(t, zone)
	closed := closedPort(t)
	for _, servers := range [][]netip.AddrPort{{closed, bad.addr(), good.addr()}, {bad.addr(), good.addr()}, {good.addr(), bad.addr()}} {
		got, _ := asks("", servers...).addrOf(t.Context(), "web.test")
		require.Equal(t, "192.0.2.1", got.String())
	}
	asked, _ := bad.questions()
	require.Len(t, asked, 2)
	_, s := asks("", closed).addrOf(t.Context(), "web.test")
	require.Equal(t, unavail, s)
	_, s = asks("search a.test b.test", bad.addr(), closed).addrOf(t.Context(), "web")
	require.Equal(t, unavail, s)

	first, second := newTestServer(t, zone), newTestServer(t, zone)
	n := asks("options rotate", first.addr(), second.addr())
	for range 4 {
		n.addrOf(t.Context(), "web.test")
	}
	for _, s := range []*testServer{first, second} {
		asked, _ := s.questions()
		require.Len(t, asked, 2)
	}
}

func TestPatience(t *testing.T) {
	at := closedPort(t)
	for text, want := range map[string][]time.Duration{
		"":                   {5, 3, 6},
		"options timeout:1":  {1, 1, 1},
		"options timeout:-1": {1, 1, 1},
		"options timeout:30": {30, 20, 40},
	} {
		var got []time.Duration
		for _, s := range asks(text, at, at, at).inTurn() {
			got = append(got, s.patience/time.Second)
		}
		require.Equal(t, want, got, text)
	}
}

// Questions come from ports that change.
func TestQuestionPorts(t *testing.T) {
	s := newTestServer(t, zone)
	n := asks("", s.addr())
	for range 10 * maxUses {
		n.addrOf(t.Context(), "web.test")
	}
	_, ports := s.questions()
	uses := make(map[uint16]int)
	for _, p := range ports {
		uses[p]++
	}
	require.Greater(t, len(uses), 7) // the kernel may give one out again by chance
}

// Where a server says nothing, the caller's context ends the wait.
func TestSilence(t *testing.T) {
	silent, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	defer silent.Close()
	n := asks("", silent.LocalAddr().(*net.UDPAddr).AddrPort())
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		_, _, _ = silent.ReadFromUDPAddrPort(make([]byte, 512))
		cancel()
	}()
	_, s := n.addrOf(ctx, "web.test")
	require.Equal(t, unavail, s)
}

// Where the process may have few files, questions wait for one another.
func TestFewFiles(t *testing.T) {
	s := newTestServer(t, zone)
	n := asks("", s.addr())
	n.addrOf(t.Context(), "web.test") // what the runtime needs files for is open now
	var old syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_NOFILE, &old))
	probe, err := syscall.Dup(0)
	require.NoError(t, err)
	require.NoError(t, syscall.Close(probe))
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: uint64(probe + 2), Max: old.Max}))
	defer func() { require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &old)) }()
	var all errgroup.Group
	found := make([]bool, 32)
	for i := range found {
		all.Go(func() error {
			_, s := n.addrOf(t.Context(), "web.test")
			found[i] = s == success
			return nil
		})
	}
	_ = all.Wait()
	require.NotContains(t, found, false)
	require.Len(t, n.sockets.idle[s.addr()], n.sockets.open)
}

func TestSockaddr(t *testing.T) {
	_, a := sockaddr(netip.MustParseAddrPort("[fe80::1%lo]:53"))
	require.Contains(t, fmt.Sprintf("%+v", a), "ZoneId:1 ")
	_, a = sockaddr(netip.MustParseAddrPort("[fe80::1%7]:53"))
	require.Contains(t, fmt.Sprintf("%+v", a), "ZoneId:7 ")
	_, a = sockaddr(netip.MustParseAddrPort("[fe80::1%nosuch]:53"))
	require.Contains(t, fmt.Sprintf("%+v", a), "ZoneId:0 ")
}

// Whatever a server sends is read without harm, and believed only if it answers the question.
func FuzzAnswer(f *testing.F) {
	q, err := newQuestion("web.test", dnsmessage.TypeA, &resolvConf{})
	require.NoError(f, err)
	q.id = 0x1234
	m := dnsmessage.Message{Header: dnsmessage.Header{ID: q.id, Response: true}, Questions: []dnsmessage.Question{q.Question}}
	for _, name := range []string{"web.test.", "alias.test.", "1.2.0.192.in-addr.arpa."} {
		m := m
		m.Questions[0].Name = dnsmessage.MustNewName(name)
		zone(&m, true)
		f.Add(pack(&m))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		if !q.answeredBy(message) {
			return
		}
		readHead(message)
		addrs, _ := addresses(message, q.Name)
		for _, a := range addrs {
			require.True(t, a.Is4())
		}
		pointer(message, q.Name)
	})
}

// Where the process may have no files for the runtime's poller, a socket cannot be had.
func TestNoPoller(t *testing.T) {
	defer func(old func() bool) { files.HasPoller = old }(files.HasPoller)
	files.HasPoller = func() bool { return false }
	_, err := openSocket(unix.AF_INET, unix.SOCK_DGRAM, "dns")
	require.ErrorIs(t, err, unix.EMFILE)
	_, err = new(sockets).make(unix.AF_INET, unix.SOCK_DGRAM)
	require.ErrorIs(t, err, unix.EMFILE)
}
