// SPDX-License-Identifier: Apache-2.0

package resolve

import (
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

func TestParseResolvConf(t *testing.T) {
	local := []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:53")}
	for text, change := range map[string]func(*resolvConf){
		"": func(*resolvConf) {},
		"# nameserver 192.0.2.1\n; nameserver 192.0.2.1\n nameserver 192.0.2.1\nNameserver 192.0.2.1\nnameserver\nnameserver x\nnameserver\x00 192.0.2.1\n": func(*resolvConf) {},
		"nameserver 192.0.2.1\nnameserver\t192.0.2.258\nnameserver 192.1 # two\nnameserver 2001:db8::1%eth0 x\nnameserver 192.0.2.4\n": func(c *resolvConf) {
			c.servers = []netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:53"), netip.MustParseAddrPort("192.0.0.1:53"),
				netip.MustParseAddrPort("[2001:db8::1%eth0]:53")}
		},
		"search a.test\tb.test # c\nsearch\nsearch \n": func(c *resolvConf) { c.search = []string{"a.test", "b.test", "#", "c"} },
		"search a b\ndomain  c.test d\n":               func(c *resolvConf) { c.search = []string{"c.test"} },
		"domain c.test\nsearch a b c d e f g":          func(c *resolvConf) { c.search = []string{"a", "b", "c", "d", "e", "f", "g"} },
		"options ndots:3 timeout:7 attempts:4\n":       func(c *resolvConf) { c.dots, c.timeout, c.attempts = 3, 7, 4 },
		"options ndots:99 timeout:99 attempts:99\n":    func(c *resolvConf) { c.dots, c.timeout, c.attempts = 15, 30, 5 },
		"options ndots:-1 timeout:-1 attempts:-1\n":    func(c *resolvConf) { c.dots, c.timeout, c.attempts = 15, -1, -1 },
		"options ndots: 2 timeout:x attempts:0x3\n":    func(c *resolvConf) { c.dots, c.timeout, c.attempts = 2, 0, 0 },
		"options\trotate edns0\nsortlist\noptions use-vc trust-ads no-tld-query x single-request\n": func(c *resolvConf) {
			c.rotate, c.edns0, c.tcp, c.trustAD, c.noTLDQuery = true, true, true, true, true
		},
		"options no_tld_query": func(c *resolvConf) { c.noTLDQuery = true },
		"sortlist 130.155.160.0/255.255.240.0 130.155.0.0 10.0.0.0 x 192.0.2.0&bad;9.0.0.0\n": func(c *resolvConf) {
			c.sortlist = []network{{0x829ba000, 0xfffff000}, {0x829b0000, 0xffff0000}, {0x0a000000, 0xff000000}, {0xc0000200, 0xffffff00}}
		},
	} {
		want := &resolvConf{dots: 1, timeout: 5, attempts: 2, servers: local}
		change(want)
		got := parseResolvConf(text, environment{})
		require.Empty(t, cmp.Diff(want, got, cmp.AllowUnexported(resolvConf{}, network{}), cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })), "%q", text)
	}
}

// The environment comes before the file, and the name of the machine after it.
func TestEnvironment(t *testing.T) {
	const text = "search file.test\noptions ndots:2 rotate\n"
	for _, tt := range []struct {
		text   string
		env    environment
		search []string
		dots   int
	}{
		{text, environment{hostName: "a.machine.test", options: "ndots:4"}, []string{"file.test"}, 4},
		{text, environment{hasDomains: true}, []string{""}, 2},
		{text, environment{hasDomains: true, domains: "a.test\tb.test \nc.test"}, []string{"a.test", "b.test"}, 2},
		{text, environment{hasDomains: true, domains: " a.test"}, []string{"", "a.test"}, 2},
		{"", environment{hostName: "a.machine.test"}, []string{"machine.test"}, 1},
		{"", environment{hostName: "machine"}, nil, 1},
	} {
		c := parseResolvConf(tt.text, tt.env)
		require.Equal(t, tt.search, c.search)
		require.Equal(t, tt.dots, c.dots)
	}
	t.Setenv("LOCALDOMAIN", "")
	t.Setenv("RES_OPTIONS", "rotate")
	t.Setenv("HOSTALIASES", "/nowhere")
	env := readEnvironment()
	env.hostName = ""
	require.Equal(t, environment{hasDomains: true, options: "rotate", hostAliases: "/nowhere"}, env)
}

func TestHostAlias(t *testing.T) {
	file := filepath.Join(t.TempDir(), "aliases")
	require.NoError(t, os.WriteFile(file, []byte("\n# comment\nweb www.example.test more\nDB. \t db.example.test\nweb second.test\nnone\nlast last.test"), 0o644))
	env := environment{hostAliases: file}
	for name, want := range map[string]string{
		"web": "www.example.test", "WEB": "www.example.test", "db": "db.example.test", "#": "comment", "none": "", "last": "last.test",
		"web.": "", "www.example.test": "", "": "",
	} {
		require.Equal(t, want, env.hostAlias(name), name)
	}
	require.NoError(t, os.WriteFile(file, []byte("first\nweb www.example.test\n"), 0o644))
	require.Equal(t, "www.example.test", env.hostAlias("web"))
	require.NoError(t, os.WriteFile(file, []byte("web"), 0o644))
	require.Empty(t, env.hostAlias("web"))
	require.Empty(t, environment{}.hostAlias("web"))
	require.Empty(t, environment{hostAliases: file + "x"}.hostAlias("web"))
}

func TestSortlist(t *testing.T) {
	c := parseResolvConf("sortlist 10.0.0.0 192.0.2.0/255.255.255.0\n", environment{})
	var addrs []netip.Addr
	for _, tt := range []struct{ add, first string }{
		{"198.51.100.1", "198.51.100.1"}, {"192.0.2.1", "192.0.2.1"}, {"192.0.2.2", "192.0.2.1"}, {"10.9.9.9", "10.9.9.9"},
	} {
		addrs = append(addrs, netip.MustParseAddr(tt.add))
		require.Equal(t, tt.first, c.first(addrs).String())
	}
}

func FuzzParseResolvConf(f *testing.F) {
	for _, s := range []string{"nameserver ::1%lo\nsearch a b\n", "options ndots:2 timeout: 3 rotate\nsortlist 10.0.0.0/8;1\n", "domain \x00\n\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c := parseResolvConf(text, environment{hasDomains: len(text)%2 == 0, domains: text, options: text})
		require.True(t, len(c.servers) >= 1 && len(c.servers) <= maxServers)
		require.True(t, c.dots >= 0 && c.dots <= maxDots && c.timeout <= maxTimeout && c.attempts <= maxAttempts)
	})
}
