// SPDX-License-Identifier: Apache-2.0

package resolve

import (
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/dns/dnsmessage"
)

func TestReadSwitch(t *testing.T) {
	dir := t.TempDir()
	file, library, libraries := filepath.Join(dir, "nsswitch.conf"), filepath.Join(dir, "ld-musl-x86_64.so.1"), filepath.Join(dir, "ld-musl-*.so.1")
	require.Equal(t, usualSwitch(), readSwitch(file, libraries))
	require.NoError(t, os.WriteFile(library, nil, 0o755))
	require.Equal(t, muslRules, readSwitch(file, libraries).hosts[0].name)
	require.NoError(t, os.WriteFile(file, []byte("hosts: dns\n"), 0o644))
	require.Equal(t, []source{newSource("dns")}, readSwitch(file, libraries).hosts)
}

func TestParseMuslHosts(t *testing.T) {
	h := parseMuslHosts("127.0.0.1 localhost\n::1 localhost6\n192.0.2.1 one One # x\n 192.0.2.2 indented\n192.0.2.3\n192.0.2 short\n" +
		"::ffff:192.0.2.4 four\nfe80::1%lo zoned\nx y\n192.0.2.5 one\n192.0.2.1 late\n")
	require.Equal(t, map[string]netip.Addr{
		"localhost": netip.MustParseAddr("127.0.0.1"), "one": netip.MustParseAddr("192.0.2.1"), "One": netip.MustParseAddr("192.0.2.1"),
		"short": netip.MustParseAddr("192.0.0.2"), "late": netip.MustParseAddr("192.0.2.1"),
	}, h.byName)
	require.Equal(t, map[netip.Addr]string{
		netip.MustParseAddr("127.0.0.1"): "localhost", netip.MustParseAddr("::1"): "localhost6", netip.MustParseAddr("192.0.2.1"): "one",
		netip.MustParseAddr("192.0.0.2"): "short", netip.MustParseAddr("192.0.2.4"): "four", netip.MustParseAddr("192.0.2.5"): "one",
	}, h.byAddr)
}

func TestParseMuslResolvConf(t *testing.T) {
	t.Setenv("LOCALDOMAIN", "env.test")
	c := parseMuslResolvConf("search a.test b.test\noptions ndots:2 timeout:0 attempts:0 rotate edns0 use-vc\n")
	require.Equal(t, []string{"a.test", "b.test"}, c.search)
	require.Equal(t, 2, c.dots)
	require.Equal(t, 5, c.timeout)
	require.Equal(t, 1, c.attempts)
	require.False(t, c.rotate || c.edns0 || c.tcp)
}

// All servers are asked at once, and the first that knows counts.
func TestMusl(t *testing.T) {
	bad := newTestServer(t, func(m *dnsmessage.Message, _ bool) { m.RCode = dnsmessage.RCodeServerFailure })
	good := newTestServer(t, zone)
	ask := func(conf string, servers ...netip.AddrPort) *musl {
		m := &musl{hosts: parseMuslHosts("192.0.2.77 Here\n"), conf: parseMuslResolvConf(conf)}
		m.conf.servers = servers
		return m
	}
	for _, tt := range []struct {
		conf, host, want string
		status           status
		asked            []string
	}{
		{"", "Here", "192.0.2.77", success, nil},
		{"", "here", "", notFound, []string{"here."}},
		{"", "web.test", "192.0.2.1", success, []string{"web.test."}},
		{"search sub.test test", "web", "192.0.2.1", success, []string{"web.sub.test.", "web.test."}},
		{"search sub.test test", "web.test", "192.0.2.1", success, []string{"web.test."}},
		{"search test", "web.", "", notFound, []string{"web."}},
		{"search test", "empty", "", notFound, []string{"empty.test."}},
		{"", "long.test", "192.0.2.3", success, []string{"long.test.", "long.test."}},
		{"", "fails.test", "", tryAgain, []string{"fails.test.", "fails.test."}},
		{"", ".", "", notFound, nil},
		{"", "web..", "", notFound, nil},
	} {
		got, s := ask(tt.conf, bad.addr(), closedPort(t), good.addr()).addrOf(t.Context(), tt.host)
		require.Equal(t, tt.status, s, tt.host)
		if tt.want != "" {
			require.Equal(t, tt.want, got.String(), tt.host)
		}
		asked, _ := good.questions()
		require.Equal(t, tt.asked, asked, "%s, %s", tt.conf, tt.host)
	}
	m := ask("", bad.addr(), good.addr())
	for addr, want := range map[string]string{"192.0.2.77": "Here", "::ffff:192.0.2.77": "Here", "192.0.2.1": "Web_1.test", "192.0.2.3": "", "192.0.2.98": ""} {
		got, s := m.nameOf(t.Context(), netip.MustParseAddr(addr))
		require.Equal(t, want, got, addr)
		require.Equal(t, want != "", s == success, addr)
	}
}
