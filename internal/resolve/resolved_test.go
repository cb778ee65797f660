// SPDX-License-Identifier: Apache-2.0

package resolve

import (
	"bufio"
	"context"
	"encoding/json"
	"net"
	"net/netip"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// newResolvedServer returns a systemd-resolved that answers each question with a text, and what it was asked.
func newResolvedServer(t *testing.T, reply string) (r *resolved, asked <-chan string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "socket")
	l, err := net.Listen("unix", path)
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	questions := make(chan string, 10)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			text, _ := bufio.NewReader(c).ReadString(0)
			questions <- text
			_, _ = c.Write([]byte(reply))
			c.Close()
		}
	}()
	return &resolved{path}, questions
}

func TestResolvedAddrOf(t *testing.T) {
	for reply, want := range map[string]struct {
		addr   string
		status status
	}{
		`{"parameters":{"addresses":[{"ifindex":2,"family":10,"address":[32,1]},{"family":2,"address":[192,0,2,1]},{"family":2,"address":[192,0,2,2]}],"name":"web.test","flags":1}}` + "\x00": {"192.0.2.1", success},
		`{"parameters":{"addresses":[{"family":2,"address":[192,0,2]}]}}` + "\x00":                                                                                                             {"", notFound},
		`{"parameters":{"addresses":[{"family":2,"address":[192,0,2,256]},{"family":2,"address":[192,0,2,-1]},{"family":2,"address":[192,0,2,"1"]}]}}` + "\x00":                                {"", notFound},
		`{"parameters":{"addresses":[{"family":2,"address":"192."},{"family":2},7,{"family":2,"address":[192,0,2,255]}]}}` + "\x00":                                                            {"192.0.2.255", success},
		`{"parameters":{"addresses":{}}}` + "\x00": {"", notFound},
		`{"parameters":{"addresses":[]}}` + "\x00": {"", notFound},
		"[]\x00":        {"", notFound},
		`{}{}` + "\x00": {"", unavail},
		`{"error":"io.systemd.Resolve.NoSuchResourceRecord","parameters":{}}` + "\x00":        {"", notFound},
		`{"error":"io.systemd.Resolve.DNSError","parameters":{"rcode":3}}` + "\x00":           {"", notFound},
		`{"error":"io.systemd.Resolve.NetworkDown"}` + "\x00":                                 {"", tryAgain},
		`{"error":"org.varlink.service.MethodNotFound","parameters":{"method":"x"}}` + "\x00": {"", unavail},
		`{"parameters":{"addresses":[{"family":2,"address":[192,0,2,1]}]}}`:                   {"", unavail}, // no end
		"junk\x00": {"", unavail},
		"":         {"", unavail},
	} {
		r, asked := newResolvedServer(t, reply)
		got, s := r.addrOf(t.Context(), `we"b`)
		require.Equal(t, want.status, s, reply)
		if want.addr != "" {
			require.Equal(t, want.addr, got.String())
		}
		require.JSONEq(t, `{"method":"io.systemd.Resolve.ResolveHostname","parameters":{"name":"we\"b","family":2,"flags":0}}`, trimNUL(<-asked))
	}
}

func trimNUL(s string) string { return s[:len(s)-1] }

func TestResolvedNameOf(t *testing.T) {
	for reply, want := range map[string]string{
		`{"parameters":{"names":[{"ifindex":1,"name":"web.test"},{"name":"other.test"}]}}`: "web.test",
		`{"parameters":{"names":[{"name":"1.2.3.4"}]}}`:                                    "",
		`{"parameters":{"names":[{"name":"sp ace"}]}}`:                                     "",
		`{"parameters":{"names":[]}}`:                                                      "",
		`{"error":"io.systemd.Resolve.NoSuchResourceRecord"}`:                              "",
	} {
		r, asked := newResolvedServer(t, reply+"\x00")
		got, s := r.nameOf(t.Context(), netip.MustParseAddr("192.0.2.1"))
		require.Equal(t, want, got)
		require.Equal(t, want != "", s == success)
		require.JSONEq(t, `{"method":"io.systemd.Resolve.ResolveAddress","parameters":{"address":[192,0,2,1],"family":2,"flags":0}}`, trimNUL(<-asked))
	}
	r, asked := newResolvedServer(t, `{}`+"\x00")
	_, s := r.nameOf(t.Context(), netip.MustParseAddr("::1"))
	require.Equal(t, notFound, s)
	require.Contains(t, <-asked, `"family":10`)
}

// Any name can be in a question.
func TestResolvedQuestion(t *testing.T) {
	for name, want := range map[string]string{
		"": "", `\"`: `\"`, "\x00\x1f \x7f": "\x00\x1f \x7f", "straße": "straße", "\xff.test": "\ufffd.test", "\U0001f600\u2028": "\U0001f600\u2028",
	} {
		r, asked := newResolvedServer(t, "{}\x00")
		_, s := r.addrOf(t.Context(), name)
		require.Equal(t, notFound, s)
		var question struct{ Parameters struct{ Name string } }
		require.NoError(t, json.Unmarshal([]byte(trimNUL(<-asked)), &question))
		require.Equal(t, want, question.Parameters.Name)
	}
}

func FuzzResolved(f *testing.F) {
	f.Add([]byte(`{"parameters":{"addresses":[{"ifindex":2,"family":2,"address":[192,0,2,1]}],"names":[{"name":"web.test"}]}}`))
	f.Add([]byte(`{"error":"io.systemd.Resolve.NetworkDown","parameters":{}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		reply, s := parseReply(text)
		if s != success {
			require.Nil(t, reply)
			return
		}
		a, s := firstAddr(reply)
		require.Equal(t, s == success, a.Is4())
		name, s := firstName(reply)
		require.Equal(t, s == success, name != "")
	})
}

// Where systemd-resolved does not run, the next source is asked.
func TestNoResolved(t *testing.T) {
	r := New(context.Background())
	files := parseHosts("192.0.2.9 nine\n")
	r.hosts = func(name string) hostSource {
		if name == "resolve" {
			return &resolved{filepath.Join(t.TempDir(), "socket")}
		}
		return files
	}
	r.order = func() nameSwitch { return parseSwitch("hosts: resolve [!UNAVAIL=return] files\n") }
	require.Equal(t, "nine", r.Host(netip.MustParseAddr("192.0.2.9")))
}

func TestMyhostname(t *testing.T) {
	both := func(v4, v6 string) func(bool) []netip.Addr {
		return func(ipv6 bool) []netip.Addr {
			if ipv6 {
				return []netip.Addr{netip.MustParseAddr(v6)}
			}
			return []netip.Addr{netip.MustParseAddr(v4), netip.MustParseAddr("192.0.2.99")}
		}
	}
	m := &myhostname{
		hostName: "Director.test", addresses: both("192.0.2.1", "2001:db8::1"), gateways: both("192.0.2.254", "2001:db8::fe"),
		outbound: func(to netip.Addr) (netip.Addr, bool) {
			return netip.MustParseAddr("192.0.2.2"), to.String() == "192.0.2.99"
		},
	}
	for host, want := range map[string]string{
		"localhost": "127.0.0.1", "LOCALHOST.": "127.0.0.1", "localhost.localdomain": "127.0.0.1", "a.b.localhost": "127.0.0.1",
		"a.Localhost.Localdomain.": "127.0.0.1", "Director.test": "192.0.2.1", "Director.test.": "192.0.2.1", "_gateway": "192.0.2.254",
		"_GATEWAY.": "192.0.2.254", "_outbound": "192.0.2.2",
		"director.test": "", "xlocalhost": "", "localhost.test": "", "gateway": "", "": "", "localdomain": "",
	} {
		got, s := m.addrOf(t.Context(), host)
		require.Equal(t, want != "", s == success, host)
		if want != "" {
			require.Equal(t, want, got.String(), host)
		}
	}
	for addr, want := range map[string]string{
		"127.0.0.1": "localhost", "::1": "localhost", "127.0.0.2": "Director.test", "192.0.2.99": "Director.test", "2001:db8::1": "Director.test",
		"192.0.2.254": "_gateway", "2001:db8::fe": "_gateway", "192.0.2.3": "", "127.0.0.3": "",
	} {
		got, s := m.nameOf(t.Context(), netip.MustParseAddr(addr))
		require.Equal(t, want, got, addr)
		require.Equal(t, want != "", s == success, addr)
	}
	none := func(bool) []netip.Addr { return nil }
	m = &myhostname{addresses: none, gateways: none}
	for _, host := range []string{"", "_gateway", "_outbound"} {
		_, s := m.addrOf(t.Context(), host)
		require.Equal(t, notFound, s, host)
	}
	m.hostName = "alone"
	got, _ := m.addrOf(t.Context(), "alone")
	require.Equal(t, "127.0.0.2", got.String())
}

// The kernel's own entries can be read, and the loopback's are not among them.
func TestLocal(t *testing.T) {
	for _, ipv6 := range []bool{false, true} {
		for _, a := range localAddresses(ipv6) {
			require.Equal(t, ipv6, a.Is6())
			require.False(t, a.IsLoopback())
		}
		for _, a := range localGateways(ipv6) {
			require.Equal(t, ipv6, a.Is6())
		}
	}
	a, ok := outboundAddress(netip.MustParseAddr("127.0.0.1"))
	require.True(t, ok)
	require.Equal(t, "127.0.0.1", a.String())
}
