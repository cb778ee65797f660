// SPDX-License-Identifier: Apache-2.0

package recipes

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

// fenced writes blocks with quotes in place of backquotes, which Go's literals cannot have.
func fenced(text string) string { return strings.ReplaceAll(text, "'''", "```") }

const head = `# A page

| machine | interface | network | address | gateway |
|---|---|---|---|---|
| client | eth0 | front | 192.0.2.2/24, 2001:db8::2/64 | 192.0.2.1 |
| director | eth0 | front | 192.0.2.1/24 | |

`

// TestParse reads what a page may have.
func TestParse(t *testing.T) {
	page, err := parse("x", fenced("<!-- kernel: 6.12 -->\n"+head+`'''text
director# a drawing
'''

## Setting up

'''console
client,director# apt-get install curl jq
director# apt-get install ipvsadm-go
client$ for i in 1 2; do \
  curl -sS x; done
rs1# not a machine

client# cat >f <<'EOF'
client# x
EOF
director# true
'''

`+"And `/etc/y.conf` on director is [y.conf](../y.conf)."+`

This goes to `+"`/etc/x.conf` on client and director:"+`

'''nft
table ip x
'''

<!-- way: nft, retry -->
'''console
client# nft
a
'''

With iptables:

<!-- way: iptables, any order -->
'''console
client# iptables
'''
`))
	require.NoError(t, err)
	want := &Page{Name: "x", Title: "A page", Kernel: "6.12", Ways: []string{"nft", "iptables"}, Ports: []Port{
		{"client", "eth0", "front", []string{"192.0.2.2/24", "2001:db8::2/64"}, []string{"192.0.2.1"}},
		{"director", "eth0", "front", []string{"192.0.2.1/24"}, []string{}},
	}}
	client, director, both := []string{"client"}, []string{"director"}, []string{"client", "director"}
	want.Steps = []Step{
		{Line: 16, Machines: both, Command: "apt-get install curl jq"},
		{Line: 17, Machines: director, Command: "apt-get install ipvsadm-go"},
		{Line: 18, Machines: client, User: true, Command: "for i in 1 2; do \\\n  curl -sS x; done", Want: "rs1# not a machine\n\n"},
		{Line: 22, Machines: client, Command: "cat >f <<'EOF'\nclient# x\nEOF"},
		{Line: 25, Machines: director, Command: "true"},
		{Line: 28, Machines: director, File: "/etc/y.conf", Link: "../y.conf"},
		{Line: 32, Machines: both, File: "/etc/x.conf", Text: "table ip x\n"},
		{Line: 38, Machines: client, Command: "nft", Want: "a\n", Way: "nft", Retry: true},
		{Line: 46, Machines: client, Command: "iptables", Way: "iptables", AnyOrder: true},
	}
	for i := range want.Steps {
		want.Steps[i].Heading = "Setting up"
	}
	require.Empty(t, cmp.Diff(want, page))

	require.Equal(t, []string{"curl", "jq"}, page.Packages("director", "nft"))
}

// TestParseFaults refuses what would not be run, or not as it seems.
func TestParseFaults(t *testing.T) {
	for text, want := range map[string]string{
		"# no network\n":                                       "there is no table of the network",
		head + "'''sh\nls\n'''\n":                              "neither console nor text",
		head + "'''console\nrs1# ls\n'''\n":                    "does not begin with the prompt",
		head + "'''console\nclient# ls\n":                      "does not end",
		head + "'''console\n'''\n":                             "is empty",
		head + "<!-- retri -->\n'''console\nclient# ls\n'''\n": `no comment is known by "retri"`,
		head + "`/etc/x` on client and rs1:\n\n'''\nx\n'''\n":  `no machine "rs1"`,
		head + "`/etc/x` on rs1 is [x](x).\n":                  `no machine "rs1"`,
		strings.Replace(head, "| front |", "| front |  |", 1):  "6 cells",
	} {
		_, err := parse("x", fenced(text))
		require.ErrorContains(t, err, want, text)
	}
}

// TestReadLinks copies files of the repository.
func TestReadLinks(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "x.md"), []byte(head+"`/etc/x` on client is [x](x.conf).\n"), 0o644))
	_, err := ReadPages(dir)
	require.ErrorContains(t, err, "docs/recipes/x.md:8: ")
	require.ErrorIs(t, err, os.ErrNotExist)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "x.conf"), []byte("setting\n"), 0o644))
	pages, err := ReadPages(dir)
	require.NoError(t, err)
	require.Equal(t, "setting\n", pages[0].Steps[0].Text)
}

// TestCheck compares output with what pages show.
func TestCheck(t *testing.T) {
	for _, c := range []struct {
		want, got string
		anyOrder  bool
		code      int
		ok        bool
	}{
		{"", "", false, 0, true},
		{"", "x\n", false, 0, false},
		{"", "", false, 1, false},
		{"x\n", "x\n", false, 1, true},
		{"x\n", "x  \n", false, 0, true},
		{"x  y\n", "x y\n", false, 0, false},
		{"x\n", "x\nx\n", false, 0, false},
		{"x\nx\n", "x\n", false, 0, false},
		{"x …  y\n", "x 12 y\n", false, 0, true},
		{"x … y\n", "x    12345    y\n", false, 0, true},
		{"x … y\n", "x 12 z\n", false, 0, false},
		{"x.…\n", "xyz\n", false, 0, false},
		{"a\n…\nz\n", "a\nz\n", false, 0, true},
		{"a\n…\nz\n", "a\nb\nz\nc\nz\n", false, 0, true},
		{"a\n…\nz\n", "a\nb\n", false, 0, false},
		{"…\n", "", false, 0, true},
		{"a\nb\n", "b\na\n", false, 0, false},
		{"a\nb\n", "b\na\n", true, 0, true},
		{"a\na\n", "b\na\n", true, 0, false},
		{"a …\na b\n", "a b\na c\n", true, 0, true},
		{"a\n…\n", "b\na\nc\n", true, 0, true},
		{"a\n…\n", "b\nc\n", true, 0, false},
		{"a\n", "b\na\n", true, 0, false},
	} {
		s := Step{Want: c.want, AnyOrder: c.anyOrder}
		require.Equal(t, c.ok, s.check(c.got, c.code) == nil, "%+v", c)
	}
}
