// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// manualPages are the manuals, by name.
var manualPages = []string{"ipvsadm", "ipvsadm-save", "ipvsadm-restore"}

// An example is a block of commands in the section EXAMPLES of a manual.
type example struct {
	intro  string // the paragraph before it
	script string
}

// manualExamples returns the examples of a manual.
func manualExamples(t *testing.T, page string) (all []example) {
	t.Helper()
	_, section, found := strings.Cut(docText(t, "man/"+page+".8"), "\n.Sh EXAMPLES\n")
	require.True(t, found, page)
	section, _, _ = strings.Cut(section, "\n.Sh ")
	section = strings.TrimSuffix(section, "\n") + "\n"
	for _, block := range regexp.MustCompile(`(?s)(?:^|\.Pp\n)(.*?)\.Bd -literal -offset indent\n(.*?)\.Ed\n`).FindAllStringSubmatch(section, -1) {
		all = append(all, example{intro: plain(block[1]), script: strings.ReplaceAll(block[2], `\e`, `\`)})
	}
	require.Equal(t, strings.Count(section, "\n.Ed\n"), len(all), page)
	return all
}

// manualExample returns the script of the example that is introduced so.
func manualExample(t *testing.T, intro string) string {
	t.Helper()
	for _, e := range manualExamples(t, "ipvsadm") {
		if strings.HasPrefix(e.intro, intro) {
			return e.script
		}
	}
	require.Fail(t, "no such example", intro)
	return ""
}

var (
	option   = regexp.MustCompile(`(^\.|\s)Fl (\S)`)
	macro    = regexp.MustCompile(`(?m)^\.(?:[A-Z][a-z] ?)`)
	inMacro  = regexp.MustCompile(` (?:Ar|Ns|Op|Cm|Li|Pa|Va|Dv|Ev|Em|Sy|Ic) `)
	stopping = regexp.MustCompile(` ([,.;:)])( |$)`)
)

// plain returns a text of a manual on one line, without macros.
func plain(text string) string {
	var words []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, ".\\\"") || strings.HasPrefix(line, ".Sm") {
			continue
		}
		line = option.ReplaceAllString(line, " -$2")
		if macro.MatchString(line) {
			line = " " + macro.ReplaceAllString(line, "") + " "
			for inMacro.MatchString(line) {
				line = inMacro.ReplaceAllString(line, " ")
			}
		}
		words = append(words, strings.Fields(line)...)
	}
	return stopping.ReplaceAllString(strings.Join(words, " "), "$1$2")
}

// webTable is what some examples change.
const webTable = `-A -t 192.0.2.1:80 -s wrr
-a -t 192.0.2.1:80 -r 10.0.0.11:8080 -m -w 2
`

// TestManualExamples runs each example of the manuals as it is there: it succeeds, and says nothing on standard error.
func TestManualExamples(t *testing.T) {
	modprobe(t, "ipip", "fou", "ip_gre")
	for _, page := range manualPages {
		for _, e := range manualExamples(t, page) {
			t.Run(page+" "+e.intro, func(t *testing.T) {
				if strings.HasPrefix(e.script, "nft ") {
					kernel.Need(t, "nftables")
				}
				if strings.Contains(e.script, "/sys/fs/bpf/mark") {
					kernel.Need(t, "eBPF at ingress")
					pinMark(t, "/sys/fs/bpf", "mark")
				}
				n := exampleWorld(t, e.script)
				got := shell(t, n, exampleSetting(t, e.script))
				if strings.Contains(e.script, "--watch") {
					require.Equal(t, 124, got.Code) // that of timeout(1)
					got.Code = 0
				}
				require.Equal(t, kernel.Result{Stdout: got.Stdout}, got, e.script)
			})
		}
	}
}

// exampleWorld makes a director with the interfaces of the examples, and those of the namespaces blue, green and other that
// a script names. All have the table that some examples change, except a director to which the script adds services.
func exampleWorld(t *testing.T, script string) *kernel.Namespace {
	t.Helper()
	n := syncNamespace(t)
	all := []*kernel.Namespace{}
	if !strings.Contains(script, "ipvsadm -A ") {
		all = append(all, n)
	}
	for _, name := range []string{"blue", "green", "other"} {
		if strings.Contains(script, " "+name) {
			named := kernel.NewNamespace(t)
			named.Name(t, name)
			all = append(all, named)
		}
	}
	for _, n := range all {
		require.Equal(t, kernel.Result{}, n.Run(t, kernel.Command{Path: program(), Args: []string{"ipvsadm", "-R"}, Stdin: webTable}))
	}
	n.IP(t, "link add eth0 type dummy\nlink add eth1 type dummy\naddress add 192.0.2.251/24 dev eth1\nlink set eth0 up\nlink set eth1 up multicast on")
	return n
}

// exampleSetting returns a command line that runs an example in a directory of its own, with an /etc of its own and with
// programs that stand for others.
func exampleSetting(t *testing.T, script string) string {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755))
	}
	for _, name := range []string{"init.d", "sysctl.d"} {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, "etc", name), 0o755))
	}
	service := regexp.MustCompile(`(?m)^PATH=.*$`).ReplaceAllString(docText(t, "packaging/ipvsadm-service"), "")
	write("etc/init.d/ipvsadm", service)
	write("etc/ipvsadm.rules", webTable+"-a -t 192.0.2.1:80 -r 10.0.0.12:8080 -m -w 1\n")
	write("ssh", "#!/bin/sh\nname=$1\nshift\nexec nsenter --net=/run/netns/$name \"$@\"\n")
	write("vi", "#!/bin/sh\nsed -i 's/-w 2/-w 3/' \"$1\"\n")
	require.NoError(t, os.Symlink("/usr/sbin/xtables-legacy-multi", filepath.Join(dir, "iptables")))
	write("example", "cp /etc/services /etc/hosts /etc/protocols etc/ 2>/dev/null || true\nmount --bind etc /etc\n"+script)
	limit := ""
	if strings.Contains(script, "--watch") {
		limit = "timeout 2 "
	}
	return "cd " + dir + "; PATH=$PWD:$PATH; " + limit + "unshare -m sh -e example"
}

// newExampleNetwork makes a network whose director has the address of the examples' services.
func newExampleNetwork(t *testing.T, reals int, way gateway) *network {
	t.Helper()
	n := newNetwork(t, reals, way)
	n.director.IP(t, "address add 192.0.2.1/32 dev front")
	n.client.IP(t, "route add 192.0.2.1/32 via 10.1.0.1")
	return n
}

// atExampleAddresses gives the real servers their addresses of the examples, for direct routing.
func (n *network) atExampleAddresses(t *testing.T) {
	t.Helper()
	for i, r := range n.reals {
		address := fmt.Sprintf("192.0.2.%d/32", 11+i)
		r.IP(t, "address add "+address+" dev back")
		n.director.IP(t, "route add "+address+" dev back")
	}
}

// TestTunnelExamples forwards through the tunnels of the examples, whose other ends the examples make, too.
func TestTunnelExamples(t *testing.T) {
	kernel.Need(t, "tunnels gue", "tunnels gre", "devices ipip", "devices gue", "devices gre")
	modprobe(t, "ipip", "fou", "ip_gre")
	n := newExampleNetwork(t, 3, byRouter)
	for i, intro := range []string{"The first server", "The second also", "The third has"} {
		r := n.reals[i]
		address := fmt.Sprintf("198.51.100.%d/32", 11+i)
		r.IP(t, "address add "+address+" dev back")
		n.director.IP(t, "route add "+address+" via "+r.ip)
		require.Equal(t, kernel.Result{}, shell(t, r.Namespace, manualExample(t, intro)), intro)
		r.serve(t, 80)
	}
	require.Equal(t, kernel.Result{}, shell(t, n.director, manualExample(t, "Tunnels:")))
	require.Equal(t, map[string]int{"r1": 2, "r2": 2, "r3": 2}, n.tally(t, 6, client1, "192.0.2.1", 80))
}

// TestDirectRoutingExamples sets servers up as the example does, and forwards to them.
func TestDirectRoutingExamples(t *testing.T) {
	n := newExampleNetwork(t, 2, byRouter)
	n.atExampleAddresses(t)
	for _, r := range n.reals {
		require.Equal(t, kernel.Result{}, shell(t, r.Namespace, manualExample(t, "Each server has been told")))
		r.serve(t, 443)
	}
	require.Equal(t, kernel.Result{}, shell(t, n.director, manualExample(t, "Direct routing:")))
	names := map[string]bool{}
	for range 2 { // by wlc, the one without connections has its turn
		c := n.dial(t, client1, "192.0.2.1", 443)
		defer c.Close()
		names[c.name] = true
	}
	require.Len(t, names, 2)
}

// TestFullNATExample forwards to servers that know no way to the client.
func TestFullNATExample(t *testing.T) {
	n := newExampleNetwork(t, 2, noGateway)
	n.director.IP(t, "address add 10.0.0.1/24 dev back")
	for i, r := range n.reals {
		r.IP(t, fmt.Sprintf("address add 10.0.0.%d/24 dev back", 11+i))
	}
	require.Equal(t, kernel.Result{}, shell(t, n.director, exampleSetting(t, manualExample(t, "Full NAT:"))))
	require.Equal(t, map[string]int{"r1": 2, "r2": 2}, n.tally(t, 4, client1, "192.0.2.1", 80))
	c := n.dial(t, client1, "192.0.2.1", 80)
	defer c.Close()
	require.Equal(t, "10.0.0.1", c.seen, "what the real server sees")
}

// TestMarkExamples sets marks as the examples do, and forwards what they mark.
func TestMarkExamples(t *testing.T) {
	for _, c := range []struct{ intro, needs string }{
		{"The mark can also be set by nftables", "nftables"},
		{"And by an eBPF program", "eBPF at ingress"},
	} {
		t.Run(c.intro, func(t *testing.T) {
			kernel.Need(t, c.needs)
			pinMark(t, "/sys/fs/bpf", "mark")
			n := newExampleNetwork(t, 2, byDirector)
			n.director.IP(t, "link set front down\nlink set front name eth0\nlink set eth0 up")
			for _, r := range n.reals {
				r.serve(t, 80)
				r.serve(t, 443)
			}
			n.set(t, "-A -f 1 -s rr -p 600\n-a -f 1 -r 10.2.0.11 -m\n-a -f 1 -r 10.2.0.12 -m")
			require.Equal(t, kernel.Result{}, shell(t, n.director, manualExample(t, c.intro)))
			name := n.ask(t, client1, "192.0.2.1", 80)
			require.Equal(t, name, n.ask(t, client1, "192.0.2.1", 443))
		})
	}
}

// TestFTPExample follows a client's connection by direct routing.
func TestFTPExample(t *testing.T) {
	n := newExampleNetwork(t, 2, byRouter)
	n.atExampleAddresses(t)
	for _, r := range n.reals {
		r.IP(t, "address add 192.0.2.1/32 dev lo")
		r.serve(t, 21)
	}
	require.Equal(t, kernel.Result{}, shell(t, n.director, manualExample(t, "FTP by direct routing")))
	for _, from := range []string{client1, client2} {
		require.Equal(t, n.ask(t, from, "192.0.2.1", 21), n.ask(t, from, "192.0.2.1", 8080))
	}
}
