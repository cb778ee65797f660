// SPDX-License-Identifier: Apache-2.0

package resolve

import (
	"context"
	"maps"
	"net/netip"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestServices(t *testing.T) {
	s := parseServices("# ports\n" +
		"http\t80/tcp\t\twww # web\n" +
		"http 80/sctp\n" +
		"web 80/tcp www\n" + // the first counts
		"domain 53/udp\n" +
		"http-alt 8080/tcp webcache\n" +
		"slashes 82//tcp\nnul\x00x 83/tcp\nnul2 84/tcp\x00x tcp\n\xa0wide\u00a0name 85/tcp\n" +
		"hex 0x50/dccp\nlong 65616/udplite\nbad x/tcp\nbad 80\nbad\n\n" +
		"last 9/tcp")
	for name, want := range map[string]uint16{"http": 80, "www": 80, "web": 80, "webcache": 8080, "last": 9, "domain": 0, "bad": 0, "HTTP": 0, "slashes": 82,
		"nul": 0, "nul2": 84, "x": 0, "\xa0wide\u00a0name": 85} {
		require.Equal(t, want, s.byName["tcp"][name], name)
	}
	for _, p := range []string{"dccp", "udplite"} {
		require.NotEmpty(t, s.byPort[serviceKey{80, p}], "80/%s has no name", p)
	}
	for port, want := range map[uint16]string{80: "http", 8080: "http-alt", 9: "last", 53: ""} {
		require.Equal(t, want, s.byPort[serviceKey{port, "tcp"}], "%d", port)
	}
}

func TestParsePort(t *testing.T) {
	for s, want := range map[string]int{
		"80": 80, "+80": 80, "0x50": 80, "0120": 80, "65616": 80, "4294967295": 65535, "0": 0, "-0": 0,
		"-18446744073709551536": 80, "-1": -1, "-65456": -1, "4294967296": -1, "4294967376": -1,
		"": -1, "+": -1, "--1": -1, "+-1": -1, "80x": -1, "x": -1, "8_0": -1, "18446744073709551616": -1,
	} {
		got, ok := parsePort(s)
		if ok != (want >= 0) || ok && int(got) != want {
			t.Errorf("%q: got %d, %v, want %d", s, got, ok, want)
		}
	}
}

func TestPorts(t *testing.T) {
	r := New(context.Background())
	r.order = func() nameSwitch { return usualSwitch() }
	r.ports = func() *services { return parseServices("http 80/tcp\ntftp 69/udp\n") }
	if got, ok := r.PortNumber("tftp", "udp"); !ok || got != 69 {
		t.Errorf("tftp: got %d, %v", got, ok)
	}
	for _, p := range []string{"", "tcp", "sctp"} {
		if got, ok := r.PortNumber("tftp", p); ok {
			t.Errorf("tftp of %q: got %d", p, got)
		}
	}
	require.Equal(t, "http", r.Port(80, "tcp"))
	require.Empty(t, r.Port(80, "udp"), "UDP")
}

// fakeSource is a source of host names for tests.
type fakeSource struct {
	*hosts
	before func() // called before each answer
}

func (f *fakeSource) nameOf(ctx context.Context, a netip.Addr) (string, status) {
	f.before()
	return f.hosts.nameOf(ctx, a)
}

func (f *fakeSource) addrOf(ctx context.Context, host string) (netip.Addr, status) {
	f.before()
	return f.hosts.addrOf(ctx, host)
}

// newTestResolver returns a Resolver that knows the hosts of a text, and calls before before each answer.
func newTestResolver(text string, before func()) *Resolver {
	r := New(context.Background())
	r.order = usualSwitch
	f := &fakeSource{parseHosts(text), before}
	r.hosts = func(string) hostSource { return f }
	return r
}

// Each name and address is looked up once, and words that can only be addresses never are.
func TestHosts(t *testing.T) {
	var asked atomic.Int32
	r := newTestResolver("192.0.2.9 nine\n192.0.2.8\n", func() { asked.Add(1) })
	for range 2 {
		require.Equal(t, "nine", r.Host(netip.MustParseAddr("192.0.2.9")))
		got, ok := r.Addr("NINE")
		require.True(t, ok)
		require.Equal(t, "192.0.2.9", got.String())
	}
	require.EqualValues(t, 2, asked.Load())
	for range 2 {
		_, ok := r.Addr("ten")
		require.False(t, ok)
		r.Prefetch(netip.MustParseAddr("192.0.2.2"))
		require.Empty(t, r.Host(netip.MustParseAddr("192.0.2.2")))
	}
	require.EqualValues(t, 6, asked.Load(), "two sources each")
	require.Empty(t, r.Host(netip.MustParseAddr("192.0.2.8")), "its name is empty")
	for _, word := range []string{"", "1.2.3.4.5", "999", "::", ":a", "a:b", "::ffff:192.0.2.1", "fe80::1%lo"} {
		_, ok := r.Addr(word)
		require.False(t, ok, word)
	}
	require.EqualValues(t, 7, asked.Load())
	for _, word := range []string{"1.2.3.4.", ".", "g:1", "1a"} {
		require.False(t, isAddress(word), word)
	}
}

// A table of hosts that does not exist is not one that knows no host.
func TestNoHosts(t *testing.T) {
	a := netip.MustParseAddr("192.0.2.9")
	for action, want := range map[string]string{"[NOTFOUND=return]": "nine", "[UNAVAIL=return]": ""} {
		r := New(context.Background())
		none, nine := readHosts(t.TempDir()+"/hosts"), parseHosts("192.0.2.9 nine\n")
		r.hosts = func(source string) hostSource {
			if source == "none" {
				return none
			}
			return nine
		}
		r.order = func() nameSwitch { return parseSwitch("hosts: none " + action + " files\n") }
		require.Equal(t, want, r.Host(a), action)
	}
	_, s := readServices(t.TempDir()+"/services").portOf("http", "tcp")
	require.Equal(t, unavail, s)
}

// A caller that has to wait for a name is told so first.
func TestWaiting(t *testing.T) {
	asked := make(chan struct{})
	waited := 0
	r := newTestResolver("192.0.2.9 nine\n", func() { <-asked })
	r.Waiting = func() { waited++; close(asked) }
	for range 2 {
		require.Equal(t, "nine", r.Host(netip.MustParseAddr("192.0.2.9")))
		require.Equal(t, 1, waited)
	}
}

func TestAsIPv4(t *testing.T) {
	for addr, want := range map[string]string{
		"192.0.2.1": "192.0.2.1", "::ffff:192.0.2.1": "192.0.2.1", "::1": "127.0.0.1", "2001:db8::1": "",
	} {
		got, ok := asIPv4(netip.MustParseAddr(addr))
		if ok != (want != "") || ok && got.String() != want {
			t.Errorf("%s: got %v, %v, want %q", addr, got, ok, want)
		}
	}
}

func TestParseHosts(t *testing.T) {
	h := parseHosts("127.0.0.1 localhost\n" +
		"::1 localhost ip6-localhost # loopback\n" +
		"10.0.0.1\tOne.Example. one 123\n" +
		"10.0.0.1 other\n10.0.0.2 one two\n" +
		"::ffff:10.0.0.3 three\n2001:db8::4 four\n" +
		"fe80::1%lo link\nbad name\n10.0.0.5\n\n10.0.0.7 # seven\n10.0.0.7 late\n10.0.0.8 eight\x00 nine\n\x0010.0.0.9 ten\n" +
		"10.0.0.11 \xe9L\n10.0.0.10 \u00c9t\u00e9 wide\u00a0name\n" +
		"10.0.0.6 -dash")
	for name, want := range map[string]string{
		"localhost": "127.0.0.1", "ip6-localhost": "127.0.0.1", "one.example.": "10.0.0.1", "one": "10.0.0.1", "123": "10.0.0.1",
		"two": "10.0.0.2", "three": "10.0.0.3", "-dash": "10.0.0.6",
		"\xe9l": "10.0.0.11", "late": "10.0.0.7", "eight": "10.0.0.8", "\u00c9t\u00e9": "10.0.0.10", "wide\u00a0name": "10.0.0.10",
	} {
		if got := h.byName[name]; !got.IsValid() || got.String() != want {
			t.Errorf("%s: got %v, want %s", name, got, want)
		}
	}
	for _, name := range []string{"", "four", "link", "name", "One.Example.", "seven", "nine", "ten", "\u00e9t\u00e9"} {
		if got, ok := h.byName[name]; ok {
			t.Errorf("%s: got %v", name, got)
		}
	}
	for addr, want := range map[string]string{
		"127.0.0.1": "localhost", "::1": "localhost", "10.0.0.1": "One.Example.", "10.0.0.2": "one", "10.0.0.3": "three",
		"::ffff:10.0.0.3": "three", "2001:db8::4": "four", "10.0.0.5": "", "10.0.0.6": "-dash",
		"10.0.0.7": "", "10.0.0.8": "eight",
	} {
		if got, ok := h.byAddr[netip.MustParseAddr(addr)]; !ok || got != want {
			t.Errorf("%s: got %q, want %q", addr, got, want)
		}
	}
}

func TestQueried(t *testing.T) {
	for addr, want := range map[string]string{
		"::": "0.0.0.0", "::1": "::1", "::2": "0.0.0.2", "::192.0.2.1": "192.0.2.1", "::ffff:192.0.2.1": "192.0.2.1",
		"192.0.2.1": "192.0.2.1", "2001:db8::1": "2001:db8::1",
	} {
		require.Equal(t, want, queried(netip.MustParseAddr(addr)).String(), addr)
	}
}

func FuzzParseHosts(f *testing.F) {
	f.Add("127.0.0.1 localhost\n::1 localhost # x\n10.0.0.1\n")
	f.Add("10.0.0.1 a\x00b\n\xff")
	f.Fuzz(func(t *testing.T, text string) {
		h := parseHosts(text)
		for name, a := range h.byName {
			require.True(t, name != "" && a.Is4(), "%q: %v", name, a)
			require.NotContains(t, name, "\x00")
		}
	})
}

func FuzzParseServices(f *testing.F) {
	f.Add("http 80/tcp www # web\ndomain 53//udp\n")
	f.Fuzz(func(t *testing.T, text string) {
		for key, name := range parseServices(text).byPort {
			require.NotEmpty(t, name, key)
		}
	})
}

// The ports of a protocol are those that it has names for, each once.
func TestEachPort(t *testing.T) {
	r := &Resolver{ports: func() *services { return parseServices("http 80/tcp www\ndomain 53/udp\nweb 80/tcp\nssh 22/tcp\n") }}
	require.Equal(t, map[uint16]string{80: "http", 22: "ssh"}, maps.Collect(r.EachPort("tcp")))
	for range r.EachPort("tcp") {
		break
	}
	require.Empty(t, maps.Collect(r.EachPort("sctp")))
}
