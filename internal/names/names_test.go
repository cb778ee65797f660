// SPDX-License-Identifier: Apache-2.0

package names

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

func TestServices(t *testing.T) {
	s := parseServices("# ports\n" +
		"http\t80/tcp\t\twww # web\n" +
		"http 80/sctp\n" +
		"web 80/tcp www\n" + // the first counts
		"domain 53/udp\n" +
		"http-alt 8080/tcp webcache\n" +
		"hex 0x50/dccp\nlong 65616/udplite\nbad x/tcp\nbad 80\nbad\n\n" +
		"last 9/tcp")
	for name, want := range map[string]uint16{"http": 80, "www": 80, "web": 80, "webcache": 8080, "last": 9, "domain": 0, "bad": 0, "HTTP": 0} {
		if got := s.byName["tcp"][name]; got != want {
			t.Errorf("%s: got %d, want %d", name, got, want)
		}
	}
	for _, p := range []string{"dccp", "udplite"} {
		if got := s.byPort[serviceKey{80, p}]; got == "" {
			t.Errorf("80/%s has no name", p)
		}
	}
	for port, want := range map[uint16]string{80: "http", 8080: "http-alt", 9: "last", 53: ""} {
		if got := s.byPort[serviceKey{port, "tcp"}]; got != want {
			t.Errorf("%d: got %q, want %q", port, got, want)
		}
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
	r.services = func() *services { return parseServices("http 80/tcp\ntftp 69/udp\n") }
	if got, ok := r.PortNumber("tftp", ipvsnl.UDP); !ok || got != 69 {
		t.Errorf("tftp: got %d, %v", got, ok)
	}
	for _, p := range []ipvsnl.Protocol{0, ipvsnl.TCP, ipvsnl.SCTP} {
		if got, ok := r.PortNumber("tftp", p); ok {
			t.Errorf("tftp of %v: got %d", p, got)
		}
	}
	if got := r.Port(80, ipvsnl.TCP); got != "http" {
		t.Errorf("80: got %q", got)
	}
	if got := r.Port(80, ipvsnl.UDP); got != "" {
		t.Errorf("80 of UDP: got %q", got)
	}
}

// An address is looked up once, and words that can only be addresses never are.
func TestHosts(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // nothing may be asked
	r := New(ctx)
	r.known = func() *hosts { return parseHosts("192.0.2.9 nine\n") }
	r.steps = func() []step { return usualSteps }
	a := netip.MustParseAddr("192.0.2.1")
	known := &host{name: "known", done: make(chan struct{})}
	close(known.done)
	r.hosts[a] = known
	r.Prefetch(a)
	if got := r.Host(a); got != "known" {
		t.Errorf("got %q", got)
	}
	if got := r.Host(netip.MustParseAddr("192.0.2.9")); got != "nine" {
		t.Errorf("got %q", got)
	}
	for range 2 {
		if got, ok := r.Addr("NINE"); !ok || got.String() != "192.0.2.9" {
			t.Errorf("NINE: got %v", got)
		}
	}
	if got, ok := r.Addr("ten"); ok {
		t.Errorf("ten: got %v of a host that could not be asked for", got)
	}
	unknown := netip.MustParseAddr("192.0.2.2")
	r.Prefetch(unknown)
	if got := r.Host(unknown); got != "" {
		t.Errorf("got %q of an address that could not be asked for", got)
	}
	for _, word := range []string{"", "1.2.3.4.5", "999", "::", "::ffff:192.0.2.1", "fe80::1%lo"} {
		if got, ok := r.Addr(word); ok {
			t.Errorf("%q: got %v", word, got)
		}
	}
}

// A table of hosts that is not there is not one that knows of no host.
func TestNoHosts(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	a := netip.MustParseAddr("192.0.2.9")
	for action, want := range map[string]string{"[NOTFOUND=return]": "nine", "[UNAVAIL=return]": ""} {
		r := New(ctx)
		empty := true
		r.known = func() *hosts {
			if empty {
				empty = false
				return readHosts(t.TempDir() + "/hosts")
			}
			return parseHosts("192.0.2.9 nine\n")
		}
		r.steps = func() []step { return parseSteps("hosts: files " + action + " files\n") }
		if got := r.Host(a); got != want {
			t.Errorf("%s: got %q, want %q", action, got, want)
		}
	}
}

// Who has to wait for a name is told so first.
func TestWaiting(t *testing.T) {
	asked := make(chan struct{})
	waited := 0
	r := New(context.Background())
	r.steps = func() []step { return usualSteps }
	r.known = func() *hosts { <-asked; return parseHosts("192.0.2.9 nine\n") }
	r.Waiting = func() { waited++; close(asked) }
	for range 2 {
		if got := r.Host(netip.MustParseAddr("192.0.2.9")); got != "nine" || waited != 1 {
			t.Errorf("got %q, waited %d times", got, waited)
		}
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
		"fe80::1%lo link\nbad name\n10.0.0.5\n\n" +
		"10.0.0.6 -dash")
	for name, want := range map[string]string{
		"localhost": "127.0.0.1", "ip6-localhost": "127.0.0.1", "one.example.": "10.0.0.1", "one": "10.0.0.1", "123": "10.0.0.1",
		"two": "10.0.0.2", "three": "10.0.0.3", "-dash": "10.0.0.6",
	} {
		if got := h.byName[name]; !got.IsValid() || got.String() != want {
			t.Errorf("%s: got %v, want %s", name, got, want)
		}
	}
	for _, name := range []string{"four", "link", "name", "One.Example."} {
		if got, ok := h.byName[name]; ok {
			t.Errorf("%s: got %v", name, got)
		}
	}
	for addr, want := range map[string]string{
		"127.0.0.1": "localhost", "::1": "localhost", "10.0.0.1": "One.Example.", "10.0.0.2": "one", "10.0.0.3": "three",
		"::ffff:10.0.0.3": "three", "2001:db8::4": "four", "10.0.0.5": "", "10.0.0.6": "-dash",
	} {
		if got := h.byAddr[netip.MustParseAddr(addr)]; got != want {
			t.Errorf("%s: got %q, want %q", addr, got, want)
		}
	}
}

func TestQueried(t *testing.T) {
	for addr, want := range map[string]string{
		"::": "0.0.0.0", "::1": "::1", "::2": "0.0.0.2", "::192.0.2.1": "192.0.2.1", "::ffff:192.0.2.1": "192.0.2.1",
		"192.0.2.1": "192.0.2.1", "2001:db8::1": "2001:db8::1",
	} {
		if got := queried(netip.MustParseAddr(addr)).String(); got != want {
			t.Errorf("%s: got %s, want %s", addr, got, want)
		}
	}
}

func TestParseSteps(t *testing.T) {
	for text, want := range map[string][]step{
		"":                                   usualSteps,
		"passwd: files\nHOSTS: dns\n":        usualSteps,
		"hosts:\n":                           nil,
		"hosts: dns files # x\nhosts: dns\n": {{source: inDNS}, {source: inFiles}},
		" hosts:files mymachines dns\n":      {{source: inFiles}, {source: elsewhere}, {source: inDNS}},
		"hosts: files [NOTFOUND=return] dns": {{source: inFiles, lastIfAbsent: true}, {source: inDNS}},
		"hosts: dns[!UNAVAIL=return] files":  {{source: inDNS, lastIfAbsent: true}, {source: inFiles}},
		"hosts: dns [unavail=return] files":  {{source: inDNS, lastIfFailed: true}, {source: inFiles}},
		"hosts: dns [SUCCESS=continue]":      {{source: inDNS}},
	} {
		if got := parseSteps(text); !slices.Equal(got, want) {
			t.Errorf("%q: got %+v, want %+v", text, got, want)
		}
	}
}

// Sources are asked in their order, up to one that has an answer or is the last.
func TestLookUp(t *testing.T) {
	failed := &net.DNSError{}
	absent := &net.DNSError{IsNotFound: true}
	for _, tt := range []struct {
		steps string
		err   error // of the first
		want  string
	}{
		{"hosts: dns files", absent, "files"},
		{"hosts: dns files", failed, "files"},
		{"hosts: dns files", nil, "files"},
		{"hosts: db dns", nil, ""},
		{"hosts: dns [NOTFOUND=return] files", absent, ""},
		{"hosts: dns [NOTFOUND=return] files", failed, "files"},
		{"hosts: dns [UNAVAIL=return] files", failed, ""},
		{"hosts: dns [UNAVAIL=return] files", absent, "files"},
	} {
		r := &Resolver{steps: func() []step { return parseSteps(tt.steps) }}
		got := lookUp(r, func(s source) (string, error) {
			if s == inFiles {
				return "files", nil
			}
			return "", tt.err
		})
		if got != tt.want {
			t.Errorf("%s, %v: got %q, want %q", tt.steps, tt.err, got, tt.want)
		}
	}
}
